package web

import (
	"encoding/base64"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// madeFor is for how many seconds the address of a new link is shown to whoever made
// it. The browser keeps it; we only know it again.
const madeFor = 600

// madeLink is a link that somebody just made, as their browser keeps it.
type madeLink struct {
	By     ident.ID `json:"by"`
	At     ident.ID `json:"at"` // the delegation or the firm that it opens
	Link   ident.ID `json:"link"`
	Kind   string   `json:"kind"` // delegation or firm
	Secret string   `json:"secret"`
}

// keepMade leaves the address of a new link for the page that follows, however often
// it is read in the next minutes.
func (s *Server) keepMade(c *fiber.Ctx, m madeLink) error {
	m.By = actor(c).ID
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	value := base64.RawURLEncoding.EncodeToString(raw)
	s.setCookie(c, s.cookieName("made"), value+"."+s.sign("made", value), madeFor)
	return nil
}

// showMade adds the address of the link that the reader made for this delegation or
// firm a moment ago.
func (s *Server) showMade(c *fiber.Ctx, p *linksPart, at ident.ID) {
	value, ok := s.signed("made", c.Cookies(s.cookieName("made")))
	raw, err := base64.RawURLEncoding.DecodeString(value)
	var m madeLink
	if !ok || err != nil || json.Unmarshal(raw, &m) != nil || m.At != at || m.By != actor(c).ID {
		return
	}
	for _, l := range p.Links {
		if l.ID == m.Link && l.State(s.Now()) == "open" {
			p.Address, p.Made = s.PublicURL.JoinPath(m.Kind, m.Secret).String(), l
			c.Set(fiber.HeaderCacheControl, "no-store")
		}
	}
}

// sendLink mails an officer a fresh address of their link.
func (s *Server) sendLink(c *fiber.Ctx) error {
	id, err := pathID(c, "link")
	if err != nil {
		return err
	}
	l, err := s.Delegations.SendLink(c.UserContext(), actor(c), event(c).ID, id)
	switch f, known := fault.Of(err); {
	case err == nil:
		s.flash(c, "ok", "links.sent", l.Holder, l.Email)
	case known && f.Code == fault.Conflict:
		s.flash(c, "fix", f.Key, f.Args...)
	default:
		return err
	}
	if l.DelegationID == ident.Nil {
		return s.done(c, firmURL(c, l.FirmID)+"#links")
	}
	return s.done(c, delegationURL(c, l.DelegationID)+"#links")
}
