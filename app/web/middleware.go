package web

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// visit is what the middleware finds out about a request, for those after it.
type visit struct {
	id         string
	lang       locale.Lang
	actor      accounts.Actor
	actorErr   error // why nobody could be looked up; nil when nobody asked
	event      *EventHead
	route      string // the pattern, for the log
	csrf       string
	flashTaken bool
}

type visitKey struct{}

func visitOf(c *fiber.Ctx) *visit {
	if v, ok := c.Locals(visitKey{}).(*visit); ok {
		return v
	}
	v := &visit{lang: locale.Match(c.Get(fiber.HeaderAcceptLanguage)), actor: accounts.GuestActor()}
	c.Locals(visitKey{}, v)
	return v
}

// actor is whoever asks; a guest when nobody signed in.
func actor(c *fiber.Ctx) accounts.Actor { return visitOf(c).actor }

// lang is the language that the reader wants.
func lang(c *fiber.Ctx) locale.Lang { return visitOf(c).lang }

// event is the event that :event in the path names. Only behind a route whose
// path has it.
func event(c *fiber.Ctx) *EventHead { return visitOf(c).event }

// observe gives the request its number, survives panics, shows failures and
// writes the one log line. The line holds the route's pattern, never the path,
// which may carry a secret.
func (s *Server) observe(c *fiber.Ctx) error {
	start := s.Now()
	v := visitOf(c)
	v.id = s.NewID().String()
	c.Set(fiber.HeaderXRequestID, v.id)
	err := next(c)
	if err != nil {
		if e := s.fail(c, err); e != nil {
			return e
		}
	}
	line := []any{
		"request", v.id, "method", c.Method(), "route", v.route, "status", c.Response().StatusCode(),
		"ms", s.Now().Sub(start).Milliseconds(),
	}
	if v.actor.SignedIn() {
		line = append(line, "actor", v.actor.ID)
	}
	switch status := c.Response().StatusCode(); {
	case status >= 500:
		s.Log.Error("request", append(line, "err", err)...)
	case err != nil:
		s.Log.Info("request", append(line, "fault", fault.CodeOf(err))...)
	case under(c.Path(), "/static"):
		s.Log.Debug("request", line...)
	default:
		s.Log.Info("request", line...)
	}
	return nil
}

// next runs the handlers after this one and turns a panic into an error.
func next(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Next()
}

const policy = "default-src 'none'; script-src 'self'%s; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; worker-src 'self'"

// protect sets the headers that keep a page to itself. Only the door app may use
// the camera and run the code reader, which is WebAssembly.
func (s *Server) protect(c *fiber.Ctx) error {
	wasm, camera := "", "()"
	if under(c.Path(), "/door") {
		wasm, camera = " 'wasm-unsafe-eval'", "(self)"
	}
	c.Set(fiber.HeaderContentSecurityPolicy, fmt.Sprintf(policy, wasm))
	c.Set(fiber.HeaderPermissionsPolicy, "camera="+camera+", microphone=(), geolocation=(), payment=(), usb=()")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	for _, secret := range []string{"/me", "/delegation", "/firm"} {
		if under(c.Path(), secret) {
			// The address is never told on. Not no-referrer: with it a browser does not
			// say from where the page's own forms come, and they would be refused.
			c.Set(fiber.HeaderReferrerPolicy, "strict-origin")
			c.Set(fiber.HeaderCacheControl, "private, no-store")
			c.Set("X-Robots-Tag", "noindex, nofollow")
		}
	}
	if under(c.Path(), "/console") {
		c.Set(fiber.HeaderCacheControl, "private, no-store")
	}
	if s.secure() {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000; includeSubDomains")
	}
	return c.Next()
}

func under(p, root string) bool { return p == root || strings.HasPrefix(p, root+"/") }

// incompressible tells which answers are left as they are: files, papers and
// pictures are compressed already, and a stream must not wait for a block to fill.
func incompressible(c *fiber.Ctx) bool {
	return under(c.Path(), "/static") || strings.HasSuffix(c.Path(), "/stream") ||
		strings.HasSuffix(c.Path(), ".pdf") || strings.HasSuffix(c.Path(), ".png") || strings.HasSuffix(c.Path(), ".xlsx") ||
		strings.Contains(c.Get(fiber.HeaderAccept), "text/event-stream")
}

