package delegations_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// held counts who holds a place: of the delegation, and of the event.
func (g ground) held(t *testing.T, d delegations.Delegation) string {
	t.Helper()
	places, err := g.guests.Places(t.Context(), office, d.EventID)
	if err != nil {
		t.Fatal(err)
	}
	all := delegations.Places{}
	for _, p := range places {
		all.Taken, all.Waiting = all.Taken+p.Taken, all.Waiting+p.Waiting
	}
	read, err := g.guests.ByID(t.Context(), office, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(read.Members, " of 2, in all ", all.Taken, ", ", all.Waiting, " wait")
}

// Whoever comes instead has what the other had of places, and nobody gains or loses
// one by it but who was waiting for what the deputy had themselves.
func TestReplacementIsNeutralToPlaces(t *testing.T) {
	t.Parallel()
	type people struct{ head, deputy, waits delegations.Registration }
	fresh := member(30, "member")
	for _, tt := range []struct {
		name    string
		prepare func(g ground, p people)
		stand   func(p people) delegations.Stand
		fault   fault.Code
		held    string
		want    func(p people, to string) map[string]string // reference to role and status
	}{
		{
			"a member for the head", nil, func(p people) delegations.Stand { return delegations.Stand{From: p.head.ID, To: p.deputy.ID} }, "", "2 of 2, in all 2, 0 wait",
			func(p people, _ string) map[string]string {
				return map[string]string{p.head.Reference: "head withdrawn", p.deputy.Reference: "head badge_issued", p.waits.Reference: "member under_review"}
			},
		},
		{
			"who waits for the head", nil, func(p people) delegations.Stand { return delegations.Stand{From: p.head.ID, To: p.waits.ID} }, "", "2 of 2, in all 2, 0 wait",
			func(p people, _ string) map[string]string {
				return map[string]string{p.head.Reference: "head withdrawn", p.deputy.Reference: "member badge_issued", p.waits.Reference: "head badge_issued"}
			},
		},
		{
			"somebody new for the head", nil, func(p people) delegations.Stand { return delegations.Stand{From: p.head.ID, New: fresh} }, "", "2 of 2, in all 2, 1 wait",
			func(p people, to string) map[string]string {
				return map[string]string{p.head.Reference: "head withdrawn", p.deputy.Reference: "member badge_issued", p.waits.Reference: "member waitlisted", to: "head badge_issued"}
			},
		},
		{
			"somebody new for a head who came", func(g ground, p people) { g.set(t, p.head, delegations.CheckedIn) },
			func(p people) delegations.Stand { return delegations.Stand{From: p.head.ID, New: fresh} }, "", "2 of 2, in all 2, 1 wait",
			func(p people, to string) map[string]string {
				return map[string]string{p.head.Reference: "head departed", p.deputy.Reference: "member badge_issued", p.waits.Reference: "member waitlisted", to: "head badge_issued"}
			},
		},
		{
			"somebody new for who waits", nil, func(p people) delegations.Stand { return delegations.Stand{From: p.waits.ID, New: fresh} }, "", "2 of 2, in all 2, 1 wait",
			func(p people, to string) map[string]string {
				return map[string]string{p.head.Reference: "head badge_issued", p.deputy.Reference: "member badge_issued", p.waits.Reference: "member withdrawn", to: "member waitlisted"}
			},
		},
		{
			"a badge for who waits", nil, func(p people) delegations.Stand { return delegations.Stand{From: p.waits.ID, To: p.deputy.ID} }, fault.Conflict, "2 of 2, in all 2, 1 wait", nil,
		},
		{
			"a place for who waits", func(g ground, p people) { g.set(t, p.deputy, delegations.UnderReview) },
			func(p people) delegations.Stand { return delegations.Stand{From: p.waits.ID, To: p.deputy.ID} }, "", "2 of 2, in all 2, 0 wait",
			func(p people, _ string) map[string]string { // their own place is free, and nobody waits before them
				return map[string]string{p.head.Reference: "head badge_issued", p.deputy.Reference: "member under_review", p.waits.Reference: "member withdrawn"}
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, d, head, deputy, waits := newCity(t)
			p := people{head, deputy, waits}
			if tt.prepare != nil {
				tt.prepare(g, p)
			}
			stand := tt.stand(p)
			stand.AsRank = "own"
			for asked := range 2 { // looked at, then done
				do := g.guests.Substitute
				if asked == 0 {
					do = g.guests.PreviewSubstitution
				}
				done, err := do(t.Context(), office, stand)
				if fault.CodeOf(err) != tt.fault {
					t.Fatalf("%v, want %s", err, tt.fault)
				}
				if tt.want == nil || asked == 0 {
					continue
				}
				got := map[string]string{}
				rows, err := g.guests.Members(t.Context(), office, d)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					got[r.Reference] = r.Role + " " + string(r.Status)
				}
				if want := tt.want(p, done.After.Reference); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("members\n%v\nwant\n%v", got, want)
				}
				if gone := g.read(t, delegations.Registration{ID: stand.From}); gone.ReplacedBy != done.After.ID {
					t.Errorf("replaced by %s, want %s", gone.ReplacedBy, done.After.ID)
				}
				for _, r := range done.Order {
					if r.ID == stand.From {
						t.Errorf("whoever was replaced stands in the order: %+v", r)
					}
				}
			}
			if got := g.held(t, d); got != tt.held {
				t.Errorf("%s, want %s", got, tt.held)
			}
		})
	}
}

