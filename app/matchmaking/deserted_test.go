package matchmaking_test

import (
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
)

// TestDesertedMeetings has somebody of a delegation interpret its meeting and leave: the
// meeting stays, is counted, and names nobody's interpreter.
func TestDesertedMeetings(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.wish(t, 0, 2, matchmaking.Wish) // the third firm speaks Chinese alone
	_, err := g.s.SaveInterpreter(t.Context(), office, matchmaking.Interpreter{
		EventID: g.event, Code: "M1", Name: locale.Text{ZH: "费", EN: "Fejes"}, Languages: []string{"hu", "zh"}, RegistrationID: g.heads[0], DelegationID: g.delegations[0],
	})
	fatal(t, err)
	g.publish(t)
	for _, tt := range []struct {
		name, change string
		want         int
	}{
		{"comes", `UPDATE registrations SET status = 'badge_issued' WHERE id = $1`, 0},
		{"is replaced", `UPDATE registrations SET status = 'departed', replaced_by = (SELECT id FROM registrations WHERE id <> $1) WHERE id = $1`, 1},
		{"comes again", `UPDATE registrations SET status = 'checked_in', replaced_by = NULL WHERE id = $1`, 0},
		{"is another delegation's", `UPDATE registrations SET delegation_id = (SELECT delegation_id FROM registrations WHERE id <> $1), role = 'interpreter' WHERE id = $1`, 1},
		{"calls off", `UPDATE registrations SET status = 'withdrawn' WHERE id = $1`, 1},
	} {
		_, err := g.db.ExecContext(t.Context(), tt.change, g.heads[0])
		fatal(t, err)
		got, err := g.s.Deserted(t.Context(), office, g.event)
		fatal(t, err)
		all, err := g.s.OfDelegation(t.Context(), g.delegations[0])
		fatal(t, err)
		if len(got) != tt.want || len(all) != 1 || all[0].Deserted != (tt.want == 1) {
			t.Errorf("%s: %+v of %+v", tt.name, got, all)
		}
	}
	if got, err := g.s.Interpreted(t.Context(), g.heads[0]); err != nil || len(got) != 1 {
		t.Errorf("interprets %+v, %v", got, err)
	}
	if got, err := g.s.Interpreted(t.Context(), g.heads[1]); err != nil || len(got) != 0 {
		t.Errorf("another interprets %+v, %v", got, err)
	}
	if _, err := g.s.Deserted(t.Context(), accounts.GuestActor(), g.event); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest: %v", err)
	}
}
