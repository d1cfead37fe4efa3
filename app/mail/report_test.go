package mail_test

import (
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/mail"
)

// report is a notification as mail servers write them.
func report(status, original string) string {
	return crlf(`From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: forum@office.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="9B095B5ADFE.1"

This is a MIME-encapsulated message.

--9B095B5ADFE.1
Content-Type: text/plain; charset=x-unheard-of

I'm sorry to have to inform you that your message could not be delivered.

--9B095B5ADFE.1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Tue, 20 Apr 2027 10:00:00 +0800 (CST)

` + status + `
--9B095B5ADFE.1
` + original + `
--9B095B5ADFE.1--
`)
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

const (
	reported = "01a21368-e155-73df-b914-ee0ea661d642"
	failed   = `Final-Recipient: rfc822; anna@city.example
Original-Recipient: rfc822;anna@city.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; city.example
Diagnostic-Code: smtp; 550 5.1.1 <anna@city.example>: Recipient address
    rejected: User unknown
`
	returned = `Content-Type: message/rfc822

Message-ID: <` + reported + `.2@office.example>
Subject: =?utf-8?q?x?=

Dear Anna
`
)

// aboutRound is a report that a round of a mail came back.
func aboutRound(id ident.ID, round string) []byte {
	return []byte(strings.ReplaceAll(report(failed, returned), reported+".2", id.String()+"."+round))
}

func TestReports(t *testing.T) {
	t.Parallel()
	id, err := ident.Parse(reported)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		raw  string
		want mail.Report // zero: it is refused
	}{
		"returned whole": {report(failed, returned), mail.Report{id, 2, mail.OutcomeBounced, 550, "5.1.1 <anna@city.example>: Recipient address rejected: User unknown"}},
		"headers alone, and delayed": {
			report("Final-Recipient: rfc822; anna@city.example\nAction: Delayed \nStatus: 4.4.1\n", "Content-Type: text/rfc822-headers\n\nMessage-Id: <"+reported+".1@office.example>\n"),
			mail.Report{id, 1, mail.OutcomeDelayed, 0, "4.4.1"},
		},
		"a reply of several lines": {
			report("Action: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp;554-5.7.1 refused\n", returned), mail.Report{id, 2, mail.OutcomeBounced, 554, "5.7.1 refused"},
		},
		"arrived": {report("Action: relayed\nStatus: 2.0.0\n", returned), mail.Report{id, 2, mail.OutcomeDelivered, 0, "2.0.0"}},
		"nothing returned, but answered": {
			"In-Reply-To: <" + reported + ".3@office.example>\r\n" + report(failed, "Content-Type: text/plain\n\nyour mail"),
			mail.Report{id, 3, mail.OutcomeBounced, 550, "5.1.1 <anna@city.example>: Recipient address rejected: User unknown"},
		},
		"written in base64": {
			strings.Replace(report("QWN0aW9uOiBmYWlsZWQNClN0YXR1czogNS4wLjANCg==\n", returned), "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\nArrival-Date: Tue, 20 Apr 2027 10:00:00 +0800 (CST)\r\n\r\n",
				"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1),
			mail.Report{id, 2, mail.OutcomeBounced, 0, "5.0.0"},
		},
		"lines of another system":  {strings.ReplaceAll(report(failed, returned), "\r\n", "\n"), mail.Report{id, 2, mail.OutcomeBounced, 550, "5.1.1 <anna@city.example>: Recipient address rejected: User unknown"}},
		"a mail of somebody else":  {report(failed, strings.ReplaceAll(returned, reported, "CAF=abc")), mail.Report{}},
		"no such round":            {report(failed, strings.ReplaceAll(returned, ".2@", ".0@")), mail.Report{}},
		"nothing said":             {report("Status: 5.1.1\n", returned), mail.Report{}},
		"an answer of a person":    {"From: anna@city.example\r\nIn-Reply-To: <" + reported + ".1@office.example>\r\n\r\nThank you!", mail.Report{}},
		"a receipt of reading":     {strings.Replace(report(failed, returned), "delivery-status;", "disposition-notification;", 1), mail.Report{}},
		"cut off in the middle":    {report(failed, returned)[:300], mail.Report{}},
		"nothing":                  {"", mail.Report{}},
		"a report without parts":   {"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n", mail.Report{}},
		"a report without a fence": {"Content-Type: multipart/report; report-type=delivery-status\r\n\r\n", mail.Report{}},
	} {
		got, err := mail.ParseReport([]byte(c.raw))
		wantCode := fault.Code("")
		if c.want == (mail.Report{}) {
			wantCode = fault.Invalid
		}
		if got != c.want || fault.CodeOf(err) != wantCode {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}

// Nothing that comes by mail breaks the reader or gets more room than it has.
func FuzzReport(f *testing.F) {
	for _, seed := range []string{report(failed, returned), report("Action: delayed\n", "Content-Type: text/rfc822-headers\n\nMessage-ID: <"+reported+".1@x>"), "", "Content-Type: multipart/report; boundary=\"\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := mail.ParseReport(raw)
		if err != nil {
			if fault.CodeOf(err) != fault.Invalid || r != (mail.Report{}) {
				t.Errorf("%+v, %v", r, err)
			}
			return
		}
		if r.MailID == ident.Nil || r.Round < 1 || r.Code != 0 && (r.Code < 200 || r.Code > 599) {
			t.Errorf("%+v", r)
		}
		if utf8.RuneCountInString(r.Words) > 501 || !utf8.ValidString(r.Words) || strings.ContainsAny(r.Words, "\r\n\x00") {
			t.Errorf("words %q", r.Words)
		}
	})
}

// A mail that came back is marked, once, by whoever may; and one that was sent
// again meanwhile stays sent.
func TestBounces(t *testing.T) {
	t.Parallel()
	office := &postOffice{}
	office.open(t, true)
	g := newGround(t, office)
	start(t, g.post)
	l := g.queue(t, g.letter("anna@city.example"))
	office.next(t)
	g.fate(t, l.ID, mail.Sent)
	about := func(round string) []byte { return aboutRound(l.ID, round) }
	program := func(role accounts.Role, event ident.ID) accounts.Actor {
		return accounts.Actor{Kind: accounts.Token, ID: ident.New(), NameEN: "mx", Grants: []accounts.Grant{{EventID: event, Role: role}}}
	}
	for name, c := range map[string]struct {
		by   accounts.Actor
		raw  []byte
		want fault.Code
	}{
		"guest":            {accounts.GuestActor(), about("1"), fault.Forbidden},
		"auditor":          {program(accounts.Auditor, g.event), about("1"), fault.Forbidden},
		"of another event": {program(accounts.Owner, ident.New()), about("1"), fault.Forbidden},
		"no such mail":     {desk, []byte(report(failed, returned)), fault.NotFound},
		"no report":        {desk, []byte("hello"), fault.Invalid},
	} {
		if _, err := g.post.Take(t.Context(), c.by, c.raw); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	mx := program(accounts.Protocol, g.event)
	var all sync.WaitGroup
	for range 4 { // mail servers hand over again what they doubt
		all.Go(func() {
			if r, err := g.post.Take(t.Context(), mx, about("1")); err != nil || r.Outcome != mail.OutcomeBounced || r.MailID != l.ID {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	all.Wait()
	m, attempts := g.fate(t, l.ID, mail.Bounced)
	wantOutcomes(t, attempts, mail.OutcomeSent, mail.OutcomeBounced)
	if last := attempts[1]; last.Code != 550 || !strings.Contains(last.Words, "User unknown") || m.LastError != last.Words {
		t.Errorf("%+v of %+v", last, m.LastError)
	}
	logged, err := audit.History(t.Context(), g.db, l.ID)
	if err != nil || len(logged) != 1 || logged[0].Action != "mail.report" || logged[0].ActorName != "mx" {
		t.Errorf("logged %+v, %v", logged, err)
	}

	if err := g.post.Resend(t.Context(), desk, l.ID); err != nil {
		t.Fatal(err)
	}
	office.next(t)
	g.fate(t, l.ID, mail.Sent)
	late := []byte(strings.Replace(string(about("1")), "User unknown", "late", 1))
	if _, err := g.post.Take(t.Context(), mx, late); err != nil {
		t.Fatal(err)
	}
	if _, attempts := g.fate(t, l.ID, mail.Sent); attempts[len(attempts)-1].Outcome != mail.OutcomeBounced {
		t.Errorf("%v", outcomes(attempts))
	}

	// The second round comes back with the very words of the first.
	for range 2 {
		if _, err := g.post.Take(t.Context(), mx, about("2")); err != nil {
			t.Fatal(err)
		}
	}
	_, attempts = g.fate(t, l.ID, mail.Bounced)
	wantOutcomes(t, attempts, mail.OutcomeSent, mail.OutcomeBounced, mail.OutcomeAgain, mail.OutcomeSent, mail.OutcomeBounced, mail.OutcomeBounced)
}
