package web

import (
	"qianshou/app/delegations"
	"qianshou/app/files"
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
