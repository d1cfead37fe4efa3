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
}

type flashCookie struct {
	Tone string `json:"t"`
	Key  string `json:"k"`
	Args []any  `json:"a,omitempty"`
}

// flash leaves a sentence for the next page, which a redirect leads to. Tone is
// ok, fix or final.
func (s *Server) flash(c *fiber.Ctx, tone, key string, args ...any) {
	for i, a := range args {
		args[i] = locale.Word(visitOf(c).lang, a)
	}
	raw, err := json.Marshal(flashCookie{tone, key, args})
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
	return &Flash{Tone: kept.Tone, Text: s.words.T(l, kept.Key, kept.Args...)}
}

func (s *Server) flashName() string { return s.cookieName("flash") }
