package lists

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
	"qianshou/app/kit/store"
)

const (
	// queue is apart from that of mails, which stands still without a mail server.
	queue = "lists"
	// tries is how often a step is tried that lost a race or its database.
	tries = 5
	// stepLimit is how long one step may take.
	stepLimit = 5 * time.Minute
	// readLimit is how long the reading of a file may take.
	readLimit = 30 * time.Second
	// often is after how many lines the progress is noted, and how many are taken over
	// at a time: others of the event wait no longer than that takes.
	often = 100
)

type workArgs struct {
	ImportID ident.ID `json:"import_id"`
}

// Kind names the job.
func (workArgs) Kind() string { return "list.work" }

type worker struct {
	river.WorkerDefaults[workArgs]
	service *Service
}

// Timeout bounds one try.
func (w *worker) Timeout(*river.Job[workArgs]) time.Duration { return stepLimit }

// Work does the step that an import waits for. A fault that no other try would mend
// ends the import, and so does the last try.
func (w *worker) Work(ctx context.Context, job *river.Job[workArgs]) error {
	err := w.service.Work(ctx, job.Args.ImportID)
	if err != nil && (job.Attempt >= job.MaxAttempts || !again(err)) {
		return errors.Join(river.JobCancel(err), w.service.fail(context.WithoutCancel(ctx), job.Args.ImportID, err))
	}
	return err
}

// again tells whether another try may go better: it judges anew what somebody
// changed meanwhile.
func again(err error) bool {
	if f, ok := fault.Of(err); ok && f.Code == fault.Conflict {
		return f.Key == "error.changed"
	}
	code := fault.CodeOf(err)
	return code == fault.Unavailable || code == fault.Internal
}

func (s *Service) enqueue(ctx context.Context, tx *sqlx.Tx, id ident.ID) error {
	if _, err := s.jobs.InsertTx(ctx, tx.Tx, workArgs{ImportID: id}, &river.InsertOpts{Queue: queue}); err != nil {
		return fmt.Errorf("queue list: %w", err)
	}
	return nil
}

// Start works on lists until Stop. What a process left behind when it died is gone on
// with: each of its lines was taken over whole, or not at all.
func (s *Service) Start(ctx context.Context) error {
	err := store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		left, err := runningImports(ctx, tx)
		if err != nil {
			return err
		}
		for _, id := range left {
			if err := s.enqueue(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("find lists under way: %w", err)
	}
	if err := s.jobs.Start(ctx); err != nil {
		return fmt.Errorf("start working on lists: %w", err)
	}
	return nil
}

// Stop waits for lists under way.
func (s *Service) Stop(ctx context.Context) error { return s.jobs.Stop(ctx) }

// errStopped ends the work on an import that somebody cancelled.
var errStopped = errors.New("cancelled meanwhile")

// Work does the step that an import waits for: reads and checks it, or takes it
// over, some lines at a time. Repeated, or done by two at once, each line is taken
// once; who begins anew goes on where another stopped. When there is nothing to do it
// does nothing.
//
// Fault: why the step cannot be done.
func (s *Service) Work(ctx context.Context, id ident.ID) error {
	for more := true; more; {
		err := store.InTx(ctx, s.Bulk, func(tx *sqlx.Tx) error {
			more = false
			// Not the row itself: the progress is written to it from beside.
			if err := takeTurn(ctx, tx, id); err != nil {
				return err
			}
			i, err := importByID(ctx, tx, id)
			if fault.CodeOf(err) == fault.NotFound {
				return nil // deleted with its event
			}
			if err != nil {
				return err
			}
			switch i.State {
			case Reading:
				return s.read(ctx, tx, i)
			case Committing:
				more, err = s.commit(ctx, tx, i)
			}
			return err
		})
		if err != nil && !errors.Is(err, errStopped) {
			return err
		}
	}
	return nil
}

// fail ends an import that cannot go on. Lines that were taken over before stay.
func (s *Service) fail(ctx context.Context, id ident.ID, why error) error {
	reason := fault.Field{Key: "error.internal"}
	if f, ok := fault.Of(why); ok {
		reason.Key, reason.Args = f.Key, f.Args
	} else {
		s.Log.ErrorContext(ctx, "list failed", "import", id, "err", why)
	}
	return store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if err := lockImport(ctx, tx, id); err != nil {
			return err
		}
		i, err := importByID(ctx, tx, id)
		if err != nil || !i.Running() {
			return err
		}
		i.stop(Failed, s.Now())
		i.Fault, i.Version = &reason, i.Version+1
		if err := updateState(ctx, tx, i); err != nil {
			return err
		}
		if err := forget(ctx, tx, i.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, i.actor, i, "list.fail", map[string]any{"why": reason.Key, "rows": i.DoneRows})
	})
}

