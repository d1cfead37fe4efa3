package delegations_test

import (
	"slices"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
)

func TestReturnNamesFields(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Return(t.Context(), office, r.ID, "look again", "password"); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a field that nobody has: %v", err)
	}
	returned, err := g.guests.Return(t.Context(), office, r.ID, "look again", "title_en", "birth_date")
	if err != nil || !slices.Equal(returned.Requested.All(), []string{"birth_date", "title_en"}) || returned.Requested != g.read(t, r).Requested {
		t.Fatalf("%q, %v", returned.Requested, err)
	}
	_, err = g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"title_en": "Mayor"})
	if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Path != "birth_date" || f.Fields[0].Key != "registration.requested" {
		t.Errorf("what was asked for is still missing: %v", err)
	}
	done, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"title_en": "Mayor", "birth_date": "1970-01-01"})
	if err != nil || done.Registration.Status != delegations.Submitted || done.Registration.Requested != "" || done.Registration.StatusReason != "" {
		t.Errorf("%+v, %v", done.Registration, err)
	}
	steps, err := g.guests.Steps(t.Context(), office, r)
	if err != nil || len(steps) != 3 || steps[2].From != delegations.Returned || steps[2].To != delegations.Submitted || steps[2].Source != "web" {
		t.Errorf("%+v, %v", steps, err)
	}
}

func TestNewAddressIsToldToTheOldOne(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, r.Version, delegations.Edit{"email": "else@city.example"}); err != nil {
		t.Fatal(err)
	}
	var to []string
	if err := g.db.SelectContext(t.Context(), &to, `SELECT recipient FROM mails WHERE template = 'registration.address_changed'`); err != nil || !slices.Equal(to, []string{"m1@city.example"}) {
		t.Errorf("told %v, %v", to, err)
	}
	if _, err := g.guests.ByLink(t.Context(), secret); err != nil {
		t.Errorf("who changes their own address goes on by their link: %v", err)
	}
	// When the desk puts it right, what went to the wrong address ends.
	if _, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{"email": "right@city.example"}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.ByLink(t.Context(), secret); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the link of the wrong address: %v", err)
	}
	if err := g.db.SelectContext(t.Context(), &to, `SELECT recipient FROM mails WHERE template = 'registration.link'`); err != nil || !slices.Equal(to, []string{"right@city.example"}) {
		t.Errorf("a link goes to %v, %v", to, err)
	}
}

// Nobody accepts a change that they cannot read.
func TestSealedChangesAreForWhoReadsThem(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"birth_date": "1980-02-29"}); err != nil {
		t.Fatal(err)
	}
	change := g.changes(t, r)[0].ID
	by := func(role accounts.Role) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.event.ID, Role: role}}}
	}
	if _, _, err := g.guests.ApproveChange(t.Context(), by(accounts.Programme), r.ID, change, nil); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("programme accepts a birth date: %v", err)
	}
	if _, _, err := g.guests.ApproveChange(t.Context(), by(accounts.Protocol), r.ID, change, nil); err != nil {
		t.Errorf("protocol: %v", err)
	}
}

// A search for what is longer than any name finds nobody.
func TestSearchForALongWord(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Search: strings.Repeat("x", 2047)})
	if err != nil || len(page.Rows) != 0 {
		t.Errorf("%d found, %v", len(page.Rows), err)
	}
}

func TestLiaisonEditsOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.category(t, "member", nil)
	d, other := g.delegation(t, "D01", 3), g.delegation(t, "D02", 3)
	r, err := g.guests.AddMember(t.Context(), g.liaison(d), d.ID, member(1, "member"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Edit(t.Context(), g.liaison(other), r.ID, 0, delegations.Edit{"phone": ""}); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("another delegation's liaison: %v", err)
	}
	g.set(t, r, delegations.OnHold)
	done, err := g.guests.Edit(t.Context(), g.liaison(d), r.ID, 0, delegations.Edit{"title_en": "Deputy mayor", "nationality": "XX"})
	if f, ok := fault.Of(err); !ok || f.Code != fault.Invalid || f.Fields[0].Path != "nationality" {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := g.guests.Edit(t.Context(), g.liaison(d), r.ID, 0, delegations.Edit{"title_en": "Deputy mayor"}); err != nil {
		t.Fatal(err)
	}
	if list := g.changes(t, r); len(list) != 1 || list[0].Source != "delegation" || list[0].Actor.EN != "City hall" {
		t.Errorf("%+v", list)
	}
}
