package lists_test

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/delegations"
	"qianshou/app/keys"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/lists"
)

// Nothing of a cancelled list stays, also when it is cancelled while it is taken over.
func TestCancel(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	i := g.bring(t, office, g.city, "Family name,E-mail,Nationality", "A,a@city.example,HU")
	if _, err := g.lists.Commit(t.Context(), office, i.ID, i.Version); err != nil {
		t.Fatal(err)
	}
	if _, err := g.lists.Cancel(t.Context(), office, i.ID); err != nil {
		t.Fatal(err)
	}
	if err := g.lists.Work(t.Context(), i.ID); err != nil {
		t.Fatal(err)
	}
	if i = g.again(t, office, i); i.State != lists.Cancelled || len(g.members(t, g.city)) != 0 {
		t.Errorf("%+v", i)
	}
	if _, err := g.lists.Cancel(t.Context(), office, i.ID); code(err) != fault.Conflict {
		t.Errorf("cancelled twice: %v", err)
	}
	var sealed int
	if err := g.db.GetContext(t.Context(), &sealed, `SELECT count(*) FROM imports i WHERE file_sealed IS NOT NULL OR EXISTS (SELECT 1 FROM import_rows r WHERE r.import_id = i.id)`); err != nil || sealed != 0 {
		t.Errorf("%d kept, %v", sealed, err)
	}
}

// A list that is cancelled while it is taken over keeps what was taken, as whole lines.
func TestCancelOnTheWay(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	rows := []string{"Family name,Given name,E-mail,Nationality"}
	for n := range 600 {
		rows = append(rows, fmt.Sprintf("Réti %c%c,Zsófia,m%d@city.example,HU", 'A'+n%26, 'a'+n/26, n))
	}
	i := g.bring(t, office, g.delegation(t, "D09", 500), rows...)
	if _, err := g.lists.Commit(t.Context(), office, i.ID, i.Version); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- g.lists.Work(t.Context(), i.ID) }()
	for i.State != lists.Committing || i.DoneRows == 0 {
		i = g.again(t, office, i)
	}
	if _, err := g.lists.Cancel(t.Context(), office, i.ID); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	i = g.again(t, office, i)
	var kept, people int
	if err := g.db.GetContext(t.Context(), &kept, `SELECT count(*) FROM import_rows WHERE import_id = $1 AND registration_id IS NOT NULL`, i.ID); err != nil {
		t.Fatal(err)
	}
	if err := g.db.GetContext(t.Context(), &people, `SELECT count(*) FROM registrations`); err != nil {
		t.Fatal(err)
	}
	if i.State != lists.Cancelled || i.DoneRows == 0 || i.DoneRows == 600 || kept != i.DoneRows || people != i.DoneRows {
		t.Errorf("%s after %d rows; %d rows and %d people are kept", i.State, i.DoneRows, kept, people)
	}
}

