package web

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

type firmFormPage struct {
	Page
	Form                Form
	New                 bool
	Firm                firms.Firm // as it stands
	InSectors, InPlaces []Choice
	Countries           []Choice
}

// Ownerships and Languages are what the form offers beside the office's tables.
func (firmFormPage) Ownerships() []string { return firms.Ownerships }

// Languages are those that firms negotiate in.
func (firmFormPage) Languages() []string { return firms.Languages }

// Chosen tells whether a box of a group is ticked.
func (p firmFormPage) Chosen(name, value string) bool { return p.Form.Has(name, value) }

func (s *Server) firmFormPage(c *fiber.Ctx, f firms.Firm, form Form) (p firmFormPage, err error) {
	p = firmFormPage{Page: s.page(c), Form: form, New: f.ID == ident.Nil, Firm: f}
	if p.InSectors, p.InPlaces, err = s.tradeChoices(c); err != nil {
		return p, err
	}
	none := Choice{"", s.words.T(p.Lang, "register.choose")}
	p.InSectors, p.InPlaces = append([]Choice{none}, p.InSectors...), append([]Choice{none}, p.InPlaces...)
	p.Countries, err = s.countries(c)
	slices.SortStableFunc(p.Countries, func(a, b Choice) int { // those chosen stand before the long rest
		return cmp.Compare(unchosen(p, a.Value), unchosen(p, b.Value))
	})
	return p, err
}

func unchosen(p firmFormPage, country string) int {
	if p.Chosen("target_countries", country) {
		return 0
	}
	return 1
}

func (s *Server) newFirm(c *fiber.Ctx) error {
	p, err := s.firmFormPage(c, firms.Firm{}, FormOf("ownership", "private", "join", "yes"))
	if err != nil {
		return err
	}
	return s.render(c, "firms/edit", p)
}

func (s *Server) createFirm(c *fiber.Ctx) error {
	form := readForm(c)
	in := firmOf(&form)
	in.Code = form.Text("code")
	joins := ident.Nil
	if form.Ticked("join") {
		joins = event(c).ID
	}
	err := form.Err()
	if err == nil {
		in, err = s.Firms.Create(c.UserContext(), actor(c), joins, in)
	}
	if err != nil {
		return s.firmRefused(c, firms.Firm{}, form, err)
	}
	s.flash(c, "ok", "firms.created", in.Name, in.Code)
	return s.done(c, firmURL(c, in.ID))
}

func (s *Server) editFirmForm(c *fiber.Ctx) error {
	f, err := s.firmOfPath(c)
	if err != nil {
		return err
	}
	p, err := s.firmFormPage(c, f, formOfFirm(f))
	if err != nil {
		return err
	}
	return s.render(c, "firms/edit", p)
}

func (s *Server) firmOfPath(c *fiber.Ctx) (firms.Firm, error) {
	id, err := pathID(c, "firm")
	if err != nil {
		return firms.Firm{}, err
	}
	return s.Firms.ByID(c.UserContext(), actor(c), id)
}

func (s *Server) editFirm(c *fiber.Ctx) error {
	f, err := s.firmOfPath(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	in, version, moved := firmOf(&form), form.Whole("version", 1, 1<<30), time.Time{}
	if form.Text("moved_on") != "" {
		moved = form.Date("moved_on")
	}
	if err = form.Err(); err == nil {
		_, err = s.Firms.Edit(c.UserContext(), actor(c), f.ID, version, in, moved)
	}
	if err != nil {
		return s.firmRefused(c, f, form, err)
	}
	s.flash(c, "ok", "firms.saved", in.Name)
	return s.done(c, firmURL(c, f.ID))
}

func (s *Server) firmRefused(c *fiber.Ctx, f firms.Firm, form Form, err error) error {
	if !form.Refused(atSectors(err)) {
		return err
	}
	p, err := s.firmFormPage(c, f, form)
	if err != nil {
		return err
	}
	return s.again(c, "firms/edit", p)
}

// atSectors leads what is wrong with the sectors to the first select of them.
func atSectors(err error) error {
	f, ok := fault.Of(err)
	if !ok {
		return err
	}
	out := *f
	out.Fields = slices.Clone(f.Fields)
	for i := range out.Fields {
		if out.Fields[i].Path == "sectors" {
			out.Fields[i].Path = "sector_1"
		}
	}
	return &out
}

// firmOf reads the form of a firm.
func firmOf(form *Form) firms.Firm {
	f := firms.Firm{
		CreditCode: form.Raw("credit_code"), Name: locale.Text{ZH: form.Raw("name_zh"), EN: form.Raw("name_en")}, District: form.Text("district_code"),
		Ownership: form.Text("ownership"), Languages: form.All("languages"), TargetCountries: form.All("target_countries"),
		Offers: locale.Text{ZH: form.Raw("offers_zh"), EN: form.Raw("offers_en")}, Needs: locale.Text{ZH: form.Raw("needs_zh"), EN: form.Raw("needs_en")},
		CompetitorGroup: form.Raw("competitor_group"), Email: form.Text("contact_email"),
	}
	for n := range firms.MostSectors {
		if code := form.Text("sector_" + strconv.Itoa(n+1)); code != "" {
			f.Sectors = append(f.Sectors, code)
		}
	}
	if form.Text("employees") != "" {
		n := form.Whole("employees", 0, 10_000_000)
		f.Employees = &n
	}
	return f
}

// formOfFirm is firmOf the other way.
func formOfFirm(f firms.Firm) Form {
	form := FormOf(
		"credit_code", f.CreditCode, "name_zh", f.Name.ZH, "name_en", f.Name.EN, "district_code", f.District, "ownership", f.Ownership,
		"offers_zh", f.Offers.ZH, "offers_en", f.Offers.EN, "needs_zh", f.Needs.ZH, "needs_en", f.Needs.EN, "competitor_group", f.CompetitorGroup,
		"contact_email", f.Email, "version", strconv.Itoa(f.Version),
	)
	form.values["languages"], form.values["target_countries"] = slices.Clone(f.Languages), slices.Clone(f.TargetCountries)
	for n, code := range f.Sectors {
		form.values.Set("sector_"+strconv.Itoa(n+1), code)
	}
	if f.Employees != nil {
		form.values.Set("employees", strconv.Itoa(*f.Employees))
	}
	return form
}
