package delegations

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// Change is one change of values of a registration: who wanted it, and what became
// of it. All of them together are the history of every value.
type Change struct {
	ID        ident.ID    `db:"id"`
	At        time.Time   `db:"at"`
	ActorKind string      `db:"actor_kind"`
	Actor     locale.Text `db:"actor"`
	Source    string      `db:"source"` // web, api, import, delegation, onsite, office, merge
	State     ChangeState `db:"state"`
	DecidedAt *time.Time  `db:"decided_at"`
	DecidedBy locale.Text `db:"decided_by"`
	Reason    string      `db:"reason"` // of a refusal
	Fields    []Moved     `db:"-"`
}

// ChangeState is what became of a change.
type ChangeState string

// The states of a change. All but pending are final.
const (
	Applied     ChangeState = "applied"
	Pending     ChangeState = "pending" // what was approved stays valid meanwhile
	Refused     ChangeState = "refused"
	TakenBack   ChangeState = "withdrawn"
	Overwritten ChangeState = "superseded" // by a later change
)

// Sealed tells whether a change has sensitive values, which are shown masked.
func (c Change) Sealed() bool {
	return slices.ContainsFunc(c.Fields, func(m Moved) bool { return sensitive(m.Field) })
}

// Moved is one field of a change. Of a sensitive one From and To are masked:
// ••••1234. Of an answer they are what ReadAnswer reads.
type Moved struct {
	Field    string `json:"field"`
	From     string `json:"from"`
	To       string `json:"to"`
	FromFile string `json:"from_file,omitempty"` // what a file is called that is the answer
	ToFile   string `json:"to_file,omitempty"`
}

// moves is what a change moves, as it is stored: sensitive values masked in the
// list, and sealed in full beside it.
type moves struct {
	list   []Moved
	sealed []byte // JSON of the field's from and to; nil: nothing is sensitive
}

func (m moves) names() (names []string) {
	for _, one := range m.list {
		names = append(names, one.Field)
	}
	return names
}

// mask is what may be shown of a sensitive value.
func mask(field, value string) string {
	switch {
	case value == "":
		return ""
	case field == "passport.number" && len(value) >= 5:
		return Masked + value[len(value)-4:]
	}
	return Masked
}

func changePlace(change ident.ID) string { return "registration_changes.values:" + change.String() }

// diff lists what moved from one input to another, as a change stores it.
func (s *Service) diff(change ident.ID, from, to Input) (m moves, err error) {
	secret := map[string][2]string{}
	fields := slices.Clone(Fields)
	codes := maps.Clone(from.Answers)
	if codes == nil {
		codes = forms.Answers{}
	}
	maps.Copy(codes, to.Answers)
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		fields = append(fields, answerField+code)
	}
	for _, field := range fields {
		one := Moved{Field: field, From: from.Value(field), To: to.Value(field)}
		if one.From == one.To {
			continue
		}
		if sensitive(field) {
			secret[field] = [2]string{one.From, one.To}
			one.From, one.To = mask(field, one.From), mask(field, one.To)
		}
		m.list = append(m.list, one)
	}
	if len(secret) == 0 {
		return m, nil
	}
	plain, err := json.Marshal(secret)
	if err != nil {
		return m, err
	}
	m.sealed, err = s.box.Seal(plain, changePlace(change))
	return m, err
}

// opened is what a change moves with its sensitive values in full.
func (s *Service) opened(c changeRow) ([]Moved, error) {
	list := slices.Clone(c.Fields)
	if len(c.ValuesSealed) == 0 {
		return list, nil
	}
	plain, err := s.box.Open(c.ValuesSealed, changePlace(c.ID))
	if err != nil {
		return nil, fmt.Errorf("open values of change %s: %w", c.ID, err)
	}
	var secret map[string][2]string
	if err := json.Unmarshal(plain, &secret); err != nil {
		return nil, fmt.Errorf("read values of change %s: %w", c.ID, err)
	}
	for i, one := range list {
		if full, sealed := secret[one.Field]; sealed {
			list[i].From, list[i].To = full[0], full[1]
		}
	}
	return list, nil
}

// wanted is what a stored change writes over a registration.
func (s *Service) wanted(c changeRow) (Edit, error) {
	list, err := s.opened(c)
	edit := Edit{}
	for _, one := range list {
		if one.Field != Photo && one.Field != NameWish {
			edit[one.Field] = one.To
		}
	}
	return edit, err
}

// Edited is what an edit came to.
type Edited struct {
	Registration Registration
	Applied      []string // fields that have their new value
	Asked        []string // fields whose new value waits for the desk
}

