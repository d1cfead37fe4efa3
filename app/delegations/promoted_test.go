package delegations_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/ident"
)

// TestPromotedAsRegisteredAnew gives a place that became free to who waits: where the
// category or a firm's grant needs no decision, with badge and letter.
func TestPromotedAsRegisteredAnew(t *testing.T) {
	t.Parallel()
	day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, tt := range []struct {
		approval string
		grant    bool
		want     delegations.Status
		letters  []string
		because  []string
	}{
		{"review", true, delegations.UnderReview, nil, []string{"@registration.because.place_free F27-0001"}},
		{"automatic", false, delegations.BadgeIssued, []string{"registration.approved"}, []string{"@registration.because.place_free F27-0001", "@registration.because.automatic", ""}},
		{"whitelist", false, delegations.UnderReview, nil, []string{"@registration.because.place_free F27-0001"}},
		{"whitelist", true, delegations.BadgeIssued, []string{"registration.approved"}, []string{"@registration.because.place_free F27-0001", "@registration.because.granted", ""}},
	} {
		t.Run(fmt.Sprint(tt.approval, tt.grant), func(t *testing.T) {
			g := newGround(t, 1)
			g.changed(t, "firm", func(c *events.Category) { c.Approval = tt.approval })
			in := firm(2)
			if tt.grant {
				f := g.joined(t, fmt.Sprint("F", i), "91330299J3NW4AM187", false)
				in.FirmID = f.ID
				if _, err := firms.New(g.db, april, ident.New).Give(t.Context(), office, firms.Grant{FirmID: f.ID, Kind: "auto_approve", From: day, ReviewOn: day.AddDate(1, 0, 0), Basis: "letter"}); err != nil {
					t.Fatal(err)
				}
			}
			first, _, err := g.register(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			waits, _, err := g.guests.Register(t.Context(), office, g.event.ID, in)
			if err != nil || waits.Status != delegations.Waitlisted {
				t.Fatalf("%s, %v", waits.Status, err)
			}
			if _, err := g.guests.Cancel(t.Context(), office, first.ID, "travels elsewhere"); err != nil {
				t.Fatal(err)
			}
			if now := g.read(t, waits); now.Status != tt.want {
				t.Errorf("they are %s, want %s", now.Status, tt.want)
			}
			if got := g.letters(t, waits); !slices.Equal(got, append([]string{"registration.waitlisted"}, tt.letters...)) {
				t.Errorf("letters %q", got)
			}
			steps, err := g.guests.Steps(t.Context(), office, waits)
			var because []string
			for _, step := range steps[1:] {
				because = append(because, step.Reason)
				if step.Actor != accounts.SystemName("waitlist") {
					t.Errorf("%s by %v", step.To, step.Actor)
				}
			}
			if err != nil || !slices.Equal(because, tt.because) {
				t.Errorf("because %q, want %q (%v)", because, tt.because, err)
			}
		})
	}
}

// changed changes one category of the event.
func (g ground) changed(t *testing.T, code string, change func(c *events.Category)) {
	t.Helper()
	list, err := eventsOf(g).Categories(t.Context(), g.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Code != code {
			continue
		}
		change(&c)
		if _, err := eventsOf(g).SaveCategory(t.Context(), office, c); err != nil {
			t.Fatal(err)
		}
	}
}
