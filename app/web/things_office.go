package web

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/locale"
)

// What the office keeps for all its events: staff, cities, countries and regions,
// sectors, districts.

// cityChoices are the cities for a select, after none.
func (s *Server) cityChoices(c *fiber.Ctx) ([]Choice, error) {
	l := lang(c)
	list, err := s.Events.Cities(c.UserContext())
	choices := make([]Choice, 0, len(list))
	for _, city := range list {
		choices = append(choices, Choice{city.Code, city.Name.In(l)})
	}
	sortChoices(l, choices)
	return append([]Choice{{"", s.words.T(l, "setup.no_city")}}, choices...), err
}

var staffThings = thing{
	path: "staff", param: "person", rule: everywhere(accounts.EditDelegation), office: true,
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		list, err := s.Delegations.StaffList(c.UserContext(), actor(c))
		for _, p := range list {
			form := rowForm(p.Code, p.Name, "role", p.Role)
			form.values["languages"] = p.Languages
			var spoken []string
			for _, tag := range p.Languages {
				spoken = append(spoken, s.tongue(lang(c), tag))
			}
			rows = append(rows, thingRow{Key: p.Code, Code: p.Code, Name: p.Name, Facts: facts(s.staffRole(lang(c), p.Role), strings.Join(spoken, " · ")), Form: form})
		}
		return rows, err
	},
	blank: func(_ *Server, _ *fiber.Ctx, all []thingRow) Form {
		return FormOf("code", nextCode("S", 2, all), "role", delegations.StaffRoles[0])
	},
	fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		l := lang(c)
		var roles []Choice
		for _, role := range withOwn(delegations.StaffRoles, row.Form.All("role")...) {
			roles = append(roles, Choice{role, s.staffRole(l, role)})
		}
		spoken := Field{Name: "languages", Type: "checks"}
		for _, tag := range withOwn(delegations.StaffLanguages, row.Form.All("languages")...) {
			spoken.Several = append(spoken.Several, Tick{Value: tag, Text: s.tongue(l, tag)})
		}
		return []fieldGroup{
			{Fields: append([]Field{codeIn(row, 20)}, namesIn()...)},
			{Fields: []Field{{Name: "role", Type: "radio", Choices: roles}}},
			{Fields: []Field{spoken}},
		}, nil
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		put := s.Delegations.AddStaff
		if row.Key != "" {
			put = s.Delegations.SaveStaff
		}
		_, err := put(c.UserContext(), actor(c), delegations.Staff{Code: codeOfThing(form, row), Name: namedIn(form), Role: form.Text("role"), Languages: form.All("languages")})
		return err
	},
}

func (s *Server) staffRole(l locale.Lang, role string) string {
	if key := "setup.staff_role." + role; s.words.Has(l, key) {
		return s.words.T(l, key)
	}
	return role
}

// relations are what a city may be to ours.
var relations = []string{"none", "candidate", "sister_city", "friendly_exchange"}

var cityThings = thing{
	path: "cities", param: "city", rule: everywhere(accounts.EditDelegation), office: true,
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		l := lang(c)
		countries, err := s.Events.Countries(c.UserContext())
		if err != nil {
			return nil, err
		}
		names := map[string]string{}
		for _, k := range countries {
			names[k.Code] = k.Name.In(l)
		}
		list, err := s.Events.Cities(c.UserContext())
		for _, city := range list {
			relation := ""
			if city.RelationStatus != "" && city.RelationStatus != relations[0] {
				relation = s.relation(l, city.RelationStatus)
			}
			rows = append(rows, thingRow{
				Key: city.Code, Code: city.Code, Name: city.Name, Facts: facts(names[city.CountryCode], city.TimeZone, relation),
				Form: rowForm(city.Code, city.Name, "name_native", city.Native, "country_code", city.CountryCode, "time_zone", city.TimeZone,
					"relation_status", city.RelationStatus, "relation_since", city.RelationSince, "relation_source", city.RelationSource),
			})
		}
		return rows, err
	},
	blank: func(*Server, *fiber.Ctx, []thingRow) Form { return FormOf("relation_status", relations[0]) },
	fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		l := lang(c)
		countries, err := s.countryChoices(c)
		var bonds []Choice
		for _, relation := range withOwn(relations, row.Form.All("relation_status")...) {
			bonds = append(bonds, Choice{relation, s.relation(l, relation)})
		}
		code := codeIn(row, 3)
		code.Required = false
		return []fieldGroup{
			{Fields: append(namesIn(), Field{Name: "name_native", MaxLength: 120})},
			{Fields: []Field{{Name: "country_code", Type: "select", Choices: countries, Required: true}, {Name: "time_zone", Type: "select", Choices: zoneChoicesOr(s.words.T(l, "setup.zone_of_country"))}, code}},
			{Title: s.words.T(l, "setup.relation"), Fields: []Field{
				{Name: "relation_status", Type: "select", Choices: bonds}, {Name: "relation_since", MaxLength: 20}, {Name: "relation_source", MaxLength: 500},
			}},
		}, err
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		in := events.City{Code: form.Capitals("code")}
		if row.Key != "" { // what the page does not show stays
			all, err := s.Events.Cities(c.UserContext())
			if err != nil {
				return err
			}
			for _, city := range all {
				if city.Code == row.Key {
					in = city
				}
			}
		}
		in.Name, in.Native, in.CountryCode, in.TimeZone = namedIn(form), form.Raw("name_native"), form.Text("country_code"), form.Text("time_zone")
		in.RelationStatus, in.RelationSince, in.RelationSource = form.Text("relation_status"), form.Raw("relation_since"), form.Raw("relation_source")
		if row.Key != "" {
			return s.Events.SaveCity(c.UserContext(), actor(c), in)
		}
		_, err := s.Events.AddCity(c.UserContext(), actor(c), in)
		return err
	},
}

