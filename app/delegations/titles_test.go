package delegations_test

import (
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func TestProposedAddress(t *testing.T) {
	t.Parallel()
	list := []delegations.Title{{EN: "Mayor", ZH: "市长", Addresses: true}, {EN: "Consul General", ZH: "总领事", Addresses: true}, {EN: "Interpreter", ZH: "翻译"}}
	for _, tt := range []struct {
		name   string
		in     delegations.Input
		en, zh string
	}{
		{"a mayor", delegations.Input{GivenName: "Dénes", FamilyName: "Halmosi", NameZH: "德内什·豪尔莫希", TitleEN: "Mayor", TitleZH: "市长", Sex: "M"}, "Mayor Halmosi", "豪尔莫希市长"},
		{"typed small", delegations.Input{GivenName: "Anna", FamilyName: "Nagy", NameZH: "安娜·纳吉", TitleEN: "consul general", TitleZH: "总领事"}, "consul general Nagy", "纳吉总领事"},
		{"a title that nobody is addressed by", delegations.Input{GivenName: "Anna", FamilyName: "Nagy", NameZH: "安娜·纳吉", TitleEN: "Interpreter", TitleZH: "翻译", Sex: "F"}, "Ms Nagy", "纳吉女士"},
		{"a title of nobody's list", delegations.Input{GivenName: "Jörg", FamilyName: "Weißenfels", NameZH: "约尔格·魏森费尔斯", TitleEN: "Chair, IT Cluster", TitleZH: "主席", Sex: "M"}, "Mr Weißenfels", "魏森费尔斯先生"},
		{"neither title nor sex", delegations.Input{GivenName: "Anna", FamilyName: "Nagy", NameZH: "安娜·纳吉", Sex: "X"}, "", ""},
		{"no Chinese name", delegations.Input{GivenName: "Anna", FamilyName: "Nagy", Sex: "F"}, "Ms Nagy", ""},
		{"von", delegations.Input{GivenName: "Maximilian-Alexander", FamilyName: "von Schwarzenfels-Hohenberg", NameZH: "马克西米利安-亚历山大·冯·施瓦岑费尔斯-霍恩贝格", Sex: "M"},
			"Mr von Schwarzenfels-Hohenberg", "冯·施瓦岑费尔斯-霍恩贝格先生"},
		{"Chinese", delegations.Input{GivenName: "Ruolan", FamilyName: "Ying", NameNative: "应若岚", NameZH: "应若岚", Sex: "F"}, "Ms Ying", "应女士"},
		{"Chinese, two characters of family name", delegations.Input{GivenName: "Ming", FamilyName: "Ouyang", NameNative: "欧阳明", NameZH: "欧阳明", TitleEN: "Mayor", TitleZH: "市长"}, "Mayor Ouyang", "欧阳市长"},
		{"one name only", delegations.Input{FamilyName: "Suharto", NameZH: "苏哈托", Sex: "M"}, "Mr Suharto", "苏哈托先生"},
	} {
		if got, want := tt.in.ProposedAddress(list), (locale.Text{ZH: tt.zh, EN: tt.en}); got != want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, want)
		}
	}
}

// A title that is written in one language is found in the other, when the list knows
// it and nobody wrote another.
func TestTitlesComeInPairs(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	for typed, want := range map[locale.Text]locale.Text{
		{EN: " deputy mayor"}:     {EN: "Deputy Mayor", ZH: "副市长"},
		{ZH: "总领事"}:               {EN: "Consul General", ZH: "总领事"},
		{ZH: "市长"}:                {EN: "Mayor", ZH: "市长"}, // of two the first
		{EN: "Mayor", ZH: "镇长"}:   {EN: "Mayor", ZH: "镇长"},
		{EN: "Chair, IT Cluster"}: {EN: "Chair, IT Cluster"},
		{}:                        {},
	} {
		if got, err := g.guests.PairTitle(t.Context(), typed); err != nil || got != want {
			t.Errorf("%+v: %+v, %v", typed, got, err)
		}
	}
}

// Letters greet by the address where the desk or an officer wrote one; the person's
// own form has no such field.
func TestLettersAddressPeople(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5).speak(t)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"address_en": "Your Majesty"}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("by the person: %v", err)
	}
	if _, err := g.guests.Return(t.Context(), office, r.ID, "how?", "address_en"); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("asked of the person: %v", err)
	}
	if _, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{"address_en": "Mayor Halmosi"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, r.ID); err != nil {
		t.Fatal(err)
	}
	list := g.lettersOf(t, r.ID)
	text := list[len(list)-1].Text
	if !strings.Contains(text, "Dear Mayor Halmosi,") || !strings.Contains(text, "，您好：") || strings.Contains(text, "Mayor Halmosi，您好") {
		t.Errorf("the letter reads %s", text)
	}
}

func TestTitleList(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	everywhere := accounts.SystemActor("test")
	before, err := g.guests.Titles(t.Context())
	if err != nil || len(before) < 25 {
		t.Fatalf("%d titles, %v", len(before), err)
	}
	desk := accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{EventID: g.event.ID, Role: accounts.Programme}}}
	if _, err := g.guests.SaveTitle(t.Context(), desk, delegations.Title{EN: "Emir", ZH: "埃米尔"}); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("by the desk of one event: %v", err)
	}
	if _, err := g.guests.DeleteTitle(t.Context(), desk, before[0].ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("deleted by the desk of one event: %v", err)
	}
	for name, in := range map[string]delegations.Title{"none in English": {ZH: "埃米尔"}, "none in Chinese": {EN: "Emir"}, "a pair that is there": {EN: "Mayor", ZH: "市长"}, "too long": {EN: strings.Repeat("x", 61), ZH: "长"}} {
		if _, err := g.guests.SaveTitle(t.Context(), everywhere, in); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	emir, err := g.guests.SaveTitle(t.Context(), everywhere, delegations.Title{EN: " Emir ", ZH: "埃米尔"})
	if err != nil {
		t.Fatal(err)
	}
	emir.Addresses = true
	if emir, err = g.guests.SaveTitle(t.Context(), everywhere, emir); err != nil || emir.Version != 2 {
		t.Fatalf("%+v, %v", emir, err)
	}
	stale := emir
	stale.Version = 1
	if _, err := g.guests.SaveTitle(t.Context(), everywhere, stale); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("over a version that is gone: %v", err)
	}
	if now, err := g.guests.Titles(t.Context()); err != nil || len(now) != len(before)+1 || now[len(now)-1] != emir {
		t.Errorf("%+v, %v", now[len(now)-1], err)
	}
	if _, err := g.guests.DeleteTitle(t.Context(), everywhere, emir.ID); err != nil {
		t.Fatal(err)
	}
	if now, err := g.guests.Titles(t.Context()); err != nil || len(now) != len(before) {
		t.Errorf("%d titles, %v", len(now), err)
	}
}
