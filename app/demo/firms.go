package demo

import (
	"context"
	"fmt"
	"time"

	"qianshou/app/firms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func loadFirms(ctx context.Context, s Services, c *codes) error {
	rows, err := table("firms.csv")
	if err != nil {
		return err
	}
	for _, r := range rows {
		employees, err := r.number("employees")
		if err != nil {
			return err
		}
		firm, err := s.Firms.Save(ctx, by, firms.Firm{
			Code: r["firm_id"], CreditCode: r["uscc_test"], Name: r.names(), District: r["district_code"], Sectors: r.list("sector_codes"),
			Ownership: r["ownership"], Employees: &employees, Languages: r.list("languages_bcp47"),
			Offers: locale.Text{ZH: r["offers_zh"], EN: r["offers_en"]}, Needs: locale.Text{ZH: r["needs_zh"], EN: r["needs_en"]},
			TargetCountries: r.list("target_countries_a2"), CompetitorGroup: r["competitor_group"], Email: r["contact_email"],
		})
		if err != nil {
			return fmt.Errorf("firm %s: %w", r["firm_id"], err)
		}
		c.Firms[firm.Code] = firm.ID
		for _, kind := range []string{"whitelist", "direct_report"} {
			if !r.yes(kind) {
				continue
			}
			_, err := s.Firms.Give(ctx, by, firms.Grant{
				FirmID: firm.ID, Kind: kind, From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ReviewOn: time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC),
				Basis: "office's register (demo)",
			})
			if err != nil {
				return fmt.Errorf("%s of firm %s: %w", kind, firm.Code, err)
			}
		}
		if err := s.Firms.Join(ctx, by, c.Events["EV-FORUM-2027"], firm.ID, ident.Nil); err != nil {
			return err
		}
	}
	for _, p := range c.StopFirms {
		if err := s.Firms.Join(ctx, by, p.Event, c.Firms[p.Firm], p.Stop); err != nil {
			return err
		}
	}
	return nil
}
