// Package lists reads lists in and writes them out: members of delegations, firms.
// A list comes as a spreadsheet. It is read beside the requests, held against the
// same rules as the forms, shown line by line, and taken over as a whole or not at
// all; what cannot be taken goes back to whoever sent it, with the reason.
package lists

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/sheet"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// State is how far an import has come.
type State string

// The states of an import.
const (
	Reading    State = "reading"    // its lines are being read and checked
	Checked    State = "checked"    // it can be looked at, and committed
	Committing State = "committing" // its good lines are being taken over
	Done       State = "done"
	Failed     State = "failed" // Fault says why; nothing was taken over
	Cancelled  State = "cancelled"
)

// The kinds of lists.
const (
	Members = "members"
	Firms   = "firms"
)

// Import is one list that somebody brought.
type Import struct {
	ID           ident.ID
	EventID      ident.ID
	Kind         string
	DelegationID ident.ID // Nil: each line names its own
	FileName     string
	Pasted       bool   // rows copied out of a spreadsheet
	Lang         string // of letters to those whose line does not say
	Heads        []sheet.Head
	State        State
	Rows         int // lines below the header
	DoneRows     int // of them, in the step under way; once it ended early: taken over
	Good         int // new or changed
	Bad          int // to be mended
	Unchanged    int
	Fault        *fault.Field // its Path is empty
	By           locale.Text  // who brought or committed it
	CreatedAt    time.Time
	EndedAt      *time.Time
	Version      int

	actor accounts.Actor
	all   bool // of whatever category, as when it is written out
}

// Running tells whether something goes on that a reader may wait for.
func (i Import) Running() bool { return i.State == Reading || i.State == Committing }

// Twice is how many lines name whom an earlier line names; there is nothing to mend
// in them.
func (i Import) Twice() int {
	if i.State != Checked && i.State != Done {
		return 0
	}
	return i.Rows - i.Good - i.Bad - i.Unchanged
}

// Share is how much of the step under way is done, in hundredths.
func (i Import) Share() float64 {
	if i.Rows == 0 {
		return 0
	}
	return 100 * float64(i.DoneRows) / float64(i.Rows)
}

// Options are what the service is made of.
type Options struct {
	DB          *sqlx.DB
	Bulk        *sqlx.DB // the same database by store.OpenBulk: a list repeats its statements
	Box         *seal.Box
	Log         *slog.Logger
	Now         clock.Clock
	NewID       ident.Source
	Words       *locale.Catalogue // what choices are called
	Events      *events.Service
	Delegations *delegations.Service
	Firms       *firms.Service
}

// Service is the one door to lists.
type Service struct {
	Options
	jobs *river.Client[*sql.Tx]
}

// New makes the service. Start works on what is queued; without it lists wait.
func New(o Options) (*Service, error) {
	s := &Service{Options: o}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{service: s})
	var err error
	s.jobs, err = river.NewClient(riverdatabasesql.New(o.DB.DB), &river.Config{
		Workers: workers, Logger: o.Log, MaxAttempts: tries, FetchPollInterval: 250 * time.Millisecond,
		Queues: map[string]river.QueueConfig{queue: {MaxWorkers: 2}},
	})
	if err != nil {
		return nil, fmt.Errorf("open job queue: %w", err)
	}
	return s, nil
}

// Upload is a list as somebody brings it.
type Upload struct {
	EventID      ident.ID
	Kind         string
	DelegationID ident.ID // Nil: each line names its own; and for firms
	FileName     string
	File         []byte // or what was copied out of a spreadsheet, when Pasted
	Pasted       bool
	Lang         string
	Consent      bool // everybody on the list agreed
}

// nameMost is how much of a file's name is kept, in characters.
const nameMost = 200

// Bring takes a list in. It is read beside the requests; ByID says how far it is.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) Bring(ctx context.Context, by accounts.Actor, up Upload) (Import, error) {
	i := Import{
		ID: s.NewID(), EventID: up.EventID, Kind: up.Kind, DelegationID: up.DelegationID, FileName: text.Clean(up.FileName), Pasted: up.Pasted,
		Lang: up.Lang, State: Reading, By: by.Called(), CreatedAt: s.Now(), Version: 1, actor: by,
	}
	if !i.may(by) {
		return Import{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	if utf8.RuneCountInString(i.FileName) > nameMost || text.Unseen(i.FileName) {
		i.FileName = ""
	}
	var bad fault.List
	field := map[bool]string{true: "rows", false: "file"}[up.Pasted]
	switch {
	case len(up.File) == 0:
		bad.Add(field, "lists.no_file")
	case len(up.File) > sheet.Usual.Bytes:
		bad.Add(field, "sheet.too_large", sheet.Usual.Bytes>>20)
	}
	bad.Check(up.Kind == Firms || up.Consent, "consent", "field.consent")
	_, known := locale.Parse(up.Lang)
	bad.Check(known, "lang", "field.choice")
	if err := bad.Err(); err != nil {
		return Import{}, err
	}
	sealed, err := s.Box.Seal(up.File, filePlace(i.ID))
	if err != nil {
		return Import{}, err
	}
	err = store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if err := insertImport(ctx, tx, i, sealed); err != nil {
			return err
		}
		if err := s.record(ctx, tx, by, i, "list.bring", map[string]any{"kind": i.Kind, "file": i.FileName}); err != nil {
			return err
		}
		return s.enqueue(ctx, tx, i.ID)
	})
	return i, err
}

