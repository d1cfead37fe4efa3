package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"qianshou/app/kit/locale"
)

// countries are the office's countries and regions for a list of choices, in the
// order in which whoever reads the page looks for them: Chinese by pinyin.
func (s *Server) countries(c *fiber.Ctx) ([]Choice, error) {
	l := lang(c)
	all, err := s.Events.Countries(c.UserContext())
	choices := make([]Choice, 0, len(all))
	for _, country := range all {
		choices = append(choices, Choice{country.Code, country.Name.In(l)})
	}
	sortChoices(l, choices)
	return choices, err
}

// countryChoices are the countries and regions for a select, after one that asks to
// choose.
func (s *Server) countryChoices(c *fiber.Ctx) ([]Choice, error) {
	all, err := s.countries(c)
	return append([]Choice{{"", s.words.T(lang(c), "register.choose")}}, all...), err
}

// sortChoices brings choices into the alphabetical order of a language.
func sortChoices(l locale.Lang, choices []Choice) {
	order := collate.New(language.Make(l.Tag())) // not shared: it keeps what it last compared
	slices.SortStableFunc(choices, func(a, b Choice) int { return order.CompareString(a.Text, b.Text) })
}
