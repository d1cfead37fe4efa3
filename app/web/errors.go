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

// errorPage tells what happened, what was kept, and what to do next.
type errorPage struct {
	Page
	Status     int
	Code       fault.Code
	What       string
	Kept       string
	Next       string
	SignInURL  string
	RequestID  string
	RetryAfter string
}

// fail is the only place that answers errors.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	f := failureOf(err)
	if f.status == fiber.StatusRequestEntityTooLarge {
		f.fault = fault.New(fault.Invalid, "error.too_large", s.bodyOf(c.Method(), c.Path())>>20)
	}
	c.Status(f.status)
	v := visitOf(c)
	if under(c.Path(), "/api") {
		return s.problem(c, v, f)
	}
	back := c.OriginalURL()
	if f.fault.Code == fault.SignIn && c.Method() == fiber.MethodGet && wantsPage(c) {
		c.Set(fiber.HeaderCacheControl, "no-store")
		return c.Redirect(signInURL(back), fiber.StatusSeeOther)
	}
	p := errorPage{
		Page: s.page(c), Status: f.status, Code: f.fault.Code,
		What: s.sentence(v.lang, f.fault.Key, f.fault.Args), RequestID: v.id,
		Kept: s.words.T(v.lang, "error.kept.read"), Next: s.words.T(v.lang, "error.next."+string(f.fault.Code)),
	}
	if !safe(c.Method()) {
		p.Kept = s.words.T(v.lang, "error.kept.write")
	}
	if f.fault.Code == fault.SignIn {
		p.SignInURL = signInURL("/")
	}
	p.Nav = nil
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
		Type: "about:blank", Title: s.words.T(v.lang, "error.title."+string(f.fault.Code)), Status: f.status,
		Detail: s.sentence(v.lang, f.fault.Key, f.fault.Args), Code: f.fault.Code, ID: "urn:uuid:" + v.id,
	}
	for _, b := range f.fault.Fields {
		p.Errors = append(p.Errors, ProblemField{b.Path, b.Key, s.sentence(v.lang, b.Key, b.Args)})
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(p, "application/problem+json")
}
