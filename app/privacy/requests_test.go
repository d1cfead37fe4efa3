package privacy_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/retention"
	"qianshou/app/privacy"
)

// own is whoever holds the link to a guest's own page.
func (g ground) own(n int) accounts.Actor {
	by := accounts.GuestActor()
	by.ID, by.LinkEventID, by.RegistrationID = g.guests[n].ID, g.event.ID, g.guests[n].ID
	return by
}

func (g ground) end(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r privacy.Request) error {
	return g.people.EndForErasure(ctx, tx, by, r.RegistrationID)
}

func (g ground) tell(ctx context.Context, tx *sqlx.Tx, _ accounts.Actor, r privacy.Request) error {
	return g.people.TellAnswer(ctx, tx, r.RegistrationID, r.State == "done", r.Note)
}

// Who asks to be erased is: everything of them goes, nothing of anybody else, the
// figures stay, and so does what belongs to projects and to the law.
func TestErasure(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	erase, err := g.privacy.Ask(ctx, g.own(0), g.event.ID, g.guests[0].ID, "erase", "I am leaving office.")
	must(t, err)
	if _, err := g.privacy.Ask(ctx, g.own(0), g.event.ID, g.guests[0].ID, "erase", ""); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("asked twice: %v", err)
	}
	if _, err := g.privacy.Settle(ctx, office, erase.ID, "", g.tell); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("erased in words only: %v", err)
	}
	must(t, g.privacy.Hold(ctx, office, g.event.ID, g.guests[0].Reference, "court"))
	if _, err := g.privacy.Erase(ctx, office, erase.ID, g.end); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("erased under a hold: %v", err)
	}
	holds, err := g.privacy.Holds(ctx, office, g.event.ID)
	must(t, err)
	must(t, g.privacy.Lift(ctx, office, g.event.ID, holds[0].ID))

	before := map[string]int{}
	for _, c := range whole {
		before[c.class] = g.count(t, c.left)
	}
	done, err := g.privacy.Erase(ctx, office, erase.ID, g.end)
	if err != nil || done.State != "done" {
		t.Fatalf("%+v, %v", done, err)
	}
	for _, c := range whole {
		want := before[c.class]
		if slices.Contains(retention.Personal, c.class) {
			want /= 2
		}
		if c.class == retention.Mails {
			want++ // the last letter
		}
		if n := g.count(t, c.left); n != want {
			t.Errorf("%d rows of %s are left, want %d", n, c.class, want)
		}
	}
	for query, want := range map[string]int{
		`SELECT count(*) FROM registrations`: 2, `SELECT count(*) FROM scans`: 2, `SELECT count(*) FROM persons WHERE pseudonymous`: 1,
		`SELECT count(*) FROM badges WHERE state = 'active'`: 1, `SELECT count(*) FROM registrations WHERE status = 'withdrawn'`: 1,
		`SELECT count(*) FROM magic_links m JOIN registrations r ON r.id = m.registration_id AND r.status = 'withdrawn'`:              0,
		`SELECT count(*) FROM privacy_requests WHERE wish <> ''`:                                                                      0,
		`SELECT count(*) FROM mails WHERE template = 'registration.erased' AND registration_id IS NULL AND recipient LIKE 'zsofia@%'`: 1,
		`SELECT count(*) FROM audit_entries WHERE action = 'privacy.erase'`:                                                           1,
	} {
		if n := g.count(t, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	var logged string
	must(t, g.db.GetContext(ctx, &logged, `SELECT string_agg(coalesce(before::text, '') || coalesce(after::text, '') || reason, ' ') FROM audit_entries`))
	for _, word := range []string{"Réti", "zsofia@", "TEST0000"} {
		if strings.Contains(logged, word) {
			t.Errorf("the log says %s", word)
		}
	}
	if _, err := g.privacy.Erase(ctx, office, erase.ID, g.end); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("erased twice: %v", err)
	}
}

