package doors_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"qianshou/app/badges"
	"qianshou/app/demo/data"
	"qianshou/app/doors"
	"qianshou/app/kit/ident"
)

// scanCase is a row of scan_cases.csv: what a door of the forum must answer.
type scanCase struct {
	id, credential, zone string
	direction            doors.Direction
	at, context, mode    string
	granted              bool
	code                 doors.Code
}

func scanCases(t *testing.T) map[string]scanCase {
	t.Helper()
	file, err := data.FS.Open("scan_cases.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]scanCase{}
	for _, r := range rows[1:] { // case_id, credential, badge_type, badge_state, zone, direction, scanned_at, context, mode, verdict, code, note
		cases[r[0]] = scanCase{id: r[0], credential: r[1], zone: r[4], direction: doors.Direction(r[5]), at: r[6], context: r[7], mode: r[8],
			granted: r[9] == "granted", code: doors.Code(r[10])}
	}
	if len(cases) != 29 {
		t.Fatalf("%d cases, want 29", len(cases))
	}
	return cases
}

// TestScanCases plays the 29 scenes of the file on one forum, in an order in which
// each finds the situation that its context describes.
func TestScanCases(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	for _, zone := range []string{"P", "A", "B", "V", "S"} {
		g.gate(zone+"-1", zone, ident.Nil)
	}
	g.gate("A-2", "A", ident.Nil)
	g.gate("V-2", "V", ident.Nil)
	var reception ident.ID // S04, whose list are the heads of delegation
	if err := g.db.GetContext(ctx, &reception, `SELECT id FROM sessions WHERE code = 'S04' AND event_id = $1`, g.forum.ID); err != nil {
		t.Fatal(err)
	}
	g.gate("V-S04", "V", reception)
	cases := scanCases(t)

	// Who is not among the delegations' members.
	g.set("2027-05-20T10:00:00+08:00")
	interpreter := g.guest(g.forum, "Guiyutong", "INT", "interpreter")
	volunteer := g.guest(g.forum, "Volunteer", "VOL", "volunteer")
	organiser := g.guest(g.forum, "Organiser", "ORG", "staff")
	old := g.guest(g.week, "Lastyear", "DEL", "member")
	lost := g.badge("m020")

	tokens := map[string]string{
		"(random text)": "just some text", "BDG-ZZZZ": forge(g.badge("m002").Token), "BDG-OLD26-M777": old.Token,
		"BDG-ST23": interpreter.Token, "BDG-VOL-07": volunteer.Token, "BDG-M020": lost.Token,
	}
	token := func(c scanCase) string {
		if known, special := tokens[c.credential]; special {
			return known
		}
		return g.badge(strings.ToLower(strings.TrimPrefix(c.credential, "BDG-"))).Token
	}
	played := map[string]bool{}
	judge := func(id string, v doors.Verdict) {
		t.Helper()
		c := cases[id]
		played[id] = true
		if v.Granted != c.granted || v.Code != c.code {
			t.Errorf("%s: granted %v, %s; want %v, %s (%s)", id, v.Granted, v.Code, c.granted, c.code, c.context)
		}
	}
	online := func(id, gate string) doors.Verdict {
		t.Helper()
		c := cases[id]
		g.set(c.at)
		v := g.scan(gate, token(c), c.direction)
		judge(id, v)
		return v
	}

	// The evening before and the first day.
	online("SC16", "P-1")
	held := g.badge("m045")
	if _, err := g.badges.Suspend(ctx, system, held.ID, "security hold"); err != nil {
		t.Fatal(err)
	}
	if v := online("SC11", "P-1"); v.Person != nil {
		t.Errorf("SC11: the door learns who a suspended badge belongs to: %+v", v.Person)
	}
	online("SC12", "P-1")
	online("SC13", "P-1")
	online("SC14", "P-1")
	g.do(`UPDATE badges SET state = 'produced' WHERE id = $1`, g.badge("m030").ID)
	online("SC15", "P-1")
	g.do(`UPDATE badges SET state = 'active' WHERE registration_id = $1`, g.of("m030"))
	online("SC26", "V-1")
	online("SC18", "V-S04")
	if v := online("SC19", "V-S04"); v.Person == nil || v.Person.Reference == "" {
		t.Errorf("SC19: nobody is named: %+v", v)
	}
	online("SC08", "A-1")
	online("SC28", "P-1")

	// The second day.
	online("SC07", "V-1")
	{ // SC27: no badge at all, but a face and a supervisor
		c := cases["SC27"]
		g.set(c.at)
		v, err := g.doors.LetIn(ctx, g.device("V-1", doors.Supervisor), doors.Override{ScanID: ident.New(), Registration: g.of("m051"), Reason: "The mayor left the badge at the hotel."})
		if err != nil {
			t.Fatal(err)
		}
		judge("SC27", v)
	}
	online("SC01", "A-1")
	online("SC02", "A-1")
	online("SC05", "A-1")
	online("SC03", "A-1")
	online("SC04", "A-1")
	if _, err := g.badges.Revoke(ctx, system, lost.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	online("SC09", "A-1")
	g.do(`UPDATE registrations SET status = 'approved' WHERE id = $1`, lost.RegistrationID)
	again := reissueAfterLoss(t, g, lost)
	tokens["BDG-M020-R1"] = again.Token
	online("SC10", "A-1")
	g.set(cases["SC29"].at)
	// The photo call is on the first day, when press badges open nothing: what is
	// extra about this one is its day as well as its zone.
	g.do(`UPDATE badges SET extra_zones = '{V}', days = '{1,2,3}' WHERE id = $1`, g.badge("m010").ID)
	online("SC29", "V-1")
	g.set("2027-06-08T16:20:20+08:00")
	g.scan("V-1", organiser.Token, doors.In)
	g.set("2027-06-08T16:20:40+08:00")
	if v := g.scan("V-1", g.badge("m010").Token, doors.In); v.Code != doors.OK {
		t.Errorf("SC29, escorted: %s", v.Code)
	}
	online("SC06", "S-1")

	// Offline, delivered at ten to ten.
	deliver := func(id, gate string, granted bool, code doors.Code, conflict doors.Code) {
		t.Helper()
		c := cases[id]
		g.set("2027-06-09T09:50:00+08:00")
		if strings.HasPrefix(c.at, "2027-06-10") {
			g.set("2027-06-10T11:00:00+08:00")
		}
		at, err := time.Parse("2006-01-02T15:04Z07:00", c.at)
		if err != nil {
			t.Fatal(err)
		}
		out, err := g.doors.Deliver(ctx, g.devices[gate], g.at, []doors.Queued{{
			Scan: doors.Scan{ScanID: ident.New(), Token: token(c), Direction: c.direction, ScannedAt: at}, Granted: granted, Code: code,
		}})
		if err != nil || out[0].Err != nil {
			t.Fatalf("%s: %v, %v", id, err, out)
		}
		judge(id, out[0].Verdict)
		if out[0].Conflict != conflict {
			t.Errorf("%s: conflict %q, want %q", id, out[0].Conflict, conflict)
		}
	}
	deliver("SC25", "A-1", false, doors.Revoked, "")
	deliver("SC23", "A-1", true, doors.OKOffline, "")
	deliver("SC24", "A-2", true, doors.OKOffline, doors.AlreadyInside)

	// The third day: a substitution, a stale list, a full zone.
	g.set("2027-06-10T10:20:00+08:00")
	g.do(`UPDATE badges SET badge_type = 'VIP' WHERE id = $1`, g.badge("m012").ID)
	deliver("SC22", "V-2", false, doors.WrongZone, doors.OKOffline)
	online("SC21", "V-1")
	g.do(`UPDATE zones SET capacity = 5 WHERE id = $1`, g.zones["B"])
	g.set("2027-06-10T09:00:00+08:00")
	for _, member := range []string{"m013", "m014", "m019", "m001", "m002"} {
		if v := g.scan("B-1", g.badge(member).Token, doors.In); v.Code != doors.OK {
			t.Fatalf("%s into the matchmaking area: %s", member, v.Code)
		}
	}
	online("SC20", "B-1")
	online("SC17", "P-1")
	for id := range cases {
		if !played[id] {
			t.Errorf("%s was not played", id)
		}
	}
}

// reissueAfterLoss gives somebody whose badge was revoked a new one.
func reissueAfterLoss(t *testing.T, g *ground, lost badges.Badge) badges.Badge {
	t.Helper()
	tx, err := g.db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := g.guests.Registration(t.Context(), system, lost.RegistrationID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.badges.IssueFor(t.Context(), tx, system, g.forum, r); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	g.do(`UPDATE registrations SET status = 'badge_issued' WHERE id = $1`, r.ID)
	return ok(g.badges.LivingOf(t.Context(), r.ID))
}
