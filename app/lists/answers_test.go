package lists_test

import (
	"bytes"
	"encoding/csv"
	"reflect"
	"strings"
	"testing"
	"time"

	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/lists"
)

// A list answers the event's own questions under their own words, by the rules of
// the form; what is written out is read in again as the same.
func TestAListAnswersTheForm(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	asks := forms.New(g.db, april, ident.New)
	both := func(s string) locale.Text { return locale.Text{ZH: s + "（中）", EN: s} }
	options := func(codes ...string) (list []forms.Option) {
		for _, code := range codes {
			list = append(list, forms.Option{Code: code, Label: both("Option " + code)})
		}
		return list
	}
	var interpreter ident.ID
	for _, d := range []forms.Definition{
		{Code: "interpreter", Kind: forms.Choose, Label: both("Interpreter?"), Required: true, Options: options("yes", "no")},
		{Code: "spoken", Kind: forms.Language, Label: both("Language"), Required: true},
		{Code: "topics", Kind: forms.Choices, Label: both("Topics"), Options: options("port", "green")},
		{Code: "equipment", Kind: forms.Text, Label: both("Equipment"), Required: true, Categories: []string{"press"}},
		{Code: "photos", Kind: forms.Consent, Label: both("Photos"), Agreement: both("We take photos.")},
	} {
		if d.Code == "spoken" {
			d.ShownIf, d.ShownFor = interpreter, []string{"yes"}
		}
		q, err := asks.Add(t.Context(), office, g.event.ID, d)
		if err != nil {
			t.Fatal(err)
		}
		if d.Code == "interpreter" {
			interpreter = q.ID
		}
	}
	var sheet bytes.Buffer
	if err := g.lists.WriteTemplate(t.Context(), office, g.event.ID, lists.Members, g.city.ID, locale.EN, &sheet); err != nil {
		t.Fatal(err)
	}

	const head = "Role,Family name,Given name,E-mail,Country or region,Interpreter?,language（中）,topics,Photos,Equipment"
	i := g.bring(t, office, g.city, head,
		"member,Halmosi,Dénes,m001@delegate.example,HU,Option yes,HU,Option green; port,yes,",
		"member,Réti,Zsófia,m002@delegate.example,HU,,,,,",
		"member,Bárány,Ákos,m003@delegate.example,HU,yes,,,,",
		"member,Suba,Géza,m004@delegate.example,HU,no,hu,perhaps,,",
		"member,Tóth,Éva,m005@delegate.example,HU,no,hu,,no,")
	want := []string{"new", "bad answers.interpreter field.required", "bad answers.spoken field.required", "bad answers.topics lists.choice", "new"}
	if got := g.verdicts(t, office, i); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	if i = g.commit(t, office, i); i.State != lists.Done || i.Good != 2 {
		t.Fatalf("%+v", i)
	}
	answers := func() map[string]forms.Answers {
		all := map[string]forms.Answers{}
		for _, m := range g.members(t, g.city) {
			given, err := g.guests.Answers(t.Context(), office, m)
			if err != nil {
				t.Fatal(err)
			}
			all[m.FamilyName] = forms.Answers{}
			for _, one := range given {
				all[m.FamilyName][one.Code] = one.Answer
			}
		}
		return all
	}
	if got, want := answers(), (map[string]forms.Answers{
		"Halmosi": {"interpreter": {"yes"}, "spoken": {"hu"}, "topics": {"port", "green"}, "photos": {"1"}}, "Tóth": {"interpreter": {"no"}},
	}); !reflect.DeepEqual(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}

	var out bytes.Buffer
	if err := g.lists.Write(t.Context(), office, lists.Export{EventID: g.event.ID, Zone: time.UTC, CSV: true, Lang: locale.EN}, &out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%q, %v", rows, err)
	}
	if got, want := rows[1][len(rows[1])-5:], []string{"Option yes", "hu", "Option port; Option green", "", "Agreed"}; !reflect.DeepEqual(got, want) {
		t.Errorf("written out: %q under %q, want %q", got, rows[0], want)
	}

	again := g.bring(t, office, g.city, head,
		"member,Halmosi,Dénes,m001@delegate.example,HU,no,,,no,",
		"member,Tóth,Éva,m005@delegate.example,HU,yes,,,,")
	if got, want := g.verdicts(t, office, again), []string{"changed", "bad answers.spoken field.required"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	g.commit(t, office, again)
	// Who needs no interpreter speaks no language to one; the agreement is their own.
	if got, want := answers()["Halmosi"], (forms.Answers{"interpreter": {"no"}, "topics": {"port", "green"}, "photos": {"1"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}
	same := g.bring(t, office, g.city, head, "member,Halmosi,Dénes,m001@delegate.example,HU,no,,port;green,,")
	if got := g.verdicts(t, office, same); !reflect.DeepEqual(got, []string{string(delegations.RowSame)}) {
		t.Errorf("the same again: %q", got)
	}
	if _, err := asks.Add(t.Context(), office, g.event.ID, forms.Definition{Code: "cv", Kind: forms.File, Label: both("CV"), Required: true}); err != nil {
		t.Fatal(err)
	}
	filed := g.bring(t, office, g.city, head, "member,Suba,Géza,m004@delegate.example,HU,no,,,,")
	if got := g.verdicts(t, office, filed); !reflect.DeepEqual(got, []string{"bad lists.file_asked"}) {
		t.Errorf("a form that asks for a file: %q", got)
	}
}
