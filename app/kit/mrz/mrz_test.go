package mrz_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"qianshou/app/kit/mrz"
)

// TestNamesOfTheForum: the passports of the demo's people, against their badges and
// against their names in their own script.
func TestNamesOfTheForum(t *testing.T) {
	raw, err := os.ReadFile("../../demo/data/name_rendering_cases.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 10 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows[1:] {
		native, badge, surname, given := row[1], row[2], row[4], row[5]
		words := strings.Fields(badge)
		first := 1 // the family name, in capitals, begins here
		for first < len(words) && words[first] != strings.ToUpper(words[first]) {
			first++
		}
		if !mrz.Agree(strings.Join(words[first:], " "), strings.Join(words[:first], " "), surname, given) {
			t.Errorf("%s: %q is not %s<<%s", row[0], badge, surname, given)
		}
		if strings.ContainsAny(native, "еао") { // Cyrillic, given name first
			of := strings.Fields(native)
			if !mrz.Agree(of[1], of[0], surname, given) {
				t.Errorf("%s: %q is not %s<<%s", row[0], native, surname, given)
			}
		}
		if mrz.Agree(strings.Join(words[first:], " "), strings.Join(words[:first], " "), surname+"S", given) {
			t.Errorf("%s: %q passes for %sS", row[0], badge, surname)
		}
	}
}

func TestAgree(t *testing.T) {
	for _, tt := range []struct {
		name, surname, given, passportSurname, passportGiven string
		want                                                 bool
	}{
		{"umlaut spelt out", "Müller", "Jörg", "MUELLER", "JOERG", true},
		{"umlaut left out", "Müller", "Jörg", "MULLER", "JORG", true},
		{"umlaut by neither", "Müller", "Jörg", "MIELLER", "JORG", false},
		{"Spanish", "Muñoz", "Íñigo", "MUNXXOZ", "INIGO", true},
		{"Danish", "Ørsted", "Åse", "OERSTED", "AASE", true},
		{"Icelandic", "Þórðarson", "Æsa", "THORDARSON", "AESA", true},
		{"Maltese", "Għaxaq", "Ġorġ", "GHAXAQ", "GORG", true},
		{"Dutch ligature", "Ĳsselmeer", "Jan", "IJSSELMEER", "JAN", true},
		{"Vietnamese, two marks on a letter", "Nguyễn", "Thế Đức", "NGUYEN", "THE DUC", true},
		{"Turkish capitals", "Işık", "İpek", "ISIK", "IPEK", true},
		{"apostrophe and hyphen", "O'Brien-Smith", "Anne-Marie", "OBRIEN SMITH", "ANNE MARIE", true},
		{"curly apostrophe", "D’Angelo", "Mario", "DANGELO", "MARIO", true},
		{"Ukrainian", "Згурський", "Юрій", "ZHURSKYI", "IURII", true},
		{"Bulgarian", "Щерева", "Теодора", "SHTEREVA", "TEODORA", true},
		{"Russian", "Щерева", "Теодора", "SHCHEREVA", "TEODORA", true},
		{"Serbian", "Ђерић", "Јелена", "DERIC", "JELENA", true},
		{"one name only", "Suharto", "", "SUHARTO", "", true},
		{"a given name that the passport has not", "Suharto", "Ahmad", "SUHARTO", "", false},
		{"other word order", "Dénes", "Halmosi", "HALMOSI", "DENES", false},
		{"cut within the given names", "von Schwarzenfels-Hohenberg", "Maximilian-Alexander", "VON SCHWARZENFELS HOHENBERG", "MAXIMILIAN", true},
		{"cut where nothing was full", "Weber", "Maximilian-Alexander", "WEBER", "MAXIMILIAN", false},
		{"variant of a shipping agent", "Manganiaris", "Stelios", "MAGKANIARIS", "STELIOS", false},
		{"nothing printed", "", "", "WEBER", "ANNA", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mrz.Agree(tt.surname, tt.given, tt.passportSurname, tt.passportGiven); got != tt.want {
				t.Errorf("%s, %s for %s<<%s: %v", tt.surname, tt.given, tt.passportSurname, tt.passportGiven, got)
			}
		})
	}
}

func TestField(t *testing.T) {
	for _, tt := range []struct{ surname, given, want string }{
		{"Eriksson", "Anna Maria", "ERIKSSON<<ANNA<MARIA"},
		{"van der Muellen", "Marianne", "VAN<DER<MUELLEN<<MARIANNE"},
		{"Arkfreith", "", "ARKFREITH"},
		{"von Schwarzenfels-Hohenberg", "Maximilian-Alexander", "VON<SCHWARZENFELS<HOHENBERG<<MAXIMILIAN"},
		{strings.Repeat("Papandropoulous ", 3), "Jo", "PAPANDROPOULOUS<PAPANDROPOULOUS<PAPA<<J"},
	} {
		want := tt.want + strings.Repeat("<", mrz.Width-len(tt.want))
		if got := mrz.Field(tt.surname, tt.given); got != want {
			t.Errorf("%s, %s: %s, want %s", tt.surname, tt.given, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		" von<schwarzenfels  ": "VON SCHWARZENFELS",
		"ＡＢＣ":                  "ABC",
		"MÜLLER":               "MÜLLER",
		"":                     "",
	} {
		if got := mrz.Clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]bool{"VON SCHWARZENFELS": true, "MÜLLER": false, "": false, "A  B": false, "A<B": false, "O'B": false} {
		if mrz.Valid(in) != want {
			t.Errorf("%q: %v", in, !want)
		}
	}
}

// FuzzForm: the recommended form of any name is one that a passport can carry, that
// agrees with the name, and that fits the field.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"Weißenfels", "Karadağlı", "Țăranu", "O'Brien", "Љубица", "\u0301", "İ", "李 Wei"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, surname, given string) {
		first, second := mrz.Form(surname), mrz.Form(given)
		for _, form := range []string{first, second} {
			if form != "" && !mrz.Valid(form) {
				t.Fatalf("%q is written %q", []string{surname, given}, form)
			}
		}
		if !mrz.Agree(surname, given, first, second) {
			t.Fatalf("%q, %q is not %s<<%s", surname, given, first, second)
		}
		if field := mrz.Field(surname, given); len(field) != mrz.Width {
			t.Fatalf("%q has %d places", field, len(field))
		}
	})
}
