package doors_test

import (
	"testing"

	"qianshou/app/delegations"
	"qianshou/app/doors"
	"qianshou/app/kit/ident"
)

// ended is who is turned away because they do not come any more: staff learn why, in
// the calm form where it is a head, and whoever repeats the scan learns the same.
func (g *ground) ended(t *testing.T) {
	g.set("2027-06-11T09:00:00+08:00")
	ctx := t.Context()
	head, deputy := g.badge("m006"), g.badge("m007")
	cancelled, merged, erased := g.guest(g.forum, "Cancelled", "BIZ", "business"), g.guest(g.forum, "Merged", "BIZ", "business"), g.guest(g.forum, "Erased", "BIZ", "business")
	done, err := g.guests.Substitute(ctx, system, delegations.Stand{From: head.RegistrationID, To: deputy.RegistrationID, AsRank: "own"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Cancel(ctx, system, cancelled.RegistrationID, "ill"); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Cancel(ctx, system, merged.RegistrationID, ""); err != nil {
		t.Fatal(err)
	}
	g.do(`UPDATE registrations SET merged_into = $1 WHERE id = $2`, deputy.RegistrationID, merged.RegistrationID)
	if _, err := g.guests.Cancel(ctx, system, erased.RegistrationID, ""); err != nil {
		t.Fatal(err)
	}
	g.do(`UPDATE persons SET pseudonymous = true WHERE id = (SELECT person_id FROM registrations WHERE id = $1)`, erased.RegistrationID)
	for name, tt := range map[string]struct {
		token string
		calm  bool
		want  doors.Ended
	}{
		"a head who was replaced": {head.Token, true, doors.Ended{How: "replaced", Other: done.After.Reference, Called: done.After.Called(), Serial: done.Issued.Serial}},
		"one who was cancelled":   {cancelled.Token, false, doors.Ended{How: "cancelled"}},
		"one who was merged":      {merged.Token, false, doors.Ended{How: "merged", Other: done.After.Reference, Called: done.After.Called(), Serial: done.Issued.Serial}},
		"one who was erased":      {erased.Token, false, doors.Ended{How: "erased"}},
	} {
		scan := doors.Scan{ScanID: ident.New(), Token: tt.token, Direction: doors.In, ScannedAt: g.at}
		for range 2 { // sent, and sent again
			v, err := g.doors.Admit(ctx, g.devices["A-2"], scan)
			if err != nil {
				t.Fatal(err)
			}
			if v.Granted || v.Code != doors.Revoked || v.Calm != tt.calm || v.Ended == nil {
				t.Fatalf("%s: %+v", name, v)
			}
			got := *v.Ended
			if got.At == nil || !got.At.Equal(g.at) || got.At.Location().String() != "Asia/Shanghai" {
				t.Errorf("%s: at %v", name, got.At)
			}
			if got.At = nil; got != tt.want {
				t.Errorf("%s: %+v, want %+v", name, got, tt.want)
			}
		}
	}
	if v := g.scan("A-2", done.Issued.Token, doors.In); v.Ended != nil {
		t.Errorf("who comes instead: %+v", v.Ended)
	}
}
