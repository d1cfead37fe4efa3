package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
)

// labels are the questions of the builder as staff read it, in Chinese, in order;
// archived ones are left out.
func (s *badgeSite) labels(query string) (list []string) {
	s.t.Helper()
	page := s.get("programme", "/console/"+forum.Slug+"/form"+query)
	for _, el := range page.doc(s.t).Find("ol.fb-list .fb-name").EachIter() {
		list = append(list, strings.TrimSuffix(strings.TrimSpace(el.Text()), "（中）"))
	}
	return list
}

// TestCategoryIsRefusedAtOnce tells all that is wrong with a category in one round,
// takes figures of a Chinese keyboard, and scolds no code that is made of a name.
func TestCategoryIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	at := "/console/" + forum.Slug + "/categories/new"
	for _, tt := range []struct {
		name, quota, code string
		want              []string
	}{
		{"", "", "", []string{"f-name_zh", "f-name_en", "f-closes_at"}},
		{"2027", "２", "", []string{"f-name_zh", "f-code", "f-closes_at"}},
		{"Guests", "many", "2", []string{"f-name_zh", "f-code", "f-quota", "f-closes_at"}},
	} {
		page := s.post("programme", at, at, "name_en", tt.name, "quota", tt.quota, "code", tt.code, "approval", "review", "photo", "optional", "badge_type", "BIZ",
			"opens_at", "2027-06-02T09:00", "closes_at", "2027-06-01T09:00")
		var got []string
		for _, el := range page.doc(t).Find(".qs-note.fix a").EachIter() {
			got = append(got, strings.TrimPrefix(el.AttrOr("href", ""), "#"))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v is refused for %v", tt, got)
		}
	}
}

// TestTheFormIsBuilt adds, edits, orders and archives questions as an organiser
// does without scripts.
func TestTheFormIsBuilt(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	s.askWhole()
	builder := "/console/" + forum.Slug + "/form"
	for who, want := range map[string]int{"protocol": http.StatusForbidden, "auditor": http.StatusForbidden, "programme": http.StatusOK} {
		if got := s.get(who, builder).StatusCode; got != want {
			t.Errorf("%s opens the builder: %d, want %d", who, got, want)
		}
	}
	form, err := s.services.Forms.Asked(t.Context(), s.badge.EventID)
	if err != nil {
		t.Fatal(err)
	}
	at := func(code string) string {
		for _, q := range form.Questions {
			if q.Code == code {
				return builder + "/" + q.ID.String()
			}
		}
		t.Fatalf("no question %s", code)
		return ""
	}
	order := []string{"interpreter", "spoken", "topics", "flight", "equipment", "arrives", "lives", "photos", "portfolio"}
	if got := s.labels(""); !slices.Equal(got, order) {
		t.Fatalf("the builder lists %v", got)
	}
	if got, want := s.labels("?category=firm"), []string{"interpreter", "spoken", "topics", "flight", "arrives", "lives", "photos", "portfolio"}; !slices.Equal(got, want) {
		t.Errorf("firms are asked %v, want %v", got, want)
	}
	refused := s.post("programme", builder, at("spoken")+"/up")
	if refused.StatusCode != http.StatusUnprocessableEntity && refused.StatusCode != http.StatusConflict || !strings.Contains(refused.doc(t).Find(".qs-note.fix").Text(), "“spoken（中）”以“interpreter（中）”为条件") {
		t.Errorf("a question before what it depends on: %d %s", refused.StatusCode, refused.doc(t).Find(".qs-note.fix").Text())
	}
	s.post("programme", builder, at("flight")+"/up")
	s.post("programme", builder, at("photos")+"/archive")
	if got, want := s.labels(""), []string{"interpreter", "spoken", "flight", "topics", "equipment", "arrives", "lives", "portfolio"}; !slices.Equal(got, want) {
		t.Errorf("ordered and archived: %v, want %v", got, want)
	}
	s.post("programme", builder, at("photos")+"/restore")

	fields := []string{"kind", "choice", "label_zh", "尺码", "label_en", "T-shirt size"}
	again := s.post("programme", builder+"/new", builder+"/new", fields...).doc(t)
	if said := again.Find("#f-options .why").Text(); !strings.Contains(said, "请设置2至") || again.Find("[name=label_zh]").AttrOr("value", "") != "尺码" {
		t.Errorf("a choice without options is refused by %q", said)
	}
	preview := s.post("programme", builder+"/new", builder+"/new", append(slices.Clone(fields), "_preview", "yes")...)
	for _, tt := range [][2]string{{"en", "T-shirt size (optional)"}, {"zh-CN", "尺码 （选填）"}} {
		got := strings.TrimSpace(preview.doc(t).Find("#preview section[lang='" + tt[0] + "'] .form-label").First().Text())
		if preview.StatusCode != http.StatusOK || got != tt[1] {
			t.Errorf("the preview in %s is %q, status %d", tt[0], got, preview.StatusCode)
		}
	}
	if got := len(s.labels("")); got != 9 {
		t.Errorf("a preview made a question: there are %d", got)
	}
	done := s.post("programme", builder+"/new", builder+"/new", "kind", "text", "label_zh", "酒店", "label_en", "Hotel & room",
		"shown_for", form.Questions[0].ID.String()+":yes")
	if done.StatusCode != http.StatusSeeOther {
		t.Fatalf("adding: %d %s", done.StatusCode, done.doc(t).Find(".qs-note.fix").Text())
	}
	if form, err = s.services.Forms.Asked(t.Context(), s.badge.EventID); err != nil {
		t.Fatal(err)
	}
	added := form.Questions[len(form.Questions)-1]
	if added.Code != "hotel_room" || added.ShownIf != form.Questions[0].ID || !slices.Equal(added.ShownFor, []string{"yes"}) {
		t.Errorf("added %+v", added)
	}
	edit := func(pairs ...string) answer { return s.post("programme", at("hotel_room"), at("hotel_room"), pairs...) }
	changed := []string{"version", "1", "kind", "text", "label_zh", "酒店", "label_en", "Hotel"}
	if got := edit(changed...); got.StatusCode != http.StatusSeeOther {
		t.Errorf("editing: %d", got.StatusCode)
	}
	if got := edit(changed...); !strings.Contains(got.doc(t).Find(".qs-note.fix").Text(), "另一位同事刚") {
		t.Errorf("editing an older version: %d %s", got.StatusCode, got.doc(t).Find(".qs-note.fix").Text())
	}
	for _, who := range []string{"protocol", "doors_lead"} {
		if got := s.post(who, "/", at("flight")+"/archive").StatusCode; got != http.StatusForbidden {
			t.Errorf("%s archives a question: %d", who, got)
		}
	}
	other := strings.Replace(at("flight"), forum.Slug, "other", 1)
	if got := s.get("owner", other).StatusCode; got != http.StatusNotFound {
		t.Errorf("a question under another event: %d", got)
	}
}

