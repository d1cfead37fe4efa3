package mail

import "qianshou/app/kit/retention"

// Retention is what of mails is not kept for ever: that one was sent stays, to
// whom and what it said does not.
func Retention() []retention.Task {
	return []retention.Task{retention.Of(retention.Mails, `
		UPDATE mails SET recipient = '', subject = '', content_sealed = NULL, last_error = ''
		WHERE event_id = $1 AND ($2::uuid IS NULL OR registration_id = $2) AND (recipient <> '' OR content_sealed IS NOT NULL) AND NOT held(registration_id)`)}
}
