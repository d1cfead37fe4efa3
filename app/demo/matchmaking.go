package demo

import (
	"context"
	"fmt"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
)

// meetingsFile is matchmaking_demo.json: what the delegations and firms of the
// forum wish, and the rules of the desk.
type meetingsFile struct {
	Event string `json:"event_id"`
	Rules struct {
		MinPerFirm        int    `json:"min_meetings_per_firm"`
		MaxPerDelegation  int    `json:"max_meetings_per_delegation"`
		MaxInARow         int    `json:"max_consecutive_meetings"`
		FreeSlots         int    `json:"keep_free_slots_per_delegation"`
		InterpreterInARow int    `json:"interpreter_max_consecutive"`
		RelayLanguage     string `json:"relay_language"`
	} `json:"rules"`
	MustMeet     []meetingsPair `json:"must_meet"`
	NeverMeet    []meetingsPair `json:"never_meet"`
	Preferences  []meetingsPair `json:"preferences"`
	VIPOnly      []string       `json:"vip_room_only"`
	StepFreeOnly []string       `json:"step_free_only"`
	Unavailable  []struct {
		Delegation string   `json:"delegation_id"`
		Firm       string   `json:"firm_id"`
		Slots      []string `json:"slots"`
		Reason     string   `json:"reason"`
	} `json:"unavailable"`
	Interpreters []struct {
		Staff      string   `json:"staff_id"`
		Member     string   `json:"member_id"`
		Delegation string   `json:"delegation_id"`
		Languages  []string `json:"langs"`
	} `json:"interpreters"`
}

type meetingsPair struct {
	Delegation  string `json:"delegation_id"`
	Firm        string `json:"firm_id"`
	From        string `json:"from"`
	Priority    int    `json:"priority"`
	Reason      string `json:"reason"`
	ReasonClass string `json:"reason_class"`
}

// loadMatchmaking brings the forum's wishes and rules in, plans the meetings and
// publishes the plan.
func loadMatchmaking(ctx context.Context, s Services, c *codes) error {
	var file meetingsFile
	if err := document("matchmaking_demo.json", &file); err != nil {
		return err
	}
	l := meetingsLoader{Services: s, ids: c, file: file, event: c.Events[file.Event], slots: map[string]ident.ID{}}
	for _, part := range []func(context.Context) error{l.loadGrid, l.loadRules, l.loadWishes, l.loadInterpreters, l.loadAbsences} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	plan, err := s.Matchmaking.Solve(ctx, staffMember("matchmaking"), l.event, matchmaking.RunOptions{Seed: 1})
	if err != nil {
		return fmt.Errorf("plan the meetings: %w", err)
	}
	if _, err := s.Matchmaking.Publish(ctx, staffMember("matchmaking"), l.event, plan.ID); err != nil {
		return fmt.Errorf("publish the meetings: %w", err)
	}
	return nil
}

type meetingsLoader struct {
	Services
	ids   *codes
	file  meetingsFile
	event ident.ID
	slots map[string]ident.ID // by code, MM-AM:1
}

// loadGrid lays the slots of the two matchmaking sessions.
func (l *meetingsLoader) loadGrid(ctx context.Context) error {
	var forum struct {
		Plans map[string]struct {
			Minutes int      `json:"slot_minutes"`
			Starts  []string `json:"starts"`
		} `json:"slot_plans"`
		Sessions []struct {
			Code     string    `json:"session_id"`
			StartsAt time.Time `json:"starts_at"`
			Plan     string    `json:"slot_plan"`
		} `json:"sessions"`
	}
	if err := document("forum_agenda.json", &forum); err != nil {
		return err
	}
	made, err := l.Agenda.List(ctx, by, l.event)
	if err != nil {
		return err
	}
	ids := map[string]ident.ID{}
	for _, session := range made {
		ids[session.Code] = session.ID
	}
	for _, session := range forum.Sessions {
		if session.Plan == "" {
			continue
		}
		var starts []time.Time
		for _, text := range forum.Plans[session.Plan].Starts {
			at, err := time.Parse("15:04", text)
			if err != nil {
				return fmt.Errorf("slot of %s: %w", session.Plan, err)
			}
			y, m, d := session.StartsAt.Date()
			starts = append(starts, time.Date(y, m, d, at.Hour(), at.Minute(), 0, 0, session.StartsAt.Location()))
		}
		length := time.Duration(forum.Plans[session.Plan].Minutes) * time.Minute
		slots, err := l.Matchmaking.SaveSlots(ctx, by, l.event, ids[session.Code], session.Plan, starts, length)
		if err != nil {
			return fmt.Errorf("slots of %s: %w", session.Code, err)
		}
		for _, slot := range slots {
			l.slots[slot.Code] = slot.ID
		}
	}
	return nil
}

