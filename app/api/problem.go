package api

import (
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
)

// Problem is the body of every error: RFC 9457, with the broken rules by field.
type Problem struct {
	Type     string         `json:"type" doc:"about:blank, or the address of an explanation"`
	Title    string         `json:"title" doc:"what kind of error, in the caller's language"`
	Status   int            `json:"status" doc:"the HTTP status"`
	Detail   string         `json:"detail,omitempty" doc:"what happened, and what to do"`
	Code     string         `json:"code" doc:"what kind of error, for programs" enum:"invalid,sign_in,forbidden,not_found,conflict,throttled,unavailable,internal,malformed,too_large,unsupported"`
	Instance string         `json:"instance,omitempty" doc:"the request's number in the log"`
	Errors   []ProblemField `json:"errors,omitempty" doc:"the broken rules by field"`
}

// ProblemField is one broken rule.
type ProblemField struct {
	Field  string `json:"field" doc:"the field's name"`
	Code   string `json:"code" doc:"the rule, for programs"`
	Detail string `json:"detail" doc:"the rule, in the caller's language"`
	Line   int    `json:"line,omitempty" doc:"line of the body, counted from 1, when it could not be read"`
	Column int    `json:"column,omitempty" doc:"column of the body, counted from 1"`
}

// Error makes a Problem an error.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[fault.Code]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.SignIn: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Throttled: http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable, fault.Internal: http.StatusInternalServerError,
}

// ProblemOf words a failure in a language. What is not a Fault becomes
// "internal" without a word about its inside.
func ProblemOf(err error, words *locale.Catalogue, lang locale.Lang) *Problem {
	f, ok := fault.Of(err)
	if !ok {
		f = fault.New(fault.Internal, "error.internal")
	}
	p := &Problem{
		Type: "about:blank", Status: statuses[f.Code], Code: string(f.Code),
		Title: words.T(lang, "problem."+string(f.Code)), Detail: words.T(lang, f.Key, f.Args...),
	}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, ProblemField{Field: field.Path, Code: field.Key, Detail: words.T(lang, field.Key, field.Args...)})
	}
	return p
}

// unreadable words a request that could not be read: its JSON, its size, its type.
func unreadable(status int, errs []error, words *locale.Catalogue, lang locale.Lang) *Problem {
	code := map[int]string{
		http.StatusBadRequest: "malformed", http.StatusRequestEntityTooLarge: "too_large", http.StatusUnsupportedMediaType: "unsupported",
	}[status]
	if code == "" {
		code, status = "malformed", http.StatusBadRequest
	}
	p := &Problem{Type: "about:blank", Status: status, Code: code,
		Title: words.T(lang, "problem."+code), Detail: words.T(lang, "problem."+code+"_detail")}
	for _, err := range errs {
		var je *jsonError
		var detail *huma.ErrorDetail
		switch {
		case errors.As(err, &je) && je.UnknownField:
			p.Errors = append(p.Errors, ProblemField{Field: je.Field, Code: "json.unknown_field", Detail: words.T(lang, "json.unknown_field", je.Field), Line: je.Line, Column: je.Column})
		case errors.As(err, &je) && je.Field != "":
			p.Errors = append(p.Errors, ProblemField{Field: je.Field, Code: "json.type", Detail: words.T(lang, "json.type", je.Want), Line: je.Line, Column: je.Column})
		case errors.As(err, &je):
			p.Errors = append(p.Errors, ProblemField{Field: "body", Code: "json.syntax", Detail: words.T(lang, "json.syntax", je.Line, je.Column), Line: je.Line, Column: je.Column})
		case errors.As(err, &detail):
			p.Errors = append(p.Errors, ProblemField{Field: detail.Location, Code: "json.value", Detail: words.T(lang, "json.value")})
		}
	}
	return p
}
