package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// A thing is a kind of what the office sets up: zones, rooms, cities. All are listed,
// made and edited alike, on two pages: what differs stands in a table of kinds.
type thing struct {
	path  string // in addresses, and in the keys of its words
	param string // that names one of them in addresses
	rule  Rule   // who makes and edits them
	list  func(s *Server, c *fiber.Ctx) ([]thingRow, error)
	// fields are those of the form: of a row, or of a new one when it has no key.
	fields func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error)
	blank  func(s *Server, c *fiber.Ctx, all []thingRow) Form // what a new one begins with; nil: nothing
	save   func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error
	remove func(s *Server, c *fiber.Ctx, row thingRow) error // nil: they stay
	office bool                                              // they are the office's, and of no event
	home   string                                            // the part of the console that they belong to; empty: setup
}

// thingRow is one of them: in a list, and as its form begins.
type thingRow struct {
	Key    string // in addresses
	Code   string
	Name   locale.Text
	Facts  []string
	Colour string // of a swatch beside the name; empty: none
	Form   Form
}

// fieldGroup is a row of fields, under a heading if it has one.
type fieldGroup struct {
	Title, Note string
	Fields      []Field
}

type thingsPage struct {
	Page
	Kind   string
	Base   string
	Rows   []thingRow
	Total  int // without a search
	Search string
	Office bool
	Back   Choice
}

// Long tells whether the list is longer than a look at it.
func (p thingsPage) Long() bool { return p.Total > 20 }

type thingPage struct {
	Page
	Kind    string
	Base    string
	Row     thingRow // the zero one: new
	Form    Form
	Groups  []fieldGroup
	Removes bool
	Back    Choice // where the page lies: an address and its words
}

// Summary are the names of the fields and their labels, in the order in which they
// stand.
func (p thingPage) Summary() (labels []string) {
	for _, g := range p.Groups {
		for _, f := range g.Fields {
			labels = append(labels, f.Name, f.Label)
		}
	}
	return labels
}

// thingRoutes are the addresses of all kinds.
func (s *Server) thingRoutes() []route {
	var all []route
	for _, k := range things() {
		base := "/console/:event/setup/" + k.path
		one := base + "/:" + k.param
		all = append(all,
			get(base, k.rule, s.thingList(k)),
			get(base+"/new", k.rule, s.thingForm(k)),
			post(base+"/new", k.rule, s.saveThing(k)),
			get(one, k.rule, s.thingForm(k)),
			post(one, k.rule, s.saveThing(k)),
		)
		if k.remove != nil {
			all = append(all, post(one+"/remove", k.rule, s.removeThing(k)))
		}
	}
	return all
}

func things() []thing {
	return []thing{stopThings, venueThings, roomThings, tableThings, zoneThings, badgeTypeThings, trackThings,
		slotThings, interpreterThings, staffThings, cityThings, countryThings, sectorThings, districtThings}
}

func (k thing) base(c *fiber.Ctx) string { return "/console/" + event(c).Slug + "/setup/" + k.path }

func (s *Server) thingList(k thing) fiber.Handler {
	return func(c *fiber.Ctx) error {
		rows, err := k.list(s, c)
		if err != nil {
			return err
		}
		p := thingsPage{Page: s.page(c), Kind: k.path, Base: k.base(c), Rows: rows, Office: k.office, Total: len(rows), Search: text.Clean(c.Query("q"))}
		p.Back = Choice{p.Console() + "/setup", s.words.T(p.Lang, "setup.title")}
		if k.home != "" {
			p.Back = Choice{p.Console() + "/" + k.home, s.words.T(p.Lang, "nav."+k.home)}
		} else if !p.May(accounts.EditEvent) {
			p.Back = Choice{p.Console() + "/delegations", s.words.T(p.Lang, "delegations.title")}
		}
		if sought := text.Fold(p.Search); sought != "" {
			p.Rows = slices.DeleteFunc(rows, func(r thingRow) bool { return !strings.Contains(text.Search(r.Code, r.Name.ZH, r.Name.EN), sought) })
		}
		return s.render(c, "setup/things", p)
	}
}

// thingOf finds the one that the address names; with none named it is a new one.
func (s *Server) thingOf(c *fiber.Ctx, k thing) (row thingRow, all []thingRow, err error) {
	if all, err = k.list(s, c); err != nil {
		return row, all, err
	}
	key := c.Params(k.param)
	if key == "" {
		if k.blank != nil {
			row.Form = k.blank(s, c, all)
		}
		return row, all, nil
	}
	i := slices.IndexFunc(all, func(r thingRow) bool { return r.Key == key })
	if i < 0 {
		return row, all, fault.New(fault.NotFound, "error.not_found")
	}
	return all[i], all, nil
}

