package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/agenda"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/doors"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// loadDoors sets up the forum's gates, and lets the delegates in on its second
// morning, each a few seconds after the other.
func loadDoors(ctx context.Context, db *sqlx.DB, ev *events.Service, guests *delegations.Service, credentials *badges.Service, programme *agenda.Service, c *codes) error {
	forum := c.Events["EV-FORUM-2027"]
	at := time.Date(2027, 6, 9, 0, 15, 0, 0, time.UTC)
	s := doors.New(db, ev, guests, clock.Clock(func() time.Time { return at }), ident.New)
	if err := loadGates(ctx, s, ev, programme, forum); err != nil {
		return err
	}
	for gate, every := range map[string]time.Duration{"P-1": 12 * time.Second, "A-1": 14 * time.Second} {
		at = time.Date(2027, 6, 9, 0, 15, 0, 0, time.UTC)
		if gate == "A-1" {
			at = at.Add(12 * time.Minute)
		}
		for i := range 60 {
			at = at.Add(every)
			badge, err := credentials.LivingOf(ctx, c.Registrations[fmt.Sprintf("M%03d", i+1)])
			if err != nil {
				return fmt.Errorf("badge of M%03d: %w", i+1, err)
			}
			scan := doors.Scan{ScanID: ident.New(), Gate: gate, Token: badge.Token, Direction: doors.In, ScannedAt: at}
			if _, err := s.Admit(ctx, by, scan); err != nil {
				return fmt.Errorf("scan of M%03d at %s: %w", i+1, gate, err)
			}
		}
	}
	return nil
}

func loadGates(ctx context.Context, s *doors.Service, ev *events.Service, programme *agenda.Service, forum ident.ID) error {
	all, err := ev.Zones(ctx, forum)
	if err != nil {
		return err
	}
	zones := map[string]events.Zone{}
	for _, z := range all {
		zones[z.Code] = z
	}
	sessions, err := programme.List(ctx, by, forum)
	if err != nil {
		return err
	}
	var reception ident.ID
	for _, n := range sessions {
		if n.Code == "S04" {
			reception = n.ID
		}
	}
	for _, g := range []struct {
		code, zone string
		name       locale.Text
		session    ident.ID
	}{
		{"P-1", "P", locale.Text{ZH: "大厅东门", EN: "Lobby east"}, ident.Nil},
		{"P-2", "P", locale.Text{ZH: "大厅西门", EN: "Lobby west"}, ident.Nil},
		{"A-1", "A", locale.Text{ZH: "主会场1号门", EN: "Main hall gate 1"}, ident.Nil},
		{"A-2", "A", locale.Text{ZH: "主会场2号门", EN: "Main hall gate 2"}, ident.Nil},
		{"B-1", "B", locale.Text{ZH: "洽谈区入口", EN: "Matchmaking area"}, ident.Nil},
		{"V-1", "V", locale.Text{ZH: "贵宾区入口", EN: "VIP rooms"}, ident.Nil},
		{"V-S04", "V", locale.Text{ZH: "团长会见入口", EN: "Reception of heads"}, reception},
		{"S-1", "S", locale.Text{ZH: "签约厅入口", EN: "Signing hall"}, ident.Nil},
		{"M-1", "M", locale.Text{ZH: "新闻中心入口", EN: "Press centre"}, ident.Nil},
		{"D-1", "D", locale.Text{ZH: "宴会厅入口", EN: "Banquet hall"}, ident.Nil},
		{"K-1", "K", locale.Text{ZH: "后台入口", EN: "Back of house"}, ident.Nil},
	} {
		if _, err := s.SaveGate(ctx, by, doors.Gate{
			EventID: forum, Code: g.code, Name: g.name, ZoneID: zones[g.zone].ID, SessionID: g.session, Direction: doors.Both,
		}); err != nil {
			return fmt.Errorf("gate %s: %w", g.code, err)
		}
	}
	return nil
}
