package forms

import "qianshou/app/kit/retention"

// Retention is what of forms is not kept for ever: the answers. To what somebody
// agreed is kept apart, with the consents of their registration.
func Retention() []retention.Task {
	return []retention.Task{retention.Of(retention.Answers, retention.Rows{
		Table: "answers a", Joined: "registrations r",
		Where: `r.id = a.registration_id AND r.event_id = $1 AND ($2::uuid IS NULL OR r.id = $2) AND NOT held(r.id)`,
	})}
}
