package delegations_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// city makes a delegation of a head with a badge, a member with one, and another
// who waits for a place.
func (g ground) city(t *testing.T, code string) (d delegations.Delegation, head, deputy, waits delegations.Registration) {
	t.Helper()
	d = g.delegation(t, code, 2)
	by := g.liaison(d)
	for i, one := range []struct {
		role string
		to   *delegations.Registration
	}{{"head", &head}, {"member", &deputy}, {"member", &waits}} {
		r, err := g.guests.AddMember(t.Context(), by, d.ID, member(len(code)*7+int(code[len(code)-1])+i, one.role))
		if err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			if r, _, err = g.guests.Approve(t.Context(), office, r.ID); err != nil {
				t.Fatal(err)
			}
		}
		*one.to = g.read(t, r)
	}
	return d, head, deputy, waits
}

func newCity(t *testing.T) (ground, delegations.Delegation, delegations.Registration, delegations.Registration, delegations.Registration) {
	t.Helper()
	g := newGround(t, 5)
	for _, code := range []string{"head", "member"} {
		g.category(t, code, nil)
	}
	if _, err := g.db.ExecContext(t.Context(), `UPDATE categories SET badge_type = 'VIP' WHERE code = 'head'`); err != nil {
		t.Fatal(err)
	}
	d, head, deputy, waits := g.city(t, "D01")
	return g, d, head, deputy, waits
}

func (g ground) members(t *testing.T, d delegations.Delegation) (list []string) {
	t.Helper()
	rows, err := g.guests.Members(t.Context(), office, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		list = append(list, fmt.Sprint(r.Reference, " ", r.Role, " ", r.BadgeType, " ", r.Status))
	}
	return list
}

