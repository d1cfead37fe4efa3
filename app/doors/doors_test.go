package doors_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/doors"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// TestDoors shares one forum; each part has gates and guests of its own.
func TestDoors(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for code, zone := range map[string]string{"A-1": "A", "A-2": "A", "B-1": "B", "B-2": "B", "S-1": "S", "P-1": "P", "P-9": "P"} {
		g.gate(code, zone, ident.Nil)
	}
	t.Run("two doors in the same instant admit one", g.twoDoors)
	t.Run("a scan sent twice is one scan", g.sentTwice)
	t.Run("a zone is never fuller than it may be", g.capacity)
	t.Run("leaving a zone leaves what lies in it", g.nested)
	t.Run("the next morning yesterday's entry is forgotten", g.nextMorning)
	t.Run("a head of delegation is never turned away in red", g.calm)
	t.Run("a typed reference finds the badge", g.typed)
	t.Run("a queue is delivered once, with its conflicts", g.queue)
	t.Run("a delivered scan must make sense", g.nonsense)
	t.Run("typed references do not read out the list of guests", g.typing)
	t.Run("a door and a desk at the same person do not block one another", g.doorAndDesk)
	t.Run("what was typed is found", g.found)
	t.Run("who does not come any more", g.ended)
	t.Run("who may not scan", g.forbidden)
	t.Run("what is wrong with a scan", g.wrong)
	t.Run("a device is paired once and revoked at once", g.pairing)
}

func (g *ground) twoDoors(t *testing.T) {
	badge := g.badge("m004")
	var all sync.WaitGroup
	verdicts := make([]doors.Verdict, 16)
	for i := range verdicts {
		all.Go(func() {
			gate := []string{"A-1", "A-2"}[i%2]
			v, err := g.doors.Admit(t.Context(), g.devices[gate], doors.Scan{ScanID: ident.New(), Token: badge.Token, Direction: doors.In, ScannedAt: g.at})
			if err != nil {
				t.Error(err)
			}
			verdicts[i] = v
		})
	}
	all.Wait()
	entered := 0
	for _, v := range verdicts {
		switch v.Code {
		case doors.OK:
			entered++
		case doors.AlreadyInside, doors.DuplicateRead:
		default:
			t.Errorf("code %s", v.Code)
		}
	}
	if entered != 1 {
		t.Errorf("%d entered with one badge", entered)
	}
}

func (g *ground) sentTwice(t *testing.T) {
	in := doors.Scan{ScanID: ident.New(), Token: g.badge("m007").Token, Direction: doors.In, ScannedAt: g.at}
	var all sync.WaitGroup
	verdicts := make([]doors.Verdict, 12)
	for i := range verdicts {
		all.Go(func() {
			v, err := g.doors.Admit(t.Context(), g.devices["A-1"], in)
			if err != nil {
				t.Error(err)
			}
			verdicts[i] = v
		})
	}
	all.Wait()
	for _, v := range verdicts {
		if !v.Granted || v.Code != doors.OK || v.Person == nil || v.Person.Serial == "" {
			t.Errorf("verdict %+v, want the first one", v)
		}
	}
	_, total, err := g.doors.Log(t.Context(), system, g.forum.ID, doors.LogFilter{Search: g.badge("m007").Serial, Limit: 10})
	if err != nil || total != 1 {
		t.Errorf("%d lines in the log, %v; want 1", total, err)
	}
	// What says nothing twice has no lock to queue behind, and is one scan too.
	in = doors.Scan{ScanID: ident.New(), Token: "nothing", ScannedAt: g.at}
	for range 12 {
		all.Go(func() {
			if v, err := g.doors.Admit(t.Context(), g.devices["A-1"], in); err != nil || v.Code != doors.Malformed {
				t.Errorf("%+v, %v", v, err)
			}
		})
	}
	all.Wait()
	in.Token = g.badge("m007").Token
	if _, err := g.doors.Admit(t.Context(), g.devices["A-2"], in); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("the ScanID of another gate's scan: %v, want a conflict", err)
	}
}

