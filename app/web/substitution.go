package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/files"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// standPart is the form of a substitution, and what it would change once somebody
// asked to see that.
type standPart struct {
	Page
	Form      Form
	Gone      delegations.Registration
	Choices   []Choice // members who may come instead, and somebody new
	Countries []Choice
	Preview   *succession
	Typed     []Choice // the form's fields, for the button that does it
	Asks      bool     // the office has to confirm
	Back      string
	Own       bool // the person asks themselves, for somebody new
	Titles    titleOffers
	Questions []Asked
	Letter    Asked                     // which names who comes instead
	Waiting   *delegations.Substitution // is asked for already; nil: nothing is
	WaitsAt   string                    // where that is decided on or taken back; empty: not by the reader

	asking    asking
	questions []forms.Question // that somebody new is asked
	answers   forms.Answers
}

// someoneNew is the choice of a deputy whom nobody registered yet.
const someoneNew = "new"

// standPart makes the form, filled in at first.
func (s *Server) standPart(c *fiber.Ctx, p Page, gone delegations.Registration, members []delegations.Registration, form *Form) (standPart, error) {
	v := standPart{Page: p, Gone: gone, Form: FormOf("as_rank", "own", "to", "", "lang", gone.Lang)}
	v.LangForm = "stand"
	if form != nil {
		v.Form = *form
	}
	if err := s.askNew(c, &v, form); err != nil {
		return v, err
	}
	if err := s.takeLetter(c, &v, form); err != nil {
		return v, err
	}
	v.Choices = []Choice{{"", s.words.T(p.Lang, "substitution.choose")}}
	for _, r := range members {
		if r.ID != gone.ID && r.Role != "head" && r.Editable() {
			v.Choices = append(v.Choices, Choice{r.ID.String(), s.words.T(p.Lang, "substitution.member", r.Called(), s.words.T(p.Lang, "delegations.role."+r.Role), r.Reference)})
		}
	}
	v.Choices = append(v.Choices, Choice{someoneNew, s.words.T(p.Lang, "substitution.new")})
	var err error
	if v.Titles, err = s.titleOffers(c); err != nil {
		return v, err
	}
	v.Countries, err = s.countryChoices(c)
	return v, err
}

// askNew adds the questions that somebody new is asked, who comes in the category of
// whom they replace.
func (s *Server) askNew(c *fiber.Ctx, v *standPart, form *Form) (err error) {
	if v.asking, v.questions, err = s.askedOf(c, v.Gone, true); err != nil {
		return err
	}
	if form != nil {
		if v.answers, err = s.takeAnswers(c, form, v.questions); err != nil {
			return err
		}
		v.Form = *form
	}
	v.Questions = s.ask(v.asking, &v.Form, v.questions)
	return nil
}

// takeLetter hands in the letter that was sent with the form, if there is one, and
// draws its field.
func (s *Server) takeLetter(c *fiber.Ctx, v *standPart, form *Form) error {
	if form != nil {
		if form.Has(dropField, "letter") {
			form.values.Del("letter")
		}
		called, content, err := uploaded(c, "letter")
		if err != nil && fault.CodeOf(err) != fault.Invalid {
			return err
		}
		if err == nil {
			token, _, err := s.Files.HandInLetter(c.UserContext(), v.Gone.EventID, called, content)
			if f, ok := fault.Of(err); ok && f.Code == fault.Invalid && len(f.Fields) > 0 {
				form.Add("letter", f.Fields[0].Key, f.Fields[0].Args...)
			} else if err != nil {
				return err
			}
			form.values.Set("letter", token)
		}
		v.Form = *form
	}
	s.drawLetter(v)
	return nil
}

func (s *Server) drawLetter(v *standPart) {
	t := func(key string, args ...any) string { return s.words.T(v.Lang, key, args...) }
	v.Letter = Asked{Code: "letter", Kind: forms.File, Tag: v.Lang.Tag(), Field: Field{
		Name: "letter", ID: "f-letter", Label: t("substitution.letter"), Hint: t("substitution.letter_hint"), Beside: t("form.optional"), Type: "file", Accept: letterTypes,
		After: t("substitution.letter_types", files.Most(files.Succession)>>20),
	}}
	v.Form.call("letter", v.Letter.Label)
	if p, bad := v.Form.Problem("letter"); bad {
		v.Letter.Why = t(p.Key, p.Args...)
	}
	if token := v.Form.Value("letter"); token != "" {
		if f, err := s.Files.HandedInLetter(v.Gone.EventID, token); err == nil {
			v.Letter.Value, v.Letter.Sent, v.Letter.Drop = token, t("forms.file_sent", f.Name, (f.Size+1023)>>10), t("forms.file_drop")
		}
	}
}