// legible refuses text that no database column can hold: NUL, and bytes that are
// no UTF-8. Nobody types it.
func (s *Server) legible(c *fiber.Ctx) error {
	whole := func(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }
	ok := whole(c.Request().URI().Path())
	for k, v := range c.Request().URI().QueryArgs().All() {
		ok = ok && whole(k) && whole(v)
	}
	for k, v := range c.Request().PostArgs().All() {
		ok = ok && whole(k) && whole(v)
	}
	ok = ok && whole([]byte(c.Get("Idempotency-Key")))
	if !ok {
		return fiber.NewError(fiber.StatusBadRequest)
	}
	return c.Next()
}

// speak finds the reader's language: asked for in the address, or by the switch
// of a form, and then remembered; remembered before; or what the browser
// prefers. What an account chose comes in identify.
func (s *Server) speak(c *fiber.Ctx) error {
	v := visitOf(c)
	name := s.cookieName("lang")
	if l, ok := askedLang(c); ok {
		v.lang = l
		s.setCookie(c, name, string(l), 365*24*3600)
	} else if l, ok := locale.Parse(c.Cookies(name)); ok {
		v.lang = l
	}
	return c.Next()
}

// askedLang is the language that this request itself asks for. A form is asked
// first: it may stand at an address that names the language it was opened in.
func askedLang(c *fiber.Ctx) (locale.Lang, bool) {
	if !safe(c.Method()) {
		if l, ok := locale.Parse(posted(c, languageField)); ok {
			return l, true
		}
	}
	return locale.Parse(c.Query("lang"))
}

// posted is a field of the form that was sent, in parts or as one line.
func posted(c *fiber.Ctx, name string) string {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		return string(c.Request().PostArgs().Peek(name))
	}
	form, err := c.MultipartForm()
	if err != nil || len(form.Value[name]) == 0 {
		return ""
	}
	return form.Value[name][0]
}

// identify finds out who asks. On /api/ a session counts for reading only, since
// no form token protects it there.
func (s *Server) identify(c *fiber.Ctx) error {
	v := visitOf(c)
	if token, ok := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer "); ok && under(c.Path(), "/api") {
		return s.identifyBearer(c, v, strings.TrimSpace(token))
	}
	secret := c.Cookies(s.sessionName())
	if secret == "" || s.SignIn == nil || under(c.Path(), "/static") || under(c.Path(), "/api") && !safe(c.Method()) {
		return c.Next()
	}
	a, err := s.SignIn.BySession(c.UserContext(), secret)
	switch {
	case err == nil:
		v.actor = a
		_, remembered := locale.Parse(c.Cookies(s.cookieName("lang")))
		_, asked := askedLang(c)
		if l, ok := locale.Parse(a.Lang); ok && !remembered && !asked {
			v.lang = l
		}
	case fault.CodeOf(err) == fault.SignIn:
		s.dropCookie(c, s.sessionName())
	default:
		// Public pages go on; whoever needs to be known is told why not.
		v.actorErr = err
	}
	return c.Next()
}

// identifyBearer finds out which program or device calls. A token that nobody
// knows is refused even where no token is asked for: its caller believes to be
// somebody.
func (s *Server) identifyBearer(c *fiber.Ctx, v *visit, token string) error {
	err := error(fault.New(fault.SignIn, "error.token"))
	for _, look := range s.Bearers {
		var a accounts.Actor
		if a, err = look(c.UserContext(), token); err == nil {
			v.actor = a
			return c.Next()
		}
		if fault.CodeOf(err) != fault.SignIn {
			return err
		}
	}
	return err
}

