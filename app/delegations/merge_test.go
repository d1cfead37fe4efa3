package delegations_test

import (
	"slices"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
)

// twice registers one person two times: the second with a renewed passport and a
// name transliterated otherwise.
func (g ground) twice(t *testing.T) (first, second delegations.Registration, links [2]string) {
	t.Helper()
	in := firm(1)
	in.GivenName, in.FamilyName, in.BirthDate, in.Email = "Stelios", "Magkaniaris", "1974-01-05", "a@city.example"
	in.Passport = delegations.Passport{Number: "TEST00048", Issuer: "GR", ExpiresOn: "2027-11-02"}
	first, one, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	in.FamilyName, in.Email, in.Phone, in.Organisation = "Manganiaris", "b@city.example", "+999123456", "Shipping Agents"
	in.Passport = delegations.Passport{Number: "TEST03915", Issuer: "GR", ExpiresOn: "2031-12-31"}
	second, other, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	return first, second, [2]string{one, other}
}

// Merging keeps the first number and what was chosen of either; what happened to
// both stays with them, the second's badge dies and its links lead to the first.
func TestMerge(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	first, second, links := g.twice(t)
	_, issued, err := g.guests.Approve(t.Context(), office, second.ID)
	if err != nil {
		t.Fatal(err)
	}
	mails := g.mails(t)
	side, err := g.guests.ForMerge(t.Context(), office, second.ID, first.ID)
	if err != nil || side.First.ID != first.ID || side.Blocked() != "" {
		t.Fatalf("%+v, %v", side, err)
	}
	differs := map[string]bool{}
	for _, f := range side.Fields {
		differs[f.Field] = !f.Same
	}
	for field, want := range map[string]bool{"name": true, "nationality": false, "birth": false, "document": true, "email": true, "category": false, "organisation": true} {
		if differs[field] != want {
			t.Errorf("%s differs: %v; want %v", field, differs[field], want)
		}
	}
	kept, err := g.guests.Merge(t.Context(), office, second.ID, first.ID, []string{"document", "email", "phone", "birth"})
	if err != nil {
		t.Fatal(err)
	}
	if kept.ID != first.ID || kept.Reference != "F27-0001" || kept.FamilyName != "Magkaniaris" || kept.Email != "b@city.example" || kept.Phone != "+999123456" ||
		kept.Organisation != "Bakony Textiles" || kept.Status != delegations.Submitted {
		t.Errorf("kept: %+v", kept)
	}
	gone, err := g.guests.Registration(t.Context(), office, second.ID)
	if err != nil || gone.Status != delegations.Cancelled || gone.MergedInto != first.ID || !strings.HasSuffix(gone.StatusReason, " F27-0001") {
		t.Errorf("the second: %+v, %v", gone, err)
	}
	if steps, err := g.guests.Steps(t.Context(), office, gone); err != nil || len(steps) != 4 {
		t.Errorf("the second's history: %+v, %v", steps, err)
	}
	if badge, err := g.badges.ByID(t.Context(), office, issued.ID); err != nil || badge.State != badges.Revoked {
		t.Errorf("its badge is %s, %v", badge.State, err)
	}
	// The kept address is the second's: what went to the first's opens nothing.
	if r, err := g.guests.ByLink(t.Context(), links[1]); err != nil || r.ID != first.ID {
		t.Errorf("the link of the kept address leads to %s, %v", r.Reference, err)
	}
	if r, err := g.guests.ByLink(t.Context(), links[0]); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the link of the other address leads to %s, %v", r.Reference, err)
	}
	if told := g.lettersSince(t, mails); !slices.Equal(told, []string{"registration.merged a@city.example"}) {
		t.Errorf("told by %q", told)
	}
	if sent, err := g.guests.RenewLinks(t.Context(), g.event.ID, "a@city.example"); err != nil || sent != 0 {
		t.Errorf("the other address got %d links, %v", sent, err)
	}
	for _, sought := range []string{"magkaniaris", "F27-0001"} {
		if page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Search: sought}); err != nil || len(page.Rows) != 1 || page.Rows[0].Duplicates != 0 {
			t.Errorf("%s finds %+v, %v", sought, page.Rows, err)
		}
	}
	// A third form is compared with what the first is now: its documents are both.
	in := firm(3)
	in.Passport = delegations.Passport{Number: "TEST03915", Issuer: "GR", ExpiresOn: "2031-12-31"}
	third, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if pairs, _, err := g.guests.Duplicates(t.Context(), office, third); err != nil || len(pairs) != 1 || pairs[0].Other.ID != first.ID {
		t.Errorf("a third is compared with %+v, %v", pairs, err)
	}
	if _, err := g.guests.Merge(t.Context(), office, first.ID, second.ID, nil); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("merged twice: %v", err)
	}
}

