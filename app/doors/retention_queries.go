package doors

import "qianshou/app/kit/retention"

// Retention is what of scans is not kept for ever: that somebody stood at a gate
// stays, who it was does not.
func Retention() []retention.Task {
	return []retention.Task{
		retention.Of(retention.Scans, retention.Rows{
			Table: "scans", Set: "badge_id = NULL, registration_id = NULL, override_reason = ''",
			Where: `event_id = $1 AND ($2::uuid IS NULL OR registration_id = $2) AND num_nonnulls(badge_id, registration_id) > 0 AND NOT held(registration_id)`,
		}),
		retention.Of(retention.Scans, retention.Rows{Table: "presence", Where: `event_id = $1 AND ($2::uuid IS NULL OR registration_id = $2) AND NOT held(registration_id)`}),
	}
}