// Edit changes a registration, by the office or by an officer of its delegation or its
// firm. An officer who only looks after needs changes nothing but NeedsFields, whoever
// holds the firm's link nothing but FirmFields. version is the
// one that was shown; 0: whatever there is.
//
// Before the decision every field changes at once, and a returned registration is
// submitted again. After approval what a Key field had stays valid, and the new
// value waits for the desk as the one pending change; whoever may decide changes it
// at once, and the badge that shows it is replaced.
//
// Faults: NotFound; Forbidden; Conflict, somebody changed it meanwhile, or it can
// be edited no more; Invalid with fields.
func (s *Service) Edit(ctx context.Context, by accounts.Actor, registration ident.ID, version int, edit Edit) (Edited, error) {
	var done Edited
	_, err := s.locked(ctx, registration, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		if !by.May(accounts.EditRegistration, e.ID) && !r.editedBy(by, edit) {
			return r, fault.New(fault.Forbidden, "error.forbidden")
		}
		var err error
		done, err = s.edit(ctx, tx, by, e, r, version, edit)
		return done.Registration, err
	})
	done.Registration = done.Registration.seenBy(by)
	return done, err
}

// EditOwn changes a registration by the person themselves, who holds its link; see
// Edit.
//
// Faults: NotFound, no such link; Conflict; Invalid with fields.
func (s *Service) EditOwn(ctx context.Context, secret string, version int, edit Edit) (Edited, error) {
	held, err := s.ByLink(ctx, secret)
	if err != nil {
		return Edited{}, err
	}
	for _, field := range ofTheOffice {
		if _, wrote := edit[field]; wrote {
			return Edited{}, fault.Fields(fault.Field{Path: field, Key: "registration.no_field"})
		}
	}
	var done Edited
	_, err = s.locked(ctx, held.ID, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		done, err = s.edit(ctx, tx, accounts.GuestActor(), e, r, version, edit)
		return done.Registration, err
	})
	done.Registration = done.Registration.forGuests()
	return done, err
}

// Editable tells whether the values of a registration may still change.
func (r Registration) Editable() bool { return r.Cancellable() || r.Status == CheckedIn }

// Settled tells whether key fields of a registration wait for the desk when they
// change: what was approved of them is in use.
func (r Registration) Settled() bool {
	return slices.Contains([]Status{Approved, BadgeIssued, CheckedIn}, r.Status)
}

func (s *Service) edit(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, version int, edit Edit) (Edited, error) {
	done := Edited{Registration: r}
	switch {
	case !r.Editable() && r.Status != Draft:
		return done, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.forGuests().Status))
	case version != 0 && version != r.Version:
		return done, fault.New(fault.Conflict, "error.changed")
	}
	if bad := edit.unknown(); len(bad) > 0 {
		return done, fault.Fields(fault.Field{Path: bad[0], Key: "registration.no_field"})
	}
	held, err := s.held(ctx, tx, r)
	if err != nil {
		return done, err
	}
	if held.form, err = forms.AskedIn(ctx, tx, e.ID); err != nil {
		return done, fmt.Errorf("read form: %w", err)
	}
	decides := by.May(accounts.DecideRegistration, e.ID)
	base := held.Input
	if held.pending != nil && !decides { // whoever waits for a change goes on from it
		waiting, err := s.wanted(*held.pending)
		if err != nil {
			return done, err
		}
		base = base.with(waiting.stillWanted(held.form))
	}
	c, err := s.check(r, base.with(edit.asked(held.form, held.Category, by.Kind == accounts.Guest && by.DelegationID == ident.Nil)))
	c, err = s.recheck(e.ID, held.form, held.Category, base.Answers, c, err)
	if err = missing(err, r, held.form, c.Input); err != nil {
		return done, err
	}
	if c, err = s.take(ctx, tx, by, r, c); err != nil {
		return done, err
	}
	now, later := c.Input, held.Input
	if r.Settled() && !decides {
		now.Answers, later.Answers = ownAgreements(held.form, held.Answers, c.Answers), c.Answers
		for _, field := range Fields {
			if Key(field) {
				copyField(&later, c.Input, field)
				copyField(&now, held.Input, field)
			}
		}
	}
	if done.Registration, done.Applied, err = s.applied(ctx, tx, by, e, r, held, now); err != nil {
		return done, err
	}
	if r.Settled() && !decides {
		held.Answers = now.Answers
		done.Asked, err = s.ask(ctx, tx, by, &done.Registration, held, later)
	}
	return done, err
}

func copyField(to *Input, from Input, name string) {
	if list := to.list(name); list != nil {
		*list = slices.Clone(*from.list(name))
		return
	}
	*to.field(name) = *from.field(name)
}

