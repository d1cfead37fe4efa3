package web

import (
	"slices"
	"testing"
	"time"

	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
	"qianshou/app/matchmaking/format"
)

// matchmakingPages are the models of matchmaking's views.
var matchmakingPages = map[string]sample{
	"matchmaking/console": matchmakingSample,
	"matchmaking/_plan":   matchmakingSample,
}

// matchmakingSample is a draft with every mark on it, and each reason why a
// request has no place.
func matchmakingSample(p Page, full bool) any {
	m := matchmakingPage{Page: p}
	if !full {
		return m
	}
	city, firm := locale.Text{ZH: "维斯普雷姆", EN: "Veszprém"}, locale.Text{ZH: "宁波甬翎汽车部件有限公司", EN: "Ningbo Yongling Auto Parts Co., Ltd."}
	draft := matchmaking.Plan{ID: ident.ID{15: 1}, Number: 3, Status: matchmaking.DraftPlan, Placed: 1, Requested: 9, Value: 100, Bound: 120, CreatedAt: p.Now, CreatedBy: "Staff", Repair: true, Moved: 1}
	published, stale := draft, draft
	published.ID, published.Status, published.PublishedAt = ident.ID{15: 2}, matchmaking.PublishedPlan, &p.Now
	stale.ID, stale.Stale = ident.ID{15: 3}, true
	m.Form.Add("plan", "matchmaking.stale_requests", 2)
	m.Figures = matchmaking.Figures{Wishes: 94, Blocked: 2, Slots: 2, Tables: 2, Interpreters: 1}
	m.Plans = []matchmaking.Plan{draft, published, stale}
	table := matchmaking.Timetable{
		Plan:  draft,
		Slots: []matchmaking.Slot{{Part: "AM", StartsAt: p.Now, EndsAt: p.Now.Add(20 * time.Minute)}, {Part: "PM", StartsAt: p.Now.Add(5 * time.Hour), EndsAt: p.Now.Add(320 * time.Minute)}},
		Rows: []matchmaking.TimetableRow{
			{Table: "T01", Room: city, Cells: []*matchmaking.Cell{{Delegation: city, Firm: firm, Must: true, Mutual: true, Interpreter: city}, nil}},
			{Table: "V1", Room: city, VIP: true, StepFree: true, Cells: []*matchmaking.Cell{nil, nil}},
		},
	}
	for _, reason := range append(slices.Clone(format.Reasons), "blocked", "not_possible") {
		table.Unplaced = append(table.Unplaced, matchmaking.Unplaced{Delegation: city, Firm: firm, Must: true, Mutual: true, Reason: reason, Who: city})
	}
	m.show(table, time.UTC)
	return m
}

// appointments are meetings that were, are, moved and will be, of a delegation,
// and one that somebody only interprets.
func appointments(now time.Time) (list []matchmaking.Appointment) {
	for i, from := range []time.Duration{-time.Hour, -time.Minute, time.Hour, 24 * time.Hour} {
		list = append(list, matchmaking.Appointment{
			StartsAt: now.Add(from), EndsAt: now.Add(from + 20*time.Minute), TimeZone: "Asia/Shanghai", Table: "T01", Room: hall.Name,
			Firm: wordsFull, Delegation: forum.Title, DelegationID: ident.ID{15: byte(1 + i/3)}, FirmID: ident.ID{14: 1, 15: byte(i)}, Interpreter: wordsFull, State: []string{"done", "running", "rescheduled", "scheduled"}[i],
		})
	}
	return list
}

func TestOwnMeetings(t *testing.T) {
	now := time.Date(2027, 6, 9, 2, 5, 0, 0, time.UTC)
	days := ownMeetings(delegations.Registration{DelegationID: ident.ID{15: 1}}, appointments(now), now)
	if len(days) != 2 || len(days[0].Meetings) != 3 || len(days[1].Meetings) != 1 {
		t.Fatalf("days: %+v", days)
	}
	var states []string
	for _, m := range days[0].Meetings {
		states = append(states, m.State)
		if m.With != wordsFull || !m.Both.Empty() {
			t.Errorf("the delegation meets %v, %v", m.With, m.Both)
		}
	}
	if !slices.Equal(states, []string{"past", "now", "next"}) || !days[0].Meetings[2].Moved {
		t.Errorf("states %v, moved %v", states, days[0].Meetings[2].Moved)
	}
	if got := locale.ClockRange(days[0].Meetings[0].From, days[0].Meetings[0].To) + " " + days[0].Zone; got != "09:05–09:25 UTC+8" {
		t.Errorf("shown as %s", got)
	}
	// Whoever interprets for another side is told both.
	if m := days[1].Meetings[0]; m.With != forum.Title || m.Both != wordsFull {
		t.Errorf("interpreting between %v and %v", m.With, m.Both)
	}
	firm := ownMeetings(delegations.Registration{FirmID: ident.ID{14: 1, 15: 1}}, appointments(now)[1:2], now)
	if firm[0].Meetings[0].With != forum.Title {
		t.Errorf("the firm meets %v", firm[0].Meetings[0].With)
	}
}

func TestPlanOfInterest(t *testing.T) {
	id := func(n byte) ident.ID { return ident.ID{15: n} }
	plan := func(n byte, status matchmaking.PlanStatus, stale bool) matchmaking.Plan {
		return matchmaking.Plan{ID: id(n), Status: status, Stale: stale}
	}
	for _, tt := range []struct {
		plans []matchmaking.Plan
		want  ident.ID
	}{
		{nil, ident.Nil},
		{[]matchmaking.Plan{plan(2, matchmaking.DraftPlan, false), plan(1, matchmaking.PublishedPlan, false)}, id(2)},
		{[]matchmaking.Plan{plan(2, matchmaking.DraftPlan, true), plan(1, matchmaking.PublishedPlan, false)}, id(1)},
		{[]matchmaking.Plan{plan(2, matchmaking.PublishedPlan, false), plan(1, matchmaking.DraftPlan, false)}, id(2)},
		{[]matchmaking.Plan{plan(2, matchmaking.DraftPlan, true), plan(1, matchmaking.DraftPlan, true)}, id(2)},
	} {
		if got := planOfInterest(tt.plans); got != tt.want {
			t.Errorf("%+v: %v", tt.plans, got)
		}
	}
}