func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	first, second, _ := g.twice(t)
	reader := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Auditor}}}
	if _, err := g.guests.Merge(t.Context(), reader, first.ID, second.ID, nil); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("who may only read merges: %v", err)
	}
	if _, err := g.guests.Merge(t.Context(), office, first.ID, second.ID, []string{"status"}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a field that is none: %v", err)
	}
	stranger, _, err := g.register(t.Context(), 9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Merge(t.Context(), office, first.ID, stranger.ID, nil); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("two who have nothing in common: %v", err)
	}
	for _, r := range []delegations.Registration{first, second} {
		if _, _, err := g.guests.Approve(t.Context(), office, r.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.db.ExecContext(t.Context(), `UPDATE registrations SET status = 'checked_in' WHERE id IN ($1, $2)`, first.ID, second.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Merge(t.Context(), office, first.ID, second.ID, nil); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("both came in: %v", err)
	}
}

// The first waits, the second has a place: the person keeps the place, and nobody
// else gets it.
func TestMergeKeepsThePlace(t *testing.T) {
	t.Parallel()
	g := newGround(t, 1)
	holder, _, err := g.register(t.Context(), 9)
	if err != nil {
		t.Fatal(err)
	}
	first, second, _ := g.twice(t)
	waits, _, err := g.register(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Cancel(t.Context(), office, holder.ID, "travels elsewhere"); err != nil {
		t.Fatal(err)
	}
	if g.status(t, first.ID) != delegations.UnderReview || g.status(t, second.ID) != delegations.Waitlisted {
		t.Fatal("the first of the two was not promoted")
	}
	if _, err := g.guests.Merge(t.Context(), office, first.ID, second.ID, nil); err != nil {
		t.Fatal(err)
	}
	if g.status(t, first.ID) != delegations.UnderReview || g.status(t, waits.ID) != delegations.Waitlisted {
		t.Errorf("the first is %s, who waits is %s", g.status(t, first.ID), g.status(t, waits.ID))
	}
}

// The rows RC01 to RC03 of the registration cases: what is proposed of whom.
func TestDuplicateCases(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind string
		second     func(in *delegations.Input)
		across     bool
	}{
		{"RC01 same address, same passport, a second form by an assistant", "merge", func(*delegations.Input) {}, false},
		{"RC02 same passport, two delegations", "conflict", func(in *delegations.Input) { in.Email = "b@city.example" }, true},
		{"RC03 same name and birth date, another passport number", "possible", func(in *delegations.Input) { in.Passport.Number, in.Email = "TEST99999", "b@city.example" }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGround(t, 10)
			g.category(t, "member", nil)
			d := []delegations.Delegation{g.delegation(t, "D01", 5), g.delegation(t, "D02", 5)}
			in := member(45, "member")
			in.BirthDate, in.Passport = "1993-10-24", delegations.Passport{Number: "TEST00045", Issuer: "SK", ExpiresOn: "2031-12-31"}
			first, err := g.guests.AddMember(t.Context(), office, d[0].ID, in)
			if err != nil {
				t.Fatal(err)
			}
			tt.second(&in)
			to := d[0]
			if tt.across {
				to = d[1]
			}
			second, err := g.guests.AddMember(t.Context(), office, to.ID, in)
			if err != nil {
				t.Fatal(err)
			}
			pairs, _, err := g.guests.Duplicates(t.Context(), office, second)
			if err != nil || len(pairs) != 1 || pairs[0].Kind() != tt.kind || pairs[0].Other.ID != first.ID || pairs[0].FirstID != first.ID {
				t.Fatalf("%+v, %v; want %s with the first", pairs, err, tt.kind)
			}
			kept, err := g.guests.Merge(t.Context(), office, second.ID, first.ID, nil)
			if err != nil || kept.Reference != first.Reference {
				t.Errorf("kept %s, %v; want the first number", kept.Reference, err)
			}
		})
	}
}
