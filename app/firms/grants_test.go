package firms_test

import (
	"reflect"
	"sync"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

func grant(firm ident.ID, kind, from, review string) firms.Grant {
	return firms.Grant{FirmID: firm, Kind: kind, From: date(from), ReviewOn: date(review), Basis: "甬外〔2027〕1号"}
}

// TestGrantsOverTime moves the clock over a grant's life: before it, in it, past its
// review, reviewed, and after its end.
func TestGrantsOverTime(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	given, err := g.Give(t.Context(), office, grant(f.ID, firms.Whitelist, "2027-05-01", "2028-05-01"))
	must(t, err)
	states := func(day string) []firms.State {
		t.Helper()
		list, err := g.on(day).Grants(t.Context(), office, f.ID)
		must(t, err)
		var states []firms.State
		for _, x := range list {
			states = append(states, x.State(date(day)))
		}
		return states
	}
	// listed is how many firms the list of a day shows as holding it, as due, and as due within thirty days.
	listed := func(day string) [3]int {
		t.Helper()
		var n [3]int
		for i, filter := range []firms.Filter{{Grant: firms.Whitelist}, {Review: firms.ReviewDue}, {Review: firms.ReviewSoon, Grant: firms.Whitelist}} {
			filter.Event = g.event
			found, err := g.on(day).Find(t.Context(), office, filter, firms.Paging{})
			must(t, err)
			n[i] = found.Total
		}
		return n
	}
	for _, tt := range []struct {
		day    string
		state  firms.State
		listed [3]int
	}{
		{"2027-04-30", firms.Planned, [3]int{0, 0, 0}},
		{"2027-05-01", firms.Held, [3]int{1, 0, 0}},
		{"2028-03-31", firms.Held, [3]int{1, 0, 0}},
		{"2028-04-01", firms.Held, [3]int{1, 0, 1}}, // thirty days ahead
		{"2028-04-30", firms.Held, [3]int{1, 0, 1}},
		{"2028-05-01", firms.Due, [3]int{0, 1, 0}}, // it rests
	} {
		if got := states(tt.day); !reflect.DeepEqual(got, []firms.State{tt.state}) || listed(tt.day) != tt.listed {
			t.Errorf("on %s it is %v, listed %v, want %s, %v", tt.day, got, listed(tt.day), tt.state, tt.listed)
		}
	}

	desk := user(accounts.Protocol, ident.Nil)
	late := g.on("2028-06-15")
	if _, err := late.Review(t.Context(), desk, f.ID, given.ID, date("2028-06-15"), "checked"); broken(err)["review_on"] != "firms.review_ahead" {
		t.Errorf("reviewed until today: %v", err)
	}
	if _, err := late.Review(t.Context(), desk, f.ID, given.ID, date("2029-06-15"), " "); broken(err)["reason"] != "field.required" {
		t.Errorf("reviewed without a word: %v", err)
	}
	_, err = late.Review(t.Context(), desk, f.ID, given.ID, date("2029-06-15"), "year-end check passed")
	must(t, err)
	if got := states("2028-06-15"); got[0] != firms.Held || listed("2028-06-15") != [3]int{1, 0, 0} {
		t.Errorf("reviewed it is %v, listed %v", got, listed("2028-06-15"))
	}
	if _, err := late.Revoke(t.Context(), desk, f.ID, given.ID, date("2028-06-14"), "misuse"); broken(err)["revoked_on"] != "firms.revoked_ahead" {
		t.Errorf("revoked for yesterday: %v", err)
	}
	_, err = late.Revoke(t.Context(), desk, f.ID, given.ID, date("2028-07-01"), "misuse")
	must(t, err)
	if _, err := late.Revoke(t.Context(), desk, f.ID, given.ID, date("2028-08-01"), "later"); broken(err)["revoked_on"] != "firms.revoked_forward" {
		t.Errorf("put off: %v", err)
	}
	_, err = late.Revoke(t.Context(), desk, f.ID, given.ID, date("2028-06-20"), "sooner")
	must(t, err)
	if states("2028-06-19")[0] != firms.Held || states("2028-06-20")[0] != firms.Ended {
		t.Errorf("around its end it is %v and %v", states("2028-06-19"), states("2028-06-20"))
	}
	if _, err := g.on("2028-06-20").Review(t.Context(), desk, f.ID, given.ID, date("2029-01-01"), "again"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("reviewed after its end: %v", err)
	}

	// From its end on there is room for another.
	if _, err := late.Give(t.Context(), desk, grant(f.ID, firms.Whitelist, "2028-06-19", "2029-01-01")); broken(err)["valid_from"] != "constraint.firm_grants_once" {
		t.Errorf("a second one beside it: %v", err)
	}
	_, err = late.Give(t.Context(), desk, grant(f.ID, firms.Whitelist, "2028-06-20", "2029-01-01"))
	must(t, err)
	if got := states("2028-06-21"); !reflect.DeepEqual(got, []firms.State{firms.Held, firms.Ended}) {
		t.Errorf("given anew: %v", got)
	}

	list, err := late.Grants(t.Context(), office, f.ID)
	must(t, err)
	type step struct {
		What, Effective, Review, Reason string
		By                              locale.Text
	}
	var steps []step
	for _, s := range list[1].Steps {
		next := ""
		if s.ReviewOn != nil {
			next = s.ReviewOn.Format("2006-01-02")
		}
		steps = append(steps, step{s.What, s.Effective.Format("2006-01-02"), next, s.Reason, s.By})
	}
	want := []step{
		{"given", "2027-05-01", "2028-05-01", "甬外〔2027〕1号", office.Called()},
		{"reviewed", "2028-06-15", "2029-06-15", "year-end check passed", desk.Called()},
		{"revoked", "2028-07-01", "", "misuse", desk.Called()},
		{"revoked", "2028-06-20", "", "sooner", desk.Called()},
	}
	if !reflect.DeepEqual(steps, want) {
		t.Errorf("the steps are\n%v\nwant\n%v", steps, want)
	}
	trail, err := audit.History(t.Context(), g.db, f.ID)
	must(t, err)
	var actions []string
	for _, e := range trail {
		actions = append(actions, e.Action)
	}
	if want := []string{"firm.create", "firm.join", "firm.grant", "firm.review", "firm.revoke", "firm.revoke", "firm.grant"}; !reflect.DeepEqual(actions, want) {
		t.Errorf("the log has %v, want %v", actions, want)
	}
}

// A grant that has not begun is taken back by never beginning.
func TestGrantThatNeverBegins(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	given, err := g.Give(t.Context(), office, grant(f.ID, firms.AutoApprove, "2027-09-01", "2028-09-01"))
	must(t, err)
	revoked, err := g.Revoke(t.Context(), office, f.ID, given.ID, date("2027-04-20"), "entered by mistake")
	must(t, err)
	if !revoked.RevokedOn.Equal(date("2027-09-01")) || revoked.State(date("2027-04-20")) != firms.Ended || revoked.State(date("2027-09-01")) != firms.Ended {
		t.Errorf("revoked on %v", revoked.RevokedOn)
	}
	_, err = g.Give(t.Context(), office, grant(f.ID, firms.AutoApprove, "2027-05-01", "2028-09-01"))
	must(t, err) // nothing is in its way
}

// The kinds are separate: holding one gives none of the others, and ends none.
func TestGrantKindsAreSeparate(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	ids := map[string]ident.ID{}
	for i, kind := range firms.GrantKinds {
		for _, other := range firms.GrantKinds[i:] {
			found, err := g.Find(t.Context(), office, firms.Filter{Grant: other}, firms.Paging{})
			if err != nil || found.Total != 0 {
				t.Errorf("before %s is given, %d firms hold %s, %v", kind, found.Total, other, err)
			}
		}
		given, err := g.Give(t.Context(), office, grant(f.ID, kind, "2027-01-01", "2028-01-01"))
		must(t, err)
		ids[kind] = given.ID
	}
	_, err := g.Revoke(t.Context(), office, f.ID, ids[firms.Whitelist], date("2027-04-20"), "misuse")
	must(t, err)
	for kind, want := range map[string]int{firms.Whitelist: 0, firms.DirectReport: 1, firms.AutoApprove: 1, firms.NoGrant: 0} {
		found, err := g.Find(t.Context(), office, firms.Filter{Grant: kind}, firms.Paging{})
		if err != nil || found.Total != want {
			t.Errorf("%d firms hold %s, want %d, %v", found.Total, kind, want, err)
		}
	}
}

func TestGrantsThatMeanNothing(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	for name, tt := range map[string]struct {
		grant firms.Grant
		field string
	}{
		"no kind":                       {grant(f.ID, "gold", "2027-01-01", "2028-01-01"), "kind"},
		"reviewed on its first day":     {grant(f.ID, firms.Whitelist, "2027-01-01", "2027-01-01"), "review_on"},
		"reviewed before it":            {grant(f.ID, firms.Whitelist, "2027-01-02", "2027-01-01"), "review_on"},
		"no basis":                      {firms.Grant{FirmID: f.ID, Kind: firms.Whitelist, From: date("2027-01-01"), ReviewOn: date("2028-01-01")}, "basis"},
		"no first day":                  {firms.Grant{FirmID: f.ID, Kind: firms.Whitelist, ReviewOn: date("2028-01-01"), Basis: "x"}, "valid_from"},
		"a basis with invisible letter": {firms.Grant{FirmID: f.ID, Kind: firms.Whitelist, From: date("2027-01-01"), ReviewOn: date("2028-01-01"), Basis: "a\u202eb"}, "basis"},
	} {
		if _, err := g.Give(t.Context(), office, tt.grant); broken(err)[tt.field] == "" || len(broken(err)) != 1 {
			t.Errorf("%s: %v, want %s", name, err, tt.field)
		}
	}
	if _, err := g.Give(t.Context(), office, grant(ident.New(), firms.Whitelist, "2027-01-01", "2028-01-01")); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("for no firm: %v", err)
	}
	given, err := g.Give(t.Context(), office, grant(f.ID, firms.Whitelist, "2027-01-01", "2028-01-01"))
	must(t, err)
	if _, err := g.Revoke(t.Context(), office, g.firm(t, 2).ID, given.ID, date("2027-05-01"), "x"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("of another firm: %v", err)
	}
}

