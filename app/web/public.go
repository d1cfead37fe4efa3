package web

import (
	"cmp"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
)

// registerLimit bounds how often one address may register people: a delegation's
// office behind one address still gets through.
var registerLimit = Limit{Times: 60, In: 10 * time.Minute, Name: "register", Guests: true}

type homePage struct {
	Page
	Events []EventHead
}

// home lists the events that guests may see.
func (s *Server) home(c *fiber.Ctx) error {
	list, err := s.Events.Public(c.UserContext())
	if err != nil {
		return err
	}
	p := homePage{Page: s.page(c)}
	for _, e := range list {
		p.Events = append(p.Events, HeadOf(e))
	}
	nearestFirst(p.Events, s.Now())
	return s.render(c, "public/home", p)
}

// nearestFirst sorts events as a guest looks for them: what is on, then what
// comes, the nearest first, then what was, the latest first.
func nearestFirst(list []EventHead, now time.Time) {
	when := func(e EventHead) (part int, distance time.Duration) {
		switch ends := e.LastDay.AddDate(0, 0, 1); {
		case now.Before(e.FirstDay):
			return 1, e.FirstDay.Sub(now)
		case !now.Before(ends):
			return 2, now.Sub(ends)
		}
		return 0, 0
	}
	slices.SortStableFunc(list, func(a, b EventHead) int {
		partA, farA := when(a)
		partB, farB := when(b)
		return cmp.Or(cmp.Compare(partA, partB), cmp.Compare(farA, farB))
	})
}

type eventPage struct {
	Page
	Summary     locale.Text
	Demo        bool
	Open        bool // at least one category takes registrations now
	OnNow, Next []agenda.Item
	Delegations []delegations.Delegation
	Tracks      []events.Track
	Stops       []events.Stop
	Hero        []string   // paths of the drawing; none without delegations
	Closes      *time.Time // when the last open category closes
	Days        []shortDay
}

// ManyStops tells whether days must say where they are.
func (p eventPage) ManyStops() bool { return len(p.Stops) > 1 }

// shortDay is a day of the agenda in a few lines.
type shortDay struct {
	At    time.Time
	Stop  locale.Text
	Items []shortItem
}

type shortItem struct {
	agenda.Item
	Now bool
}

// perShortDay is how many sessions of a day the public page names.
const perShortDay = 6

// shortDays draws the agenda in brief.
func shortDays(live agenda.Live, now time.Time) (days []shortDay) {
	for _, d := range live.Days {
		day := shortDay{}
		for _, stop := range live.Stops {
			if stop.Position == d.Stop {
				day.Stop = stop.Name
			}
		}
		for _, item := range d.Sessions {
			if item.Cancelled || len(day.Items) == perShortDay {
				continue
			}
			if zone, err := time.LoadLocation(item.TimeZone); err == nil {
				item.StartsAt, item.EndsAt = item.StartsAt.In(zone), item.EndsAt.In(zone)
			}
			day.Items = append(day.Items, shortItem{item, !now.Before(item.StartsAt) && now.Before(item.EndsAt)})
		}
		if len(day.Items) > 0 {
			day.At = day.Items[0].StartsAt
			days = append(days, day)
		}
	}
	return days
}

// shownEvent finds the event of the address if guests may see it.
func (s *Server) shownEvent(c *fiber.Ctx) (events.Event, error) {
	e, err := s.Events.ByID(c.UserContext(), event(c).ID)
	if err == nil && !e.Shown() && !actor(c).May(accounts.SeeConsole, e.ID) {
		return e, fault.New(fault.NotFound, "error.not_found")
	}
	return e, err
}

func (s *Server) publicEvent(c *fiber.Ctx) error {
	ctx := c.UserContext()
	e, err := s.shownEvent(c)
	if err != nil {
		return err
	}
	p := eventPage{Page: s.page(c), Summary: e.Summary, Demo: s.Demo}
	if p.Delegations, err = s.Delegations.Public(ctx, e.ID); err != nil {
		return err
	}
	if p.Tracks, err = s.Events.Tracks(ctx, e.ID); err != nil {
		return err
	}
	if p.Stops, err = s.Events.Stops(ctx, e.ID); err != nil {
		return err
	}
	open, err := s.openCategories(c, e)
	if err != nil {
		return err
	}
	p.Open, p.Closes = len(open) > 0, lastClose(open)
	if n := len(p.Delegations); n > 0 {
		districts, err := s.Events.Districts(ctx)
		if err != nil {
			return err
		}
		p.Hero = hero(n, len(districts))
	}
	live, err := s.Agenda.Live(ctx, e.ID)
	if err != nil {
		return err
	}
	p.OnNow, p.Next = live.NowNext(p.Now, 2)
	p.Days = shortDays(live, p.Now)
	return s.render(c, "public/event", p)
}

