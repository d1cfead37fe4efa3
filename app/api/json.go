package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"qianshou/app/kit/fault"
)

// jsonError says where a body could not be read: a line and column, or the field
// whose value has the wrong type.
type jsonError struct {
	Line, Column int
	Field, Want  string
	UnknownField bool
	Err          error
}

func (e *jsonError) Error() string {
	return fmt.Sprintf("line %d column %d field %q: %v", e.Line, e.Column, e.Field, e.Err)
}

func (e *jsonError) Unwrap() error { return e.Err }

// fault is what the caller is told: where, and what is expected there.
func (e *jsonError) fault() *fault.Fault {
	f := &fault.Fault{Code: fault.Invalid, Key: "json.unreadable", Args: []any{e.Line, e.Column}, Err: e.Err}
	switch {
	case e.UnknownField:
		f.Fields = []fault.Field{{Path: e.Field, Key: "json.unknown_field"}}
	case e.Field != "":
		f.Fields = []fault.Field{{Path: e.Field, Key: "json.type", Args: []any{e.Want}}}
	}
	return f
}

// readJSON decodes exactly one JSON value. A field that v does not know is
// refused, so that a misspelt one is not silently lost.
func readJSON(data []byte, v any) error {
	if at := illegible(data); at >= 0 {
		return placeOf(data, int64(at), errors.New("not UTF-8, or NUL"))
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return placeOf(data, dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return placeOf(data, dec.InputOffset(), errors.New("more than one value"))
	}
	return nil
}

// illegible answers where a body has bytes that are no UTF-8, or a NUL, plain or
// escaped, which no column can hold; -1 when nowhere.
func illegible(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 || r == 0 {
			return i
		}
		i += size
	}
	for i := 0; ; {
		at := bytes.Index(data[i:], []byte(`\u0000`))
		if at < 0 {
			return -1
		}
		at += i
		slashes := 0
		for j := at - 1; j >= 0 && data[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 { // the backslash is not itself escaped
			return at
		}
		i = at + 1
	}
}

func placeOf(data []byte, offset int64, err error) error {
	e := &jsonError{Err: err}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset, e.Field, e.Want = kind.Offset, kind.Field, kindName(kind.Type.Kind().String())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		offset = int64(len(data))
	default:
		if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			e.Field, e.UnknownField = strings.Trim(name, `"`), true
		}
	}
	before := data[:min(max(offset, 0), int64(len(data)))]
	e.Line = 1 + bytes.Count(before, []byte("\n"))
	e.Column = len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return e
}

// kindName says in JSON's words what a Go kind is.
func kindName(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"), strings.HasPrefix(kind, "float"):
		return "number"
	case kind == "bool":
		return "true or false"
	case kind == "slice", kind == "array":
		return "array"
	case kind == "struct", kind == "map":
		return "object"
	}
	return "string"
}
