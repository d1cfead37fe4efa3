package web

import (
	"cmp"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
)

type categoriesPage struct {
	Page
	Rows []categoryRow
}

// categoryRow is a category with what its badge opens and how full it is.
type categoryRow struct {
	events.Category
	Badge       events.BadgeType
	Zones       []locale.Text
	Taken       int
	Waiting     int
	First, Last bool
}

// Photo tells whether people of the category bring a photo; heads never need one.
func (r categoryRow) Photo() bool { return r.NeedsPhoto(r.Badge, r.Code) }

// Places is the quota; zero when there is none.
func (r categoryRow) Places() int {
	if r.Quota == nil {
		return 0
	}
	return *r.Quota
}

// Share is how much of the quota is taken, in hundredths.
func (r categoryRow) Share() float64 {
	if r.Places() == 0 {
		return 0
	}
	return 100 * float64(r.Taken) / float64(r.Places())
}

// Open tells whether the public form takes people into the category at an instant.
func (r categoryRow) Open(at time.Time) bool { return r.Public && r.OpenAt(at) }

func (s *Server) categoryList(c *fiber.Ctx) error {
	ctx, e := c.UserContext(), event(c).ID
	p := categoriesPage{Page: s.page(c)}
	categories, err := s.Events.Categories(ctx, e)
	if err != nil {
		return err
	}
	types, err := s.Events.BadgeTypes(ctx, e)
	if err != nil {
		return err
	}
	zones, err := s.Events.Zones(ctx, e)
	if err != nil {
		return err
	}
	names := map[string]locale.Text{}
	for _, z := range zones {
		names[z.Code] = z.Name
	}
	counts, err := s.Delegations.Places(ctx, actor(c), e)
	if err != nil {
		return err
	}
	for i, category := range categories {
		row := categoryRow{Category: category, First: i == 0, Last: i == len(categories)-1, Taken: counts[category.ID].Taken, Waiting: counts[category.ID].Waiting}
		for _, t := range types {
			if t.Code == category.BadgeType {
				row.Badge = t
			}
		}
		for _, code := range row.Badge.Zones {
			row.Zones = append(row.Zones, names[code])
		}
		p.Rows = append(p.Rows, row)
	}
	return s.render(c, "categories/list", p)
}

type categoryPage struct {
	Page
	Form       Form
	Category   events.Category // the zero one: new
	BadgeTypes []Choice
	Approvals  []Choice
	Photos     []Choice
}

func (s *Server) categoryPage(c *fiber.Ctx, category events.Category, form Form) (categoryPage, error) {
	p := categoryPage{Page: s.page(c), Category: category, Form: form}
	for _, way := range events.Approvals {
		p.Approvals = append(p.Approvals, Choice{way, s.words.T(p.Lang, "categories.approval."+way)})
	}
	for _, rule := range events.PhotoRules {
		p.Photos = append(p.Photos, Choice{rule, s.words.T(p.Lang, "categories.photo."+rule)})
	}
	types, err := s.Events.BadgeTypes(c.UserContext(), event(c).ID)
	if form.Value("badge_type") == "" { // whoever makes a category says what its people carry
		p.BadgeTypes = append(p.BadgeTypes, Choice{"", s.words.T(p.Lang, "register.choose")})
	}
	for _, t := range types {
		p.BadgeTypes = append(p.BadgeTypes, Choice{t.Code, t.Code + " · " + t.Name.In(p.Lang)})
	}
	return p, err
}

func (s *Server) newCategory(c *fiber.Ctx) error {
	p, err := s.categoryPage(c, events.Category{}, FormOf("approval", "review", "photo", "badge_type", "public", "yes"))
	if err != nil {
		return err
	}
	return s.render(c, "categories/edit", p)
}

// categoryOf finds the category of the address within its event.
func (s *Server) categoryOf(c *fiber.Ctx) (events.Category, error) {
	id, err := pathID(c, "category")
	if err != nil {
		return events.Category{}, err
	}
	all, err := s.Events.Categories(c.UserContext(), event(c).ID)
	if err != nil {
		return events.Category{}, err
	}
	for _, category := range all {
		if category.ID == id {
			return category, nil
		}
	}
	return events.Category{}, fault.New(fault.NotFound, "error.not_found")
}

func (s *Server) category(c *fiber.Ctx) error {
	category, err := s.categoryOf(c)
	if err != nil {
		return err
	}
	zone := event(c).Zone
	form := FormOf("code", category.Code, "name_zh", category.Name.ZH, "name_en", category.Name.EN, "badge_type", category.BadgeType, "approval", category.Approval,
		"photo", category.Photo, "opens_at", momentField(category.OpensAt, zone), "closes_at", momentField(category.ClosesAt, zone))
	if category.Quota != nil {
		form.values.Set("quota", strconv.Itoa(*category.Quota))
	}
	if category.Public {
		form.values.Set("public", "yes")
	}
	p, err := s.categoryPage(c, category, form)
	if err != nil {
		return err
	}
	return s.render(c, "categories/edit", p)
}

// saveCategory adds or changes a category. What is left empty is not limited.
func (s *Server) saveCategory(c *fiber.Ctx) error {
	var before events.Category
	var err error
	if c.Params("category") != "" {
		if before, err = s.categoryOf(c); err != nil {
			return err
		}
	}
	form, ctx, by := readForm(c), c.UserContext(), actor(c)
	in := events.Category{
		EventID: event(c).ID, ID: before.ID, Code: before.Code, Name: locale.Text{ZH: form.Raw("name_zh"), EN: form.Raw("name_en")},
		BadgeType: form.Text("badge_type"), Approval: form.Text("approval"), Public: form.Ticked("public"), Photo: form.Text("photo"),
	}
	if form.Text("quota") != "" {
		quota := form.Whole("quota", 0, 1_000_000)
		in.Quota = &quota
	}
	for name, to := range map[string]**time.Time{"opens_at": &in.OpensAt, "closes_at": &in.ClosesAt} {
		if form.Text(name) != "" {
			at := form.Moment(name, event(c).Zone)
			*to = &at
		}
	}
	if before.Code == "" {
		in.Code = cmp.Or(form.Code("code"), wordsOnly(codeOf(in.Name.EN)))
		if err = form.Err(); err == nil {
			_, err = s.Events.AddCategory(ctx, by, in)
		}
	} else {
		in.Version = form.Whole("version", 1, 1<<30)
		if err = form.Err(); err == nil {
			_, err = s.Delegations.EditCategory(ctx, by, in)
		}
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		form.Refused(in.Check()) // all that is wrong at once
		p, pageErr := s.categoryPage(c, before, form)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "categories/edit", p)
	}
	s.flash(c, "ok", "categories.saved", in.Name)
	return s.done(c, "/console/"+event(c).Slug+"/categories")
}

// moveCategory moves a category by one place.
func (s *Server) moveCategory(c *fiber.Ctx) error {
	category, err := s.categoryOf(c)
	if err != nil {
		return err
	}
	step, known := map[string]int{"up": -1, "down": 1}[c.Params("to")]
	if !known {
		return fiber.ErrNotFound
	}
	if err := s.Events.MoveCategory(c.UserContext(), actor(c), event(c).ID, category.ID, step); err != nil {
		return err
	}
	return s.done(c, "/console/"+event(c).Slug+"/categories")
}
