package forms_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

var (
	april  = clock.At("2027-04-20T10:00:00+08:00")
	office = accounts.SystemActor("test")
)

type ground struct {
	t     *testing.T
	db    *sqlx.DB
	forms *forms.Service
	event ident.ID
}

func newGround(t *testing.T) ground {
	t.Helper()
	db := storetest.New(t)
	ev := events.New(db, april, ident.New)
	if _, err := ev.CreateSeries(t.Context(), office, events.Series{Slug: "forum", Name: both("Forum"), Kind: "forum", SinceYear: 2019}); err != nil {
		t.Fatal(err)
	}
	day := time.Date(2027, 6, 8, 0, 0, 0, 0, time.UTC)
	e, err := ev.Create(t.Context(), office, events.Input{Slug: "forum-2027", Series: "forum", TitleZH: "论坛", TitleEN: "Forum", StartsOn: day, EndsOn: day, TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen})
	if err != nil {
		t.Fatal(err)
	}
	return ground{t: t, db: db, forms: forms.New(db, april, ident.New), event: e.ID}
}

func both(s string) locale.Text { return locale.Text{ZH: s, EN: s} }

func line(code string) forms.Definition {
	return forms.Definition{Code: code, Kind: forms.Text, Label: both(code)}
}

func choice(code string, options ...string) forms.Definition {
	d := forms.Definition{Code: code, Kind: forms.Choose, Label: both(code)}
	for _, o := range options {
		d.Options = append(d.Options, forms.Option{Code: o, Label: both(o)})
	}
	return d
}

func (g ground) add(d forms.Definition) forms.Question {
	g.t.Helper()
	q, err := g.forms.Add(g.t.Context(), office, g.event, d)
	if err != nil {
		g.t.Fatalf("add %s: %v", d.Code, err)
	}
	return q
}

// order is the codes of what is asked, in order.
func (g ground) order() (codes []string) {
	g.t.Helper()
	form, err := g.forms.Asked(g.t.Context(), g.event)
	if err != nil {
		g.t.Fatal(err)
	}
	for i, q := range form.Questions {
		if q.Position != i+1 {
			g.t.Errorf("%s stands at %d, not %d", q.Code, q.Position, i+1)
		}
		codes = append(codes, q.Code)
	}
	return codes
}

// answer writes an answer past the service, for somebody who registered.
func (g ground) answer(q forms.Question, value string) {
	g.t.Helper()
	person, registration := ident.New(), ident.New()
	for _, sql := range []string{
		`INSERT INTO persons (id, family_name, name_native, native_order, created_at) VALUES ('` + person.String() + `', 'X', 'X', 'given_first', now())`,
		`INSERT INTO registrations (event_id, id, reference, person_id, category_id, role, badge_type, status, lang, source, created_at)
			SELECT event_id, '` + registration.String() + `', '` + registration.String() + `', '` + person.String() + `', id, 'guest', badge_type, 'submitted', 'en', 'web', now() FROM categories WHERE code = 'firm'`,
		`INSERT INTO answers (registration_id, question_id, value, answered_at) VALUES ('` + registration.String() + `', '` + q.ID.String() + `', '` + value + `', now())`,
	} {
		if _, err := g.db.ExecContext(g.t.Context(), sql); err != nil {
			g.t.Fatal(err)
		}
	}
}

