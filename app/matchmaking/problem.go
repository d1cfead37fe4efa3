package matchmaking

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/matchmaking/format"
)

// hostLanguage is spoken by every firm.
const hostLanguage = "zh"

// scores of domain rule 14: both asked, one asked. A priority p keeps (4-p)/3 of it.
const (
	scoreMutual = 100
	scoreOneWay = 60
)

// frozen is everything a run rests on, read in one snapshot, so that the plan
// can be traced back to it.
type frozen struct {
	problem      format.Problem
	digest       []byte
	slots        map[string]Slot
	delegations  map[string]partyRow // by code
	firms        map[string]partyRow
	tables       map[string]tableRow
	interpreters map[string]Interpreter
	pairs        map[string]pair // by meeting id
}

// pair is what is known of one delegation and one firm before they are planned.
type pair struct {
	delegation, firm partyRow
	must, mutual     bool
	value            int
}

// freeze reads an event's requests and rules and writes them as a problem: the
// language, rest, room and never-meet rules are resolved here into lists, since
// the solver knows no names and no database.
func freeze(ctx context.Context, q store.Querier, event ident.ID, rules Rules) (*frozen, error) {
	f := &frozen{
		slots: map[string]Slot{}, delegations: map[string]partyRow{}, firms: map[string]partyRow{}, tables: map[string]tableRow{},
		interpreters: map[string]Interpreter{}, pairs: map[string]pair{},
	}
	f.problem.Format = format.ProblemFormat
	slots, err := slotsOf(ctx, q, event)
	if err != nil {
		return nil, fmt.Errorf("read slots: %w", err)
	}
	for _, s := range slots {
		f.slots[s.Code] = s
		f.problem.Slots = append(f.problem.Slots, format.Slot{ID: s.Code, StartsAt: s.StartsAt, EndsAt: s.EndsAt, Part: s.Part})
	}
	absent, err := f.absences(ctx, q, event, slots)
	if err != nil {
		return nil, err
	}
	if err := f.readTables(ctx, q, event, absent); err != nil {
		return nil, err
	}
	if err := f.readParties(ctx, q, event, rules, absent); err != nil {
		return nil, err
	}
	if err := f.readInterpreters(ctx, q, event, rules, absent); err != nil {
		return nil, err
	}
	if err := f.readMeetings(ctx, q, event, rules); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(f.problem)
	if err != nil {
		return nil, fmt.Errorf("write problem: %w", err)
	}
	sum := sha256.Sum256(raw)
	f.digest = sum[:]
	return f, nil
}

// absences answers the codes of the slots in which a subject is away, by its id.
func (f *frozen) absences(ctx context.Context, q store.Querier, event ident.ID, slots []Slot) (map[ident.ID][]string, error) {
	codes := map[ident.ID]string{}
	for _, s := range slots {
		codes[s.ID] = s.Code
	}
	rows, err := absencesOf(ctx, q, event)
	if err != nil {
		return nil, fmt.Errorf("read absences: %w", err)
	}
	away := map[ident.ID][]string{}
	for _, r := range rows {
		for _, subject := range []ident.ID{r.DelegationID.UUID, r.FirmID.UUID, r.InterpreterID.UUID, r.TableID.UUID} {
			if subject != ident.Nil && !slices.Contains(away[subject], codes[r.SlotID]) {
				away[subject] = append(away[subject], codes[r.SlotID])
			}
		}
	}
	for _, list := range away {
		slices.Sort(list)
	}
	return away, nil
}

func (f *frozen) readTables(ctx context.Context, q store.Querier, event ident.ID, absent map[ident.ID][]string) error {
	tables, err := tablesOf(ctx, q, event)
	if err != nil {
		return fmt.Errorf("read tables: %w", err)
	}
	for _, t := range tables {
		f.tables[t.Code] = t
		f.problem.Places = append(f.problem.Places, format.Place{ID: t.Code, Room: t.Room, StepFree: t.StepFree, VIP: t.VIP, Unavailable: absent[t.ID]})
	}
	walks, err := travelOf(ctx, q, event)
	if err != nil {
		return fmt.Errorf("read travel: %w", err)
	}
	for _, w := range walks {
		f.problem.Travel = append(f.problem.Travel, format.Travel{From: w.From, To: w.To, Minutes: w.Minutes})
	}
	return nil
}

func (f *frozen) readParties(ctx context.Context, q store.Querier, event ident.ID, rules Rules, absent map[ident.ID][]string) error {
	delegations, err := delegationsOf(ctx, q, event)
	if err != nil {
		return fmt.Errorf("read delegations: %w", err)
	}
	// One slot of each delegation stays free for requests on the day (rule 21),
	// and a delegation never works all slots (rule 11).
	most := min(rules.MaxPerDelegation, max(len(f.problem.Slots)-rules.FreeSlots, 0))
	for _, d := range delegations {
		f.delegations[d.Code] = d
		away := absent[d.ID]
		f.problem.Parties = append(f.problem.Parties, format.Party{
			ID: d.Code, Side: "host", Rank: d.Rank, Parallel: 1, Max: new(min(most, max(len(f.problem.Slots)-len(away)-rules.FreeSlots, 0))),
			MaxRun: new(rules.MaxInARow), Languages: d.Languages, Needs: d.Needs, Unavailable: away,
		})
	}
	firms, err := firmsOf(ctx, q, event)
	if err != nil {
		return fmt.Errorf("read firms: %w", err)
	}
	for _, firm := range firms {
		f.firms[firm.Code] = firm
		party := format.Party{
			ID: firm.Code, Side: "guest", Parallel: 1, Min: rules.MinPerFirm, Max: new(rules.MaxPerFirm), MaxRun: new(rules.MaxInARow),
			Languages: firm.Languages, Unavailable: absent[firm.ID],
		}
		if firm.Group != "" {
			party.Group = new(firm.Group)
		}
		f.problem.Parties = append(f.problem.Parties, party)
	}
	return nil
}

