package web

import (
	"regexp"
	"testing"

	"qianshou/app/kit/locale"
)

// TestChineseReadsAsChinese holds the Chinese catalogue to its own marks, to no
// typed blanks, and to one word for one thing.
func TestChineseReadsAsChinese(t *testing.T) {
	words, err := locale.Load(localesFS(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	all := words.Sentences(locale.ZH, "")
	for _, rule := range []struct {
		name  string
		wrong *regexp.Regexp
	}{
		{"a half-width mark beside Chinese", regexp.MustCompile(`\p{Han}[(),;:!?]|[(),;!?]\p{Han}`)},
		{"a blank between Chinese and figures, letters or what a placeholder brings", regexp.MustCompile(`\p{Han} [A-Za-z0-9{]|[A-Za-z0-9}] \p{Han}`)},
		{"an exclamation", regexp.MustCompile(`！`)},
		{"another word for the console (工作台)", regexp.MustCompile(`控制台|管理后台`)},
		{"another word for a gate (验证口)", regexp.MustCompile(`闸口|闸机|检票口|其他门`)},
		{"another word for a badge (证件)", regexp.MustCompile(`胸牌|胸卡|徽章`)},
		{"another word for an interpreter (译员)", regexp.MustCompile(`口译员|翻译`)},
		{"another word for a rejection (不予通过)", regexp.MustCompile(`未通过|驳回`)},
		{"country without region (国家（地区）)", regexp.MustCompile(`国家(?:$|[^（代])`)},
	} {
		for key, sentence := range all {
			if rule.wrong.MatchString(sentence) {
				t.Errorf("%s: %q has %s", key, sentence, rule.name)
			}
		}
	}
}
