package delegations_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/store"
	"qianshou/app/mail"
)

// answering is an edit of answers.
func answering(answers forms.Answers) delegations.Edit {
	edit := delegations.Edit{}
	for code, answer := range answers {
		edit.Answer(code, answer)
	}
	return edit
}

// TestAnswersAreEdited changes answers before and after approval: what was approved
// of them stays until the desk approves another, and what is no longer asked stays.
func TestAnswersAreEdited(t *testing.T) {
	t.Parallel()
	g := newGround(t, 20)
	ctx := t.Context()
	asked := g.ask(t,
		forms.Definition{Code: "topics", Kind: forms.Choices, Options: []forms.Option{{Code: "port", Label: words("Port")}, {Code: "green", Label: words("Green")}}},
		forms.Definition{Code: "flight", Kind: forms.Text},
		forms.Definition{Code: "old", Kind: forms.Text},
		forms.Definition{Code: "photos", Kind: forms.Consent, Agreement: words("We take photos.")},
		forms.Definition{Code: "shoe", Kind: forms.Text, Categories: []string{"press"}},
	)
	in := firm(1)
	in.Answers = forms.Answers{"flight": {"LH 728"}, "old": {"stays"}, "topics": {"port"}}
	r, secret, err := g.guests.Register(ctx, accounts.GuestActor(), g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := forms.New(g.db, april, ident.New).Archive(ctx, office, g.event.ID, asked[2].ID); err != nil {
		t.Fatal(err)
	}
	g.ask(t, forms.Definition{Code: "late", Kind: forms.Text, Required: true}) // nobody who is registered owes it
	reads := func(want ...string) {
		t.Helper()
		own, err := g.guests.OwnAnswers(ctx, secret)
		if got := read(own); err != nil || !slices.Equal(got, want) {
			t.Errorf("the answers are %q, want %q (%v)", got, want, err)
		}
	}
	edited := func(edit delegations.Edit, applied, waits []string) {
		t.Helper()
		done, err := g.guests.EditOwn(ctx, secret, 0, edit)
		if err != nil || !slices.Equal(done.Applied, applied) || !slices.Equal(done.Asked, waits) {
			t.Errorf("applied %q, asked %q, want %q and %q (%v)", done.Applied, done.Asked, applied, waits, err)
		}
	}
	edited(answering(forms.Answers{"flight": {"CA 940"}, "topics": {"green", "port"}, "shoe": {"44"}}), []string{"answers.flight", "answers.topics"}, nil)
	reads("topics=Port, Green true", "flight=CA 940 true", "old=stays false")
	want := []delegations.Moved{{Field: "answers.flight", From: `["LH 728"]`, To: `["CA 940"]`}, {Field: "answers.topics", From: `["port"]`, To: `["port","green"]`}}
	if list := g.changes(t, r); len(list) != 1 || !reflect.DeepEqual(list[0].Fields, want) {
		t.Errorf("the history is %+v", list)
	}
	for name, edit := range map[string]delegations.Edit{
		"no such option":   answering(forms.Answers{"topics": {"sea"}}),
		"no such question": answering(forms.Answers{"nothing": {"x"}}),
		"no longer asked":  answering(forms.Answers{"old": {"x"}}),
		"no answer":        {"answers.flight": "CA 940"},
	} {
		if _, err := g.guests.EditOwn(ctx, secret, 0, edit); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}

	if _, _, err := g.guests.Approve(ctx, office, r.ID); err != nil {
		t.Fatal(err)
	}
	edited(answering(forms.Answers{"flight": {"LO 91"}, "topics": nil, "photos": {"1"}}), []string{"answers.photos"}, []string{"answers.flight", "answers.topics"})
	reads("topics=Port, Green true", "flight=CA 940 true", "photos=1 true", "old=stays false")
	if details, err := g.guests.OwnDetails(ctx, secret); err != nil || !reflect.DeepEqual(details.Answers, forms.Answers{"flight": {"LO 91"}, "photos": {"1"}}) {
		t.Errorf("the form begins with %v (%v)", details.Answers, err)
	}
	edited(delegations.Edit{"phone": "+3610000000"}, []string{"phone"}, []string{"answers.flight", "answers.topics"})
	pending := g.changes(t, r)
	i := slices.IndexFunc(pending, func(c delegations.Change) bool { return c.State == delegations.Pending })
	if _, _, err := g.guests.ApproveChange(ctx, office, r.ID, pending[i].ID, nil); err != nil {
		t.Fatal(err)
	}
	reads("flight=LO 91 true", "photos=1 true", "old=stays false")

	edited(answering(forms.Answers{"photos": nil}), []string{"answers.photos"}, nil)
	var agreed []bool
	if err := g.db.SelectContext(ctx, &agreed, `SELECT withdrawn_at IS NULL FROM consents WHERE registration_id = $1 AND purpose = 'form.photos'`, r.ID); err != nil || !slices.Equal(agreed, []bool{false}) {
		t.Errorf("the consent stands: %v, %v", agreed, err)
	}
	edited(answering(forms.Answers{"photos": {"1"}}), []string{"answers.photos"}, nil)
	done, err := g.guests.Edit(ctx, office, r.ID, 0, answering(forms.Answers{"flight": {"MU 1"}, "photos": nil}))
	if err != nil || !slices.Equal(done.Applied, []string{"answers.flight"}) {
		t.Errorf("the desk applied %q (%v)", done.Applied, err)
	}
	reads("flight=MU 1 true", "photos=1 true", "old=stays false")

	// What was answered goes out of the history with the answers.
	if _, err := g.guests.Edit(ctx, office, r.ID, 0, delegations.Edit{"title_en": "Director", "answers.flight": `["MU 2"]`}); err != nil {
		t.Fatal(err)
	}
	for _, task := range delegations.Retention() {
		if task.Class == retention.Answers {
			if err := store.InTx(ctx, g.db, func(tx *sqlx.Tx) error { _, err := task.Erase(ctx, tx, r.EventID, r.ID); return err }); err != nil {
				t.Fatal(err)
			}
		}
	}
	var left []string
	for _, c := range g.changes(t, r) {
		for _, m := range c.Fields {
			left = append(left, m.Field)
		}
	}
	if !slices.Equal(left, []string{"title_en", "phone"}) {
		t.Errorf("the history keeps %q", left)
	}
}

// TestAnswersAreAskedForAgain returns a registration for an answer: the letter names
// the question, and nothing is taken until it is given, unless nobody asks it any more.
func TestAnswersAreAskedForAgain(t *testing.T) {
	t.Parallel()
	g := newGround(t, 20)
	ctx := t.Context()
	asked := g.ask(t,
		forms.Definition{Code: "flight", Kind: forms.Text},
		forms.Definition{Code: "photos", Kind: forms.Consent, Agreement: words("We take photos.")},
		forms.Definition{Code: "shoe", Kind: forms.Text, Categories: []string{"press"}},
	)
	r, secret, err := g.guests.Register(ctx, accounts.GuestActor(), g.event.ID, firm(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"photos", "shoe", "else"} {
		if _, err := g.guests.Return(ctx, office, r.ID, "look again", delegations.AnswerTo(code)); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("asked for %s: %v", code, err)
		}
	}
	again := func() {
		t.Helper()
		returned, err := g.guests.Return(ctx, office, r.ID, "look again", delegations.AnswerTo("flight"), "title_en")
		if want := []string{"title_en", "answers.flight"}; err != nil || !slices.Equal(returned.Requested.All(), want) || !slices.Equal(g.read(t, r).Requested.All(), want) {
			t.Fatalf("%q, %v", returned.Requested, err)
		}
	}
	again()
	list, _, err := g.mail.List(ctx, office, g.event.ID, mail.Filter{Template: "registration.returned", Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d letters, %v", len(list), err)
	}
	if m, err := g.mail.ByID(ctx, office, list[0].ID); err != nil || !strings.Contains(m.Text, "registration.field.title_enmail.fields_betweenflight") || strings.Contains(m.Text, "answers") {
		t.Errorf("the letter says %s, %v", m.Text, err)
	}
	title := delegations.Edit{"title_en": "Mayor"}
	_, err = g.guests.EditOwn(ctx, secret, 0, title)
	if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Path != "answers.flight" || f.Fields[0].Key != "registration.requested" {
		t.Errorf("without the answer: %v", err)
	}
	edit := answering(forms.Answers{"flight": {"LH 728"}})
	edit["title_en"] = "Mayor"
	if done, err := g.guests.EditOwn(ctx, secret, 0, edit); err != nil || done.Registration.Status != delegations.Submitted || done.Registration.Requested != "" {
		t.Errorf("%+v, %v", done.Registration, err)
	}
	if _, err := g.guests.EditOwn(ctx, secret, 0, answering(forms.Answers{"flight": nil})); err != nil {
		t.Fatal(err)
	}
	again()
	if err := forms.New(g.db, april, ident.New).Archive(ctx, office, g.event.ID, asked[0].ID); err != nil {
		t.Fatal(err)
	}
	if done, err := g.guests.EditOwn(ctx, secret, 0, title); err != nil || done.Registration.Status != delegations.Submitted {
		t.Errorf("what is not asked any more holds nobody up: %+v, %v", done.Registration, err)
	}
}
