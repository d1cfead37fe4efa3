package web

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

func TestAddressIsWhatOurProxiesSay(t *testing.T) {
	s := newServer(t, func(o *Options) { o.Proxies = []string{"10.0.0.0/8", "192.0.2.7"} })
	for _, tt := range []struct {
		name, from string
		forwarded  []string
		want       string
	}{
		{"nobody in between", "198.51.100.4", nil, "198.51.100.4"},
		{"a header of their own", "198.51.100.4", []string{"203.0.113.1"}, "198.51.100.4"},
		{"one proxy", "10.0.0.1", []string{"203.0.113.1"}, "203.0.113.1"},
		{"one proxy, and a lie before it", "10.0.0.1", []string{"1.1.1.1, 203.0.113.1"}, "203.0.113.1"},
		{"two proxies", "10.0.0.1", []string{"1.1.1.1, 203.0.113.1, 192.0.2.7"}, "203.0.113.1"},
		{"in two lines", "10.0.0.1", []string{"1.1.1.1", "203.0.113.1"}, "203.0.113.1"},
		{"no address", "10.0.0.1", []string{"203.0.113.1, me"}, "10.0.0.1"},
		{"six", "10.0.0.1", []string{"2001:db8::1"}, "2001:db8::1"},
	} {
		var ctx fasthttp.RequestCtx
		ctx.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.ParseIP(tt.from), Port: 1}, nil)
		for _, line := range tt.forwarded {
			ctx.Request.Header.Add(fiber.HeaderXForwardedFor, line)
		}
		c := s.App().AcquireCtx(&ctx)
		if got := s.address(c); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		s.App().ReleaseCtx(c)
	}
}

func TestIllegibleTextIsRefused(t *testing.T) {
	s := newServer(t)
	for _, path := range []string{"/e/%ff", "/?q=%00", "/?q=%ff", "/%00"} {
		if got := ask(t, s, "GET", path, ""); got.StatusCode != 400 {
			t.Errorf("%s: %d, want 400", path, got.StatusCode)
		}
	}
	if got := ask(t, s, "POST", "/sign-in", "email=%00"); got.StatusCode != 400 {
		t.Errorf("a form: %d, want 400", got.StatusCode)
	}
}

func TestHiddenEventIsHiddenEverywhere(t *testing.T) {
	s := newServer(t, func(o *Options) {
		find := o.Event
		o.Event = func(ctx context.Context, ref string) (EventHead, error) {
			head, err := find(ctx, ref)
			head.Hidden = true
			return head, err
		}
	})
	for _, r := range s.table {
		if r.Method == "GET" && r.Rule == public() && strings.Contains(r.Path, ":event") {
			if got := ask(t, s, "GET", strings.ReplaceAll(r.Path, ":event", forum.Slug), ""); got.StatusCode != 404 {
				t.Errorf("%s: %d, want 404", r.Path, got.StatusCode)
			}
		}
	}
}
