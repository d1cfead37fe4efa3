package delegations

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Registration is one person's taking part in one event.
type Registration struct {
	ID           ident.ID   `db:"id"`
	EventID      ident.ID   `db:"event_id"`
	Reference    string     `db:"reference"` // F27-0148
	PersonID     ident.ID   `db:"person_id"`
	CategoryID   ident.ID   `db:"category_id"`
	DelegationID ident.ID   `db:"delegation_id"`
	FirmID       ident.ID   `db:"firm_id"`
	Role         string     `db:"role"`
	Status       Status     `db:"status"`
	StatusReason string     `db:"status_reason"`
	BadgeType    string     `db:"badge_type"`
	Organisation string     `db:"organisation"`
	TitleEN      string     `db:"title_en"`
	TitleZH      string     `db:"title_zh"`
	Lang         string     `db:"lang"`
	MealPlan     string     `db:"meal_plan"`
	Visibility   string     `db:"visibility"`
	SubmittedAt  *time.Time `db:"submitted_at"`
	DecidedAt    *time.Time `db:"decided_at"`
	Version      int        `db:"version"`
	Requested    FieldList  `db:"requested"` // to be put right; returned ones only
	Pending      bool       `db:"pending"`   // a change waits for the desk; see Change
	CompanionOf  ident.ID   `db:"companion_of"`
	Guardian     string     `db:"guardian"`    // who agreed for a child
	QueueNo      int        `db:"queue_no"`    // its place in the event's order of arrival, from 1
	GroupID      ident.ID   `db:"group_id"`    // Nil: came alone
	MergedInto   ident.ID   `db:"merged_into"` // Nil: stands for itself
	ReplacedBy   ident.ID   `db:"replaced_by"` // who came instead; Nil: nobody

	GivenName   string `db:"given_name"`
	FamilyName  string `db:"family_name"`
	NameNative  string `db:"name_native"`
	NameZH      string `db:"name_zh"`
	Nationality string `db:"nationality"`
	Email       string `db:"email"`
	Phone       string `db:"phone"`

	// Read only, for lists.
	Category   locale.Text `db:"category"`
	Delegation locale.Text `db:"delegation"`
	Country    locale.Text `db:"country"`
	Firm       locale.Text `db:"firm"`        // empty: for none that the office knows
	Duplicates int         `db:"duplicates"`  // how many others may be the same person
	Namesake   bool        `db:"namesake"`    // another has the same name; weaker
	Deciding   string      `db:"deciding"`    // a decision that can still be undone: approve, reject, return
	DecidingID ident.ID    `db:"deciding_id"` // of that decision

	// PassportLast4 are the last signs of the passport, for those who may know that
	// much; empty elsewhere.
	PassportLast4 string `db:"passport_last4"`

	// Unprintable is what the fonts of badges lack of the texts of the registration:
	// 𠮷 (U+20BB7). Empty: it can be printed.
	Unprintable string `db:"unprintable"`
	NameZHOpen  bool   `db:"name_zh_open"` // a Chinese rendering that nobody approved yet

	NameZHApprovedAt *time.Time `db:"name_zh_approved_at"`
	NameZHApprovedBy string     `db:"name_zh_approved_by"` // ByPerson or ByOfficer; empty: nobody

	AddressZH string `db:"address_zh"` // how letters address the person: 豪尔莫希市长; empty: by the name
	AddressEN string `db:"address_en"` // Mayor Halmosi
}

// Register takes one person's registration. Over the quota of the category or of
// the delegation it is waitlisted; in an automatic category it is approved at
// once. The secret opens the person's own page; only its hash is kept.
//
// Into a delegation only the office registers, and officers whose duty it is to name
// members of that role; they may choose categories that the public form does not offer.
// For a firm the office does, and whoever holds the firm's link, in the categories
// OfFirms.
//
// Faults: NotFound, the event; Forbidden, the delegation or firm; Conflict, registration
// is closed; Invalid with fields.
func (s *Service) Register(ctx context.Context, by accounts.Actor, event ident.ID, in Input) (Registration, string, error) {
	p, err := s.admit(ctx, by, event, []Input{in})
	if err != nil {
		return Registration{}, "", err
	}
	var r Registration
	var secret string
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		done, err := s.register(ctx, tx, by, p, ident.Nil)
		if err == nil {
			r, secret = done[0].Registration, done[0].Secret
		}
		return err
	})
	return r, secret, err
}

