package forms

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// LanguageName is what a language is called; its tag when nobody knows.
func LanguageName(tag string) locale.Text {
	parsed, err := language.Parse(tag)
	if err != nil {
		return locale.Text{ZH: tag, EN: tag}
	}
	name := locale.Text{ZH: display.Chinese.Tags().Name(parsed), EN: display.English.Tags().Name(parsed)}
	if name.ZH == "" || name.EN == "" {
		return locale.Text{ZH: tag, EN: tag}
	}
	return name
}

// Languages are those that a form offers first, by how near they are to the work:
// the answer may be any other.
var Languages = []string{
	"zh", "en", "fr", "de", "es", "ru", "ar", "pt", "it", "ja", "ko", "bg", "bs", "cs", "da", "el", "et", "fa", "fi", "he", "hi", "hr", "hu", "id", "is",
	"kk", "lt", "lv", "mk", "mn", "ms", "nl", "nb", "pl", "ro", "sk", "sl", "sq", "sr", "sv", "th", "tr", "uk", "ur", "uz", "vi",
}

// LanguageOf is the tag (BCP 47) of a language that somebody names in Chinese, in
// English or in itself, or by the tag; what nobody knows is answered as it was written.
func LanguageOf(named string) (tag string, known bool) {
	named = strings.TrimSpace(text.Halfwidth(named))
	if tag, known = languageNames()[strings.ToLower(named)]; known {
		return tag, true
	}
	_, err := language.Parse(named)
	return named, err == nil
}

// LanguageTags reads a list of languages as people write it: names or tags, with
// commas, blanks or "and" between. A name may have blanks of its own.
func LanguageTags(typed string) (tags []string) {
	for _, piece := range strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(",，、;；/\t\n", r) }) {
		if tag, known := LanguageOf(piece); known {
			tags = append(tags, tag)
			continue
		}
		for _, word := range strings.Fields(strings.NewReplacer(" and ", " ", " & ", " ", "和", " ").Replace(piece)) {
			tag, _ := LanguageOf(word)
			tags = append(tags, tag)
		}
	}
	return tags
}

// LanguageWords is a list of tags as LanguageTags reads it again: by name where the
// name leads back to the tag.
func LanguageWords(l locale.Lang, tags []string) string {
	var words []string
	for _, tag := range tags {
		word := LanguageName(tag).In(l)
		if back, _ := LanguageOf(word); back != tag {
			word = tag
		}
		words = append(words, word)
	}
	if l == locale.ZH {
		return strings.Join(words, "、")
	}
	return strings.Join(words, ", ")
}

// languageNames are the tags of languages by whatever they are called, in small
// letters. What stands first among Languages keeps a name that others have too.
var languageNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{"汉语": "zh", "普通话": "zh", "国语": "zh", "mandarin": "zh", "putonghua": "zh"}
	call := func(name, tag string) {
		name = strings.ToLower(name)
		if _, taken := names[name]; name != "" && !taken {
			names[name] = tag
		}
	}
	tags := Languages
	for _, base := range display.Supported.BaseLanguages() {
		tags = append(tags[:len(tags):len(tags)], base.String())
	}
	for _, tag := range tags {
		parsed, err := language.Parse(tag)
		if err != nil {
			continue
		}
		name := LanguageName(tag)
		call(name.ZH, tag)
		call(name.EN, tag)
		call(display.Self.Name(parsed), tag)
		if spoken, is := strings.CutSuffix(name.ZH, "语"); is {
			call(spoken+"文", tag)
		}
	}
	return names
})
