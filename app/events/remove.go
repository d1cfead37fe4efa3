package events

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Remove takes away what an event has under a code and nothing refers to: a track,
// venue, zone, room, table or badge_type.
//
// Faults: Forbidden; NotFound; Conflict, something refers to it.
func (s *Service) Remove(ctx context.Context, by accounts.Actor, event ident.ID, kind, code string) error {
	switch kind {
	case "track":
		return s.remove(ctx, by, event, "track.remove", "track", "tracks", code)
	case "venue":
		return s.remove(ctx, by, event, "venue.remove", "venue", "venues", code)
	case "zone":
		return s.remove(ctx, by, event, "zone.remove", "zone", "zones", code)
	case "room":
		return s.remove(ctx, by, event, "room.remove", "room", "rooms", code)
	case "table":
		return s.remove(ctx, by, event, "table.remove", "table", "meeting_tables", code)
	case "badge_type":
		return s.remove(ctx, by, event, "badge_type.remove", "event", "badge_types", code)
	}
	return fault.New(fault.NotFound, "error.not_found")
}

func (s *Service) remove(ctx context.Context, by accounts.Actor, event ident.ID, action, kind, table, code string) error {
	return s.save(ctx, by, event, action, kind, event, nil, map[string]any{"code": code}, func(tx *sqlx.Tx) error {
		if table == "zones" { // badge types name zones by code
			types, err := badgeTypesOf(ctx, tx, event)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(types, func(t BadgeType) bool { return slices.Contains(t.Zones, code) }) {
				return fault.New(fault.Conflict, "events.in_use", code)
			}
		}
		removed, err := deleteCoded(ctx, tx, table, event, code)
		switch {
		case store.Constraint(err) != "":
			return fault.New(fault.Conflict, "events.in_use", code)
		case err == nil && !removed:
			return fault.New(fault.NotFound, "error.not_found")
		}
		return err
	})
}