func (s *Server) relation(l locale.Lang, relation string) string {
	if key := "setup.relation." + relation; s.words.Has(l, key) {
		return s.words.T(l, key)
	}
	return relation
}

// withOwn are the usual values of a field and those that one of them has already: a
// list that was brought along may have others, which saving must not lose.
func withOwn(usual []string, own ...string) []string {
	all := slices.Clone(usual)
	for _, value := range own {
		if value != "" && !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	return all
}

func zoneChoicesOr(none string) []Choice { return append([]Choice{{"", none}}, zoneChoices()...) }

var countryThings = thing{
	path: "countries", param: "country", rule: everywhere(accounts.EditEvent), office: true,
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		order, err := s.countries(c)
		if err != nil {
			return nil, err
		}
		list, err := s.Events.Countries(c.UserContext())
		byCode := map[string]events.Country{}
		for _, k := range list {
			byCode[k.Code] = k
		}
		for _, choice := range order {
			k := byCode[choice.Value]
			rows = append(rows, thingRow{Key: k.Code, Code: k.Code, Name: k.Name, Facts: facts(k.Code3), Form: rowForm(k.Code, k.Name, "code3", k.Code3)})
		}
		return rows, err
	},
	fields: func(_ *Server, _ *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		return []fieldGroup{
			{Fields: namesIn()},
			{Fields: []Field{codeIn(row, 2), {Name: "code3", Required: true, MaxLength: 3}}},
		}, nil
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		put := s.Events.AddCountry
		if row.Key != "" {
			put = s.Events.SaveCountry
		}
		return put(c.UserContext(), actor(c), events.Country{Code: codeOfThing(form, row), Code3: form.Capitals("code3"), Name: namedIn(form)})
	},
}

var (
	sectorThings = codedThings("sectors", "sector", (*events.Service).Sectors, (*events.Service).AddSector, (*events.Service).SaveSector,
		[]string{"manufacturing", "services", "cooperation"})
	districtThings = codedThings("districts", "district", (*events.Service).Districts, (*events.Service).AddDistrict, (*events.Service).SaveDistrict,
		[]string{"district", "county_level_city", "county", "functional_zone"})
)

// codedThings are rows of one of the office's lists of codes.
func codedThings(path, param string, list func(*events.Service, context.Context) ([]events.Coded, error),
	add, save func(*events.Service, context.Context, accounts.Actor, events.Coded) error, kinds []string,
) thing {
	return thing{
		path: path, param: param, rule: everywhere(accounts.EditEvent), office: true,
		list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
			all, err := list(s.Events, c.UserContext())
			for _, x := range all {
				rows = append(rows, thingRow{Key: x.Code, Code: x.Code, Name: x.Name, Facts: facts(s.codedKind(lang(c), path, x.Kind)), Form: rowForm(x.Code, x.Name, "kind", x.Kind)})
			}
			return rows, err
		},
		blank: func(*Server, *fiber.Ctx, []thingRow) Form { return FormOf("kind", kinds[0]) },
		fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
			var choices []Choice
			for _, kind := range withOwn(kinds, row.Form.All("kind")...) {
				choices = append(choices, Choice{kind, s.codedKind(lang(c), path, kind)})
			}
			return []fieldGroup{{Fields: namesIn()}, {Fields: []Field{codeIn(row, 20), {Name: "kind", Type: "select", Choices: choices}}}}, nil
		},
		save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
			put := add
			if row.Key != "" {
				put = save
			}
			return put(s.Events, c.UserContext(), actor(c), events.Coded{Code: codeOfThing(form, row), Name: namedIn(form), Kind: form.Text("kind")})
		},
	}
}

func (s *Server) codedKind(l locale.Lang, path, kind string) string {
	if key := "setup." + path + ".kind." + kind; s.words.Has(l, key) {
		return s.words.T(l, key)
	}
	return kind
}

// tongue is what a language is called.
func (s *Server) tongue(l locale.Lang, tag string) string { return forms.LanguageName(tag).In(l) }
