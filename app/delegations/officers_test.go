package delegations_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/mail"
)

// officer holds a link of a delegation by a role.
func (g ground) officer(d delegations.Delegation, role accounts.OfficerRole) accounts.Actor {
	return delegations.Link{ID: ident.New(), EventID: d.EventID, DelegationID: d.ID, Role: role, Holder: string(role)}.Actor()
}

// memberCategories adds the categories that members register in.
func (g ground) memberCategories(t *testing.T) {
	t.Helper()
	for _, code := range []string{"head", "member", "press", "companion"} {
		g.category(t, code, nil)
	}
}

// nominate names somebody for a delegation by the office.
func (g ground) nominate(t *testing.T, d delegations.Delegation, role, family string) delegations.Registration {
	t.Helper()
	r, err := g.guests.Nominate(t.Context(), office, d.ID, delegations.Nomination{Role: role, GivenName: "Zsófia", FamilyName: family, Email: "m@city.example"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// whole is all that a member is asked for.
var whole = delegations.Edit{
	"nationality": "HU", "birth_date": "1965-02-04", "passport.number": "TEST00001", "passport.issuer": "HU", "passport.expires_on": "2031-12-31",
	"title_en": "Mayor", "organisation": "City hall",
}

func (g ground) complete(t *testing.T, r delegations.Registration) delegations.Registration {
	t.Helper()
	done, missing, err := g.guests.Complete(t.Context(), office, r.ID, 0, whole, delegations.Particulars{CompanionOf: r.CompanionOf})
	if err != nil || len(missing) > 0 {
		t.Fatalf("%s lacks %q, %v", r.FamilyName, missing, err)
	}
	return done
}

// TestOfficersActWithinTheirRole tries everything by every role, on a member and on
// one of the press, and compares what was refused with the table of duties.
func TestOfficersActWithinTheirRole(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d, other := g.delegation(t, "D01", 50), g.delegation(t, "D02", 50)
	stay := delegations.Stay{}
	for _, role := range accounts.OfficerRoles {
		by, stranger := g.officer(d, role), g.officer(other, role)
		for _, about := range []string{"member", "press"} {
			draft, submitted := g.nominate(t, d, about, "Draft"), g.nominate(t, d, about, "Sent")
			g.complete(t, submitted)
			if _, err := g.guests.Confirm(t.Context(), office, d.ID, true); err != nil {
				t.Fatal(err)
			}
			doomed := g.nominate(t, d, about, "Doomed")
			ctx := t.Context()
			for _, act := range []struct {
				duty accounts.Duty
				try  func(by accounts.Actor) error
			}{
				{accounts.Nominate, func(by accounts.Actor) error {
					_, err := g.guests.Nominate(ctx, by, d.ID, delegations.Nomination{Role: about, FamilyName: "Named"})
					return err
				}},
				{accounts.Complete, func(by accounts.Actor) error {
					_, _, err := g.guests.Complete(ctx, by, draft.ID, 0, delegations.Edit{"title_en": "Mayor of " + string(by.Officer)}, delegations.Particulars{})
					return err
				}},
				{accounts.Complete, func(by accounts.Actor) error {
					_, err := g.guests.Edit(ctx, by, submitted.ID, 0, delegations.Edit{"phone": "+36 1 0000000"})
					return err
				}},
				{accounts.Complete, func(by accounts.Actor) error {
					_, err := g.guests.Invite(ctx, by, draft.ID)
					return err
				}},
				{accounts.EditNeeds, func(by accounts.Actor) error {
					_, err := g.guests.Edit(ctx, by, submitted.ID, 0, delegations.Edit{"meal_plan": "vegan", "languages": "hu,de"})
					return err
				}},
				{accounts.EditStay, func(by accounts.Actor) error {
					now, err := g.guests.ByID(ctx, office, d.ID)
					if err == nil {
						_, err = g.guests.EditStay(ctx, by, d.ID, now.Version, stay)
					}
					return err
				}},
				{accounts.Withdraw, func(by accounts.Actor) error {
					_, err := g.guests.WithdrawMember(ctx, by, d.ID, doomed.ID)
					return err
				}},
				{accounts.SeeMember, func(by accounts.Actor) error {
					_, err := g.guests.Member(ctx, by, d, submitted.ID)
					if fault.CodeOf(err) == fault.NotFound { // whoever may not see them is not told that they exist
						return fault.New(fault.Forbidden, "error.forbidden")
					}
					return err
				}},
			} {
				may := by.MayFor(act.duty, d.EventID, d.ID, about)
				switch act.duty {
				case accounts.EditStay:
					may = by.MayFor(act.duty, d.EventID, d.ID, "")
				case accounts.EditNeeds: // whoever completes them writes everything
					may = may || by.MayFor(accounts.Complete, d.EventID, d.ID, about)
				}
				if err := act.try(stranger); fault.CodeOf(err) != fault.Forbidden {
					t.Errorf("%s of another delegation does %s: %v", role, act.duty, err)
				}
				if err := act.try(by); may && err != nil || !may && fault.CodeOf(err) != fault.Forbidden {
					t.Errorf("%s, %s of one as %s: %v, want allowed %v", role, act.duty, about, err, may)
				}
			}
		}
	}
	// Nobody but the office decides, and papers are read by whoever completes.
	g.complete(t, g.nominate(t, d, "member", "Last"))
	for _, role := range accounts.OfficerRoles {
		list, err := g.guests.Members(t.Context(), g.officer(d, role), d)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if role == accounts.Media && r.Role != "press" || r.PassportLast4 != "" && !role.Has(accounts.Complete) {
				t.Errorf("%s sees %s %s, passport %q", role, r.Role, r.FamilyName, r.PassportLast4)
			}
			if _, _, err := g.guests.Approve(t.Context(), g.officer(d, role), r.ID); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s approves: %v", role, err)
			}
		}
	}
}

// TestOfficersLink says what a link is made of and what is refused.
func TestOfficersLink(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	d := g.delegation(t, "D01", 2)
	until := time.Date(2027, 6, 11, 0, 0, 0, 0, g.event.Location())
	for _, tt := range []struct {
		in   delegations.Officer
		want string // broken fields
	}{
		{delegations.Officer{Role: "mayor", Holder: "X"}, "role"},
		{delegations.Officer{Holder: "X"}, "role"},
		{delegations.Officer{Role: accounts.Media, Holder: "X", Email: "nobody", Lang: "fr"}, "lang email"},
		{delegations.Officer{Role: accounts.Media}, "holder"},
	} {
		_, _, err := g.guests.MakeOfficerLink(t.Context(), office, d.ID, tt.in, until)
		var fields []string
		if f, ok := fault.Of(err); ok {
			for _, field := range f.Fields {
				fields = append(fields, field.Path)
			}
		}
		if strings.Join(fields, " ") != tt.want {
			t.Errorf("%+v: %v, want %q", tt.in, err, tt.want)
		}
	}
	for _, role := range accounts.OfficerRoles {
		_, secret, err := g.guests.MakeOfficerLink(t.Context(), office, d.ID, delegations.Officer{Role: role, Holder: "Office", Email: "Office@City.example", Lang: "zh"}, until)
		if err != nil {
			t.Fatal(err)
		}
		_, l, err := g.guests.DelegationByLink(t.Context(), secret)
		if by := l.Actor(); err != nil || l.Role != role || l.Email != "Office@city.example" || l.Lang != "zh" || by.Officer != role || by.DelegationID != d.ID {
			t.Errorf("the link of %s opens %+v, %v", role, l, err)
		}
	}
	links, err := g.guests.DelegationLinks(t.Context(), office, d.ID)
	if err != nil || len(links) != len(accounts.OfficerRoles) {
		t.Errorf("%d links, %v", len(links), err)
	}
}

// TestCompleteness says of each kind of member what they lack.
func TestCompleteness(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 20)
	host := g.nominate(t, d, "head", "Host")
	with := func(change ...string) delegations.Edit {
		edit := delegations.Edit{}
		for field, value := range whole {
			edit[field] = value
		}
		for i := 0; i+1 < len(change); i += 2 {
			edit[change[i]] = change[i+1]
		}
		return edit
	}
	for _, tt := range []struct {
		name, role string
		edit       delegations.Edit
		more       delegations.Particulars
		want       string
	}{
		{"only a name", "member", nil, delegations.Particulars{}, "nationality birth_date passport.number title"},
		{"only a name, of the press", "press", nil, delegations.Particulars{}, "nationality birth_date passport.number organisation title"},
		{"all", "member", whole, delegations.Particulars{}, ""},
		{"all, of the press", "press", whole, delegations.Particulars{}, ""},
		{"no address: whoever nominated them is told", "member", with("email", ""), delegations.Particulars{}, ""},
		{"a title in Chinese", "member", with("title_en", "", "title_zh", "市长"), delegations.Particulars{}, ""},
		{"papers that expire before the end", "member", with("passport.expires_on", "2027-06-09"), delegations.Particulars{}, "passport.expires_on"},
		{"papers that expire on the last day", "member", with("passport.expires_on", "2027-06-10"), delegations.Particulars{}, ""},
		{"comes with nobody", "companion", with("title_en", ""), delegations.Particulars{}, "companion_of"},
		{"comes with the head", "companion", with("title_en", ""), delegations.Particulars{CompanionOf: host.ID}, ""},
		{"becomes a companion", "member", with("title_en", ""), delegations.Particulars{Role: "companion", CompanionOf: host.ID}, ""},
		{"fourteen on the first day", "companion", with("birth_date", "2013-06-08"), delegations.Particulars{CompanionOf: host.ID}, ""},
		{"thirteen on the first day", "companion", with("birth_date", "2013-06-09"), delegations.Particulars{CompanionOf: host.ID}, "guardian"},
		{"a child whose mother agrees", "companion", with("birth_date", "2013-06-09"), delegations.Particulars{CompanionOf: host.ID, Guardian: "Réti Anna"}, ""},
	} {
		r := g.nominate(t, d, tt.role, "Réti")
		done, missing, err := g.guests.Complete(t.Context(), office, r.ID, r.Version, tt.edit, tt.more)
		if err != nil || strings.Join(missing, " ") != tt.want {
			t.Errorf("%s: lacks %q, %v, want %q", tt.name, missing, err, tt.want)
		}
		if done.Status != delegations.Draft || done.CompanionOf != tt.more.CompanionOf || done.Guardian != tt.more.Guardian {
			t.Errorf("%s: is %+v", tt.name, done)
		}
	}
	for _, tt := range []struct {
		name string
		edit delegations.Edit
		more delegations.Particulars
		want string
	}{
		{"comes with a stranger", nil, delegations.Particulars{Role: "companion", CompanionOf: ident.New()}, "companion_of"},
		{"a member comes with somebody", nil, delegations.Particulars{CompanionOf: host.ID}, "companion_of"},
		{"a second head", nil, delegations.Particulars{Role: "head"}, "role"},
		{"what was typed is still held to the rules", delegations.Edit{"family_name": "Рети", "email": "x", "passport.number": "1"}, delegations.Particulars{}, "family_name email passport.number passport.issuer passport.expires_on"},
		{"somebody has a name", delegations.Edit{"family_name": ""}, delegations.Particulars{}, "family_name"},
	} {
		r := g.nominate(t, d, "member", "Réti")
		_, _, err := g.guests.Complete(t.Context(), office, r.ID, r.Version, tt.edit, tt.more)
		var fields []string
		if f, ok := fault.Of(err); ok {
			for _, field := range f.Fields {
				fields = append(fields, field.Path)
			}
		}
		if strings.Join(fields, " ") != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, fields, tt.want)
		}
	}
}