func (g *ground) capacity(t *testing.T) {
	g.do(`UPDATE zones SET capacity = 7 WHERE id = $1`, g.zones["B"])
	tokens := []string{}
	var rows []string
	if err := g.db.SelectContext(t.Context(), &rows, `
		SELECT b.token FROM badges b WHERE b.event_id = $1 AND b.state = 'active' AND b.badge_type IN ('DEL', 'VIP', 'BIZ')`, g.forum.ID); err != nil {
		t.Fatal(err)
	}
	tokens = append(tokens, rows...)
	if len(tokens) < 30 {
		t.Fatalf("%d badges", len(tokens))
	}
	var all sync.WaitGroup
	verdicts := make([]doors.Verdict, len(tokens))
	for i, token := range tokens {
		all.Go(func() {
			gate := []string{"B-1", "B-2"}[i%2]
			v, err := g.doors.Admit(t.Context(), g.devices[gate], doors.Scan{ScanID: ident.New(), Token: token, Direction: doors.In, ScannedAt: g.at})
			if err != nil {
				t.Error(err)
			}
			verdicts[i] = v
		})
	}
	all.Wait()
	codes := map[doors.Code]int{}
	for _, v := range verdicts {
		codes[v.Code]++
	}
	if codes[doors.OK] != 7 || codes[doors.CapacityFull] != len(tokens)-7 {
		t.Errorf("verdicts %v, want 7 of %d inside", codes, len(tokens))
	}
	counts, err := g.doors.Counts(t.Context(), system, g.forum.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		if c.Code == "B" && (c.Inside != 7 || c.Capacity != 7) {
			t.Errorf("the zone says %+v", c)
		}
	}
}

func (g *ground) nested(t *testing.T) {
	token := g.badge("m003").Token
	g.later(time.Minute)
	for _, step := range []struct {
		gate string
		way  doors.Direction
		want doors.Code
	}{
		{"P-1", doors.In, doors.OK}, {"A-1", doors.In, doors.OK}, {"S-1", doors.In, doors.OK}, {"A-1", doors.In, doors.AlreadyInside},
		{"P-1", doors.Out, doors.OK}, {"P-1", doors.In, doors.OK}, {"A-1", doors.In, doors.OK}, {"S-1", doors.In, doors.OK},
	} {
		g.later(11 * time.Second)
		if v := g.scan(step.gate, token, step.way); v.Code != step.want {
			t.Errorf("%s %s: %s, want %s", step.gate, step.way, v.Code, step.want)
		}
	}
}

func (g *ground) later(d time.Duration) { g.at = g.at.Add(d) }

func (g *ground) nextMorning(t *testing.T) {
	token := g.badge("m006").Token
	g.set("2027-06-09T19:00:00+08:00")
	if v := g.scan("A-1", token, doors.In); v.Code != doors.OK {
		t.Fatal(v.Code)
	}
	g.set("2027-06-10T01:00:00+08:00")
	if v := g.scan("A-1", token, doors.In); v.Code != doors.AlreadyInside || v.Since == nil || v.SinceGate.EN != "Gate A-1" {
		t.Errorf("after midnight: %+v", v)
	}
	g.set("2027-06-10T08:00:00+08:00")
	if v := g.scan("A-1", token, doors.In); v.Code != doors.OK {
		t.Errorf("the next morning: %s", v.Code)
	}
}

func (g *ground) calm(t *testing.T) {
	g.set("2027-06-10T09:00:00+08:00")
	head, member := g.badge("m011"), g.badge("m012")
	for range 2 {
		g.later(11 * time.Second)
		g.scan("A-2", head.Token, doors.In)
		g.scan("A-2", member.Token, doors.In)
	}
	g.later(11 * time.Second)
	if v := g.scan("A-2", head.Token, doors.In); v.Granted || !v.Calm {
		t.Errorf("the head: %+v, want a calm refusal", v)
	}
	if v := g.scan("A-2", member.Token, doors.In); v.Granted || v.Calm {
		t.Errorf("a member: %+v, want a plain refusal", v)
	}
}

func (g *ground) typed(t *testing.T) {
	g.later(time.Minute)
	badge := g.badge("m016")
	r, err := g.guests.Registration(t.Context(), system, badge.RegistrationID)
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{" " + strings.ToLower(badge.Serial) + " ", r.Reference} {
		v, err := g.doors.Admit(t.Context(), g.devices["P-1"], doors.Scan{ScanID: ident.New(), Reference: typed, Direction: doors.In})
		if err != nil || !v.Granted || v.Person.Reference != r.Reference {
			t.Errorf("%q: %+v, %v", typed, v, err)
		}
		g.later(time.Minute)
	}
	v, err := g.doors.Admit(t.Context(), g.devices["P-1"], doors.Scan{ScanID: ident.New(), Reference: "F27-9999", Direction: doors.In})
	if err != nil || v.Granted || v.Code != doors.Unknown {
		t.Errorf("a reference of nobody: %+v, %v", v, err)
	}
	g.awaited(t)
}

