package lists_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"qianshou/app/kit/locale"
	"qianshou/app/lists"
)

// What is said of the cells of a row: in the order of the file, of an empty cell that
// it is needed, of a word that is nearly one of the choices which one is meant.
func TestWhatIsSaidOfCells(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	by := g.officer(t, g.city)
	i := g.bring(t, by, g.city, "E-mail,Country or region,Role,Family name,Given name,Passport number,Passport expiry,Languages,Phone",
		"nobody,Hungery,kong,Réti,Zsófia,TEST00002,,hu,12",
		"two@city.example,Czechija,Member,Bárány,Ákos,,,,",
		"three@city.example,HU,Member,Kovač,Maja,,,,",
		"three@city.example,HU,Member,Kovač,Maja,,,,")
	want := []string{
		"bad email field.email nationality lists.choice_near role lists.choice passport.expires_on registration.passport_expiry phone field.phone",
		"bad nationality lists.choice_near", "new lists.nominated", "duplicate family_name lists.twice",
	}
	if got := g.verdicts(t, by, i); !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	page, err := g.lists.Lines(t.Context(), by, i.ID, "bad", 0, 10)
	if err != nil || len(page.Lines) != 2 {
		t.Fatalf("%d to mend, %v", len(page.Lines), err)
	}
	at := slices.IndexFunc(page.Lines[0].Cells, func(c lists.Cell) bool { return c.Problem.Key == "lists.choice_near" })
	if said := g.words.T(locale.EN, "lists.choice_near", page.Lines[0].Cells[at].Problem.Args...); said != "This is none of the choices. Did you mean “Hungary”?" {
		t.Errorf("said: %s", said)
	}
	// Of a row that stands twice nothing can be mended: it does not come back.
	if i.Bad != 2 || i.Twice() != 1 || page.Counts["bad"] != 2 || page.Counts["duplicate"] != 1 {
		t.Errorf("%d bad, %d twice, %v", i.Bad, i.Twice(), page.Counts)
	}
	rows := g.returned(t, by, i, locale.EN).rows(t)
	if len(rows) != 3 || !strings.HasPrefix(rows[1][0], "E-mail: ") {
		t.Errorf("returned: %q", rows)
	}
	if i = g.commit(t, by, i); i.Good != 1 || i.Bad != 2 || i.Twice() != 1 {
		t.Errorf("done: %d good, %d bad, %d twice", i.Good, i.Bad, i.Twice())
	}
}

// A list for one delegation that names another one in a row is not taken for its own.
func TestRowOfAnotherDelegation(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	by := g.officer(t, g.city)
	i := g.bring(t, by, g.city, "Delegation,Role,Family name,Given name,E-mail,Country or region",
		g.city.Code+",Member,Réti,Zsófia,one@city.example,HU", "D99,Member,Bárány,Ákos,two@city.example,HU", ",Member,Kovač,Maja,three@city.example,HU")
	if got, want := g.verdicts(t, by, i), []string{"new lists.nominated", "bad delegation lists.other_delegation", "new lists.nominated"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// The template asks in the words of the forms, stars what is refused without, and its
// examples are as somebody would type them.
func TestTemplateSpeaksLikeTheForms(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	for l, stars := range map[locale.Lang][]string{locale.ZH: {"姓（拉丁字母） *"}, locale.EN: {"Family name *"}} {
		b := g.template(t, g.officer(t, g.city), l)
		var got []string
		head := b.rows(t)[0]
		for _, title := range head {
			if first, _, _ := strings.Cut(title, "\n"); strings.HasSuffix(first, "*") {
				got = append(got, first)
			}
		}
		if !reflect.DeepEqual(got, stars) {
			t.Errorf("%s: stars at %q", l, got)
		}
		for _, code := range []string{"languages", "access_needs", "meal_plan", "nationality", "birth_date"} {
			word := g.words.T(l, "registration.field."+code)
			if !slices.ContainsFunc(head, func(title string) bool { return strings.HasPrefix(title, word) }) {
				t.Errorf("%s: no column %q in %q", l, word, head)
			}
		}
		examples, err := b.GetRows(g.words.T(l, "lists.sheet.example"))
		if err != nil || !slices.Contains(examples[1], "+36 30 123 4567") {
			t.Errorf("%s: the example says %q, %v", l, examples, err)
		}
	}
	for _, word := range []string{"手语", "Sign language", "手语译员"} {
		i := g.bring(t, office, g.city, "Family name,Country or region,无障碍服务", "A,HU,"+word)
		if got := g.verdicts(t, office, i); !reflect.DeepEqual(got, []string{"new"}) {
			t.Errorf("%s: %q", word, got)
		}
	}
	var out bytes.Buffer
	if err := g.lists.WriteTemplate(t.Context(), office, g.event.ID, lists.Members, g.city.ID, locale.EN, &out); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil || !slices.ContainsFunc(rows[0], func(title string) bool { return strings.HasPrefix(title, "Country or region *") }) {
		t.Errorf("the office registers at once: %q, %v", rows, err)
	}
}
