package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/apptest"
	"qianshou/app/kit/locale"
)

// forumStory is one forum from the first visitor to the figures, in one language:
// the whole program on a database of its own, a real mail server, and people
// before browsers.
type forumStory struct {
	*testing.T
	p      program
	office *apptest.PostOffice
	lang   locale.Lang

	organizer, guest person
	others           []person

	own       string // the guest's page
	reference string
	token     string // of the guest's badge
}

// TestForum is what Qianshou is for, end to end, in both languages.
func TestForum(t *testing.T) {
	t.Parallel()
	for _, lang := range locale.Langs {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			office := apptest.OpenPostOffice(t)
			s := &forumStory{T: t, office: office, lang: lang, p: start(t, "SMTP_URL="+office.URL)}
			s.organizer = s.p.newPerson(t, lang)
			s.guest = s.meets((*apptest.Browser).Phone)
			if lang == locale.ZH {
				s.guest.NoScripts()
			}
			s.guestRegisters()
			s.letterLeadsToOwnPage()
			s.organizerApproves()
			s.badgeIsOnPhoneAndPaper()
			s.doorsAdmitOnce()
			s.sessionMovesOnOpenPages()
			s.meetingsAreArranged()
			s.projectIsCounted()
			for _, somebody := range append(s.others, s.organizer) {
				if said := somebody.Complaints(); len(said) > 0 {
					t.Errorf("pages complained: %q", said)
				}
			}
		})
	}
}

// meets lets somebody else into the story.
func (s *forumStory) meets(size func(*apptest.Browser)) person {
	somebody := s.organizer.meets(size)
	s.others = append(s.others, somebody)
	return somebody
}

func (s *forumStory) guestRegisters() {
	guest := s.guest
	guest.opens("/e/" + forum)
	guest.follows("event.register")
	guest.Tap(`[name="category"][value="press"] + span`)
	guest.writes("register.family_name", "Dimitrovа", // the last letter is Cyrillic
		"register.given_name", "Stavroula", "register.email", "nobody",
		"register.name_native", "Σταυρούλα Δημητρόβα", "register.name_zh", "斯塔夫鲁拉·迪米特罗娃", "register.organisation", "Вестник Речен бряг")
	guest.Fill("nationality", "GR")
	guest.presses("register.send")
	guest.reads(`.field.fix:has([name="family_name"]) .why`, "а")
	if got := guest.Attribute(`[name="name_native"]`, "value"); got != "Σταυρούλα Δημητρόβα" {
		s.Errorf("what was typed is kept as %q", got)
	}
	guest.writes("register.family_name", "Dimitrova", "register.email", "stavroula@river.example")
	guest.ticks("register.consent")
	guest.presses("register.send")
	if s.own = guest.At(); !strings.Contains(s.own, "/me/") {
		s.Fatalf("registered, led to %s", s.own)
	}
	s.reference = regexp.MustCompile(`F27-\d+`).FindString(guest.Text("main"))
	if s.reference == "" {
		s.Fatalf("no reference on %q", guest.Text("main"))
	}
	guest.reads("main", guest.says("state.registration.submitted"))
}

// both answers a sentence in both languages.
func (s *forumStory) both(key string, args ...any) []string {
	return []string{s.guest.words.T(locale.ZH, key, args...), s.guest.words.T(locale.EN, key, args...)}
}

// letter waits for the next letter to the guest; it speaks both languages.
func (s *forumStory) letter(subject string) apptest.Letter {
	l := s.office.Next()
	title := locale.Text{ZH: "中国—中东欧国家市长论坛（演示届）", EN: "China–CEEC Mayors Forum (demo edition)"}
	for _, want := range s.both(subject, title) {
		if !strings.Contains(l.Subject, want) {
			s.Errorf("a letter is headed %q, without %q", l.Subject, want)
		}
	}
	for _, want := range append(s.both("mail.manage"), s.reference, title.ZH, title.EN) {
		if !strings.Contains(l.Text, want) || !strings.Contains(l.HTML, want) {
			s.Errorf("a letter lacks %q:\n%s", want, l.Text)
		}
	}
	if l.To != "stavroula@river.example" {
		s.Errorf("a letter goes to %s", l.To)
	}
	return l
}

func (s *forumStory) letterLeadsToOwnPage() {
	l := s.letter("mail.received.subject")
	link := regexp.MustCompile(regexp.QuoteMeta(s.p.url) + `/me/\S+lang=` + string(s.lang)).FindString(l.Text)
	if link == "" {
		s.Fatalf("the letter has no link for a reader of %s:\n%s", s.lang, l.Text)
	}
	s.guest.Visit(link)
	s.guest.reads("main", s.reference, "Dimitrova")
	s.own, _, _ = strings.Cut(link, "?")
}

