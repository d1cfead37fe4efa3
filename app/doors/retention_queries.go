package doors

import "qianshou/app/kit/retention"

// Retention is what of scans is not kept for ever: that somebody stood at a gate
// stays, who it was does not.
func Retention() []retention.Task {
	return []retention.Task{
		retention.Statement(retention.Scans, `
			UPDATE scans SET badge_id = NULL, registration_id = NULL, override_reason = ''
			WHERE event_id = $1 AND num_nonnulls(badge_id, registration_id) > 0 AND NOT held(registration_id)`),
		retention.Statement(retention.Scans, `DELETE FROM presence WHERE event_id = $1 AND NOT held(registration_id)`),
	}
}