// loadRules sets the rules. The file names no maximum for firms, so only the
// slots bound them.
func (l *meetingsLoader) loadRules(ctx context.Context) error {
	r := l.file.Rules
	err := l.Matchmaking.SaveRules(ctx, by, matchmaking.Rules{
		EventID: l.event, MinPerFirm: r.MinPerFirm, MaxPerDelegation: r.MaxPerDelegation, MaxPerFirm: len(l.slots), MaxInARow: r.MaxInARow,
		InterpreterInARow: r.InterpreterInARow, FreeSlots: r.FreeSlots, RelayLanguage: r.RelayLanguage,
	})
	if err != nil {
		return fmt.Errorf("rules of matchmaking: %w", err)
	}
	for need, list := range map[matchmaking.Need][]string{matchmaking.VIPRoom: l.file.VIPOnly, matchmaking.StepFree: l.file.StepFreeOnly} {
		for _, code := range list {
			if err := l.Matchmaking.SaveNeed(ctx, by, l.event, l.ids.Delegations[code], need); err != nil {
				return fmt.Errorf("need of %s: %w", code, err)
			}
		}
	}
	return nil
}

func (l *meetingsLoader) loadWishes(ctx context.Context) error {
	save := func(kind matchmaking.Kind, side matchmaking.Side, p meetingsPair) error {
		_, err := l.Matchmaking.SaveRequest(ctx, by, matchmaking.Request{
			EventID: l.event, DelegationID: l.ids.Delegations[p.Delegation], FirmID: l.ids.Firms[p.Firm], Side: side, Kind: kind,
			Priority: max(1, p.Priority), Reason: p.Reason + p.ReasonClass,
		})
		if err != nil {
			return fmt.Errorf("%s of %s and %s: %w", kind, p.Delegation, p.Firm, err)
		}
		return nil
	}
	for _, p := range l.file.Preferences {
		if err := save(matchmaking.Wish, matchmaking.Side(p.From), p); err != nil {
			return err
		}
	}
	for kind, list := range map[matchmaking.Kind][]meetingsPair{matchmaking.Must: l.file.MustMeet, matchmaking.Never: l.file.NeverMeet} {
		for _, p := range list {
			if err := save(kind, matchmaking.ByOrganiser, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *meetingsLoader) loadInterpreters(ctx context.Context) error {
	names := map[string]locale.Text{}
	staff, err := table("staff.csv")
	if err != nil {
		return err
	}
	for _, r := range staff {
		names[r["staff_id"]] = r.names()
	}
	members, err := table("members.csv")
	if err != nil {
		return err
	}
	for _, r := range members {
		names[r["member_id"]] = locale.Text{ZH: r["name_zh"], EN: r["given_name_latin"] + " " + r["family_name_latin"]}
	}
	for _, i := range l.file.Interpreters {
		code := i.Staff + i.Member
		_, err := l.Matchmaking.SaveInterpreter(ctx, by, matchmaking.Interpreter{
			EventID: l.event, Code: code, Name: names[code], Languages: i.Languages,
			StaffID: l.ids.Staff[i.Staff], RegistrationID: l.ids.Registrations[i.Member], DelegationID: l.ids.Delegations[i.Delegation],
		})
		if err != nil {
			return fmt.Errorf("interpreter %s: %w", code, err)
		}
	}
	return nil
}

func (l *meetingsLoader) loadAbsences(ctx context.Context) error {
	for _, u := range l.file.Unavailable {
		for _, slot := range u.Slots {
			if l.slots[slot] == ident.Nil {
				return fmt.Errorf("absence of %s%s: no slot %s among %d", u.Delegation, u.Firm, slot, len(l.slots))
			}
			err := l.Matchmaking.SaveAbsence(ctx, by, matchmaking.Absence{
				EventID: l.event, SlotID: l.slots[slot], DelegationID: l.ids.Delegations[u.Delegation], FirmID: l.ids.Firms[u.Firm], Reason: u.Reason,
			})
			if err != nil {
				return fmt.Errorf("absence of %s%s: %w", u.Delegation, u.Firm, err)
			}
		}
	}
	return nil
}
