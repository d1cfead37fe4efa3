package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"time"
)

// maxSize is the largest file that is read: many times the largest problem that
// can be solved.
const maxSize = 64 << 20

// Error says what is wrong with a file, and where.
type Error struct {
	Path         string // of the field, meetings[3].slots[0]; empty for the whole file
	Line, Column int    // in the file, from 1; zero when it was not read from one
	What         string
}

// Error says where and what.
func (e *Error) Error() string {
	text := e.What
	if e.Path != "" {
		text = e.Path + ": " + text
	}
	if e.Line > 0 {
		text = fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, text)
	}
	return text
}

// ReadProblem reads and validates a problem. Unknown and repeated fields are
// refused. Every error is an *Error, but for those of r.
func ReadProblem(r io.Reader) (Problem, error) {
	var p Problem
	if err := read(r, &p); err != nil {
		return Problem{}, err
	}
	return p, p.Validate()
}

// ReadPlan reads a plan. Whether it answers a problem is the checker's to say.
func ReadPlan(r io.Reader) (Plan, error) {
	var p Plan
	if err := read(r, &p); err != nil {
		return Plan{}, err
	}
	if p.Format != PlanFormat {
		return Plan{}, &Error{Path: "format", What: fmt.Sprintf("is %q, want %q", p.Format, PlanFormat)}
	}
	return p, nil
}

// Write writes a problem or a plan, indented, for people and for git.
func Write(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func read(r io.Reader, into any) error {
	raw, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if len(raw) > maxSize {
		return &Error{What: fmt.Sprintf("larger than %d MiB", maxSize>>20)}
	}
	s := &source{raw: raw, dec: json.NewDecoder(bytes.NewReader(raw))}
	s.dec.UseNumber()
	if err := s.value("", reflect.ValueOf(into).Elem()); err != nil {
		return err
	}
	if _, err := s.dec.Token(); !errors.Is(err, io.EOF) {
		return s.fault("", "something follows the end")
	}
	return nil
}

// source reads tokens and knows where it is.
type source struct {
	raw []byte
	dec *json.Decoder
}

func (s *source) fault(path, what string, args ...any) error {
	at := min(int(s.dec.InputOffset()), len(s.raw))
	before := s.raw[:at]
	return &Error{
		Path: path, Line: 1 + bytes.Count(before, []byte("\n")), Column: max(1, at-bytes.LastIndexByte(before, '\n')-1),
		What: fmt.Sprintf(what, args...),
	}
}

func (s *source) token(path string) (json.Token, error) {
	t, err := s.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, s.fault(path, "ends too early")
	case errors.As(err, &syntax):
		return nil, s.fault(path, "not JSON: %v", err)
	case err != nil:
		return nil, s.fault(path, "%v", err)
	}
	return t, nil
}

var timeType = reflect.TypeFor[time.Time]()

// value reads whatever stands next into v.
func (s *source) value(path string, v reflect.Value) error {
	if v.Type() == timeType {
		return s.instant(path, v)
	}
	switch v.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Pointer:
		t, err := s.token(path)
		if err != nil {
			return err
		}
		if t == nil && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice) {
			return nil // null is as good as left out
		}
		return s.after(t, path, v)
	}
	t, err := s.token(path)
	if err != nil {
		return err
	}
	return s.plain(t, path, v)
}

// after reads a value whose first token was taken already.
func (s *source) after(t json.Token, path string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Struct:
		if t != json.Delim('{') {
			return s.fault(path, "want an object")
		}
		return s.object(path, v)
	case reflect.Slice, reflect.Array:
		if t != json.Delim('[') {
			return s.fault(path, "want a list")
		}
		return s.list(path, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return s.after(t, path, v.Elem())
	}
	return s.plain(t, path, v)
}

func (s *source) object(path string, v reflect.Value) error {
	fields := map[string]int{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := bytes.Cut([]byte(f.Tag.Get("json")), []byte(","))
		fields[string(name)] = i
		switch text := f.Tag.Get("default"); {
		case text == "":
		case v.Field(i).Kind() == reflect.Int:
			n, err := strconv.Atoi(text)
			if err != nil {
				return err
			}
			v.Field(i).SetInt(int64(n))
		default:
			v.Field(i).SetString(text)
		}
	}
	seen := map[string]bool{}
	for s.dec.More() {
		t, err := s.token(path)
		if err != nil {
			return err
		}
		name, _ := t.(string)
		at := name
		if path != "" {
			at = path + "." + name
		}
		i, known := fields[name]
		if !known {
			return s.fault(at, "there is no such field")
		}
		if seen[name] {
			return s.fault(at, "stands twice")
		}
		seen[name] = true
		if err := s.value(at, v.Field(i)); err != nil {
			return err
		}
	}
	for name, i := range fields {
		if v.Type().Field(i).Tag.Get("need") != "" && !seen[name] {
			return s.fault(path, "the field %q is missing", name)
		}
	}
	_, err := s.token(path)
	return err
}

func (s *source) list(path string, v reflect.Value) error {
	n := 0
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	for ; s.dec.More(); n++ {
		at := path + "[" + strconv.Itoa(n) + "]"
		item := reflect.New(v.Type().Elem()).Elem()
		if err := s.value(at, item); err != nil {
			return err
		}
		switch {
		case v.Kind() == reflect.Slice:
			v.Set(reflect.Append(v, item))
		case n < v.Len():
			v.Index(n).Set(item)
		default:
			return s.fault(path, "want %d entries", v.Len())
		}
	}
	if v.Kind() == reflect.Array && n != v.Len() {
		return s.fault(path, "want %d entries", v.Len())
	}
	_, err := s.token(path)
	return err
}

func (s *source) plain(t json.Token, path string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		text, ok := t.(string)
		if !ok {
			return s.fault(path, "want a text")
		}
		v.SetString(text)
	case reflect.Bool:
		yes, ok := t.(bool)
		if !ok {
			return s.fault(path, "want true or false")
		}
		v.SetBool(yes)
	case reflect.Int, reflect.Int64:
		number, ok := t.(json.Number)
		n, err := strconv.ParseInt(string(number), 10, 64)
		if !ok || err != nil {
			return s.fault(path, "want a whole number")
		}
		v.SetInt(n)
	default:
		number, ok := t.(json.Number)
		f, err := number.Float64()
		if !ok || err != nil {
			return s.fault(path, "want a number")
		}
		v.SetFloat(f)
	}
	return nil
}

func (s *source) instant(path string, v reflect.Value) error {
	t, err := s.token(path)
	if err != nil {
		return err
	}
	text, _ := t.(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Year() < 1900 || at.Year() > 2200 {
		return s.fault(path, "want a time such as 2027-06-09T09:00:00+08:00")
	}
	v.Set(reflect.ValueOf(at))
	return nil
}
