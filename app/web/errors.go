package web

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
)

// statuses is what each kind of failure is in HTTP.
var statuses = map[fault.Code]int{
	fault.Invalid:     fiber.StatusUnprocessableEntity,
	fault.SignIn:      fiber.StatusUnauthorized,
	fault.Forbidden:   fiber.StatusForbidden,
	fault.NotFound:    fiber.StatusNotFound,
	fault.Conflict:    fiber.StatusConflict,
	fault.Throttled:   fiber.StatusTooManyRequests,
	fault.Unavailable: fiber.StatusServiceUnavailable,
	fault.Internal:    fiber.StatusInternalServerError,
}

// failure is what a person or a program is told about an error.
type failure struct {
	status int
	fault  *fault.Fault
}

// failureOf finds what may be told. Whatever is not a fault is ours to fix, and
// nothing of it is told.
func failureOf(err error) failure {
	if f, ok := fault.Of(err); ok {
		return failure{statuses[f.Code], f}
	}
	var e *fiber.Error
	if errors.As(err, &e) {
		switch e.Code {
		case fiber.StatusNotFound:
			return failure{e.Code, fault.New(fault.NotFound, "error.not_found")}
		case fiber.StatusMethodNotAllowed:
			return failure{e.Code, fault.New(fault.NotFound, "error.method")}
		case fiber.StatusRequestEntityTooLarge:
			return failure{e.Code, fault.New(fault.Invalid, "error.too_large", maxBody>>20)}
		case fiber.StatusBadRequest, fiber.StatusRequestHeaderFieldsTooLarge, fiber.StatusUnprocessableEntity:
			return failure{e.Code, fault.New(fault.Invalid, "error.request")}
		case fiber.StatusRequestTimeout:
			return failure{e.Code, fault.New(fault.Unavailable, "error.unavailable")}
		}
	}
	return failure{fiber.StatusInternalServerError, fault.New(fault.Internal, "error.internal")}
}

// fail is the only place that answers errors.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	f := failureOf(err)
	if f.status == fiber.StatusRequestEntityTooLarge {
		f.fault.Args = []any{s.bodyLimit(&c.Request().Header).MaxRequestBodySize >> 20}
		linger(c)
	}
	c.Status(f.status)
	v := visitOf(c)
	if v.id == "" { // refused while it was read, before anything looked at it
		v.id = s.NewID().String()
		c.Set(fiber.HeaderXRequestID, v.id)
		if l, ok := locale.Parse(c.Cookies(s.cookieName("lang"))); ok {
			v.lang = l
		}
	}
	if under(c.Path(), "/api") {
		return s.problem(c, v, f)
	}
	back := c.OriginalURL()
	if f.fault.Code == fault.SignIn && c.Method() == fiber.MethodGet && wantsPage(c) {
		c.Set(fiber.HeaderCacheControl, "no-store")
		return c.Redirect(signInURL(back), fiber.StatusSeeOther)
	}
	p := s.newErrorPage(c, v, f)
	c.Set(fiber.HeaderCacheControl, "no-store")
	if !wantsPage(c) {
		return c.Render("error/_note", p)
	}
	return c.Render("error/show", p)
}

// signInURL leads to the sign-in page and back.
func signInURL(back string) string { return "/sign-in?" + url.Values{"return": {back}}.Encode() }

// wantsPage tells a browser that opens a page from a script that wants a
// fragment.
func wantsPage(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "" && c.Query("fragment") == "" && !strings.Contains(c.Get(fiber.HeaderAccept), "text/event-stream")
}

// sentence translates a fault's key. A constraint that nobody wrote a sentence
// for is told as a conflict.
func (s *Server) sentence(l locale.Lang, key string, args []any) string {
	if strings.HasPrefix(key, "constraint.") && !s.words.Has(l, key) {
		key = "error.conflict"
	}
	return s.words.T(l, key, args...)
}

// ProblemDetails is an error as programs read it (RFC 9457).
type ProblemDetails struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail,omitempty"`
	Code   fault.Code     `json:"code"`
	ID     string         `json:"instance,omitempty"`
	Errors []ProblemField `json:"errors,omitempty"`
}

// ProblemField is one broken rule of one input field.
type ProblemField struct {
	Field   string `json:"field"`
	Key     string `json:"key"`
	Message string `json:"message"`
}

func (s *Server) problem(c *fiber.Ctx, v *visit, f failure) error {
	p := ProblemDetails{
		Type: "about:blank", Title: s.words.T(v.lang, "error.title."+f.kind(c.Path())), Status: f.status,
		Detail: s.sentence(v.lang, f.fault.Key, f.fault.Args), Code: f.fault.Code, ID: "urn:uuid:" + v.id,
	}
	for _, b := range f.fault.Fields {
		p.Errors = append(p.Errors, ProblemField{b.Path, b.Key, s.sentence(v.lang, b.Key, b.Args)})
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(p, "application/problem+json")
}