func (s *forumStory) organizerApproves() {
	organizer := s.organizer
	organizer.signsIn("owner", s.p.password)
	organizer.follows("nav.registrations")
	organizer.writes("review.search", s.reference)
	organizer.presses("action.search")
	organizer.Press(".rd-list a.name")
	organizer.reads("main", s.reference, "Σταυρούλα Δημητρόβα", "Вестник Речен бряг")
	organizer.presses("review.approve")
	organizer.reads(".qs-flash", s.reference)
	s.letter("mail.approved.subject")
}

func (s *forumStory) sessionMovesOnOpenPages() {
	reader := s.meets((*apptest.Browser).Phone)
	reader.opens("/e/" + forum + "/agenda")
	const farewell = `document.querySelector('#S20 time')?.textContent ?? ''`
	if got := apptest.Eval[string](reader.Browser, farewell); !strings.HasPrefix(got, "18:00") {
		s.Fatalf("the farewell buffet is at %q", got)
	}
	apptest.Eval[string](reader.Browser, `window.loaded = "once"`)

	organizer, late := s.organizer, map[locale.Lang]string{locale.ZH: "车辆晚到", locale.EN: "The buses are late"}
	organizer.opens("/console/" + forum)
	organizer.follows("nav.agenda")
	organizer.Press("#m-S20")
	organizer.writes("agenda.starts", "2027-06-10T18:30", "agenda.ends", "2027-06-10T20:30")
	organizer.Fill("note_zh", late[locale.ZH], "note_en", late[locale.EN])
	pressed := time.Now()
	organizer.presses("agenda.do.move")
	reader.Await("the new time", `(`+farewell+`).startsWith('18:30')`)
	s.Logf("pressed to seen: %s, the form's own answer included", time.Since(pressed).Round(time.Millisecond))
	reader.reads("#S20", late[s.lang])
	if apptest.Eval[string](reader.Browser, `window.loaded`) != "once" {
		s.Error("the open page was loaded anew")
	}
}

func (s *forumStory) meetingsAreArranged() {
	organizer := s.organizer
	delegate := s.meets((*apptest.Browser).Phone)
	own := s.linkSentTo("m056@delegate.example")
	organizer.opens("/console/" + forum)
	organizer.follows("nav.matchmaking")
	organizer.presses("matchmaking.run")
	if held, seats := organizer.counts(".mm-grid .m"), organizer.counts(".mm-grid td"); held != 89 || seats != 140 {
		s.Errorf("the timetable shows %d meetings on %d seats", held, seats)
	}
	organizer.reads(".qs-flash", organizer.says("matchmaking.solved", 2, 89, 92))
	// Three found no place, and two must not meet.
	if left := organizer.counts(".mm-left tbody tr"); left != 5 {
		s.Errorf("%d wishes are left with their reasons, want 5", left)
	}
	organizer.reads(".mm-head", organizer.says("matchmaking.plan", 2), organizer.says("state.plan.draft"))
	organizer.presses("matchmaking.publish_this", 2)
	organizer.reads(".mm-head", organizer.says("matchmaking.plan", 2), organizer.says("state.plan.published"))
	organizer.presses("matchmaking.repair")
	organizer.reads(".mm-head", organizer.says("matchmaking.moves_none"))

	delegate.opens(own)
	if n := delegate.counts("#meetings li"); n != 9 {
		s.Errorf("the head of D12 sees %d meetings", n)
	}
	delegate.reads("#meetings", locale.Date(s.lang, time.Date(2027, 6, 10, 0, 0, 0, 0, time.UTC)))
}

// figures are what the statistics say of the forum: all documents and contracts,
// how many and USD million, and how many of how many landed.
type figures struct {
	All, Contracts, Landed, Investments int
	Total, Contracted                   decimal.Decimal
}