// awaited types the reference of somebody who is known and has no badge yet.
func (g *ground) awaited(t *testing.T) {
	r, _, err := g.guests.Register(t.Context(), system, g.forum.ID, delegations.Input{
		Category: "staff", GivenName: "Test", FamilyName: "Awaited", NameNative: "Test Awaited", NativeOrder: "given_first", Nationality: "CN", Languages: []string{"en"},
		Email: "awaited@example.org", TitleEN: "Guest", Organisation: "Test", Consent: true, Lang: "en", Role: "staff", BadgeType: "ORG", Source: "office",
	})
	if err != nil {
		t.Fatal(err)
	}
	scan := doors.Scan{ScanID: ident.New(), Reference: r.Reference, Direction: doors.In}
	for range 2 { // the second time is the first answer again
		v, err := g.doors.Admit(t.Context(), g.devices["P-1"], scan)
		if err != nil || v.Granted || v.Code != doors.NotActive || v.Person == nil || v.Person.Reference != r.Reference || v.Person.Serial != "" {
			t.Errorf("a reference without a badge: %+v, %v", v, err)
		}
	}
	scan.ScanID = ident.New()
	if _, _, err := g.guests.Approve(t.Context(), system, r.ID); err != nil {
		t.Fatal(err)
	}
	if v, err := g.doors.Admit(t.Context(), g.devices["P-1"], scan); err != nil || !v.Granted {
		t.Errorf("once the badge is made: %+v, %v", v, err)
	}
}

func (g *ground) queue(t *testing.T) {
	g.set("2027-06-10T12:00:00+08:00")
	ctx := t.Context()
	first, second := g.badge("m017").Token, g.badge("m018")
	if _, err := g.badges.Revoke(ctx, system, second.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	// The phone's clock stands in 1970.
	sent := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	queue := []doors.Queued{
		{Scan: doors.Scan{ScanID: ident.New(), Token: first, Direction: doors.In, ScannedAt: sent.Add(-10 * time.Minute)}, Granted: true, Code: doors.OKOffline},
		{Scan: doors.Scan{ScanID: ident.New(), Token: second.Token, Direction: doors.In, ScannedAt: sent.Add(-9 * time.Minute)}, Granted: true, Code: doors.OKOffline},
		{Scan: doors.Scan{ScanID: ident.New(), Token: first, Direction: doors.In, ScannedAt: sent.Add(-5 * time.Minute)}, Granted: false, Code: doors.AlreadyInside},
		{Scan: doors.Scan{ScanID: ident.New(), Token: "", Direction: doors.In, ScannedAt: sent}, Granted: false, Code: doors.Malformed},
		{Scan: doors.Scan{ScanID: ident.New(), Token: first, Direction: doors.In, ScannedAt: sent}, Granted: true, Code: doors.OK},
		{Scan: doors.Scan{ScanID: ident.New(), Token: first, Direction: doors.In, ScannedAt: sent}, Granted: true, Code: doors.ManualOverride},
	}
	for time := range 2 { // and once more after the connection broke
		out, err := g.doors.Deliver(ctx, g.devices["A-1"], sent, queue)
		if err != nil || len(out) != len(queue) {
			t.Fatalf("%d answers, %v", len(out), err)
		}
		for i, want := range []struct {
			granted  bool
			code     doors.Code
			conflict doors.Code
			fault    fault.Code
		}{
			{true, doors.OKOffline, "", ""},
			{true, doors.OKOffline, doors.Revoked, ""},
			{false, doors.AlreadyInside, "", ""},
			{fault: fault.Invalid}, // nothing was read
			{fault: fault.Invalid}, // no phone can know that it is OK
			{fault: fault.Invalid}, // a steward overrides nothing
		} {
			got := out[i]
			if got.Granted != want.granted || got.Code != want.code || got.Conflict != want.conflict || fault.CodeOf(got.Err) != want.fault || got.ScanID != queue[i].ScanID {
				t.Errorf("delivery %d, scan %d: %+v, want %+v", time, i, got, want)
			}
		}
	}
	lines, total, err := g.doors.Log(ctx, system, g.forum.ID, doors.LogFilter{Kind: "conflict", Limit: 10})
	if err != nil || total != 1 || lines[0].ServerCode != doors.Revoked || !lines[0].JudgedAt.Equal(g.at.Add(-9*time.Minute)) {
		t.Errorf("conflicts: %+v, %v", lines, err)
	}
	g.later(time.Hour)
	if v := g.scan("A-2", first, doors.In); v.Code != doors.AlreadyInside {
		t.Errorf("after the delivery the server says %s", v.Code)
	}
}

func (g *ground) forbidden(t *testing.T) {
	token := g.badge("m021").Token
	guest, analyst := accounts.GuestActor(), accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.forum.ID, Role: accounts.Analyst}}}
	elsewhere := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.week.ID, Role: accounts.DoorsLead}}}
	for name, by := range map[string]accounts.Actor{"a guest": guest, "an analyst": analyst, "the doors lead of another event": elsewhere} {
		if _, err := g.doors.Admit(t.Context(), by, doors.Scan{ScanID: ident.New(), Gate: "P-1", Token: token}); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s scans: %v", name, err)
		}
		if _, err := g.doors.SaveGate(t.Context(), by, doors.Gate{EventID: g.forum.ID, Code: "X", Name: locale.Text{ZH: "门", EN: "Gate"}, ZoneID: g.zones["P"], Direction: doors.In}); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s makes a gate: %v", name, err)
		}
		if _, _, err := g.doors.AddDevice(t.Context(), by, g.gates["P-1"].ID, "Phone", doors.Steward); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s adds a device: %v", name, err)
		}
		if _, err := g.doors.Search(t.Context(), by, g.forum.ID, "halmosi"); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s searches: %v", name, err)
		}
	}
	steward := g.devices["P-1"]
	if _, err := g.doors.Admit(t.Context(), steward, doors.Scan{ScanID: ident.New(), Gate: "A-1", Token: token}); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a device scans for another gate: %v", err)
	}
	if _, err := g.doors.LetIn(t.Context(), steward, doors.Override{ScanID: ident.New(), Registration: g.of("m021"), Reason: "because"}); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a steward overrides: %v", err)
	}
	if _, err := g.doors.Search(t.Context(), steward, g.forum.ID, "halmosi"); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a steward searches by name: %v", err)
	}
	supervisor := g.device("P-9", doors.Supervisor)
	if _, err := g.doors.Search(t.Context(), supervisor, g.week.ID, "halmosi"); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a supervisor searches in another event: %v", err)
	}
	found, err := g.doors.Search(t.Context(), supervisor, g.forum.ID, "halmosi")
	if err != nil || len(found) != 2 || !found[0].Head() || found[1].Head() { // the mayor before the spouse
		t.Errorf("a supervisor finds %+v, %v", found, err)
	}
	found, err = g.doors.Search(t.Context(), supervisor, g.forum.ID, "豪尔莫希")
	if err != nil || len(found) != 1 {
		t.Errorf("in Chinese: %+v, %v", found, err)
	}
}