// admitted is who may register, as they said it.
type admitted struct {
	event  events.Event
	people []applicant
}

type applicant struct {
	checked
	category events.Category
}

// admit checks everything about people who register but the places.
//
// Faults: as of Register.
func (s *Service) admit(ctx context.Context, by accounts.Actor, event ident.ID, people []Input) (p admitted, err error) {
	if p.event, err = s.events.ByID(ctx, event); err != nil {
		return p, err
	}
	categories, err := s.events.Categories(ctx, event)
	if err != nil {
		return p, fmt.Errorf("read categories: %w", err)
	}
	office := by.May(accounts.EditRegistration, event)
	var bad fault.List
	for n, in := range people {
		own, firm := by.MayFor(accounts.Nominate, event, in.DelegationID, in.Role), by.ForFirm(event, in.FirmID)
		switch {
		case !p.event.Shown() && !office && !own && !firm:
			return p, fault.New(fault.NotFound, "error.not_found")
		case (in.DelegationID != ident.Nil && !own || in.FirmID != ident.Nil && !firm || in.Quiet) && !office:
			return p, fault.New(fault.Forbidden, "error.forbidden")
		}
		noFirm, err := s.comesFor(ctx, event, &in, office)
		if err != nil {
			return p, err
		}
		if !office && !own { // see ofTheOffice
			in.AddressEN, in.AddressZH = "", ""
		}
		c, err := in.check(s.now())
		if noFirm != "" {
			err = withField(err, "firm", noFirm)
		}
		i := slices.IndexFunc(categories, func(c events.Category) bool {
			return c.Code == in.Category && (office || own || firm && OfFirms(c) || !firm && c.Public)
		})
		if i < 0 {
			err = withField(err, "category", "field.choice")
		} else {
			c, err = s.checkAnswers(ctx, s.db, event, categories[i].Code, c, err)
		}
		if err == nil {
			err = c.outlasts(p.event)
		}
		if f, ok := fault.Of(err); ok && f.Code == fault.Invalid && len(people) > 1 {
			for _, field := range f.Fields {
				bad.Add(fmt.Sprintf("people[%d].%s", n, field.Path), field.Key, field.Args...)
			}
			continue
		}
		if err != nil {
			return p, err
		}
		if !office && (registrationOver(p.event) || !categories[i].OpenAt(s.now())) {
			return p, fault.New(fault.Conflict, "registration.closed")
		}
		p.people = append(p.people, applicant{c, categories[i]})
	}
	return p, bad.Err()
}

// Registered is a registration just made, and the last part of the address of the
// person's own page, told once.
type Registered struct {
	Registration
	Secret string
}

// register keeps people who are admitted: all with places, or all waiting. group
// is Nil for one alone.
func (s *Service) register(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, p admitted, group ident.ID) ([]Registered, error) {
	persons := make([]ident.ID, len(p.people))
	for i, a := range p.people {
		persons[i] = s.newID()
		if err := s.insertPersonOf(ctx, tx, persons[i], a.checked); err != nil {
			return nil, err
		}
	}
	b, err := openBook(ctx, tx, p.event.ID)
	if err != nil {
		return nil, err
	}
	if err := s.stillOpen(ctx, tx, by, p); err != nil {
		return nil, err
	}
	if err := s.notTwice(ctx, tx, by, p, persons); err != nil {
		return nil, err
	}
	if unasked(by) {
		if err := p.fitAddresses(ctx, tx); err != nil {
			return nil, err
		}
	}
	done, err := s.enroll(ctx, b, by, p, persons, group)
	if err != nil {
		return nil, err
	}
	ids := make([]ident.ID, len(done))
	for i, r := range done {
		ids[i] = r.ID
	}
	return done, s.findDuplicates(ctx, tx, ids...)
}

