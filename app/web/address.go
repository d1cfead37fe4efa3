package web

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// proxies are the addresses whose word about their caller counts.
type proxies []netip.Prefix

// newProxies reads addresses and networks; what is neither was refused when the
// settings were read.
func newProxies(list []string) (p proxies) {
	for _, text := range list {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			p = append(p, prefix)
		} else if addr, err := netip.ParseAddr(text); err == nil {
			p = append(p, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return p
}

func (p proxies) trust(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// address is where a request comes from. Each proxy appends to X-Forwarded-For
// whom it was called by, so the header is read from its end, as far as the
// proxies are ours: what stands before is whatever the caller wrote.
func (s *Server) address(c *fiber.Ctx) string {
	addr, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok {
		return c.Context().RemoteAddr().String()
	}
	var hops []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
		hops = append(hops, strings.Split(string(line), ",")...)
	}
	for i := len(hops) - 1; i >= 0 && s.trusted.trust(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop
	}
	return addr.Unmap().String()
}
