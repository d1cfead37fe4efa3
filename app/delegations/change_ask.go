package delegations

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// ask keeps what waits for the desk as the one pending change: it takes the place
// of the one before. Wanting what is approved already ends it. photo is the portrait
// that waits; empty: the one that is wanted already, if there is one.
func (s *Service) ask(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r *Registration, held held, want Input, photo string) ([]string, error) {
	c, err := want.check(s.now())
	if err != nil {
		return nil, err
	}
	change := Change{ID: s.newID(), At: s.now(), State: Pending, Source: changeSource(by)}
	fields, err := s.diff(change.ID, held.Input, c.Input)
	if err != nil {
		return nil, err
	}
	if held.pending != nil {
		before, err := s.wanted(*held.pending)
		if err != nil {
			return nil, err
		}
		was := held.pending.photo()
		if photo == "" {
			photo = was
		}
		unchanged := photo == was && same(before, c.Input, fields)
		fields.want(photo)
		if err := s.name(ctx, tx, *r, &fields); err != nil {
			return nil, err
		}
		if unchanged {
			return fields.names(), nil
		}
		to := Overwritten
		if len(fields.list) == 0 {
			to = TakenBack
		}
		if err := s.close(ctx, tx, by, *r, held.pending.ID, to, ""); err != nil {
			return nil, err
		}
		if err := s.dropFiles(ctx, tx, by, *r, files(held.pending.Fields, Moved.to), files(fields.list, Moved.to)...); err != nil {
			return nil, err
		}
	}
	if held.pending == nil {
		fields.want(photo)
		if err := s.name(ctx, tx, *r, &fields); err != nil {
			return nil, err
		}
	}
	if len(fields.list) == 0 {
		return nil, nil
	}
	if err := insertChange(ctx, tx, r.ID, change, by, fields); err != nil {
		return nil, err
	}
	if err := bump(ctx, tx, r); err != nil {
		return nil, err
	}
	r.Pending = true
	names := fields.names()
	return names, s.record(ctx, tx, by, r.EventID, "registration.ask_change", "registration", r.ID, nil, map[string]any{"changed": logged(names)}, "")
}

// AskPhoto notes that a person who is approved wants another portrait, within the
// transaction that keeps the file, which waits for the desk. It is a files.Asker.
//
// Faults: NotFound; Forbidden; Conflict, nothing is approved.
func (s *Service) AskPhoto(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration, file ident.ID) error {
	_, err := s.inLocked(ctx, tx, registration, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		switch {
		case !by.ForRegistration(e.ID, r.ID) && !r.officerOf(by, accounts.Complete):
			return r, fault.New(fault.Forbidden, "error.forbidden")
		case !r.Settled():
			return r, fault.New(fault.Conflict, "error.changed")
		}
		held, err := s.held(ctx, tx, r)
		if err != nil {
			return r, err
		}
		want := held.Input
		if held.pending != nil {
			edit, err := s.wanted(*held.pending)
			if err != nil {
				return r, err
			}
			want = want.with(edit)
		}
		_, err = s.ask(ctx, tx, by, &r, held, want, file.String())
		return r, err
	})
	return err
}

// photo is the portrait that a change wants; empty: none.
func (c Change) photo() string {
	for _, one := range c.Fields {
		if one.Field == Photo {
			return one.To
		}
	}
	return ""
}

// want adds a portrait, if there is one.
func (m *moves) want(photo string) {
	if photo != "" {
		m.list = append(m.list, Moved{Field: Photo, To: photo})
	}
}

// same tells whether a pending change wants just this.
func same(before Edit, in Input, fields moves) bool {
	return len(before) == len(fields.list) && !slices.ContainsFunc(fields.list, func(m Moved) bool {
		value, ok := before[m.Field]
		return !ok || value != in.Value(m.Field)
	})
}

// close ends a pending change.
func (s *Service) close(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration, change ident.ID, to ChangeState, reason string) error {
	if err := decideChange(ctx, tx, change, to, by.Called(), reason, s.now()); err != nil {
		return err
	}
	action := "registration.approve_change"
	switch to {
	case Refused:
		action = "registration.refuse_change"
	case TakenBack:
		action = "registration.withdraw_change"
	case Overwritten:
		action = "registration.overwrite_change"
	}
	return s.record(ctx, tx, by, r.EventID, action, "registration", r.ID, nil, nil, reason)
}

// dropPending ends the change of somebody who does not come any more.
func (s *Service) dropPending(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration) error {
	waiting, err := pendingOf(ctx, tx, r.ID)
	if err != nil || waiting == nil {
		return err
	}
	if err := s.dropFiles(ctx, tx, by, r, files(waiting.Fields, Moved.to)); err != nil {
		return err
	}
	return s.close(ctx, tx, by, r, waiting.ID, TakenBack, "")
}
