package mail_test

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/mail"
)

func TestLetterIsTriedAgainAndArrivesWhole(t *testing.T) {
	t.Parallel()
	office := &postOffice{atTo: func(n int, _ string) error {
		if n == 0 {
			return says(451, smtp.EnhancedCode{4, 3, 0}, "try later")
		}
		return nil
	}}
	office.open(t, true)
	g := newGround(t, office)
	start(t, g.post)
	rolledBack := errors.New("no")
	if err := store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error {
		if err := g.post.Queue(t.Context(), tx, g.letter("stelios@city.example")); err != nil {
			return err
		}
		return rolledBack
	}); !errors.Is(err, rolledBack) {
		t.Fatal(err)
	}
	l := g.queue(t, g.letter("stelios@city.example"))
	got := office.next(t)
	whole(t, got, l.ID.String()+".1@office.example")
	m, attempts := g.fate(t, l.ID, mail.Sent)
	wantOutcomes(t, attempts, mail.OutcomeDeferred, mail.OutcomeSent)
	if attempts[0].Code != 451 || attempts[0].Words != "4.3.0 try later" || attempts[1].Code != 250 || m.Attempts != 2 || m.LastError != "" || m.SentAt == nil {
		t.Errorf("%+v of %+v", attempts, m)
	}
	if len(office.received) > 0 {
		t.Error("a letter whose transaction was rolled back arrived too")
	}

	// It rests sealed, and leaves once more whole, under another Message-ID.
	var id ident.ID
	if err := g.db.GetContext(t.Context(), &id, `SELECT id FROM mails WHERE strpos(mails::text, 'forum.example') = 0`); err != nil {
		t.Fatalf("what the letter says can be read in its row: %v", err)
	}
	if !strings.Contains(m.Text, "http://forum.example/me/x?lang=en") || len(m.Parts) != 1 || string(m.Parts[0].Data) != "PNG" {
		t.Errorf("kept %q and %d parts", m.Text, len(m.Parts))
	}
	if err := g.post.Resend(t.Context(), desk, l.ID); err != nil {
		t.Fatal(err)
	}
	whole(t, office.next(t), l.ID.String()+".2@office.example")
	_, attempts = g.fate(t, l.ID, mail.Sent)
	wantOutcomes(t, attempts, mail.OutcomeDeferred, mail.OutcomeSent, mail.OutcomeAgain, mail.OutcomeSent)
}

