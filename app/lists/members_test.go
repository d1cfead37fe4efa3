package lists_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/lists"
)

const head = "Role,Family name,Given name,E-mail,Phone,Country or region,Birth date,Passport number,Passport expiry,Title in English"

// The rows of the edge cases that a list can bring, each with what comes of it.
func TestEdgeCases(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	taken := g.delegation(t, "D02", 1)
	chamber := g.delegation(t, "D04", 5)
	full := g.bring(t, office, taken, head, "member,Full,Up,full@city.example,,HU,,,,")
	g.commit(t, office, full)
	first := g.bring(t, office, g.city, head,
		"business,Krivec,Matjaž,m018@delegate.example,,HU,1964-07-27,TEST00018,2031-12-31,CEO",
		"business,Magkaniaris,Stelios,m048@delegate.example,,HU,1974-01-05,TEST00048,2031-12-31,President",
		"member,Vlkolinský,Tomáš,m045@delegate.example,,HU,1993-10-24,TEST00045,2031-12-31,Officer")
	if first = g.commit(t, office, first); first.State != lists.Done || first.Good != 3 {
		t.Fatalf("%+v", first)
	}
	before := g.members(t, g.city)
	for _, tt := range []struct {
		name string
		to   delegations.Delegation
		row  string
		want string
	}{
		{"RC01: the assistant sends the form again", g.city, "member,Vlkolinský,Tomáš,m045@delegate.example,,HU,1993-10-24,TEST00045,2031-12-31,Officer", "same"},
		{"RC02: the same passport in two delegations", chamber, "business,Krivec,Matjaž,m018@delegate.example,,HU,1964-07-27,TEST00018,2031-12-31,CEO", "new passport.number lists.elsewhere"},
		{"RC03: a renewed passport", g.city, "business,Magkaniaris,Stelios,other@delegate.example,,HU,1974-01-05,TEST99948,2036-12-31,President", "changed passport.number lists.other_passport"},
		{"RC04: a Cyrillic letter", g.city, "member,Rаdulov,Stoimen,m006@delegate.example,,HU,,,,", "bad family_name registration.not_latin"},
		{"RC05: full-width digits", g.city, "business,Šípek,Ondřej,m033@delegate.example,＋９９９００００００３３,CZ,１９８９－１０－１６,ＴＥＳＴ０００３３,2031/12/31,Director", "new"},
		{"RC06: a passport that ends soon", g.city, "member,Temelkovski,Blagoja,m051@delegate.example,,HU,1995-04-14,TEST00051,2027-10-01,", "new passport.expires_on lists.expires_soon"},
		{"a passport that ends before", g.city, "member,Temelkovski,Blagoja,m051@delegate.example,,HU,1995-04-14,TEST00051,2027-06-01,", "bad passport.expires_on registration.passport_expired"},
		{"RC07: a day before its month", g.city, "business,Vrbnjak,Krešimir,m038@delegate.example,,HR,03/04/1984,,,", "bad birth_date lists.day"},
		{"a day that there is not", g.city, "business,Vrbnjak,Krešimir,m038@delegate.example,,HR,1984-02-30,,,", "bad birth_date lists.day"},
		{"RC11: no place is left", taken, "member,Réti,Zsófia,m002@delegate.example,,HU,,,,", "new lists.will_wait"},
		{"RC12: a child", g.city, "companion,Halmosi,Panna,m001@delegate.example,,匈牙利,2016年5月4日,,,", "new birth_date lists.minor"},
		{"RC14: one name only", g.city, "member,Suharto,,one@delegate.example,,HU,,,,", "new"},
		{"no family name at all", g.city, "member,,Suharto,one@delegate.example,,HU,,,,", "bad family_name field.required"},
		{"RC16: a long name", g.city, "business,von Schwarzenfels-Hohenberg,Maximilian-Alexander,m060@delegate.example,,HU,1978-01-13,TEST00060,2031-12-31,Chair", "new"},
		{"a role that there is not", g.city, "king,Halmosi,Dénes,h@delegate.example,,HU,,,,", "bad role lists.choice"},
		{"a country that there is not", g.city, "member,Halmosi,Dénes,h@delegate.example,,Atlantis,,,,", "bad nationality lists.choice"},
		{"no country", g.city, "member,Halmosi,Dénes,h@delegate.example,,,,,,", "bad nationality registration.nationality"},
		{"no address, so letters go to the officer", g.city, "member,Halmosi,Dénes,,,HU,,,,", "new"},
		{"a formula", g.city, "member,=1+1,Dénes,h@delegate.example,,HU,,,,", "bad family_name lists.formula"},
	} {
		i := g.bring(t, office, tt.to, head, tt.row)
		if got := g.verdicts(t, office, i); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		// Who else is registered is the desk's to know.
		if got := g.verdicts(t, g.officer(t, tt.to), i); strings.Contains(got[0], "elsewhere") {
			t.Errorf("%s: the delegation reads %q", tt.name, got)
		}
	}
	if after := g.members(t, g.city); !reflect.DeepEqual(after, before) {
		t.Error("checking changed something")
	}
}

