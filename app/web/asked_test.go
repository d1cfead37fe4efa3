package web

import (
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/files"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func label(s string) locale.Text { return locale.Text{ZH: s + "（中）", EN: s} }

// wholeForm is a form with a question of every kind.
func wholeForm() []forms.Question {
	id := ident.Sequence()
	options := []forms.Option{{Code: "yes", Label: label("Yes")}, {Code: "no", Label: label("No")}}
	list := []forms.Question{
		{Code: "interpreter", Kind: forms.Choose, Options: options},
		{Code: "spoken", Kind: forms.Language, Required: true},
		{Code: "topics", Kind: forms.Choices, Options: options, Help: label("<b>Any number")},
		{Code: "flight", Kind: forms.Text},
		{Code: "equipment", Kind: forms.LongText, Categories: []string{"press"}, Required: true},
		{Code: "arrives", Kind: forms.Date},
		{Code: "lives", Kind: forms.Country, Options: []forms.Option{{Code: "HU", Label: label("Hungary")}}},
		{Code: "photos", Kind: forms.Consent, Required: true, Agreement: forms.Agreement{Version: 2, Text: label("We take photos.\nThey are kept for a year.")}},
		{Code: "portfolio", Kind: forms.File},
	}
	for i := range list {
		list[i].ID, list[i].Label, list[i].Position, list[i].Version = id(), label(list[i].Code), i+1, 1
	}
	list[1].ShownIf, list[1].ShownFor = list[0].ID, []string{"yes"}
	return list
}

var twoCategories = []events.Category{{Code: "firm", Name: label("Firm"), Public: true}, {Code: "press", Name: label("Press"), Public: true}}

func testWords() *locale.Catalogue {
	words, err := Words(slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err) // the catalogues are in the program
	}
	return words
}

// everyQuestion is the whole form as it is drawn, with something to put right.
func everyQuestion(l locale.Lang) []Asked {
	form := FormOf("answers.topics", "no", "answers.spoken", "bg", "answers.photos", "2")
	form.Add("answers.photos", "forms.text_changed", 2)
	form.Add("answers.topics", "field.choice")
	list := (&Server{words: testWords()}).ask(byCategory(l, twoCategories), &form, wholeForm())
	sent := &list[len(list)-1]
	sent.Value, sent.Sent, sent.Drop = "token", "portfolio.pdf", "leave it out"
	return list
}

// everyAnswer answers the whole form.
func everyAnswer(at time.Time) (list []AnswerLine) {
	answers := map[string]forms.Answer{
		"interpreter": {"yes"}, "spoken": {"bg"}, "topics": {"yes", "no"}, "flight": {"<LH 728>"}, "equipment": {"a\nb"}, "arrives": {"2027-06-08"},
		"lives": {"HU"}, "photos": {"2"},
	}
	for _, q := range wholeForm() {
		list = append(list, AnswerLine{Given: forms.Given{Question: q, Answer: answers[q.Code], AnsweredAt: at}})
	}
	gone := list[len(list)-1]
	list = append(list, gone)
	list[len(list)-2].File, list[len(list)-2].Address = &files.File{Name: "portfolio.pdf"}, "/me/t/files/f"
	list[3].ArchivedAt = &at
	return list
}

// askWhole puts the whole form into the forum of a test site.
func (s *badgeSite) askWhole() {
	s.t.Helper()
	made := map[ident.ID]ident.ID{}
	for _, q := range wholeForm() {
		d := forms.Definition{Code: q.Code, Kind: q.Kind, Label: q.Label, Help: locale.Text{}, Required: q.Required, Categories: q.Categories, ShownIf: made[q.ShownIf], ShownFor: q.ShownFor}
		if q.Kind.Chosen() {
			d.Options = q.Options
		}
		if q.Kind == forms.Consent {
			d.Agreement = q.Agreement.Text
		}
		kept, err := s.services.Forms.Add(s.t.Context(), accounts.SystemActor("test"), s.badge.EventID, d)
		if err != nil {
			s.t.Fatal(err)
		}
		made[q.ID] = kept.ID
	}
}