// TestDraftsAreConfirmedAtOnce confirms all who are complete and lists the others;
// drafts hold no place, and who is over the places of a class waits.
func TestDraftsAreConfirmedAtOnce(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 4)
	if _, err := g.guests.SetPlaces(t.Context(), office, d.ID, 1, 4, map[string]int{"press": 1}); err != nil {
		t.Fatal(err)
	}
	by := g.officer(d, accounts.Accreditation)
	for i, role := range []string{"head", "press", "press", "member", "member", "member", "interpreter"} {
		r := g.nominate(t, d, role, fmt.Sprintf("Réti %c", 'A'+i))
		if role != "interpreter" {
			g.complete(t, r)
		}
	}
	now, err := g.guests.ByID(t.Context(), office, d.ID)
	if err != nil || now.Members != 0 {
		t.Fatalf("drafts hold %d places, %v", now.Members, err)
	}
	if _, err := g.guests.Confirm(t.Context(), by, d.ID, false); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("confirmed without anybody's consent: %v", err)
	}
	done, err := g.guests.Confirm(t.Context(), by, d.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	names := func(list []delegations.Registration) (s string) {
		for _, r := range list {
			s += r.FamilyName[len(r.FamilyName)-1:]
		}
		return s
	}
	if names(done.Placed) != "ABDE" || names(done.Waiting) != "CF" || len(done.Incomplete) != 1 || done.Incomplete[0].FamilyName != "Réti G" || len(done.Incomplete[0].Lacks) != 4 {
		t.Errorf("placed %s, waiting %s, incomplete %+v", names(done.Placed), names(done.Waiting), done.Incomplete)
	}
	again, err := g.guests.Confirm(t.Context(), by, d.ID, true)
	if err != nil || len(again.Placed)+len(again.Waiting) != 0 || len(again.Incomplete) != 1 {
		t.Errorf("confirmed again: %+v, %v", again, err)
	}

	// More places of the class alone are no use while the whole is full; more of the
	// whole are given at once.
	status := func() (s string) {
		list, err := g.guests.Members(t.Context(), office, d)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(list, func(a, b delegations.Registration) int { return strings.Compare(a.Reference, b.Reference) })
		for _, r := range list {
			s += " " + r.FamilyName[len(r.FamilyName)-1:] + ":" + string(r.Status)
		}
		return s
	}
	set := func(quota int, classes map[string]int) {
		t.Helper()
		now, err := g.guests.ByID(t.Context(), office, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.guests.SetPlaces(t.Context(), protocolIn(d.EventID), d.ID, now.Version, quota, classes); err != nil {
			t.Fatal(err)
		}
	}
	set(4, map[string]int{"press": 2})
	if got, want := status(), " A:submitted B:submitted C:waitlisted D:submitted E:submitted F:waitlisted G:draft"; got != want {
		t.Errorf("with more press:%s", got)
	}
	set(6, map[string]int{"press": 1})
	if got, want := status(), " A:submitted B:submitted C:waitlisted D:submitted E:submitted F:under_review G:draft"; got != want {
		t.Errorf("with more places:%s", got)
	}
	set(6, nil)
	if got, want := status(), " A:submitted B:submitted C:under_review D:submitted E:submitted F:under_review G:draft"; got != want {
		t.Errorf("with no class bound:%s", got)
	}
	for _, tt := range []struct {
		by      accounts.Actor
		version int
		quota   int
		classes map[string]int
		want    fault.Code
	}{
		{by, 0, 9, nil, fault.Forbidden},
		{office, 1, 9, nil, fault.Conflict},
		{office, 0, -1, nil, fault.Invalid},
		{office, 0, 3, map[string]int{"press": 4}, fault.Invalid},
		{office, 0, 3, map[string]int{"guest": 1}, fault.Invalid},
	} {
		if tt.version == 0 {
			now, err := g.guests.ByID(t.Context(), office, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			tt.version = now.Version
		}
		if _, err := g.guests.SetPlaces(t.Context(), tt.by, d.ID, tt.version, tt.quota, tt.classes); fault.CodeOf(err) != tt.want {
			t.Errorf("%d, %v: %v, want %q", tt.quota, tt.classes, err, tt.want)
		}
	}
}

// TestAPersonCompletesTheirOwn mails a nominated person their page, on which they
// say what is missing; nobody takes a draft for a registration.
func TestAPersonCompletesTheirOwn(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 4)
	r := g.nominate(t, d, "member", "Réti")
	if _, err := g.guests.Invite(t.Context(), g.officer(d, accounts.Accreditation), r.ID); err != nil {
		t.Fatal(err)
	}
	secret := g.mailed(t, "registration.nominated", "/me/")
	own, err := g.guests.EditOwn(t.Context(), secret, r.Version, whole)
	if err != nil || own.Registration.Status != delegations.Draft || own.Registration.TitleEN != "Mayor" {
		t.Fatalf("%+v, %v", own.Registration, err)
	}
	if _, err := g.guests.Withdraw(t.Context(), secret); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a draft calls off: %v", err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, r.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a draft is approved: %v", err)
	}
	drafts, err := g.guests.Drafts(t.Context(), g.officer(d, accounts.Liaison), d)
	if err != nil || len(drafts) != 1 || len(drafts[0].Lacks) != 0 {
		t.Errorf("drafts are %+v, %v", drafts, err)
	}
	nobody, err := g.guests.Nominate(t.Context(), office, d.ID, delegations.Nomination{Role: "member", FamilyName: "Nobody"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Invite(t.Context(), office, nobody.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("one without an address is written to: %v", err)
	}
	if _, err := g.guests.WithdrawMember(t.Context(), g.officer(d, accounts.Accreditation), d.ID, nobody.ID); err != nil {
		t.Errorf("a draft is withdrawn: %v", err)
	}
	late := g.at(t, clock.At("2027-06-12T00:00:00+08:00"))
	if _, err := late.Confirm(t.Context(), g.officer(d, accounts.Liaison), d.ID, true); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a liaison confirms: %v", err)
	}
}

