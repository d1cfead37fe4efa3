package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/files"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// editLimit bounds how often one address may change registrations: each change is
// work for the desk.
var editLimit = Limit{Times: 60, In: 10 * time.Minute, Name: "edit", Guests: true}

// detailsForm is the form by which the values of a registration are changed: by the
// guest, by the liaison of a delegation, by the desk.
type detailsForm struct {
	Form             Form
	Registration     delegations.Registration
	Details          delegations.Details
	Countries        []Choice
	Sexes            []Choice
	MealPlans        []Choice
	Needs            []Choice
	Asks             string // what stands beside a field that the desk asked for
	Desk             bool   // whoever edits decides: nothing waits
	Addresses        bool   // whoever edits says how letters address the person
	Titles           titleOffers
	Proposed         map[string]string // how they might, by language
	Hints            map[string]string // beside the fields of addresses, by language
	Questions        []Asked
	NoAddress        bool        // the desk may register whoever has none
	OrganisationHint string      // who must name one, where the form itself asks for the category
	OfFirm           locale.Text // for which a firm registers its people; empty: they write the organisation

	asking    asking
	questions []forms.Question // that whoever edits is asked
	files     []files.File     // that answer some of them
}

// Proposes is what the field of an address in a language offers.
func (d detailsForm) Proposes(l string) []Offer {
	if d.Proposed[l] == "" {
		return nil
	}
	return []Offer{{Value: d.Proposed[l]}}
}

// Asked is what stands beside a field that the desk asked for; empty beside others.
func (d detailsForm) Asked(field string) string {
	if d.Registration.Status == delegations.Returned && d.Registration.Requested.Has(field) {
		return d.Asks
	}
	return ""
}

// NamesOrganisation tells whether the person must say for whom they come.
func (d detailsForm) NamesOrganisation() bool {
	return d.Registration.DelegationID == ident.Nil && delegations.ComesForOrganisation(d.Details.Category)
}

// LeavesOrganisation tells whether the person need not, whatever else is chosen on
// the form.
func (d detailsForm) LeavesOrganisation() bool {
	return !d.NamesOrganisation() && d.OrganisationHint == ""
}

// Waits tells whether a key field that is changed waits for the desk.
func (d detailsForm) Waits() bool { return d.Registration.Settled() && !d.Desk }

// Fresh tells whether the form is of somebody who is not registered yet.
func (d detailsForm) Fresh() bool { return d.Registration.ID == ident.Nil }

// ByFirm tells whether a firm corrects one of its people: neither their papers and
// needs, nor the address to which their own link goes.
func (d detailsForm) ByFirm() bool { return !d.OfFirm.Empty() && !d.Fresh() }

// EmailHint is the key of what stands beside the address.
func (d detailsForm) EmailHint() string {
	if d.Fresh() {
		return "edit.email_new"
	}
	return "edit.email_hint"
}

// Papers tells whether birth date and passport belong into the form: nobody is
// asked for papers that nobody needs.
func (d detailsForm) Papers() bool {
	if d.ByFirm() {
		return false
	}
	return d.Desk || d.Details.BornKnown || d.Details.PassportMask != "" || d.Registration.DelegationID != ident.Nil ||
		slices.ContainsFunc(d.Registration.Requested.All(), func(f string) bool { return f == "birth_date" || strings.HasPrefix(f, "passport.") })
}

// detailsForm makes the form, filled in with what is stored unless somebody typed
// something already.
func (s *Server) detailsForm(c *fiber.Ctx, r delegations.Registration, d delegations.Details, typed *Form) (detailsForm, error) {
	l := lang(c)
	v := detailsForm{Registration: r, Details: d, Asks: s.words.T(l, "edit.asked")}
	if typed != nil {
		v.Form = *typed
	} else {
		v.Form = FormOf("version", strconv.Itoa(r.Version))
		for _, field := range delegations.Fields {
			v.Form.values[field] = []string{d.Value(field)}
		}
		v.Form.values["languages"] = []string{forms.LanguageWords(l, d.Languages)}
		v.Form.values["access_needs"], v.Form.remarks = d.AccessNeeds, d.Remarks
	}
	choices := func(prefix string, values []string) (list []Choice) {
		for _, value := range values {
			list = append(list, Choice{value, s.words.T(l, prefix+value)})
		}
		return list
	}
	v.Sexes = append([]Choice{{"", s.words.T(l, "edit.not_said")}}, choices("registration.sex.", []string{"F", "M", "X"})...)
	v.MealPlans = choices("delegations.meal.", delegations.MealPlans)
	v.Needs = choices("registration.need.", delegations.AccessNeeds)
	proposed, err := s.proposedAddress(c, d.Input)
	if err != nil {
		return v, err
	}
	v.Proposed, v.Hints = map[string]string{"zh": proposed.ZH, "en": proposed.EN}, map[string]string{}
	for in, address := range v.Proposed {
		v.Hints[in] = s.words.T(l, "titles.address_hint")
		if address != "" {
			v.Hints[in] = s.words.T(l, "titles.address_proposed", address)
		}
	}
	v.Addresses = !under(c.Path(), "/me")
	if v.Titles, err = s.titleOffers(c); err != nil {
		return v, err
	}
	v.Countries, err = s.countryChoices(c)
	return v, err
}

