package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// belongingChoices are as what and with whom somebody may come.
type belongingChoices struct {
	Categories []Choice
	Groups     []Choice // delegations that come
	Roles      []Choice // in one of them
	Firms      []Choice // that take part
	ByRole     string   // member=member head=head: the category of each role, for the script
}

func (s *Server) belongingChoices(c *fiber.Ctx) (b belongingChoices, err error) {
	ctx, by, e, l := c.UserContext(), actor(c), event(c).ID, lang(c)
	categories, err := s.Events.Categories(ctx, e)
	if err != nil {
		return b, err
	}
	b.Categories = []Choice{{"", s.words.T(l, "register.choose")}}
	for _, category := range categories {
		b.Categories = append(b.Categories, Choice{category.Code, category.Name.In(l)})
	}
	list, err := s.Delegations.List(ctx, by, e)
	if err != nil {
		return b, err
	}
	b.Groups = []Choice{{"", s.words.T(l, "desk.belong.no_delegation")}}
	for _, d := range list {
		if d.Coming() {
			b.Groups = append(b.Groups, Choice{d.ID.String(), d.Code + " " + d.Name.In(l)})
		}
	}
	b.Roles, b.ByRole = []Choice{{"", s.words.T(l, "desk.belong.no_role")}}, "="+delegations.CategoryOf("")
	for _, role := range delegations.MemberRoles {
		b.Roles = append(b.Roles, Choice{role, s.words.T(l, "delegations.role."+role)})
		b.ByRole += " " + role + "=" + delegations.CategoryOf(role)
	}
	firms, err := s.Firms.OfEvent(ctx, e)
	b.Firms = []Choice{{"", s.words.T(l, "desk.belong.no_firm")}}
	for _, f := range firms {
		b.Firms = append(b.Firms, Choice{f.ID.String(), s.words.T(l, "desk.belong.firm", f.Name, f.CreditCode)})
	}
	return b, err
}

// chosen reads an ID that may be left out.
func chosen(form *Form, name string) ident.ID {
	if form.Text(name) == "" {
		return ident.Nil
	}
	return form.ID(name)
}

// personOf reads the fields of the details' form of somebody who is registered anew.
func personOf(form Form, l locale.Lang) delegations.Input {
	in := delegations.Input{
		Category: form.Text("category"), GivenName: form.Raw("given_name"), FamilyName: form.Raw("family_name"), NameNative: form.Raw("name_native"),
		MRZSurname: form.Raw("mrz_surname"), MRZGiven: form.Raw("mrz_given"),
		NativeOrder: form.Text("native_order"), NameZH: form.Raw("name_zh"), Sex: form.Text("sex"), Nationality: form.Text("nationality"),
		Languages: forms.LanguageTags(form.Raw("languages")), Email: form.Raw("email"), Phone: form.Raw("phone"), TitleEN: form.Raw("title_en"),
		TitleZH: form.Raw("title_zh"), Organisation: form.Raw("organisation"), BirthDate: form.Text("birth_date"), MealPlan: form.Text("meal_plan"),
		AccessNeeds: form.All("access_needs"), Consent: form.Ticked("consent"), Lang: form.Text("lang"),
		Passport: delegations.Passport{Number: form.Raw("passport.number"), Issuer: form.Text("nationality"), ExpiresOn: form.Text("passport.expires_on")},
	}
	if in.Lang == "" {
		in.Lang = string(l)
	}
	return in
}

// newPersonPage is the form by which somebody is registered by others.
type newPersonPage struct {
	Page
	belongingChoices
	Edit      detailsForm
	Form      Form
	Questions []Asked
}

func (s *Server) newPersonPage(c *fiber.Ctx, form Form) (p newPersonPage, err error) {
	p = newPersonPage{Page: s.page(c), Form: form}
	p.LangForm = "details"
	if p.belongingChoices, err = s.belongingChoices(c); err != nil {
		return p, err
	}
	if p.Edit, err = s.detailsForm(c, delegations.Registration{}, delegations.Details{}, &form); err != nil {
		return p, err
	}
	p.Edit.Desk, p.Edit.NoAddress, p.Edit.OrganisationHint = true, true, s.words.T(p.Lang, "register.organisation_hint")
	p.Roles[0].Text = s.words.T(p.Lang, "delegations.role.member")
	categories, err := s.Events.Categories(c.UserContext(), event(c).ID)
	if err != nil {
		return p, err
	}
	p.Questions, err = s.drawQuestions(c, &p.Form, event(c).ID, categories)
	return p, err
}

// drawQuestions draws the questions of an event's form for whoever is in one of some
// categories.
func (s *Server) drawQuestions(c *fiber.Ctx, form *Form, of ident.ID, categories []events.Category) ([]Asked, error) {
	asked, err := s.Forms.Asked(c.UserContext(), of)
	if err != nil {
		return nil, err
	}
	return s.ask(byCategory(lang(c), categories), form, asked.Questions), nil
}