// A person who registered twice, and whose registrations became one, is erased twice.
func TestErasureOfAMergedRegistration(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	second, link, err := g.people.Register(ctx, office, g.event.ID, delegations.Input{
		Category: "firm", GivenName: "Zsófia", FamilyName: "Réti", Email: "reti@elsewhere.example", Organisation: "City of Veszprém", Nationality: "HU", Lang: "en", Source: "web", Consent: true,
		BirthDate: "1980-02-29", Passport: delegations.Passport{Number: "TEST00001", Issuer: "HU", ExpiresOn: "2030-01-01"}, Answers: forms.Answers{"flight": {"OS 64"}},
	})
	must(t, err)
	_, err = g.people.Return(ctx, office, second.ID, "Ms Réti, your passport ends too early.")
	must(t, err)
	_, err = g.people.Merge(ctx, office, g.guests[0].ID, second.ID, nil)
	must(t, err)
	if _, err := g.people.ByLink(ctx, link); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the link to another address: %v", err)
	}
	erase, err := g.privacy.Ask(ctx, g.own(0), g.event.ID, g.guests[0].ID, "erase", "")
	must(t, err)
	_, err = g.privacy.Erase(ctx, office, erase.ID, g.end)
	must(t, err)
	var twins, documents, answers, mails int
	must(t, g.db.GetContext(ctx, &twins, `SELECT count(*) FROM persons WHERE email = 'reti@elsewhere.example'`))
	must(t, g.db.GetContext(ctx, &documents, `SELECT count(*) FROM travel_documents t JOIN registrations r ON r.person_id = t.person_id WHERE r.id = $1`, second.ID))
	must(t, g.db.GetContext(ctx, &answers, `SELECT count(*) FROM answers WHERE registration_id = $1`, second.ID))
	must(t, g.db.GetContext(ctx, &mails, `SELECT count(*) FROM mails WHERE recipient = 'reti@elsewhere.example'`))
	if twins+documents+answers+mails != 0 {
		t.Errorf("left of the twin: %d persons, %d documents, %d answers, %d mails", twins, documents, answers, mails)
	}
	var logged string
	must(t, g.db.GetContext(ctx, &logged, `SELECT string_agg(coalesce(before::text, '') || coalesce(after::text, '') || reason, ' ') FROM audit_entries`))
	for _, word := range []string{"Réti", "zsofia@", "reti@", "too early"} {
		if strings.Contains(logged, word) {
			t.Errorf("the log says %s", word)
		}
	}
}

// Who may ask, read and answer.
func TestRequests(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	ask := func(by accounts.Actor, kind, wish string) (privacy.Request, error) {
		return g.privacy.Ask(ctx, by, g.event.ID, g.guests[0].ID, kind, wish)
	}
	for name, by := range map[string]accounts.Actor{"another guest": g.own(1), "nobody": accounts.GuestActor(), "the office": office} {
		if _, err := ask(by, "erase", ""); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s asks: %v", name, err)
		}
		if _, err := g.privacy.OwnRequests(ctx, by, g.event.ID, g.guests[0].ID); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s reads: %v", name, err)
		}
	}
	for _, in := range [][2]string{{"burn", ""}, {"rectify", " "}, {"erase", strings.Repeat("长", 1001)}, {"erase", "a\x00b"}} {
		if _, err := ask(g.own(0), in[0], in[1]); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s %.5q: %v", in[0], in[1], err)
		}
	}
	rectify, err := ask(g.own(0), "rectify", "My birthday is wrong.")
	must(t, err)
	for role, may := range map[accounts.Role][2]bool{accounts.Owner: {true, true}, accounts.Auditor: {true, false}, accounts.Protocol: {true, false}, accounts.Analyst: {}} {
		by := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.event.ID, Role: role}}}
		list, err := g.privacy.Requests(ctx, by, g.event.ID)
		if (err == nil) != may[0] || may[0] && (len(list) != 1 || list[0].Reference != g.guests[0].Reference) {
			t.Errorf("%s reads %+v, %v", role, list, err)
		}
		if may[1] {
			continue
		}
		if _, err := g.privacy.Settle(ctx, by, rectify.ID, "", g.tell); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s answers: %v", role, err)
		}
		if _, err := g.privacy.Erase(ctx, by, rectify.ID, g.end); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s erases: %v", role, err)
		}
	}
	if _, err := g.privacy.TakeBack(ctx, g.own(1), rectify.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("another takes it back: %v", err)
	}
	if _, err := g.privacy.Erase(ctx, office, rectify.ID, g.end); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("who asked to be put right is erased: %v", err)
	}
	if _, err := g.privacy.Refuse(ctx, office, rectify.ID, " ", g.tell); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("refused for no reason: %v", err)
	}
	if r, err := g.privacy.Settle(ctx, office, rectify.ID, "It is right now.", g.tell); err != nil || r.State != "done" {
		t.Errorf("%+v, %v", r, err)
	}
	if n := g.count(t, `SELECT count(*) FROM mails WHERE template = 'registration.privacy_done'`); n != 1 {
		t.Errorf("%d letters", n)
	}
	again, err := ask(g.own(0), "rectify", "Still wrong.")
	must(t, err)
	if r, err := g.privacy.TakeBack(ctx, g.own(0), again.ID); err != nil || r.State != "withdrawn" {
		t.Errorf("%+v, %v", r, err)
	}
}

// Whatever is personal can be erased for one person, not only purged for all.
func TestWhatIsPersonalCanBeErased(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for _, task := range g.tasks {
		if slices.Contains(retention.Personal, task.Class) && task.Erase == nil {
			t.Errorf("a task of the class %s purges all and erases nobody: it is made by retention.Of", task.Class)
		}
	}
}