func (g *ground) wrong(t *testing.T) {
	g.set("2027-06-10T14:00:00+08:00")
	token, ctx := g.badge("m022").Token, t.Context()
	g.do(`UPDATE gates SET direction = 'in' WHERE id = $1`, g.gates["P-9"].ID)
	lead := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.forum.ID, Role: accounts.DoorsLead}}}
	for _, tt := range []struct {
		name  string
		in    doors.Scan
		field string
	}{
		{"no id", doors.Scan{Gate: "P-1", Token: token}, "scan_id"},
		{"no badge", doors.Scan{ScanID: ident.New(), Gate: "P-1"}, "token"},
		{"badge and reference", doors.Scan{ScanID: ident.New(), Gate: "P-1", Token: token, Reference: "F27-0001"}, "token"},
		{"no gate", doors.Scan{ScanID: ident.New(), Token: token}, "gate"},
		{"a gate that is not", doors.Scan{ScanID: ident.New(), Gate: "Z-99", Token: token}, "gate"},
		{"a way that is none", doors.Scan{ScanID: ident.New(), Gate: "P-1", Token: token, Direction: "up"}, "direction"},
		{"out by a way in", doors.Scan{ScanID: ident.New(), Gate: "P-9", Token: token, Direction: doors.Out}, "direction"},
	} {
		_, err := g.doors.Admit(ctx, lead, tt.in)
		f, known := fault.Of(err)
		if !known || f.Code != fault.Invalid || f.Fields[0].Path != tt.field {
			t.Errorf("%s: %v, want a broken %s", tt.name, err, tt.field)
		}
	}
	for _, read := range []string{"https://example.org/badge", strings.Repeat("A", 10_000), "QS\x00\xff", token[:60]} {
		if v, err := g.doors.Admit(ctx, lead, doors.Scan{ScanID: ident.New(), Gate: "P-1", Token: read}); err != nil || v.Code != doors.Malformed || v.Person != nil {
			t.Errorf("%.20q: %+v, %v", read, v, err)
		}
	}
	if v, err := g.doors.Admit(ctx, lead, doors.Scan{ScanID: ident.New(), Gate: "P-1", Token: forge(token)}); err != nil || v.Code != doors.BadSignature || v.Person != nil {
		t.Errorf("a forged badge: %+v, %v", v, err)
	}
	if _, err := g.doors.SetOpen(ctx, lead, g.gates["P-1"].ID, false); err != nil {
		t.Fatal(err)
	}
	if _, err := g.doors.Admit(ctx, lead, doors.Scan{ScanID: ident.New(), Gate: "P-1", Token: token}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a closed gate: %v", err)
	}
	if _, err := g.doors.SetOpen(ctx, lead, g.gates["P-1"].ID, true); err != nil {
		t.Fatal(err)
	}
	v, err := g.doors.Admit(ctx, lead, doors.Scan{ScanID: ident.New(), Gate: "p-1", Token: token, Direction: doors.In})
	if err != nil || !v.Granted {
		t.Fatalf("%+v, %v", v, err)
	}
	var status string
	if err := g.db.GetContext(ctx, &status, `SELECT status FROM registrations WHERE id = $1`, g.of("m022")); err != nil || status != "checked_in" {
		t.Errorf("after the first entry the registration is %q, %v", status, err)
	}
}

