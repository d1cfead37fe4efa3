package firms_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"qianshou/app/audit"
	"qianshou/app/firms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func someone(firm ident.ID, n int) firms.Contact {
	return firms.Contact{FirmID: firm, Name: locale.Text{ZH: "林澜", EN: "Lin Lan"}, Post: locale.Text{ZH: "总经理"}, Email: fmt.Sprintf("Lin.%d@firm.example", n), Phone: "+999 574 0000 01"}
}

func TestContacts(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	own := linkOf(g.event, f.ID)
	list := func() (names []string) {
		t.Helper()
		all, err := g.Contacts(t.Context(), own, g.event, f.ID)
		must(t, err)
		for _, c := range all {
			name := c.Email
			if c.Main {
				name += " main"
			}
			names = append(names, name)
		}
		return names
	}
	first, err := g.SaveContact(t.Context(), own, g.event, someone(f.ID, 1))
	must(t, err)
	if want := (firms.Contact{ID: first.ID, FirmID: f.ID, Name: locale.Text{ZH: "林澜", EN: "Lin Lan"}, Post: locale.Text{ZH: "总经理"}, Email: "Lin.1@firm.example", Phone: "+999574000001", Main: true, Version: 1}); first != want {
		t.Errorf("the first is %+v, want %+v", first, want)
	}
	second := someone(f.ID, 2)
	second.Main = true
	second, err = g.SaveContact(t.Context(), own, g.event, second)
	must(t, err)
	third, err := g.SaveContact(t.Context(), office, ident.Nil, someone(f.ID, 3))
	must(t, err)
	if got, want := list(), []string{"Lin.2@firm.example main", "Lin.1@firm.example", "Lin.3@firm.example"}; !reflect.DeepEqual(got, want) {
		t.Errorf("the contacts are %v, want %v", got, want)
	}
	if _, err := g.SaveContact(t.Context(), own, g.event, first); fault.CodeOf(err) != fault.Conflict { // it stepped back meanwhile
		t.Errorf("an edit of what was shown before: %v", err)
	}
	second.Main, second.Phone = false, "" // there is always one
	if second, err = g.SaveContact(t.Context(), own, g.event, second); err != nil || !second.Main {
		t.Errorf("stands as %+v, %v", second, err)
	}
	must(t, g.RemoveContact(t.Context(), own, g.event, f.ID, second.ID))
	if got, want := list(), []string{"Lin.1@firm.example main", "Lin.3@firm.example"}; !reflect.DeepEqual(got, want) {
		t.Errorf("after the main one left: %v, want %v", got, want)
	}
	if err := g.RemoveContact(t.Context(), own, g.event, f.ID, second.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("removed twice: %v", err)
	}
	other := g.firm(t, 2)
	third.FirmID = other.ID
	if _, err := g.SaveContact(t.Context(), office, g.event, third); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("moved to another firm: %v", err)
	}
	trail, err := audit.History(t.Context(), g.db, f.ID)
	must(t, err)
	for _, e := range trail {
		if strings.HasPrefix(e.Action, "firm.contact_") && (e.Before != nil || e.After != nil) {
			t.Errorf("the log keeps what nobody can take out of it: %v, %v", e.Before, e.After)
		}
	}
}

func TestContactsThatMeanNothing(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	_, err := g.SaveContact(t.Context(), office, g.event, someone(f.ID, 1))
	must(t, err)
	for name, tt := range map[string]struct {
		change func(*firms.Contact)
		want   map[string]string
	}{
		"nobody":                    {func(c *firms.Contact) { c.Name = locale.Text{} }, map[string]string{"name_zh": "firms.contact_name"}},
		"nowhere":                   {func(c *firms.Contact) { c.Email, c.Phone = "", " " }, map[string]string{"email": "firms.contact_reached"}},
		"no address":                {func(c *firms.Contact) { c.Email = "lin@" }, map[string]string{"email": "field.email"}},
		"no country code":           {func(c *firms.Contact) { c.Phone = "0574 8700 0000" }, map[string]string{"phone": "field.phone"}},
		"Cyrillic among Latin":      {func(c *firms.Contact) { c.Name.EN = "Lin Lаn" }, map[string]string{"name_en": "registration.not_latin"}},
		"somebody's address":        {func(c *firms.Contact) { c.Email = "LIN.1@firm.example" }, map[string]string{"email": "constraint.firm_contacts_email"}},
		"somebody's, in full width": {func(c *firms.Contact) { c.Email = "ｌｉｎ.1＠firm.example" }, map[string]string{"email": "constraint.firm_contacts_email"}},
	} {
		in := someone(f.ID, 2)
		tt.change(&in)
		if _, err := g.SaveContact(t.Context(), office, g.event, in); !reflect.DeepEqual(broken(err), tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// Many who add contacts at once leave one main contact, and no more than there may be.
func TestContactsAddedAtOnce(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	var wait sync.WaitGroup
	for i := range firms.MostContacts + 4 {
		wait.Go(func() {
			c := someone(f.ID, i)
			c.Main = i%3 == 0
			if _, err := g.SaveContact(t.Context(), linkOf(g.event, f.ID), g.event, c); err != nil && fault.CodeOf(err) != fault.Conflict {
				t.Errorf("contact %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	list, err := g.Contacts(t.Context(), office, g.event, f.ID)
	must(t, err)
	main := 0
	for _, c := range list {
		if c.Main {
			main++
		}
	}
	if len(list) != firms.MostContacts || main != 1 {
		t.Errorf("%d contacts, %d of them main", len(list), main)
	}
}

// Contacts are forgotten with the last event of their firm, not before, and not when
// somebody spoke to them since.
func TestContactsAreForgotten(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	later := g.happening(t, "week", 2028)
	gone, comes, spoken, never := g.firm(t, 1), g.firm(t, 2), g.firm(t, 3), lanyu()
	must(t, g.Join(t.Context(), office, later, comes.ID, ident.Nil))
	never.CreditCode, never.Code = vectors[4], "F090"
	never, err := g.Create(t.Context(), office, ident.Nil, never)
	must(t, err)
	for _, f := range []firms.Firm{gone, comes, spoken, never} {
		_, err := g.SaveContact(t.Context(), office, ident.Nil, someone(f.ID, 1))
		must(t, err)
	}
	_, err = firms.New(g.db, clock.At("2027-06-11T00:00:00+08:00"), ident.New).SaveContact(t.Context(), office, ident.Nil, someone(spoken.ID, 2))
	must(t, err)
	tasks := firms.Retention()
	if len(tasks) != 1 {
		t.Fatalf("%d tasks", len(tasks))
	}
	for _, want := range []int{3, 0} { // done twice, the second time finds nothing
		if rows, err := tasks[0].Purge(t.Context(), g.db, g.event); err != nil || rows != want {
			t.Errorf("%d forgotten, want %d, %v", rows, want, err)
		}
	}
	for name, tt := range map[string]struct {
		firm firms.Firm
		want int
	}{"gone": {gone, 0}, "comes again": {comes, 1}, "spoken to since": {spoken, 1}, "took part in nothing": {never, 0}} {
		if list, err := g.Contacts(t.Context(), office, ident.Nil, tt.firm.ID); err != nil || len(list) != tt.want {
			t.Errorf("%s: %d contacts, want %d, %v", name, len(list), tt.want, err)
		}
	}
}