// kept is what is kept of a line, sealed.
type kept struct {
	Cells  []string          `json:"cells"`
	Values map[string]string `json:"values"`
	Before map[string]string `json:"before,omitempty"` // what stands in the fields that change

	Reference string `json:"reference,omitempty"` // of the registration that it became
}

// name is what is kept of a line that was taken over: the rest stands where it
// belongs.
func (l line) name() kept {
	k := kept{Values: map[string]string{}}
	for _, code := range []string{"given_name", "family_name", "role", "name_zh", "name_en"} {
		if v := l.values[code]; v != "" {
			k.Values[code] = v
		}
	}
	return k
}

func rowPlace(id ident.ID) string { return "import_rows.data:" + id.String() }

// read reads a list and notes what each of its lines would come to.
func (s *Service) read(ctx context.Context, tx *sqlx.Tx, i Import) error {
	list, err := s.open(ctx, tx, i)
	if err != nil {
		return err
	}
	columns, err := s.kind(i.Kind).columns(ctx, i, locale.ZH)
	if err != nil {
		return err
	}
	lines := linesOf(list, columns)
	i.Heads, i.Rows = list.Heads, len(lines)
	if err := s.going(ctx, i, 0); err != nil {
		return err
	}
	found, err := s.kind(i.Kind).check(ctx, i, lines)
	if err != nil {
		return err
	}
	if err := deleteRows(ctx, tx, i.ID); err != nil {
		return err
	}
	for from := 0; from < len(lines); from += often {
		to := min(from+often, len(lines))
		batch := make([]rowOf, 0, often)
		for n := from; n < to; n++ {
			row, err := s.rowOf(i, lines[n], found[n])
			if err != nil {
				return err
			}
			batch = append(batch, row)
		}
		if err := insertRows(ctx, tx, i.ID, batch); err != nil {
			return fmt.Errorf("keep lines: %w", err)
		}
		if err := s.going(ctx, i, to); err != nil {
			return err
		}
	}
	i.count(found)
	i.State, i.Version = Checked, i.Version+1
	return s.finish(ctx, tx, i, Reading, "list.check")
}