func (s *forumStory) figures() (f figures) {
	organizer := s.organizer
	organizer.opens("/console/" + forum)
	organizer.follows("nav.statistics")
	cell := func(row int, head string) string {
		return organizer.Text(fmt.Sprintf(`.st-pairs tbody tr:nth-child(%d) td[data-head="%s"]`, row, organizer.says(head)))
	}
	number := func(text string) int {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			s.Fatalf("a count of the statistics: %v", err)
		}
		return n
	}
	million := func(text string) decimal.Decimal {
		n, err := decimal.NewFromString(strings.ReplaceAll(text, ",", ""))
		if err != nil {
			s.Fatalf("an amount of the statistics: %v", err)
		}
		return n
	}
	f.All, f.Contracts = number(cell(1, "statistics.head.projects")), number(cell(2, "statistics.head.projects"))
	f.Total, f.Contracted = million(cell(1, "statistics.head.total_usd")), million(cell(2, "statistics.head.total_usd"))
	landed, of, _ := strings.Cut(organizer.Text(".st-rates dd span"), "/")
	f.Landed, f.Investments = number(landed), number(of)
	return f
}

func (s *forumStory) projectIsCounted() {
	before := s.figures()
	clerk := s.meets((*apptest.Browser).Desk)
	clerk.signsIn("projects", s.p.password)
	clerk.follows("nav.projects")
	clerk.follows("projects.new")
	clerk.writes("projects.name_zh", "瓦尔纳风电叶片厂", "projects.name_en", "Varna rotor-blade plant", "projects.signed", "2027-06-09",
		"projects.evidence_ref", "EVD-P041", "projects.money.total", "1,000", "projects.money.contracted", "400", "projects.currency_label", "chf")
	clerk.Fill("document_type", "contract", "kind", "investment", "direction", "inbound", "unit", "10000", "sector_code", "ENER", "district_code", "330281", "partner_city", "VAR")
	apptest.Eval[any](clerk.Browser, `document.querySelector('[name="firm_id"]').selectedIndex = 1`)
	clerk.presses("projects.record")
	clerk.reads(`.field.fix:has([name="currency"]) .why`, "CHF") // there is no rate of that day
	clerk.writes("projects.currency_label", "USD")
	clerk.presses("projects.record")
	clerk.reads("h1", map[locale.Lang]string{locale.ZH: "瓦尔纳风电叶片厂", locale.EN: "Varna rotor-blade plant"}[s.lang])
	project := clerk.At()

	clerk.follows("state.project.landed")
	clerk.writes("projects.evidence_ref", "EVD-P041-LAND")
	clerk.Fill("evidence_kind", "business_licence")
	clerk.presses("projects.do_report")
	clerk.reads(".pr-chips .chip", clerk.says("state.project.landed"))
	if clerk.counts(".pr-checkform") > 0 {
		s.Error("the reporter is offered to verify their own report")
	}
	organizer := s.organizer
	organizer.opens(strings.TrimPrefix(project, s.p.url))
	organizer.Tap(`.pr-steps li:last-child summary`)
	organizer.Press(`.pr-steps li:last-child button[value="verified"]`)
	organizer.reads(".pr-chips .pr-flag", organizer.says("projects.stage_verified"))

	ten := decimal.NewFromInt(10)
	want := figures{before.All + 1, before.Contracts + 1, before.Landed + 1, before.Investments + 1, before.Total.Add(ten), before.Contracted.Add(ten)}
	after := s.figures()
	s.Logf("the statistics before and after: %v, %v", before, after)
	if fmt.Sprint(after) != fmt.Sprint(want) {
		s.Errorf("with the new project the figures are %v, want %v", after, want)
	}
	if bars := organizer.counts(".st-table .bars svg rect"); bars < 20 {
		s.Errorf("the charts have %d bars", bars)
	}
	const verified = `.st-table.short tbody tr:nth-child(2) td:last-child a`
	landed := organizer.Text(verified)
	organizer.Press(verified)
	if rows := organizer.counts(".pr-list tbody tr"); strconv.Itoa(rows) != landed {
		s.Errorf("the figure %s opens a list of %d", landed, rows)
	}
}

// linkSentTo finds a delegate's own page as the organizer can, in the letter that
// was kept for want of a mail server.
func (s *forumStory) linkSentTo(address string) string {
	organizer := s.organizer
	for page := 1; page < 10; page++ {
		organizer.opens(fmt.Sprintf("/console/%s/mails?page=%d", forum, page))
		mail := apptest.Eval[string](organizer.Browser, `[...document.querySelectorAll("tbody tr")].find(r => r.innerText.includes("`+address+`"))?.querySelector("a")?.href ?? ""`)
		if mail == "" {
			continue
		}
		organizer.opens(mail)
		if link := regexp.MustCompile(`/me/[\w-]+`).FindString(organizer.Text("pre")); link != "" {
			return link
		}
	}
	s.Fatalf("no mail to %s leads to a page", address)
	return ""
}