// stillOpen asks again, for who has the event's counter, what admit asked before they
// waited for it: whether registration is open, the delegations come and the firms
// take part.
//
// Fault: Conflict.
func (s *Service) stillOpen(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, p admitted) error {
	e, err := events.In(ctx, tx, p.event.ID)
	if err != nil {
		return err
	}
	categories, err := events.CategoriesIn(ctx, tx, e.ID)
	if err != nil {
		return fmt.Errorf("read categories: %w", err)
	}
	open := func(id ident.ID) bool {
		return !registrationOver(e) && slices.ContainsFunc(categories, func(c events.Category) bool { return c.ID == id && c.OpenAt(s.now()) })
	}
	for _, a := range p.people {
		if !by.May(accounts.EditRegistration, e.ID) && !open(a.category.ID) {
			return fault.New(fault.Conflict, "registration.closed")
		}
		if err := stillThere(ctx, tx, e.ID, a.DelegationID, a.FirmID); err != nil {
			return err
		}
	}
	return nil
}

// stillThere tells, for who has the event's counter, whether a delegation comes and a
// firm takes part; Nil is none. Whoever ends either takes the counter too.
//
// Faults: NotFound; Conflict.
func stillThere(ctx context.Context, tx *sqlx.Tx, event, delegation, firm ident.ID) error {
	if err := stillComes(ctx, tx, delegation); err != nil || firm == ident.Nil {
		return err
	}
	_, err := firmTakingPart(ctx, tx, event, firm)
	if fault.CodeOf(err) == fault.NotFound {
		err = fault.New(fault.Conflict, "registration.firm_not_there")
	}
	return err
}

// stillComes tells whether a delegation is expected; Nil is none. Who calls it off
// takes the event's counter, so that whoever has that is told the truth.
//
// Faults: NotFound; Conflict.
func stillComes(ctx context.Context, tx *sqlx.Tx, delegation ident.ID) error {
	if delegation == ident.Nil {
		return nil
	}
	d, err := delegationByID(ctx, tx, delegation)
	if err == nil && !d.Coming() {
		err = fault.New(fault.Conflict, "delegations.not_coming")
	}
	return err
}

