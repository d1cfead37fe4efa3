package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
)

const registrationsPerPage = 50

// deskQueue is the list with its filters, as they stand in the address.
type deskQueue struct {
	Rows       []delegations.Registration
	Total      int
	Many       bool // more than Total
	Begun      bool // not the first page
	Next       int  // the number after which the next page begins; 0: this is the last
	Asked      url.Values
	Status     string
	Search     string
	Narrowed   []narrowing // further filters that are on
	Counts     map[string]int
	Capped     map[string]bool // there are more than Counts says
	Categories []Choice
	Countries  []Choice
	Groups     []Choice // delegations
	Views      []delegations.View
	Recent     []recentDecision
	ViewForm   Form
	ManyForm   Form // of a decision about those ticked that was refused
}

// narrowing is one further filter that is on.
type narrowing struct {
	Name string // of the filter in the address
	Text string // what is chosen; empty: Key is its sentence
	Key  string
}

// recentDecision is one of the desk's last decisions, and whom it failed on.
type recentDecision struct {
	delegations.Decision
	Undoable bool
	Failed   []delegations.Refusal
}

// recentFor is how long a decision that was carried out stands above the list.
const recentFor = 2 * time.Minute

// asked are the filters that may stand in the address of the desk, in the order in
// which they do.
var asked = []string{"status", "q", "category", "country", "delegation", "source", "dup", "waiting", "sort"}

// waitings are the hours of waiting that the desk may ask for.
var waitings = []int{24, 72, 168}

// sources are the ways by which a registration may have come.
var sources = []string{"web", "api", "import", "delegation", "onsite", "office"}

// Waitings and Sources are the choices of the desk's filters.
func (p deskPage) Waitings() []int   { return waitings }
func (p deskPage) Sources() []string { return sources }

// Is tells whether a filter has a value.
func (p deskPage) Is(name string, value any) bool {
	switch v := value.(type) {
	case int:
		return p.Asked.Get(name) == strconv.Itoa(v)
	case string:
		return p.Asked.Get(name) == v
	}
	return false
}

// Row is the address of a registration beside the same list.
func (p deskPage) Row(id ident.ID) string {
	to := p.Console() + "/registrations/" + id.String()
	if query := p.Asked.Encode(); query != "" {
		to += "?" + query
	}
	return to
}

// Query is the filters of the list, for forms that lead back to it.
func (p deskPage) Query() string { return p.Asked.Encode() }

