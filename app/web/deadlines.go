package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
)

// deadlinesPage is who is late: delegations by steps.
type deadlinesPage struct {
	Page
	Form      Form
	Deadlines []stepView // their counts are of the event
	Rows      []standingRow
	Show      string // late, or all
	Late, All int
}

// standingRow is a delegation with its steps.
type standingRow struct {
	delegations.Standing
	Steps []stepView
}

func (s *Server) deadlinesPage(c *fiber.Ctx, form *Form) (p deadlinesPage, err error) {
	ctx, by, e := c.UserContext(), actor(c), event(c)
	p = deadlinesPage{Page: s.page(c), Show: c.Query("show", "all")}
	deadlines, err := s.Delegations.Deadlines(ctx, by, e.ID)
	if err != nil {
		return p, err
	}
	list, err := s.Delegations.Standings(ctx, by, e.ID)
	if err != nil {
		return p, err
	}
	p.Deadlines, p.All = stepViews(deadlines, delegations.Standing{HasHead: true}, s.Now(), e.Zone), len(list)
	for _, x := range list {
		steps := stepViews(deadlines, x, s.Now(), e.Zone)
		for i, step := range steps {
			if step.Open > 0 {
				p.Deadlines[i].Open++
			}
		}
		if len(x.Late) > 0 {
			p.Late++
		}
		if p.Show != "late" || len(x.Late) > 0 {
			p.Rows = append(p.Rows, standingRow{x, steps})
		}
	}
	if form != nil {
		p.Form = *form
		return p, nil
	}
	p.Form = FormOf()
	for _, step := range p.Deadlines {
		p.Form.values.Set(step.Step, momentField(step.Due, e.Zone))
	}
	return p, nil
}

func (s *Server) deadlines(c *fiber.Ctx) error {
	p, err := s.deadlinesPage(c, nil)
	if err != nil {
		return err
	}
	return s.render(c, "delegations/deadlines", p)
}

// setDeadlines takes the deadlines of an event; an empty one is none.
func (s *Server) setDeadlines(c *fiber.Ctx) error {
	form, due := readForm(c), map[string]time.Time{}
	for _, step := range delegations.Steps {
		if form.Text(step) != "" {
			due[step] = form.Moment(step, event(c).Zone)
		}
	}
	err := form.Err()
	if err == nil {
		err = s.Delegations.SetDeadlines(c.UserContext(), actor(c), event(c).ID, due)
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.deadlinesPage(c, &form)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "delegations/deadlines", p)
	}
	s.flash(c, "ok", "deadlines.saved")
	return s.done(c, "/console/"+event(c).Slug+"/delegations/deadlines")
}

// remind writes to the officers of all who are late, or of one delegation.
func (s *Server) remind(c *fiber.Ctx) error {
	var only []ident.ID
	if id, err := ident.Parse(readForm(c).Text("delegation")); err == nil {
		only = append(only, id)
	}
	done, err := s.Delegations.Remind(c.UserContext(), actor(c), event(c).ID, only...)
	if err != nil {
		return err
	}
	tone := "ok"
	if len(done.Nobody) > 0 {
		tone = "fix"
	}
	codes := make([]string, 0, len(done.Nobody))
	for _, d := range done.Nobody {
		codes = append(codes, d.Code)
	}
	key := "deadlines.reminded"
	if len(codes) > 0 {
		key = "deadlines.reminded_but"
	}
	s.flash(c, tone, key, strconv.Itoa(done.Sent), strconv.Itoa(done.Already), strings.Join(codes, " · "))
	return s.done(c, "/console/"+event(c).Slug+"/delegations/deadlines")
}

// needsPage is what the delegations of an event need.
type needsPage struct {
	Page
	All  delegations.Needs
	Each []delegations.DelegationNeeds
}

func (s *Server) needs(c *fiber.Ctx) (err error) {
	p := needsPage{Page: s.page(c)}
	if p.All, p.Each, err = s.Delegations.Needs(c.UserContext(), actor(c), event(c).ID); err != nil {
		return err
	}
	return s.render(c, "delegations/needs", p)
}

// setPlaces takes the places of a delegation and of its classes. An empty class is
// bound by the whole alone.
func (s *Server) setPlaces(c *fiber.Ctx) error {
	d, err := s.delegationOf(c)
	if err != nil {
		return err
	}
	form, classes := readForm(c), map[string]int{}
	quota, version := form.Whole("quota", 0, 500), form.Whole("version", 1, 1<<30)
	for _, class := range delegations.MemberRoles {
		if form.Text("quota."+class) != "" {
			classes[class] = form.Whole("quota."+class, 0, 500)
		}
	}
	if err = form.Err(); err == nil {
		_, err = s.Delegations.SetPlaces(c.UserContext(), actor(c), d.ID, version, quota, classes)
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.newDelegationPage(c, d)
		if pageErr != nil {
			return pageErr
		}
		p.PlacesForm = form
		return s.again(c, "delegations/show", p)
	}
	s.flash(c, "ok", "delegations.places_saved")
	return s.done(c, delegationURL(c, d.ID)+"#places")
}