// The database holds the rules of grants by itself, whatever a program says.
func TestDatabaseGuardsGrants(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	insert := func(kind, from, review string, revoked any, basis string) error {
		_, err := g.db.ExecContext(t.Context(), `INSERT INTO firm_grants (id, firm_id, kind, valid_from, review_on, revoked_on, basis, granted_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 'x')`,
			ident.New(), f.ID, kind, from, review, revoked, basis)
		return err
	}
	for _, tt := range []struct {
		name, kind, from, review string
		revoked                  any
		basis, constraint        string
	}{
		{"one", "whitelist", "2027-01-01", "2028-01-01", "2027-06-01", "x", ""},
		{"one more from its end", "whitelist", "2027-06-01", "2028-01-01", nil, "x", ""},
		{"one that overlaps the first", "whitelist", "2026-01-01", "2028-01-01", "2027-01-02", "x", "firm_grants_once"},
		{"one beside the open one", "whitelist", "2040-01-01", "2041-01-01", nil, "x", "firm_grants_once"},
		{"another kind beside it", "direct_report", "2027-01-01", "2028-01-01", nil, "x", ""},
		{"no kind", "gold", "2027-01-01", "2028-01-01", nil, "x", "firm_grants_kind"},
		{"reviewed on its first day", "auto_approve", "2027-01-01", "2027-01-01", nil, "x", "firm_grants_dates"},
		{"revoked before it", "auto_approve", "2027-01-02", "2028-01-01", "2027-01-01", "x", "firm_grants_dates"},
		{"no basis", "auto_approve", "2027-01-01", "2028-01-01", nil, "", "firm_grants_basis"},
	} {
		if err := insert(tt.kind, tt.from, tt.review, tt.revoked, tt.basis); store.Constraint(err) != tt.constraint || (err == nil) != (tt.constraint == "") {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.constraint)
		}
	}
	for _, code := range []string{"91330299j3nw4am187", "91330299J3NW4AM18", "91330299I3NW4AM187", "９1330299J3NW4AM187"} {
		if _, err := g.db.ExecContext(t.Context(), `UPDATE firms SET credit_code = $1`, code); store.Constraint(err) != "firms_credit_code_form" {
			t.Errorf("%s is stored: %v", code, err)
		}
	}
}

