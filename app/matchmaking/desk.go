package matchmaking

import (
	"context"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// Slots answers an event's meeting grid, in order of time.
//
// Fault: Forbidden.
func (s *Service) Slots(ctx context.Context, by accounts.Actor, event ident.ID) ([]Slot, error) {
	if !by.May(accounts.SeeMatchmaking, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return slotsOf(ctx, s.db, event)
}

// Interpreters answers who interprets in an event's meetings, in order of code.
//
// Fault: Forbidden.
func (s *Service) Interpreters(ctx context.Context, by accounts.Actor, event ident.ID) ([]Interpreter, error) {
	if !by.May(accounts.SeeMatchmaking, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return interpretersOf(ctx, s.db, event)
}

// SaveInterpreter adds an interpreter to an event's pool, or to one delegation;
// saving the same code again changes who that is.
//
// Faults: Forbidden; NotFound, the delegation or registration is not of this
// event; Invalid with fields.
func (s *Service) SaveInterpreter(ctx context.Context, by accounts.Actor, i Interpreter) (Interpreter, error) {
	return s.putInterpreter(ctx, by, i, false)
}

// AddInterpreter is SaveInterpreter of a code that nobody has yet.
func (s *Service) AddInterpreter(ctx context.Context, by accounts.Actor, i Interpreter) (Interpreter, error) {
	return s.putInterpreter(ctx, by, i, true)
}

func (s *Service) putInterpreter(ctx context.Context, by accounts.Actor, i Interpreter, fresh bool) (Interpreter, error) {
	var bad fault.List
	bad.Check(i.Code != "" && utf8.RuneCountInString(i.Code) <= 20, "code", "field.required")
	bad.Check(i.Name.EN != "" && utf8.RuneCountInString(i.Name.EN) <= 120, "name_en", "field.required")
	bad.Check(utf8.RuneCountInString(i.Name.ZH) <= 120, "name_zh", "field.too_long", 120)
	bad.Check(len(i.Languages) >= 2 && len(i.Languages) <= 20, "languages", "matchmaking.two_languages")
	i.ID = s.newID()
	err := s.write(ctx, by, i.EventID, "matchmaking.interpreter", "interpreter", i.ID, bad, func(tx *sqlx.Tx) (err error) {
		if err := partOf(ctx, tx, i.EventID, named{Delegation: i.DelegationID, Registration: i.RegistrationID}); err != nil {
			return err
		}
		i.ID, err = upsertInterpreter(ctx, tx, i, fresh)
		if fresh && fault.CodeOf(err) == fault.NotFound {
			return fault.Fields(fault.Field{Path: "code", Key: "field.taken"})
		}
		return err
	})
	return i, err
}