// readInterpreters lists whom each interpreter can serve. A pair is written as
// the delegation's code and Chinese: an own interpreter serves one delegation,
// one of the pool every delegation whose head speaks one of their languages.
func (f *frozen) readInterpreters(ctx context.Context, q store.Querier, event ident.ID, rules Rules, absent map[ident.ID][]string) error {
	list, err := interpretersOf(ctx, q, event)
	if err != nil {
		return fmt.Errorf("read interpreters: %w", err)
	}
	for _, i := range list {
		if !slices.Contains(i.Languages, hostLanguage) {
			continue
		}
		f.interpreters[i.Code] = i
		entry := format.Interpreter{ID: i.Code, MaxRun: new(rules.InterpreterInARow), Unavailable: absent[i.ID]}
		for _, d := range f.problem.Parties {
			row, isDelegation := f.delegations[d.ID]
			if !isDelegation || i.DelegationID != ident.Nil && i.DelegationID != row.ID {
				continue
			}
			if common(i.Languages, row.Languages) || i.DelegationID == row.ID && common(i.Languages, row.All) ||
				slices.Contains(i.Languages, rules.RelayLanguage) && slices.Contains(row.All, rules.RelayLanguage) {
				entry.Pairs = append(entry.Pairs, [2]string{row.Code, hostLanguage})
			}
		}
		if len(entry.Pairs) > 0 {
			f.problem.Interpreters = append(f.problem.Interpreters, entry)
		}
	}
	return nil
}

func (f *frozen) readMeetings(ctx context.Context, q store.Querier, event ident.ID, rules Rules) error {
	requests, err := requestsOf(ctx, q, event)
	if err != nil {
		return fmt.Errorf("read requests: %w", err)
	}
	byID := map[ident.ID]partyRow{}
	for _, rows := range []map[string]partyRow{f.delegations, f.firms} {
		for _, r := range rows {
			byID[r.ID] = r
		}
	}
	type key struct{ delegation, firm ident.ID }
	grouped := map[key][]Request{}
	var order []key
	for _, r := range requests {
		k := key{r.DelegationID, r.FirmID}
		if _, known := grouped[k]; !known {
			order = append(order, k)
		}
		grouped[k] = append(grouped[k], r)
	}
	for _, k := range order {
		d, known1 := byID[k.delegation]
		firm, known2 := byID[k.firm]
		if !known1 || !known2 || forbidden(grouped[k]) {
			continue
		}
		p := pairOf(d, firm, grouped[k])
		id := d.Code + "-" + firm.Code
		f.pairs[id] = p
		m := format.Meeting{ID: id, Parties: []string{d.Code, firm.Code}, Tier: "wish", Value: new(p.value)}
		if p.must {
			m.Tier = "must"
		}
		if f.needsInterpreter(d, firm, rules) {
			m.Interpreter = &[2]string{d.Code, hostLanguage}
		}
		f.problem.Meetings = append(f.problem.Meetings, m)
	}
	slices.SortFunc(f.problem.Meetings, func(a, b format.Meeting) int { return compare(a.ID, b.ID) })
	return nil
}

// needsInterpreter tells whether head and firm share no language. Where nobody
// can interpret for the delegation, the relay language serves when both sides
// speak it (rule 5).
func (f *frozen) needsInterpreter(d, firm partyRow, rules Rules) bool {
	if common(d.Languages, firm.Languages) {
		return false
	}
	served := slices.ContainsFunc(f.problem.Interpreters, func(i format.Interpreter) bool {
		return slices.Contains(i.Pairs, [2]string{d.Code, hostLanguage})
	})
	relay := slices.Contains(d.All, rules.RelayLanguage) && slices.Contains(firm.Languages, rules.RelayLanguage)
	return served || !relay
}

func forbidden(requests []Request) bool {
	return slices.ContainsFunc(requests, func(r Request) bool { return r.Kind == Never })
}

// pairOf scores a pair by rule 14.
func pairOf(d, firm partyRow, requests []Request) pair {
	p := pair{delegation: d, firm: firm}
	sides, best := map[Side]bool{}, 3
	for _, r := range requests {
		switch r.Kind {
		case Must:
			p.must = true
		case Wish:
			sides[r.Side] = true
			best = min(best, r.Priority)
		}
	}
	p.mutual = sides[ByDelegation] && sides[ByFirm]
	score := scoreOneWay
	if p.mutual {
		score = scoreMutual
	}
	p.value = score * (4 - best) / 3
	return p
}

func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(lang string) bool { return slices.Contains(b, lang) })
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
