package delegations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// guardianAge is the age under which somebody else agrees for a person.
const guardianAge = 14

// known is what of a draft is known already, as far as completeness asks. Values
// are those of Input; papers and birth date only matter by what they allow.
type known struct {
	ID           ident.ID   `db:"id"`
	PersonID     ident.ID   `db:"person_id"`
	DelegationID ident.ID   `db:"delegation_id"`
	Role         string     `db:"role"`
	FamilyName   string     `db:"family_name"`
	Nationality  string     `db:"nationality"`
	Title        string     `db:"title"` // in either language
	Organisation string     `db:"organisation"`
	BirthSealed  []byte     `db:"birth_date_sealed"`
	PassportTo   *time.Time `db:"expires_on"` // nil: no passport is known
	CompanionOf  ident.ID   `db:"companion_of"`
	Guardian     string     `db:"guardian"`

	born    *time.Time
	answers forms.Answers // to what is still asked
}

// lacking answers what is still missing of a member before they can be confirmed,
// in the order of the form: names of Fields, and "title", "companion_of", "guardian"
// and "answers", to the event's own questions. It alone says what is required.
func lacking(k known, e events.Event, form forms.Form) (missing []string) {
	need := func(ok bool, what string) {
		if !ok {
			missing = append(missing, what)
		}
	}
	need(k.FamilyName != "", "family_name")
	need(k.Nationality != "", "nationality")
	need(k.born != nil, "birth_date")
	need(k.PassportTo != nil, "passport.number")
	need(k.PassportTo == nil || !k.PassportTo.Before(e.EndsOn), "passport.expires_on")
	need(k.Organisation != "" || k.Role != "press", "organisation")
	need(k.Title != "" || k.Role == "companion", "title")
	need(k.CompanionOf != ident.Nil || k.Role != "companion", "companion_of")
	need(k.Guardian != "" || k.born == nil || !minor(*k.born, e.StartsOn), "guardian")
	_, wrong := forms.Check(form.Questions, CategoryOf(k.Role), k.answers)
	need(len(wrong) == 0, "answers")
	return missing
}

// minor tells whether somebody is under guardianAge on a day.
func minor(born, on time.Time) bool { return born.AddDate(guardianAge, 0, 0).After(on) }

// lackingOf reads what is known of drafts and answers what each still lacks.
func (s *Service) lackingOf(ctx context.Context, q store.Querier, e events.Event, delegation, registration ident.ID) (map[ident.ID][]string, []known, error) {
	list, err := knownOf(ctx, q, e.ID, delegation, registration)
	if err != nil {
		return nil, nil, fmt.Errorf("read drafts: %w", err)
	}
	form, err := forms.AskedIn(ctx, q, e.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("read form: %w", err)
	}
	ids := make([]ident.ID, len(list))
	for i, k := range list {
		ids[i] = k.ID
	}
	answered, err := forms.Standing(ctx, q, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("read answers: %w", err)
	}
	of := map[ident.ID][]string{}
	for i, k := range list {
		list[i].answers = stillAsked(form, answered[k.ID])
		if len(k.BirthSealed) > 0 {
			plain, err := s.box.Open(k.BirthSealed, "persons.birth_date:"+k.PersonID.String())
			if err != nil {
				return nil, nil, fmt.Errorf("read birth date: %w", err)
			}
			day, err := time.Parse(time.DateOnly, string(plain))
			if err != nil {
				return nil, nil, fmt.Errorf("read birth date: %w", err)
			}
			list[i].born = &day
		}
		of[k.ID] = lacking(list[i], e, form)
	}
	return of, list, nil
}

// unfinished leaves out of the broken rules of a draft those that only ask for what
// is not there yet. Somebody has a family name from the first.
func unfinished(err error, in Input) error {
	f, ok := fault.Of(err)
	if !ok || f.Code != fault.Invalid {
		return err
	}
	asks := []string{"consent", "nationality", "email", "organisation"}
	var bad fault.List
	for _, field := range f.Fields {
		if !slices.Contains(asks, field.Path) || field.Path != "consent" && in.Value(field.Path) != "" {
			bad = append(bad, field)
		}
	}
	return bad.Err()
}

// check holds what is to be written over a registration against the rules: of a
// draft not all must be known.
func (s *Service) check(r Registration, in Input) (checked, error) {
	c, err := in.check(s.now())
	if r.Status == Draft {
		err = unfinished(err, c.Input)
	}
	return c, err
}
