package web

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/locale"
)

var setupPages = map[string]sample{
	"setup/_event": func(p Page, full bool) any { return eventFormPage{Page: p, Zones: zoneChoices()} },
	"setup/begin": func(p Page, full bool) any {
		if !full {
			return beginPage{Page: p, First: true, Form: begun(nil), Kinds: []Choice{{"forum", "…"}}, Zones: zoneChoices()}
		}
		form := begun([]Choice{{"forum", "…"}})
		form.Add("slug", "field.taken")
		return beginPage{Page: p, Form: form, Series: []Choice{{"forum", "…"}, {"", "…"}}, Kinds: []Choice{{"forum", "…"}}, Zones: zoneChoices()}
	},
	"setup/event": func(p Page, full bool) any {
		if !full {
			return eventFormPage{Page: p}
		}
		form := FormOf("version", "1")
		form.Add("ends_on", "field.order")
		return eventFormPage{Page: p, Form: form, Of: events.Event{Status: events.Running}, Zones: zoneChoices()}
	},
	"setup/checklist": func(p Page, full bool) any {
		if !full {
			return setupPage{Page: p, Of: events.Event{Status: events.Preparing}}
		}
		m := setupPage{Page: p, Of: events.Event{Status: events.RegistrationOpen, Title: label("Forum")}, Begins: true, Lacks: 2, Moves: []Choice{{"frozen", "…"}, {"running", "…"}}}
		for i, key := range setupKeys {
			m.Items = append(m.Items, setupItem{Key: key, State: []string{"done", "lack", "spare"}[i%3], Says: "…", Links: []Choice{{"/", "…"}}})
		}
		m.Form.refusal.Key = "events.nobody_may_register"
		return m
	},
	"setup/things": func(p Page, full bool) any {
		if !full {
			return thingsPage{Page: p, Kind: "rooms", Base: "/", Back: Choice{"/", "…"}}
		}
		return thingsPage{Page: p, Kind: "badge-types", Base: "/", Office: true, Back: Choice{"/", "…"}, Total: 21, Search: "v", Rows: []thingRow{{Key: "VIP", Code: "VIP", Name: label("VIP"), Facts: []string{"a", "b"}, Colour: "#8A1538"}}}
	},
	"setup/thing": func(p Page, full bool) any {
		if !full {
			return thingPage{Page: p, Kind: "rooms", Back: Choice{"/", "…"}}
		}
		form := FormOf("code", "VIP")
		form.Add("zones", "field.required")
		return thingPage{
			Page: p, Kind: "badge-types", Base: "/", Row: thingRow{Key: "VIP", Code: "VIP", Name: label("VIP")}, Form: form, Removes: true, Back: Choice{"/", "…"},
			Groups: []fieldGroup{{Title: "…", Note: "…", Fields: []Field{{Name: "zones", ID: "f-zones", Type: "checks", Label: "…", Hint: "…", Why: "…", Several: []Tick{{"P", "…", true}}}}}},
		}
	},
	"delegations/who": func(p Page, full bool) any {
		if !full {
			return delegationFormPage{Page: p}
		}
		form := FormOf("status", "invited")
		form.Add("city_name_en", "field.required")
		return delegationFormPage{
			Page: p, Form: form, Of: delegations.Delegation{Code: "D01", Name: label("Varna")}, Cities: []Choice{{"VAR", "…"}}, Countries: []Choice{{"BG", "…"}},
			Zones: zoneChoicesOr("…"), Liaisons: []Choice{{"", "…"}}, States: []Choice{{"invited", "…"}}, MakesCities: true,
		}
	},
}

var setupKeys = []string{"event", "categories", "form", "letters", "places", "badges", "gates", "agenda", "delegations", "office", "accounts"}

// TestSetupHasItsWords finds the sentences whose keys are put together.
func TestSetupHasItsWords(t *testing.T) {
	words := testWords()
	var keys []string
	for _, k := range things() {
		keys = append(keys, "setup.title."+k.path, "setup.about."+k.path, "setup.add."+k.path, "setup.none."+k.path)
	}
	for _, kind := range events.RoomKinds {
		keys = append(keys, "setup.room."+kind)
	}
	for _, pattern := range events.Patterns {
		keys = append(keys, "setup.pattern."+pattern)
	}
	for _, kind := range events.SeriesKinds {
		keys = append(keys, "setup.series_kind."+kind)
	}
	for _, role := range delegations.StaffRoles {
		keys = append(keys, "setup.staff_role."+role)
	}
	for _, relation := range relations {
		keys = append(keys, "setup.relation."+relation)
	}
	for _, key := range setupKeys {
		keys = append(keys, "setup.item."+key)
	}
	for status := range states["event"] {
		keys = append(keys, "setup.stands."+status, "setup.move."+status)
	}
	for _, l := range locale.Langs {
		for _, key := range keys {
			if !words.Has(l, key) {
				t.Errorf("no sentence for %s in %s", key, l)
			}
		}
	}
	if !slices.ContainsFunc(zoneChoices(), func(z Choice) bool { return z.Value == "Asia/Shanghai" }) {
		t.Error("the time of Beijing cannot be chosen")
	}
}

// TestStarts reads the times of meetings as people type them.
func TestStarts(t *testing.T) {
	for typed, want := range map[string]string{
		"09:00 09:25  10:00": "[09:00 09:25 10:00]", "09:00，09:25、10：00": "[09:00 09:25 10:00]", "": "[]", "9 Uhr": "[] setup.starts_form", "25:00": "[] setup.starts_form",
	} {
		form := FormOf("day", "2027-06-10", "starts", typed)
		var times []string
		for _, at := range startsOf(&form, time.UTC) {
			times = append(times, at.Format("15:04"))
		}
		got := fmt.Sprint(times)
		if b, bad := form.Problem("starts"); bad {
			got += " " + b.Key
		}
		if got != want {
			t.Errorf("%q is read as %s, want %s", typed, got, want)
		}
	}
}