// enroll gives people whose persons are kept already their places, or lets them
// wait, and numbers. Nobody looks yet whether they were there before.
func (s *Service) enroll(ctx context.Context, b *book, by accounts.Actor, p admitted, persons []ident.ID, group ident.ID) ([]Registered, error) {
	e, tx, n := p.event, b.tx, need{}
	for _, a := range p.people {
		n.add(a.category.ID, a.DelegationID, a.Role)
	}
	if group != ident.Nil {
		if err := insertGroup(ctx, tx, e.ID, group, len(p.people), s.now()); err != nil {
			return nil, err
		}
	}
	placed, err := s.enter(ctx, b, n)
	if err != nil {
		return nil, err
	}
	done := make([]Registered, len(p.people))
	for i, a := range p.people {
		if done[i], err = s.keep(ctx, tx, by, e, a, persons[i], group, placed); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// keep writes one registration and tells the person.
func (s *Service) keep(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, a applicant, person, group ident.ID, placed bool) (done Registered, err error) {
	c, category := a.checked, a.category
	r := Registration{
		ID: s.newID(), EventID: e.ID, PersonID: person, CategoryID: category.ID, DelegationID: c.DelegationID, FirmID: c.FirmID, GroupID: group,
		Role: c.Role, Status: Submitted, BadgeType: c.BadgeType, Organisation: c.Organisation, TitleEN: c.TitleEN, TitleZH: c.TitleZH,
		AddressZH: c.AddressZH, AddressEN: c.AddressEN, Lang: c.Lang, MealPlan: c.MealPlan, GivenName: c.GivenName, FamilyName: c.FamilyName, NameNative: c.NameNative, NameZH: c.NameZH,
		Nationality: c.Nationality, Email: c.Email, Phone: c.Phone, Category: category.Name, Version: 1,
	}
	if r.BadgeType == "" {
		r.BadgeType = category.BadgeType
	}
	letter := "received"
	if !placed {
		r.Status, letter = Waitlisted, "waitlisted"
	}
	if r.QueueNo, err = nextNumber(ctx, tx, e.ID); err != nil {
		return done, fmt.Errorf("number registration: %w", err)
	}
	r.Reference = fmt.Sprintf("%s-%04d", e.Prefix, r.QueueNo)
	if r.Unprintable, err = c.unprintable(); err != nil {
		return done, err
	}
	if err := insertRegistration(ctx, tx, r, c.Input, s.now()); err != nil {
		if store.Constraint(err) == "registrations_one_head" {
			return done, fault.Fields(fault.Field{Path: "role", Key: "constraint.registrations_one_head"})
		}
		return done, err
	}
	if err := s.wroteRendering(ctx, tx, by, r, themselves(by) && group == ident.Nil, []string{"name_zh"}); err != nil {
		return done, err
	}
	if err := insertConsent(ctx, tx, r.ID, "registration", ConsentVersion, c.Lang, s.now()); err != nil {
		return done, err
	}
	if err := s.keepAnswers(ctx, tx, by, e.ID, r.ID, c); err != nil {
		return done, err
	}
	if err := s.step(ctx, tx, by, r, "draft", c.Source, ""); err != nil {
		return done, err
	}
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return done, err
	}
	atOnce, err := s.approvesAtOnce(ctx, tx, e, category, c.FirmID)
	if err != nil {
		return done, err
	}
	switch {
	case atOnce && placed && c.Quiet:
		r, _, err = s.accept(ctx, tx, by, e, r, "")
	case atOnce && placed:
		r, _, err = s.approve(ctx, tx, by, e, r, secret, "")
	case !c.Quiet:
		err = s.mail.Write(ctx, tx, Letter{Kind: letter, Event: e, Registration: r, ManageSecret: secret, Unasked: unasked(by)})
	}
	return Registered{r, secret}, err
}

// step notes a change of status in the registration's own history, the audit log
// and the outbox.
func (s *Service) step(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration, from Status, source, reason string) error {
	if err := insertStep(ctx, tx, s.newID(), r, from, by.Called(), source, reason, s.now()); err != nil {
		return err
	}
	return s.record(ctx, tx, by, r.EventID, "registration."+string(r.Status), "registration", r.ID,
		map[string]any{"status": from}, map[string]any{"status": r.Status, "reference": r.Reference}, reason)
}

// Registration finds one registration.
//
// Faults: Forbidden; NotFound.
func (s *Service) Registration(ctx context.Context, by accounts.Actor, id ident.ID) (Registration, error) {
	r, err := registrationByID(ctx, s.db, id)
	if err == nil && !by.May(accounts.SeeRegistrations, r.EventID) {
		return Registration{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return r.seenBy(by), err
}

// Approve accepts a registration and issues the badge, in one.
//
// Faults: Forbidden; NotFound; Conflict, it is decided already, or waits for a
// place.
func (s *Service) Approve(ctx context.Context, by accounts.Actor, id ident.ID) (Registration, Issued, error) {
	return s.ApproveSeen(ctx, by, Seen{ID: id})
}

// ApproveSeen is Approve of what somebody looked at: of another version than the
// present one it is refused with Conflict, so that nobody is approved for what was
// changed under the desk's eyes.
func (s *Service) ApproveSeen(ctx context.Context, by accounts.Actor, seen Seen) (Registration, Issued, error) {
	var issued Issued
	r, err := s.decide(ctx, by, seen.ID, func(tx *sqlx.Tx, e events.Event, r Registration) (_ Registration, err error) {
		if seen.Version > 0 && seen.Version != r.Version {
			return r, fault.New(fault.Conflict, "desk.changed_meanwhile")
		}
		r, issued, err = s.approveLocked(ctx, tx, by, e, r)
		return r, err
	})
	return r, issued, err
}

func (s *Service) approveLocked(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration) (Registration, Issued, error) {
	switch {
	case r.Status == Waitlisted:
		return r, Issued{}, fault.New(fault.Conflict, "registration.no_place")
	case r.Status == OnHold: // vetting is never skipped
		return r, Issued{}, heldBack(by, e.ID)
	case !r.Decidable():
		return r, Issued{}, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.Status))
	}
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return r, Issued{}, err
	}
	return s.approve(ctx, tx, by, e, r, secret, "")
}

