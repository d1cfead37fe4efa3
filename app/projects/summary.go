package projects

import (
	"slices"
	"strconv"
	"strings"

	"qianshou/app/kit/locale"
)

// Sentence is one sentence of a report, cut where its figures stand.
type Sentence []locale.Part

// Text is the sentence without marks.
func (s Sentence) Text() string {
	var b strings.Builder
	for _, part := range s {
		b.WriteString(part.Text)
	}
	return b.String()
}

// Summary is what a report opens with, made from its figures in one language:
// how much was signed, and how much of it landed. Arg marks the figures in it.
func (st Statistics) Summary(words *locale.Catalogue, l locale.Lang) []Sentence {
	count := func(key string, n int) string { return words.T(l, "statistics.count."+key, whole(l, n)) }
	key, args := st.opening(l)
	figures := []string{
		count("projects", st.Totals.All.Count), locale.Sum(l, st.Totals.All.USD, "USD"),
		count("contracts", st.Totals.Contracts.Count), locale.Sum(l, st.Totals.Contracts.USD, "USD"),
	}
	switch {
	case st.Totals.All.Count == 0:
		key, figures = key+".none", nil
	case st.Totals.Contracts.Count == 0:
		key, figures = key+".no_contract", figures[:2]
	}
	sentences := []Sentence{marked(words.Parts(l, key, append(args, asAny(figures)...)...), figures)}
	if share, ok := st.Landed.Share(); ok {
		figures = []string{count("investments", st.Investments.Count), whole(l, st.Landed.Part.Count), locale.Percent(share)}
		key, args = "statistics.summary.landed", asAny(figures)
		if day := st.Scope.AsOf; !day.IsZero() {
			key, args = "statistics.summary.landed_by", append(args, locale.Date(l, day))
		}
		sentences = append(sentences, marked(words.Parts(l, key, args...), figures))
	}
	if n := st.Undisclosed.All.Count; n > 0 {
		figures = []string{count("projects", n)}
		sentences = append(sentences, marked(words.Parts(l, "statistics.summary.undisclosed", asAny(figures)...), figures))
	}
	return sentences
}

// opening is the sentence of the scope, and what it says before the figures.
func (st Statistics) opening(l locale.Lang) (key string, args []any) {
	switch st.Scope.Kind {
	case OfEvent:
		return "statistics.summary.event", []any{locale.DateRange(l, st.Event.StartsOn, st.Event.EndsOn), st.Event.Title}
	case OfYear:
		return "statistics.summary.year", []any{strconv.Itoa(st.Scope.Year)}
	case OfSeries:
		return "statistics.summary.series", []any{strconv.Itoa(st.Event.Since), st.Event.Series}
	}
	return "statistics.summary.all", nil
}

func asAny(list []string) (all []any) {
	for _, s := range list {
		all = append(all, s)
	}
	return all
}

// whole is a number of things: grouped by thousands in English alone.
func whole(l locale.Lang, n int) string {
	if l == locale.ZH {
		return strconv.Itoa(n)
	}
	return locale.Number(int64(n))
}

// marked leaves the mark on figures alone; dates and titles lose it.
func marked(parts []locale.Part, figures []string) Sentence {
	left := slices.Clone(figures)
	for i := range parts {
		if !parts[i].Arg {
			continue
		}
		at := slices.Index(left, parts[i].Text)
		if parts[i].Arg = at >= 0; parts[i].Arg {
			left = slices.Delete(left, at, at+1)
		}
	}
	return parts
}