// Two who give the same grant at once give it once; two who revoke it, revoke it
// once.
func TestGrantsGivenAtOnce(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	together := func(do func(i int) error) (done int, refused []error) {
		const many = 8
		var wait sync.WaitGroup
		errs := make([]error, many)
		begin := make(chan struct{})
		for i := range many {
			wait.Go(func() {
				<-begin
				errs[i] = do(i)
			})
		}
		close(begin)
		wait.Wait()
		for _, err := range errs {
			if err == nil {
				done++
			} else {
				refused = append(refused, err)
			}
		}
		return done, refused
	}
	done, refused := together(func(i int) error {
		_, err := g.Give(t.Context(), office, grant(f.ID, firms.Whitelist, "2027-04-0"+string(rune('1'+i)), "2028-01-01"))
		return err
	})
	if done != 1 {
		t.Fatalf("given %d times", done)
	}
	for _, err := range refused {
		if broken(err)["valid_from"] != "constraint.firm_grants_once" {
			t.Errorf("refused with %v", err)
		}
	}
	list, err := g.Grants(t.Context(), office, f.ID)
	if err != nil || len(list) != 1 || len(list[0].Steps) != 1 {
		t.Fatalf("the firm has %+v, %v", list, err)
	}
	done, refused = together(func(int) error {
		_, err := g.Revoke(t.Context(), office, f.ID, list[0].ID, date("2027-04-20"), "misuse")
		return err
	})
	if done != 1 {
		t.Errorf("revoked %d times", done)
	}
	for _, err := range refused {
		if fault.CodeOf(err) != fault.Conflict {
			t.Errorf("refused with %v", err)
		}
	}
}
