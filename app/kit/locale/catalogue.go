package locale

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sentence is one entry of a catalogue. Chinese has no plural; an English
// sentence may have a form for one and a form for all other numbers.
type sentence struct {
	one, other string
}

// UnmarshalJSON reads a string, or an object {"one": …, "other": …}.
func (s *sentence) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &s.other); err == nil {
		return nil
	}
	var forms struct{ One, Other string }
	if err := json.Unmarshal(raw, &forms); err != nil || forms.Other == "" {
		return fmt.Errorf("want a sentence or {\"one\", \"other\"}, got %s", raw)
	}
	s.one, s.other = forms.One, forms.Other
	return nil
}

// Catalogue holds every sentence of the program in every language. It does not
// change after Load and may be read by many at once.
type Catalogue struct {
	sentences map[Lang]map[string]sentence
	missing   func(l Lang, key string)
}

// Load reads <lang>/*.json below fsys, one file for each domain. The same key in
// two files, or anything that is not a sentence, is an error. missing, which may
// be nil, is told each time a key is asked for that no file has.
func Load(fsys fs.FS, missing func(l Lang, key string)) (*Catalogue, error) {
	c := &Catalogue{sentences: map[Lang]map[string]sentence{}, missing: missing}
	for _, l := range Langs {
		files, err := fs.Glob(fsys, string(l)+"/*.json")
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("no catalogue in %s", l)
		}
		all := map[string]sentence{}
		for _, name := range files {
			raw, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("read catalogue: %w", err)
			}
			var part map[string]sentence
			if err := json.Unmarshal(raw, &part); err != nil {
				return nil, fmt.Errorf("catalogue %s: %w", name, err)
			}
			for key, s := range part {
				if _, twice := all[key]; twice {
					return nil, fmt.Errorf("catalogue %s: key %q is in another file of %s too", name, key, path.Dir(name))
				}
				all[key] = s
			}
		}
		c.sentences[l] = all
	}
	return c, nil
}

// Has tells whether a language has a key.
func (c *Catalogue) Has(l Lang, key string) bool {
	_, ok := c.sentences[l][key]
	return ok
}

// Keys lists a language's keys in order.
func (c *Catalogue) Keys(l Lang) []string { return slices.Sorted(maps.Keys(c.sentences[l])) }

// Sentences answers the raw sentences of a language whose keys start with a
// prefix, placeholders unfilled, for scripts that speak without the server (the
// door app). Plural forms are left out.
func (c *Catalogue) Sentences(l Lang, prefix string) map[string]string {
	found := map[string]string{}
	for key, s := range c.sentences[l] {
		if strings.HasPrefix(key, prefix) {
			found[key] = s.other
		}
	}
	return found
}

// T answers a sentence with its placeholders {0}, {1} … filled. A Text or a Name
// among args is taken in the same language. The first argument chooses the plural
// form. A key that is absent answers itself, so that a reader still sees
// something to report.
func (c *Catalogue) T(l Lang, key string, args ...any) string {
	s, ok := c.sentences[l][key]
	if !ok {
		if c.missing != nil {
			c.missing(l, key)
		}
		return key
	}
	return fill(s.form(args), func(i int) (string, bool) {
		if i >= len(args) {
			return "", false
		}
		return Word(l, args[i]), true
	})
}

// Parts is T for markup: it answers the sentence cut at its placeholders, each
// part either plain text or the argument that stands there.
func (c *Catalogue) Parts(l Lang, key string, args ...any) (parts []Part) {
	s, ok := c.sentences[l][key]
	if !ok {
		return []Part{{Text: c.T(l, key)}}
	}
	text, last := s.form(args), 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		i, _ := strconv.Atoi(text[m[2]:m[3]])
		if i >= len(args) {
			continue
		}
		parts = append(parts, Part{Text: text[last:m[0]]}, Part{Text: Word(l, args[i]), Arg: true})
		last = m[1]
	}
	return append(parts, Part{Text: text[last:]})
}

// Part is a piece of a sentence.
type Part struct {
	Text string
	Arg  bool // it stood in a placeholder
}

func (s sentence) form(args []any) string {
	if s.one == "" || len(args) == 0 {
		return s.other
	}
	switch fmt.Sprint(args[0]) {
	case "1":
		return s.one
	}
	return s.other
}

// Word writes one argument of a sentence in a language.
func Word(l Lang, arg any) string {
	switch v := arg.(type) {
	case Text:
		return v.In(l)
	case *Text:
		return v.In(l)
	case Name:
		return v.In(l)
	case string:
		return v
	}
	return fmt.Sprint(arg)
}

var placeholder = regexp.MustCompile(`\{(\d)\}`)

func fill(text string, arg func(i int) (string, bool)) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		if word, ok := arg(int(p[1] - '0')); ok {
			return word
		}
		return p
	})
}

// Faults lists everything in which the languages differ though they must not:
// keys that only one has, and placeholders that only one sentence uses.
func (c *Catalogue) Faults() (faults []string) {
	for _, l := range Langs {
		for _, key := range c.Keys(l) {
			mine := c.sentences[l][key]
			theirs, ok := c.sentences[l.Other()][key]
			if !ok {
				faults = append(faults, fmt.Sprintf("%s: only in %s", key, l))
				continue
			}
			if l == ZH && mine.one != "" {
				faults = append(faults, key+": Chinese has no plural")
			}
			if a, b := placeholders(mine.other), placeholders(theirs.other); l == ZH && !slices.Equal(a, b) {
				faults = append(faults, fmt.Sprintf("%s: placeholders %v in zh, %v in en", key, a, b))
			}
			if strings.TrimSpace(mine.other) == "" {
				faults = append(faults, fmt.Sprintf("%s: empty in %s", key, l))
			}
		}
	}
	return faults
}

func placeholders(text string) []string {
	return slices.Compact(slices.Sorted(slices.Values(placeholder.FindAllString(text, -1))))
}
