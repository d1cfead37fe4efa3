package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qianshou/app/agenda"
	"qianshou/app/audit"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// auditChange is one field that moved. Old is empty when it was not known before.
type auditChange struct{ Field, Old, New string }

// changes lists what moved, in the order of the fields' codes. What stayed as it
// was is left out, and so are the number of the object, which stands beside it, and
// identifiers that mean nothing to people: a question stands in words, not by its code.
func (a *auditReader) changes(e audit.Entry, number string) (list []auditChange, err error) {
	for _, field := range slices.Sorted(maps.Keys(e.After)) {
		hidden := field == "link" || field == "wish" || field == "code" && e.ObjectKind == "question" ||
			field == "file" && slices.Contains([]string{"registration", "file"}, e.ObjectKind) // of what handed in there is, its purpose says more
		if hidden {
			continue
		}
		change := auditChange{Field: a.field(e.ObjectKind, field)}
		if change.Old, err = a.value(e.ObjectKind, field, e.Before[field]); err != nil {
			return nil, err
		}
		if change.New, err = a.value(e.ObjectKind, field, e.After[field]); err != nil {
			return nil, err
		}
		if change.Old == change.New || change.New == number {
			continue
		}
		if change.New == "" {
			change.New = a.s.words.T(a.lang, "audit.nothing")
		}
		list = append(list, change)
	}
	return list, nil
}

// field is what a field is called: in general, or of one kind of object.
func (a *auditReader) field(kind, field string) string {
	if own := "audit.field." + kind + "." + field; a.s.words.Has(a.lang, own) {
		return a.s.words.T(a.lang, own)
	}
	return a.words("audit.field.", field)
}

// sentences are the fields whose values the catalogue names: by the kind of object
// and the field, the beginning of the sentences' keys.
var sentences = map[string]string{
	"registration.status": "state.registration.", "badge.state": "state.badge.", "badge_print.layout": "badge.layout.",
	"delegation.status": "state.delegation.", "delegation.as_rank": "substitution.rank.", "delegation.officer_role": "officers.role.",
	"delegation.direction": "travel.direction.", "delegation.travel": "travel.kind.", "registration.role": "delegations.role.", "event.status": "state.event.", "token.role": "role.",
	"question.kind": "forms.kind.", "category.approval": "categories.approval.", "category.photo": "categories.photo.",
	"session.status": "state.session.", "session.kind": "agenda.kind.", "session.access": "audit.access.",
	"mail_text.letter": "mail.kind.", "mail.outcome": "mail.fate.",
	"project.stage": "state.project.", "project.reported": "state.project.", "project.of": "state.project.", "project.verdict": "state.project.",
	"project.kind": "projects.kind.", "project.direction": "projects.direction.", "project.document_type": "projects.document.",
	"firm.ownership": "lists.ownership.", "firm.languages": "agenda.language.", "firm.grant": "firms.grant.",
	"event.part": "state.registration.", "delegation.part": "state.registration.", "registration.fields": "lists.column.",
	"registration.purpose": "data.file.", "file.purpose": "data.file.", "registration.what": "audit.looked.",
	"privacy.class": "privacy.class.", "privacy.kind": "privacy.kind.",
	"decision.decision": "audit.decided.",
	"import.kind":       "lists.kind.", "import.state": "state.list.",
	"project.visibility": "projects.visibility.", "project.evidence": "projects.evidence.", "project.role": "projects.role.",
}

// registers are the fields that name something by its code or ID, by the list that
// knows its name.
var registers = map[string]string{
	"session.room": "rooms", "session.track": "tracks", "session.zone": "zones", "project.firm_id": "firms", "delegation.firm": "firms",
	"firm.sectors": "sectors", "firm.district_code": "districts", "firm.target_countries": "countries",
	"project.sector_code": "sectors", "project.district_code": "districts", "project.partner_country": "countries", "project.partner_city": "cities",
}