// Who waits keeps their number through whoever comes in their place: they are the next
// when a place is free.
func TestWhoeverComesForWhoWaitsWaitsAtTheirNumber(t *testing.T) {
	t.Parallel()
	g, d, head, _, waits := newCity(t)
	ctx := t.Context()
	later, err := g.guests.AddMember(ctx, g.liaison(d), d.ID, member(40, "member"))
	if err != nil {
		t.Fatal(err)
	}
	done, err := g.guests.Substitute(ctx, office, delegations.Stand{From: waits.ID, New: member(41, "member"), AsRank: "own"})
	if err != nil {
		t.Fatal(err)
	}
	if done.After.QueueNo != waits.QueueNo {
		t.Errorf("number %d, want %d", done.After.QueueNo, waits.QueueNo)
	}
	if got := g.letters(t, done.After); !slices.Equal(got, []string{"registration.waitlisted"}) {
		t.Errorf("told by %q", got)
	}
	if _, err := g.guests.Cancel(ctx, office, head.ID, "ill"); err != nil {
		t.Fatal(err)
	}
	if g.status(t, done.After.ID) != delegations.UnderReview || g.status(t, later.ID) != delegations.Waitlisted {
		t.Errorf("the new one is %s, the later one %s", g.status(t, done.After.ID), g.status(t, later.ID))
	}
}

