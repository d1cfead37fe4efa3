package delegations

import (
	"slices"

	"qianshou/app/accounts"
)

// Masked is what stands for a value that its reader may not see.
const Masked = "••••"

// reader is how much somebody may see of what is kept of a person. Birth date and
// passport are for those who see sensitive data and for the officers who hand them
// in, and neither is shown more than the passport's last signs without a look that
// is logged. What somebody eats and needs is for these, and for the officers who
// look after it: others read how many need what, never who.
type reader struct{ papers, needs, rest bool }

// readerOf is how much an actor may see of a registration.
func (r Registration) readerOf(by accounts.Actor) reader {
	papers := by.May(accounts.SeeSensitive, r.EventID) || r.officerOf(by, accounts.Complete)
	return reader{
		papers: papers,
		needs:  papers || r.officerOf(by, accounts.EditNeeds),
		rest:   papers || by.May(accounts.SeeRegistrations, r.EventID) || by.ForFirm(r.EventID, r.FirmID),
	}
}

// needs tells whether a field says what somebody eats or needs.
func needs(field string) bool { return field == "meal_plan" || field == "access_needs" }

// details is what a reader may see of details: who looks after needs and nothing
// else sees NeedsFields alone.
func (of reader) details(d Details) Details {
	if !of.rest {
		return Details{Input: Input{Languages: d.Languages, MealPlan: d.MealPlan, AccessNeeds: d.AccessNeeds}}
	}
	if !of.papers {
		d.PassportMask = hidden(d.PassportMask)
		d.Remarks = slices.DeleteFunc(d.Remarks, func(m Remark) bool { return sensitive(m.Field) })
	}
	if d.NeedsHidden = !of.needs; d.NeedsHidden {
		d.MealPlan, d.AccessNeeds = "", nil
	}
	d.Pending, d.Last = of.change(d.Pending), of.change(d.Last)
	return d
}

// change is what a reader may see of a change: which fields it moved, and of what is
// not theirs to read no more.
func (of reader) change(c *Change) *Change {
	if c == nil {
		return nil
	}
	shown := *c
	shown.Fields = slices.Clone(c.Fields)
	for i, m := range shown.Fields {
		if sensitive(m.Field) && !of.papers || needs(m.Field) && !of.needs {
			shown.Fields[i].From, shown.Fields[i].To = hidden(m.From), hidden(m.To)
		}
	}
	return &shown
}

func hidden(value string) string {
	if value == "" {
		return ""
	}
	return Masked
}