// approve accepts a registration and tells the person; because is why nobody had to
// decide, empty where somebody did.
func (s *Service) approve(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, secret, because string) (Registration, Issued, error) {
	r, issued, err := s.accept(ctx, tx, by, e, r, because)
	if err != nil {
		return r, issued, err
	}
	return r, issued, s.mail.Write(ctx, tx, Letter{Kind: "approved", Event: e, Registration: r, ManageSecret: secret, BadgeToken: issued.Token, Unasked: unasked(by)})
}

// accept is approve without the letter.
func (s *Service) accept(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, because string) (Registration, Issued, error) {
	for _, to := range []Status{Approved, BadgeIssued} {
		from := r.Status
		r.Status = to
		if err := s.step(ctx, tx, by, r, from, "office", because); err != nil {
			return r, Issued{}, err
		}
		because = ""
	}
	now := s.now()
	r.DecidedAt, r.StatusReason, r.Version = &now, "", r.Version+1
	if err := updateStatus(ctx, tx, r); err != nil {
		return r, Issued{}, err
	}
	issued, err := s.badges.IssueFor(ctx, tx, by, e, r)
	if err != nil {
		return r, Issued{}, fmt.Errorf("issue badge: %w", err)
	}
	return r, issued, nil
}

// Reject refuses a registration for a reason that the person is told.
//
// Faults: Forbidden; NotFound; Invalid, no reason; Conflict, decided already.
func (s *Service) Reject(ctx context.Context, by accounts.Actor, id ident.ID, reason string) (Registration, error) {
	return s.refuse(ctx, by, id, Rejected, "rejected", reason)
}

// Return asks the person for changes, for a reason that they are told, and names
// the fields to put right, if any, among them answers to the event's own questions.
//
// Faults: as of Reject; Invalid, no such field.
func (s *Service) Return(ctx context.Context, by accounts.Actor, id ident.ID, reason string, fields ...string) (Registration, error) {
	return s.refuse(ctx, by, id, Returned, "returned", reason, fields...)
}

func (s *Service) refuse(ctx context.Context, by accounts.Actor, id ident.ID, to Status, letter, reason string, fields ...string) (Registration, error) {
	reason, err := checkedNote(reason)
	if err != nil {
		return Registration{}, err
	}
	return s.decide(ctx, by, id, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		if r.Requested, err = s.requested(ctx, tx, r, fields); err != nil {
			return r, err
		}
		return s.refuseLocked(ctx, tx, by, e, r, to, letter, reason)
	})
}

// checkReason checks what a person is told.
func checkReason(bad *fault.List, reason string) {
	switch {
	case reason == "":
		bad.Add("reason", "registration.reason")
	case utf8.RuneCountInString(reason) > 1000:
		bad.Add("reason", "field.too_long", 1000)
	case text.Unseen(reason):
		bad.Add("reason", "field.control")
	}
}

func (s *Service) refuseLocked(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, to Status, letter, reason string) (Registration, error) {
	// Whoever waits holds no place, and who is asked for changes does: to ask is to
	// give a place, which is the queue's to do. Who is held back is released first.
	switch {
	case r.Status == OnHold:
		return r, heldBack(by, e.ID)
	case !r.Decidable() || r.Status == to || to == Returned && r.Status == Waitlisted:
		return r, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.Status))
	}
	return s.end(ctx, tx, by, e, r, to, letter, reason)
}

// sourceOf is from where an actor changes a registration.
func sourceOf(by accounts.Actor) string {
	switch {
	case by.DelegationID != ident.Nil:
		return "delegation"
	case by.Kind == accounts.Guest:
		return "web"
	}
	return "office"
}