// TestTheFormIsAsked fills in an event's own form in both languages: what is wrong
// is said beside the question with everything typed kept, and what is right is
// kept for the desk and the guest.
func TestTheFormIsAsked(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	s.offer("firm", "press")
	s.askWhole()
	page := "/e/" + forum.Slug + "/register"
	for _, lang := range []string{"en", "zh"} {
		shown := s.get("", page+"?lang="+lang)
		doc := shown.doc(t)
		cookie := ""
		for _, c := range shown.Cookies() {
			cookie += c.Name + "=" + c.Value + "; "
		}
		if only := doc.Find("[data-when='category=press'] .qs-only").Text(); only != map[string]string{"en": "Only for: press.", "zh": "仅限：press。"}[lang] {
			t.Errorf("%s: the question of the press says %q", lang, only)
		}
		if only := doc.Find("[data-when='answers.interpreter=yes'] .qs-only").Text(); !strings.Contains(only, map[string]string{"en": "“interpreter” is answered Yes", "zh": "“interpreter（中）”选择“Yes（中）”"}[lang]) {
			t.Errorf("%s: the conditional question says %q", lang, only)
		}
		typed := map[string][]string{
			"category": {"press"}, "family_name": {"Fântână"}, "nationality": {"RS"}, "organisation": {"TV"}, "email": {"i@tv.example"}, "consent": {"yes"},
			"answers.interpreter": {"yes"}, "answers.topics": {"yes", "no"}, "answers.flight": {"LH 728"}, "answers.arrives": {"2027-02-30"},
			"answers.lives": {"RS"}, "answers.photos": {"9"},
		}
		send := func() answer {
			fields := url.Values{csrfField: {doc.Find("[name="+csrfField+"]").First().AttrOr("value", "")}}
			maps.Copy(fields, typed)
			return ask(t, s.Server, http.MethodPost, page+"?lang="+lang, fields.Encode(), "Cookie", cookie)
		}
		refused := send()
		again := refused.doc(t)
		var leads []string
		for _, a := range again.Find(".qs-note.fix a").EachIter() {
			leads = append(leads, a.AttrOr("href", ""))
			if again.Find("main [id='"+strings.TrimPrefix(a.AttrOr("href", ""), "#")+"']").Length() != 1 || strings.HasPrefix(strings.TrimSpace(a.Text()), ":") {
				t.Errorf("%s: %q leads nowhere", lang, a.Text())
			}
		}
		if want := []string{"#f-answers.spoken", "#f-answers.equipment", "#f-answers.arrives", "#f-answers.photos"}; refused.StatusCode != http.StatusUnprocessableEntity || !slices.Equal(leads, want) {
			t.Fatalf("%s: status %d, the summary leads to %v, want %v", lang, refused.StatusCode, leads, want)
		}
		var ticked []string
		for _, el := range again.Find("main [name^='answers.'][checked]").EachIter() {
			ticked = append(ticked, el.AttrOr("name", "")+"="+el.AttrOr("value", ""))
		}
		if want := []string{"answers.interpreter=yes", "answers.topics=yes", "answers.topics=no"}; !slices.Equal(ticked, want) || again.Find("[name='answers.flight']").AttrOr("value", "") != "LH 728" {
			t.Errorf("%s: kept %v and %q", lang, ticked, again.Find("[name='answers.flight']").AttrOr("value", ""))
		}
		typed["answers.spoken"], typed["answers.equipment"], typed["answers.arrives"], typed["answers.photos"] = []string{"ro"}, []string{"two cameras\r\none drone"}, []string{"2027-06-08"}, []string{"1"}
		done := send()
		if done.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: status %d: %s", lang, done.StatusCode, done.doc(t).Find(".qs-note.fix").Text())
		}
		own := s.get("", done.Header.Get("Location")+"?lang=en").doc(t)
		var said []string
		for _, el := range own.Find("#answers dd").EachIter() {
			said = append(said, strings.Join(strings.Fields(el.Text()), " "))
		}
		if want := []string{"Yes", "Romanian", "Yes, No", "LH 728", "two cameras one drone", "2027-06-08", "Serbia", "Agreed to version 1 on 20 April 2027 The textWe take photos. They are kept for a year."}; !reflect.DeepEqual(said, want) {
			t.Errorf("%s: the guest reads\n%q, want\n%q", lang, said, want)
		}
	}
}