// whole holds a letter of letter() against what it should be.
func whole(t *testing.T, got envelope, messageID string) {
	t.Helper()
	header, parts := opened(t, got.raw)
	var words mime.WordDecoder
	subject, err := words.DecodeHeader(header.Get("Subject"))
	if err != nil || subject != "Your registration is approved / 报名已通过" {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, want := range map[string]string{
		"From": `宁波市外办 forum@office.example`, "To": `Stélios "S" <x@evil.example>, Ὀδυσσεύς stelios@city.example`,
	} {
		list, err := header.AddressList(name)
		if err != nil || len(list) != 1 || list[0].Name+" "+list[0].Address != want {
			t.Errorf("%s is %v, %v; want %s alone", name, list, err, want)
		}
	}
	if got.to != "stelios@city.example" || got.from != "forum@office.example" || got.utf8 {
		t.Errorf("the envelope is from %s to %s, SMTPUTF8 %v", got.from, got.to, got.utf8)
	}
	if id := header.Get("Message-Id"); id != "<"+messageID+">" {
		t.Errorf("Message-ID %s, want %s", id, messageID)
	}
	var shape []string
	for _, p := range parts {
		shape = append(shape, p.path+p.kind+" "+p.disposition+" "+p.id)
	}
	want := []string{
		"multipart/related>multipart/alternative>text/plain  ", "multipart/related>multipart/alternative>text/html  ",
		"multipart/related>image/png inline <qr>",
	}
	if !slices.Equal(shape, want) {
		t.Errorf("the mail is made of\n%q\nwant\n%q", shape, want)
	}
	for i, wants := range [][]string{
		{"Dear Stelios,", "斯泰利奥斯，您好：", "Στέλιος <b>\r\nsecond line", "http://forum.example/me/x?lang=zh", "<i>Forum</i>"},
		{"Dear Stelios,", "斯泰利奥斯，您好：", "Στέλιος &lt;b&gt;<br>second line", "cid:qr", "&lt;i&gt;Forum&lt;/i&gt;"},
		{"PNG"},
	} {
		for _, want := range wants {
			if !strings.Contains(parts[i].body, want) {
				t.Errorf("%s lacks %q: %s", parts[i].kind, want, parts[i].body)
			}
		}
	}
	if text := parts[0].body; strings.Index(text, "Dear") > strings.Index(text, "您好") {
		t.Error("the reader's own language does not come first")
	}
}

// What becomes of a mail when the server will not have it now, or never.
func TestRefusals(t *testing.T) {
	t.Parallel()
	always := func(code int, words string) func(int, string) error {
		return func(int, string) error { return says(code, smtp.EnhancedCode{code / 100, 1, 1}, words) }
	}
	once := func(f func(int) bool) *postOffice { return &postOffice{cut: f} }
	for name, c := range map[string]struct {
		office   *postOffice
		status   string
		outcomes []string
		code     int
		words    string // of the first attempt
	}{
		"nobody of that name": {
			&postOffice{atTo: always(550, "no such user\x07")}, mail.Bounced, []string{mail.OutcomeRefused}, 550, "5.1.1 no such user",
		},
		"the mail itself is refused": {
			&postOffice{atData: func(int, []byte) error { return says(554, smtp.EnhancedCode{5, 7, 1}, "spam") }},
			mail.Bounced, []string{mail.OutcomeRefused}, 554, "5.7.1 spam",
		},
		"never now": {
			&postOffice{atTo: always(450, "mailbox busy")}, mail.Failed,
			append(slices.Repeat([]string{mail.OutcomeDeferred}, 11), mail.OutcomeGivenUp), 450, "4.1.1 mailbox busy",
		},
		"our own address is refused, until somebody puts it right": {
			&postOffice{atSender: func(n int) error {
				if n < 2 {
					return says(550, smtp.EnhancedCode{5, 7, 1}, "not your domain")
				}
				return nil
			}}, mail.Sent, []string{mail.OutcomeDeferred, mail.OutcomeDeferred, mail.OutcomeSent}, 550, "5.7.1 not your domain",
		},
		"the connection is cut in the middle": {
			once(func(n int) bool { return n == 0 }), mail.Sent, []string{mail.OutcomeDeferred, mail.OutcomeSent}, 0, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.office.open(t, true)
			g := newGround(t, c.office)
			start(t, g.post)
			l := g.queue(t, g.letter("anna@city.example"))
			m, attempts := g.fate(t, l.ID, c.status)
			wantOutcomes(t, attempts, c.outcomes...)
			first := attempts[0]
			if first.Code != c.code || c.words != "" && first.Words != c.words || first.Words == "" {
				t.Errorf("first attempt: %d %q, want %d %q", first.Code, first.Words, c.code, c.words)
			}
			if last := attempts[len(attempts)-1]; c.status != mail.Sent && m.LastError != last.Words {
				t.Errorf("the mail says %q, its last attempt %q", m.LastError, last.Words)
			}
			var leaked int
			if err := g.db.GetContext(t.Context(), &leaked, `SELECT count(*) FROM river_job WHERE strpos(river_job::text, 'city.example') > 0`); err != nil || leaked > 0 {
				t.Errorf("%d jobs name the recipient, %v", leaked, err)
			}
		})
	}
}

// A server that says nothing is left after the limit, and tried again.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	office := &postOffice{atSender: func(n int) error {
		if n == 0 {
			<-ended
		}
		return nil
	}}
	office.open(t, true)
	t.Cleanup(func() { close(ended) })
	g := newGround(t, office, func(o *mail.Options) { o.SendLimit = 300 * time.Millisecond })
	start(t, g.post)
	l := g.queue(t, g.letter("anna@city.example"))
	_, attempts := g.fate(t, l.ID, mail.Sent)
	wantOutcomes(t, attempts, mail.OutcomeDeferred, mail.OutcomeSent)
	if attempts[0].Code != 0 || !strings.Contains(attempts[0].Words, "timeout") {
		t.Errorf("%+v", attempts[0])
	}
}

// Two processes on one queue send each mail once.
func TestTwoProcessesSendEachMailOnce(t *testing.T) {
	t.Parallel()
	const letters = 60
	office := &postOffice{}
	office.open(t, true)
	g := newGround(t, office)
	for i := range letters {
		g.queue(t, g.letter(fmt.Sprintf("m%d@city.example", i)))
	}
	start(t, g.post)
	start(t, g.service(t, office))
	got := map[string]int{}
	for range letters {
		got[office.next(t).to]++
	}
	ctx := t.Context()
	if err := g.post.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if len(got) != letters || len(office.received) > 0 {
		t.Errorf("%d of %d people got a mail, %d more came", len(got), letters, len(office.received))
	}
}

