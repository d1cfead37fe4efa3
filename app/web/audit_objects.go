package web

import (
	"fmt"

	"qianshou/app/audit"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// auditObject is what an entry is about: what sort of thing, its number and name,
// and its page. URL is empty when it has none, or is gone.
type auditObject struct {
	Kind   string // audit.object.<kind>
	Number string // as people write it: F27-0148, S08
	Name   locale.Name
	URL    string
}

// object finds what an entry is about. A thing that is gone, or belongs to another
// event, keeps its kind.
func (a *auditReader) object(e audit.Entry) (auditObject, error) {
	if o, ok := a.seen[e.ObjectID]; ok {
		return o, nil
	}
	o, err := a.look(e)
	if code := fault.CodeOf(err); code == fault.NotFound || code == fault.Forbidden {
		o, err = auditObject{}, nil
	}
	if err != nil {
		return o, fmt.Errorf("look up %s of the audit log: %w", e.ObjectKind, err)
	}
	o.Kind = a.words("audit.object.", e.ObjectKind)
	if a.seen == nil {
		a.seen = map[ident.ID]auditObject{}
	}
	a.seen[e.ObjectID] = o
	return o, nil
}

func (a *auditReader) look(e audit.Entry) (o auditObject, err error) {
	ctx, by, id, console := a.c.UserContext(), actor(a.c), e.ObjectID, "/console/"+a.event.Slug
	page := func(place string) string { return console + "/" + place + "/" + id.String() }
	switch e.ObjectKind {
	case "registration":
		r, err := a.s.Delegations.Registration(ctx, by, id)
		return auditObject{Number: r.Reference, Name: r.Called(), URL: page("registrations")}, err
	case "delegation":
		d, err := a.s.Delegations.ByID(ctx, by, id)
		return auditObject{Number: d.Code, Name: locale.NameOf(d.Name), URL: page("delegations")}, err
	case "import":
		i, err := a.s.Lists.ByID(ctx, by, id)
		return auditObject{Name: locale.Name{Latin: i.FileName}, URL: page("imports")}, err
	case "firm":
		f, err := a.s.Firms.ByID(ctx, by, id)
		return auditObject{Number: f.Code, Name: locale.NameOf(f.Name), URL: page("firms")}, err
	case "badge":
		b, err := a.s.Badges.ByID(ctx, by, id)
		return auditObject{Number: b.Serial, URL: page("badges")}, err
	case "session":
		x, err := a.s.Agenda.ByID(ctx, by, id)
		return auditObject{Number: x.Code, Name: locale.NameOf(x.Title), URL: page("agenda")}, err
	case "project":
		p, err := a.s.Projects.ByID(ctx, by, id)
		return auditObject{Number: p.Code, Name: locale.NameOf(p.Name), URL: page("projects")}, err
	case "mail":
		m, err := a.s.Mail.ByID(ctx, by, id)
		return auditObject{Name: locale.Name{Latin: m.To}, URL: page("mails")}, err
	case "device":
		d, err := a.s.Doors.Device(ctx, by, id)
		return auditObject{Name: locale.Name{Latin: d.Name}, URL: page("doors/devices")}, err
	case "gate":
		gates, err := a.s.Doors.Gates(ctx, by, a.event.ID)
		for _, g := range gates {
			if g.ID == id {
				o = auditObject{Number: g.Code, Name: locale.NameOf(g.Name), URL: console + "/doors"}
			}
		}
		return o, err
	case "question":
		whole, err := a.s.Forms.All(ctx, by, a.event.ID)
		q, _ := forms.Find(whole.Questions, id)
		return auditObject{Name: locale.NameOf(q.Label), URL: console + "/form"}, err
	case "category":
		all, err := a.s.Events.Categories(ctx, a.event.ID)
		for _, c := range all {
			if c.ID == id {
				o = auditObject{Name: locale.NameOf(c.Name), URL: page("categories")}
			}
		}
		return o, err
	case "account":
		return auditObject{Name: locale.NameOf(a.people[id]), URL: console + "/accounts"}, nil
	case "privacy":
		return auditObject{URL: console + "/privacy"}, nil
	case "announcement":
		return auditObject{URL: console + "/mails/announcements"}, nil
	case "plan":
		return auditObject{URL: console + "/matchmaking"}, nil
	case "event":
		return auditObject{Name: locale.NameOf(a.event.Title), URL: console}, nil
	}
	return o, nil
}
