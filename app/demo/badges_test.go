package demo

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/storetest"
	"qianshou/app/mail"
	"qianshou/views"
)

// TestEveryDemoBadgePrints loads the demo and prints the whole forum: nobody is
// left out, and each member's names in every script are on the paper.
func TestEveryDemoBadgePrints(t *testing.T) {
	t.Parallel()
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db, log := storetest.New(t), slog.New(slog.DiscardHandler)
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	fatal(err)
	locales, err := fs.Sub(views.FS, "locales")
	fatal(err)
	words, err := locale.Load(locales, nil)
	fatal(err)
	post, err := mail.New(mail.Options{DB: db, Box: box, Log: log, Now: Registering, NewID: ident.New, From: "Forum <forum@office.example>"})
	fatal(err)
	letters := &delegations.Letters{Mail: post, Words: words, PublicURL: "http://forum.example", QR: badges.QRPNG}
	fatal(Load(t.Context(), Ground{DB: db, Redis: storetest.Redis(t), RedisPrefix: "t:", Box: box, Mail: letters, Log: log}, "correct horse battery staple"))

	forum, err := events.New(db, Registering, ident.New).ByRef(t.Context(), forumSlug)
	fatal(err)
	sheet, err := badges.New(db, box, Registering, ident.New).Sheet(t.Context(), by, forum.ID, badges.Filter{Show: "living"}, words.T)
	fatal(err)
	members, err := table("members.csv")
	fatal(err)
	runs, err := badges.New(db, box, Registering, ident.New).Prints(t.Context(), by, forum.ID, 10)
	fatal(err)
	if len(runs) != 1 || runs[0].By != "Chai Yicheng" || len(runs[0].Badges) != len(members) || !runs[0].At.Equal(Printed()) {
		t.Errorf("the log of the printer has %+v", runs)
	}
	counts, err := badges.New(db, box, Registering, ident.New).Counts(t.Context(), by, forum.ID)
	fatal(err)
	if counts["unprinted"] != 0 || counts["living"] != len(members) {
		t.Errorf("badges %v: everybody holds a printed one", counts)
	}
	if len(sheet.LeftOut) > 0 || len(sheet.Faces) != len(members) || sheet.Emergency == "" {
		t.Errorf("%d of %d badges, without %+v", len(sheet.Faces), len(members), sheet.LeftOut)
	}
	file := filepath.Join(t.TempDir(), "forum.pdf")
	var out bytes.Buffer
	fatal(sheet.Write(&out, badges.A6))
	fatal(os.WriteFile(file, out.Bytes(), 0o600))
	text, err := exec.CommandContext(t.Context(), "pdftotext", file, "-").Output()
	fatal(err)
	squeeze := func(s string) string { // pdftotext joins what a hyphen ends a line with
		return strings.ReplaceAll(strings.Join(strings.Fields(s), ""), "-", "")
	}
	paper := squeeze(string(text))
	for _, m := range members {
		names := []string{m["given_name_latin"], m["name_zh"]}
		if strings.ContainsFunc(m["name_native"], func(r rune) bool { return r >= 0x370 && r < 0x600 }) { // Greek or Cyrillic
			names = append(names, m["name_native"])
		}
		for _, name := range names {
			if !strings.Contains(paper, squeeze(name)) {
				t.Errorf("%s: %q is not on paper", m["member_id"], name)
			}
		}
	}
}
