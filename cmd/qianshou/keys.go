package main

import (
	"context"
	"fmt"

	"qianshou/app/accounts"
	"qianshou/app/keys"
)

// keysCommand renews the keys: rotate, then reseal, then, when every process has
// heard of it, drop.
func keysCommand(ctx context.Context, args []string, std stdio) error {
	action, rest, err := split("keys", args, std, "rotate", "reseal", "drop")
	if err != nil {
		return err
	}
	fs := flags("keys "+action, "keys "+action, std, true)
	if err := parse(fs, rest, std); err != nil {
		return err
	}
	return withGround(ctx, std, func(g *ground) error {
		by := accounts.SystemActor("command line")
		switch action {
		case "rotate":
			if err := g.keys.Rotate(ctx, by); err != nil {
				return inWords(g, err)
			}
			fmt.Fprintln(std.out, "a new key seals from now on; the old ones still open. Next: qianshou keys reseal")
		case "reseal":
			err := g.keys.Reseal(ctx, by, func(p keys.Progress) { fmt.Fprintf(std.out, "%s: %d left\n", p.What, p.Left) })
			if err != nil {
				return inWords(g, err)
			}
			fmt.Fprintf(std.out, "everything is sealed by the new key. Next, %s after the rotation: qianshou keys drop\n", keys.HearLimit)
		case "drop":
			n, err := g.keys.Drop(ctx, by)
			if err != nil {
				return inWords(g, err)
			}
			fmt.Fprintf(std.out, "%d old keys are gone\n", n)
		}
		return nil
	})
}