func refusal(err error) string {
	f, ok := fault.Of(err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return err.Error()
	case len(f.Fields) > 0:
		return saying(f.Fields)
	}
	return f.Key
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	first := g.add(choice("first", "yes", "no"))
	plain := g.add(line("plain"))
	if _, err := g.forms.Add(t.Context(), accounts.GuestActor(), g.event, line("mine")); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest adds a question: %v", err)
	}
	shown := func(d forms.Definition, by ident.ID, values ...string) forms.Definition {
		d.ShownIf, d.ShownFor = by, values
		return d
	}
	consent := forms.Definition{Code: "c", Kind: forms.Consent, Label: both("c")}
	for _, tt := range []struct {
		name string
		give forms.Definition
		want string
	}{
		{"no kind", forms.Definition{Code: "x", Label: both("x")}, "kind field.choice"},
		{"no such kind", forms.Definition{Code: "x", Kind: "drawing", Label: both("x")}, "kind field.choice"},
		{"no label", forms.Definition{Code: "x", Kind: forms.Text, Label: locale.Text{ZH: "x"}}, "label_en field.required"},
		{"a code with a capital", line("Flight"), "code forms.code"},
		{"a code of the event's", line("plain"), "code field.taken"},
		{"one option", choice("x", "yes"), "options forms.options"},
		{"an option twice", choice("x", "yes", "yes"), "options forms.option_twice"},
		{"an option that is no code", choice("x", "yes", "of course"), "options forms.option_code"},
		{"a consent to nothing", consent, "agreement_en field.required, agreement_zh field.required"},
		{"no such category", forms.Definition{Code: "x", Kind: forms.Text, Label: both("x"), Categories: []string{"king"}}, "categories field.choice"},
		{"shown by a text", shown(line("x"), plain.ID, "yes"), "shown_if forms.condition"},
		{"shown by nothing", shown(line("x"), ident.New(), "yes"), "shown_if forms.condition"},
		{"shown for no answer", shown(line("x"), first.ID), "shown_for field.required"},
		{"shown for no such answer", shown(line("x"), first.ID, "maybe"), "shown_for field.choice"},
		{"shown", shown(line("shown"), first.ID, "yes"), ""},
	} {
		_, err := g.forms.Add(t.Context(), office, g.event, tt.give)
		got := strings.Split(refusal(err), ", ")
		slices.Sort(got)
		if said := strings.Join(got, ", "); said != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, said, tt.want)
		}
	}
}

