package main

import (
	"context"
	"fmt"

	"qianshou/app/agenda"
	"qianshou/app/kit/ident"
)

// redisPrefix begins every key of the live agendas and the streams.
const redisPrefix = "qs:"

// agendaCommand makes the live agendas anew, beside a running server too.
func agendaCommand(ctx context.Context, args []string, std stdio) error {
	_, rest, err := split("agenda", args, std, "rebuild")
	if err != nil {
		return err
	}
	fs := flags("agenda rebuild", "agenda rebuild", std, true)
	if err := parse(fs, rest, std); err != nil {
		return err
	}
	return withGround(ctx, std, func(g *ground) error {
		service := agenda.New(g.db, g.redis, redisPrefix, g.now, ident.New, g.log)
		n, err := service.Rebuild(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "rebuilt the agendas of %d events\n", n)
		return nil
	})
}
