package events

import (
	"context"
	"regexp"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

var categoryForm = regexp.MustCompile(`^[a-z][a-z_]{1,39}$`)

// Approvals are the ways in which a category takes people in: at once; at once when
// their firm holds a grant of automatic approval, else by review; by review.
var Approvals = []string{"automatic", "whitelist", "review"}

// PhotoRules say whether a category asks for photos.
var PhotoRules = []string{"badge_type", "required", "optional"}

// mostPlaces is a greater quota than any event has.
const mostPlaces = 1_000_000

func (c *Category) clean() {
	c.Name = locale.Text{ZH: text.Clean(c.Name.ZH), EN: text.Clean(c.Name.EN)}
	if c.Photo == "" {
		c.Photo = "badge_type"
	}
}

func (c Category) check() (bad fault.List) {
	switch {
	case c.Code != "":
		bad.Check(categoryForm.MatchString(c.Code), "code", "constraint.categories_code")
	case c.Name.EN != "": // else the missing name is the cause
		bad.Add("code", "events.code_none")
	}
	checkName(&bad, c.Name, "name", 60)
	bad.Check(c.Quota == nil || *c.Quota >= 0 && *c.Quota <= mostPlaces, "quota", "field.number_between", 0, mostPlaces)
	bad.Check(slices.Contains(Approvals, c.Approval), "approval", "field.choice")
	bad.Check(slices.Contains(PhotoRules, c.Photo), "photo", "field.choice")
	bad.Check(c.OpensAt == nil || c.ClosesAt == nil || c.ClosesAt.After(*c.OpensAt), "closes_at", "field.order")
	return bad
}

// Check answers what is wrong with a category, before anybody asks to save it.
//
// Fault: Invalid with fields.
func (c Category) Check() error {
	c.clean()
	return c.check().Err()
}

// categoryFault lays a refusal of the database beside the field that caused it.
func categoryFault(err error) error {
	switch store.Constraint(err) {
	case "categories_badge_type":
		return fault.Fields(fault.Field{Path: "badge_type", Key: "field.choice"})
	case "categories_once":
		return fault.Fields(fault.Field{Path: "code", Key: "field.taken"})
	}
	return err
}

// SaveCategory adds a category, or changes the one of the same code.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveCategory(ctx context.Context, by accounts.Actor, in Category) (Category, error) {
	in.clean()
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "category.save", "category", in.ID, in.check(), nil, func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertCategory(ctx, tx, in)
		return categoryFault(err)
	})
	return in, err
}

// AddCategory adds a category after the others.
//
// Faults: Forbidden; Invalid with fields, a code that is taken too.
func (s *Service) AddCategory(ctx context.Context, by accounts.Actor, in Category) (Category, error) {
	in.clean()
	in.ID, in.Version = s.newID(), 1
	err := s.save(ctx, by, in.EventID, "category.save", "category", in.ID, in.check(), nil, func(tx *sqlx.Tx) (err error) {
		all, err := lockCategories(ctx, tx, in.EventID)
		if err != nil {
			return err
		}
		in.Position = 1
		for _, c := range all {
			in.Position = max(in.Position, c.Position+1)
		}
		return categoryFault(insertCategory(ctx, tx, in))
	})
	return in, err
}

// EditCategory changes a category but for its code and its place; Version is the
// one that was shown. then runs in the same transaction, with the category before.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, somebody changed the
// category meanwhile.
func (s *Service) EditCategory(ctx context.Context, by accounts.Actor, in Category, then func(tx *sqlx.Tx, before Category) error) (Category, error) {
	if !by.May(accounts.EditEvent, in.EventID) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	in.clean()
	if err := in.check().Err(); err != nil {
		return in, err
	}
	err := s.write(ctx, by, in.EventID, "category.save", "category", in.ID, in.noted(), func(tx *sqlx.Tx) error {
		before, err := lockCategory(ctx, tx, in.EventID, in.ID)
		if err != nil {
			return err
		}
		if before.Version != in.Version {
			return fault.New(fault.Conflict, "error.changed")
		}
		in.Code, in.Position, in.Version = before.Code, before.Position, before.Version+1
		if err := updateCategory(ctx, tx, in); err != nil {
			return categoryFault(err)
		}
		return then(tx, before)
	})
	return in, err
}

// noted is a category as the audit log keeps it.
func (c Category) noted() map[string]any {
	var quota any
	if c.Quota != nil {
		quota = *c.Quota
	}
	return map[string]any{
		"code": c.Code, "name_zh": c.Name.ZH, "name_en": c.Name.EN, "quota": quota, "approval": c.Approval, "photo": c.Photo,
		"public": c.Public, "opens_at": c.OpensAt, "closes_at": c.ClosesAt, "badge_type": c.BadgeType,
	}
}

// MoveCategory brings a category one place up (by -1) or down (by 1); at the end
// of the list nothing happens.
//
// Faults: Forbidden; NotFound.
func (s *Service) MoveCategory(ctx context.Context, by accounts.Actor, event, id ident.ID, step int) error {
	return s.save(ctx, by, event, "category.order", "category", id, nil, nil, func(tx *sqlx.Tx) error {
		all, err := lockCategories(ctx, tx, event)
		if err != nil {
			return err
		}
		from := slices.IndexFunc(all, func(c Category) bool { return c.ID == id })
		if from < 0 || step != 1 && step != -1 {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if to := from + step; to >= 0 && to < len(all) {
			all[from], all[to] = all[to], all[from]
		}
		for i, c := range all {
			if err := placeCategory(ctx, tx, c.ID, i+1); err != nil {
				return err
			}
		}
		return nil
	})
}
