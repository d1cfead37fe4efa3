package delegations

import "qianshou/app/kit/retention"

// lastOf keeps a person's data for as long as the last event asks that they
// registered for: $1 is the event that is purged.
const lastOf = `NOT held(r.id) AND NOT EXISTS (
	SELECT 1 FROM registrations o JOIN events oe ON oe.id = o.event_id JOIN events e ON e.id = $1
	WHERE o.person_id = r.person_id AND o.id <> r.id AND (held(o.id) OR oe.ends_on > e.ends_on))`

// one narrows a statement to the registration that is erased, if it is one.
const one = `($2::uuid IS NULL OR r.id = $2) AND `

// ofNeeds tells whether a field of a change says what somebody eats or needs.
const ofNeeds = `f.field ->> 'field' IN ('meal_plan', 'access_needs')`

// Retention is what of registrations is not kept for ever. A person becomes the
// reference of their registration; that somebody came, for whom and as what,
// stays. Views that the desk saved go with the first of them: they may say whom
// somebody looked for.
func Retention() []retention.Task {
	return []retention.Task{
		retention.Of(retention.Needs, retention.Rows{
			Table: "registrations",
			Set:   "meal_plan = 'none', access_needs = '{}'",
			Where: "event_id = $1 AND ($2::uuid IS NULL OR id = $2) AND (meal_plan <> 'none' OR access_needs <> '{}') AND NOT held(id)",
		}),
		// That they changed stays in the history; from what to what goes with them.
		retention.Of(retention.Needs, retention.Rows{
			Table: "registration_changes h", Joined: "registrations r",
			Set: `fields = (
				SELECT coalesce(jsonb_agg(CASE WHEN ` + ofNeeds + ` THEN f.field || '{"from": "", "to": ""}' ELSE f.field END ORDER BY f.n), '[]')
				FROM jsonb_array_elements(h.fields) WITH ORDINALITY AS f (field, n))`,
			Where: `r.event_id = $1 AND r.id = h.registration_id AND ($2::uuid IS NULL OR r.id = $2) AND NOT held(r.id)
				AND EXISTS (SELECT 1 FROM jsonb_array_elements(h.fields) AS f (field) WHERE ` + ofNeeds + ` AND (f.field ->> 'from' <> '' OR f.field ->> 'to' <> ''))`,
		}),
		retention.Of(retention.Needs, retention.Rows{ // theirs alone
			Table: "travel_legs l",
			Where: `l.event_id = $1 AND CASE WHEN $2::uuid IS NULL
				THEN NOT EXISTS (SELECT 1 FROM registrations r WHERE r.delegation_id = l.delegation_id AND held(r.id))
				ELSE NOT held($2) AND (SELECT bool_and(p.registration_id = $2) FROM travel_leg_people p WHERE p.leg_id = l.id) END`,
		}),
		retention.Of(retention.Needs, retention.Rows{
			Table: "travel_leg_people p", Joined: "registrations r", // of legs that stay
			Where: `r.event_id = $1 AND r.id = p.registration_id AND ($2::uuid IS NULL OR r.id = $2) AND NOT held(r.id)
				AND ($2::uuid IS NOT NULL OR EXISTS (SELECT 1 FROM travel_legs l JOIN registrations o ON o.delegation_id = l.delegation_id WHERE l.id = p.leg_id AND held(o.id)))`,
		}),
		retention.Of(retention.Documents, retention.Rows{
			Table: "travel_documents t", Joined: "registrations r",
			Where: `r.event_id = $1 AND r.person_id = t.person_id AND ` + one + lastOf,
		}),
		retention.Of(retention.Documents, retention.Rows{
			Table: "registration_changes h", Joined: "registrations r",
			Set:   "values_sealed = NULL",
			Where: `r.event_id = $1 AND r.id = h.registration_id AND h.values_sealed IS NOT NULL AND ` + one + lastOf,
		}),
		// What was answered before and after goes with the answers.
		retention.Of(retention.Answers, retention.Rows{
			Table: "registration_changes h", Joined: "registrations r",
			Where: `r.event_id = $1 AND r.id = h.registration_id AND ($2::uuid IS NULL OR r.id = $2) AND NOT held(r.id) AND h.fields <> '[]'
				AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(h.fields) f WHERE f->>'field' NOT LIKE 'answers.%')`,
		}),
		retention.Of(retention.Answers, retention.Rows{
			Table: "registration_changes h", Joined: "registrations r",
			Set: "fields = (SELECT jsonb_agg(f ORDER BY n) FROM jsonb_array_elements(h.fields) WITH ORDINALITY AS x(f, n) WHERE f->>'field' NOT LIKE 'answers.%')",
			Where: `r.event_id = $1 AND r.id = h.registration_id AND ($2::uuid IS NULL OR r.id = $2) AND NOT held(r.id)
				AND EXISTS (SELECT 1 FROM jsonb_array_elements(h.fields) f WHERE f->>'field' LIKE 'answers.%')
				AND EXISTS (SELECT 1 FROM jsonb_array_elements(h.fields) f WHERE f->>'field' NOT LIKE 'answers.%')`,
		}),
		retention.Of(retention.Persons, retention.Rows{
			Table: "persons p", Joined: "registrations r",
			Set: `given_name = '', family_name = r.reference, name_native = r.reference, name_zh = '', mrz_surname = '', mrz_given = '', sex = '',
				languages = '{}', email = '', phone = '', birth_date_sealed = NULL, birth_date_index = NULL, search = lower(r.reference), name_key = '', sound_key = '',
				pseudonymous = true, version = p.version + 1`,
			Where: `r.event_id = $1 AND r.person_id = p.id AND NOT p.pseudonymous AND ` + one + lastOf,
			Around: `
				WITH gone AS (
					{rows} RETURNING p.id
				), blank AS (
					UPDATE registrations SET title_en = '', title_zh = '', address_en = '', address_zh = '', unprintable = '', organisation = '', status_reason = '', guardian = '', guardian_agreed_at = NULL WHERE person_id IN (SELECT id FROM gone)
				), steps AS (
					UPDATE registration_steps s SET reason = '' FROM registrations r WHERE r.id = s.registration_id AND r.person_id IN (SELECT id FROM gone)
				), history AS (
					DELETE FROM registration_changes h USING registrations r WHERE r.id = h.registration_id AND r.person_id IN (SELECT id FROM gone)
				), stands AS (
					UPDATE substitutions s SET note = '', reason = '' FROM registrations r
					WHERE r.id IN (s.from_registration_id, s.to_registration_id) AND r.person_id IN (SELECT id FROM gone)
				), pairs AS (
					DELETE FROM duplicate_pairs d USING registrations r WHERE r.id IN (d.first_id, d.second_id) AND r.person_id IN (SELECT id FROM gone)
				), decided AS (
					UPDATE decisions d SET reason = '' FROM decision_items i JOIN registrations r ON r.id = i.registration_id
					WHERE i.decision_id = d.id AND d.decision <> 'approve' AND r.person_id IN (SELECT id FROM gone)
				), views AS (
					DELETE FROM saved_views WHERE event_id = $1 AND $2::uuid IS NULL AND EXISTS (SELECT 1 FROM gone)
				), links AS (
					DELETE FROM magic_links m USING registrations r WHERE r.id = m.registration_id AND r.person_id IN (SELECT id FROM gone)
				)
				SELECT id FROM gone`,
		}),
		// Officers are nobody's registration: they go with the event.
		retention.Of(retention.Persons, retention.Rows{
			Table: "magic_links m",
			Where: "m.event_id = $1 AND $2::uuid IS NULL AND m.purpose = 'delegation' AND m.same_as IS NULL",
		}),
		// Of nobody known; answered in moments, forgotten in a day.
		retention.Of(retention.Persons, retention.Rows{Table: "link_requests", Where: "event_id = $1 AND $2::uuid IS NULL"}),
		retention.Statement(retention.Consents, retention.Rows{
			Table: "consents c", Joined: "registrations r",
			Where: "r.event_id = $1 AND r.id = c.registration_id AND NOT held(r.id)",
		}),
	}
}