// Somebody changes the person of a line while the list is taken over: the line is
// judged by what stands then, and the list goes on.
func TestAListGoesOnBesideTheDesk(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	first := g.bring(t, office, g.city, head, "member,Réti,Zsófia,m002@delegate.example,,HU,,,,Mayor", "member,Halmosi,Dénes,h@delegate.example,,HU,,,,Deputy")
	first = g.commit(t, office, first)
	people := g.members(t, g.city)
	i := g.bring(t, office, g.city, head, "member,Réti,Zsófia,m002@delegate.example,,HU,,,,Lord Mayor", "member,Halmosi,Dénes,h@delegate.example,,HU,,,,First Deputy")
	if _, err := g.lists.Commit(t.Context(), office, i.ID, i.Version); err != nil || i.Good != 2 {
		t.Fatalf("%+v, %v", i, err)
	}
	desk, err := g.db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = desk.Rollback() }()
	if _, err := desk.ExecContext(t.Context(), `UPDATE registrations SET status = 'on_hold', version = version + 1 WHERE id = $1`, people[1].ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- g.lists.Work(t.Context(), i.ID) }()
	for waits := 0; waits == 0; { // until the list stands before the desk's row
		if err := g.db.GetContext(t.Context(), &waits, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`); err != nil {
			t.Fatal(err)
		}
	}
	if err := desk.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if i = g.again(t, office, i); i.State != lists.Done || i.Good != 2 {
		t.Errorf("%+v", i)
	}
	titles := map[string]delegations.Status{}
	for _, r := range g.members(t, g.city) {
		titles[r.TitleEN] = r.Status
	}
	if want := map[string]delegations.Status{"Lord Mayor": people[0].Status, "First Deputy": delegations.OnHold}; !maps.Equal(titles, want) {
		t.Errorf("%v; want %v", titles, want)
	}
}

// What a list holds is sealed, and forgotten: at once when it is taken over, after a
// week in any case.
func TestListsAreForgotten(t *testing.T) {
	t.Parallel()
	now := april()
	g := newGround(t, func() time.Time { return now })
	held := func() (n int) {
		t.Helper()
		if err := g.db.GetContext(t.Context(), &n, `SELECT (SELECT count(*) FROM imports WHERE file_sealed IS NOT NULL) + (SELECT count(*) FROM import_rows WHERE data_sealed IS NOT NULL)`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	i := g.bring(t, office, g.city, head, "member,Réti,Zsófia,m002@delegate.example,,HU,1972-03-07,TEST00002,2031-12-31,", "member,B,,x,,,,,,")
	var plain int
	if err := g.db.GetContext(t.Context(), &plain, `
		SELECT count(*) FROM imports i JOIN import_rows r ON r.import_id = i.id
		WHERE position('TEST00002'::bytea in i.file_sealed) > 0 OR position('TEST00002'::bytea in r.data_sealed) > 0 OR r.problems::text LIKE '%TEST00002%'`); err != nil || plain != 0 {
		t.Errorf("%d passports lie open, %v", plain, err)
	}
	if n := held(); n != 3 {
		t.Errorf("%d held", n)
	}
	g.commit(t, office, i)
	// The name of who was taken over, and the line that was not.
	if n := held(); n != 2 {
		t.Errorf("%d held after it was taken over", n)
	}
	var rows []struct {
		ID   string `db:"id"`
		Data []byte `db:"data_sealed"`
	}
	if err := g.db.SelectContext(t.Context(), &rows, `SELECT id, data_sealed FROM import_rows WHERE import_id = $1 ORDER BY line`, i.ID); err != nil {
		t.Fatal(err)
	}
	name, err := g.box.Open(rows[0].Data, "import_rows.data:"+rows[0].ID)
	if err != nil || !strings.Contains(string(name), "Réti") || !strings.Contains(string(name), "F27-0001") || strings.Contains(string(name), "TEST") || strings.Contains(string(name), "1972") || strings.Contains(string(name), "@") {
		t.Errorf("kept %s, %v", name, err)
	}
	left := g.bring(t, office, g.city, head, "member,C,,c@city.example,,,,,,")
	now = now.AddDate(0, 0, 8)
	if err := g.lists.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := held(); n != 0 {
		t.Errorf("%d held after a week", n)
	}
	if left = g.again(t, office, left); left.State != lists.Cancelled {
		t.Errorf("%+v", left)
	}

	// That there was one goes with the people.
	for _, task := range lists.Retention(g.box) {
		for _, want := range []int{2, 0} {
			if n, err := task.Purge(t.Context(), g.db, g.event.ID); err != nil || n != want {
				t.Errorf("%d purged, want %d, %v", n, want, err)
			}
		}
	}
}

// A list that waits is still read when the keys were renewed meanwhile.
func TestKeysAreRenewedUnderAList(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	i := g.bring(t, office, g.city, head, "member,Réti,Zsófia,m002@delegate.example,,HU,1972-03-07,TEST00002,2031-12-31,", "member,B,,x,,,,,,")
	now := april()
	ring := keys.New(g.db, g.box, nil, func() time.Time { return now }, ident.New)
	if err := ring.Rotate(t.Context(), office); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	if err := ring.Reseal(t.Context(), office, func(p keys.Progress) { told[p.What] = true }); err != nil || !told["imports.file_sealed"] || !told["import_rows.data_sealed"] {
		t.Fatalf("%v, %v", told, err)
	}
	now = now.Add(keys.HearLimit)
	if n, err := ring.Drop(t.Context(), office); err != nil || n == 0 {
		t.Fatalf("%d keys dropped, %v", n, err)
	}
	if got := g.verdicts(t, office, i); len(got) != 2 || got[0] != "new" {
		t.Errorf("%q", got)
	}
	if i = g.commit(t, office, i); i.State != lists.Done || len(g.members(t, g.city)) != 1 {
		t.Errorf("%+v", i)
	}
}

// Two lists of one delegation at once register everybody once.
func TestTwoListsAtOnce(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	rows := []string{"Family name,E-mail,Nationality", "A,a@city.example,HU", "B,b@city.example,HU"}
	one, two := g.bring(t, office, g.city, rows...), g.bring(t, office, g.city, rows...)
	done := make(chan error, 2)
	for _, i := range []lists.Import{one, two} {
		if _, err := g.lists.Commit(t.Context(), office, i.ID, i.Version); err != nil {
			t.Fatal(err)
		}
		go func() { done <- g.lists.Work(t.Context(), i.ID) }()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if members := g.members(t, g.city); len(members) != 2 {
		t.Errorf("%d members", len(members))
	}
}

// What a process left behind when it died is begun anew by the next.
func TestWorkIsBegunAnew(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	i := g.bring(t, office, g.city, "Family name,E-mail,Nationality", "A,a@city.example,HU")
	if _, err := g.lists.Commit(t.Context(), office, i.ID, i.Version); err != nil {
		t.Fatal(err)
	}
	if _, err := g.db.ExecContext(t.Context(), `DELETE FROM river_job`); err != nil {
		t.Fatal(err)
	}
	if err := g.lists.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i = g.again(t, office, i); i.Running(); { // the job queue's own pace
		i = g.again(t, office, i)
	}
	if err := g.lists.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i.State != lists.Done || len(g.members(t, g.city)) != 1 {
		t.Errorf("%+v", i)
	}
}

// Passports in a list are read by who brought it for their delegation, and by those
// who may see passports; others see that there is one.
func TestPassportsOfAListAreMasked(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	by := g.officer(t, g.city)
	i := g.bring(t, by, g.city, head, "member,A,,a@city.example,,HU,1965-02-30,T/1,2031-12-31,")
	user := func(role accounts.Role) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, ID: ident.New(), NameEN: string(role), Grants: []accounts.Grant{{EventID: g.event.ID, Role: role}}}
	}
	for _, tt := range []struct {
		name  string
		actor accounts.Actor
		want  []string
	}{
		{"the officer", by, []string{"1965-02-30", "T/1"}},
		{"protocol", user(accounts.Protocol), []string{"1965-02-30", "T/1"}},
		{"programme", user(accounts.Programme), []string{"••••", "••••"}},
	} {
		page, err := g.lists.Lines(t.Context(), tt.actor, i.ID, "bad", 0, 10)
		if err != nil || len(page.Lines) != 1 {
			t.Fatalf("%s: %+v, %v", tt.name, page, err)
		}
		var got []string
		for _, c := range page.Lines[0].Cells {
			got = append(got, c.Value)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s reads %q", tt.name, got)
		}
	}
	if err := g.lists.WriteReturned(t.Context(), user(accounts.Programme), i.ID, locale.EN, &bytes.Buffer{}); code(err) != fault.Forbidden {
		t.Errorf("programme takes the file: %v", err)
	}
}

// Each look of the office at passports of a list is logged, before it is answered: at
// a page that shows some, and at the file that comes back. An officer looks at their own
// delegation's.
func TestLooksAtPassportsOfAListAreLogged(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	by := g.officer(t, g.city)
	i := g.bring(t, by, g.city, head, "member,A,,a@city.example,,HU,1965-02-30,T/1,2031-12-31,", "member,B,,not an address,,HU,1965-02-03,TEST00002,2031-12-31,", "member,C,,x,,HU,,,,")
	protocol := accounts.Actor{Kind: accounts.User, ID: ident.New(), NameEN: "Protocol", Grants: []accounts.Grant{{EventID: g.event.ID, Role: accounts.Protocol}}}
	programme := accounts.Actor{Kind: accounts.User, ID: ident.New(), NameEN: "Programme", Grants: []accounts.Grant{{EventID: g.event.ID, Role: accounts.Programme}}}
	for _, tt := range []struct {
		name string
		look func() error
		want int // entries
		rows float64
	}{
		{"the officer's page", func() error { return third(g.lists.Lines(t.Context(), by, i.ID, "bad", 0, 10)) }, 0, 0},
		{"the officer's file", func() error { return g.lists.WriteReturned(t.Context(), by, i.ID, locale.EN, &bytes.Buffer{}) }, 0, 0},
		{"masked", func() error { return third(g.lists.Lines(t.Context(), programme, i.ID, "bad", 0, 10)) }, 0, 0},
		{"a page without any", func() error { return third(g.lists.Lines(t.Context(), protocol, i.ID, "bad", 1, 10)) }, 0, 0},
		{"a page with one", func() error { return third(g.lists.Lines(t.Context(), protocol, i.ID, "bad", 0, 10)) }, 1, 1},
		{"the file", func() error { return g.lists.WriteReturned(t.Context(), protocol, i.ID, locale.EN, &bytes.Buffer{}) }, 1, 2},
	} {
		before, err := audit.History(t.Context(), g.db, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := tt.look(); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		after, err := audit.History(t.Context(), g.db, i.ID)
		if err != nil || len(after)-len(before) != tt.want {
			t.Errorf("%s: %d entries, %v", tt.name, len(after)-len(before), err)
			continue
		}
		if last := after[len(after)-1]; tt.want > 0 && (last.Action != "list.reveal" || last.ActorName != "Protocol" || last.After["rows"] != tt.rows) {
			t.Errorf("%s: logged %+v", tt.name, last)
		}
	}
}

func TestPastedRows(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	by := g.officer(t, g.city)
	i := g.upload(t, by, lists.Upload{EventID: g.event.ID, Kind: lists.Members, DelegationID: g.city.ID, Pasted: true, Lang: "zh", Consent: true,
		File: []byte("姓（拉丁字母）\t电子邮箱\t护照号\t护照有效期\t国籍\t职务（英文）\r\nRéti, von\tr@city.example\t0012345\t2031年12月31日\tHUN\tThe \"great\" council\r\n")})
	if got := g.verdicts(t, by, i); !reflect.DeepEqual(got, []string{"new lists.nominated"}) {
		t.Errorf("%q %+v", got, i)
	}
	g.commit(t, by, i)
	if m := g.members(t, g.city); len(m) != 1 || m[0].FamilyName != "Réti, von" || m[0].PassportLast4 != "2345" || m[0].TitleEN != `The "great" council` || m[0].Lang != "zh" {
		t.Errorf("%+v", m)
	}
}

// A number where Excel would have eaten digits is refused with the reason.
func TestNumbersInCodes(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	f := excelize.NewFile()
	defer f.Close()
	for n, row := range [][]any{{"Family name", "E-mail", "Passport number", "Passport expiry", "Birth date", "Nationality"}, {"A", "a@city.example", 12345678, 48213, 26299, "HU"}} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", n+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if err := f.Write(&file); err != nil {
		t.Fatal(err)
	}
	i := g.upload(t, office, lists.Upload{EventID: g.event.ID, Kind: lists.Members, DelegationID: g.city.ID, FileName: "a.xlsx", File: file.Bytes(), Lang: "zh", Consent: true})
	page, err := g.lists.Lines(t.Context(), office, i.ID, "bad", 0, 10)
	if err != nil || len(page.Lines) != 1 || len(page.Lines[0].Cells) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	if c := page.Lines[0].Cells[0]; c.Address != "C2" || c.Problem.Key != "lists.number_in_code" || !strings.Contains(g.words.T(locale.ZH, c.Problem.Key, c.Problem.Args...), "C2是数字格式") {
		t.Errorf("%+v", c)
	}
}

// What is written out is harmless, comes back unchanged, and holds passports only for
// those who may see them.
func TestExport(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	by := g.officer(t, g.city)
	g.commit(t, by, g.bring(t, by, g.city, head+",Languages,Access needs,Organisation,Accompanies",
		"head,Halmosi,Dénes,m001@delegate.example,+36 30 123 4567,HU,1965-02-04,TEST00001,2031-12-31,Mayor,hu;en,step-free access,'=cmd|' /C calc'!A0,",
		"companion,Vida,Judit,m005@delegate.example,,HU,1966-02-04,TEST00005,2031-12-31,,,,,Dénes Halmosi"))
	protocol := accounts.Actor{Kind: accounts.User, ID: ident.New(), NameEN: "Protocol", Grants: []accounts.Grant{{EventID: g.event.ID, Role: accounts.Protocol}}}
	programme := accounts.Actor{Kind: accounts.User, ID: ident.New(), NameEN: "Programme", Grants: []accounts.Grant{{EventID: g.event.ID, Role: accounts.Programme}}}
	x := lists.Export{EventID: g.event.ID, Zone: g.event.Location(), CSV: true, Lang: locale.EN, Sensitive: true}
	var out bytes.Buffer
	if err := g.lists.Write(t.Context(), protocol, x, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"TEST00001", "1965-02-04", "'+36301234567", "'=cmd|", "Step-free access", "Accompanying person,F27-0001,Vida", "2027-04-20 10:00"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %s", want, out.String())
		}
	}
	// Brought again as it is, it changes nothing.
	i := g.upload(t, protocol, lists.Upload{EventID: g.event.ID, Kind: lists.Members, FileName: "all.csv", File: out.Bytes(), Lang: "en", Consent: true})
	if got := g.verdicts(t, protocol, i); !reflect.DeepEqual(got, []string{"same", "same"}) {
		t.Errorf("%q, %+v", got, i)
	}
	if err := g.lists.Write(t.Context(), programme, x, &bytes.Buffer{}); code(err) != fault.Forbidden {
		t.Errorf("passports for who may not see them: %v", err)
	}
	x.Sensitive, x.CSV, x.Lang = false, false, locale.ZH
	x.Filter.DelegationID = g.city.ID
	for name, actor := range map[string]accounts.Actor{"programme": programme, "the delegation": by} {
		var out bytes.Buffer
		if err := g.lists.Write(t.Context(), actor, x, &out); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := f.GetRows("报名")
		if all := fmt.Sprint(rows); err != nil || len(rows) != 3 || strings.Contains(all, "TEST") || strings.Contains(all, "1965") || strings.Contains(all, "护照号") || !strings.Contains(all, "豪尔莫希") && !strings.Contains(all, "团长") {
			t.Errorf("%s reads %q, %v", name, rows, err)
		}
		if needs := strings.Contains(fmt.Sprint(rows), "无障碍"); needs != (name == "the delegation") {
			t.Errorf("%s reads who needs what: %v in %q", name, needs, rows)
		}
		_ = f.Close()
	}
	x.Filter.DelegationID = ident.Nil
	for name, actor := range map[string]accounts.Actor{"the delegation": by, "a guest": accounts.GuestActor()} {
		if err := g.lists.Write(t.Context(), actor, x, &bytes.Buffer{}); code(err) != fault.Forbidden {
			t.Errorf("%s reads the whole event: %v", name, err)
		}
	}
	var logged []string
	if err := g.db.SelectContext(t.Context(), &logged, `SELECT actor_name || ' ' || (after->>'sensitive') FROM audit_entries WHERE action = 'registration.export' ORDER BY id`); err != nil || len(logged) != 3 || logged[0] != "Protocol true" {
		t.Errorf("logged %q, %v", logged, err)
	}
}

// Who is erased goes from lists that wait too, by whatever they are known: the line that
// was found to be about them, their address, their passport.
func TestErasedGoFromListsThatWait(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	done := g.commit(t, office, g.bring(t, office, g.city, head, "member,Réti,Zsófia,m002@delegate.example,,HU,1972-03-07,TEST00002,2031-12-31,"))
	zsofia := g.members(t, g.city)[0]
	other := g.delegation(t, "D02", 6)
	waits := g.bring(t, office, other, head,
		"member,Reti,Zs,M002@Delegate.example,,HU,,,,", "member,Somebody,Else,m003@delegate.example,,HU,,test00002,2031-12-31,",
		"member,Stays,Here,m004@delegate.example,,HU,,TEST00004,2031-12-31,", "member,B,,x,,,,,,")
	if waits.Rows != 4 {
		t.Fatalf("%+v", waits)
	}
	for _, want := range []int{3, 0} {
		n := 0
		for _, task := range lists.Retention(g.box) {
			erased, err := task.Erase(t.Context(), g.db, g.event.ID, zsofia.ID)
			if err != nil {
				t.Fatal(err)
			}
			n += erased
		}
		if n != want {
			t.Errorf("%d lines went, want %d", n, want)
		}
	}
	now := g.again(t, office, waits)
	if now.State != lists.Checked || now.Rows != 2 || now.Good+now.Bad != 2 || len(g.verdicts(t, office, waits)) != 2 || len(g.verdicts(t, office, done)) != 0 {
		t.Errorf("%+v, %q", now, g.verdicts(t, office, waits))
	}
	var files int
	if err := g.db.GetContext(t.Context(), &files, `SELECT count(*) FROM imports WHERE file_sealed IS NOT NULL`); err != nil || files != 0 {
		t.Errorf("%d files stay, %v", files, err)
	}
	if now = g.commit(t, office, now); now.State != lists.Done || len(g.members(t, other)) == 0 {
		t.Errorf("what is left is not taken over: %+v", now)
	}
}
