package web

import (
	"time"

	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/locale"
)

var formPages = map[string]sample{
	"forms/list": func(p Page, full bool) any {
		if !full {
			return formPage{Page: p}
		}
		gone := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		m := formPage{Page: p, Version: 3, Categories: []Choice{{"", "…"}, {"press", "…"}}, Previews: everyPreview()}
		for i, q := range wholeForm() {
			q.Answers = i
			m.Questions = append(m.Questions, builtQuestion{Question: q, For: "…", When: "…", First: i == 0, Last: i == 7})
		}
		archived := wholeForm()[3]
		archived.ArchivedAt, archived.Answers = &gone, 2
		m.Archived = []forms.Question{archived}
		m.Form.refusal.Key, m.Form.refusal.Args = "forms.order", []any{label("a"), label("b")}
		return m
	},
	"forms/edit": func(p Page, full bool) any {
		if !full {
			return questionPage{Page: p}
		}
		q := wholeForm()[2]
		q.Agreement.Version = 2
		form := questionForm(q)
		form.Add("options", "forms.option_twice", "yes")
		return questionPage{
			Page: p, Form: form, Question: q, Kinds: []Choice{{"choices", "…"}}, Categories: twoCategories, Parents: wholeForm()[:1], Previews: everyPreview(),
			Rows: append(optionRows(form), optionRow{}), Whys: map[string]string{"options": "…", "shown_for": "…", "categories": "…"},
		}
	},
	"categories/list": func(p Page, full bool) any {
		if !full {
			return categoriesPage{Page: p}
		}
		quota, badge := 10, events.BadgeType{Code: "BIZ", Name: label("Business"), PhotoRequired: true}
		m := categoriesPage{Page: p}
		for _, way := range events.Approvals {
			c := events.Category{Code: "firm", Name: label("Firm"), BadgeType: "BIZ", Quota: &quota, Approval: way, Public: way != "review", OpensAt: &p.Now, ClosesAt: &p.Now}
			m.Rows = append(m.Rows, categoryRow{Category: c, Badge: badge, Zones: []locale.Text{label("Hall"), label("Lounge")}, Taken: 7, Waiting: 1, First: way == "automatic"})
			quota = 0
		}
		return m
	},
	"categories/edit": func(p Page, full bool) any {
		if !full {
			return categoryPage{Page: p}
		}
		form := FormOf("quota", "many", "approval", "review")
		form.Add("quota", "field.number_between", 0, 10)
		return categoryPage{Page: p, Form: form, Category: events.Category{Code: "firm", Name: label("Firm"), Version: 1}, BadgeTypes: []Choice{{"BIZ", "…"}}, Approvals: []Choice{{"review", "…"}}, Photos: []Choice{{"required", "…"}}}
	},
}

func everyPreview() []Preview {
	return (&Server{words: testWords()}).previews(locale.EN, twoCategories, wholeForm())
}