// lastClose is when the last of open categories closes; nil when one stays open.
func lastClose(open []events.Category) (last *time.Time) {
	for _, c := range open {
		if c.ClosesAt == nil {
			return nil
		}
		if last == nil || c.ClosesAt.After(*last) {
			last = c.ClosesAt
		}
	}
	return last
}

// openCategories are those in which a guest can register now.
func (s *Server) openCategories(c *fiber.Ctx, e events.Event) ([]events.Category, error) {
	all, err := s.Events.Categories(c.UserContext(), e.ID)
	var open []events.Category
	for _, category := range all {
		if category.Public && category.OpenAt(s.Now()) && (e.Status == events.RegistrationOpen || e.Status == events.Running || e.Status == events.Frozen) {
			open = append(open, category)
		}
	}
	return open, err
}

type registerPage struct {
	Page
	Form       Form
	Categories []Choice
	Countries  []Choice
	Questions  []Asked
	Titles     titleOffers
}

func (s *Server) registerPage(c *fiber.Ctx, form Form) (registerPage, error) {
	e, err := s.shownEvent(c)
	if err != nil {
		return registerPage{}, err
	}
	p := registerPage{Page: s.page(c), Form: form}
	p.LangForm = "registration"
	open, err := s.openCategories(c, e)
	if err != nil {
		return p, err
	}
	for _, category := range open {
		p.Categories = append(p.Categories, Choice{category.Code, category.Name.In(p.Lang)})
	}
	asked, err := s.Forms.Asked(c.UserContext(), e.ID)
	if err != nil {
		return p, err
	}
	p.Questions = s.ask(byCategory(p.Lang, open), &p.Form, asked.Questions)
	if p.Titles, err = s.titleOffers(c); err != nil {
		return p, err
	}
	p.Countries, err = s.countryChoices(c)
	return p, err
}

// firstChoice is what a row of choices begins with: what the address asks for,
// if it is offered; the only one; or none, since nobody chose yet.
func firstChoice(choices []Choice, asked string) string {
	if len(choices) == 1 {
		return choices[0].Value
	}
	if slices.ContainsFunc(choices, func(c Choice) bool { return c.Value == asked }) {
		return asked
	}
	return ""
}

// NamesOrganisation tells whether whoever registers must name one, whatever they
// choose.
func (p registerPage) NamesOrganisation() bool {
	return !slices.ContainsFunc(p.Categories, func(c Choice) bool { return !delegations.ComesForOrganisation(c.Value) })
}

// LeavesOrganisation tells whether they need not, whatever they choose.
func (p registerPage) LeavesOrganisation() bool {
	return !slices.ContainsFunc(p.Categories, func(c Choice) bool { return delegations.ComesForOrganisation(c.Value) })
}

func (s *Server) registerForm(c *fiber.Ctx) error {
	p, err := s.registerPage(c, Form{})
	if err != nil {
		return err
	}
	p.Form.values = FormOf("category", firstChoice(p.Categories, c.Query("category"))).values
	return s.render(c, "public/register", p)
}

func (s *Server) register(c *fiber.Ctx) error {
	form := readForm(c)
	asked, err := s.Forms.Asked(c.UserContext(), event(c).ID)
	if err != nil {
		return err
	}
	answers, err := s.takeAnswers(c, &form, asked.Questions)
	if err != nil {
		return err
	}
	if form.Translates() {
		p, err := s.registerPage(c, form)
		if err != nil {
			return err
		}
		return s.render(c, "public/register", p)
	}
	if err := s.pairTitles(c, &form, delegations.Input{}); err != nil {
		return err
	}
	r, secret, err := s.Delegations.Register(c.UserContext(), accounts.GuestActor(), event(c).ID, delegations.Input{
		Category: form.Text("category"), GivenName: form.Raw("given_name"), FamilyName: form.Raw("family_name"), NameNative: form.Raw("name_native"),
		NativeOrder: form.Text("native_order"), NameZH: form.Raw("name_zh"), Nationality: form.Text("nationality"), Email: form.Raw("email"),
		MRZSurname: form.Raw("mrz_surname"), MRZGiven: form.Raw("mrz_given"),
		Phone: form.Raw("phone"), TitleEN: form.Raw("title_en"), TitleZH: form.Raw("title_zh"), Organisation: form.Raw("organisation"),
		Answers: answers, Consent: form.Ticked("consent"), Lang: string(lang(c)), Source: "web",
	})
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.registerPage(c, form)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "public/register", p)
	}
	if r.Status == delegations.Waitlisted {
		s.flash(c, "fix", "register.waits")
	} else {
		s.flash(c, "ok", "register.done")
	}
	return s.done(c, "/me/"+secret)
}