func (g *ground) pairing(t *testing.T) {
	ctx := t.Context()
	d, code, err := g.doors.AddDevice(ctx, system, g.gates["P-1"].ID, "Phone", doors.Steward)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.doors.Pair(ctx, "0000000000"); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a code that is not: %v", err)
	}
	_, secret, err := g.doors.Pair(ctx, " "+strings.ToLower(code[:5])+"-"+code[5:])
	if err != nil {
		t.Fatalf("pair as it is typed: %v", err)
	}
	if _, _, err := g.doors.Pair(ctx, code); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("the code a second time: %v", err)
	}
	if _, err := g.doors.BySecret(ctx, secret); err != nil {
		t.Fatal(err)
	}
	_, fresh, err := g.doors.NewCode(ctx, system, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.doors.BySecret(ctx, secret); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("the secret after a new code was made: %v", err)
	}
	now := g.at
	g.later(16 * time.Minute)
	if _, _, err := g.doors.Pair(ctx, fresh); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a code after a quarter of an hour: %v", err)
	}
	g.at = now
	_, secret, err = g.doors.Pair(ctx, fresh)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.doors.RevokeDevice(ctx, system, d.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.doors.BySecret(ctx, secret); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("a revoked device: %v", err)
	}
	if _, _, err := g.doors.NewCode(ctx, system, d.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a new code for a revoked device: %v", err)
	}
}

func (g *ground) nonsense(t *testing.T) {
	ctx := t.Context()
	supervisor := g.device("S-1", doors.Supervisor)
	scan := func(reference string, granted bool, code doors.Code, reason string, at time.Time) doors.Queued {
		return doors.Queued{Scan: doors.Scan{ScanID: ident.New(), Reference: reference, Direction: doors.In, ScannedAt: at}, Granted: granted, Code: code, Reason: reason}
	}
	name := "F27-0023"
	queue := []doors.Queued{
		scan("\x00", false, doors.Unknown, "", g.at),
		scan(name, true, doors.Revoked, "", g.at),
		scan(name, false, doors.OKOffline, "", g.at),
		scan(name, true, doors.ManualOverride, "", g.at),
		scan(name, true, doors.ManualOverride, "\u202e", g.at),
		scan(name, true, doors.ManualOverride, strings.Repeat("x", 301), g.at),
		scan(name, true, doors.ManualOverride, "protocol is with them", g.at.AddDate(-30, 0, 0)),
		scan(name, false, doors.AlreadyInside, "", g.at),
	}
	out, err := g.doors.Deliver(ctx, supervisor, time.Time{}, queue)
	if err != nil || len(out) != len(queue) {
		t.Fatalf("%d answers, %v", len(out), err)
	}
	for i, kept := range []bool{false, false, false, false, false, false, true, true} {
		if (out[i].Err == nil) != kept {
			t.Errorf("scan %d: %v, kept %v wanted", i, out[i].Err, kept)
		}
	}
	if !out[6].At.Equal(g.at) {
		t.Errorf("a scan of thirty years ago is kept as of %s", out[6].At)
	}
	var noted int
	if err := g.db.GetContext(ctx, &noted, `SELECT count(*) FROM audit_entries WHERE action = 'door.override' AND reason = 'protocol is with them'`); err != nil || noted != 1 {
		t.Errorf("the override is in the audit log %d times, %v", noted, err)
	}
	// One ID stands for one badge.
	id := queue[7].ScanID
	if _, err := g.doors.Admit(ctx, supervisor, doors.Scan{ScanID: id, Reference: "F27-0024", Direction: doors.In}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("the same ScanID for another badge: %v", err)
	}
	if _, err := g.doors.SaveGate(ctx, system, doors.Gate{EventID: g.forum.ID, Code: "V-1", Name: locale.Text{ZH: "门", EN: "Gate"}, ZoneID: g.zones["P"], Direction: doors.In}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a second gate V-1: %v, want the code refused", err)
	}
}

