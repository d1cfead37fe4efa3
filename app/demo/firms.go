package demo

import (
	"context"
	"fmt"
	"slices"
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
		if err := s.Firms.Join(ctx, by, c.Events["EV-FORUM-2027"], firm.ID, ident.Nil); err != nil {
			return err
		}
	}
	for _, p := range c.StopFirms {
		if err := s.Firms.Join(ctx, by, p.Event, c.Firms[p.Firm], p.Stop); err != nil {
			return err
		}
	}
	return loadContacts(ctx, s.Firms, c)
}

func loadContacts(ctx context.Context, s *firms.Service, c *codes) error {
	rows, err := table("firm_contacts.csv")
	if err != nil {
		return err
	}
	for _, r := range rows {
		_, err := s.SaveContact(ctx, by, ident.Nil, firms.Contact{
			FirmID: c.Firms[r["firm_id"]], Name: r.names(), Post: locale.Text{ZH: r["post_zh"], EN: r["post_en"]}, Email: r["email"], Phone: r["phone"], Main: r.yes("main"),
		})
		if err != nil {
			return fmt.Errorf("contact %s of %s: %w", r["email"], r["firm_id"], err)
		}
	}
	return nil
}

// loadGrants gives firms their grants. firm_grants.csv tells those that have a story
// of their own, day by day; for the others firms.csv says what they hold. on is the
// firms' service on a day.
func loadGrants(ctx context.Context, on func(day time.Time) *firms.Service, c *codes) error {
	told, err := table("firm_grants.csv")
	if err != nil {
		return err
	}
	all, err := table("firms.csv")
	if err != nil {
		return err
	}
	since, review := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range all {
		for _, kind := range []string{firms.Whitelist, firms.DirectReport} {
			own := func(t row) bool { return t["firm_id"] == r["firm_id"] && t["kind"] == kind }
			if !r.yes(kind) || slices.ContainsFunc(told, own) {
				continue
			}
			g := firms.Grant{FirmID: c.Firms[r["firm_id"]], Kind: kind, From: since, ReviewOn: review, Basis: "2026年度企业资格名录（演示）"}
			if _, err := on(Registering()).Give(ctx, by, g); err != nil {
				return fmt.Errorf("%s of firm %s: %w", kind, r["firm_id"], err)
			}
		}
	}
	living := map[string]ident.ID{}
	for _, r := range told {
		if err := tellGrant(ctx, on, c, r, living); err != nil {
			return fmt.Errorf("%s of firm %s on %s: %w", r["kind"], r["firm_id"], r["done_on"], err)
		}
	}
	return nil
}

// tellGrant does one step of a grant; living are the latest grants by firm and kind.
func tellGrant(ctx context.Context, on func(day time.Time) *firms.Service, c *codes, r row, living map[string]ident.ID) error {
	firm, key := c.Firms[r["firm_id"]], r["firm_id"]+" "+r["kind"]
	days := map[string]time.Time{}
	for _, name := range []string{"done_on", "date", "review_on"} {
		if r[name] == "" {
			continue
		}
		at, err := day(r[name])
		if err != nil {
			return err
		}
		days[name] = at
	}
	s := on(days["done_on"].Add(2 * time.Hour)) // ten in the morning of the host city
	switch r["step"] {
	case "given":
		g, err := s.Give(ctx, by, firms.Grant{FirmID: firm, Kind: r["kind"], From: days["date"], ReviewOn: days["review_on"], Basis: r["reason"]})
		living[key] = g.ID
		return err
	case "reviewed":
		_, err := s.Review(ctx, by, firm, living[key], days["review_on"], r["reason"])
		return err
	case "revoked":
		_, err := s.Revoke(ctx, by, firm, living[key], days["date"], r["reason"])
		return err
	}
	return fmt.Errorf("there is no step %q", r["step"])
}
