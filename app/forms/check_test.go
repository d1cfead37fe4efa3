package forms_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// asked is a form with a question of every kind, of which some are conditional.
func asked() []forms.Question {
	id := ident.Sequence()
	gone := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	options := func(codes ...string) (list []forms.Option) {
		for _, code := range codes {
			list = append(list, forms.Option{Code: code})
		}
		return list
	}
	flight := forms.Question{ID: id(), Code: "flight", Kind: forms.Text}
	note := forms.Question{ID: id(), Code: "note", Kind: forms.LongText}
	help := forms.Question{ID: id(), Code: "interpreter", Kind: forms.Choose, Required: true, Options: append(options("yes", "no"), forms.Option{Code: "maybe", ArchivedAt: &gone})}
	spoken := forms.Question{ID: id(), Code: "spoken", Kind: forms.Language, Required: true, ShownIf: help.ID, ShownFor: []string{"yes"}}
	topics := forms.Question{ID: id(), Code: "topics", Kind: forms.Choices, Options: options("port", "green", "other"), Categories: []string{"firm", "member"}}
	which := forms.Question{ID: id(), Code: "which", Kind: forms.Text, Required: true, ShownIf: topics.ID, ShownFor: []string{"other"}}
	return []forms.Question{
		flight, note, help, spoken, topics, which,
		{ID: id(), Code: "arrives", Kind: forms.Date},
		{ID: id(), Code: "lives", Kind: forms.Country, Options: options("CN", "HU")},
		{ID: id(), Code: "equipment", Kind: forms.LongText, Required: true, Categories: []string{"press"}},
		{ID: id(), Code: "photos", Kind: forms.Consent, Required: true, Agreement: forms.Agreement{Version: 3}},
		{ID: id(), Code: "cv", Kind: forms.File},
		{ID: id(), Code: "old", Kind: forms.Text, Required: true, ArchivedAt: &gone},
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	one := func(s string) forms.Answer { return forms.Answer{s} }
	least := forms.Answers{"interpreter": {"no"}, "photos": {"3"}}
	with := func(more forms.Answers) forms.Answers {
		all := forms.Answers{}
		for _, part := range []forms.Answers{least, more} {
			for code, a := range part {
				all[code] = slices.Clone(a)
			}
		}
		return all
	}
	for _, tt := range []struct {
		name     string
		category string
		give     forms.Answers
		want     forms.Answers
		bad      string // paths and keys
	}{
		{"the least", "firm", least, least, ""},
		{"nothing", "firm", nil, forms.Answers{}, "answers.interpreter field.required, answers.photos field.consent"},
		{"nothing of the press", "press", nil, forms.Answers{}, "answers.interpreter field.required, answers.equipment field.required, answers.photos field.consent"},
		{"blanks are no answer", "press", with(forms.Answers{"equipment": one(" \n ")}), least, "answers.equipment field.required"},
		{"cleaned", "firm", with(forms.Answers{"flight": one("  LH  728 "), "note": one("a \r\n b ")}), with(forms.Answers{"flight": one("LH 728"), "note": one("a\nb")}), ""},
		{"what opens a question demands it", "firm", with(forms.Answers{"interpreter": one("yes")}), with(forms.Answers{"interpreter": one("yes")}), "answers.spoken field.required"},
		{"what is opened is kept", "firm", with(forms.Answers{"interpreter": one("yes"), "spoken": one("BG")}), with(forms.Answers{"interpreter": one("yes"), "spoken": one("bg")}), ""},
		{"what is not shown is dropped", "firm", with(forms.Answers{"spoken": one("bg"), "which": one("x")}), least, ""},
		{"even when it is nonsense", "firm", with(forms.Answers{"spoken": one("???")}), least, ""},
		{"a broken answer opens nothing", "firm", with(forms.Answers{"interpreter": one("perhaps"), "spoken": one("bg")}), forms.Answers{"photos": one("3")}, "answers.interpreter field.choice"},
		{"another category is not asked", "press", with(forms.Answers{"topics": one("other"), "equipment": one("camera")}), with(forms.Answers{"equipment": one("camera")}), ""},
		{"nor what depends on it", "press", with(forms.Answers{"topics": one("other"), "which": one("x"), "equipment": one("camera")}), with(forms.Answers{"equipment": one("camera")}), ""},
		{"several in the order of the form, each once", "firm", with(forms.Answers{"topics": {"green", "port", "green", ""}}), with(forms.Answers{"topics": {"port", "green"}}), ""},
		{"one of several opens", "firm", with(forms.Answers{"topics": {"port", "other"}}), with(forms.Answers{"topics": {"port", "other"}}), "answers.which field.required"},
		{"an option that is gone", "firm", with(forms.Answers{"interpreter": one("maybe")}), forms.Answers{"photos": one("3")}, "answers.interpreter field.choice"},
		{"two where one is asked", "firm", with(forms.Answers{"interpreter": {"yes", "no"}}), forms.Answers{"photos": one("3")}, "answers.interpreter forms.one_answer"},
		{"a date in full width", "firm", with(forms.Answers{"arrives": one("２０２７-06-08")}), with(forms.Answers{"arrives": one("2027-06-08")}), ""},
		{"a day that is not", "firm", with(forms.Answers{"arrives": one("2027-02-30")}), least, "answers.arrives field.date"},
		{"a country", "firm", with(forms.Answers{"lives": one("hu")}), with(forms.Answers{"lives": one("HU")}), ""},
		{"no country", "firm", with(forms.Answers{"lives": one("XX")}), least, "answers.lives field.choice"},
		{"no language", "firm", with(forms.Answers{"interpreter": one("yes"), "spoken": one("xx-!")}), with(forms.Answers{"interpreter": one("yes")}), "answers.spoken forms.language"},
		{"too long", "firm", with(forms.Answers{"flight": one(strings.Repeat("飞", 201))}), least, "answers.flight field.too_long"},
		{"as long as may be", "firm", with(forms.Answers{"flight": one(strings.Repeat("飞", 200))}), with(forms.Answers{"flight": one(strings.Repeat("飞", 200))}), ""},
		{"what nobody sees", "firm", with(forms.Answers{"flight": one("LH\u202e728")}), least, "answers.flight field.control"},
		{"an older text", "firm", with(forms.Answers{"photos": one("2")}), forms.Answers{"interpreter": one("no")}, "answers.photos forms.text_changed"},
		{"the token of a file", "firm", with(forms.Answers{"cv": one("AbC-_9")}), with(forms.Answers{"cv": one("AbC-_9")}), ""},
		{"two files", "firm", with(forms.Answers{"cv": {"a", "b"}}), least, "answers.cv forms.one_answer"},
		{"no token is so long", "firm", with(forms.Answers{"cv": one(strings.Repeat("a", 4001))}), least, "answers.cv field.too_long"},
		{"agreeing without a text", "firm", with(forms.Answers{"photos": one("yes")}), forms.Answers{"interpreter": one("no")}, "answers.photos forms.text_changed"},
		{"what nobody asks", "firm", with(forms.Answers{"fligth": one("x"), "old": one("x")}), least, "answers.fligth forms.not_asked, answers.old forms.not_asked"},
	} {
		got, bad := forms.Check(asked(), tt.category, tt.give)
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: kept %v, want %v", tt.name, got, tt.want)
		}
		if said := saying(bad); said != tt.bad {
			t.Errorf("%s: refused %q, want %q", tt.name, said, tt.bad)
		}
	}
}

