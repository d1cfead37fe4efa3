package web

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"qianshou/app/kit/locale"
)

// A page that answers a form stands at an address that cannot be opened; its
// language button leads to one that can.
func TestLanguageButtonAfterAForm(t *testing.T) {
	s := newServer(t)
	for path, want := range map[string]string{
		"/console/f/registrations/7/return":     "/console/f/registrations/7",
		"/console/f/doors/devices/7/code":       "/console/f/doors/devices/7",
		"/console/f/delegations/7/links":        "/console/f/delegations/7",
		"/console/f/agenda/new":                 "/console/f/agenda/new",
		"/me/secret/cancel":                     "/me/secret",
		"/nothing/of/the/kind":                  "/",
		"/console/f/projects/7/stage":           "/console/f/projects/7",
		"/console/f/matchmaking/7/publish":      "/console/f/matchmaking",
		"/delegation/secret/members/new":        "/delegation/secret/members/new",
		"/delegation/secret/members/7/withdraw": "/delegation/secret",
	} {
		if got := s.opens(path); got != want {
			t.Errorf("after %s the button leads to %s, want %s", path, got, want)
		}
	}
	shown := ask(t, s, "POST", "/styleguide?x=1", "given=x")
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(shown.body))
	if err != nil {
		t.Fatal(err)
	}
	if to, _ := doc.Find("a.qs-lang").Attr("href"); shown.StatusCode == 422 && !strings.HasPrefix(to, "/styleguide?lang=") {
		t.Errorf("the button leads to %q", to)
	}
}

func TestNearestEventFirst(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	list := []EventHead{
		{Slug: "next-year", FirstDay: day("2028-06-01"), LastDay: day("2028-06-03")},
		{Slug: "last-year", FirstDay: day("2026-06-01"), LastDay: day("2026-06-03")},
		{Slug: "autumn", FirstDay: day("2027-10-25"), LastDay: day("2027-11-03")},
		{Slug: "now", FirstDay: day("2027-06-08"), LastDay: day("2027-06-10")},
		{Slug: "last-month", FirstDay: day("2027-05-01"), LastDay: day("2027-05-03")},
	}
	nearestFirst(list, day("2027-06-09"))
	var got []string
	for _, e := range list {
		got = append(got, e.Slug)
	}
	if want := []string{"now", "autumn", "next-year", "last-month", "last-year"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestGroupsBreakBetweenWords breaks a delegation's Chinese name after the country
// and before what it is.
func TestGroupsBreakBetweenWords(t *testing.T) {
	slovenia := locale.Text{ZH: "斯洛文尼亚", EN: "Slovenia"}
	for _, c := range []struct {
		l    locale.Lang
		name locale.Text
		want string
	}{
		{locale.ZH, locale.Text{ZH: "斯洛文尼亚马里博尔市代表团", EN: "Maribor"}, `<span class="zn">斯洛文尼亚<wbr>马里博尔市<wbr>代表团</span>`},
		{locale.ZH, locale.Text{ZH: "<外方>", EN: "Guests"}, `<span class="zn">&lt;外方&gt;</span>`},
		{locale.ZH, locale.Text{EN: "Maribor"}, `<span lang="en">Maribor</span>`},
		{locale.EN, locale.Text{ZH: "马里博尔市代表团", EN: "Maribor"}, `Maribor`},
	} {
		if got := string(group(c.l, c.name, slovenia)); got != c.want {
			t.Errorf("%v: %s", c.name, got)
		}
	}
}
