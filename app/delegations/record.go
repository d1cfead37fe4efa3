package delegations

import (
	"context"
	"time"
)

// Record is all that is kept of a person as a registration, for the person.
type Record struct {
	Registration Registration
	Details             // as they hold
	Expires      string // of the passport, YYYY-MM-DD
	Steps        []Step
	Changes      []Change // the latest first
	Older        int      // changes that were left out
	Consents     []Consent
}

// Consent is what a person agreed to.
type Consent struct {
	Purpose     string     `db:"purpose"`
	TextVersion string     `db:"text_version"`
	Lang        string     `db:"lang"`
	GivenAt     time.Time  `db:"given_at"`
	WithdrawnAt *time.Time `db:"withdrawn_at"`
}

// OwnRecord answers all that is kept of the person whose page a link opens, of the
// history of their values so many of the latest changes. The
// passport's number is masked, and vetting is left out: it is about the office's
// work, and who else holds the link must learn neither.
//
// Fault: NotFound, no such link.
func (s *Service) OwnRecord(ctx context.Context, secret string, most int) (Record, error) {
	r, err := s.ByLink(ctx, secret)
	if err != nil {
		return Record{}, err
	}
	h, err := s.held(ctx, s.db, r)
	if err != nil {
		return Record{}, err
	}
	record := Record{Registration: r.forGuests(), Details: h.masked(), Expires: h.Passport.ExpiresOn}
	record.BirthDate = h.BirthDate
	steps, err := stepsOf(ctx, s.db, r.ID)
	if err != nil {
		return Record{}, err
	}
	record.Steps = stepsForGuests(steps)
	rows, err := changesOf(ctx, s.db, r.ID, most)
	if err != nil {
		return Record{}, err
	}
	for _, row := range rows {
		record.Changes = append(record.Changes, row.Change)
	}
	all, err := countChanges(ctx, s.db, r.ID)
	if err != nil {
		return Record{}, err
	}
	record.Older = max(0, all-len(record.Changes))
	record.Consents, err = consentsOf(ctx, s.db, r.ID)
	return record, err
}

// stepsForGuests leaves out that vetting held a registration back.
func stepsForGuests(steps []Step) (list []Step) {
	for _, step := range steps {
		if step.To == OnHold {
			continue
		}
		if step.From == OnHold {
			if step.To == UnderReview {
				continue
			}
			step.From = UnderReview
		}
		list = append(list, step)
	}
	return list
}
