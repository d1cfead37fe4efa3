package web

import (
	"encoding/base64"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/kit/locale"
)

// Flash is what was just done, said once on the page that follows.
type Flash struct {
	Tone string // ok, fix or final
	Text string
	File string // the address of what was made; empty: nothing was
	Open string // the words of the link to it
}

type flashCookie struct {
	Tone string `json:"t"`
	Key  string `json:"k"`
	Args []any  `json:"a,omitempty"`
	File string `json:"f,omitempty"`
	Open string `json:"o,omitempty"` // a key
}

// flash leaves a sentence for the next page, which a redirect leads to. Tone is
// ok, fix or final.
func (s *Server) flash(c *fiber.Ctx, tone, key string, args ...any) {
	s.leave(c, flashCookie{Tone: tone, Key: key, Args: args})
}

// flashFile leaves a sentence about a file that was made, with the link to it, by
// the key of its words. Scripts fetch the file at once; without them there is the
// link.
func (s *Server) flashFile(c *fiber.Ctx, file, open, key string, args ...any) {
	s.leave(c, flashCookie{Tone: "ok", Key: key, Args: args, File: file, Open: open})
}

func (s *Server) leave(c *fiber.Ctx, said flashCookie) {
	for i, a := range said.Args {
		said.Args[i] = locale.Word(visitOf(c).lang, a)
	}
	raw, err := json.Marshal(said)
	if err != nil {
		return // words only; cannot happen
	}
	value := base64.RawURLEncoding.EncodeToString(raw)
	s.setCookie(c, s.flashName(), value+"."+s.sign("flash", value), 60)
}

// takeFlash answers the sentence that the page before left, and forgets it.
func (s *Server) takeFlash(c *fiber.Ctx, l locale.Lang) *Flash {
	v := visitOf(c)
	if v.flashTaken {
		return nil
	}
	v.flashTaken = true
	value, ok := s.signed("flash", c.Cookies(s.flashName()))
	if !ok {
		return nil
	}
	s.dropCookie(c, s.flashName())
	raw, err := base64.RawURLEncoding.DecodeString(value)
	var kept flashCookie
	if err != nil || json.Unmarshal(raw, &kept) != nil {
		return nil
	}
	f := &Flash{Tone: kept.Tone, Text: s.words.T(l, kept.Key, kept.Args...), File: kept.File}
	if f.File != "" {
		f.Open = s.words.T(l, kept.Open)
	}
	return f
}

func (s *Server) flashName() string { return s.cookieName("flash") }