func (s *Server) newPersonForm(c *fiber.Ctx) error {
	p, err := s.newPersonPage(c, FormOf("version", "0", "lang", string(lang(c)), "letter", "yes", "delegation", c.Query("delegation"), "firm", c.Query("firm"), "query", c.Query("query")))
	if err != nil {
		return err
	}
	return s.render(c, "registrations/new", p)
}

// registerPerson registers somebody at the desk.
func (s *Server) registerPerson(c *fiber.Ctx) error {
	form := readForm(c)
	asked, err := s.Forms.Asked(c.UserContext(), event(c).ID)
	if err != nil {
		return err
	}
	answers, err := s.takeAnswers(c, &form, asked.Questions)
	if err != nil {
		return err
	}
	again := func() (newPersonPage, error) { return s.newPersonPage(c, form) }
	if form.Translates() {
		p, err := again()
		if err != nil {
			return err
		}
		return s.render(c, "registrations/new", p)
	}
	if err = s.pairTitles(c, &form, delegations.Input{}); err != nil {
		return err
	}
	in := personOf(form, lang(c))
	in.AddressEN, in.AddressZH = form.Raw("address_en"), form.Raw("address_zh")
	in.Answers, in.Role, in.Quiet = answers, form.Text("role"), !form.Ticked("letter")
	in.DelegationID, in.FirmID = chosen(&form, "delegation"), chosen(&form, "firm")
	var r delegations.Registration
	if err = form.Err(); err == nil {
		r, err = s.Delegations.RegisterAtDesk(c.UserContext(), actor(c), event(c).ID, in)
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := again()
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "registrations/new", p)
	}
	if r, err = s.Delegations.Registration(c.UserContext(), actor(c), r.ID); err != nil { // with the names of where they belong
		return err
	}
	tone, key := "ok", "desk.register.done"
	if r.Status == delegations.Waitlisted {
		tone, key = "fix", "desk.register.waits"
	}
	s.flash(c, tone, key, r.Called(), r.Reference, s.comesAs(lang(c), r), s.letterSent(lang(c), r, in.Quiet))
	return s.done(c, deskList(c, form.Raw("query"), r.ID))
}

// comesAs says as what somebody comes, and with which delegation.
func (s *Server) comesAs(l locale.Lang, r delegations.Registration) string {
	if r.DelegationID == ident.Nil {
		return r.Category.In(l)
	}
	return s.words.T(l, "desk.belong.as", s.words.T(l, "delegations.role."+r.Role), r.Delegation, r.Category)
}

// letterSent says whether somebody who was registered at the desk was written to.
func (s *Server) letterSent(l locale.Lang, r delegations.Registration, quiet bool) string {
	switch {
	case quiet:
		return s.words.T(l, "desk.register.not_told")
	case r.Email == "":
		return s.words.T(l, "desk.register.no_address")
	}
	return s.words.T(l, "desk.register.told", r.Email)
}

// movePage is the form that has somebody come as something else or with others.
type movePage struct {
	Page
	belongingChoices
	Form         Form
	Registration delegations.Registration
	Badge        string // serial of the badge that the person holds; empty: none
}

// FullAt is the page on which places are added when there was none in what was chosen;
// empty: that is not what is wrong.
func (p movePage) FullAt() string {
	full := func(field string) bool {
		b, bad := p.Form.Problem(field)
		return bad && b.Key == delegations.NoPlaceThere
	}
	switch {
	case full("delegation") && p.May(accounts.EditDelegation):
		return p.Console() + "/delegations/" + p.Form.Text("delegation") + "#places"
	case full("category") && p.May(accounts.EditEvent):
		return p.Console() + "/categories"
	}
	return ""
}

func (s *Server) movePage(c *fiber.Ctx, typed *Form) (p movePage, err error) {
	p.Page = s.page(c)
	p.LangForm = "move"
	id, err := pathID(c, "registration")
	if err != nil {
		return p, err
	}
	if p.Registration, err = s.Delegations.Registration(c.UserContext(), actor(c), id); err != nil {
		return p, err
	}
	if p.belongingChoices, err = s.belongingChoices(c); err != nil {
		return p, err
	}
	if p.Badge, err = s.livingSerial(c, id); err != nil {
		return p, err
	}
	if typed != nil {
		p.Form = *typed
		return p, nil
	}
	r := p.Registration
	categories, err := s.Events.Categories(c.UserContext(), r.EventID)
	p.Form = FormOf("version", strconv.Itoa(r.Version), "delegation", idOrNone(r.DelegationID), "firm", idOrNone(r.FirmID), "organisation", r.Organisation, "query", c.Query("query"))
	if r.DelegationID != ident.Nil {
		p.Form.values.Set("role", r.Role)
	}
	for _, category := range categories {
		if category.ID == r.CategoryID {
			p.Form.values.Set("category", category.Code)
		}
	}
	return p, err
}