// A mail that the server took but that could not be noted as sent is sent again,
// and looks the same, so that programs may hide the second.
func TestTakenButNotNoted(t *testing.T) {
	t.Parallel()
	office := &postOffice{}
	office.open(t, true)
	g := newGround(t, office)
	if _, err := g.db.ExecContext(t.Context(), `
		CREATE SEQUENCE tries;
		CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('tries') = 1 THEN RAISE 'the database went away'; END IF; RETURN NEW; END $$;
		CREATE TRIGGER fail_once BEFORE UPDATE ON mails FOR EACH ROW EXECUTE FUNCTION fail_once()`); err != nil {
		t.Fatal(err)
	}
	start(t, g.post)
	l := g.queue(t, g.letter("anna@city.example"))
	first, second := office.next(t), office.next(t)
	if string(first.raw) == "" || headerOf(t, first, "Message-Id") != headerOf(t, second, "Message-Id") || headerOf(t, first, "Date") != headerOf(t, second, "Date") {
		t.Errorf("Message-IDs %s and %s", headerOf(t, first, "Message-Id"), headerOf(t, second, "Message-Id"))
	}
	_, attempts := g.fate(t, l.ID, mail.Sent)
	wantOutcomes(t, attempts, mail.OutcomeSent)
}

// A mail whose content cannot be opened any more fails like one that no server takes:
// the desk sees it, and it does not wait for ever.
func TestUnreadableMailFails(t *testing.T) {
	t.Parallel()
	office := &postOffice{}
	office.open(t, true)
	g := newGround(t, office)
	l := g.queue(t, g.letter("anna@city.example"))
	if _, err := g.db.ExecContext(t.Context(), `UPDATE mails SET content_sealed = content_sealed || 'x'::bytea`); err != nil {
		t.Fatal(err)
	}
	start(t, g.post)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for status := ""; status != mail.Failed; <-tick.C {
		if err := g.db.GetContext(ctx, &status, `SELECT status FROM mails WHERE id = $1`, l.ID); err != nil {
			t.Fatalf("it is %q: %v", status, err)
		}
	}
	attempts, err := g.post.Attempts(ctx, desk, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantOutcomes(t, attempts, mail.OutcomeGivenUp)
}

func headerOf(t *testing.T, e envelope, name string) string {
	t.Helper()
	header, _ := opened(t, e.raw)
	return header.Get(name)
}

// Addresses in other letters: a host travels by its ASCII name; a part before the
// @ needs a server that takes it.
func TestAddressesInOtherLetters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address, to string
		offered     bool
		status      string
		utf8        bool
	}{
		{"anna@bücher.example", "anna@xn--bcher-kva.example", false, mail.Sent, false},
		{"анна@почта.example", "анна@xn--80a1acny.example", true, mail.Sent, true},
		{"анна@city.example", "", false, mail.Bounced, false},
	} {
		office := &postOffice{}
		office.open(t, c.offered)
		g := newGround(t, office)
		start(t, g.post)
		l := g.queue(t, g.letter(c.address))
		m, _ := g.fate(t, l.ID, c.status)
		if c.status != mail.Sent {
			if !strings.Contains(m.LastError, "SMTPUTF8") {
				t.Errorf("%s: %q", c.address, m.LastError)
			}
			continue
		}
		got := office.next(t)
		header, _ := opened(t, got.raw)
		list, err := header.AddressList("To")
		if got.to != c.to || got.utf8 != c.utf8 || err != nil || list[0].Address != c.to {
			t.Errorf("%s arrives at %s, SMTPUTF8 %v, To %v, %v", c.address, got.to, got.utf8, list, err)
		}
	}
}

// Nothing that somebody typed becomes a header, and an address is one address.
func TestHeadersHoldWhatTheyShould(t *testing.T) {
	t.Parallel()
	office := &postOffice{}
	office.open(t, true)
	g := newGround(t, office)
	start(t, g.post)
	l := g.letter("anna@city.example")
	for lang, b := range l.Blocks {
		b.Subject += "\r\nBcc: all@city.example\u2028X-Evil: 1"
		l.Blocks[lang] = b
	}
	l.ToName = "Anna\r\nBcc: all@city.example"
	g.queue(t, l)
	header, _ := opened(t, office.next(t).raw)
	for name := range header {
		if name == "Bcc" || name == "X-Evil" {
			t.Errorf("a header %s: %v", name, header[name])
		}
	}
	for _, to := range []string{"anna@city.example\r\nBcc: all@city.example", "anna@city.example, all@city.example", "<anna@city.example> SIZE=1", "nobody", "a b@city.example"} {
		err := store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error { return g.post.Queue(t.Context(), tx, g.letter(to)) })
		if fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%q is taken: %v", to, err)
		}
	}
}

