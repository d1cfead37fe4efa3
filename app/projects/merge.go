package projects

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/text"
)

// Appearance is an event at which a project was seen, and as what.
type Appearance struct {
	ProjectID ident.ID  `db:"project_id"`
	EventID   ident.ID  `db:"event_id"`
	Event     EventName `db:"event"`
	Role      string    `db:"role"`
	Primary   bool      `db:"is_primary"` // where it counts
}

// Roles are as what a project may appear at an event.
var Roles = []string{"signed", "announced", "upgraded", "followed_up"}

// Merge ends a duplicate: it counts nowhere from now on, stays in the ledger
// with its stages, and its event becomes an appearance of the master in a role.
// What was merged into the duplicate goes over to the master. version is the
// duplicate's as it was shown; zero takes whatever stands.
//
// Faults: Forbidden, in either event; NotFound; Conflict, the duplicate changed
// meanwhile or is merged already; Invalid with fields, into itself or into what
// is itself a duplicate, so that no circle can close.
func (s *Service) Merge(ctx context.Context, by accounts.Actor, duplicate ident.ID, version int, master ident.ID, role, note string) (Project, error) {
	note = text.Paragraphs(note)
	if duplicate == master {
		return Project{}, fault.Fields(fault.Field{Path: "merged_into", Key: "constraint.projects_merged_elsewhere"})
	}
	return s.changeWith(ctx, by, duplicate, version, master, func(tx *sqlx.Tx, p, into Project) error {
		var bad fault.List
		bad.Check(slices.Contains(Roles, role), "role", "field.choice")
		text.Line(&bad, "merge_note", note, true, maxNote)
		if into.Merged() {
			bad.Add("merged_into", "projects.merge_into_master", into.Code, into.MergedCode)
		}
		if err := bad.Err(); err != nil {
			return err
		}
		follow, err := mergedInto(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if err := mergeProject(ctx, tx, p.ID, into.ID); err != nil {
			return err
		}
		for _, d := range follow { // each history says where its row went, and why
			before, after := map[string]any{"merged_into": p.Code}, map[string]any{"merged_into": into.Code, "through": p.Code}
			if err := s.recorded(ctx, tx, by, "project.remerge", d, before, after, note); err != nil {
				return err
			}
		}
		if err := insertAppearance(ctx, tx, Appearance{ProjectID: into.ID, EventID: p.EventID, Role: role}); err != nil {
			return err
		}
		if err := s.recorded(ctx, tx, by, "project.merge", p, nil, map[string]any{"merged_into": into.Code, "role": role}, note); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, "project.absorb", into, nil, map[string]any{"duplicate": p.Code, "role": role}, note)
	})
}

// changeWith is change for two projects; both are locked in one order, so that
// two merges never wait for each other.
func (s *Service) changeWith(ctx context.Context, by accounts.Actor, id ident.ID, version int, other ident.ID, fn func(tx *sqlx.Tx, p, q Project) error) (Project, error) {
	return s.changeLocked(ctx, by, []ident.ID{id, other}, version, accounts.EditProject, func(tx *sqlx.Tx, p Project) error {
		q, err := projectByID(ctx, tx, other)
		if fault.CodeOf(err) == fault.NotFound {
			return fault.Fields(fault.Field{Path: "merged_into", Key: "field.choice"})
		}
		if err != nil {
			return err
		}
		if !by.May(accounts.EditProject, q.EventID) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		return fn(tx, p, q)
	})
}