// livingSerial answers the serial of the badge that somebody holds; empty when they hold none.
func (s *Server) livingSerial(c *fiber.Ctx, registration ident.ID) (string, error) {
	b, err := s.Badges.LivingOf(c.UserContext(), registration)
	if fault.CodeOf(err) == fault.NotFound {
		return "", nil
	}
	return b.Serial, err
}

func idOrNone(id ident.ID) string {
	if id == ident.Nil {
		return ""
	}
	return id.String()
}

func (s *Server) moveForm(c *fiber.Ctx) error {
	p, err := s.movePage(c, nil)
	if err != nil {
		return err
	}
	return s.render(c, "registrations/move", p)
}

func (s *Server) moveRegistration(c *fiber.Ctx) error {
	form := readForm(c)
	p, err := s.movePage(c, &form)
	if err != nil {
		return err
	}
	if form.Translates() {
		return s.render(c, "registrations/move", p)
	}
	version := form.Whole("version", 1, 1<<30)
	organisation := form.Raw("organisation")
	to := delegations.Belonging{
		Category: form.Text("category"), Role: form.Text("role"), DelegationID: chosen(&form, "delegation"), FirmID: chosen(&form, "firm"), Organisation: &organisation,
	}
	var r delegations.Registration
	if err = form.Err(); err == nil {
		r, err = s.Delegations.Move(c.UserContext(), actor(c), p.Registration.ID, version, to)
	}
	return s.moved(c, p, form, r, err)
}

// linkFirm says for which firm somebody comes, in one press.
func (s *Server) linkFirm(c *fiber.Ctx) error {
	form := readForm(c)
	p, err := s.movePage(c, nil)
	if err != nil {
		return err
	}
	firm := form.ID("firm")
	var r delegations.Registration
	if err = form.Err(); err == nil {
		r, err = s.Delegations.LinkFirm(c.UserContext(), actor(c), p.Registration.ID, firm)
	}
	return s.moved(c, p, form, r, err)
}

// moved answers what a move came to.
func (s *Server) moved(c *fiber.Ctx, p movePage, form Form, r delegations.Registration, err error) error {
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p.Form.problems, p.Form.refusal = form.problems, form.refusal
		return s.again(c, "registrations/move", p)
	}
	now, err := s.livingSerial(c, r.ID)
	if err != nil {
		return err
	}
	tone, key, args := "ok", "desk.move.done", []any{r.Called(), r.Reference, s.comesAs(lang(c), r)}
	switch {
	case r.Status == delegations.Waitlisted && p.Registration.Status != r.Status:
		tone, key = "fix", "desk.move.waits"
	case r.Status == delegations.BadgeIssued && p.Registration.Status != r.Status:
		key = "desk.move.approved"
	case r.Version == p.Registration.Version:
		key, args = "edit.nothing", nil
	case p.Badge != "" && now != p.Badge:
		tone, key, args = "fix", "desk.move.rebadged", append(args, p.Badge, now)
	}
	s.flash(c, tone, key, args...)
	return s.done(c, deskList(c, form.Raw("query"), r.ID))
}

// likelyFirms are the firms for which somebody may have come, to be linked in one
// press.
func (s *Server) likelyFirms(c *fiber.Ctx, p *deskPage) (err error) {
	r, by := p.Registration, actor(c)
	if r.FirmID != ident.Nil || r.DelegationID != ident.Nil || !r.Editable() || !by.May(accounts.DecideRegistration, r.EventID) {
		return nil
	}
	p.Firms, err = s.Firms.Likely(c.UserContext(), by, r.EventID, r.Organisation, r.Email)
	return err
}

// belongingMoved puts where somebody belonged and belongs into words.
func (s *Server) belongingMoved(c *fiber.Ctx, of ident.ID, m delegations.Moved) (movedField, error) {
	ctx, l := c.UserContext(), lang(c)
	field := movedField{Field: s.words.T(l, "registration.field."+m.Field), From: m.From, To: m.To}
	named := map[string]string{}
	switch m.Field {
	case "role":
		for _, role := range []string{m.From, m.To} {
			named[role] = s.words.T(l, "delegations.role."+role)
		}
	default:
		list, err := s.Delegations.NamesInMove(ctx, of, m)
		if err != nil {
			return field, err
		}
		for _, one := range list {
			switch words := one.Name.In(l); m.Field {
			case "delegation":
				named[one.Code] = one.Code + " " + words
			case "firm":
				named[one.Code] = s.words.T(l, "desk.belong.firm", one.Name, one.CreditCode)
			default:
				named[one.Code] = words
			}
		}
	}
	if words, known := named[m.From]; known {
		field.From = words
	}
	if words, known := named[m.To]; known {
		field.To = words
	}
	return field, nil
}
