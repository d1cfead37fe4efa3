package delegations_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func member(n int, role string) delegations.Input {
	in := firm(n)
	in.BirthDate, in.TitleEN = "1972-03-07", "Member of the council"
	in.Category, in.Role, in.Passport = "", role, delegations.Passport{Number: fmt.Sprintf("TEST%05d", n), Issuer: "HU", ExpiresOn: "2031-12-31"}
	return in
}

// liaison is whoever holds a link of the delegation.
func (g ground) liaison(d delegations.Delegation) accounts.Actor {
	return delegations.Link{ID: ident.New(), EventID: d.EventID, DelegationID: d.ID, Role: accounts.Accreditation, Holder: "City hall"}.Actor()
}

func TestLiaisonKeepsTheDelegation(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	one := 1
	for _, code := range []string{"head", "member"} {
		g.category(t, code, nil)
	}
	g.category(t, "press", &one)
	d, other := g.delegation(t, "D01", 2), g.delegation(t, "D02", 2)
	by := g.liaison(d)
	add := func(by accounts.Actor, into delegations.Delegation, n int, role string) (delegations.Registration, error) {
		return g.guests.AddMember(t.Context(), by, into.ID, member(n, role))
	}
	must := func(r delegations.Registration, err error) delegations.Registration {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	interpreter := must(add(by, d, 1, "interpreter"))
	head := must(add(by, d, 2, "head"))
	elsewhere := must(add(g.liaison(other), other, 3, "press")) // takes the only place of the press
	press := must(add(by, d, 4, "press"))
	late := must(add(by, d, 5, "member"))
	for _, r := range []delegations.Registration{interpreter, head, elsewhere} {
		if r.Status != delegations.Submitted {
			t.Errorf("%s is %s", r.Role, r.Status)
		}
	}
	for _, r := range []delegations.Registration{press, late} {
		if r.Status != delegations.Waitlisted {
			t.Errorf("over quota, %s is %s", r.Role, r.Status)
		}
	}
	_, err := add(by, d, 6, "head")
	if f, ok := fault.Of(err); !ok || f.Code != fault.Invalid || f.Fields[0].Key != "constraint.registrations_one_head" {
		t.Errorf("a second head: %v", err)
	}
	_, err = g.guests.AddMember(t.Context(), by, d.ID, delegations.Input{Role: "volunteer", Consent: true, Lang: "en"})
	var paths []string
	if f, ok := fault.Of(err); ok {
		for _, b := range f.Fields {
			paths = append(paths, b.Path)
		}
	}
	slices.Sort(paths)
	if want := []string{"family_name", "nationality", "role"}; !slices.Equal(paths, want) {
		t.Errorf("a wrong role and nothing else breaks the rules of %v, want %v", paths, want)
	}

	// Nobody acts for a delegation whose link they do not hold.
	for name, actor := range map[string]accounts.Actor{
		"another delegation": g.liaison(other), "nobody": accounts.GuestActor(),
		"the same in another event": delegations.Link{EventID: ident.New(), DelegationID: d.ID}.Actor(),
		"a firm":                    delegations.Link{EventID: d.EventID, FirmID: d.ID}.Actor(),
	} {
		if _, err := add(actor, d, 7, "member"); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s adds: %v", name, err)
		}
		in := member(7, "member")
		in.Category, in.DelegationID = "member", d.ID
		if _, _, err := g.guests.Register(t.Context(), actor, g.event.ID, in); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s registers into it: %v", name, err)
		}
		if _, err := g.guests.WithdrawMember(t.Context(), actor, d.ID, head.ID); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s withdraws: %v", name, err)
		}
		if _, err := g.guests.Members(t.Context(), actor, d); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s reads: %v", name, err)
		}
	}
	if _, err := g.guests.WithdrawMember(t.Context(), by, d.ID, elsewhere.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("withdraws another's member: %v", err)
	}

	// A place of the delegation goes to who waits for it, whatever the category;
	// who waits for the press goes on waiting.
	gone := must(g.guests.WithdrawMember(t.Context(), by, d.ID, interpreter.ID))
	if gone.Status != delegations.Withdrawn {
		t.Errorf("withdrawn: %s", gone.Status)
	}
	if _, err := g.guests.WithdrawMember(t.Context(), by, d.ID, interpreter.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("withdrawn twice: %v", err)
	}
	list, err := g.guests.Members(t.Context(), by, d)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range list {
		got = append(got, fmt.Sprintf("%s %s %s", r.Role, r.Status, r.PassportLast4))
	}
	want := []string{"head submitted 0002", "press waitlisted 0004", "member under_review 0005", "interpreter withdrawn 0001"}
	if !slices.Equal(got, want) {
		t.Errorf("members %q\nwant    %q", got, want)
	}
	desk, err := g.guests.Members(t.Context(), accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Auditor}}}, d)
	if err != nil || desk[0].PassportLast4 != "" {
		t.Errorf("who may not see passports is shown %q, %v", desk[0].PassportLast4, err)
	}
	var by1 string
	if err := g.db.GetContext(t.Context(), &by1, `SELECT actor_kind || ' ' || actor_name FROM audit_entries WHERE object_id = $1 AND action = 'registration.withdrawn'`, interpreter.ID); err != nil || by1 != "guest City hall" {
		t.Errorf("the audit log says %q, %v", by1, err)
	}
	if _, err := g.guests.Save(t.Context(), office, delegations.Delegation{EventID: d.EventID, Code: d.Code, Name: d.Name, Quota: 2, Status: "withdrawn"}); err != nil {
		t.Fatal(err)
	}
	if _, err := add(by, d, 8, "member"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("adds to a delegation that does not come: %v", err)
	}
}

