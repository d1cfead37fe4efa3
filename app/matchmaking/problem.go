package matchmaking

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/matchmaking/format"
)

// hostLanguage is what meetings are interpreted into for firms that speak it.
const hostLanguage = "zh"

// scores of domain rule 14: both asked, one asked, nobody asked but the office.
// A priority p keeps (4-p)/3 of it.
const (
	scoreMutual    = 100
	scoreOneWay    = 60
	scoreSuggested = 20
)

// frozen is everything a run rests on, read in one snapshot, so that the plan
// can be traced back to it.
type frozen struct {
	problem      format.Problem
	digest       []byte
	slots        map[string]Slot
	delegations  map[string]partyRow // by their id in the problem
	firms        map[string]partyRow
	tables       map[string]tableRow
	interpreters map[string]Interpreter
	pairs        map[string]pair // by meeting id
	blocked      []pair          // asked for, and forbidden
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
func freeze(ctx context.Context, q store.Querier, event ident.ID) (*frozen, error) {
	f := &frozen{
		slots: map[string]Slot{}, delegations: map[string]partyRow{}, firms: map[string]partyRow{}, tables: map[string]tableRow{},
		interpreters: map[string]Interpreter{}, pairs: map[string]pair{},
	}
	rules, err := rulesOrDefault(ctx, q, event)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
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
	absent, err := absentIn(ctx, q, event, slots)
	if err != nil {
		return nil, err
	}
	if err := f.readTables(ctx, q, event, absent); err != nil {
		return nil, err
	}
	if err := f.readParties(ctx, q, event, rules, absent); err != nil {
		return nil, err
	}
	direct, err := f.readInterpreters(ctx, q, event, rules, absent)
	if err != nil {
		return nil, err
	}
	if err := f.readMeetings(ctx, q, event, rules, direct); err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	if err := format.Write(&raw, f.problem); err != nil {
		return nil, fmt.Errorf("write problem: %w", err)
	}
	sum := sha256.Sum256(raw.Bytes())
	f.digest = sum[:]
	return f, nil
}

// absentIn answers the codes of the slots in which a subject is away, by its id,
// in order of time.
func absentIn(ctx context.Context, q store.Querier, event ident.ID, slots []Slot) (map[ident.ID][]string, error) {
	rows, err := absencesOf(ctx, q, event)
	if err != nil {
		return nil, fmt.Errorf("read absences: %w", err)
	}
	closed := map[ident.ID][]ident.ID{} // subjects by slot
	for _, r := range rows {
		for _, subject := range []ident.ID{r.DelegationID.UUID, r.FirmID.UUID, r.InterpreterID.UUID, r.TableID.UUID} {
			if subject != ident.Nil {
				closed[r.SlotID] = append(closed[r.SlotID], subject)
			}
		}
	}
	away := map[ident.ID][]string{}
	for _, s := range slots {
		for _, subject := range closed[s.ID] {
			away[subject] = append(away[subject], s.Code)
		}
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
	for _, d := range delegations {
		f.delegations[d.Code] = d
		away := absent[d.ID]
		// Of the slots in which it is there some stay free, for requests on the day
		// (rules 11 and 21).
		most := max(0, min(rules.MaxPerDelegation, len(f.problem.Slots)-len(away)-rules.FreeSlots))
		f.problem.Parties = append(f.problem.Parties, format.Party{
			ID: d.Code, Side: format.HostSide, Rank: d.Rank, Parallel: 1, Max: &most, MaxRun: new(rules.MaxInARow),
			Languages: d.Languages, Needs: d.Needs, Unavailable: away,
		})
	}
	firms, err := firmsOf(ctx, q, event)
	if err != nil {
		return fmt.Errorf("read firms: %w", err)
	}
	for _, firm := range firms {
		if _, taken := f.delegations[firm.Code]; taken {
			firm.Code = "firm " + firm.Code
		}
		f.firms[firm.Code] = firm
		party := format.Party{
			ID: firm.Code, Side: format.GuestSide, Parallel: 1, Max: new(rules.MaxPerFirm), MaxRun: new(rules.MaxInARow),
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
// the delegation's code and the firm's language: an own interpreter serves one
// delegation, one of the pool every delegation whose head speaks one of their
// languages. A delegation that nobody serves so may be served through the relay
// language, which one of its members speaks. direct tells which are served
// without it.
func (f *frozen) readInterpreters(ctx context.Context, q store.Querier, event ident.ID, rules Rules, absent map[ident.ID][]string) (direct map[string]bool, err error) {
	list, err := interpretersOf(ctx, q, event)
	if err != nil {
		return nil, fmt.Errorf("read interpreters: %w", err)
	}
	direct = map[string]bool{}
	serves := func(i Interpreter, d partyRow) bool {
		if i.DelegationID != ident.Nil {
			return i.DelegationID == d.ID && common(i.Languages, d.All)
		}
		return common(i.Languages, d.Languages)
	}
	for _, i := range list {
		for code, d := range f.delegations {
			direct[code] = direct[code] || serves(i, d)
		}
	}
	for _, i := range list {
		f.interpreters[i.Code] = i
		entry := format.Interpreter{ID: i.Code, Pairs: [][2]string{}, MaxRun: new(rules.InterpreterInARow), Unavailable: absent[i.ID]}
		for _, d := range inOrder(f.delegations) {
			code, heard := d.Code, d.Languages
			switch {
			case serves(i, d):
				if i.DelegationID != ident.Nil {
					heard = d.All
				}
			case !direct[code] && i.DelegationID == ident.Nil && rules.RelayLanguage != "" && slices.Contains(d.All, rules.RelayLanguage) && slices.Contains(i.Languages, rules.RelayLanguage):
				heard = []string{rules.RelayLanguage}
			default:
				continue
			}
			for _, into := range i.Languages {
				if common(slices.DeleteFunc(slices.Clone(i.Languages), func(l string) bool { return l == into }), heard) {
					entry.Pairs = append(entry.Pairs, [2]string{code, into})
				}
			}
		}
		f.problem.Interpreters = append(f.problem.Interpreters, entry)
	}
	return direct, nil
}

// inOrder lists parties by code, since maps have no order.
func inOrder(parties map[string]partyRow) (list []partyRow) {
	for _, code := range slices.Sorted(maps.Keys(parties)) {
		list = append(list, parties[code])
	}
	return list
}

func (f *frozen) readMeetings(ctx context.Context, q store.Querier, event ident.ID, rules Rules, direct map[string]bool) error {
	requests, err := requestsOf(ctx, q, event)
	if err != nil {
		return fmt.Errorf("read requests: %w", err)
	}
	asked := map[[2]ident.ID][]Request{}
	for _, r := range requests {
		k := [2]ident.ID{r.DelegationID, r.FirmID}
		asked[k] = append(asked[k], r)
	}
	meets := map[string]int{}
	for _, d := range inOrder(f.delegations) {
		for _, firm := range inOrder(f.firms) {
			list := asked[[2]ident.ID{d.ID, firm.ID}]
			if len(list) == 0 {
				continue
			}
			p := pairOf(d, firm, list)
			if slices.ContainsFunc(list, func(r Request) bool { return r.Kind == Never }) {
				if len(list) > 1 {
					f.blocked = append(f.blocked, p)
				}
				continue
			}
			id := d.Code + "-" + firm.Code
			for f.pairs[id].value > 0 { // codes that hold a hyphen
				id += "'"
			}
			f.pairs[id] = p
			meets[firm.Code]++
			m := format.Meeting{ID: id, Parties: []string{d.Code, firm.Code}, Tier: format.Wish, Value: p.value, Length: 1}
			if p.must {
				m.Tier = format.Must
			}
			if into, needed := interpretation(d, firm, rules, direct[d.Code]); needed {
				m.Interpreter = &[2]string{d.Code, into}
			}
			f.problem.Meetings = append(f.problem.Meetings, m)
		}
	}
	slices.SortFunc(f.problem.Meetings, func(a, b format.Meeting) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(f.blocked, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.delegation.Code, b.delegation.Code), cmp.Compare(a.firm.Code, b.firm.Code))
	})
	for i, p := range f.problem.Parties {
		if _, firm := f.firms[p.ID]; firm { // guaranteed to firms that can be met at all
			f.problem.Parties[i].Min = min(rules.MinPerFirm, meets[p.ID], *p.Max)
		}
	}
	return nil
}

// interpretation tells into which of the firm's languages a meeting must be
// interpreted, if head and firm share none. Where nobody interprets for the
// head, the relay language serves when both sides speak it (rule 5).
func interpretation(d, firm partyRow, rules Rules, direct bool) (into string, needed bool) {
	if common(d.Languages, firm.Languages) {
		return "", false
	}
	if !direct && rules.RelayLanguage != "" && slices.Contains(d.All, rules.RelayLanguage) && slices.Contains(firm.Languages, rules.RelayLanguage) {
		return "", false
	}
	if len(firm.Languages) == 0 || slices.Contains(firm.Languages, hostLanguage) {
		return hostLanguage, true
	}
	return firm.Languages[0], true
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
	score := scoreSuggested
	switch {
	case p.mutual:
		score = scoreMutual
	case sides[ByDelegation] || sides[ByFirm]:
		score = scoreOneWay
	}
	p.value = score * (4 - best) / 3
	return p
}

func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(lang string) bool { return slices.Contains(b, lang) })
}

// Name is how people read the party.
func (p partyRow) Name() locale.Text { return locale.Text{ZH: p.NameZH, EN: p.NameEN} }

// onlyAfter lets meetings start only in slots that have not begun; false when
// there is none left.
func (f *frozen) onlyAfter(now time.Time) bool {
	var ahead []string
	for _, s := range f.problem.Slots {
		if s.StartsAt.After(now) {
			ahead = append(ahead, s.ID)
		}
	}
	if len(ahead) < len(f.problem.Slots) {
		for i := range f.problem.Meetings {
			f.problem.Meetings[i].Slots = ahead
		}
	}
	return len(ahead) > 0
}