// open reads the sealed file and finds its header.
func (s *Service) open(ctx context.Context, tx *sqlx.Tx, i Import) (sheet.List, error) {
	sealed, err := fileOf(ctx, tx, i.ID)
	if err != nil {
		return sheet.List{}, err
	}
	file, err := s.Box.Open(sealed, filePlace(i.ID))
	if err != nil {
		return sheet.List{}, err
	}
	columns, err := s.kind(i.Kind).columns(ctx, i, locale.ZH)
	if err != nil {
		return sheet.List{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	var table sheet.Table
	if i.Pasted {
		table, err = sheet.Paste(ctx, string(file), sheet.Usual)
	} else {
		table, err = sheet.Read(ctx, file, sheet.Usual)
	}
	if err != nil {
		return sheet.List{}, err
	}
	heads := make([]sheet.Column, len(columns))
	for n, c := range columns {
		heads[n] = c.Field.Column
	}
	return table.Under(heads)
}

func (s *Service) rowOf(i Import, l line, v verdict) (rowOf, error) {
	row := rowOf{ID: l.id, Line: l.number, Verdict: v.Verdict, Registration: v.RegistrationID, Turn: l.turn(), Problems: []problem{}}
	if l.id == ident.Nil {
		row.ID = s.NewID()
	}
	for _, f := range v.Problems {
		row.Problems = append(row.Problems, problem{Column: f.Path, told: told{f.Key, f.Args}})
	}
	for _, f := range v.Warnings {
		row.Problems = append(row.Problems, problem{Column: f.Path, told: told{f.Key, f.Args}, Warning: true})
	}
	k := kept{Cells: l.cells, Values: l.values, Before: v.Before}
	if i.State == Committing && v.Verdict != delegations.RowBad && v.Verdict != delegations.RowTwice {
		k = l.name()
		k.Reference = v.Reference
	}
	raw, err := json.Marshal(k)
	if err != nil {
		return row, fmt.Errorf("keep line %d: %w", l.number, err)
	}
	row.Data, err = s.Box.Seal(raw, rowPlace(row.ID))
	return row, err
}

func (i *Import) count(found []verdict) {
	i.Good, i.Bad, i.Unchanged = 0, 0, 0
	for _, v := range found {
		switch v.Verdict {
		case delegations.RowNew, delegations.RowChanged:
			i.Good++
		case delegations.RowSame:
			i.Unchanged++
		case delegations.RowBad:
			i.Bad++
		case delegations.RowTwice:
		}
	}
}

// going notes how many lines are done, where everybody sees it at once: beside the
// transaction. It ends the work when somebody cancelled it.
func (s *Service) going(ctx context.Context, i Import, done int) error {
	on, err := updateProgress(ctx, s.DB, i, done)
	if err == nil && !on {
		err = errStopped
	}
	return err
}

// finish writes how a step ended, unless somebody cancelled it meanwhile.
func (s *Service) finish(ctx context.Context, tx *sqlx.Tx, i Import, from State, action string) error {
	on, err := updateEnd(ctx, tx, i, from)
	if err != nil {
		return err
	}
	if !on {
		return errStopped
	}
	return s.record(ctx, tx, i.actor, i, action, map[string]any{"rows": i.Rows, "good": i.Good, "bad": i.Bad, "unchanged": i.Unchanged})
}

// commit takes the next good lines of a list over, and tells whether there may be
// more. A line that went bad since it was looked at is left out, and says why.
func (s *Service) commit(ctx context.Context, tx *sqlx.Tx, i Import) (more bool, err error) {
	rows, err := goodRows(ctx, tx, i.ID, often)
	if err != nil {
		return false, err
	}
	if len(rows) == 0 {
		return false, s.committed(ctx, tx, i)
	}
	lines := make([]line, 0, len(rows))
	for _, row := range rows {
		k, err := s.unseal(row)
		if err != nil {
			return false, err
		}
		lines = append(lines, line{id: row.ID, number: row.Line, cells: k.Cells, values: k.Values})
	}
	found, err := s.kind(i.Kind).apply(ctx, tx, i, lines)
	if err != nil {
		return false, err
	}
	batch := make([]rowOf, 0, len(lines))
	for n, l := range lines {
		row, err := s.rowOf(i, l, found[n])
		if err != nil {
			return false, err
		}
		batch = append(batch, row)
	}
	if err := updateRows(ctx, tx, i.ID, batch); err != nil {
		return false, fmt.Errorf("keep lines: %w", err)
	}
	i.Rows = i.Good // what the progress counts to
	on, err := updateProgress(ctx, tx, i, i.DoneRows+len(lines))
	if err == nil && !on {
		err = errStopped
	}
	return err == nil, err
}

// committed ends an import of which every good line was taken over.
func (s *Service) committed(ctx context.Context, tx *sqlx.Tx, i Import) error {
	var err error
	if i.Rows, i.Good, i.Bad, err = outcome(ctx, tx, i.ID); err != nil {
		return fmt.Errorf("count lines: %w", err)
	}
	now := s.Now()
	i.State, i.DoneRows, i.EndedAt, i.Version = Done, i.Rows, &now, i.Version+1
	if err := forgetFile(ctx, tx, i.ID); err != nil {
		return err
	}
	return s.finish(ctx, tx, i, Committing, "list.done")
}

func (s *Service) unseal(row rowOf) (k kept, err error) {
	if row.Data == nil {
		return k, nil
	}
	raw, err := s.Box.Open(row.Data, rowPlace(row.ID))
	if err != nil {
		return k, err
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return k, fmt.Errorf("read line %d: %w", row.Line, err)
	}
	return k, nil
}
