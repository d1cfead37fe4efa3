// Package forms keeps what an event asks beside the person: questions that the
// office puts together, for all or for some categories of guests, and what people
// answered. A question that was answered is never lost: it is archived.
package forms

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
)

// Kind is what sort of answer a question asks for.
type Kind string

// The kinds of questions.
const (
	Text     Kind = "text"      // one line
	LongText Kind = "long_text" // several
	Choose   Kind = "choice"    // one of the options
	Choices  Kind = "choices"   // any number of them
	Date     Kind = "date"
	Country  Kind = "country"  // of the office's table
	Language Kind = "language" // BCP 47
	File     Kind = "file"     // of files.Answer
	Consent  Kind = "consent"  // to a text that is never changed, only published anew
)

// Kinds are those that a question may be made of.
var Kinds = []Kind{Text, LongText, Choose, Choices, Date, Country, Language, File, Consent}

// Chosen tells whether the organiser writes the options of such questions.
func (k Kind) Chosen() bool { return k == Choose || k == Choices }

// Form is what an event asks, in order.
type Form struct {
	Version   int // rises with each change
	Questions []Question
}

// Question is one question of a form.
type Question struct {
	EventID    ident.ID    `db:"event_id"`
	ID         ident.ID    `db:"id"`
	Code       string      `db:"code"`     // names its answer in forms, files and the API
	Position   int         `db:"position"` // from 1; zero: archived
	Kind       Kind        `db:"kind"`
	Label      locale.Text `db:"label"`
	Help       locale.Text `db:"help"`
	Required   bool        `db:"required"`
	Categories []string    `db:"-"` // codes; none: everybody is asked
	ShownIf    ident.ID    `db:"shown_if_question"`
	ShownFor   []string    `db:"-"` // the answers there, one of which must be given
	Version    int         `db:"version"`
	ArchivedAt *time.Time  `db:"archived_at"`
	Options    []Option    `db:"-"` // countries too
	Agreement  Agreement   `db:"-"` // the newest; of a consent only
	Answers    int         `db:"answers"`
}

// Option is one answer that a question offers.
type Option struct {
	Code       string      `db:"code"`
	Label      locale.Text `db:"label"`
	ArchivedAt *time.Time  `db:"archived_at"`
}

// Agreement is the text of a consent.
type Agreement struct {
	Version     int         `db:"version"` // from 1
	Text        locale.Text `db:"text"`
	PublishedAt time.Time   `db:"published_at"`
}

// Asks tells whether guests of a category are asked.
func (q Question) Asks(category string) bool {
	return q.ArchivedAt == nil && (len(q.Categories) == 0 || slices.Contains(q.Categories, category))
}

// Offered are the options that can still be chosen.
func (q Question) Offered() (list []Option) {
	for _, o := range q.Options {
		if o.ArchivedAt == nil {
			list = append(list, o)
		}
	}
	return list
}

// Option finds an option, archived ones too.
func (q Question) Option(code string) (Option, bool) {
	i := slices.IndexFunc(q.Options, func(o Option) bool { return o.Code == code })
	if i < 0 {
		return Option{}, false
	}
	return q.Options[i], true
}

// Find answers the question of an ID, or false; Nil is that of none.
func Find(questions []Question, id ident.ID) (Question, bool) {
	i := slices.IndexFunc(questions, func(q Question) bool { return q.ID == id })
	if id == ident.Nil || i < 0 {
		return Question{}, false
	}
	return questions[i], true
}

// Service is the one door to forms.
type Service struct {
	db    *sqlx.DB
	now   clock.Clock
	newID ident.Source
}

// New makes the service.
func New(db *sqlx.DB, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, now: now, newID: newID}
}

// Asked answers what an event asks now. Everybody may know.
func (s *Service) Asked(ctx context.Context, event ident.ID) (Form, error) {
	return AskedIn(ctx, s.db, event)
}

// AskedIn is Asked within the caller's transaction.
func AskedIn(ctx context.Context, q store.Querier, event ident.ID) (Form, error) {
	version, err := formVersion(ctx, q, event)
	if err != nil {
		return Form{}, err
	}
	list, err := questionsOf(ctx, q, event, false)
	return Form{Version: version, Questions: list}, err
}

// All answers every question of an event: those that are asked in order, then the
// archived ones.
//
// Fault: Forbidden.
func (s *Service) All(ctx context.Context, by accounts.Actor, event ident.ID) (Form, error) {
	if !by.May(accounts.EditEvent, event) {
		return Form{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	version, err := formVersion(ctx, s.db, event)
	if err != nil {
		return Form{}, err
	}
	list, err := questionsOf(ctx, s.db, event, true)
	return Form{Version: version, Questions: list}, err
}

// change runs one change of an event's form: nobody else changes it meanwhile.
func (s *Service) change(ctx context.Context, by accounts.Actor, event ident.ID, action string, do func(tx *sqlx.Tx, all []Question) (of ident.ID, before, after map[string]any, err error)) error {
	if !by.May(accounts.EditEvent, event) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := raiseForm(ctx, tx, event); err != nil {
			return err
		}
		all, err := questionsOf(ctx, tx, event, true)
		if err != nil {
			return err
		}
		of, before, after, err := do(tx, all)
		if err != nil {
			return err
		}
		err = audit.Record(ctx, tx, audit.Entry{
			ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
			Action: action, ObjectKind: "question", ObjectID: of, Before: before, After: after,
		})
		if err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "event", Ref: event})
	})
}

// noted is a question as the audit log keeps it.
func (q Question) noted() map[string]any {
	var options []string
	if q.Kind.Chosen() {
		for _, o := range q.Offered() {
			options = append(options, o.Code)
		}
	}
	var agreement any
	if q.Kind == Consent {
		agreement = q.Agreement.Version
	}
	return map[string]any{
		"code": q.Code, "kind": string(q.Kind), "label_zh": q.Label.ZH, "label_en": q.Label.EN, "required": q.Required,
		"categories": strings.Join(q.Categories, ", "), "options": strings.Join(options, ", "), "agreement": agreement,
	}
}
