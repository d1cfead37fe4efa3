package pdf

import (
	"strings"
	"unicode"
)

// Breaks says where a line of text may end.
type Breaks int

// Running text breaks between words and between Chinese characters; a name breaks
// at a blank, after a hyphen and after the middle dot of a Chinese rendering.
const (
	Running Breaks = iota
	Name
)

// Lines cuts a text into lines no wider than width millimetres. Whole is false when
// a word was wider than a line and had to be broken.
func (t *Typeface) Lines(text string, style Style, width float64, breaks Breaks) (lines []string, whole bool) {
	whole = true
	line := ""
	end := func() {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
		line = ""
	}
	for _, piece := range pieces(text, breaks) {
		if t.Width(strings.TrimRight(line+piece, " "), style) <= width {
			line += piece
			continue
		}
		end()
		for _, r := range piece {
			if line != "" && t.Width(strings.TrimRight(line+string(r), " "), style) > width {
				whole = false
				end()
			}
			line += string(r)
		}
	}
	end()
	return lines, whole
}

// pieces cuts a text after each place where a line may end.
func pieces(text string, breaks Breaks) (list []string) {
	runes := []rune(text)
	start := 0
	for i, r := range runes {
		if i+1 == len(runes) || mayBreak(r, runes[i+1], breaks) {
			list = append(list, string(runes[start:i+1]))
			start = i + 1
		}
	}
	return list
}

const (
	notFirst = "，。、；：！？）》」』】”’…·-–—,.;:!?)]% "
	notLast  = "（《「『【“‘(["
)

func mayBreak(r, next rune, breaks Breaks) bool {
	switch {
	case strings.ContainsRune(notFirst, next) || strings.ContainsRune(notLast, r):
		return false
	case r == ' ' || r == '-' || r == '·' || r == '–' || r == '—':
		return true
	case breaks == Name:
		return false
	}
	return r == '/' || han(r) || han(next)
}

func han(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r < 0x3040 || r >= 0xFF00 && r < 0xFFF0
}
