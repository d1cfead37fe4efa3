package delegations_test

import (
	"slices"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
)

// pairIn registers one person twice: by the public form, and by the office in another
// category.
func (g ground) pairIn(t *testing.T, category string) (first, second delegations.Registration) {
	t.Helper()
	in := firm(1)
	in.GivenName, in.FamilyName, in.BirthDate, in.Email = "Stelios", "Magkaniaris", "1974-01-05", "a@city.example"
	in.Passport = delegations.Passport{Number: "TEST00048", Issuer: "GR", ExpiresOn: "2031-12-31"}
	first, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	in.FamilyName, in.Category = "Manganiaris", category
	if second, _, err = g.guests.Register(t.Context(), office, g.event.ID, in); err != nil {
		t.Fatal(err)
	}
	return first, second
}

// A badge in force says what the person is after the merge, and the history says what
// was taken over.
func TestMergeReplacesTheBadge(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.category(t, "guest", nil) // its badge type is DEL
	first, second := g.pairIn(t, "guest")
	_, issued, err := g.guests.Approve(t.Context(), office, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := g.guests.Merge(t.Context(), office, first.ID, second.ID, []string{"name", "category"})
	if err != nil || kept.FamilyName != "Manganiaris" || kept.BadgeType != "DEL" {
		t.Fatalf("%+v, %v", kept, err)
	}
	if b, err := g.badges.ByID(t.Context(), office, issued.ID); err != nil || b.Living() {
		t.Errorf("the badge with the old name is %s, %v", b.State, err)
	}
	var living []string
	if err := g.db.SelectContext(t.Context(), &living, `SELECT badge_type FROM badges WHERE registration_id = $1 AND state IN ('active', 'suspended', 'requested', 'produced')`, first.ID); err != nil || !slices.Equal(living, []string{"DEL"}) {
		t.Errorf("living badges %q, %v; want one of the new type", living, err)
	}
	changes, err := g.guests.Changes(t.Context(), office, kept)
	if err != nil || len(changes) != 1 || changes[0].Source != "merge" || changes[0].State != delegations.Applied || len(changes[0].Fields) == 0 || changes[0].Fields[0].Field != "family_name" {
		t.Errorf("history: %+v, %v", changes, err)
	}
}

// Merging gives nobody a place that there is not.
func TestMergeKeepsTheQuotas(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	one := 1
	g.category(t, "guest", &one)
	in := firm(7)
	in.Category = "guest"
	holder, _, err := g.guests.Register(t.Context(), office, g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	first, second := g.pairIn(t, "guest")
	if second.Status != delegations.Waitlisted {
		t.Fatalf("the second is %s", second.Status)
	}
	_, err = g.guests.Merge(t.Context(), office, first.ID, second.ID, []string{"category"})
	if f, _ := fault.Of(err); fault.CodeOf(err) != fault.Conflict || f.Key != "desk.merge.no_place" {
		t.Fatalf("into a full category: %v", err)
	}
	if g.read(t, first).CategoryID != first.CategoryID || g.status(t, second.ID) != delegations.Waitlisted {
		t.Error("the refused merge changed something")
	}
	if _, err := g.guests.Cancel(t.Context(), office, holder.ID, "ill"); err != nil {
		t.Fatal(err)
	}
	// Now the second holds the place, and the person keeps it.
	if kept, err := g.guests.Merge(t.Context(), office, first.ID, second.ID, []string{"category"}); err != nil || kept.CategoryID != second.CategoryID || kept.Status != first.Status {
		t.Errorf("%+v, %v", kept, err)
	}
}

// Who was replaced turns out to be registered twice: the two become one as any others,
// and who came in their place stays.
func TestMergeOfWhoWasReplaced(t *testing.T) {
	t.Parallel()
	for _, status := range []delegations.Status{delegations.BadgeIssued, delegations.CheckedIn} {
		g, _, head, deputy, waits := newCity(t)
		g.set(t, deputy, status)
		if _, err := g.guests.Substitute(t.Context(), office, delegations.Stand{From: deputy.ID, To: waits.ID, AsRank: "own"}); err != nil {
			t.Fatal(err)
		}
		if _, err := g.db.ExecContext(t.Context(), `
			INSERT INTO duplicate_pairs (event_id, first_id, second_id, score, signs, found_at) VALUES ($1, $2, $3, 100, '{document}', now())
			ON CONFLICT (first_id, second_id) DO NOTHING`, g.event.ID, head.ID, deputy.ID); err != nil {
			t.Fatal(err)
		}
		side, err := g.guests.ForMerge(t.Context(), office, head.ID, deputy.ID)
		if err != nil || side.Blocked() != "" {
			t.Fatalf("%s: blocked by %q, %v", status, side.Blocked(), err)
		}
		if _, err := g.guests.Merge(t.Context(), office, head.ID, deputy.ID, nil); err != nil {
			t.Errorf("%s: %v", status, err)
		}
		if gone := g.read(t, deputy); gone.Status != delegations.Cancelled || gone.MergedInto != head.ID || gone.ReplacedBy != waits.ID {
			t.Errorf("%s: %s, in %s, replaced by %s", status, gone.Status, gone.MergedInto, gone.ReplacedBy)
		}
	}
}

// What waited about the second for the desk ends with it.
func TestMergeEndsWhatWaits(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	first, second, links := g.twice(t)
	if _, _, err := g.guests.Approve(t.Context(), office, second.ID); err != nil {
		t.Fatal(err)
	}
	if done, err := g.guests.EditOwn(t.Context(), links[1], 0, delegations.Edit{"title_en": "President"}); err != nil || len(done.Asked) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := g.guests.Merge(t.Context(), office, first.ID, second.ID, nil); err != nil {
		t.Fatal(err)
	}
	if page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Status: "pending"}); err != nil || len(page.Rows) != 0 {
		t.Errorf("waiting for the desk: %+v, %v", page.Rows, err)
	}
}

// The passport that the desk chose is the one that is used, whichever is good longer.
func TestMergeUsesTheChosenPassport(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	first, second, _ := g.twice(t)
	if _, err := g.guests.Edit(t.Context(), office, first.ID, 0, delegations.Edit{"passport.expires_on": "2035-01-01"}); err != nil {
		t.Fatal(err)
	}
	kept, err := g.guests.Merge(t.Context(), office, first.ID, second.ID, []string{"document"})
	if err != nil {
		t.Fatal(err)
	}
	if d, err := g.guests.DetailsOf(t.Context(), office, kept); err != nil || d.PassportMask != "••••3915" {
		t.Errorf("uses %s, %v; want the second's", d.PassportMask, err)
	}
}