func TestResendingAsksForTheRightAndAServer(t *testing.T) {
	t.Parallel()
	office := &postOffice{}
	office.open(t, true)
	g := newGround(t, office)
	l := g.queue(t, g.letter("anna@city.example"))
	nobody := g.letter("")
	nobody.To = ""
	g.queue(t, nobody)
	if m, _ := g.fate(t, nobody.ID, mail.Unaddressed); m.To != "" {
		t.Errorf("%+v", m)
	}
	auditor := accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{EventID: g.event, Role: accounts.Auditor}}}
	elsewhere := accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{EventID: ident.New(), Role: accounts.Owner}}}
	kept := g.service(t, nil)
	again := func(post *mail.Service, by accounts.Actor, id ident.ID) func() error {
		return func() error { return post.Resend(t.Context(), by, id) }
	}
	to := func(by accounts.Actor, id ident.ID, address string) func() error {
		return func() error { _, err := g.post.ResendTo(t.Context(), by, id, address); return err }
	}
	for name, c := range map[string]struct {
		do   func() error
		code fault.Code
	}{
		"auditors read":               {again(g.post, auditor, l.ID), fault.Forbidden},
		"and copy nothing":            {to(auditor, l.ID, "b@city.example"), fault.Forbidden},
		"nor owners of another event": {again(g.post, elsewhere, l.ID), fault.Forbidden},
		"no such mail":                {again(g.post, desk, ident.New()), fault.NotFound},
		"no server":                   {again(kept, desk, l.ID), fault.Conflict},
		"no address":                  {again(g.post, desk, nobody.ID), fault.Conflict},
		"no such address":             {to(desk, l.ID, "nobody"), fault.Invalid},
	} {
		if err := c.do(); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}

	// A copy for whoever hands it on; the first mail stays unaddressed.
	id, err := g.post.ResendTo(t.Context(), desk, nobody.ID, "officer@city.example")
	if err != nil {
		t.Fatal(err)
	}
	start(t, g.post)
	var got []string
	for range 2 {
		got = append(got, office.next(t).to)
	}
	slices.Sort(got)
	if want := []string{"anna@city.example", "officer@city.example"}; !slices.Equal(got, want) {
		t.Errorf("went to %v, want %v", got, want)
	}
	g.fate(t, id, mail.Sent)
	copies, err := g.post.Copies(t.Context(), desk, nobody.ID)
	if err != nil || len(copies) != 1 || copies[0].ID != id || !copies[0].OnBehalf {
		t.Errorf("copies %+v, %v", copies, err)
	}
	counts, err := g.post.Counts(t.Context(), desk, g.event)
	if err != nil || counts["all"] != 3 || counts["trouble"] != 1 || counts[mail.Unaddressed] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	for _, c := range []struct {
		mail.Filter
		want int
	}{
		{mail.Filter{}, 3}, {mail.Filter{Fate: "trouble"}, 1}, {mail.Filter{Fate: mail.Sent, Search: "OFFICER@"}, 1}, {mail.Filter{Search: "%"}, 0},
		{mail.Filter{Template: "registration.approved", Search: "已通过"}, 3}, {mail.Filter{Template: "x"}, 0}, {mail.Filter{Search: "%", Found: []ident.ID{ident.New()}}, 0},
	} {
		filter, want := c.Filter, c.want
		filter.Limit = 10
		list, total, err := g.post.List(t.Context(), desk, g.event, filter)
		if err != nil || len(list) != want || total != want {
			t.Errorf("%+v finds %d of %d, %v; want %d", filter, len(list), total, err, want)
		}
	}
}

func TestPausesGrow(t *testing.T) {
	t.Parallel()
	want := 30 * time.Second
	for try := 1; try <= 40; try++ {
		low, high := time.Duration(float64(want)*0.8), time.Duration(float64(want)*1.2)
		seen := map[time.Duration]bool{}
		for range 50 {
			p := mail.Pause(try)
			seen[p] = true
			if p < low || p > high {
				t.Fatalf("after try %d the pause is %s, want %s to %s", try, p, low, high)
			}
		}
		if len(seen) < 2 {
			t.Errorf("after try %d every mail comes back at the same moment", try)
		}
		want = min(2*want, 4*time.Hour)
	}
}
