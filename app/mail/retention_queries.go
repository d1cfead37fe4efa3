package mail

import "qianshou/app/kit/retention"

// Retention is what of mails is not kept for ever: that one was sent stays, to
// whom, what it said and what servers said of it does not.
func Retention() []retention.Task {
	return []retention.Task{retention.Of(retention.Mails, retention.Rows{
		Table: "mails", Set: `recipient = '', recipient_name = '', subject = '', content_sealed = NULL, last_error = ''`,
		Where: `event_id = $1 AND ($2::uuid IS NULL OR registration_id = $2)
			AND (recipient <> '' OR recipient_name <> '' OR content_sealed IS NOT NULL) AND NOT held(registration_id)`,
		Around: `
			WITH said AS (
				UPDATE mail_attempts a SET words = '' FROM mails m
				WHERE m.id = a.mail_id AND m.event_id = $1 AND ($2::uuid IS NULL OR m.registration_id = $2) AND a.words <> '' AND NOT held(m.registration_id))
			{rows}`,
	})}
}
