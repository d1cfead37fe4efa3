package badges

import "qianshou/app/kit/retention"

// Retention is what of badges is not kept for ever: the credential becomes a hash
// of itself, by which no door knows it.
func Retention() []retention.Task {
	return []retention.Task{retention.Of(retention.Badges, retention.Rows{
		Table: "badges", Set: `credential = substring(sha256(credential) FROM 1 FOR 12), token = '', state_reason = ''`,
		Where: `event_id = $1 AND ($2::uuid IS NULL OR registration_id = $2) AND token <> '' AND NOT held(registration_id)`,
	})}
}