// A list is taken over as a whole, and what could not be taken comes back as a file
// that, mended, registers nobody twice.
func TestListComesBackMended(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	by := g.officer(t, g.city)
	i := g.bring(t, by, g.city, head,
		"head,Halmosi,Dénes,m001@delegate.example,+36 30 123 4567,HU,1965-02-04,TEST00001,2031-12-31,Mayor",
		"member,Réti,Zsófia,not an address,,HU,1972-03-07,TEST00002,2031-12-31,Deputy Mayor",
		"head,Bárány,Ákos,m003@delegate.example,,HU,,,,President",
		"member,Halmosi,Dénes,m001@delegate.example,,HU,,,,")
	want := []string{"new", "bad email field.email", "bad role constraint.registrations_one_head", "duplicate family_name lists.twice"}
	if got := g.verdicts(t, by, i); !reflect.DeepEqual(got, want) || i.State != lists.Checked || i.Good != 1 || i.Bad != 2 || i.Rows != 4 {
		t.Fatalf("%q, %+v", got, i)
	}
	if n := len(g.members(t, g.city)); n != 0 {
		t.Fatalf("%d members before anybody said so", n)
	}
	if i = g.commit(t, by, i); i.State != lists.Done || i.Good != 1 || i.Bad != 2 {
		t.Fatalf("%+v", i)
	}
	members := g.members(t, g.city)
	if len(members) != 1 || members[0].Name() != "Dénes Halmosi" || members[0].Phone != "+36301234567" || members[0].Role != "head" || members[0].PassportLast4 != "0001" {
		t.Fatalf("%+v", members)
	}
	if steps, err := g.guests.Steps(t.Context(), office, members[0]); err != nil || len(steps) != 1 || steps[0].Source != "import" || steps[0].Actor.EN != "City hall" {
		t.Errorf("steps %+v, %v", steps, err)
	}
	if _, err := g.lists.Commit(t.Context(), by, i.ID, i.Version); code(err) != fault.Conflict {
		t.Errorf("committed twice: %v", err)
	}
	var file bytes.Buffer
	if err := g.lists.WriteReturned(t.Context(), by, i.ID, locale.ZH, &file); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	name := f.GetSheetName(0)
	rows, err := f.GetRows(name)
	if err != nil || len(rows) != 3 || rows[0][0] != "原因" || rows[1][0] != "电子邮箱：请写成name@example.org这样的邮箱地址。" {
		t.Fatalf("returned %q, %v", rows, err)
	}
	if notes, err := f.GetComments(name); err != nil || len(notes) != 2 || notes[0].Cell != "E2" {
		t.Fatalf("comments %+v, %v", notes, err)
	}
	// Mended in the file itself, and brought again.
	for at, value := range map[string]string{"E2": "m002@delegate.example", "B3": "企业代表"} {
		if err := f.SetCellStr(name, at, value); err != nil {
			t.Fatal(err)
		}
	}
	var mended bytes.Buffer
	if err := f.Write(&mended); err != nil {
		t.Fatal(err)
	}
	again := g.upload(t, by, lists.Upload{EventID: g.event.ID, Kind: lists.Members, DelegationID: g.city.ID, FileName: "mended.xlsx", File: mended.Bytes(), Lang: "zh", Consent: true})
	want = []string{"new", "new lists.nominated"}
	if got := g.verdicts(t, by, again); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q, %+v", got, again)
	}
	g.commit(t, by, again)
	if members := g.members(t, g.city); len(members) != 3 {
		t.Errorf("%d members", len(members))
	}
}

