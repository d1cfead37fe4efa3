package main

import (
	"net/http"
	"strings"
	"testing"

	"qianshou/app/kit/locale"
)

// TestDeskAndFirmRegister walks, without scripts, the ways by which somebody is
// registered by others: the desk takes staff without an address, moves them, and
// links a guest to their firm; a firm registers its own people.
func TestDeskAndFirmRegister(t *testing.T) {
	p := start(t)
	for _, tt := range []struct {
		lang                  locale.Lang
		family, staff, member string
	}{{"en", "Ostrova", "Organiser", "D12"}, {"zh", "Vinkova", "工作人员", "D12"}} {
		t.Run(string(tt.lang), func(t *testing.T) {
			desk := p.walker(t).signsIn(p, "protocol", tt.lang)
			list := "/console/" + forum + "/registrations"
			form := desk.opens(list+"/new", http.StatusOK)
			if form.Find(`[name="category"] option[value="staff"]`).Length() != 1 {
				t.Fatal("the desk is not offered the organiser's category")
			}
			desk.sends(list+"/new", http.StatusUnprocessableEntity, "category", "staff")
			page := desk.sends(list+"/new", http.StatusSeeOther, "version", "0", "category", "staff", "family_name", tt.family, "native_order", "given_first",
				"nationality", "HU", "meal_plan", "none", "lang", string(tt.lang), "consent", "yes")
			desk.reads(page, ".rg-head", tt.family)

			move, _ := page.Find(`.rg-head a[href$="/move"]`).Attr("href")
			form = desk.opens(move, http.StatusOK)
			version, _ := form.Find(`[name="version"]`).Attr("value")
			group := ""
			for _, option := range form.Find(`[name="delegation"] option`).EachIter() {
				if strings.HasPrefix(option.Text(), tt.member) {
					group, _ = option.Attr("value")
				}
			}
			desk.sends(move, http.StatusUnprocessableEntity, "version", version, "category", "staff", "delegation", group, "role", "nobody")
			page = desk.sends(move, http.StatusSeeOther, "version", version, "category", "staff", "delegation", group, "role", "entourage")
			desk.reads(page, "#changes", tt.member)

			firm, _ := desk.opens("/console/"+forum+"/firms?q=F001", http.StatusOK).Find(".fm-list a.name").Attr("href")
			made := desk.sends(firm+"/links", http.StatusSeeOther, "holder", "Firm", "until", "2027-06-11")
			own := strings.TrimPrefix(textOf(made.Find("#link-address")), p.url)
			guest := p.walker(t)
			guest.opens("/e/"+forum+"?lang="+string(tt.lang), http.StatusOK)
			guest.sends(own+"/people/new", http.StatusUnprocessableEntity, "category", "firm")
			mine := guest.sends(own+"/people/new", http.StatusSeeOther, "version", "0", "category", "firm", "family_name", tt.family, "given_name", "Ana", "native_order", "given_first",
				"nationality", "HU", "meal_plan", "none", "email", "ana-"+string(tt.lang)+"@firm.example", "lang", string(tt.lang), "consent", "yes")
			guest.reads(mine, "#people", tt.family)

			overview := desk.opens("/console/"+forum, http.StatusOK)
			if overview.Find("#open a").Length() == 0 {
				t.Error("the overview names nothing that waits")
			}
		})
	}
}