// value writes one value of a field; empty when there is none.
func (a *auditReader) value(kind, field string, v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case bool:
		return a.s.words.T(a.lang, fmt.Sprint("audit.is.", v)), nil
	case float64: // every number of JSON; none of the log's is so great that it would lose a digit
		return strings.TrimSuffix(fmt.Sprintf("%.2f", v), ".00"), nil
	case []any:
		return a.several(kind+"."+field, v), nil
	case string:
		if v == "" || v == ident.Nil.String() {
			return "", nil
		}
		if field == "changed" { // names of fields
			names := strings.Split(v, ",")
			for i, name := range names {
				names[i] = a.words("registration.field.", name)
			}
			return strings.Join(names, " · "), nil
		}
		if prefix, ok := sentences[kind+"."+field]; ok {
			return a.each(v, func(code string) (string, error) { return a.words(prefix, code), nil })
		}
		if list, ok := registers[kind+"."+field]; ok {
			return a.each(v, func(code string) (string, error) { return a.named(list, code) })
		}
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			at = at.In(a.event.Zone)
			if field == "expires_at" && locale.Clock(at) == "00:00" {
				return a.s.words.T(a.lang, "audit.through", locale.ISO(delegations.LastDay(at, a.event.Zone))), nil // as the form asked: the last day
			}
			return locale.ISO(at) + " " + locale.Clock(at), nil
		}
		return v, nil
	}
	return fmt.Sprint(v), nil
}

// several writes a list: the roles that an account was given, or words.
func (a *auditReader) several(field string, list []any) string {
	var parts []string
	for _, item := range list {
		switch item := item.(type) {
		case map[string]any:
			parts = append(parts, a.words("role.", fmt.Sprint(item["Role"])))
		case string:
			parts = append(parts, a.words(sentences[field], item))
		}
	}
	return strings.Join(parts, " · ")
}

// each writes the codes of a list one after another; most fields have one.
func (a *auditReader) each(codes string, write func(code string) (string, error)) (string, error) {
	parts := strings.Split(codes, ";")
	for i, code := range parts {
		written, err := write(code)
		if err != nil {
			return "", err
		}
		parts[i] = written
	}
	return strings.Join(parts, " · "), nil
}

// named is the name of something in one of the registers, or its code when it is
// in none any more.
func (a *auditReader) named(register, code string) (string, error) {
	if a.lists[register] == nil {
		if a.lists == nil {
			a.lists = map[string]map[string]locale.Text{}
		}
		names, err := a.register(register)
		if err != nil {
			return "", fmt.Errorf("read %s for the audit log: %w", register, err)
		}
		a.lists[register] = names
	}
	name, ok := a.lists[register][code]
	if !ok {
		return code, nil
	}
	return name.In(a.lang), nil
}

func (a *auditReader) register(which string) (map[string]locale.Text, error) {
	ctx, names := a.c.UserContext(), map[string]locale.Text{}
	switch which {
	case "sectors", "districts":
		n, err := a.s.trades(a.c)
		if which == "sectors" {
			return n.sectors, err
		}
		return n.districts, err
	case "firms":
		list, err := a.s.Firms.OfEvent(ctx, a.event.ID)
		for _, f := range list {
			names[f.ID.String()] = f.Name
		}
		return names, err
	case "countries":
		list, err := a.s.Events.Countries(ctx)
		for _, x := range list {
			names[x.Code] = x.Name
		}
		return names, err
	case "cities":
		list, err := a.s.Events.Cities(ctx)
		for _, x := range list {
			names[x.Code] = x.Name
		}
		return names, err
	}
	options, err := a.s.Agenda.Options(ctx, actor(a.c), a.event.ID)
	for _, o := range map[string][]agenda.Option{"rooms": options.Rooms, "tracks": options.Tracks, "zones": options.Zones}[which] {
		names[o.ID.String()] = o.Name
	}
	return names, err
}