// List is the address of the list with some filters changed, from its beginning;
// an empty value takes one away.
func (p deskPage) List(pairs ...string) string {
	q := url.Values{}
	for name, values := range p.Asked {
		if name != "after" {
			q[name] = values
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	to := p.Console() + "/registrations"
	if query := q.Encode(); query != "" {
		to += "?" + query
	}
	return to
}

// After is the address of the next page.
func (p deskPage) After() string { return p.List("after", strconv.Itoa(p.Next)) }

// View is the address of the list as a saved view has it.
func (p deskPage) View(v delegations.View) string { return p.Console() + "/registrations?" + v.Query }

// Waits is how long a registration has waited.
func (p deskPage) Waits(r delegations.Registration) time.Duration {
	if r.SubmittedAt == nil || !slices.Contains([]delegations.Status{delegations.Submitted, delegations.UnderReview, delegations.OnHold, delegations.Waitlisted}, r.Status) {
		return 0
	}
	return max(0, p.Now.Sub(*r.SubmittedAt))
}

// Mine tells whether a saved view is the reader's own.
func (p deskPage) Mine(v delegations.View) bool { return v.UserID == p.Actor.ID }

// deskFilter reads the filters of the address.
func deskFilter(q url.Values) delegations.Filter {
	f := delegations.Filter{
		Status: cmp.Or(q.Get("status"), "queue"), Search: q.Get("q"), Category: q.Get("category"), Country: q.Get("country"), Source: q.Get("source"),
		Duplicates: q.Get("dup") != "", Limit: registrationsPerPage,
	}
	if q.Get("status") == "" && f.Search != "" {
		f.Status = "all" // whoever looks for somebody looks everywhere
	}
	if id, err := ident.Parse(q.Get("delegation")); err == nil {
		f.DelegationID = id
	}
	if hours, err := strconv.Atoi(q.Get("waiting")); err == nil && slices.Contains(waitings, hours) {
		f.Waiting = time.Duration(hours) * time.Hour
	}
	if n, err := strconv.ParseInt(q.Get("after"), 10, 32); err == nil && n > 0 {
		f.After = int(n)
	}
	switch q.Get("sort") {
	case "oldest":
		f.Oldest = true
	case "newest":
	default:
		f.Oldest = f.Status == "queue" || f.Status == string(delegations.Waitlisted)
	}
	return f
}

// deskValues are the desk's filters among what an address asks.
func deskValues(query string) url.Values {
	all, err := url.ParseQuery(query)
	kept := url.Values{}
	for _, name := range append([]string{"after"}, asked...) {
		if v := all.Get(name); v != "" && err == nil {
			kept.Set(name, v)
		}
	}
	return kept
}

func (s *Server) deskQueue(c *fiber.Ctx, values url.Values) (q deskQueue, err error) {
	ctx, by, e := c.UserContext(), actor(c), event(c).ID
	f := deskFilter(values)
	q = deskQueue{Asked: values, Status: f.Status, Search: f.Search, Begun: f.After > 0}
	if f.Status == "all" {
		f.Status = ""
	}
	page, err := s.Delegations.Registrations(ctx, by, e, f)
	if err != nil {
		return q, err
	}
	q.Rows, q.Total, q.Many, q.Next = page.Rows, page.Total, page.Many, page.Next
	counts, err := s.Delegations.CountsUpTo(ctx, by, e, tabMost)
	if err != nil {
		return q, err
	}
	q.Counts, q.Capped = deskCounts(counts), map[string]bool{}
	for status, n := range counts {
		if n >= tabMost {
			q.Capped[string(status)], q.Capped["all"] = true, true
			q.Capped["queue"] = q.Capped["queue"] || slices.Contains([]delegations.Status{delegations.Submitted, delegations.UnderReview, delegations.OnHold}, status)
		}
	}
	if q.Counts["duplicates"], err = s.Delegations.Proposed(ctx, by, e); err != nil {
		return q, err
	}
	if q.Counts["pending"], err = s.Delegations.Changing(ctx, by, e); err != nil {
		return q, err
	}
	if q.Views, err = s.Delegations.Views(ctx, by, e); err != nil {
		return q, err
	}
	if err := s.deskChoices(c, &q); err != nil {
		return q, err
	}
	q.narrowed()
	q.Recent, err = s.recentDecisions(c)
	return q, err
}

// narrowed says the further filters that are on in words.
func (q *deskQueue) narrowed() {
	for name, choices := range map[string][]Choice{"category": q.Categories, "country": q.Countries, "delegation": q.Groups} {
		value := q.Asked.Get(name)
		if i := slices.IndexFunc(choices, func(c Choice) bool { return c.Value == value }); i >= 0 {
			q.Narrowed = append(q.Narrowed, narrowing{Name: name, Text: choices[i].Text})
		}
	}
	if v := q.Asked.Get("source"); slices.Contains(sources, v) {
		q.Narrowed = append(q.Narrowed, narrowing{Name: "source", Key: "desk.source." + v})
	}
	if v, err := strconv.Atoi(q.Asked.Get("waiting")); err == nil && slices.Contains(waitings, v) {
		q.Narrowed = append(q.Narrowed, narrowing{Name: "waiting", Key: "desk.waits_long." + strconv.Itoa(v)})
	}
	if v := q.Asked.Get("sort"); v == "oldest" || v == "newest" {
		q.Narrowed = append(q.Narrowed, narrowing{Name: "sort", Key: "desk.sort." + v})
	}
	slices.SortFunc(q.Narrowed, func(a, b narrowing) int { return slices.Index(asked, a.Name) - slices.Index(asked, b.Name) })
}

// deskChoices are what the list may be narrowed to.
func (s *Server) deskChoices(c *fiber.Ctx, q *deskQueue) error {
	ctx, l := c.UserContext(), visitOf(c).lang
	categories, err := s.Events.Categories(ctx, event(c).ID)
	if err != nil {
		return err
	}
	for _, k := range categories {
		q.Categories = append(q.Categories, Choice{k.Code, k.Name.In(l)})
	}
	if q.Countries, err = s.countries(c); err != nil {
		return err
	}
	if !actor(c).May(accounts.SeeDelegations, event(c).ID) {
		return nil
	}
	groups, err := s.Delegations.List(ctx, actor(c), event(c).ID)
	for _, d := range groups {
		q.Groups = append(q.Groups, Choice{d.ID.String(), d.Code + " " + d.City.In(l)})
	}
	return err
}

func (s *Server) recentDecisions(c *fiber.Ctx) (recent []recentDecision, err error) {
	latest, err := s.Delegations.Decisions(c.UserContext(), actor(c), event(c).ID)
	now := s.Now()
	for _, d := range latest {
		r := recentDecision{Decision: d, Undoable: d.Open(now)}
		if d.UndoneAt != nil || now.Sub(d.DueAt) > recentFor || err != nil {
			continue
		}
		if d.Refused > 0 {
			if _, r.Failed, err = s.Delegations.DecisionOf(c.UserContext(), actor(c), d.ID); err != nil {
				return nil, err
			}
		}
		recent = append(recent, r)
	}
	return recent, err
}

// tabMost is how far each status is counted beside the list.
const tabMost = 2000

// Tab is how many a tab of the desk holds.
func (q deskQueue) Tab(name string) string {
	n := strconv.Itoa(q.Counts[name])
	if q.Capped[name] {
		n += "+"
	}
	return n
}

// deskCounts adds to the registrations of each status what the desk asks for: all
// of them, those that wait for a decision (queue), and those with a badge
// (holding).
func deskCounts(counts map[delegations.Status]int) map[string]int {
	desk := map[string]int{}
	for status, n := range counts {
		desk[string(status)] = n
		if status != delegations.Draft { // a delegation's own business yet
			desk["all"] += n
		}
		switch status {
		case delegations.Submitted, delegations.UnderReview, delegations.OnHold:
			desk["queue"] += n
		case delegations.Approved, delegations.BadgeIssued, delegations.CheckedIn:
			desk["holding"] += n
		}
	}
	return desk
}