// editOf reads what was typed over a registration, and the version that was shown.
// What stays sealed is only sent when it is typed anew; the boxes of access needs
// stand beside the meal, and say nothing where that was not shown.
func editOf(form Form) (int, delegations.Edit) {
	edit := delegations.Edit{}
	if _, shown := form.values["meal_plan"]; shown {
		edit["access_needs"] = strings.Join(form.All("access_needs"), ",")
	}
	for _, field := range delegations.Fields {
		if _, sent := form.values[field]; sent && field != "access_needs" {
			edit[field] = form.Raw(field)
		}
	}
	if form.Text("passport.number") != "" {
		edit["passport.issuer"] = form.Text("nationality")
	}
	version, err := strconv.Atoi(form.Text("version"))
	if err != nil || version < 1 {
		version = -1 // of no registration: somebody else's version is never taken for granted
	}
	return version, edit
}

// flashEdited says what an edit came to.
func (s *Server) flashEdited(c *fiber.Ctx, before delegations.Registration, done delegations.Edited) {
	switch {
	case before.Status == delegations.Returned:
		s.flash(c, "ok", "edit.resubmitted")
	case len(done.Asked) > 0:
		s.flash(c, "ok", "edit.asked_for")
	case len(done.Applied) > 0:
		s.flash(c, "ok", "edit.saved")
	default:
		s.flash(c, "ok", "edit.nothing")
	}
}

// movedField is one field of a change in words.
type movedField struct {
	Field, From, To string
	Picture         string // address of the portrait that is wanted; empty: it is none
	File            string // address of the file that is the new answer; empty: it is none, or gone
}

// changeView is a change in words.
type changeView struct {
	delegations.Change
	Moved []movedField
}

// changeView puts a change of a registration for an event into words.
func (s *Server) changeView(c *fiber.Ctx, of ident.ID, change delegations.Change) (changeView, error) {
	l := lang(c)
	v := changeView{Change: change}
	questions, err := s.everAsked(c, of, change)
	if err != nil {
		return v, err
	}
	var countries []events.Country
	if slices.ContainsFunc(change.Fields, func(m delegations.Moved) bool { return m.Field == "nationality" }) {
		if countries, err = s.Events.Countries(c.UserContext()); err != nil {
			return v, err
		}
	}
	named := func(prefix, value string) string {
		var list []string
		for _, one := range strings.Split(value, ",") {
			list = append(list, s.words.T(l, prefix+one))
		}
		return strings.Join(list, " · ")
	}
	value := func(field, value string) string {
		prefix := map[string]string{
			"sex": "registration.sex.", "native_order": "register.", "lang": "agenda.language.", "meal_plan": "delegations.meal.", "access_needs": "registration.need.",
		}[field]
		switch {
		case value == "", value == delegations.Masked:
			return value
		case prefix != "":
			return named(prefix, value)
		case field == "languages":
			return forms.LanguageWords(l, strings.Split(value, ","))
		case field == "nationality":
			for _, country := range countries {
				if country.Code == value {
					return country.Name.In(l)
				}
			}
		}
		return value
	}
	for _, m := range change.Fields {
		if code, is := m.AnswerTo(); is {
			field := s.answerMoved(c, l, questions, code, m)
			if change.State != delegations.Pending {
				field.File = "" // it may be gone; what is valid stands with the answers
			}
			v.Moved = append(v.Moved, field)
			continue
		}
		if slices.Contains(delegations.MoveFields, m.Field) {
			field, err := s.belongingMoved(c, of, m)
			if err != nil {
				return v, err
			}
			v.Moved = append(v.Moved, field)
			continue
		}
		field := movedField{Field: s.words.T(l, "registration.field."+m.Field), From: value(m.Field, m.From), To: value(m.Field, m.To)}
		if m.Field == delegations.Photo {
			field.From, field.To = s.words.T(l, "edit.photo_old"), s.words.T(l, "edit.photo_new")
			if change.State == delegations.Pending && under(c.Path(), "/console") {
				field.Picture = "/console/" + event(c).Slug + "/files/" + m.To
			}
		}
		v.Moved = append(v.Moved, field)
	}
	return v, nil
}

