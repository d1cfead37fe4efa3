package lists

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/locale"
)

// firmList is a register of firms. They take part in the event that it was brought
// at.
type firmList struct{ s *Service }

// plain are the columns without their choices.
func (r firmList) plain() []column {
	s := r.s
	list := []column{
		s.column("credit_code", code, "91330299J3NW4AM187", "信用代码", "uscc", "credit code"),
		s.column("code", code, "", "firm code"),
		s.column("name_zh", words, "宁波澜屿跨境电商有限公司", "企业中文名称", "中文名称", "企业名称", "名称", "name in chinese"),
		s.column("name_en", latin, "Ningbo Lanyu Cross-Border E-Commerce Co., Ltd.", "英文名称", "name"),
		s.column("district", choice, "", "所在区", "区县"),
		s.column("sectors", many, "", "行业", "sector"),
		s.column("ownership", choice, "private", "所有制", "企业性质"),
		s.column("employees", number, "210", "人数", "staff"),
		s.column("languages", many, "zh;en", "语言"),
		s.column("offers_zh", words, "中东欧商品保税仓与直播渠道"),
		s.column("offers_en", latin, "Bonded warehouse and live-stream channel"),
		s.column("needs_zh", words, "葡萄酒、蜂蜜与乳制品供应商"),
		s.column("needs_en", latin, "Suppliers of wine, honey and dairy"),
		s.column("target_countries", many, "HU;BG;RS"),
		s.column("contact_email", latin, "contact@firm.example", "邮箱", "email"),
	}
	for _, kind := range firms.GrantKinds {
		list = append(list, s.column(kind+"_from", day, ""), s.column(kind+"_review", day, ""), s.column(kind+"_basis", words, ""))
	}
	return list
}

func (r firmList) columns(ctx context.Context, _ Import, l locale.Lang) ([]column, error) {
	s := r.s
	sectors, err := s.Events.Sectors(ctx)
	if err != nil {
		return nil, fmt.Errorf("read sectors: %w", err)
	}
	districts, err := s.Events.Districts(ctx)
	if err != nil {
		return nil, fmt.Errorf("read districts: %w", err)
	}
	lands, err := s.lands(ctx)
	if err != nil {
		return nil, err
	}
	list := r.plain()
	for n := range list {
		c := &list[n]
		switch c.Code {
		case "credit_code":
			c.Required = true
		case "name_zh": // a person's is a rendering
			c.Title = s.both("lists.column.firm_name_zh")
		case "district":
			c.choices(l, coded(districts))
		case "sectors":
			c.choices(l, coded(sectors))
			c.Choices = nil // several may be named, which no drop-down takes
		case "target_countries":
			c.choices(l, lands)
			c.Choices = nil
		case "ownership":
			c.choices(l, s.called("lists.ownership.", firms.Ownerships...))
		}
	}
	return list, nil
}

func coded(list []events.Coded) (out []named) {
	for _, c := range list {
		out = append(out, named{value: c.Code, name: c.Name})
	}
	return out
}

// rows makes of lines what firms judges. A number or a day that could not be read is
// among the line's wrong cells already.
func (r firmList) rows(lines []line) []firms.Row {
	rows := make([]firms.Row, len(lines))
	for n, l := range lines {
		v := l.values
		f := firms.Firm{
			Code: v["code"], CreditCode: v["credit_code"], Name: locale.Text{ZH: v["name_zh"], EN: v["name_en"]}, District: v["district"], Sectors: parted(v["sectors"]),
			Ownership: v["ownership"], Languages: parted(v["languages"]), Offers: locale.Text{ZH: v["offers_zh"], EN: v["offers_en"]},
			Needs: locale.Text{ZH: v["needs_zh"], EN: v["needs_en"]}, TargetCountries: parted(v["target_countries"]), Email: v["contact_email"],
		}
		if count, err := strconv.Atoi(v["employees"]); err == nil {
			f.Employees = &count
		}
		rows[n] = firms.Row{Line: l.number, Firm: f, Wrong: l.wrong}
		for _, kind := range firms.GrantKinds {
			from, review, basis := v[kind+"_from"], v[kind+"_review"], v[kind+"_basis"]
			if from == "" && review == "" && basis == "" {
				continue
			}
			g := firms.Grant{Kind: kind, Basis: basis}
			g.From, _ = time.Parse(time.DateOnly, from)
			g.ReviewOn, _ = time.Parse(time.DateOnly, review)
			rows[n].Grants = append(rows[n].Grants, g)
		}
	}
	return rows
}

func (r firmList) check(ctx context.Context, i Import, lines []line) ([]verdict, error) {
	found, err := r.s.Firms.CheckRows(ctx, i.actor, r.rows(lines))
	return firmVerdicts(found), err
}

func (r firmList) apply(ctx context.Context, tx *sqlx.Tx, i Import, lines []line) ([]verdict, error) {
	found, err := r.s.Firms.ApplyRows(ctx, tx, i.actor, i.EventID, r.rows(lines))
	return firmVerdicts(found), err
}

func firmVerdicts(found []firms.Found) []verdict {
	list := make([]verdict, len(found))
	for n, f := range found {
		list[n] = verdict{delegations.Found{Verdict: delegations.Verdict(f.Verdict), Problems: f.Problems, Before: f.Before}}
	}
	return list
}
