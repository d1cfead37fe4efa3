package web

import (
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/lists"
)

// listPages are the models of the views of lists that are read in.
var listPages = map[string]sample{
	"lists/new":     newListSample,
	"lists/_back":   newListSample,
	"lists/show":    shownListSample,
	"lists/_status": shownListSample,
}

func newListSample(p Page, full bool) any {
	if !full {
		return listPage{linkPage: linkPage{Page: p, Own: "/delegation/t"}, Kind: lists.Members, Delegation: wordsFull, BackName: wordsFull}
	}
	form := FormOf("rows", "<a>", "lang", "zh")
	form.Add("file", "lists.no_file")
	form.Add("consent", "field.consent")
	m := listPage{linkPage: linkPage{Page: p}, Kind: lists.Firms, At: "/x", Imports: "/y", Form: form}
	for n, state := range []lists.State{lists.Reading, lists.Checked, lists.Committing, lists.Done, lists.Failed, lists.Cancelled} {
		m.Recent = append(m.Recent, lists.Import{ID: ident.ID{15: byte(n)}, State: state, FileName: "<list>.xlsx", Pasted: n == 1, Rows: n, By: wordsFull, CreatedAt: p.Now})
	}
	return m
}

func shownListSample(p Page, full bool) any {
	if !full {
		return listPage{linkPage: linkPage{Page: p, Own: "/delegation/t"}, Kind: lists.Members, Import: lists.Import{State: lists.Reading, Pasted: true}}
	}
	m := listPage{
		linkPage: linkPage{Page: p}, Kind: lists.Members, At: "/x", Imports: "/y", Filter: "bad", Pager: Pager{From: 1, To: 5, Total: 5},
		Import: lists.Import{State: lists.Checked, FileName: "<list>.xlsx", Rows: 5, Good: 2, Bad: 2, Unchanged: 1, By: wordsFull, CreatedAt: p.Now, Version: 2},
		Counts: map[string]int{"all": 5, "bad": 2, "warned": 1, "new": 1, "changed": 1, "same": 1},
	}
	for n, v := range []delegations.Verdict{delegations.RowBad, delegations.RowTwice, delegations.RowNew, delegations.RowChanged, delegations.RowSame} {
		l := listLine{Line: lists.Line{Number: n + 2, Verdict: v, Name: "<Halmosi>", Second: "m001@delegate.example", Role: "head", Reference: "F27-0001"}}
		l.Open = map[bool]string{true: "/z"}[v == delegations.RowSame]
		l.Cells = []listCell{
			{Cell: lists.Cell{Column: wordsFull, Address: "B7", Value: "<x>", Problem: fault.Field{Key: "field.date"}}, Said: "…"},
			{Cell: lists.Cell{Warning: true}, Said: "…"},
			{Cell: lists.Cell{Column: wordsFull, Changes: true, Before: locale.Text{ZH: "原", EN: "before"}}},
			{Cell: lists.Cell{Column: wordsFull, Changes: true}},
		}
		m.Lines = append(m.Lines, l)
	}
	return m
}
