package mail_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/mail"
)

// both is a text in both languages.
func both(subject, body string) mail.Texts {
	return mail.Texts{locale.ZH: {Subject: subject, Body: body}, locale.EN: {Subject: subject, Body: body}}
}

func TestTextsAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  string
		texts mail.Texts
		want  []string // field and what it complains of
	}{
		"good":                  {"approved", both("{event}", "{name},\n\n{reference} { }"), []string{"body_en mail.text.unknown [{ }]", "body_zh mail.text.unknown [{ }]"}},
		"best":                  {"approved", both("{event}", "{name},\n\n{reference} } and {"), nil},
		"of another kind":       {"approved", both("x", "{reason}"), []string{"body_en mail.text.unknown [{reason}]", "body_zh mail.text.unknown [{reason}]"}},
		"of its kind":           {"returned", both("x", "{reason}"), nil},
		"mistyped":              {"approved", both("{Name}", "｛姓名｝"), []string{"body_en mail.text.unknown [｛姓名｝]", "body_zh mail.text.unknown [｛姓名｝]", "subject_en mail.text.unknown [{Name}]", "subject_zh mail.text.unknown [{Name}]"}},
		"one language":          {"approved", mail.Texts{locale.ZH: {Subject: "x", Body: "y"}}, []string{"body_en field.required []", "subject_en field.required []"}},
		"too long":              {"approved", both(strings.Repeat("x", 151), "y"), []string{"subject_en field.too_long [150]", "subject_zh field.too_long [150]"}},
		"unseen signs":          {"approved", both("x\u202e", "y"), []string{"subject_en field.control []", "subject_zh field.control []"}},
		"a subject is one line": {"approved", both("x\r\nBcc: y", "y"), nil},
	} {
		clean, err := c.texts.Clean(c.kind)
		var got []string
		if f, ok := fault.Of(err); ok {
			for _, b := range f.Fields {
				got = append(got, strings.TrimSpace(b.Path+" "+b.Key+" "+strings.ReplaceAll(fmt.Sprint(b.Args), "\n", "")))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if strings.ContainsAny(clean[locale.ZH].Subject, "\r\n") {
			t.Errorf("%s: subject %q", name, clean[locale.ZH].Subject)
		}
	}
}

// Who writes a text needs the right to send mails of its event; two who write at
// once do not lose each other's words; and each version is logged.
func TestWritingTexts(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	at := mail.Place{EventID: g.event, CategoryID: g.category, Kind: "approved"}
	grant := func(role accounts.Role, event ident.ID) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, ID: ident.New(), NameEN: "Lin", Grants: []accounts.Grant{{EventID: event, Role: role}}}
	}
	good := both("x", "y")
	for name, c := range map[string]struct {
		by   accounts.Actor
		at   mail.Place
		want fault.Code
	}{
		"guest":                      {accounts.GuestActor(), at, fault.Forbidden},
		"auditor":                    {grant(accounts.Auditor, g.event), at, fault.Forbidden},
		"owner of another event":     {grant(accounts.Owner, ident.New()), at, fault.Forbidden},
		"no such letter":             {desk, mail.Place{EventID: g.event, Kind: "greeting"}, fault.NotFound},
		"announcements have no text": {desk, mail.Place{EventID: g.event, Kind: mail.Announcement}, fault.NotFound},
		"no such category":           {desk, mail.Place{EventID: g.event, CategoryID: ident.New(), Kind: "approved"}, fault.Conflict},
		"protocol":                   {grant(accounts.Protocol, g.event), at, ""},
	} {
		if err := g.post.WriteText(t.Context(), c.by, c.at, 0, good); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if err := g.post.WriteText(t.Context(), desk, at, 0, good); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("over a version that was not shown: %v", err)
	}
	const writers = 8
	var all sync.WaitGroup
	errs := make([]error, writers)
	for i := range writers {
		all.Go(func() { errs[i] = g.post.WriteText(t.Context(), desk, at, 1, good) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		switch fault.CodeOf(err) {
		case "":
			won++
		case fault.Conflict:
		default:
			t.Error(err)
		}
	}
	history, err := g.post.History(t.Context(), desk, at)
	if err != nil || won != 1 || len(history) != 2 || history[0].Version != 2 || history[1].UpdatedBy.EN != "Lin" || !history[0].UpdatedAt.Equal(april()) {
		t.Errorf("%d wrote version 2, %+v, %v", won, history, err)
	}
	var entries []ident.ID
	if err := g.db.SelectContext(t.Context(), &entries, `SELECT object_id FROM audit_entries WHERE action = 'mail.text' ORDER BY at, id`); err != nil || len(entries) != 2 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	logged, err := audit.History(t.Context(), g.db, entries[0])
	if err != nil || len(logged) != 1 || logged[0].After["letter"] != "approved" {
		t.Errorf("%+v, %v", logged, err)
	}
	written, err := g.post.Written(t.Context(), desk, g.event)
	if err != nil || len(written) != 1 || written[0].Version != 2 || written[0].CategoryID != g.category || written[0].Texts[locale.ZH] != good[locale.ZH] {
		t.Errorf("%+v, %v", written, err)
	}
}
