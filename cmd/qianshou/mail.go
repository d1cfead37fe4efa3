package main

import (
	"context"
	"fmt"

	"qianshou/app/kit/clock"
	"qianshou/app/kit/locale"
	"qianshou/app/mail"
)

// mailCommand tries whether mails leave, with the settings that the site would
// have. It needs no database.
func mailCommand(ctx context.Context, args []string, std stdio) error {
	_, rest, err := split("mail", args, std, "test")
	if err != nil {
		return err
	}
	fs := flags("mail test", "mail test --to ADDRESS", std, false)
	to := fs.String("to", "", "address that the trial is sent to")
	if err := parse(fs, rest, std); err != nil {
		return err
	}
	cfg, err := readConfig(std.environ)
	if err != nil {
		return err
	}
	g := &ground{cfg: cfg, log: cfg.logger(std.err)}
	letters, err := g.letters(cfg.SMTPURL, clock.System)
	if err != nil {
		return err
	}
	l := mail.Letter{To: *to, Lang: locale.EN, Blocks: map[locale.Lang]mail.Block{}}
	for _, lang := range locale.Langs {
		t := func(key string, args ...any) string { return letters.Words.T(lang, key, args...) }
		l.Blocks[lang] = mail.Block{Lang: lang.Tag(), Subject: t("mail.try.title"), Paragraphs: []string{t("mail.try.body")}, Foot: t("mail.try.foot")}
	}
	reply, err := letters.Mail.Try(ctx, l)
	if err != nil {
		return inWords(g, err)
	}
	if err := reply.Err(); err != nil {
		return fmt.Errorf("the mail server did not take it: %w", err)
	}
	fmt.Fprintf(std.out, "the mail server took it: %d %s\nlook whether it arrives at %s\n", reply.Code, reply.Words, *to)
	return nil
}