func saying(bad fault.List) string {
	var words []string
	for _, b := range bad {
		words = append(words, b.Path+" "+b.Key)
	}
	return strings.Join(words, ", ")
}

func TestAnswersInJSON(t *testing.T) {
	t.Parallel()
	var got forms.Answers
	if err := json.Unmarshal([]byte(`{"a": "x", "b": ["y", "z"], "c": null, "d": []}`), &got); err != nil {
		t.Fatal(err)
	}
	if want := (forms.Answers{"a": {"x"}, "b": {"y", "z"}, "c": nil, "d": {}}); !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	for _, wrong := range []string{`{"a": 1}`, `{"a": true}`, `{"a": {"b": "c"}}`, `{"a": [1]}`} {
		if err := json.Unmarshal([]byte(wrong), &got); err == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
}

// FuzzCheck holds that what is taken is taken again unchanged, that nothing is
// kept which was not asked, and that whoever is refused is told where.
func FuzzCheck(f *testing.F) {
	f.Add("firm", "interpreter", "yes", "spoken", "bg", "photos", "3")
	f.Add("press", "equipment", "two\r\ncameras", "interpreter", "no", "photos", "3")
	f.Add("firm", "topics", "other", "which", "\u202e", "lives", "hu")
	f.Fuzz(func(t *testing.T, category, a, x, b, y, c, z string) {
		questions := asked()
		clean, bad := forms.Check(questions, category, forms.Answers{a: {x}, b: {y, x}, c: {z}})
		for code, answer := range clean {
			i := slices.IndexFunc(questions, func(q forms.Question) bool { return q.Code == code })
			if i < 0 || !questions[i].Asks(category) || len(answer) == 0 {
				t.Fatalf("%s of %s was kept: %q", code, category, answer)
			}
		}
		for _, field := range bad {
			if !strings.HasPrefix(field.Path, "answers.") || field.Key == "" {
				t.Fatalf("refused without saying where: %+v", field)
			}
		}
		if again, refused := forms.Check(questions, category, clean); len(bad) == 0 && (len(refused) > 0 || !reflect.DeepEqual(again, clean)) {
			t.Fatalf("%v was taken, and then %v with %v", clean, again, refused)
		}
	})
}
