package delegations

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// belongs checks where somebody is to belong and answers them so, and the category.
// In a delegation the category that they had follows their role; another one must be
// the role's.
func belongs(ctx context.Context, tx *sqlx.Tx, was Registration, to Belonging) (Registration, events.Category, error) {
	var bad fault.List
	r := was
	r.DelegationID, r.FirmID = to.DelegationID, to.FirmID
	categories, err := events.CategoriesIn(ctx, tx, r.EventID)
	if err != nil {
		return r, events.Category{}, fmt.Errorf("read categories: %w", err)
	}
	if to.DelegationID != ident.Nil {
		if r.Role, err = roleIn(ctx, tx, &bad, was, to); err != nil {
			return r, events.Category{}, err
		}
		if own, found := categoryIn(categories, to.Category); found && own.ID == was.CategoryID {
			to.Category = ""
		}
		to.Category = followRole(&bad, categories, to.Category, r.Role)
	}
	category, found := categoryIn(categories, to.Category)
	if !found {
		bad.Check(len(bad) > 0, "category", "field.choice")
		return r, events.Category{}, bad.Err()
	}
	if r.CategoryID = category.ID; was.CategoryID != category.ID {
		r.BadgeType, r.Category = category.BadgeType, category.Name
	}
	if to.DelegationID == ident.Nil {
		r.Role = roleOf(category.Code)
		if OnlyInDelegations(category.Code) && (was.DelegationID != ident.Nil || was.CategoryID != category.ID) {
			bad.Add("delegation", "registration.only_in_delegation", category.Name)
		}
	}
	if r.Organisation, err = organisationIn(ctx, tx, &bad, was, to); err != nil {
		return r, category, err
	}
	if r.Organisation == "" && to.DelegationID == ident.Nil && ComesForOrganisation(category.Code) {
		bad.Add("organisation", "registration.organisation_of")
	}
	return r, category, bad.Err()
}

func categoryIn(categories []events.Category, code string) (events.Category, bool) {
	i := slices.IndexFunc(categories, func(c events.Category) bool { return c.Code == code })
	if i < 0 {
		return events.Category{}, false
	}
	return categories[i], true
}

// followRole answers the category of a role in a delegation. A category that was
// chosen and is another one is refused, and the right one named.
func followRole(bad *fault.List, categories []events.Category, chosen, role string) string {
	code := CategoryOf(role)
	if right, found := categoryIn(categories, code); found && chosen != "" && chosen != code && slices.Contains(MemberRoles, role) {
		bad.Add("category", "registration.role_category", right.Name)
	}
	return code
}

// roleIn checks the delegation that somebody is to be of and answers their role there.
func roleIn(ctx context.Context, tx *sqlx.Tx, bad *fault.List, r Registration, to Belonging) (string, error) {
	d, err := delegationByID(ctx, tx, to.DelegationID)
	switch {
	case err != nil && fault.CodeOf(err) != fault.NotFound:
		return "", err
	case err != nil || d.EventID != r.EventID:
		bad.Add("delegation", "field.choice")
	case !d.Coming():
		bad.Add("delegation", "delegations.not_coming")
	}
	role := to.Role
	if role == "" {
		if role = r.Role; !slices.Contains(MemberRoles, role) {
			role = "member"
		}
	}
	bad.Check(slices.Contains(MemberRoles, role), "role", "field.choice")
	if role != "head" || r.Role == "head" && r.DelegationID == to.DelegationID {
		return role, nil
	}
	led, err := hasHead(ctx, tx, to.DelegationID)
	bad.Check(!led, "role", "constraint.registrations_one_head")
	return role, err
}

// organisationIn checks the firm and the organisation that somebody is to come for. Who
// came in the name of one firm comes in that of the other.
func organisationIn(ctx context.Context, tx *sqlx.Tx, bad *fault.List, was Registration, to Belonging) (string, error) {
	named := was.Organisation
	if to.Organisation != nil {
		named = text.Clean(*to.Organisation)
		text.Line(bad, "organisation", named, false, 200)
	}
	if to.FirmID == ident.Nil {
		return named, nil
	}
	firm, err := firmTakingPart(ctx, tx, was.EventID, to.FirmID)
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		bad.Add("firm", "registration.firm_not_there")
	case err != nil:
		return "", err
	case named == "" || to.FirmID != was.FirmID && (named == was.Firm.ZH || named == was.Firm.EN):
		named = firm.Name.In(locale.Lang(was.Lang))
	}
	return named, nil
}

// belongsAtDesk checks with whom somebody comes whom the office registers, and has the
// category follow from the role in a delegation.
func (s *Service) belongsAtDesk(ctx context.Context, event ident.ID, in *Input) (bad fault.List, err error) {
	categories, err := s.events.Categories(ctx, event)
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	if in.DelegationID == ident.Nil {
		in.Role = ""
		if category, found := categoryIn(categories, in.Category); found && OnlyInDelegations(in.Category) {
			bad.Add("delegation", "registration.only_in_delegation", category.Name)
		}
		return bad, nil
	}
	if in.Role == "" {
		in.Role = "member"
	}
	bad.Check(slices.Contains(MemberRoles, in.Role), "role", "field.choice")
	in.Category = followRole(&bad, categories, in.Category, in.Role)
	key, err := s.mayJoin(ctx, event, *in)
	bad.Check(key == "", "delegation", key)
	return bad, err
}

// mayJoin answers the key of why somebody cannot join a delegation; empty: they can.
func (s *Service) mayJoin(ctx context.Context, event ident.ID, in Input) (string, error) {
	d, err := delegationByID(ctx, s.db, in.DelegationID)
	switch {
	case fault.CodeOf(err) == fault.NotFound || err == nil && d.EventID != event:
		return "field.choice", nil
	case err == nil && !d.Coming():
		return "delegations.not_coming", nil
	}
	return "", err
}