// Somebody new who is only asked for belongs to no delegation, is in no queue, holds no
// place, has no link and no letter; refused, they go, whoever refuses.
func TestNewcomerWaitsOutside(t *testing.T) {
	t.Parallel()
	g, d, head, _, _ := newCity(t)
	ctx, by := t.Context(), g.liaison(d)
	before, members := g.held(t, d), g.members(t, d)
	stand := delegations.Stand{From: head.ID, New: member(50, "member"), AsRank: "own"}
	ask := func() (delegations.Succession, delegations.Registration) {
		t.Helper()
		asked, err := g.guests.Substitute(ctx, by, stand)
		if err != nil || asked.State != "asked" {
			t.Fatalf("%+v, %v", asked.Substitution, err)
		}
		return asked, g.read(t, delegations.Registration{ID: asked.ToID})
	}
	outside := func(r delegations.Registration) {
		t.Helper()
		if r.Status != delegations.Draft || r.DelegationID != ident.Nil || g.held(t, d) != before || !slices.Equal(g.members(t, d), members) {
			t.Errorf("the newcomer is %s, %s; members %q", r.Status, g.held(t, d), g.members(t, d))
		}
		var links int
		if err := g.db.GetContext(ctx, &links, `SELECT count(*) FROM magic_links WHERE registration_id = $1`, r.ID); err != nil || links != 0 {
			t.Errorf("%d links, %v", links, err)
		}
		if got := g.letters(t, r); len(got) != 0 {
			t.Errorf("told by %q", got)
		}
		if sent, err := g.guests.RenewLinks(ctx, d.EventID, r.Email); err != nil || sent != 0 {
			t.Errorf("renewed %d links, %v", sent, err)
		}
		for name, try := range map[string]error{
			"approve": second(g.guests.Approve(ctx, office, r.ID)), "reject": last(g.guests.Reject(ctx, office, r.ID, "no")), "cancel": last(g.guests.Cancel(ctx, office, r.ID, "no")),
		} {
			if fault.CodeOf(try) != fault.Conflict {
				t.Errorf("%s: %v", name, try)
			}
		}
		if done, err := g.guests.Confirm(ctx, office, d.ID, true); err != nil || len(done.Placed)+len(done.Waiting)+len(done.Incomplete) != 0 {
			t.Errorf("confirmed %+v, %v", done, err)
		}
	}

	asked, r := ask()
	outside(r)
	if _, err := g.guests.RefuseSubstitution(ctx, office, asked.ID, "send a letter"); err != nil {
		t.Fatal(err)
	}
	if got := g.status(t, r.ID); got != delegations.Withdrawn || g.held(t, d) != before {
		t.Errorf("refused, the newcomer is %s; %s", got, g.held(t, d))
	}

	asked, r = ask()
	done, err := g.guests.ConfirmSubstitution(ctx, office, asked.ID)
	if err != nil || done.After.Status != delegations.BadgeIssued || done.After.DelegationID != d.ID || done.After.Role != "head" || g.held(t, d) != before {
		t.Errorf("confirmed: %+v, %s, %v", done.After, g.held(t, d), err)
	}
	if got := g.letters(t, r); !slices.Equal(got, []string{"registration.took_place"}) {
		t.Errorf("told by %q", got)
	}

	// Whoever was to be replaced calls off: there is nothing to decide any more.
	stand.From, stand.New = done.After.ID, member(51, "member")
	asked, r = ask()
	if _, err := g.guests.Cancel(ctx, office, done.After.ID, "ill"); err != nil {
		t.Fatal(err)
	}
	x, _, err := g.guests.Substitution(ctx, office, asked.ID)
	if err != nil || x.State != "refused" || g.status(t, r.ID) != delegations.Withdrawn {
		t.Errorf("overtaken: %+v, the newcomer is %s, %v", x, g.status(t, r.ID), err)
	}
}

func last[T any](_ T, err error) error           { return err }
func second[T, U any](_ T, _ U, err error) error { return err }

