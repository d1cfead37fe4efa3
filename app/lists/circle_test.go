package lists_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/locale"
	"qianshou/app/lists"
)

// A list goes the whole way round in the product's own files: the template is filled
// in, with mistakes; what was wrong comes back, is sent again as it is, comes back, is
// mended, sent, and sent once more. Whoever is on it is registered once.
func TestListGoesTheWholeCircle(t *testing.T) {
	t.Parallel()
	for _, l := range []locale.Lang{locale.ZH, locale.EN} {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			g := newGround(t, april)
			by := g.officer(t, g.city)
			template := g.template(t, by, l)
			person := func(role, family, given, email, country, born, passport, until string) map[string]string {
				return map[string]string{"role": role, "family_name": family, "given_name": given, "email": email, "nationality": country, "birth_date": born,
					"passport.number": passport, "passport.expires_on": until, "title_en": "Officer", "title_zh": "官员"}
			}
			rows := []map[string]string{
				person("head", "Halmosi", "Dénes", "m001@delegate.example", "HU", "1965-02-04", "TEST00001", "2031-12-31"),
				person("member", "Réti", "Zsófia", "not an address", "HU", "1972-03-07", "TEST00002", "2031-12-31"),
				person("member", "Bárány", "Ákos", "m003@delegate.example", "Atlantis", "1972-03-08", "TEST00003", "2031-12-31"),
				person("member", "Kovač", "Maja", "", "HR", "1980-05-06", "TEST00004", "2031-12-31"),
				person("king", "Šípek", "Ondřej", "m005@delegate.example", "CZ", "03/04/1984", "TEST00005", "2031-12-31"),
			}
			for n, row := range rows {
				for code, value := range row {
					template.put(t, g.words, code, n+2, value)
				}
			}
			i := g.upload(t, by, g.file(template.bytes(t)))
			want := []string{"new", "bad email field.email", "bad nationality lists.choice", "new", "bad role lists.choice birth_date lists.day"}
			if got := g.verdicts(t, by, i); !reflect.DeepEqual(got, want) {
				t.Fatalf("%q, %+v", got, i)
			}
			g.commit(t, by, i)
			if n := len(g.members(t, g.city)); n != 2 {
				t.Fatalf("%d members", n)
			}

			// Sent back as it came, it is read, and comes back no wider than it was.
			back := g.returned(t, by, i, l)
			width := len(back.rows(t)[0])
			i = g.upload(t, by, g.file(back.bytes(t)))
			want = []string{"bad email field.email", "bad nationality lists.choice", "bad role lists.choice birth_date lists.day"}
			if got := g.verdicts(t, by, i); !reflect.DeepEqual(got, want) {
				t.Fatalf("unchanged: %q, %+v %+v", got, i, i.Fault)
			}
			back = g.returned(t, by, i, l)
			if got := len(back.rows(t)[0]); got != width {
				t.Errorf("the returned file grew from %d to %d columns", width, got)
			}

			// Mended and sent; then the template again, with all that it first said.
			back.put(t, g.words, "email", 2, "m002@delegate.example")
			back.put(t, g.words, "nationality", 3, "匈牙利 / Hungary")
			back.put(t, g.words, "role", 4, "member")
			back.put(t, g.words, "birth_date", 4, "1984-04-03")
			i = g.upload(t, by, g.file(back.bytes(t)))
			if got := g.verdicts(t, by, i); !reflect.DeepEqual(got, []string{"new", "new", "new"}) {
				t.Fatalf("mended: %q, %+v %+v", got, i, i.Fault)
			}
			g.commit(t, by, i)
			i = g.upload(t, by, g.file(template.bytes(t)))
			if i.Good != 0 || i.Unchanged != 2 {
				t.Errorf("once more: %+v", i)
			}
			var names []string
			for _, r := range g.members(t, g.city) {
				names = append(names, r.FamilyName)
			}
			slices.Sort(names)
			if want := []string{"Bárány", "Halmosi", "Kovač", "Réti", "Šípek"}; !reflect.DeepEqual(names, want) {
				t.Errorf("members %q", names)
			}
		})
	}
}

// book is a spreadsheet in which somebody types.
type book struct {
	*excelize.File
	name string
}

func opened(t *testing.T, file []byte) book {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return book{f, f.GetSheetName(0)}
}

func (g *ground) template(t *testing.T, by accounts.Actor, l locale.Lang) book {
	t.Helper()
	var out bytes.Buffer
	if err := g.lists.WriteTemplate(t.Context(), by, g.event.ID, lists.Members, g.city.ID, l, &out); err != nil {
		t.Fatal(err)
	}
	return opened(t, out.Bytes())
}

func (g *ground) returned(t *testing.T, by accounts.Actor, i lists.Import, l locale.Lang) book {
	t.Helper()
	var out bytes.Buffer
	if err := g.lists.WriteReturned(t.Context(), by, i.ID, l, &out); err != nil {
		t.Fatal(err)
	}
	return opened(t, out.Bytes())
}

// file is a file of members of the ground's delegation.
func (g *ground) file(content []byte) lists.Upload {
	return lists.Upload{EventID: g.event.ID, Kind: lists.Members, DelegationID: g.city.ID, FileName: "members.xlsx", File: content, Lang: "en", Consent: true}
}

func (b book) rows(t *testing.T) [][]string {
	t.Helper()
	rows, err := b.GetRows(b.name)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// put types into the cell below the title of a column.
func (b book) put(t *testing.T, words *locale.Catalogue, code string, line int, value string) {
	t.Helper()
	title := words.T(locale.EN, "lists.column."+code)
	at := slices.IndexFunc(b.rows(t)[0], func(head string) bool {
		return slices.ContainsFunc(strings.FieldsFunc(head, func(r rune) bool { return r == '\n' || r == '*' }), func(part string) bool { return strings.TrimSpace(part) == title })
	})
	if at < 0 {
		t.Fatalf("no column %q in %q", title, b.rows(t)[0])
	}
	cell, err := excelize.CoordinatesToCellName(at+1, line)
	if err == nil {
		err = b.SetCellStr(b.name, cell, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (b book) bytes(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