// livingBadges answers which badges open doors now.
func (g ground) livingBadges(t *testing.T) (list []string) {
	t.Helper()
	err := g.db.SelectContext(t.Context(), &list, `
		SELECT r.reference || ' ' || b.badge_type || ' ' || b.serial FROM badges b JOIN registrations r ON r.id = b.registration_id WHERE b.state = 'active' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The mayor's place goes to a member, in one: role, category, badge, order; the old
// badges open nothing, who waited for a place has one, both are told. What was
// previewed is what happens, and a preview changes nothing (RC09).
func TestDeputyTakesThePlaceOfTheHead(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, waits := newCity(t)
	ctx := t.Context()
	stand := delegations.Stand{From: head.ID, FromVersion: head.Version, To: deputy.ID, ToVersion: deputy.Version, AsRank: "representative", Note: "council sits"}
	before, badges := g.members(t, d), g.livingBadges(t)
	handed := 0
	follow := func(_ context.Context, _ *sqlx.Tx, _ accounts.Actor, from, to delegations.Registration) error {
		if handed++; from.ID != head.ID || to.ID != deputy.ID || to.Role != "head" || from.Status != delegations.Withdrawn {
			t.Errorf("handed over from %s %s to %s %s", from.Reference, from.Status, to.Reference, to.Role)
		}
		return nil
	}
	preview, err := g.guests.PreviewSubstitution(ctx, office, stand, follow)
	if err != nil {
		t.Fatal(err)
	}
	if got := g.members(t, d); !slices.Equal(got, before) || !slices.Equal(g.livingBadges(t), badges) {
		t.Fatalf("the preview left %q", got)
	}
	done, err := g.guests.Substitute(ctx, office, stand, follow)
	if err != nil {
		t.Fatal(err)
	}
	if handed != 2 || done.State != "done" || done.Issued.Serial != preview.Issued.Serial || done.Issued.Token == "" || preview.Issued.Token != "" {
		t.Errorf("handed over %d times; done %+v; previewed %+v", handed, done.Substitution, preview.Issued)
	}
	want := []string{
		deputy.Reference + " head VIP badge_issued", waits.Reference + " member " + waits.BadgeType + " under_review", head.Reference + " head VIP withdrawn",
	}
	if got := g.members(t, d); !slices.Equal(got, want) {
		t.Errorf("members\n%q\nwant\n%q", got, want)
	}
	var shown []string
	for _, r := range preview.Order {
		shown = append(shown, fmt.Sprint(r.Reference, " ", r.Role, " ", r.BadgeType, " ", r.Status))
	}
	if want := want[:2]; !slices.Equal(shown, want) { // the order is of those who come
		t.Errorf("previewed\n%q\nwant\n%q", shown, want)
	}
	if got, want := g.livingBadges(t), []string{deputy.Reference + " VIP " + done.Issued.Serial}; !slices.Equal(got, want) {
		t.Errorf("doors open to %q, want %q", got, want)
	}
	for r, want := range map[ident.ID]string{head.ID: "registration.replaced", deputy.ID: "registration.took_place"} {
		if got := g.letters(t, delegations.Registration{ID: r}); !slices.Contains(got, want) {
			t.Errorf("letters %q, want %s", got, want)
		}
	}
	list, err := g.guests.Substitutions(ctx, office, d)
	if err != nil || len(list) != 1 || list[0].AsRank != "representative" || list[0].From.Latin != head.Name() || list[0].To.Latin != deputy.Name() || list[0].Note != "council sits" {
		t.Errorf("kept is %+v, %v", list, err)
	}
	if _, err := g.guests.Substitute(ctx, office, stand); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("done twice: %v", err)
	}
}

// Somebody new takes the place: no place is given to who waits, since none is free.
func TestSomebodyNewTakesThePlace(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, waits := newCity(t)
	ctx := t.Context()
	g.ask(t, forms.Definition{Code: "flight", Kind: forms.Text, Required: true})
	stand := delegations.Stand{From: head.ID, New: member(20, "head"), AsRank: "own"}
	stand.New.Answers = forms.Answers{"flight": {"LH 728"}}
	preview, err := g.guests.PreviewSubstitution(ctx, office, stand)
	if err != nil || !preview.Fresh() {
		t.Fatalf("%+v, %v", preview.Deputy, err)
	}
	done, err := g.guests.Substitute(ctx, office, stand)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		done.After.Reference + " head VIP badge_issued", deputy.Reference + " member " + deputy.BadgeType + " badge_issued",
		waits.Reference + " member " + waits.BadgeType + " waitlisted", head.Reference + " head VIP withdrawn",
	}
	if got := g.members(t, d); !slices.Equal(got, want) {
		t.Errorf("members\n%q\nwant\n%q", got, want)
	}
	_, err = g.guests.PreviewSubstitution(ctx, office, delegations.Stand{From: done.After.ID, New: delegations.Input{Lang: "en"}, AsRank: "own"})
	if f, ok := fault.Of(err); !ok || f.Code != fault.Invalid || len(f.Fields) < 3 {
		t.Errorf("nobody in the place of somebody: %v", err)
	}
}

// Whoever holds the delegation's link asks; the office confirms or refuses.
func TestSubstitutionIsAskedFor(t *testing.T) {
	t.Parallel()
	g, d, head, _, deputy := newCity(t)
	ctx, by := t.Context(), g.liaison(d)
	g.set(t, deputy, delegations.OnHold)
	stand := delegations.Stand{From: head.ID, To: deputy.ID, AsRank: "own"}
	if seen, err := g.guests.PreviewSubstitution(ctx, by, stand); err != nil || seen.Deputy.Status != delegations.UnderReview {
		t.Errorf("vetting shows as %s, %v", seen.Deputy.Status, err)
	}
	before, badges := g.members(t, d), g.livingBadges(t)
	asked, err := g.guests.Substitute(ctx, by, stand)
	if err != nil || asked.State != "asked" {
		t.Fatalf("%s, %v", asked.State, err)
	}
	if got := g.members(t, d); !slices.Equal(got, before) || !slices.Equal(g.livingBadges(t), badges) {
		t.Errorf("asking changed %q", got)
	}
	for name, actor := range map[string]accounts.Actor{"the officer": by, "nobody": accounts.GuestActor(), "an auditor": {Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Auditor}}}} {
		if _, err := g.guests.ConfirmSubstitution(ctx, actor, asked.ID); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s confirms: %v", name, err)
		}
		if _, err := g.guests.RefuseSubstitution(ctx, actor, asked.ID, "no"); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s refuses: %v", name, err)
		}
		if name != "the officer" {
			if _, err := g.guests.Substitute(ctx, actor, stand); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s asks: %v", name, err)
			}
		}
	}
	if _, err := g.guests.Substitute(ctx, by, stand); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("asked twice: %v", err)
	}
	if _, err := g.guests.ConfirmSubstitution(ctx, office, asked.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("somebody on hold takes over: %v", err)
	}
	if _, err := g.guests.RefuseSubstitution(ctx, office, asked.ID, " "); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("refused for no reason: %v", err)
	}
	if x, err := g.guests.RefuseSubstitution(ctx, office, asked.ID, "wait"); err != nil || x.State != "refused" || x.Reason != "wait" {
		t.Errorf("refused: %+v, %v", x.Substitution, err)
	}
	g.set(t, deputy, delegations.UnderReview)
	if asked, err = g.guests.Substitute(ctx, by, stand); err != nil {
		t.Fatal(err)
	}
	preview, err := g.guests.PreviewAsked(ctx, office, asked.ID)
	if err != nil || preview.After.Role != "head" {
		t.Errorf("%+v, %v", preview.After.Role, err)
	}
	if done, err := g.guests.ConfirmSubstitution(ctx, office, asked.ID); err != nil || done.State != "done" || g.read(t, deputy).Role != "head" {
		t.Errorf("confirmed: %+v, %v", done.Substitution, err)
	}
	if _, err := g.guests.RefuseSubstitution(ctx, office, asked.ID, "late"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("refused afterwards: %v", err)
	}
}

// Two offices choose two deputies at once: one is the head, the other office is
// told.
func TestTwoSubstitutionsAtOnce(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, waits := newCity(t)
	var both sync.WaitGroup
	results := make([]error, 2)
	for i, to := range []delegations.Registration{deputy, waits} {
		both.Go(func() {
			_, results[i] = g.guests.Substitute(t.Context(), office, delegations.Stand{From: head.ID, FromVersion: head.Version, To: to.ID, AsRank: "own"})
		})
	}
	both.Wait()
	if (results[0] == nil) == (results[1] == nil) || fault.CodeOf(results[0]) != fault.Conflict && fault.CodeOf(results[1]) != fault.Conflict {
		t.Errorf("both at once: %v", results)
	}
	heads := 0
	for _, r := range g.members(t, d) {
		var ref, role, badge, status string
		if _, err := fmt.Sscan(r, &ref, &role, &badge, &status); err != nil {
			t.Fatal(err)
		}
		if role == "head" && status != "withdrawn" {
			heads++
		}
	}
	if heads != 1 {
		t.Errorf("%d heads", heads)
	}
}

// Who cannot change places.
func TestWhoCannotChangePlaces(t *testing.T) {
	t.Parallel()
	g, _, head, deputy, waits := newCity(t)
	ctx := t.Context()
	_, _, stranger, _ := g.city(t, "D02")
	outside, _, err := g.register(ctx, 3)
	if err != nil {
		t.Fatal(err)
	}
	try := func(name string, in delegations.Stand, want fault.Code) {
		t.Helper()
		if in.AsRank == "" {
			in.AsRank = "own"
		}
		if _, err := g.guests.PreviewSubstitution(ctx, office, in); fault.CodeOf(err) != want {
			t.Errorf("%s, previewed: %v", name, err)
		}
		if _, err := g.guests.Substitute(ctx, office, in); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	try("oneself", delegations.Stand{From: head.ID, To: head.ID}, fault.Invalid)
	try("a rank that is none", delegations.Stand{From: head.ID, To: deputy.ID, AsRank: "king"}, fault.Invalid)
	try("the head for a member", delegations.Stand{From: deputy.ID, To: head.ID}, fault.Conflict)
	try("a stranger", delegations.Stand{From: head.ID, To: stranger.ID}, fault.NotFound)
	try("nobody", delegations.Stand{From: head.ID, To: ident.New()}, fault.NotFound)
	try("of no delegation", delegations.Stand{From: outside.ID, To: deputy.ID}, fault.NotFound)
	try("an old version", delegations.Stand{From: head.ID, FromVersion: head.Version + 1, To: deputy.ID}, fault.Conflict)
	try("an old version of the deputy", delegations.Stand{From: head.ID, To: deputy.ID, ToVersion: deputy.Version + 1}, fault.Conflict)
	g.set(t, waits, delegations.Rejected)
	try("one who was rejected", delegations.Stand{From: head.ID, To: waits.ID}, fault.Conflict)
	g.set(t, head, delegations.Cancelled)
	try("one who does not come", delegations.Stand{From: head.ID, To: deputy.ID}, fault.Conflict)
}

// A mayor who was there is called home: the deputy leads from now on, and takes that
// place, so that their own is free.
func TestDeputyOfWhoeverCame(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, waits := newCity(t)
	g.set(t, head, delegations.CheckedIn)
	g.set(t, deputy, delegations.CheckedIn)
	done, err := g.guests.Substitute(t.Context(), office, delegations.Stand{From: head.ID, To: deputy.ID, AsRank: "own"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		deputy.Reference + " head VIP checked_in", waits.Reference + " member " + waits.BadgeType + " under_review", head.Reference + " head VIP departed",
	}
	if got := g.members(t, d); !slices.Equal(got, want) {
		t.Errorf("members\n%q\nwant\n%q", got, want)
	}
	if got, want := g.livingBadges(t), []string{deputy.Reference + " VIP " + done.Issued.Serial}; !slices.Equal(got, want) {
		t.Errorf("doors open to %q, want %q", got, want)
	}
}

// Somebody of a delegation names who comes instead, if it is nobody of the others,
// whom they need not know; the office confirms.
func TestGuestNamesWhoComesInstead(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, _ := newCity(t)
	ctx := t.Context()
	own := func(r delegations.Registration) accounts.Actor {
		by := accounts.GuestActor()
		by.ID, by.LinkEventID, by.RegistrationID = r.ID, r.EventID, r.ID
		return by
	}
	fresh := delegations.Stand{From: head.ID, New: member(21, "member"), AsRank: "own"}
	for name, try := range map[string]struct {
		by accounts.Actor
		in delegations.Stand
	}{
		"a member": {own(head), delegations.Stand{From: head.ID, To: deputy.ID, AsRank: "own"}}, "in another's place": {own(deputy), fresh},
	} {
		if _, err := g.guests.PreviewSubstitution(ctx, try.by, try.in); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s, previewed: %v", name, err)
		}
		if _, err := g.guests.Substitute(ctx, try.by, try.in); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if seen, err := g.guests.PreviewSubstitution(ctx, own(head), fresh); err != nil || seen.Order != nil || seen.After.Role != "head" {
		t.Errorf("the guest is shown %+v, %v", seen.Order, err)
	}
	asked, err := g.guests.Substitute(ctx, own(head), fresh)
	if err != nil || asked.State != "asked" {
		t.Fatalf("%+v, %v", asked.Substitution, err)
	}
	for name, by := range map[string]accounts.Actor{"the guest": own(head), "the office": office} {
		if x, err := g.guests.SubstitutionOf(ctx, by, head); err != nil || x == nil || x.ID != asked.ID {
			t.Errorf("%s reads %+v, %v", name, x, err)
		}
	}
	if _, err := g.guests.SubstitutionOf(ctx, own(deputy), head); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("another reads: %v", err)
	}
	if page, err := g.guests.Registrations(ctx, office, d.EventID, delegations.Filter{Status: "pending"}); err != nil || page.Total != 1 || page.Rows[0].ID != head.ID {
		t.Errorf("the desk finds %d, %v", page.Total, err)
	}
	if done, err := g.guests.ConfirmSubstitution(ctx, office, asked.ID); err != nil || done.After.Role != "head" || done.After.Status != delegations.BadgeIssued {
		t.Errorf("confirmed: %s %s, %v", done.After.Role, done.After.Status, err)
	}
}

// A formal representative stands where whom they stand for stood; another deputy keeps
// their own place in the order.
func TestARepresentativeTakesTheOrder(t *testing.T) {
	t.Parallel()
	for rank, want := range map[string]int{"representative": 1, "own": 2} {
		g := newGround(t, 9)
		g.memberCategories(t)
		d := g.delegation(t, "D01", 5)
		var people []delegations.Registration
		var order []ident.ID
		for n := range 3 {
			r, err := g.guests.AddMember(t.Context(), office, d.ID, member(n+1, "member"))
			if err != nil {
				t.Fatal(err)
			}
			people, order = append(people, r), append(order, r.ID)
		}
		people[0], people[1], order[0], order[1] = people[1], people[0], order[1], order[0]
		now, err := g.guests.ByID(t.Context(), office, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.guests.Arrange(t.Context(), office, d.ID, now.Version, order); err != nil {
			t.Fatal(err)
		}
		done, err := g.guests.Substitute(t.Context(), office, delegations.Stand{From: people[0].ID, To: people[2].ID, AsRank: rank})
		if err != nil {
			t.Fatal(err)
		}
		if at := 1 + slices.IndexFunc(done.Order, func(r delegations.Registration) bool { return r.ID == people[2].ID }); at != want {
			t.Errorf("%s: stands at %d, want %d", rank, at, want)
		}
	}
}

// Somebody new who comes instead is asked what the category of their predecessor is.
func TestSomebodyNewIsAskedToo(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	g.ask(t, forms.Definition{Code: "speaks", Kind: forms.Language, Required: true})
	d := g.delegation(t, "D01", 4)
	in := member(2, "member")
	in.Answers = forms.Answers{"speaks": {"hu"}}
	gone, err := g.guests.AddMember(t.Context(), office, d.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	stand := delegations.Stand{From: gone.ID, AsRank: "own", New: member(1, "")}
	if _, err := g.guests.Substitute(t.Context(), office, stand); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("nothing answered: %v", err)
	}
	stand.New.Answers = forms.Answers{"speaks": {"mk"}}
	done, err := g.guests.Substitute(t.Context(), office, stand)
	if err != nil || done.After.ID == gone.ID {
		t.Fatalf("%+v, %v", done.After, err)
	}
	if list, err := g.guests.Answers(t.Context(), office, done.After); err != nil || !slices.Equal(read(list), []string{"speaks=Macedonian true"}) {
		t.Errorf("they answered %q (%v)", read(list), err)
	}
}

// Whoever asks that somebody new comes instead registers nobody: the new one has no
// place, no letter and no part in the delegation until the office confirms, and is gone
// when it refuses; also after registration ended, when people fall ill.
func TestAWishRegistersNobody(t *testing.T) {
	t.Parallel()
	g, d, head, _, waits := newCity(t)
	ctx := t.Context()
	own := accounts.GuestActor()
	own.ID, own.LinkEventID, own.RegistrationID = head.ID, head.EventID, head.ID
	before, mails := g.members(t, d), g.mails(t)
	if _, err := g.db.ExecContext(ctx, `UPDATE events SET status = 'registration_closed' WHERE id = $1`, d.EventID); err != nil {
		t.Fatal(err)
	}
	wish := func(n int) delegations.Succession {
		t.Helper()
		asked, err := g.guests.Substitute(ctx, own, delegations.Stand{From: head.ID, New: member(n, "member"), AsRank: "own"})
		if err != nil || asked.State != "asked" || g.status(t, asked.ToID) != delegations.Draft {
			t.Fatalf("%+v, %v", asked.Substitution, err)
		}
		if done, err := g.guests.Confirm(ctx, office, d.ID, true); err != nil || len(done.Placed)+len(done.Waiting)+len(done.Incomplete) != 0 {
			t.Errorf("confirming the nominees hands in %+v, %v", done, err)
		}
		return asked
	}
	for n := range 3 {
		asked := wish(21 + n)
		if _, err := g.guests.RefuseSubstitution(ctx, office, asked.ID, "The office does not know them."); err != nil {
			t.Fatal(err)
		}
		if got := g.status(t, asked.ToID); got != delegations.Withdrawn {
			t.Errorf("whoever was refused is %s", got)
		}
	}
	if got := g.members(t, d); !slices.Equal(got[:len(before)], before) {
		t.Errorf("members\n%q\nwant\n%q", got, before)
	}
	refused := "registration.not_replaced " + head.Email
	if told := g.lettersSince(t, mails); !slices.Equal(told, []string{refused, refused, refused}) { // whoever asked, and nobody else
		t.Errorf("told by %q", told)
	}
	asked := wish(30)
	if done, err := g.guests.ConfirmSubstitution(ctx, office, asked.ID); err != nil || done.After.Status != delegations.BadgeIssued || done.After.SubmittedAt == nil {
		t.Errorf("confirmed: %+v, %v", done.After, err)
	}
	if g.status(t, waits.ID) != delegations.Waitlisted {
		t.Errorf("whoever waits is %s", g.status(t, waits.ID))
	}
	var consents int
	if err := g.db.GetContext(ctx, &consents, `SELECT count(*) FROM consents WHERE registration_id = $1`, asked.ToID); err != nil || consents != 1 {
		t.Errorf("%d consents, %v", consents, err)
	}
}