// TestVettingIsNotTold: whoever holds a link does not learn that a person is held
// back, nor why.
func TestVettingIsNotTold(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.category(t, "member", nil)
	d := g.delegation(t, "D01", 2)
	by := g.liaison(d)
	r, err := g.guests.AddMember(t.Context(), by, d.ID, member(1, "member"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.db.ExecContext(t.Context(), `UPDATE registrations SET status = 'on_hold', status_reason = 'vetting' WHERE id = $1`, r.ID); err != nil {
		t.Fatal(err)
	}
	seen, err := g.guests.Members(t.Context(), by, d)
	if err != nil || len(seen) != 1 || seen[0].Status != delegations.UnderReview || seen[0].StatusReason != "" {
		t.Errorf("the liaison is shown %+v, %v", seen, err)
	}
	desk, err := g.guests.Members(t.Context(), office, d)
	if err != nil || desk[0].Status != delegations.OnHold || desk[0].StatusReason != "vetting" {
		t.Errorf("the desk is shown %+v, %v", desk, err)
	}
}

func TestEditStay(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	d := g.delegation(t, "D01", 2)
	comes, goes := time.Date(2027, 6, 7, 15, 5, 0, 0, time.UTC), time.Date(2027, 6, 11, 9, 0, 0, 0, time.UTC)
	desk := protocolIn(g.event.ID)
	for _, tt := range []struct {
		name    string
		by      accounts.Actor
		version int
		in      delegations.Stay
		want    fault.Code
	}{
		{"another event's desk", protocolIn(ident.New()), 1, delegations.Stay{}, fault.Forbidden},
		{"the liaison", g.liaison(d), 1, delegations.Stay{}, fault.Forbidden},
		{"gone before they come", desk, 1, delegations.Stay{ArrivesAt: &goes, DepartsAt: &comes}, fault.Invalid},
		{"an invisible sign", desk, 1, delegations.Stay{Hotel: locale.Text{EN: "A\u202eB"}}, fault.Invalid},
		{"as it should be", desk, 1, delegations.Stay{ArrivesAt: &comes, DepartsAt: &goes, Hotel: locale.Text{ZH: " 外滩  饭店", EN: " Bund  Hotel "}}, ""},
		{"what was shown is old", desk, 1, delegations.Stay{}, fault.Conflict},
	} {
		if _, err := g.guests.EditStay(t.Context(), tt.by, d.ID, tt.version, tt.in); fault.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	after, err := g.guests.ByID(t.Context(), office, d.ID)
	if err != nil || !after.ArrivesAt.Equal(comes) || !after.DepartsAt.Equal(goes) || after.Hotel != (locale.Text{ZH: "外滩 饭店", EN: "Bund Hotel"}) || after.Version != 2 {
		t.Errorf("stands as %+v, %v", after, err)
	}
}

func TestDelegationsAreFound(t *testing.T) {
	d := delegations.Delegation{Code: "D07", Native: "Варна", Head: locale.Name{Latin: "Stoimen Zhelyazkov"}}
	d.City.ZH, d.City.EN, d.Country.ZH = "瓦尔纳", "Varna", "保加利亚"
	for search, want := range map[string]bool{"": true, "d07": true, "варна": true, "VARNA": true, "baojialiya": true, "wen": true, "瓦尔": true, "želyazkov": false, "stoimen": true, "aachen": false} {
		if got := d.Matches(search); got != want {
			t.Errorf("%q: %v", search, got)
		}
	}
}

// Whom an officer adds without what is asked before members are confirmed is nominated,
// holds no place, and is handed in once that is there; the office registers at once.
func TestWhoeverLacksSomethingIsNominated(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	for _, code := range []string{"head", "member", "companion"} {
		g.category(t, code, nil)
	}
	d := g.delegation(t, "D01", 5)
	by := g.liaison(d)
	open := member(1, "member")
	open.Passport, open.BirthDate = delegations.Passport{}, ""
	for _, tt := range []struct {
		name  string
		by    accounts.Actor
		in    delegations.Input
		want  delegations.Status
		lacks []string
	}{
		{"an officer, of everything", by, member(2, "member"), delegations.Submitted, nil},
		{"an officer, without papers", by, open, delegations.Draft, []string{"birth_date", "passport.number"}},
		{"an officer, a companion of nobody", by, member(3, "companion"), delegations.Draft, []string{"companion_of"}},
		{"the office, without papers", office, func() delegations.Input { in := open; in.Email, in.FamilyName = "o@city.example", "Office"; return in }(), delegations.Submitted, nil},
	} {
		r, err := g.guests.AddMember(t.Context(), tt.by, d.ID, tt.in)
		if err != nil || r.Status != tt.want {
			t.Fatalf("%s: %s, %v", tt.name, r.Status, err)
		}
		drafts, err := g.guests.Drafts(t.Context(), by, d)
		var lacks []string
		for _, one := range drafts {
			if one.ID == r.ID {
				lacks = one.Lacks
			}
		}
		if err != nil || !slices.Equal(lacks, tt.lacks) {
			t.Errorf("%s: lacks %v, %v", tt.name, lacks, err)
		}
	}
}
