package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/privacy"
)

// heldData is all that is kept of a person as a registration, for that person: as
// sections to be read, of which each row is a name and a value.
type heldData struct {
	Reference string        `json:"reference"`
	Event     string        `json:"event"`
	At        time.Time     `json:"at"`
	Sections  []dataSection `json:"sections"`

	zone *time.Location
}

type dataSection struct {
	Key   string    `json:"key"`
	Title string    `json:"title"`
	Rows  []dataRow `json:"rows"`
}

type dataRow struct {
	Key   string `json:"key,omitempty"` // of a field
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ownHolder finds whose page a link opens, and who acts by it.
func (s *Server) ownHolder(c *fiber.Ctx) (holder, events.Event, error) {
	h, err := s.holderOf(c)
	if err != nil {
		return h, events.Event{}, err
	}
	e, err := s.Events.ByID(c.UserContext(), h.event)
	return h, e, err
}

// How many changes of somebody's values their data name: all of them in the file for
// programs, the latest where people read.
const (
	changesOnPage  = 50
	changesOnPaper = 500
	changesInFile  = 20_000
)

// dataLimit bounds how often one address may have all data of somebody gathered.
var dataLimit = Limit{Times: 120, In: 10 * time.Minute, Name: "data"}

// heldData gathers everything, in the reader's language.
func (s *Server) heldData(c *fiber.Ctx, h holder, e events.Event, most int) (heldData, error) {
	record, err := s.Delegations.OwnRecord(c.UserContext(), c.Params("token"), most)
	if err != nil {
		return heldData{}, err
	}
	d := heldData{Reference: record.Registration.Reference, Event: e.Title.In(lang(c)), At: s.Now().In(e.Location()), zone: e.Location()}
	if err := s.dataOfPerson(c, &d, record); err != nil {
		return d, err
	}
	for _, add := range []func(*fiber.Ctx, *heldData, holder) error{s.dataOfAnswers, s.dataOfParts, s.dataOfTraces, s.dataOfRequests} {
		if err := add(c, &d, h); err != nil {
			return d, err
		}
	}
	return d, nil
}

// section adds a section, and answers how rows are added to it.
func (s *Server) section(c *fiber.Ctx, d *heldData, key string) func(key, name, value string) {
	d.Sections = append(d.Sections, dataSection{Key: key, Title: s.words.T(lang(c), "data."+key), Rows: []dataRow{}})
	at := len(d.Sections) - 1
	return func(key, name, value string) {
		if value != "" {
			d.Sections[at].Rows = append(d.Sections[at].Rows, dataRow{key, name, value})
		}
	}
}

func (d heldData) moment(at time.Time) string { return at.In(d.zone).Format("2006-01-02 15:04 -07:00") }

func (s *Server) dataOfPerson(c *fiber.Ctx, d *heldData, record delegations.Record) error {
	l, r := lang(c), record.Registration
	row := s.section(c, d, "registration")
	row("reference", s.words.T(l, "me.reference"), r.Reference)
	row("status", s.words.T(l, "me.status"), s.words.T(l, "state.registration."+string(r.Status)))
	row("status_reason", s.words.T(l, "me.reason"), r.StatusReason)
	row("category", s.words.T(l, "me.category"), r.Category.In(l))
	row("delegation", s.words.T(l, "review.delegation"), r.Delegation.In(l))
	row("firm", s.words.T(l, "review.firm"), r.Firm.In(l))
	if r.Role != "" {
		row("role", s.words.T(l, "delegations.role"), s.words.T(l, "delegations.role."+r.Role))
	}
	row("guardian", s.words.T(l, "nominate.guardian"), r.Guardian)
	row = s.section(c, d, "person")
	all := delegations.Change{}
	for _, field := range delegations.Fields {
		value := record.Value(field)
		switch field {
		case "passport.number":
			value = record.PassportMask
		case "passport.expires_on":
			value = record.Expires
		}
		all.Fields = append(all.Fields, delegations.Moved{Field: field, To: value})
	}
	view, err := s.changeView(c, r.EventID, all)
	if err != nil {
		return err
	}
	for i, moved := range view.Moved {
		row(all.Fields[i].Field, moved.Field, moved.To)
	}
	row = s.section(c, d, "history")
	for _, step := range record.Steps {
		row("", d.moment(step.At), strings.Join(compact(s.words.T(l, "state.registration."+string(step.To)), step.Actor.In(l), step.Reason), " · "))
	}
	for _, change := range record.Changes {
		view, err := s.changeView(c, r.EventID, change)
		if err != nil {
			return err
		}
		for _, moved := range view.Moved {
			row("", d.moment(change.At), s.words.T(l, "data.moved", moved.Field, orNothing(moved.From), orNothing(moved.To), s.words.T(l, "state.change."+string(change.State))))
		}
	}
	if record.Older > 0 {
		row("", "", s.words.T(l, "data.older", record.Older))
	}
	row = s.section(c, d, "consents")
	for _, one := range record.Consents {
		row(one.Purpose, d.moment(one.GivenAt), s.words.T(l, "data.consent."+one.Purpose, one.TextVersion))
	}
	return nil
}

// dataOfAnswers adds what the person answered to the event's own questions.
func (s *Server) dataOfAnswers(c *fiber.Ctx, d *heldData, h holder) error {
	l := lang(c)
	given, err := s.Delegations.OwnAnswers(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	lines, err := s.answerLines(c, h.actor, h.registration.ID, given, h.base+"/files")
	if err != nil {
		return err
	}
	row := s.section(c, d, "answers")
	for _, one := range lines {
		value := one.Words().In(l)
		switch {
		case one.Kind == forms.Consent:
			value = s.words.T(l, "edit.agreed", strings.Join(one.Answer, "")) + " · " + one.Agreement.Text.In(l)
		case one.File != nil:
			value = orNothing(one.File.Name)
		case one.Kind == forms.File:
			value = s.words.T(l, "forms.file_gone")
		}
		row(one.Code, one.Label.In(l), value)
	}
	return nil
}

func orNothing(value string) string {
	if value == "" {
		return "–"
	}
	return value
}

// compact answers the texts that say something.
func compact(all ...string) (list []string) {
	for _, one := range all {
		if one != "" {
			list = append(list, one)
		}
	}
	return list
}

// dataOfParts adds what the person has and does in the event.
func (s *Server) dataOfParts(c *fiber.Ctx, d *heldData, h holder) error {
	l, ctx, id := lang(c), c.UserContext(), h.registration.ID
	held, err := s.Badges.OfRegistration(ctx, id)
	if err != nil {
		return err
	}
	row := s.section(c, d, "badges")
	for _, b := range held {
		row("", d.moment(b.IssuedAt), b.Serial+" · "+s.words.T(l, "state.badge."+string(b.State)))
	}
	meetings, err := s.Matchmaking.OfRegistration(ctx, id)
	if err != nil {
		return err
	}
	row = s.section(c, d, "meetings")
	for _, day := range ownMeetings(h.registration, meetings, s.Now()) {
		for _, m := range day.Meetings {
			row("", d.moment(m.From), m.With.In(l))
		}
	}
	parts, err := s.Agenda.PartsOf(ctx, id)
	if err != nil {
		return err
	}
	row = s.section(c, d, "programme")
	for _, part := range parts {
		if part.PublishedAt != nil && (part.EmbargoUntil == nil || part.EmbargoUntil.Before(s.Now())) {
			row("", d.moment(part.StartsAt), part.Title.In(l)+" · "+s.words.T(l, "substitution.part."+part.Part))
		}
	}
	list, err := s.Files.Of(ctx, h.actor, id)
	if err != nil {
		return err
	}
	row = s.section(c, d, "files")
	for _, f := range list {
		row("", d.moment(f.CreatedAt), s.words.T(l, "data.file", s.words.T(l, "data.file."+string(f.Purpose)), f.Name, strconv.Itoa((f.Size+1023)>>10)))
	}
	return nil
}

// dataOfTraces adds what the program noted of the person: letters and doors.
func (s *Server) dataOfTraces(c *fiber.Ctx, d *heldData, h holder) error {
	l, ctx, id := lang(c), c.UserContext(), h.registration.ID
	letters, err := s.Mail.OfRegistration(ctx, id)
	if err != nil {
		return err
	}
	row := s.section(c, d, "letters")
	for _, m := range letters {
		row("", d.moment(m.CreatedAt), strings.Join(compact(m.Subject, m.To), " · "))
	}
	passages, err := s.Doors.PassagesOf(ctx, id)
	if err != nil {
		return err
	}
	row = s.section(c, d, "doors")
	for _, p := range passages {
		verdict := "data.denied"
		if p.Granted {
			verdict = "data.granted." + string(p.Direction)
		}
		row("", d.moment(p.At), p.Gate.In(l)+" · "+s.words.T(l, verdict))
	}
	return nil
}

func (s *Server) dataOfRequests(c *fiber.Ctx, d *heldData, h holder) error {
	l := lang(c)
	asked, err := s.Privacy.OwnRequests(c.UserContext(), h.actor, h.event, h.registration.ID)
	if err != nil {
		return err
	}
	row := s.section(c, d, "requests")
	for _, r := range asked {
		row("", d.moment(r.At), strings.Join(compact(s.words.T(l, "privacy.kind."+r.Kind), r.Wish, s.words.T(l, "state.privacy."+r.State), r.Note), " · "))
	}
	return nil
}

type myDataPage struct {
	Page
	Token    string
	Head     EventHead
	Data     heldData
	Requests []privacy.Request
	Form     Form
	Kinds    []Choice
}

func (s *Server) myDataPage(c *fiber.Ctx, form Form) (myDataPage, holder, error) {
	p := myDataPage{Page: s.page(c), Token: c.Params("token"), Form: form}
	h, e, err := s.ownHolder(c)
	if err != nil {
		return p, h, err
	}
	p.Head, p.LangForm = HeadOf(e), "ask"
	if p.Data, err = s.heldData(c, h, e, changesOnPage); err != nil {
		return p, h, err
	}
	if p.Requests, err = s.Privacy.OwnRequests(c.UserContext(), h.actor, h.event, h.registration.ID); err != nil {
		return p, h, err
	}
	for i := range p.Requests {
		p.Requests[i].At = p.Requests[i].At.In(e.Location())
	}
	for _, kind := range []string{"rectify", "erase"} {
		p.Kinds = append(p.Kinds, Choice{kind, s.words.T(p.Lang, "privacy.kind."+kind)})
	}
	return p, h, nil
}

// myData shows a guest all that is kept of them. The link is the right to it.
func (s *Server) myData(c *fiber.Ctx) error {
	p, _, err := s.myDataPage(c, FormOf("kind", "rectify"))
	if err != nil {
		return err
	}
	return s.render(c, "me/data", p)
}

func (s *Server) ownData(c *fiber.Ctx, most int) (heldData, error) {
	h, e, err := s.ownHolder(c)
	if err != nil {
		return heldData{}, err
	}
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	return s.heldData(c, h, e, most)
}

func (s *Server) myDataJSON(c *fiber.Ctx) error {
	d, err := s.ownData(c, changesInFile)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s.json"`, d.Reference))
	return c.JSON(d)
}

func (s *Server) myDataPDF(c *fiber.Ctx) error {
	d, err := s.ownData(c, changesOnPaper)
	if err != nil {
		return err
	}
	paper, err := d.pdf(s.words.T(lang(c), "data.title"))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s.pdf"`, d.Reference))
	return c.Send(paper)
}

// askPrivacy takes what a guest asks to have done with their data.
func (s *Server) askPrivacy(c *fiber.Ctx) error {
	form := readForm(c)
	p, h, err := s.myDataPage(c, form)
	if err != nil {
		return err
	}
	if form.Translates() {
		return s.render(c, "me/data", p)
	}
	if _, err := s.Privacy.Ask(c.UserContext(), h.actor, h.event, h.registration.ID, form.Text("kind"), form.Raw("wish")); err != nil {
		if !p.Form.Refused(err) {
			return err
		}
		return s.again(c, "me/data", p)
	}
	s.flash(c, "ok", "data.asked")
	return s.done(c, h.base+"/data")
}

func (s *Server) takePrivacyBack(c *fiber.Ctx) error {
	id, err := pathID(c, "request")
	if err != nil {
		return err
	}
	h, err := s.holderOf(c)
	if err != nil {
		return err
	}
	if _, err := s.Privacy.TakeBack(c.UserContext(), h.actor, id); err != nil {
		return err
	}
	s.flash(c, "ok", "data.taken_back")
	return s.done(c, h.base+"/data")
}