// letterTypes are what a browser offers to choose from.
const letterTypes = answerTypes + ",.ofd"

// standOf reads a substitution. What is wrong with it is noted in the form.
func standOf(form *Form, from ident.ID, answers forms.Answers) delegations.Stand {
	in := delegations.Stand{From: from, AsRank: form.Text("as_rank"), Note: form.Raw("note"), Letter: form.Raw("letter")}
	in.FromVersion, _ = strconv.Atoi(form.Text("from_version"))
	if form.Text("to") != someoneNew {
		in.To = form.ID("to")
		in.ToVersion, _ = strconv.Atoi(form.Text("to_version"))
		return in
	}
	in.New = delegations.Input{
		GivenName: form.Raw("given_name"), FamilyName: form.Raw("family_name"), NameNative: form.Raw("name_native"), NativeOrder: form.Text("native_order"),
		NameZH: form.Raw("name_zh"), Nationality: form.Text("nationality"), Email: form.Raw("email"), Phone: form.Raw("phone"), TitleEN: form.Raw("title_en"),
		TitleZH: form.Raw("title_zh"), Consent: form.Ticked("consent"), Lang: form.Text("lang"), Answers: answers,
	}
	return in
}

// standFields are what the form of a substitution sends.
var standFields = []string{
	"to", "as_rank", "note", "letter", "given_name", "family_name", "name_native", "native_order", "name_zh", "nationality", "email", "phone", "title_en", "title_zh", "consent", "lang",
}

// stand previews a substitution, or does it when that button was pressed. done is
// nil as long as the page is to be shown again.
func (s *Server) stand(c *fiber.Ctx, by accounts.Actor, v *standPart) (done *delegations.Succession, err error) {
	form := v.Form
	in, ctx := standOf(&form, v.Gone.ID, v.answers), c.UserContext()
	v.Form = form
	if form.Bad() {
		return nil, form.Err()
	}
	if form.Ticked("do") {
		x, err := s.Delegations.Substitute(ctx, by, in, s.handOver)
		return &x, err
	}
	x, err := s.Delegations.PreviewSubstitution(ctx, by, in, s.handOver)
	if err != nil {
		return nil, err
	}
	if v.Preview, err = s.succession(c, x); err != nil {
		return nil, err
	}
	for _, name := range standFields {
		if value := form.Raw(name); value != "" {
			v.Typed = append(v.Typed, Choice{name, value})
		}
	}
	for _, q := range v.questions {
		for _, value := range compact(form.All("answers." + q.Code)...) { // a file that was not chosen is empty
			v.Typed = append(v.Typed, Choice{"answers." + q.Code, value})
		}
	}
	v.Typed = append(v.Typed, Choice{"from_version", strconv.Itoa(x.Gone.Version)}, Choice{"to_version", strconv.Itoa(x.Deputy.Version)})
	return nil, nil
}

// substitutePart is the form on the desk's page.
func (s *Server) substitutePart(c *fiber.Ctx, form *Form) (standPart, error) {
	r, err := s.registrationHere(c)
	if err != nil {
		return standPart{}, err
	}
	ctx, by := c.UserContext(), actor(c)
	if r.DelegationID == ident.Nil {
		return standPart{}, fault.New(fault.NotFound, "error.not_found")
	}
	d, err := s.Delegations.ByID(ctx, by, r.DelegationID)
	if err != nil {
		return standPart{}, err
	}
	members, err := s.Delegations.Members(ctx, by, d)
	if err != nil {
		return standPart{}, err
	}
	v, err := s.standPart(c, s.page(c), r, members, form)
	v.Asks = !by.May(accounts.DecideRegistration, r.EventID)
	v.Back = delegationURL(c, d.ID)
	if err == nil {
		err = s.waitsFor(c, by, &v)
	}
	if v.Waiting != nil && !v.Asks {
		v.WaitsAt = "/console/" + event(c).Slug + "/substitutions/" + v.Waiting.ID.String()
	}
	return v, err
}

// waitsFor tells what is asked for already about whoever is to be replaced.
func (s *Server) waitsFor(c *fiber.Ctx, by accounts.Actor, v *standPart) (err error) {
	v.Waiting, err = s.Delegations.Waiting(c.UserContext(), by, v.Gone)
	if v.Waiting != nil {
		v.Waiting.AskedAt = v.Waiting.AskedAt.In(zoneOf(v.Page))
	}
	return err
}

// substituteForm is the desk's page to put somebody in the place of a member.
func (s *Server) substituteForm(c *fiber.Ctx) error {
	v, err := s.substitutePart(c, nil)
	if err != nil {
		return err
	}
	return s.render(c, "delegations/substitute", v)
}

