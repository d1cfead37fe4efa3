// Package fault is the one vocabulary of failure: what went wrong in terms that
// a person can be told. Everything that is not a Fault is ours to fix and never
// reaches a page.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure it is; each stands for one HTTP status.
type Code string

// The codes. See docs of app/web for their statuses.
const (
	Invalid     Code = "invalid"     // input breaks a rule; Fields says where
	SignIn      Code = "sign_in"     // nobody is signed in
	Forbidden   Code = "forbidden"   // signed in, not allowed
	NotFound    Code = "not_found"   // absent, or not yours to see
	Conflict    Code = "conflict"    // right input, wrong moment
	Throttled   Code = "throttled"   // too many tries
	Unavailable Code = "unavailable" // a dependency is down; retry
	Internal    Code = "internal"    // ours to fix
)

// Field is one broken rule of one input field.
type Field struct {
	Path string // the field's name as the form and the API write it
	Key  string // the sentence, by its catalogue key
	Args []any
}

// Fault is a failure that a person should be told about. Key and Args name a
// sentence in the catalogues; it is translated last, where it is shown.
type Fault struct {
	Code   Code
	Key    string
	Args   []any
	Fields []Field
	Err    error // what lay beneath, for the log
}

// Error describes the fault for logs.
func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", f.Code, f.Key)
	for _, field := range f.Fields {
		fmt.Fprintf(&b, " [%s %s]", field.Path, field.Key)
	}
	if f.Err != nil {
		fmt.Fprintf(&b, ": %v", f.Err)
	}
	return b.String()
}

// Unwrap returns what lay beneath.
func (f *Fault) Unwrap() error { return f.Err }

// New makes a fault with one sentence.
func New(code Code, key string, args ...any) *Fault {
	return &Fault{Code: code, Key: key, Args: args}
}

// Wrap makes a fault that keeps the error beneath it for the log.
func Wrap(err error, code Code, key string, args ...any) *Fault {
	return &Fault{Code: code, Key: key, Args: args, Err: err}
}

// Fields makes an Invalid fault from broken rules, or nil when there are none.
// It returns error, so that a service can end its checks with `return`.
func Fields(fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Fault{Code: Invalid, Key: "error.fields", Fields: fields}
}

// Of finds the Fault in an error's chain.
func Of(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// CodeOf answers the code of the Fault in err: empty for nil, Internal for
// every other error.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if f, ok := Of(err); ok {
		return f.Code
	}
	return Internal
}

// List collects broken rules while input is checked.
type List []Field

// Add notes one broken rule.
func (l *List) Add(path, key string, args ...any) {
	*l = append(*l, Field{Path: path, Key: key, Args: args})
}

// Check notes the rule when ok is false.
func (l *List) Check(ok bool, path, key string, args ...any) {
	if !ok {
		l.Add(path, key, args...)
	}
}

// Err is the Invalid fault of all that was noted, or nil.
func (l List) Err() error { return Fields(l...) }
