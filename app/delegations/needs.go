package delegations

import (
	"context"
	"fmt"
	"slices"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Needs are what a kitchen, a hall and interpreters must know of people who come:
// how many of what, never why.
type Needs struct {
	People    int
	Meals     []Tally // of MealPlans but "none", in that order
	Access    []Tally // of AccessNeeds, in that order
	Languages []Tally // language tags, the most frequent first
}

// Tally is how many people a need is of. Who they are only those read who see
// sensitive data, and the officers of the delegation who look after needs.
type Tally struct {
	Code string
	N    int
	Who  []locale.Name // empty: not told
}

// DelegationNeeds are the needs of one delegation.
type DelegationNeeds struct {
	Delegation
	Needs
}

// needRow is what one person needs.
type needRow struct {
	DelegationID ident.ID    `db:"delegation_id"`
	Called       locale.Name `db:"called"`
	Meal         string      `db:"meal_plan"`
	Access       FieldList   `db:"access_needs"`
	Languages    FieldList   `db:"languages"`
}

// Needs answers what the delegations of an event need, in all and each.
//
// Fault: Forbidden.
func (s *Service) Needs(ctx context.Context, by accounts.Actor, event ident.ID) (Needs, []DelegationNeeds, error) {
	if !by.May(accounts.SeeDelegations, event) {
		return Needs{}, nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	list, err := delegationsOf(ctx, s.db, event)
	if err != nil {
		return Needs{}, nil, err
	}
	rows, err := needsOf(ctx, s.db, event, ident.Nil)
	if err != nil {
		return Needs{}, nil, fmt.Errorf("read needs: %w", err)
	}
	named := by.May(accounts.SeeSensitive, event)
	of := map[ident.ID][]needRow{}
	for _, r := range rows {
		of[r.DelegationID] = append(of[r.DelegationID], r)
	}
	var each []DelegationNeeds
	for _, d := range list {
		if len(of[d.ID]) > 0 {
			each = append(each, DelegationNeeds{d, tallied(of[d.ID], named)})
		}
	}
	return tallied(rows, named), each, nil
}

// NeedsOf answers what one delegation needs, to the office and to the officers who
// see all of it.
//
// Fault: Forbidden.
func (s *Service) NeedsOf(ctx context.Context, by accounts.Actor, d Delegation) (Needs, error) {
	officer := by.MayFor(accounts.SeeDelegation, d.EventID, d.ID, "")
	if !officer && !by.May(accounts.SeeDelegations, d.EventID) {
		return Needs{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	rows, err := needsOf(ctx, s.db, d.EventID, d.ID)
	return tallied(rows, officer || by.May(accounts.SeeSensitive, d.EventID)), err
}

// tallied counts needs; named says that names are told.
func tallied(rows []needRow, named bool) Needs {
	n := Needs{People: len(rows)}
	count := func(list *[]Tally, code string, who locale.Name) {
		i := slices.IndexFunc(*list, func(t Tally) bool { return t.Code == code })
		if i < 0 {
			i, *list = len(*list), append(*list, Tally{Code: code})
		}
		(*list)[i].N++
		if named {
			(*list)[i].Who = append((*list)[i].Who, who)
		}
	}
	for _, r := range rows {
		if r.Meal != "none" {
			count(&n.Meals, r.Meal, r.Called)
		}
		for _, need := range r.Access.All() {
			count(&n.Access, need, r.Called)
		}
		for _, tag := range r.Languages.All() {
			count(&n.Languages, tag, r.Called)
		}
	}
	inOrder := func(list []Tally, order []string) {
		slices.SortFunc(list, func(a, b Tally) int { return slices.Index(order, a.Code) - slices.Index(order, b.Code) })
	}
	inOrder(n.Meals, MealPlans)
	inOrder(n.Access, AccessNeeds)
	slices.SortStableFunc(n.Languages, func(a, b Tally) int { return b.N - a.N })
	return n
}