// What others depend on stays before them, keeps the answers they wait for, and is
// not archived.
func TestConditionsHold(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	parent := g.add(choice("parent", "yes", "no", "never"))
	d := line("child")
	d.ShownIf, d.ShownFor = parent.ID, []string{"yes"}
	child := g.add(d)
	edit := func(q forms.Question, d forms.Definition) string {
		_, err := g.forms.Edit(ctx, office, g.event, q.ID, q.Version, d)
		return refusal(err)
	}
	move := func(q forms.Question, step int) string {
		return refusal(g.forms.Move(ctx, office, g.event, q.ID, step))
	}
	for _, tt := range []struct{ name, got, want string }{
		{"child before parent", move(child, -1), "forms.order"},
		{"parent after child", move(parent, 1), "forms.order"},
		{"parent archived", refusal(g.forms.Archive(ctx, office, g.event, parent.ID)), "forms.depended_on"},
		{"parent a text", edit(parent, line("parent")), "kind forms.depended_on, options forms.option_needed"},
		{"parent without the answer", edit(parent, choice("parent", "no", "never")), "options forms.option_needed"},
		{"parent on its child", edit(parent, func() forms.Definition {
			d := choice("parent", "yes", "no")
			d.ShownIf, d.ShownFor = child.ID, []string{"x"}
			return d
		}()), "shown_if forms.condition"},
		{"parent on itself", edit(parent, func() forms.Definition {
			d := choice("parent", "yes", "no")
			d.ShownIf, d.ShownFor = parent.ID, []string{"yes"}
			return d
		}()), "shown_if forms.condition"},
		{"child archived", refusal(g.forms.Archive(ctx, office, g.event, child.ID)), ""},
		{"then parent", refusal(g.forms.Archive(ctx, office, g.event, parent.ID)), ""},
		{"child without parent", refusal(g.forms.Restore(ctx, office, g.event, child.ID)), "forms.parent_archived"},
		{"parent again", refusal(g.forms.Restore(ctx, office, g.event, parent.ID)), ""},
		{"child again", refusal(g.forms.Restore(ctx, office, g.event, child.ID)), ""},
		{"by somebody else", refusal(g.forms.Move(ctx, accounts.GuestActor(), g.event, child.ID, -1)), "error.forbidden"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if got := g.order(); !slices.Equal(got, []string{"parent", "child"}) {
		t.Errorf("the order is %v", got)
	}
}

// A question and an option that were answered stay what they were, whoever tries.
func TestAnsweredStays(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	q := g.add(choice("topic", "port", "green", "other"))
	g.answer(q, `"green"`)
	if _, err := g.forms.Edit(ctx, office, g.event, q.ID, q.Version, line("topic")); refusal(err) != "kind forms.kind_kept" {
		t.Errorf("the kind of an answered question: %v", err)
	}
	edited, err := g.forms.Edit(ctx, office, g.event, q.ID, q.Version, choice("topic", "other", "port2"))
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, o := range edited.Options {
		left = append(left, fmt.Sprint(o.Code, " ", o.ArchivedAt != nil))
	}
	if want := []string{"other false", "port2 false", "green true"}; !slices.Equal(left, want) {
		t.Errorf("options are %v, want %v", left, want)
	}
	if _, err := g.forms.Edit(ctx, office, g.event, q.ID, q.Version, choice("topic", "a", "b")); refusal(err) != "error.changed" {
		t.Errorf("an edit of an older version: %v", err)
	}
	for name, sql := range map[string]string{
		"questions_answered":        `UPDATE questions SET kind = 'text' WHERE code = 'topic'`,
		"answers_question":          `DELETE FROM questions WHERE code = 'topic'`,
		"question_options_answered": `DELETE FROM question_options WHERE code = 'green'`,
	} {
		if _, err := g.db.ExecContext(ctx, sql); store.Constraint(err) != name {
			t.Errorf("%s does not hold: %v", name, err)
		}
	}
}

// A consent's text is never changed: a new wording is its next version.
func TestConsentTextsAreVersions(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	d := forms.Definition{Code: "photos", Kind: forms.Consent, Label: both("Photos"), Agreement: both("We take photos.")}
	q := g.add(d)
	versions := []int{q.Agreement.Version}
	for _, words := range []string{"We take photos.", "We take photos and films.", "We take photos."} {
		d.Agreement = both(words)
		var err error
		if q, err = g.forms.Edit(t.Context(), office, g.event, q.ID, q.Version, d); err != nil {
			t.Fatal(err)
		}
		form, err := g.forms.Asked(t.Context(), g.event)
		if err != nil || form.Questions[0].Agreement.Text != d.Agreement {
			t.Errorf("the newest text is %v, %v", form.Questions[0].Agreement, err)
		}
		versions = append(versions, q.Agreement.Version)
	}
	if want := []int{1, 1, 2, 3}; !slices.Equal(versions, want) {
		t.Errorf("versions are %v, want %v", versions, want)
	}
	for _, sql := range []string{`UPDATE consent_texts SET text_en = 'x'`, `DELETE FROM consent_texts`} {
		if _, err := g.db.ExecContext(t.Context(), sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
	if _, err := g.db.ExecContext(t.Context(), `DELETE FROM events`); err != nil {
		t.Errorf("the event cannot go with its form: %v", err)
	}
}

// Whoever drags upon an older picture of the form is told; moves at the same
// moment leave one order without gaps.
func TestReorderingAtOnce(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	var ids []ident.ID
	for i := range 6 {
		ids = append(ids, g.add(line(fmt.Sprintf("q%d", i))).ID)
	}
	form, err := g.forms.Asked(ctx, g.event)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	said := make([]string, 8)
	for i := range said {
		all.Go(func() {
			mine := slices.Clone(ids)
			mine[0], mine[1+i%5] = mine[1+i%5], mine[0]
			said[i] = refusal(g.forms.Order(ctx, office, g.event, form.Version, mine))
		})
	}
	all.Wait()
	slices.Sort(said)
	if want := append([]string{""}, slices.Repeat([]string{"error.changed"}, 7)...); !slices.Equal(said, want) {
		t.Errorf("orders upon one version were answered %q", said)
	}
	for i := range 12 {
		all.Go(func() {
			if err := g.forms.Move(ctx, office, g.event, ids[i%6], 1-2*(i%2)); err != nil {
				t.Errorf("move: %v", err)
			}
		})
	}
	all.Wait()
	got := g.order()
	slices.Sort(got)
	if want := []string{"q0", "q1", "q2", "q3", "q4", "q5"}; !slices.Equal(got, want) {
		t.Errorf("the form has %v", got)
	}
	now, err := g.forms.Asked(ctx, g.event)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string][]ident.ID{"too few": ids[:5], "one twice": append(slices.Clone(ids[:5]), ids[0]), "none": nil} {
		if err := g.forms.Order(ctx, office, g.event, now.Version, wrong); refusal(err) != "error.changed" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