// mailed is the secret of a link in the only letter of a template.
func (g ground) mailed(t *testing.T, template, path string) string {
	t.Helper()
	list, _, err := g.mail.List(t.Context(), office, g.event.ID, mail.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Template != template {
			continue
		}
		letter, err := g.mail.ByID(t.Context(), office, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(letter.Text, path)
		secret, _, _ := strings.Cut(rest, "?")
		return secret
	}
	t.Fatalf("there is no letter %s", template)
	return ""
}

// TestDraftsAnswerTheForm has a draft answer the event's own questions in steps; a
// wrong answer is refused, a missing one keeps it from being confirmed.
func TestDraftsAnswerTheForm(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	g.ask(t,
		forms.Definition{Code: "flight", Kind: forms.Text},
		forms.Definition{Code: "speaks", Kind: forms.Language, Required: true},
		forms.Definition{Code: "photos", Kind: forms.Consent, Required: true, Agreement: words("We take photos.")},
	)
	d := g.delegation(t, "D01", 4)
	r := g.nominate(t, d, "member", "Réti")
	for _, tt := range []struct {
		answers forms.Answers
		want    string
		code    fault.Code
	}{
		{nil, "answers", ""},
		{forms.Answers{"speaks": {"??"}}, "", fault.Invalid},
		{forms.Answers{"flight": {"LH 728"}, "speaks": {""}}, "answers", ""},
		{forms.Answers{"flight": {"LH 728"}, "speaks": {"hu"}}, "answers", ""},
		{forms.Answers{"speaks": {"hu"}, "photos": {"1"}}, "", ""},
		{nil, "", ""}, // stay
	} {
		_, missing, err := g.guests.Complete(t.Context(), office, r.ID, 0, whole, delegations.Particulars{Answers: tt.answers})
		if fault.CodeOf(err) != tt.code || strings.Join(missing, " ") != tt.want {
			t.Errorf("%v: lacks %q, %v; want %q, %q", tt.answers, missing, err, tt.want, tt.code)
		}
	}
	given, err := g.guests.DraftAnswers(t.Context(), g.officer(d, accounts.Accreditation), r)
	if err != nil || fmt.Sprint(given) != "map[photos:[1] speaks:[hu]]" {
		t.Errorf("answered %v, %v", given, err)
	}
	if _, err := g.guests.DraftAnswers(t.Context(), g.officer(d, accounts.Liaison), r); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("the liaison reads answers: %v", err)
	}
	if done, err := g.guests.Confirm(t.Context(), office, d.ID, true); err != nil || len(done.Placed) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	var agreed []string
	err = g.db.SelectContext(t.Context(), &agreed, `SELECT purpose FROM consents WHERE registration_id = $1 ORDER BY purpose`, r.ID)
	if err != nil || strings.Join(agreed, " ") != "form.photos registration" {
		t.Errorf("agreed to %q, %v", agreed, err)
	}
}

// A nominee whose person asked to be erased is nominated no more: nobody is reminded
// of them.
func TestErasureEndsANomination(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	draft := g.nominate(t, g.delegation(t, "D01", 10), "member", "Draft")
	err := store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error { return g.guests.EndForErasure(t.Context(), tx, office, draft.ID) })
	if err != nil {
		t.Fatal(err)
	}
	if got := g.status(t, draft.ID); got != delegations.Withdrawn {
		t.Errorf("the nominee is %s", got)
	}
}
