// Package text cleans what people type and checks how it is written: scripts,
// addresses, telephone numbers. It also folds names, so that one search finds
// them in every script.
package text

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"qianshou/app/kit/fault"
)

// Clean brings a line of text to one form: NFC, no blanks around it, one blank
// between words.
func Clean(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))), " ")
}

// Paragraphs is Clean for text of several lines.
func Paragraphs(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// Unseen tells whether s holds characters that a reader cannot see but that change
// what is shown: controls, direction overrides, replacement characters.
func Unseen(s string) bool {
	for _, r := range s {
		switch {
		case r == '\n', r == 0x200C, r == 0x200D: // joiners belong to some scripts
		case unicode.Is(unicode.Cc, r), r == utf8.RuneError, unicode.Is(invisible, r):
			return true
		}
	}
	return false
}

// invisible are characters of format and letters without a face: direction marks and
// overrides, blanks of no width, soft hyphens, fillers, tags.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00AD, 0x00AD, 1}, {0x034F, 0x034F, 1}, {0x061C, 0x061C, 1}, {0x115F, 0x1160, 1}, {0x17B4, 0x17B5, 1}, {0x180B, 0x180F, 1},
		{0x200B, 0x200B, 1}, {0x200E, 0x200F, 1}, {0x2028, 0x202E, 1}, {0x2060, 0x206F, 1}, {0x3164, 0x3164, 1}, {0xFEFF, 0xFEFF, 1}, {0xFFA0, 0xFFA0, 1}, {0xFFF9, 0xFFFB, 1},
	},
	R32:         []unicode.Range32{{0xE0000, 0xE007F, 1}},
	LatinOffset: 1,
}

// LinkLike tells whether mail programs would make a link of a part of s: www., ://,
// or a full stop between letters. Initials such as J.R. are none.
func LinkLike(s string) bool {
	s = strings.ToLower(norm.NFKC.String(s)) // full-width stops too
	if strings.Contains(s, "://") || strings.Contains(s, "www.") {
		return true
	}
	parts := strings.FieldsFunc(s, func(r rune) bool {
		return r != '.' && r != '。' && !unicode.In(r, unicode.L, unicode.M, unicode.N) && r != '-'
	})
	for _, word := range parts {
		labels := strings.FieldsFunc(word, func(r rune) bool { return r == '.' || r == '。' })
		for i := 1; i < len(labels); i++ {
			if utf8.RuneCountInString(labels[i-1]) > 1 || utf8.RuneCountInString(labels[i]) > 1 {
				return true
			}
		}
	}
	return false
}

// mostMarks is how many marks one letter of a script that people write has at most.
const mostMarks = 4

// Worded tells whether s has letters, of which none carries more marks than those of
// any script do.
func Worded(s string) bool {
	letters, marks := 0, 0
	for _, r := range s {
		if unicode.Is(unicode.M, r) {
			if marks++; marks > mostMarks {
				return false
			}
			continue
		}
		if marks = 0; unicode.IsLetter(r) {
			letters++
		}
	}
	return letters > 0
}

// Line checks a cleaned line: seen characters only, and a length in characters.
// It notes what is broken beside the field path.
func Line(bad *fault.List, path, s string, required bool, most int) {
	switch {
	case Unseen(s):
		bad.Add(path, "field.control")
	case required && s == "":
		bad.Add(path, "field.required")
	case utf8.RuneCountInString(s) > most:
		bad.Add(path, "field.too_long", most)
	}
}

// NotLatin answers the characters of s that a Latin name cannot have, each once:
// letters of other scripts, some of which look the same (А is Cyrillic), digits
// and signs. Spaces, hyphens, apostrophes, full stops and commas may stand in a
// name. Ten of them are answered at most: nobody mends more at a time.
func NotLatin(s string) string {
	var wrong []rune
	for _, r := range s {
		ok := unicode.Is(unicode.Latin, r) || unicode.Is(unicode.Mn, r) || strings.ContainsRune(" -'’.,", r)
		if !ok && !slices.Contains(wrong, r) {
			if wrong = append(wrong, r); len(wrong) == mostWrong {
				break
			}
		}
	}
	return string(wrong)
}

const mostWrong = 10

var scripts = []*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Han, unicode.Arabic, unicode.Hebrew, unicode.Georgian, unicode.Armenian,
	unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Devanagari,
}

// OneScript tells whether all letters of s belong to one script. Japanese may mix
// its own three.
func OneScript(s string) bool {
	used := map[*unicode.RangeTable]bool{}
	for _, r := range s {
		for _, script := range scripts {
			if unicode.Is(script, r) {
				used[script] = true
			}
		}
	}
	if used[unicode.Hiragana] || used[unicode.Katakana] {
		delete(used, unicode.Han)
		delete(used, unicode.Hiragana)
		delete(used, unicode.Katakana)
		return len(used) == 0
	}
	return len(used) <= 1
}