// end moves a registration to a state without a place, frees the place and tells
// the person.
func (s *Service) end(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, to Status, letter, reason string) (Registration, error) {
	asked, err := askedAbout(ctx, tx, r.ID)
	if err != nil {
		return r, fmt.Errorf("read who is asked for: %w", err)
	}
	if r, err = s.leave(ctx, tx, by, r, to, reason); err != nil {
		return r, err
	}
	if to != Returned {
		if err := s.promote(ctx, tx, e, r); err != nil {
			return r, err
		}
		if err := s.tellDropped(ctx, tx, by, e, asked); err != nil {
			return r, err
		}
	}
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return r, err
	}
	questions, err := questionsNamed(ctx, tx, e.ID, r.Requested)
	if err != nil {
		return r, err
	}
	return r, s.mail.Write(ctx, tx, Letter{
		Kind: letter, Event: e, Registration: r, ManageSecret: secret, Reason: reason, Fields: r.Requested.All(), Questions: questions, Unasked: unasked(by),
	})
}

// leave is end without the letter, and with the place still to be given away.
func (s *Service) leave(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration, to Status, reason string) (Registration, error) {
	from, now := r.Status, s.now()
	r.Status, r.StatusReason, r.DecidedAt, r.Version = to, reason, &now, r.Version+1
	if err := updateStatus(ctx, tx, r); err != nil {
		return r, err
	}
	if err := s.step(ctx, tx, by, r, from, sourceOf(by), reason); err != nil {
		return r, err
	}
	if to == Returned {
		return r, updateRequested(ctx, tx, r.ID, r.Requested)
	}
	if err := s.dropPending(ctx, tx, by, r); err != nil {
		return r, err
	}
	if err := s.dropAsked(ctx, tx, by, r); err != nil {
		return r, err
	}
	if err := s.badges.EndAllOf(ctx, tx, by, r.ID, loggedReason(reason)); err != nil {
		return r, fmt.Errorf("end badges: %w", err)
	}
	return r, nil
}

// Cancel calls a registration off, by the office.
//
// Faults: Forbidden; NotFound; Conflict, it cannot be called off any more.
func (s *Service) Cancel(ctx context.Context, by accounts.Actor, id ident.ID, reason string) (Registration, error) {
	return s.decide(ctx, by, id, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		if !r.Cancellable() {
			return r, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.Status))
		}
		return s.end(ctx, tx, by, e, r, Cancelled, "cancelled", text.Clean(reason))
	})
}

// Withdraw calls a registration off, by the person themselves, who holds the
// link.
//
// Faults: NotFound; Conflict.
func (s *Service) Withdraw(ctx context.Context, secret string) (Registration, error) {
	held, err := s.ByLink(ctx, secret)
	if err != nil {
		return Registration{}, err
	}
	return s.locked(ctx, held.ID, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		if !r.Cancellable() {
			return r, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.Status))
		}
		return s.end(ctx, tx, accounts.GuestActor(), e, r, Withdrawn, "cancelled", "")
	})
}

func (s *Service) decide(ctx context.Context, by accounts.Actor, id ident.ID, change func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error)) (Registration, error) {
	return s.locked(ctx, id, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		if !by.May(accounts.DecideRegistration, e.ID) {
			return r, fault.New(fault.Forbidden, "error.forbidden")
		}
		return change(tx, e, r)
	})
}

// locked runs a change on a registration that nobody else changes meanwhile.
func (s *Service) locked(ctx context.Context, id ident.ID, change func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error)) (r Registration, err error) {
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		r, err = s.inLocked(ctx, tx, id, change)
		return err
	})
	return r, err
}

// inLocked is locked within a transaction.
func (s *Service) inLocked(ctx context.Context, tx *sqlx.Tx, id ident.ID, change func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error)) (r Registration, err error) {
	if err := lockRegistration(ctx, tx, id); err != nil {
		return r, err
	}
	if r, err = registrationByID(ctx, tx, id); err != nil {
		return r, err
	}
	e, err := events.In(ctx, tx, r.EventID)
	if err != nil {
		return r, err
	}
	return change(tx, e, r)
}
