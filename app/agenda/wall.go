package agenda

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Wall is what the hall's big screen shows beside the agenda. Only what is
// public reaches it.
type Wall struct {
	Live        Live
	Delegations []Arrival
	Here, Due   int // people of delegations
}

// Arrival is how many of a delegation are here.
type Arrival struct {
	City    locale.Text `db:"city"`
	Country locale.Text `db:"country"`
	Here    int         `db:"here"`
	Due     int         `db:"due"`
}

// Complete tells whether everybody is here.
func (a Arrival) Complete() bool { return a.Due > 0 && a.Here >= a.Due }

// Wall answers the big screen of an event.
//
// Fault: NotFound.
func (s *Service) Wall(ctx context.Context, event ident.ID) (w Wall, err error) {
	if w.Live, err = s.Live(ctx, event); err != nil {
		return Wall{}, err
	}
	if w.Delegations, err = arrivals(ctx, s.db, event); err != nil {
		return Wall{}, err
	}
	for _, a := range w.Delegations {
		w.Here += a.Here
		w.Due += a.Due
	}
	return w, nil
}
