package web

import (
	"qianshou/app/announcements"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/mail"
)

// mailPages are the models of the views of mails.
var mailPages = map[string]sample{
	"mails/list": func(p Page, full bool) any {
		if !full {
			return mailsPage{Page: p}
		}
		m := mailsPage{
			Page: p, Total: 9, Kept: true, Fate: "trouble", Fates: append([]string{"trouble"}, mail.Statuses...), Counts: map[string]int{"all": 9, "trouble": 3},
			Template: "registration.approved", Templates: []Choice{{"registration.approved", "…"}}, Search: "<x>", Pager: Pager{From: 1, To: 9, Total: 9},
		}
		for _, status := range mail.Statuses {
			m.Rows = append(m.Rows, mail.Mail{To: "m@delegate.example", ToName: "Łucja", Subject: "…", Status: status, LastError: "5.1.1 no such user", CreatedAt: p.Now})
		}
		m.Rows = append(m.Rows, mail.Mail{ToName: "Łucja", Status: mail.Unaddressed, Subject: "…", CreatedAt: p.Now}, mail.Mail{Purged: true, Status: mail.Sent, CreatedAt: p.Now}, mail.Mail{To: "o@city.example", OnBehalf: true, Status: mail.Sent, CreatedAt: p.Now})
		return m
	},
	"mails/show": func(p Page, full bool) any {
		if !full {
			return mailPage{Page: p}
		}
		form := FormOf("email", "nobody")
		form.Add("email", "field.email")
		m := mailPage{
			Page: p, Form: form, Called: "…", Letter: "<b>", CanSend: true, CanCopy: true, Copies: []mail.Mail{{To: "o@city.example", Status: mail.Queued, CreatedAt: p.Now}},
			Mail: mail.Mail{
				ID: ident.ID{15: 1}, RegistrationID: ident.ID{15: 2}, CopyOf: ident.ID{15: 3}, To: "m@delegate.example", ToName: "Łucja", Subject: "…", Status: mail.Bounced, Attempts: 12,
				Content: mail.Content{Text: "<b>", Parts: []mail.Part{{Name: "forum.ics"}}}, CreatedAt: p.Now,
			},
		}
		for _, outcome := range []string{
			mail.OutcomeSent, mail.OutcomeDeferred, mail.OutcomeGivenUp, mail.OutcomeRefused, mail.OutcomeBounced, mail.OutcomeDelayed, mail.OutcomeDelivered, mail.OutcomeAgain,
		} {
			m.Attempts = append(m.Attempts, mail.Attempt{At: p.Now, Outcome: outcome, Code: 550, Words: "<no such user>"})
		}
		return m
	},
	"mails/announcements": func(p Page, full bool) any {
		if !full {
			return announcementsPage{Page: p}
		}
		m := announcementsPage{Page: p}
		for i, standing := range delegations.Standings {
			a := announcements.Announcement{
				To: delegations.Audience{Standing: standing}, Texts: mail.Texts{locale.ZH: {Subject: "…", Body: "<b>"}, locale.EN: {Subject: "…", Body: "<b>"}},
				Recipients: 1200, SentAt: p.Now, SentBy: wordsFull,
			}
			if i == 0 {
				a.Category, a.Delegation = wordsFull, wordsFull
			}
			m.Rows = append(m.Rows, a)
		}
		return m
	},
	"mails/announcement": func(p Page, full bool) any {
		if !full {
			return announcementPage{Page: p}
		}
		form := FormOf("subject_zh", "{x}", "as", "html", "reads", "zh")
		form.Add("subject_zh", "mail.text.unknown", "{x}")
		return announcementPage{
			Page: p, Form: form, Categories: []Choice{{"", "…"}}, Delegations: []Choice{{"", "…"}}, Standings: []Choice{{"", "…"}},
			Placeholders: mail.Placeholders(mail.Announcement), Checked: true, Count: 1200, Seen: "…", PerMinute: 120, Address: "owner@demo.example",
		}
	},
	"mails/texts": func(p Page, full bool) any {
		if !full {
			return mailTextsPage{Page: p}
		}
		m, own := mailTextsPage{Page: p}, mail.Template{Version: 3, UpdatedBy: wordsFull, UpdatedAt: p.Now}
		for i, kind := range mail.Kinds {
			row := mailTextRow{Kind: kind}
			if i == 0 {
				row.Own, row.Categories = &own, []mailTextOf{{events.Category{Code: "press", Name: wordsFull}, own}}
			}
			m.Kinds = append(m.Kinds, row)
		}
		return m
	},
	"mails/text": func(p Page, full bool) any {
		if !full {
			return mailTextPage{Page: p}
		}
		form := FormOf("subject_zh", "{x}", "as", "html", "reads", "zh")
		form.Add("subject_zh", "mail.text.unknown", "{x}")
		return mailTextPage{
			Page: p, Form: form, Kind: "returned", Category: events.Category{Code: "press", Name: wordsFull}, Categories: []Choice{{"", "…"}, {"press", "…"}},
			Newest: 3, Own: true, Shown: 2, Placeholders: mail.Placeholders("returned"), Address: "owner@demo.example", Kept: true,
			History: []mail.Template{
				{Version: 3, Restored: true, UpdatedBy: wordsFull, UpdatedAt: p.Now},
				{Version: 2, Texts: mail.Texts{locale.ZH: {Subject: "…"}, locale.EN: {Subject: "…"}}, UpdatedBy: wordsFull, UpdatedAt: p.Now},
			},
		}
	},
}
