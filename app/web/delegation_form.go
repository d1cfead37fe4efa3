package web

import (
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
)

// delegationFormPage is the form of a new delegation, and of who one is.
type delegationFormPage struct {
	Page
	Form                                       Form
	Of                                         delegations.Delegation // the zero one: new
	Cities, Countries, Zones, Liaisons, States []Choice
	MakesCities                                bool
}

// newCity stands among the cities for one that is not.
const newCity = "new"

func (s *Server) delegationFormPage(c *fiber.Ctx, d delegations.Delegation, form Form) (delegationFormPage, error) {
	p := delegationFormPage{Page: s.page(c), Form: form, Of: d, MakesCities: events.MayEditCities(actor(c))}
	var err error
	if p.Cities, err = s.cityChoices(c); err != nil {
		return p, err
	}
	if p.MakesCities {
		p.Cities = append(p.Cities, Choice{newCity, s.words.T(p.Lang, "setup.city_new")})
		p.Zones = zoneChoicesOr(s.words.T(p.Lang, "setup.zone_of_country"))
		if p.Countries, err = s.countryChoices(c); err != nil {
			return p, err
		}
	}
	staff, err := s.Delegations.StaffList(c.UserContext(), actor(c))
	p.Liaisons = []Choice{{"", s.words.T(p.Lang, "delegations.no_liaison")}}
	for _, person := range staff {
		p.Liaisons = append(p.Liaisons, Choice{person.ID.String(), person.Code + " · " + person.Name.In(p.Lang)})
	}
	for _, status := range delegations.Statuses {
		p.States = append(p.States, Choice{status, s.words.T(p.Lang, "state.delegation."+status)})
	}
	return p, err
}

func (s *Server) delegationForm(c *fiber.Ctx) error {
	form, d := FormOf("status", delegations.Statuses[0], "quota", "8"), delegations.Delegation{}
	if c.Params("delegation") == "" {
		code, err := s.Delegations.NextCode(c.UserContext(), actor(c), event(c).ID)
		if err != nil {
			return err
		}
		form.values.Set("code", code)
	} else {
		var err error
		if d, err = s.delegationOf(c); err != nil {
			return err
		}
		form = FormOf("code", d.Code, "name_zh", d.Name.ZH, "name_en", d.Name.EN, "name_native", d.Native, "city_code", d.CityCode, "status", d.Status,
			"liaison_id", idField(d.LiaisonID), "accepted_on", dayField(d.AcceptedOn), "version", fmt.Sprint(d.Version))
	}
	p, err := s.delegationFormPage(c, d, form)
	if err != nil {
		return err
	}
	return s.render(c, "delegations/who", p)
}

func (s *Server) saveDelegation(c *fiber.Ctx) error {
	var d delegations.Delegation
	var err error
	if c.Params("delegation") != "" {
		if d, err = s.delegationOf(c); err != nil {
			return err
		}
	}
	form, ctx := readForm(c), c.UserContext()
	in, city := delegationInput(&form, d)
	in.EventID = event(c).ID
	if d.Code == "" {
		in.Code, in.Quota = form.Capitals("code"), form.Whole("quota", 0, 500)
		if err = form.Err(); err == nil {
			in, err = s.Delegations.Add(ctx, actor(c), in, city)
		}
	} else {
		in.Version = form.Whole("version", 1, 1<<30)
		if err = form.Err(); err == nil {
			err = s.Delegations.EditDelegation(ctx, actor(c), in, city)
		}
	}
	if err == nil {
		s.flash(c, "ok", "setup.saved")
		return s.done(c, "/console/"+event(c).Slug+"/delegations/"+in.ID.String())
	}
	if !form.Refused(err) {
		return err
	}
	p, err := s.delegationFormPage(c, d, form)
	if err != nil {
		return err
	}
	return s.again(c, "delegations/who", p)
}

// delegationInput reads who a delegation is, and the new city that it comes from, if
// it does.
func delegationInput(form *Form, d delegations.Delegation) (delegations.Delegation, *events.City) {
	d.Name.ZH, d.Name.EN, d.Native = form.Raw("name_zh"), form.Raw("name_en"), form.Raw("name_native")
	d.Status, d.LiaisonID, d.AcceptedOn = form.Text("status"), optionalID(form, "liaison_id"), nil
	if form.Text("accepted_on") != "" {
		on := form.Date("accepted_on")
		d.AcceptedOn = &on
	}
	if d.CityCode = form.Text("city_code"); d.CityCode != newCity {
		return d, nil
	}
	d.CityCode = ""
	city := events.City{Native: form.Raw("city_name_native"), CountryCode: form.Text("city_country_code"), TimeZone: form.Text("city_time_zone")}
	city.Name.ZH, city.Name.EN = form.Raw("city_name_zh"), form.Raw("city_name_en")
	return d, &city
}

// idField writes an identifier into a field; none is empty.
func idField(id ident.ID) string {
	if id == ident.Nil {
		return ""
	}
	return id.String()
}

// dayField writes a day into a field; nil is empty.
func dayField(day *time.Time) string {
	if day == nil {
		return ""
	}
	return day.Format(time.DateOnly)
}
