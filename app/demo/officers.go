package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
)

// forumEvent is the event of the demo's delegations.
const forumEvent = "EV-FORUM-2027"

// loadOfficers gives delegations what leads them to the forum: deadlines, officers
// with links that nobody was told, places of classes, journeys, and a few members who
// are only nominated yet.
func loadOfficers(ctx context.Context, s Services, c *codes) error {
	event := c.Events[forumEvent]
	due := map[string]time.Time{}
	for step, day := range map[string]string{"nominate": "2027-05-10T18:00+08:00", "complete": "2027-05-20T18:00+08:00", "confirm": "2027-05-31T18:00+08:00"} {
		at, err := instant(day)
		if err != nil {
			return err
		}
		due[step] = at
	}
	if err := s.Delegations.SetDeadlines(ctx, by, event, due); err != nil {
		return fmt.Errorf("deadlines: %w", err)
	}
	list, err := s.Delegations.List(ctx, by, event)
	if err != nil {
		return err
	}
	for i, d := range list {
		if err := loadOfficersOf(ctx, s, d, i); err != nil {
			return fmt.Errorf("officers of %s: %w", d.Code, err)
		}
		if err := loadJourneys(ctx, s, d, i); err != nil {
			return fmt.Errorf("journeys of %s: %w", d.Code, err)
		}
	}
	return loadNominees(ctx, s, c)
}

// loadOfficersOf adds the officers of a delegation; a few have nobody who
// could be written to.
func loadOfficersOf(ctx context.Context, s Services, d delegations.Delegation, i int) error {
	until := time.Date(2027, 6, 12, 0, 0, 0, 0, time.FixedZone("", 8*60*60))
	mail := strings.ToLower(d.Code) + "@cityhall.example"
	if i%6 == 2 {
		mail = ""
	}
	officers := []delegations.Officer{
		{Role: accounts.Accreditation, Holder: "International Office (demo)", Email: mail, Lang: "en"},
		{Role: accounts.HostLiaison, Holder: d.Liaison.ZH, Email: strings.ToLower(d.Code) + "@liaison.example", Lang: "zh"},
	}
	if i%3 == 0 {
		officers = append(officers,
			delegations.Officer{Role: accounts.Liaison, Holder: "Travel desk (demo)", Email: "travel-" + mail, Lang: "en"},
			delegations.Officer{Role: accounts.Media, Holder: "Press office (demo)", Email: "press-" + mail, Lang: "en"})
	}
	for _, o := range officers {
		if strings.HasSuffix(o.Email, "-") {
			o.Email = ""
		}
		if _, _, err := s.Delegations.MakeOfficerLink(ctx, by, d.ID, o, until); err != nil {
			return err
		}
	}
	if i%2 != 0 {
		return nil
	}
	now, err := s.Delegations.ByID(ctx, by, d.ID)
	if err == nil {
		_, err = s.Delegations.SetPlaces(ctx, by, d.ID, now.Version, now.Quota, map[string]int{"head": 1, "press": 1, "companion": 1})
	}
	return err
}

// loadJourneys has a delegation come and go as its stay says. Flights and trains are
// invented.
func loadJourneys(ctx context.Context, s Services, d delegations.Delegation, i int) error {
	const airport, station = "Ningbo (NGB)", "Ningbo Railway Station"
	home := d.City.EN
	if d.ArrivesAt == nil || d.DepartsAt == nil {
		return nil
	}
	arrival := delegations.Leg{
		Direction: "arrival", Kind: "flight", Number: fmt.Sprintf("QS %d", 101+i), From: home, To: airport, PlannedAt: *d.ArrivesAt,
		PickUp: fmt.Sprintf("Coach %d, arrivals exit 2 (demo)", 1+i%6),
	}
	if i%5 == 3 {
		arrival.Kind, arrival.Number, arrival.From, arrival.To = "train", fmt.Sprintf("G%d", 7501+2*i), "Shanghai Hongqiao", station
	}
	if i%6 == 5 {
		late := arrival.PlannedAt.Add(85 * time.Minute)
		arrival.ActualAt = &late
	}
	departure := delegations.Leg{
		Direction: "departure", Kind: "flight", Number: fmt.Sprintf("QS %d", 201+i), From: airport, To: home, PlannedAt: *d.DepartsAt,
	}
	for _, leg := range []delegations.Leg{arrival, departure} {
		if _, err := s.Delegations.SaveLeg(ctx, by, d.ID, leg); err != nil {
			return err
		}
	}
	return nil
}

// loadNominees names invented people who are not confirmed: some lack something.
func loadNominees(ctx context.Context, s Services, c *codes) error {
	whole := delegations.Edit{
		"nationality": "DE", "birth_date": "1984-02-17", "passport.number": "TEST90001", "passport.issuer": "DE", "passport.expires_on": "2031-12-31",
		"title_en": "International Relations Officer", "languages": "de,en", "meal_plan": "vegetarian",
	}
	for _, n := range []struct {
		of   string
		in   delegations.Nomination
		edit delegations.Edit
	}{
		{"D12", delegations.Nomination{Role: "member", GivenName: "Henrike", FamilyName: "Quastenbeck", Email: "henrike@delegate.example"}, whole},
		{"D12", delegations.Nomination{Role: "press", GivenName: "Tilo", FamilyName: "Brömmelhaus", Email: "tilo@delegate.example"}, delegations.Edit{"nationality": "DE"}},
		{"D03", delegations.Nomination{Role: "entourage", GivenName: "Bożena", FamilyName: "Wilczkowiak"}, nil},
		{"D07", delegations.Nomination{Role: "interpreter", GivenName: "Ilektra", FamilyName: "Vasmatzidou", Email: "ilektra@delegate.example"}, delegations.Edit{"languages": "el,en,zh"}},
	} {
		delegation := c.Delegations[n.of]
		if delegation == ident.Nil {
			return fmt.Errorf("there is no delegation %s", n.of)
		}
		r, err := s.Delegations.Nominate(ctx, by, delegation, n.in)
		if err != nil {
			return fmt.Errorf("nominate %s: %w", n.in.FamilyName, err)
		}
		if _, _, err := s.Delegations.Complete(ctx, by, r.ID, r.Version, n.edit, delegations.Particulars{}); err != nil {
			return fmt.Errorf("complete %s: %w", n.in.FamilyName, err)
		}
	}
	return nil
}