func filePlace(id ident.ID) string { return "imports.file:" + id.String() }

// may tells whether somebody may bring and take over such a list: the office, or
// for its own delegation whoever holds its link.
func (i Import) may(by accounts.Actor) bool {
	if i.Kind == Firms {
		return by.May(accounts.EditDelegation, ident.Nil)
	}
	return by.May(accounts.EditRegistration, i.EventID) || by.MayFor(accounts.BringList, i.EventID, i.DelegationID, "")
}

// ByID finds an import.
//
// Faults: NotFound; Forbidden.
func (s *Service) ByID(ctx context.Context, by accounts.Actor, id ident.ID) (Import, error) {
	i, err := importByID(ctx, s.DB, id)
	if err != nil {
		return Import{}, err
	}
	if !i.may(by) {
		return Import{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return i, nil
}

// Recent answers the lists that were brought lately, newest first: of a delegation,
// or of one kind when delegation is Nil.
//
// Fault: Forbidden.
func (s *Service) Recent(ctx context.Context, by accounts.Actor, event ident.ID, kind string, delegation ident.ID) ([]Import, error) {
	if !(Import{EventID: event, Kind: kind, DelegationID: delegation}).may(by) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return recentImports(ctx, s.DB, event, kind, delegation)
}

// Commit has the good lines of a list taken over, all of them or none. version is
// the one that was shown.
//
// Faults: NotFound; Forbidden; Conflict, it is not to be committed now, or nothing
// in it is new.
func (s *Service) Commit(ctx context.Context, by accounts.Actor, id ident.ID, version int) (Import, error) {
	return s.move(ctx, by, id, "list.commit", func(i *Import) error {
		switch {
		case i.State != Checked || i.Version != version:
			return fault.New(fault.Conflict, "lists.not_now")
		case i.Good == 0:
			return fault.New(fault.Conflict, "lists.nothing_good")
		}
		i.State, i.DoneRows, i.actor, i.By = Committing, 0, by, by.Called()
		return nil
	})
}

// Cancel ends an import that is not done. What goes on is stopped: lines that were
// taken over before stay, and DoneRows counts them.
//
// Faults: NotFound; Forbidden; Conflict, it ended already.
func (s *Service) Cancel(ctx context.Context, by accounts.Actor, id ident.ID) (Import, error) {
	return s.move(ctx, by, id, "list.cancel", func(i *Import) error {
		if !i.Running() && i.State != Checked {
			return fault.New(fault.Conflict, "lists.not_now")
		}
		i.stop(Cancelled, s.Now())
		return nil
	})
}

// stop ends an import before all of it is done. DoneRows are then the lines that were
// taken over.
func (i *Import) stop(to State, at time.Time) {
	if i.State != Committing {
		i.DoneRows = 0
	}
	i.State, i.EndedAt = to, &at
}

// move changes the state of an import that nobody else changes meanwhile.
func (s *Service) move(ctx context.Context, by accounts.Actor, id ident.ID, action string, change func(i *Import) error) (i Import, err error) {
	err = store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if err := lockImport(ctx, tx, id); err != nil {
			return err
		}
		if i, err = importByID(ctx, tx, id); err != nil {
			return err
		}
		if !i.may(by) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if err := change(&i); err != nil {
			return err
		}
		i.Version++
		if err := updateState(ctx, tx, i); err != nil {
			return err
		}
		if i.State == Cancelled {
			if err := forget(ctx, tx, i.ID); err != nil {
				return err
			}
		}
		if err := s.record(ctx, tx, by, i, action, map[string]any{"state": i.State, "good": i.Good, "bad": i.Bad}); err != nil {
			return err
		}
		if i.State == Committing {
			return s.enqueue(ctx, tx, i.ID)
		}
		return nil
	})
	if err != nil {
		return Import{}, err
	}
	return i, nil
}

// record writes the audit entry and the announcement of a step.
func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, i Import, action string, after map[string]any) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.NewID(), At: s.Now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: i.EventID,
		Action: action, ObjectKind: "import", ObjectID: i.ID, After: after,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: i.EventID, Kind: "import", Ref: i.ID})
}

// keptFor is how long a list stays that nobody commits, and what of it was bad.
const keptFor = 7 * 24 * time.Hour

// Purge forgets what lists held that are older than a week.
func (s *Service) Purge(ctx context.Context) error {
	return store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error { return purge(ctx, tx, s.Now().Add(-keptFor), s.Now()) })
}

// told is a sentence as it is kept.
type told struct {
	Key  string `json:"key"`
	Args []any  `json:"args,omitempty"`
}

// words reads arguments back: bilingual ones are objects.
func (t told) words() []any {
	args := make([]any, len(t.Args))
	for n, a := range t.Args {
		args[n] = a
		if m, ok := a.(map[string]any); ok {
			zh, _ := m["zh"].(string)
			en, _ := m["en"].(string)
			args[n] = locale.Text{ZH: zh, EN: en}
		}
		if number, ok := a.(float64); ok {
			args[n] = json.Number(fmt.Sprint(number))
		}
	}
	return args
}
