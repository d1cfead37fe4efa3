package lists

import "qianshou/app/kit/retention"

// Retention is what of lists is not kept for ever: that somebody brought one, with
// the file's name. What was in it goes after a week already: see Purge.
func Retention() []retention.Task {
	return []retention.Task{retention.Statement(retention.Persons, `DELETE FROM imports WHERE event_id = $1`)}
}
