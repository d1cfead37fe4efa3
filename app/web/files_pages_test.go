package web

import (
	"qianshou/app/delegations"
	"qianshou/app/files"
	"qianshou/app/kit/ident"
	"qianshou/app/privacy"
)

// filePages are the models of the views of portraits and papers.
var filePages = map[string]sample{
	"files/own": func(p Page, full bool) any {
		if !full {
			return ownPhotoPage{photoPart: photoPart{Page: p}}
		}
		return ownPhotoPage{photoPart: everyPaper(p), Registration: longest, Head: forum, Back: "/me/t"}
	},
	"files/papers": func(p Page, full bool) any {
		if !full {
			return papersPage{photoPart: photoPart{Page: p, Needed: true, Edits: true}}
		}
		document := delegations.Document{Kind: "ordinary", Number: "TEST00058", Last4: "0058", Issuer: "HU", ExpiresOn: forum.LastDay}
		return papersPage{
			photoPart: everyPaper(p), Registration: longest, Reveals: true,
			Identity: &delegations.Identity{BirthDate: &forum.FirstDay, Documents: []delegations.Document{document}},
			Looks:    []delegations.Look{{At: p.Now, By: "Staff", What: "passport_scan"}, {At: p.Now, By: "Staff", What: "identity"}},
		}
	},
	"privacy/show": func(p Page, full bool) any {
		if !full {
			return privacyPage{Page: p}
		}
		form, rule := FormOf("reference", "F27-9"), FormOf("days", "-1")
		form.Add("reference", "privacy.no_reference")
		rule.Add("days", "field.number_between", 0, 36500)
		answer := FormOf("note", " ")
		answer.Add("note", "privacy.note")
		model := privacyPage{
			Requests: everyRequest(p), Answer: answer, AnswerTo: ident.ID{15: 1}.String(),
			Page: p, Form: form, RuleFor: "needs", Rule: rule, LastRun: &p.Now, On: "2027-07-11", Trial: true, Edits: true, Rewrite: true,
			Holds: []privacy.Hold{{Reference: "F27-0001", Reason: "<court>", PlacedAt: p.Now, PlacedBy: "Owner"}, {Reason: "…", PlacedAt: p.Now, LiftedAt: &p.Now, LiftedBy: "Owner"}},
		}
		for i, class := range []string{"needs", "scans", "documents", "badges", "photos", "persons", "answers", "mails", "consents", "letters", "evidence"} {
			line := privacyRule{Rule: privacy.Rule{Class: class, Days: 30 + i, Default: 30}, Due: p.Now, Ripe: i == 0}
			if i < 2 {
				line.Last, line.Would = &privacy.Purged{At: p.Now, Rows: 1200}, &privacy.Purged{Rows: 7}
			}
			model.Rules = append(model.Rules, line)
		}
		return model
	},
}

// everyPaper has all that a registration can have handed in.
func everyPaper(p Page) photoPart {
	form := Form{}
	form.Add("file", "files.too_large", 5)
	return photoPart{
		Page: p, Form: form, Scanned: form, Base: "/me/t", Picture: "/me/t/photo.jpg", Edits: true,
		Photo:  &files.File{Purpose: files.Photo, Width: 300, Height: 420},
		Scan:   &files.File{Purpose: files.PassportScan, CreatedAt: p.Now, CreatedBy: "Guest"},
		Others: []files.File{{Purpose: files.Answer, Name: "<letter>.pdf"}, {Purpose: files.Answer}},
	}
}