func TestSameDataIsUnchangedAndOtherDataChanges(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	row := "member,Réti,Zsófia,m002@delegate.example,+36 30 123 4567,HU,1972-03-07,TEST00002,2031-12-31,Deputy Mayor"
	g.commit(t, office, g.bring(t, office, g.city, head, row))
	if i := g.bring(t, office, g.city, head, row); i.Unchanged != 1 || i.Good != 0 {
		t.Errorf("the same: %+v", i)
	}
	registered := g.members(t, g.city)[0]
	i := g.bring(t, office, g.city, "Surname,Given name,E-mail,Phone,Title in English,Meals,Birth date", "Réti,Zsófia,M002@Delegate.example,＋３６ ３０ １２３ ４５６８,Mayor,Vegan,1972-03-07")
	page, err := g.lists.Lines(t.Context(), office, i.ID, "", 0, 10)
	if err != nil || len(page.Lines) != 1 || page.Counts["changed"] != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	changes := map[string]string{}
	for _, c := range page.Lines[0].Cells {
		changes[c.Column.EN] = c.Before.EN + " → " + c.Value
	}
	if want := map[string]string{
		"E-mail": "m002@delegate.example → M002@Delegate.example", "Phone": "+36301234567 → ＋３６ ３０ １２３ ４５６８", "Title in English": "Deputy Mayor → Mayor", "Meals": "No restriction → Vegan",
	}; !reflect.DeepEqual(changes, want) {
		t.Errorf("changes %q", changes)
	}
	g.commit(t, office, i)
	after := g.members(t, g.city)
	if len(after) != 1 || after[0].ID != registered.ID || after[0].Reference != registered.Reference || after[0].TitleEN != "Mayor" || after[0].Phone != "+36301234568" ||
		after[0].MealPlan != "vegan" || after[0].PassportLast4 != "0002" || after[0].Version != registered.Version+1 {
		t.Errorf("%+v", after)
	}

	// Once approved, the face stays; what only the desk needs may still move.
	if _, _, err := g.guests.Approve(t.Context(), office, registered.ID); err != nil {
		t.Fatal(err)
	}
	i = g.bring(t, office, g.city, "Family name,Given name,E-mail,Title in English,Phone", "Réti,Zsófia,M002@Delegate.example,Lord Mayor,", "Réti,Zsófia,M002@Delegate.example,,+36301234569")
	if got := g.verdicts(t, office, i); !reflect.DeepEqual(got, []string{"bad title_en lists.approved", "duplicate family_name lists.twice"}) {
		t.Errorf("%q", got)
	}
	i = g.bring(t, office, g.city, "Family name,Given name,E-mail,Sex as in the passport,Name order", "Réti,Zsófia,M002@Delegate.example,F,Family name first")
	if got := g.verdicts(t, office, i); !reflect.DeepEqual(got, []string{"bad sex lists.approved native_order lists.approved"}) {
		t.Errorf("%q", got)
	}
	i = g.bring(t, office, g.city, "Family name,Given name,E-mail,Phone", "Réti,Zsófia,M002@Delegate.example,+36301234569")
	g.commit(t, office, i)
	if after := g.members(t, g.city); after[0].Phone != "+36301234569" || after[0].TitleEN != "Mayor" || after[0].Status != delegations.BadgeIssued {
		t.Errorf("%+v", after[0])
	}
	history, err := g.guests.Changes(t.Context(), office, after[0])
	if err != nil || len(history) != 2 || history[0].Source != "import" || !reflect.DeepEqual(history[0].Fields, []delegations.Moved{{Field: "phone", From: "+36301234568", To: "+36301234569"}}) {
		t.Errorf("the history says %+v, %v", history, err)
	}
}

// Who was asked for changes is before the desk again; who withdrew may come back;
// who was refused may not.
func TestListsKnowWhatBecameOfPeople(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	g.commit(t, office, g.bring(t, office, g.city, "Family name,E-mail,Country or region", "A,a@city.example,HU", "B,b@city.example,HU", "C,c@city.example,HU"))
	byName := map[string]delegations.Registration{}
	for _, r := range g.members(t, g.city) {
		byName[r.FamilyName] = r
	}
	for name, end := range map[string]func(id ident.ID) error{
		"A": func(id ident.ID) error {
			_, err := g.guests.Return(t.Context(), office, id, "Which title?")
			return err
		},
		"B": func(id ident.ID) error {
			_, err := g.guests.WithdrawMember(t.Context(), office, g.city.ID, id)
			return err
		},
		"C": func(id ident.ID) error { _, err := g.guests.Reject(t.Context(), office, id, "No."); return err },
	} {
		if err := end(byName[name].ID); err != nil {
			t.Fatal(err)
		}
	}
	i := g.bring(t, office, g.city, "Family name,E-mail,Country or region,Title in English", "A,a@city.example,,Mayor", "B,b@city.example,HU,", "C,c@city.example,,")
	if got := g.verdicts(t, office, i); !reflect.DeepEqual(got, []string{"changed", "new family_name lists.was_gone", "bad family_name lists.was_rejected"}) {
		t.Fatalf("%q", got)
	}
	g.commit(t, office, i)
	if a, err := g.guests.Registration(t.Context(), office, byName["A"].ID); err != nil || a.Status != delegations.Submitted || a.TitleEN != "Mayor" {
		t.Errorf("%+v, %v", a, err)
	}
	if members := g.members(t, g.city); len(members) != 4 {
		t.Errorf("%d members", len(members))
	}
}