func (s *Server) changeViews(c *fiber.Ctx, changes []delegations.Change) (list []changeView, err error) {
	zone := event(c).Zone
	for _, change := range changes {
		v, err := s.changeView(c, event(c).ID, change)
		if err != nil {
			return nil, err
		}
		v.At = v.At.In(zone)
		list = append(list, v)
	}
	return list, nil
}

type editRegistrationPage struct {
	Page
	Edit detailsForm
}

// editRegistrationForm is the desk's form to change a registration.
func (s *Server) editRegistrationForm(c *fiber.Ctx) error {
	p, err := s.editRegistrationPage(c, nil)
	if err != nil {
		return err
	}
	return s.render(c, "registrations/edit", p)
}

func (s *Server) editRegistrationPage(c *fiber.Ctx, typed *Form) (editRegistrationPage, error) {
	p, ctx := editRegistrationPage{Page: s.page(c)}, c.UserContext()
	id, err := pathID(c, "registration")
	if err != nil {
		return p, err
	}
	p.LangForm = "details"
	r, err := s.Delegations.Registration(ctx, actor(c), id)
	if err != nil {
		return p, err
	}
	d, err := s.Delegations.DetailsForDesk(ctx, actor(c), r)
	if err != nil {
		return p, err
	}
	if p.Edit, err = s.detailsForm(c, r, d, typed); err != nil {
		return p, err
	}
	p.Edit.Desk = actor(c).May(accounts.DecideRegistration, r.EventID)
	return p, s.askEdit(c, actor(c), false, &p.Edit, typed)
}

func (s *Server) editRegistration(c *fiber.Ctx) error {
	form := readForm(c)
	p, err := s.editRegistrationPage(c, &form)
	if err != nil {
		return err
	}
	if form.Translates() {
		return s.render(c, "registrations/edit", p)
	}
	if err := s.pairTitles(c, &form, p.Edit.Details.Input); err != nil {
		return err
	}
	version, edit := editOf(form)
	p.Edit.answered(edit)
	done, err := s.Delegations.Edit(c.UserContext(), actor(c), p.Edit.Registration.ID, version, edit)
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p.Edit.Form = form
		s.drawEdit(&p.Edit)
		return s.again(c, "registrations/edit", p)
	}
	s.flashEdited(c, p.Edit.Registration, done)
	now, err := s.Delegations.DetailsForDesk(c.UserContext(), actor(c), done.Registration)
	if err != nil {
		return err
	}
	base := "/console/" + event(c).Slug + "/registrations/" + done.Registration.ID.String()
	return s.doneEditing(c, p.Edit.Details.Remarks, now.Remarks, base+"/edit", base)
}

// decideChange takes the desk's decision on a pending change.
func (s *Server) decideChange(c *fiber.Ctx) error {
	id, err := pathID(c, "registration")
	if err != nil {
		return err
	}
	change, err := pathID(c, "change")
	if err != nil {
		return err
	}
	form, ctx, by := readForm(c), c.UserContext(), actor(c)
	var r delegations.Registration
	switch c.Params("decision") {
	case "approve":
		if _, asked := form.values["name_zh"]; asked {
			r, _, err = s.Delegations.GrantRendering(ctx, by, id, change, form.Raw("name_zh"), s.Files.TakeWaiting)
		} else {
			r, _, err = s.Delegations.ApproveChange(ctx, by, id, change, s.Files.TakeWaiting)
		}
	case "reveal":
		return s.revealChange(c, id, change)
	case "refuse":
		if r, err = s.Delegations.RefuseChange(ctx, by, id, change, form.Raw("reason")); err == nil {
			err = s.Files.DropWaiting(ctx, by, id)
		}
	default:
		return fiber.ErrNotFound
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.deskPageOf(c, id, deskValues(""))
		if pageErr != nil {
			return pageErr
		}
		p.ChangeForm = form
		return s.again(c, "registrations/show", p)
	}
	s.flash(c, "ok", "edit.done."+c.Params("decision"), r.Called(), r.Reference)
	return s.done(c, "/console/"+event(c).Slug+"/registrations/"+id.String())
}

// revealChange shows the desk a pending change in full, this once.
func (s *Server) revealChange(c *fiber.Ctx, id, change ident.ID) error {
	shown, err := s.Delegations.RevealChange(c.UserContext(), actor(c), id, change)
	if err != nil {
		return err
	}
	p, err := s.deskPageOf(c, id, deskValues(""))
	if err != nil {
		return err
	}
	if p.Pending != nil && p.Pending.ID == shown.ID {
		v, err := s.changeView(c, event(c).ID, shown)
		if err != nil {
			return err
		}
		p.Pending.Moved, p.Revealed = slices.Clone(v.Moved), true
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.render(c, "registrations/show", p)
}