// Chinese tells whether s can stand as a Chinese rendering: Han, the middle dot
// and the hyphen.
func Chinese(s string) bool {
	for _, r := range s {
		if !unicode.Is(unicode.Han, r) && r != '·' && r != '-' {
			return false
		}
	}
	return true
}

// MiddleDot writes every dot that people use in Chinese renderings as U+00B7.
func MiddleDot(s string) string {
	return strings.NewReplacer("•", "·", "・", "·", "‧", "·", "．", "·", ".", "·").Replace(s)
}

// Halfwidth turns full-width letters and digits into plain ones (NFKC), for
// numbers and codes.
func Halfwidth(s string) string { return strings.TrimSpace(norm.NFKC.String(s)) }

// Email cleans an address: the host in lower case. ok is false when nobody could
// send mail to it.
func Email(s string) (address string, ok bool) {
	s = Halfwidth(s)
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s || parsed.Name != "" || len(s) > 254 || Unseen(s) {
		return s, false
	}
	at := strings.LastIndexByte(s, '@')
	local, host := s[:at], strings.ToLower(s[at+1:])
	if len(local) > 64 || strings.HasPrefix(local, `"`) || !hostForm.MatchString(host) {
		return s, false
	}
	return local + "@" + host, true
}

var hostForm = regexp.MustCompile(`^([\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}][\p{L}\p{N}-]{0,61}[\p{L}\p{N}]$`)

// testPrefix is the unassigned country code of invented telephone numbers.
const testPrefix = "+999"

// Phone writes a telephone number as E.164. Full-width digits, blanks, dashes
// and brackets may stand in what was typed; a country code must.
func Phone(s string) (e164 string, ok bool) {
	s = Halfwidth(s)
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "").Replace(s)
	if rest, invented := strings.CutPrefix(digits, testPrefix); invented {
		return digits, len(rest) >= 6 && len(rest) <= 12 && strings.Trim(rest, "0123456789") == ""
	}
	number, err := phonenumbers.Parse(s, "")
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return s, false
	}
	return phonenumbers.Format(number, phonenumbers.E164), true
}

// Fold writes a name so that equal ones compare equal however they were typed:
// lower case, no marks, Latin letters for Cyrillic and Greek, pinyin beside Han.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch latin, known := letters[r]; {
		case known:
			b.WriteString(latin)
		case unicode.Is(unicode.Mn, r):
		case unicode.Is(unicode.Han, r):
			b.WriteRune(r)
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Search is everything by which a person may be looked for: each form of the name
// folded, the pinyin of Han and its initials, from each character on.
func Search(forms ...string) string {
	var all []string
	for _, form := range forms {
		folded := Fold(form)
		if folded == "" {
			continue
		}
		all = append(all, folded)
		if han := onlyHan(form); han != "" {
			args := pinyin.NewArgs()
			syllables := pinyin.LazyPinyin(han, args)
			var initials strings.Builder
			for _, syllable := range syllables {
				initials.WriteByte(syllable[0])
			}
			for i := range syllables { // a search may begin at any character, as in the name itself
				all = append(all, strings.Join(syllables[i:], ""), initials.String()[i:])
			}
		}
	}
	return strings.Join(all, " ")
}

func onlyHan(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Han, r) {
			return r
		}
		return -1
	}, s)
}

// letters are those whose folding Unicode does not give: of Latin, and a plain
// transliteration of Cyrillic and Greek for searching. Passports use others.
var letters = map[rune]string{
	'ł': "l", 'đ': "d", 'ð': "d", 'ø': "o", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ı': "i", 'ħ': "h", 'ŋ': "n", 'ə': "e",
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y", 'к': "k", 'л': "l", 'м': "m",
	'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "sht",
	'ъ': "a", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya", 'ђ': "dj", 'ј': "j", 'љ': "lj", 'њ': "nj", 'ћ': "c", 'џ': "dz", 'і': "i", 'є': "ye",
	'ѓ': "gj", 'ќ': "kj", 'ѕ': "dz",
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "th", 'ι': "i", 'κ': "k", 'λ': "l", 'μ': "m", 'ν': "n",
	'ξ': "x", 'ο': "o", 'π': "p", 'ρ': "r", 'σ': "s", 'ς': "s", 'τ': "t", 'υ': "y", 'φ': "f", 'χ': "ch", 'ψ': "ps", 'ω': "o",
}
