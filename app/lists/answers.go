package lists

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
)

// answerColumn begins the codes of columns that are questions of the event's form.
const answerColumn = "answers."

// asked are the questions of an event that a list can answer; files it cannot carry.
func (s *Service) asked(ctx context.Context, event ident.ID) ([]forms.Question, error) {
	form, err := forms.AskedIn(ctx, s.DB, event)
	if err != nil {
		return nil, fmt.Errorf("read form: %w", err)
	}
	return slices.DeleteFunc(form.Questions, func(q forms.Question) bool { return q.Kind == forms.File }), nil
}

// ofMembers tells whether anybody in a delegation is asked a question.
func ofMembers(q forms.Question) bool {
	return slices.ContainsFunc(delegations.MemberRoles, func(role string) bool { return q.Asks(delegations.CategoryOf(role)) })
}

// answerColumns are columns under the questions' own words.
func (s *Service) answerColumns(questions []forms.Question, l locale.Lang) []column {
	var list []column
	for _, q := range questions {
		c := column{sort: words}
		c.Field.Column = sheet.Column{Code: answerColumn + q.Code, Title: q.Label, Also: []string{q.Code}}
		c.Must = q.Required && len(q.Categories) == 0 && q.ShownIf == ident.Nil
		c.Hint = q.Help
		switch q.Kind {
		case forms.Date:
			c.sort, c.Date = day, true
		case forms.Language:
			c.sort, c.Text = latin, true
		case forms.Choose, forms.Country, forms.Choices:
			var offered []named
			for _, o := range q.Offered() {
				offered = append(offered, named{value: o.Code, name: o.Label})
			}
			c.sort = choice
			c.choices(l, offered)
			if q.Kind == forms.Choices {
				c.sort, c.Choices = many, nil // several may be named, which no drop-down takes
			}
		case forms.Consent:
			c.sort = choice
			c.choices(l, []named{
				{value: strconv.Itoa(q.Agreement.Version), name: s.both("lists.agreed"), also: []string{"yes", "y", "是"}},
				{value: "", name: s.both("lists.not_agreed"), also: []string{"no", "n", "否"}},
			})
		}
		list = append(list, c)
	}
	return list
}

// answersOf are the answers of a line; a cell that is empty says nothing.
func answersOf(values map[string]string, several map[string]bool) forms.Answers {
	answers := forms.Answers{}
	for name, value := range values {
		code, asked := strings.CutPrefix(name, answerColumn)
		switch {
		case !asked || value == "":
		case several[code]:
			answers[code] = parted(value)
		default:
			answers[code] = forms.Answer{value}
		}
	}
	return answers
}

// several are the questions of an event to which there may be more answers than one.
func (s *Service) several(ctx context.Context, event ident.ID) (map[string]bool, error) {
	asked, err := s.asked(ctx, event)
	codes := map[string]bool{}
	for _, q := range asked {
		codes[q.Code] = q.Kind == forms.Choices
	}
	return codes, err
}