func (s *Server) substitute(c *fiber.Ctx) error {
	form := readForm(c)
	v, err := s.substitutePart(c, &form)
	if err != nil {
		return err
	}
	return s.substituted(c, actor(c), v, "delegations/substitute")
}

// substituted answers a sent form of a substitution.
func (s *Server) substituted(c *fiber.Ctx, by accounts.Actor, v standPart, view string) error {
	if v.Form.Translates() {
		return s.render(c, view, v)
	}
	done, err := s.stand(c, by, &v)
	if err != nil {
		if !v.Form.Refused(err) {
			return err
		}
		v.Questions = s.ask(v.asking, &v.Form, v.questions)
		s.drawLetter(&v)
		return s.again(c, view, v)
	}
	if done == nil {
		return s.render(c, view, v)
	}
	key := "substitution.done"
	if done.State == "asked" {
		key = "substitution.asked"
	}
	s.flash(c, "ok", key, done.To, done.From)
	return s.done(c, v.Back)
}

// memberStandPart is the form on the page of a delegation's liaison.
func (s *Server) memberStandPart(c *fiber.Ctx, form *Form) (standPart, accounts.Actor, error) {
	ctx := c.UserContext()
	id, err := pathID(c, "registration")
	if err != nil {
		return standPart{}, accounts.Actor{}, err
	}
	d, l, err := s.Delegations.DelegationByLink(ctx, c.Params("token"))
	if err != nil {
		return standPart{}, accounts.Actor{}, err
	}
	r, err := s.Delegations.Member(ctx, l.Actor(), d, id)
	if err != nil {
		return standPart{}, accounts.Actor{}, err
	}
	if !l.Actor().MayFor(accounts.Substitute, d.EventID, d.ID, r.Role) {
		return standPart{}, accounts.Actor{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	members, err := s.Delegations.Members(ctx, l.Actor(), d)
	if err != nil {
		return standPart{}, accounts.Actor{}, err
	}
	own, err := s.linkPage(c, "/delegation/"+c.Params("token"), l)
	if err != nil {
		return standPart{}, accounts.Actor{}, err
	}
	v, err := s.standPart(c, own.Page, r, members, form)
	v.Asks, v.Back = true, own.Own
	if err == nil {
		err = s.waitsFor(c, l.Actor(), &v)
	}
	if v.Waiting != nil && v.Waiting.Withdrawable(l.Actor(), r.EventID, r.Role) {
		v.WaitsAt = own.Own + "/substitutions/" + v.Waiting.ID.String() + "/withdraw"
	}
	return v, l.Actor(), err
}

// memberSubstituteForm is the page by which a delegation's liaison asks that
// somebody come in a member's place. The link is the right to it.
func (s *Server) memberSubstituteForm(c *fiber.Ctx) error {
	v, _, err := s.memberStandPart(c, nil)
	if err != nil {
		return err
	}
	return s.render(c, "delegations/stand", v)
}

func (s *Server) memberSubstitute(c *fiber.Ctx) error {
	form := readForm(c)
	v, by, err := s.memberStandPart(c, &form)
	if err != nil {
		return err
	}
	return s.substituted(c, by, v, "delegations/stand")
}

// ownStandPart is the form on a guest's own page.
func (s *Server) ownStandPart(c *fiber.Ctx, form *Form) (standPart, accounts.Actor, error) {
	h, err := s.holderOf(c)
	if err != nil {
		return standPart{}, h.actor, err
	}
	if h.registration.DelegationID == ident.Nil {
		return standPart{}, h.actor, fault.New(fault.NotFound, "error.not_found")
	}
	v, err := s.standPart(c, s.page(c), h.registration, nil, form)
	v.Asks, v.Own, v.Back = true, true, h.base
	if err == nil {
		err = s.waitsFor(c, h.actor, &v)
	}
	if v.Waiting != nil && v.Waiting.Own {
		v.WaitsAt = h.base + "/substitute/withdraw"
	}
	return v, h.actor, err
}

// ownSubstituteForm is the page by which somebody of a delegation asks that another
// come in their place. The link is the right to it.
func (s *Server) ownSubstituteForm(c *fiber.Ctx) error {
	v, _, err := s.ownStandPart(c, nil)
	if err != nil {
		return err
	}
	return s.render(c, "delegations/stand", v)
}

func (s *Server) ownSubstitute(c *fiber.Ctx) error {
	form := readForm(c)
	v, by, err := s.ownStandPart(c, &form)
	if err != nil {
		return err
	}
	return s.substituted(c, by, v, "delegations/stand")
}
