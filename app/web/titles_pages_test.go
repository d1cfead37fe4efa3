package web

import (
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
)

// titlePages are the models of the list of titles.
var titlePages = map[string]sample{
	"titles/list": func(p Page, full bool) any {
		if !full {
			return titlesPage{Page: p}
		}
		form := FormOf("id", ident.ID{15: 1}.String(), "version", "2", "en", "<Mayor>", "addresses", "yes")
		form.Add("zh", "field.required")
		return titlesPage{Page: p, Form: form, Known: true, Rows: []delegations.Title{{ID: ident.ID{15: 1}, EN: "<Mayor>", ZH: "市长", Addresses: true, Version: 2}, {EN: "Interpreter", ZH: "翻译"}}}
	},
}