// Over the quota people wait, in the order of their lines.
func TestQuotaOfAList(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	rows := []string{"Family name,E-mail,Country or region"}
	for n := range 8 {
		rows = append(rows, fmt.Sprintf("%c,%d@city.example,CZ", 'A'+n, n))
	}
	i := g.bring(t, office, g.city, rows...)
	if got := g.verdicts(t, office, i); got[5] != "new" || got[6] != "new lists.will_wait" || got[7] != "new lists.will_wait" {
		t.Errorf("%q", got)
	}
	g.commit(t, office, i)
	for _, r := range g.members(t, g.city) {
		want := delegations.Submitted
		if r.FamilyName >= "G" {
			want = delegations.Waitlisted
		}
		if r.Status != want {
			t.Errorf("%s is %s", r.FamilyName, r.Status)
		}
	}
}

// A list for the whole event names the delegation of each line; the delegation's
// officer may bring one for their own alone.
func TestWhoMayBringLists(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	other := g.delegation(t, "D02", 6)
	by := g.officer(t, g.city)
	i := g.upload(t, office, lists.Upload{EventID: g.event.ID, Kind: lists.Members, FileName: "all.csv", Lang: "zh", Consent: true,
		File: []byte("代表团,姓（拉丁字母）,电子邮箱,国家（地区）\nD01,A,a@city.example,匈牙利\n代表团D02,B,b@city.example,捷克\nD99,C,c@city.example,HU\n")})
	if got := g.verdicts(t, office, i); !reflect.DeepEqual(got, []string{"new", "new", "bad delegation lists.choice"}) {
		t.Fatalf("%q", got)
	}
	g.commit(t, office, i)
	if a, b := g.members(t, g.city), g.members(t, other); len(a) != 1 || len(b) != 1 {
		t.Errorf("%d and %d members", len(a), len(b))
	}
	up := lists.Upload{EventID: g.event.ID, Kind: lists.Members, DelegationID: g.city.ID, FileName: "list.csv", File: []byte("Family name,E-mail,Nationality\nD,d@city.example,HU\n"), Lang: "en", Consent: true}
	own := g.upload(t, by, up)
	stranger := g.officer(t, other)
	for name, err := range map[string]error{
		"another delegation's officer brings":   second(g.lists.Bring(t.Context(), stranger, up)),
		"another delegation's officer looks":    second(g.lists.ByID(t.Context(), stranger, own.ID)),
		"another delegation's officer reads":    third(g.lists.Lines(t.Context(), stranger, own.ID, "", 0, 10)),
		"another delegation's officer commits":  second(g.lists.Commit(t.Context(), stranger, own.ID, own.Version)),
		"another delegation's officer cancels":  second(g.lists.Cancel(t.Context(), stranger, own.ID)),
		"another delegation's officer takes":    g.lists.WriteReturned(t.Context(), stranger, own.ID, locale.EN, &bytes.Buffer{}),
		"an officer brings for the whole event": second(g.lists.Bring(t.Context(), by, lists.Upload{EventID: g.event.ID, Kind: lists.Members, File: up.File, Lang: "en", Consent: true})),
		"an officer brings firms":               second(g.lists.Bring(t.Context(), by, lists.Upload{EventID: g.event.ID, Kind: lists.Firms, File: up.File, Lang: "en"})),
		"a guest brings":                        second(g.lists.Bring(t.Context(), accounts.GuestActor(), up)),
	} {
		if code(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	up.Consent = false
	if _, err := g.lists.Bring(t.Context(), by, up); code(err) != fault.Invalid {
		t.Errorf("without consent: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
func third[T any](_ T, err error) error  { return err }

// A file that cannot be read ends the import with a sentence, and nothing is kept.
func TestUnreadableList(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	i, err := g.lists.Bring(t.Context(), office, lists.Upload{EventID: g.event.ID, Kind: lists.Members, DelegationID: g.city.ID, FileName: "list.xlsx", File: []byte("Name\nA\n"), Lang: "en", Consent: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.lists.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i.Running() { // the job queue's own pace
		i = g.again(t, office, i)
	}
	if err := g.lists.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i.State != lists.Failed || i.Fault == nil || i.Fault.Key != "sheet.no_header" || g.words.T(locale.EN, i.Fault.Key, i.Fault.Args...) != "No header was found in the first three rows. It needs at least these columns: Family name." {
		t.Errorf("%+v %+v", i, i.Fault)
	}
	var left int
	if err := g.db.GetContext(t.Context(), &left, `SELECT count(*) FROM imports WHERE file_sealed IS NOT NULL`); err != nil || left != 0 {
		t.Errorf("%d files kept, %v", left, err)
	}
}