func (s *Server) thingPage(c *fiber.Ctx, k thing, row thingRow, form Form) (thingPage, error) {
	p := thingPage{Page: s.page(c), Kind: k.path, Base: k.base(c), Row: row, Form: form, Removes: k.remove != nil && row.Key != ""}
	p.Back = Choice{p.Base, s.words.T(p.Lang, "setup.title."+k.path)}
	groups, err := k.fields(s, c, row)
	for _, g := range groups {
		g.Fields = slices.DeleteFunc(g.Fields, func(f Field) bool { return f.Locked }) // the head says it
		for i := range g.Fields {
			s.dress(p.Lang, k.path, form, &g.Fields[i])
		}
		if len(g.Fields) > 0 {
			p.Groups = append(p.Groups, g)
		}
	}
	return p, err
}

// dress gives a field its words, its value and what must be put right in it. A kind
// may have words of its own for a field, and a hint.
func (s *Server) dress(l locale.Lang, kind string, form Form, f *Field) {
	t := func(key string) string { return s.words.T(l, key) }
	f.ID, f.Value = "f-"+f.Name, form.Value(f.Name)
	if own := "setup." + kind + "." + f.Name; s.words.Has(l, own) {
		f.Label = t(own)
	} else {
		f.Label = t("setup.field." + f.Name)
	}
	if f.Type == "" {
		f.Type = "text"
	}
	if hint := "setup." + kind + "." + f.Name + "_hint"; s.words.Has(l, hint) {
		if f.Type == "checks" || f.Type == "radio" {
			f.Hint = t(hint)
		} else {
			f.After = t(hint) // so that the controls of a row stand in line
		}
	}
	switch {
	case strings.HasSuffix(f.Name, "_zh"):
		f.Lang = locale.ZH.Tag()
	case strings.HasSuffix(f.Name, "_en"):
		f.Lang = locale.EN.Tag()
	}
	f.Optional = !f.Required && !f.Locked && (f.Type == "text" || f.Type == "textarea" || f.Type == "date")
	for i, tick := range f.Several {
		f.Several[i].Ticked = form.Has(f.Name, tick.Value)
	}
	if b, bad := form.Problem(f.Name); bad {
		f.Why = s.words.T(l, b.Key, b.Args...)
	}
}

func (s *Server) thingForm(k thing) fiber.Handler {
	return func(c *fiber.Ctx) error {
		row, _, err := s.thingOf(c, k)
		if err != nil {
			return err
		}
		p, err := s.thingPage(c, k, row, row.Form)
		if err != nil {
			return err
		}
		return s.render(c, "setup/thing", p)
	}
}

func (s *Server) saveThing(k thing) fiber.Handler {
	return func(c *fiber.Ctx) error {
		row, _, err := s.thingOf(c, k)
		if err != nil {
			return err
		}
		form := readForm(c)
		err = k.save(s, c, &form, row)
		if err == nil {
			s.flash(c, "ok", "setup.saved")
			return s.done(c, k.base(c))
		}
		return s.thingAgain(c, k, row, form, err)
	}
}

func (s *Server) thingAgain(c *fiber.Ctx, k thing, row thingRow, form Form, err error) error {
	if !form.Refused(err) {
		return err
	}
	p, err := s.thingPage(c, k, row, form)
	if err != nil {
		return err
	}
	return s.again(c, "setup/thing", p)
}

func (s *Server) removeThing(k thing) fiber.Handler {
	return func(c *fiber.Ctx) error {
		row, _, err := s.thingOf(c, k)
		if err != nil {
			return err
		}
		if err := k.remove(s, c, row); err != nil {
			return s.thingAgain(c, k, row, row.Form, err)
		}
		s.flash(c, "ok", "setup.removed")
		return s.done(c, k.base(c))
	}
}

// namesIn are the two fields of a name.
func namesIn() []Field {
	return []Field{{Name: "name_zh", Required: true, MaxLength: 120}, {Name: "name_en", Required: true, MaxLength: 120}}
}

// codeIn is the field of a code, which stays as it was first given.
func codeIn(row thingRow, most int) Field {
	return Field{Name: "code", Required: true, MaxLength: most, Locked: row.Key != ""}
}

// codeOfThing is the code that a row has, or that a new one is given.
func codeOfThing(form *Form, row thingRow) string {
	if row.Key != "" {
		return row.Code
	}
	return form.Capitals("code")
}

func namedIn(form *Form) locale.Text {
	return locale.Text{ZH: form.Raw("name_zh"), EN: form.Raw("name_en")}
}

// rowForm is the form of what has a code and a name, with further pairs of field and
// value.
func rowForm(code string, name locale.Text, pairs ...string) Form {
	return FormOf(append([]string{"code", code, "name_zh", name.ZH, "name_en", name.EN}, pairs...)...)
}

func ticked(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}

// wholeOr is Whole of a field that may be left empty.
func wholeOr(form *Form, name string, empty, least, most int) int {
	if form.Text(name) == "" {
		return empty
	}
	return form.Whole(name, least, most)
}

// figured writes a number into a field; zero stands for none.
func figured(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