// guard enforces the rule and the limit of one route, after it found the event
// that the path names.
func (s *Server) guard(r route) fiber.Handler {
	names := thingsIn(r.Path)
	return func(c *fiber.Ctx) error {
		v := visitOf(c)
		v.route = r.Path
		if r.Limit != nil {
			if err := s.throttle(c, r.Path, *r.Limit); err != nil {
				return err
			}
		}
		eventID, eventErr := s.findEvent(c, v)
		err := r.Rule.admits(v.actor, eventID)
		if fault.CodeOf(err) == fault.SignIn && v.actorErr != nil {
			return v.actorErr
		}
		if fault.CodeOf(err) == fault.SignIn {
			return err // before it is told which events there are
		}
		if eventErr != nil {
			return eventErr
		}
		if err != nil {
			return err
		}
		if v.event != nil && v.event.Hidden && !v.actor.May(accounts.SeeConsole, eventID) {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if err := s.here(c, names, eventID); err != nil {
			return err
		}
		return c.Next()
	}
}

func (s *Server) findEvent(c *fiber.Ctx, v *visit) (ident.ID, error) {
	ref := c.Params("event")
	if ref == "" {
		return ident.Nil, nil
	}
	if s.Event == nil {
		return ident.Nil, fault.New(fault.NotFound, "error.not_found")
	}
	head, err := s.Event(c.UserContext(), ref)
	if err != nil {
		return ident.Nil, fmt.Errorf("find event of the address: %w", err)
	}
	v.event = &head
	return head.ID, nil
}

const csrfField = "_csrf"

// checkOrigin refuses a change that another site sent. The browser says where a
// request comes from; the token in the form proves it where the browser does not.
// Callers of the API carry a bearer token and no cookie counts there.
func (s *Server) checkOrigin(c *fiber.Ctx) error {
	if safe(c.Method()) || under(c.Path(), "/api") {
		return c.Next()
	}
	refused := fault.New(fault.Forbidden, "error.csrf")
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return refused
	}
	if origin := c.Get(fiber.HeaderOrigin); origin != "" && !s.ours(origin, c.Hostname()) {
		return refused
	}
	token := c.Get("X-CSRF-Token")
	if token == "" {
		token = c.FormValue(csrfField)
	}
	nonce, mac, _ := strings.Cut(token, ".")
	cookie := c.Cookies(s.csrfName())
	if cookie == "" || nonce == "" || !hmac.Equal([]byte(mac), []byte(s.sign("csrf", nonce, cookie, c.Cookies(s.sessionName())))) {
		return refused
	}
	return c.Next()
}

// ours tells whether an Origin header names this site: its public address, or
// the address that the request itself went to.
func (s *Server) ours(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	return s.PublicURL != nil && u.Scheme == s.PublicURL.Scheme && u.Host == s.PublicURL.Host || u.Host == host
}

// csrfToken makes the token of a page's forms. It differs on every page, so that
// compression leaks nothing of it, and is bound to the browser and its session.
func (s *Server) csrfToken(c *fiber.Ctx) string {
	v := visitOf(c)
	if v.csrf != "" {
		return v.csrf
	}
	cookie := c.Cookies(s.csrfName())
	if cookie == "" {
		cookie = randomText()
		s.setCookie(c, s.csrfName(), cookie, 0)
	}
	nonce := randomText()
	v.csrf = nonce + "." + s.sign("csrf", nonce, cookie, c.Cookies(s.sessionName()))
	return v.csrf
}

func randomText() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// sign answers a keyed checksum of parts for one purpose.
func (s *Server) sign(purpose string, parts ...string) string {
	mac := hmac.New(sha256.New, s.Secret)
	fmt.Fprintf(mac, "%q%q", purpose, parts)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// signed answers the value in front of a good checksum.
func (s *Server) signed(purpose, text string) (string, bool) {
	value, mac, ok := strings.Cut(text, ".")
	return value, ok && hmac.Equal([]byte(mac), []byte(s.sign(purpose, value)))
}

func safe(method string) bool {
	return method == fiber.MethodGet || method == fiber.MethodHead || method == fiber.MethodOptions
}

func (s *Server) secure() bool { return s.PublicURL != nil && s.PublicURL.Scheme == "https" }

// cookieName keeps neighbouring hosts from setting our cookies, where https
// lets it.
func (s *Server) cookieName(name string) string {
	if s.secure() {
		return "__Host-qs_" + name
	}
	return "qs_" + name
}

func (s *Server) csrfName() string    { return s.cookieName("csrf") }
func (s *Server) sessionName() string { return s.cookieName("session") }

// setCookie sets a cookie for so many seconds, or until the browser closes when
// zero. It carries no date: browsers go by the seconds, and a demo's clock runs
// ahead of theirs.
func (s *Server) setCookie(c *fiber.Ctx, name, value string, seconds int) {
	c.Cookie(&fiber.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds, SessionOnly: seconds == 0,
		HTTPOnly: true, Secure: s.secure(), SameSite: fiber.CookieSameSiteLaxMode,
	})
}

func (s *Server) dropCookie(c *fiber.Ctx, name string) {
	c.Cookie(&fiber.Cookie{Name: name, Path: "/", MaxAge: -1, HTTPOnly: true, Secure: s.secure(), SameSite: fiber.CookieSameSiteLaxMode, Expires: time.Unix(1, 0)})
}

// openSession gives the browser the secret of its session.
func (s *Server) openSession(c *fiber.Ctx, secret string) {
	s.setCookie(c, s.sessionName(), secret, 0)
}

// closeSession takes the secret back and answers it.
func (s *Server) closeSession(c *fiber.Ctx) (secret string) {
	secret = c.Cookies(s.sessionName())
	s.dropCookie(c, s.sessionName())
	return secret
}
