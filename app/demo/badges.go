package demo

import (
	"context"
	"fmt"

	"qianshou/app/accounts"
	"qianshou/app/badges"
)

// loadBadges gives the backs of the forum's badges a telephone number that nobody
// has (+999 is assigned to no country), and prints the badges, all at once, as
// protocol does before the first guest comes. printer is the same service, on the
// day of printing.
func loadBadges(ctx context.Context, s, printer *badges.Service, c *codes) error {
	forum := c.Events["EV-FORUM-2027"]
	if _, err := s.SaveBack(ctx, by, badges.Back{EventID: forum, Emergency: "+999 000 1100"}); err != nil {
		return err
	}
	if _, err := printer.Print(ctx, staffMember("protocol"), forum, badges.Filter{}, badges.FourUp); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// staffMember is the program in the name of one of the demo's staff, for logs that
// people read.
func staffMember(name string) accounts.Actor {
	as := by
	for _, a := range staffAccounts {
		if a.name == name {
			as.NameZH, as.NameEN = a.zh, a.en
		}
	}
	return as
}