// applied writes the values that hold from now on, keeps what they were, and
// replaces the badge that shows one of them. A returned registration is submitted
// again, even as it is.
func (s *Service) applied(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, held held, in Input) (Registration, []string, error) {
	c, err := s.check(r, in)
	if err != nil {
		return r, nil, err
	}
	change := Change{ID: s.newID(), At: s.now(), State: Applied, Source: changeSource(by)}
	fields, err := s.diff(change.ID, held.Input, c.Input)
	if err != nil || len(fields.list) == 0 && r.Status != Returned {
		return r, nil, err
	}
	names := fields.names()
	if len(names) > 0 {
		if err := s.name(ctx, tx, r, &fields); err != nil {
			return r, nil, err
		}
		if err := insertChange(ctx, tx, r.ID, change, by, fields); err != nil {
			return r, nil, err
		}
	}
	if r, err = s.write(ctx, tx, by, r, held, c, names); err != nil {
		return r, nil, err
	}
	if err := s.wroteRendering(ctx, tx, by, r, themselves(by), names); err != nil {
		return r, nil, err
	}
	if err := s.dropFiles(ctx, tx, by, r, files(fields.list, Moved.from)); err != nil {
		return r, nil, err
	}
	if err := s.tellAddress(ctx, tx, by, e, r, held.Email, c.Email); err != nil {
		return r, nil, err
	}
	_, err = s.refresh(ctx, tx, by, e, r, names)
	return r, names, err
}

// write keeps the values of a registration and of its person.
func (s *Service) write(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration, held held, c checked, names []string) (Registration, error) {
	from := r.Status
	if from == Returned {
		now := s.now()
		r.Status, r.StatusReason, r.DecidedAt, r.SubmittedAt, r.Requested = Submitted, "", nil, &now, ""
	}
	r.Version++
	if err := s.saveDetails(ctx, tx, r, held, c); err != nil {
		return r, err
	}
	if err := s.amend(ctx, tx, r, held, c); err != nil {
		return r, err
	}
	if r.Status != from {
		if err := s.step(ctx, tx, by, r, from, sourceOf(by), ""); err != nil {
			return r, err
		}
	}
	if len(names) > 0 {
		err := s.record(ctx, tx, by, r.EventID, "registration.edit", "registration", r.ID, nil, map[string]any{"changed": logged(names)}, "")
		if err != nil {
			return r, err
		}
	}
	return registrationByID(ctx, tx, r.ID)
}

// logged are fields as the audit log names them: which questions were answered
// otherwise stands in the history of the registration.
func logged(names []string) string {
	var list []string
	for _, name := range names {
		if strings.HasPrefix(name, answerField) {
			name = "answers"
		}
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return strings.Join(list, ",")
}

// tellAddress writes to the address that letters went to until now, so that nobody
// takes a registration over unseen. When somebody else puts the address right, the
// links that went to the wrong one, or to an officer for want of any, end, and the
// person gets one of their own.
func (s *Service) tellAddress(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, from, to string) error {
	if from == to || r.Status == Draft || from == "" && unasked(by) {
		return nil
	}
	if unasked(by) || to == "" { // who changes their own goes on by the link that they hold
		r.Email = from
		return s.mail.Write(ctx, tx, Letter{Kind: "address_changed", Event: e, Registration: r, Unasked: unasked(by)})
	}
	if err := s.moveLinks(ctx, tx, e, r, to); err != nil || from == "" {
		return err
	}
	r.Email = from
	return s.mail.Write(ctx, tx, Letter{Kind: "address_changed", Event: e, Registration: r, Unasked: unasked(by)})
}

// moveLinks ends the links to a person's own page and writes another to an address.
func (s *Service) moveLinks(ctx context.Context, tx *sqlx.Tx, e events.Event, r Registration, to string) error {
	if err := revokeOwnLinks(ctx, tx, r.ID, s.now()); err != nil {
		return fmt.Errorf("end links: %w", err)
	}
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return err
	}
	r.Email = to
	return s.mail.Write(ctx, tx, Letter{Kind: "link", Event: e, Registration: r, ManageSecret: secret})
}

// refresh replaces the badge of a registration when it shows one of these fields.
func (s *Service) refresh(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, names []string) (Issued, error) {
	if !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(onBadge, name) }) {
		return Issued{}, nil
	}
	issued, err := s.badges.ReplaceFor(ctx, tx, by, e, r, "registration "+r.Reference+" changed")
	if err != nil {
		return issued, fmt.Errorf("replace badge: %w", err)
	}
	return issued, nil
}

// changeSource is from where an actor changes values.
func changeSource(by accounts.Actor) string {
	if by.Kind == accounts.Token {
		return "api"
	}
	return sourceOf(by)
}

// checkedNote cleans and checks a reason that a person is told.
func checkedNote(reason string) (string, error) {
	reason = text.Paragraphs(reason)
	var bad fault.List
	checkReason(&bad, reason)
	return reason, bad.Err()
}