// Whoever looks after the delegation is told, whoever meets it, and whoever asked in
// vain; each once.
func TestWhoIsToldOfAReplacement(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, _ := newCity(t)
	ctx := t.Context()
	for _, o := range []delegations.Officer{
		{Role: accounts.Accreditation, Holder: "Ana", Email: "ana@city.example", Lang: "en"}, {Role: accounts.Liaison, Holder: "Ana", Email: "ana@city.example", Lang: "en"},
		{Role: accounts.HostLiaison, Holder: "Zhou", Email: "zhou@office.example", Lang: "zh"}, {Role: accounts.Media, Holder: "Press", Email: "press@city.example", Lang: "en"},
		{Role: accounts.Accreditation, Holder: "No address", Lang: "en"},
	} {
		if _, _, err := g.guests.MakeOfficerLink(ctx, office, d.ID, o, g.event.EndsOn); err != nil {
			t.Fatal(err)
		}
	}
	told := func(since int) []string {
		list := g.lettersSince(t, since)
		slices.Sort(list)
		return list
	}
	stand := delegations.Stand{From: head.ID, To: deputy.ID, AsRank: "own"}

	asked, err := g.guests.Substitute(ctx, g.liaison(d), stand)
	if err != nil {
		t.Fatal(err)
	}
	n := g.mails(t)
	if _, err := g.guests.RefuseSubstitution(ctx, office, asked.ID, "send a letter"); err != nil {
		t.Fatal(err)
	}
	if got, want := told(n), []string{"delegation.not_replaced ana@city.example"}; !slices.Equal(got, want) {
		t.Errorf("refused: told\n%q\nwant\n%q", got, want)
	}

	// It falls, since the deputy is called off: whoever asked for it is told, unless it was
	// them.
	for i, tt := range []struct {
		by   accounts.Actor
		told []string
	}{{office, []string{"delegation.replacement_fell ana@city.example"}}, {g.liaison(d), nil}} {
		extra, err := g.guests.AddMember(ctx, office, d.ID, member(61+i, "member"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.guests.Substitute(ctx, g.liaison(d), delegations.Stand{From: head.ID, To: extra.ID, AsRank: "own"}); err != nil {
			t.Fatal(err)
		}
		n = g.mails(t)
		if _, err := g.guests.WithdrawMember(ctx, tt.by, d.ID, extra.ID); err != nil {
			t.Fatal(err)
		}
		if got, want := told(n), append(tt.told, "registration.cancelled "+extra.Email); !slices.Equal(got, want) {
			t.Errorf("fell: told\n%q\nwant\n%q", got, want)
		}
	}

	own := accounts.GuestActor()
	own.ID, own.LinkEventID, own.RegistrationID = head.ID, head.EventID, head.ID
	if asked, err = g.guests.Substitute(ctx, own, delegations.Stand{From: head.ID, New: member(60, "member"), AsRank: "own"}); err != nil || !asked.Own || asked.Officers != nil {
		t.Fatalf("%+v, %v", asked, err)
	}
	n = g.mails(t)
	if _, err := g.guests.RefuseSubstitution(ctx, office, asked.ID, "send a letter"); err != nil {
		t.Fatal(err)
	}
	if got, want := told(n), []string{"registration.not_replaced " + head.Email}; !slices.Equal(got, want) {
		t.Errorf("refused: told\n%q\nwant\n%q", got, want)
	}

	met := g.firm(t, "F900", "91330299J3NW4AM187")
	if _, err := g.db.ExecContext(ctx, `UPDATE firms SET contact_email = 'firm@firm.example' WHERE id = $1`, met.ID); err != nil {
		t.Fatal(err)
	}
	n = g.mails(t)
	done, err := g.guests.Substitute(ctx, office, stand, func(ctx context.Context, tx *sqlx.Tx, _ accounts.Actor, from, to delegations.Registration) error {
		return g.guests.TellFirms(ctx, tx, from, to, map[ident.ID]int{met.ID: 2})
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"delegation.replaced ana@city.example", "delegation.replaced zhou@office.example", "firm.counterpart firm@firm.example",
		"registration.replaced " + head.Email, "registration.took_place " + deputy.Email,
	}
	slices.Sort(want)
	if got := told(n); !slices.Equal(got, want) {
		t.Errorf("told\n%q\nwant\n%q", got, want)
	}
	if len(done.Officers) != 2 {
		t.Errorf("officers told: %q", done.Officers)
	}
}

// Who comes instead reads in whose place, as what and with whom; who is replaced reads by
// whom. Neither needs to have known the other.
func TestLettersOfAReplacementNameTheOther(t *testing.T) {
	t.Parallel()
	g, _, head, _, _ := newCity(t)
	g = g.speak(t)
	done, err := g.guests.Substitute(t.Context(), office, delegations.Stand{From: head.ID, New: member(50, "member"), AsRank: "own"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		of   ident.ID
		says []string
	}{
		{done.ToID, []string{"Instead of  " + head.Called().In(locale.EN), "Role  Head", "State  Badge issued", "身份  团长"}},
		{head.ID, []string{"Comes  " + done.To.In(locale.EN)}},
	} {
		list := g.lettersOf(t, tt.of)
		last := list[len(list)-1].Text
		for _, words := range tt.says {
			if !strings.Contains(last, words) {
				t.Errorf("%q is not in\n%s", words, last)
			}
		}
	}
}