// TestCategoriesAreEdited changes a category in the console: its places, its
// times on the event's clock, and its place in the list.
func TestCategoriesAreEdited(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	list := "/console/" + forum.Slug + "/categories"
	category := func(code string) events.Category {
		all, err := s.services.Events.Categories(t.Context(), s.badge.EventID)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(c events.Category) bool { return c.Code == code })
		if i < 0 {
			t.Fatalf("no category %s", code)
		}
		return all[i]
	}
	press := category("press")
	at := list + "/" + press.ID.String()
	fields := []string{
		"version", "1", "name_zh", "媒体", "name_en", "Media", "badge_type", "MED", "quota", "40", "approval", "whitelist", "photo", "optional",
		"opens_at", "2027-02-01T09:00", "closes_at", "2027-06-09T16:00",
	}
	if got := s.post("programme", at, at, fields...); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("editing: %d %s", got.StatusCode, got.doc(t).Find(".qs-note.fix").Text())
	}
	now := category("press")
	if now.Quota == nil || *now.Quota != 40 || now.Approval != "whitelist" || now.Public || now.Name.EN != "Media" || now.Version != 2 ||
		now.OpensAt.UTC().Format("01-02 15:04") != "02-01 01:00" || now.NeedsPhoto(events.BadgeType{PhotoRequired: true}, "press") {
		t.Errorf("the category is now %+v", now)
	}
	if got := s.post("programme", at, at, fields...); !strings.Contains(got.doc(t).Find(".qs-note.fix").Text(), "另一位同事刚") {
		t.Errorf("an older version: %d", got.StatusCode)
	}
	wrong := s.post("programme", at, at, "version", "2", "name_zh", "媒体", "badge_type", "XX", "quota", "-1", "approval", "always", "photo", "optional", "opens_at", "2027-06-09T16:00", "closes_at", "2027-06-09T16:00")
	for _, name := range []string{"quota"} {
		if wrong.doc(t).Find(".qs-note.fix a[href='#f-"+name+"']").Length() != 1 {
			t.Errorf("%s is not refused: %s", name, wrong.doc(t).Find(".qs-note.fix").Text())
		}
	}
	if got := s.post("programme", list+"/new", list+"/new", "name_zh", "志愿者", "name_en", "Volunteers!", "badge_type", "ORG", "approval", "review", "photo", "badge_type"); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("adding: %d %s", got.StatusCode, got.doc(t).Find(".qs-note.fix").Text())
	}
	volunteers := category("volunteers")
	s.post("programme", list, list+"/"+volunteers.ID.String()+"/up")
	if got := category("volunteers").Position; got != volunteers.Position-1 {
		t.Errorf("moved up from %d to %d", volunteers.Position, got)
	}
	page := s.get("programme", list).doc(t)
	if got := page.Find("tbody tr").Length(); got != 7 {
		t.Errorf("%d rows", got)
	}
	if got := s.post("protocol", "/", at, fields...).StatusCode; got != http.StatusForbidden {
		t.Errorf("protocol edits a category: %d", got)
	}
	if got := s.get("programme", list+"/"+ident.New().String()).StatusCode; got != http.StatusNotFound {
		t.Errorf("no such category: %d", got)
	}
	if _, err := s.services.Events.AddCategory(t.Context(), accounts.SystemActor("test"), events.Category{
		EventID: s.badge.EventID, Code: "press", Name: label("Press"), BadgeType: "MED", Approval: "review",
	}); err == nil {
		t.Error("a code was taken twice")
	}
}

func TestCodesFromWords(t *testing.T) {
	for words, want := range map[string]string{
		"T-shirt size": "t_shirt_size", "  Hotel & room ": "hotel_room", "酒店": "", "Ünïcode Name": "n_code_name", strings.Repeat("long ", 20): "long_long_long_long_long_long_long_long",
	} {
		if got := codeOf(words); got != want {
			t.Errorf("%q gives %q, want %q", words, got, want)
		}
	}
}

// TestOptionsHaveLinesWithoutScripts counts the empty lines that a question offers
// for its options.
func TestOptionsHaveLinesWithoutScripts(t *testing.T) {
	for typed, want := range map[int]int{0: 10, 4: 10, 9: 13} {
		form := Form{}
		form.values = FormOf("kind", "choice").values
		for range typed {
			form.values.Add("option_zh", "是")
			form.values.Add("option_en", "Yes")
			form.values.Add("option_code", "yes")
		}
		if got := len(linesOf(form)); got != want {
			t.Errorf("%d options: %d lines, want %d", typed, got, want)
		}
	}
}
