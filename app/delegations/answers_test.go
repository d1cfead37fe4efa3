package delegations_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func words(s string) locale.Text { return locale.Text{ZH: s, EN: s} }

// ask adds questions to the event's form.
func (g ground) ask(t *testing.T, list ...forms.Definition) (asked []forms.Question) {
	t.Helper()
	for _, d := range list {
		d.Label = words(d.Code)
		q, err := forms.New(g.db, april, ident.New).Add(t.Context(), office, g.event.ID, d)
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, q)
	}
	return asked
}

// read writes answers as a person reads them: code, answer, whether still asked.
func read(list []forms.Given) (lines []string) {
	for _, g := range list {
		lines = append(lines, fmt.Sprint(g.Code, "=", g.Words().EN, " ", !g.NoLongerAsked()))
	}
	return lines
}

// A form may change after people answered: what they answered stays readable.
func TestAChangedFormKeepsAnswers(t *testing.T) {
	t.Parallel()
	g := newGround(t, 10)
	asked := g.ask(t,
		forms.Definition{Code: "flight", Kind: forms.Text},
		forms.Definition{Code: "topics", Kind: forms.Choices, Options: []forms.Option{{Code: "port", Label: words("Port")}, {Code: "green", Label: words("Green")}}},
		forms.Definition{Code: "speaks", Kind: forms.Language},
		forms.Definition{Code: "photos", Kind: forms.Consent, Required: true, Agreement: words("We take photos.")},
	)
	in := firm(1)
	in.FamilyName = ""
	in.Answers = forms.Answers{"speaks": {"??"}}
	_, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
	if f, _ := fault.Of(err); f == nil || len(f.Fields) != 3 {
		t.Fatalf("want the name, the language and the consent at once, got %v", err)
	}
	in = firm(1)
	in.Answers = forms.Answers{"flight": {"LH 728"}, "topics": {"green", "port"}, "speaks": {"bg"}, "photos": {"1"}}
	r, secret, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	service := forms.New(g.db, april, ident.New)
	if err := service.Archive(t.Context(), office, g.event.ID, asked[0].ID); err != nil {
		t.Fatal(err)
	}
	d := forms.Definition{Kind: forms.Choices, Label: words("Topics"), Options: []forms.Option{{Code: "port", Label: words("Harbour")}, {Code: "air", Label: words("Air")}}}
	if _, err := service.Edit(t.Context(), office, g.event.ID, asked[1].ID, asked[1].Version, d); err != nil {
		t.Fatal(err)
	}
	d = forms.Definition{Kind: forms.Consent, Label: words("photos"), Agreement: words("We take photos and films.")}
	if _, err := service.Edit(t.Context(), office, g.event.ID, asked[3].ID, asked[3].Version, d); err != nil {
		t.Fatal(err)
	}
	want := []string{"topics=Harbour, Green true", "speaks=Bulgarian true", "photos=1 true", "flight=LH 728 false"}
	desk, err := g.guests.Answers(t.Context(), office, r)
	if got := read(desk); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the desk reads %q, want %q (%v)", got, want, err)
	}
	if len(desk) > 2 && desk[2].Agreement.Text.EN != "We take photos." {
		t.Errorf("agreed to %q", desk[2].Agreement.Text.EN)
	}
	own, err := g.guests.OwnAnswers(t.Context(), secret)
	if got := read(own); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the guest reads %q, want %q (%v)", got, want, err)
	}
	if _, err := g.guests.Answers(t.Context(), accounts.GuestActor(), r); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest reads answers: %v", err)
	}
	if _, err := g.guests.OwnAnswers(t.Context(), "no such link"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a wrong link reads answers: %v", err)
	}
	var agreed []string
	err = g.db.SelectContext(t.Context(), &agreed, `SELECT purpose || ' ' || text_version || ' ' || lang FROM consents WHERE registration_id = $1 ORDER BY purpose`, r.ID)
	if want := []string{"form.photos 1 en", "registration " + delegations.ConsentVersion + " en"}; err != nil || !reflect.DeepEqual(agreed, want) {
		t.Errorf("consents are %q, want %q (%v)", agreed, want, err)
	}
}

