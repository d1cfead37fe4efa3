package events

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Days is how many days the event lasts.
func (e Event) Days() int { return int(e.EndsOn.Sub(e.StartsOn)/(24*time.Hour)) + 1 }

func upTo(last int) (days []int) {
	for day := range last {
		days = append(days, day+1)
	}
	return days
}

// furnish gives a new event what it cannot be used without: a stop, zones, badge
// types and categories. A forum has the zones of a conference centre; elsewhere all
// is one public area.
func (s *Service) furnish(ctx context.Context, tx *sqlx.Tx, event ident.ID, kind string, in Input) error {
	place := locale.Text{ZH: in.PlaceZH, EN: in.PlaceEN}
	if place.Empty() {
		place = locale.Text{ZH: in.TitleZH, EN: in.TitleEN}
	}
	if _, err := upsertStop(ctx, tx, Stop{
		EventID: event, ID: s.newID(), Position: 1, Name: locale.Text{ZH: place.In(locale.ZH), EN: place.In(locale.EN)},
		TimeZone: in.TimeZone, StartsOn: in.StartsOn, EndsOn: in.EndsOn,
	}, true); err != nil {
		return err
	}
	zones, err := s.furnishZones(ctx, tx, event, kind)
	if err != nil {
		return err
	}
	days := upTo(Event{StartsOn: in.StartsOn, EndsOn: in.EndsOn}.Days())
	for _, t := range starterTypes {
		opens := []string{}
		for _, zone := range t.Zones {
			if slices.Contains(zones, zone) {
				opens = append(opens, zone)
			}
		}
		t.EventID, t.Zones, t.Days = event, opens, days
		if err := upsertBadgeType(ctx, tx, t, true); err != nil {
			return err
		}
	}
	for i, c := range starterCategories {
		c.EventID, c.ID, c.Position = event, s.newID(), i+1
		c.clean()
		if _, err := upsertCategory(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// furnishZones makes the zones and answers their codes.
func (s *Service) furnishZones(ctx context.Context, tx *sqlx.Tx, event ident.ID, kind string) (codes []string, err error) {
	made := map[string]ident.ID{}
	for _, z := range starterZones { // parents stand before their children
		if z.within != "" && kind != "forum" {
			continue
		}
		zone := Zone{EventID: event, ID: s.newID(), Code: z.code, Name: z.name, ParentID: made[z.within]}
		if made[z.code], err = upsertZone(ctx, tx, zone, true); err != nil {
			return nil, err
		}
		codes = append(codes, z.code)
	}
	return codes, nil
}

// What a new event starts with; the office changes it to its needs. Colours are
// those of the office's badges. The public area is the one zone that every event
// has; the others lie within it.
var (
	starterZones = []struct {
		code   string
		name   locale.Text
		within string
	}{
		{"P", locale.Text{ZH: "公共区", EN: "Public area"}, ""},
		{"A", locale.Text{ZH: "主会场", EN: "Main hall"}, "P"},
		{"B", locale.Text{ZH: "对接洽谈区", EN: "Matchmaking area"}, "P"},
		{"V", locale.Text{ZH: "贵宾区", EN: "VIP area"}, "A"},
		{"M", locale.Text{ZH: "新闻中心", EN: "Press centre"}, "P"},
		{"D", locale.Text{ZH: "宴会厅", EN: "Banquet hall"}, "P"},
		{"K", locale.Text{ZH: "工作区", EN: "Back of house"}, "P"},
	}
	starterTypes = []BadgeType{
		{Code: "VIP", Name: locale.Text{ZH: "贵宾", EN: "VIP"}, Colour: "#8A1538", Pattern: "double", Zones: []string{"P", "A", "B", "V", "D"}},
		{Code: "DEL", Name: locale.Text{ZH: "代表", EN: "Delegate"}, Colour: "#005A9C", Pattern: "solid", Zones: []string{"P", "A", "B", "D"}},
		{Code: "BIZ", Name: locale.Text{ZH: "企业代表", EN: "Business"}, Colour: "#1B7F4B", Pattern: "diagonal", Zones: []string{"P", "A", "B"}},
		{Code: "CMP", Name: locale.Text{ZH: "随行人员", EN: "Accompanying person"}, Colour: "#6A4C93", Pattern: "dots", Zones: []string{"P", "D"}},
		{Code: "MED", Name: locale.Text{ZH: "媒体", EN: "Media"}, Colour: "#B35C00", Pattern: "vertical", Zones: []string{"P", "A", "M"}},
		{Code: "ORG", Name: locale.Text{ZH: "工作人员", EN: "Organiser"}, Colour: "#333333", Pattern: "grid", Zones: []string{"P", "A", "B", "V", "M", "D", "K"}},
	}
	starterCategories = []Category{
		{Code: "head", Name: locale.Text{ZH: "团长", EN: "Head of delegation"}, BadgeType: "VIP", Approval: "review"},
		{Code: "member", Name: locale.Text{ZH: "团员", EN: "Member of a delegation"}, BadgeType: "DEL", Approval: "review", Public: true},
		{Code: "firm", Name: locale.Text{ZH: "企业代表", EN: "Firm"}, BadgeType: "BIZ", Approval: "review", Public: true},
		{Code: "press", Name: locale.Text{ZH: "媒体", EN: "Press"}, BadgeType: "MED", Approval: "review", Public: true},
		{Code: "companion", Name: locale.Text{ZH: "随行人员", EN: "Accompanying person"}, BadgeType: "CMP", Approval: "review"},
		{Code: "staff", Name: locale.Text{ZH: "工作人员", EN: "Organiser"}, BadgeType: "ORG", Approval: "review"},
	}
)