func (g *ground) typing(t *testing.T) {
	steward := g.device("P-1", doors.Steward)
	refused := 0
	for i := range 40 {
		_, err := g.doors.Admit(t.Context(), steward, doors.Scan{ScanID: ident.New(), Reference: fmt.Sprintf("F27-%04d", i+100), Direction: doors.In})
		switch fault.CodeOf(err) {
		case "":
		case fault.Throttled:
			refused++
		default:
			t.Fatal(err)
		}
	}
	if refused != 10 {
		t.Errorf("%d of 40 references in a row are refused, want 10", refused)
	}
}

func (g *ground) doorAndDesk(t *testing.T) {
	ctx := t.Context()
	var all sync.WaitGroup
	for _, member := range []string{"m030", "m031", "m032", "m033", "m034", "m035", "m036", "m037", "m038", "m039"} {
		badge, id := g.badge(member), g.of(member)
		for range 3 {
			all.Go(func() {
				if _, err := g.doors.Admit(ctx, g.devices["S-1"], doors.Scan{ScanID: ident.New(), Token: badge.Token, Direction: doors.In}); err != nil {
					t.Errorf("scan of %s: %v", member, err)
				}
			})
		}
		all.Go(func() {
			_, err := g.badges.Suspend(ctx, system, badge.ID, "a question")
			if code := fault.CodeOf(err); code != "" && code != fault.Conflict {
				t.Errorf("suspend %s: %v", member, err)
			}
		})
		all.Go(func() {
			_, err := g.guests.Cancel(ctx, system, id, "travels elsewhere")
			if code := fault.CodeOf(err); code != "" && code != fault.Conflict {
				t.Errorf("cancel %s: %v", member, err)
			}
		})
	}
	all.Wait()
	var living int
	if err := g.db.GetContext(ctx, &living, `
		SELECT count(*) FROM badges b JOIN registrations r ON r.id = b.registration_id WHERE r.status = 'cancelled' AND b.state IN ('active', 'suspended')`); err != nil || living != 0 {
		t.Errorf("%d cancelled people hold a living badge, %v", living, err)
	}
}

func (g *ground) found(t *testing.T) {
	supervisor := g.device("P-9", doors.Supervisor)
	r, err := g.guests.Registration(t.Context(), system, g.of("m002"))
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{r.Reference, " " + strings.ToLower(r.Reference) + " ", "réti", "Réti", "RETI"} {
		found, err := g.doors.Search(t.Context(), supervisor, g.forum.ID, typed)
		if err != nil || len(found) != 1 || found[0].Reference != r.Reference {
			t.Errorf("%q finds %+v, %v", typed, found, err)
		}
	}
	g.scan("S-1", g.badge("m002").Token, doors.In)
	for _, typed := range []string{"Réti", "reti", r.Reference, "B-00002"} {
		_, n, err := g.doors.Log(t.Context(), system, g.forum.ID, doors.LogFilter{Search: typed, Limit: 5})
		if err != nil || n == 0 {
			t.Errorf("the log finds %d of %q, %v", n, typed, err)
		}
	}
	if _, n, err := g.doors.Log(t.Context(), system, g.forum.ID, doors.LogFilter{Search: "nobody of this name", Limit: 5}); err != nil || n != 0 {
		t.Errorf("the log finds %d of nobody, %v", n, err)
	}
}