// By the white list only a firm with a grant that holds today is approved at once.
func TestWhiteListApproval(t *testing.T) {
	t.Parallel()
	g := newGround(t, 1)
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	list, made := firms.New(g.db, april, ident.New), 0
	give := func(code, kind, from, review string) ident.ID {
		made++
		credit := fmt.Sprintf("9133029900000000%d", made)
		for _, sign := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
			if firms.ValidCreditCode(credit + string(sign)) {
				credit += string(sign)
				break
			}
		}
		f := g.joined(t, code, credit, false)
		if kind != "" {
			if _, err := list.Give(t.Context(), office, firms.Grant{FirmID: f.ID, Kind: kind, From: day(from), ReviewOn: day(review), Basis: "letter"}); err != nil {
				t.Fatal(err)
			}
		}
		return f.ID
	}
	categories, err := eventsOf(g).Categories(t.Context(), g.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range categories {
		if c.Code == "press" {
			c.Approval = "whitelist"
			if _, err := eventsOf(g).SaveCategory(t.Context(), office, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, tt := range []struct {
		name string
		firm ident.ID
		want delegations.Status
	}{
		{"no firm", ident.Nil, delegations.Submitted},
		{"no grant", give("F1", "", "", ""), delegations.Submitted},
		{"another grant", give("F2", "whitelist", "2027-01-01", "2028-01-01"), delegations.Submitted},
		{"not yet", give("F3", "auto_approve", "2027-04-21", "2028-01-01"), delegations.Submitted},
		{"from today", give("F4", "auto_approve", "2027-04-20", "2028-01-01"), delegations.BadgeIssued},
		{"review due", give("F5", "auto_approve", "2027-01-01", "2027-04-20"), delegations.Submitted},
	} {
		in := firm(i)
		in.Category, in.FirmID = "press", tt.firm
		r, _, err := g.guests.Register(t.Context(), office, g.event.ID, in)
		if err != nil || r.Status != tt.want {
			t.Errorf("%s: %s, want %s (%v)", tt.name, r.Status, tt.want, err)
		}
	}
}

func eventsOf(g ground) *events.Service { return events.New(g.db, april, ident.New) }

// More places go to those who wait, in the order in which they came; fewer take
// none away.
func TestARaisedQuotaPromotes(t *testing.T) {
	t.Parallel()
	g := newGround(t, 2)
	var all []delegations.Registration
	for i := range 6 {
		r, _, err := g.register(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	states := func() string {
		var list []string
		for _, r := range all {
			now, err := g.guests.Registration(t.Context(), office, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, map[delegations.Status]string{delegations.Submitted: "S", delegations.Waitlisted: "W", delegations.UnderReview: "R"}[now.Status])
		}
		return strings.Join(list, "")
	}
	quota := func(n int) *int { return &n }
	for _, tt := range []struct {
		quota *int
		want  string
	}{{quota(2), "SSWWWW"}, {quota(4), "SSRRWW"}, {quota(1), "SSRRWW"}, {quota(4), "SSRRWW"}, {nil, "SSRRRR"}} {
		categories, err := eventsOf(g).Categories(t.Context(), g.event.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range categories {
			if c.Code != "firm" {
				continue
			}
			c.Quota = tt.quota
			if _, err := g.guests.EditCategory(t.Context(), accounts.GuestActor(), c); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("a guest sets a quota: %v", err)
			}
			if _, err := g.guests.EditCategory(t.Context(), office, c); err != nil {
				t.Fatal(err)
			}
			if _, err := g.guests.EditCategory(t.Context(), office, c); fault.CodeOf(err) != fault.Conflict {
				t.Errorf("an older version was saved: %v", err)
			}
		}
		if got := states(); got != tt.want {
			t.Errorf("with %v places: %s, want %s", tt.quota, got, tt.want)
		}
	}
}
