package xlsform

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xintiexin/flows/form"
)

// readChoices collects the lists of the choices sheet.
func (r *reader) readChoices(t *table) {
	if t == nil {
		return
	}
	for _, row := range t.rows {
		r.checkCells(t, row)
		name, value := t.text(row, "list_name"), r.value(t, row, "name")
		switch {
		case name == "" && value == "" && t.text(row, "label") == "":
			continue // notes in columns of the author's own
		case name == "":
			r.errorf(t.at(row, "list_name"), "没有写选项表的名字（list_name）。")
			continue
		case value == "":
			r.errorf(t.at(row, "name"), "选项表 “%s” 里这个选项没有 name。", name)
			continue
		}
		l := r.lists[name]
		if l == nil {
			l = &list{first: map[string]int{}, table: t}
			r.lists[name] = l
		}
		if before, twice := l.first[value]; twice {
			if !yes(r.form.Settings["allow_choice_duplicates"]) {
				r.errorf(t.at(row, "name"), "选项表 “%s” 里 “%s” 重复（第 %d 行已有）。", name, value, before)
				continue
			}
		} else {
			l.first[value] = row.Number
		}
		l.choices = append(l.choices, r.choice(t, row, value, l))
		l.rows = append(l.rows, row)
	}
	for _, name := range slices.Sorted(maps.Keys(r.lists)) {
		r.checkLabels(name, r.lists[name], t)
	}
}

func (r *reader) choice(t *table, row Row, value string, l *list) form.Choice {
	c := form.Choice{Value: value, Label: r.label(t, row, "label"), Columns: map[string]string{}}
	if c.Label != "" {
		l.labels++
	}
	c.Aliases = append(c.Aliases, strings.Fields(t.text(row, "alias"))...)
	for _, col := range t.columns {
		if !slices.Contains(choiceColumns, col.key) {
			if text := row.cell(col.index).Text; text != "" {
				c.Columns[col.header] = text
			}
		}
	}
	r.sensitive(t.at(row, "label"), c.Label)
	return c
}

// tellApart keeps labels that begin with a digit apart from option numbers: a
// tap sends number and label ("2 三个"), and such a label would be read into the
// number. It returns the first of them and how many there are.
func tellApart(list []form.Choice) (first, n int) {
	for i, c := range list {
		d, _ := utf8.DecodeRuneInString(c.Label)
		if !unicode.IsDigit(d) {
			continue
		}
		if n++; n == 1 {
			first = i
		}
		list[i].Label, list[i].Aliases = apart(c.Label), append(c.Aliases, c.Label)
	}
	return first, n
}

func apart(label string) string { return "「" + label + "」" }

// sayApart tells an author of it; the label is the first such one.
func (r *reader) sayApart(at place, label string, n int) {
	more := ""
	if n > 1 {
		more = fmt.Sprintf("等 %d 项", n)
	}
	r.warnf(at, "选项 “%s”%s以数字开头，会和序号混，聊天里显示成 “%s”。最好改写，如 “八点半”“两间”。", label, more, apart(label))
}

func (r *reader) checkLabels(name string, l *list, t *table) {
	if l.table != t {
		return
	}
	for i := range l.choices {
		c := &l.choices[i]
		switch {
		case c.Label != "":
			continue
		case l.labels > 0:
			r.errorf(t.at(l.rows[i], "label"), "选项表 “%s” 里 “%s” 没有文字。", name, c.Value)
		case i == 0:
			r.warnf(t.at(l.rows[i], "label"), "选项表 “%s” 都没有文字，聊天里显示 name。", name)
		}
		c.Label = c.Value
	}
	if first, n := tellApart(l.choices); n > 0 {
		at := t.at(l.rows[first], "label")
		r.sayApart(at, l.choices[first].Aliases[len(l.choices[first].Aliases)-1], n)
	}
}

// finishLists hands the lists to the form.
func (r *reader) finishLists() {
	for name, l := range r.lists {
		r.form.Lists[name] = l.choices
	}
}

// needList complains about a select whose list is not there.
func (r *reader) needList(at place, q *form.Question) {
	l := r.lists[q.List]
	if l == nil {
		names := slices.Sorted(maps.Keys(r.lists))
		if near := nearest(q.List, names); near != "" {
			r.errorf(at, "选项表 “%s” 在 choices 里没有。是不是 %s？choices 里有：%s。", q.List, near, some(names))
		} else if len(names) > 0 {
			r.errorf(at, "选项表 “%s” 在 choices 里没有。choices 里有：%s。", q.List, some(names))
		} else {
			r.errorf(at, "选项表 “%s” 没有：要有一张 choices 工作表，写 list_name、name、label。", q.List)
		}
		return
	}
	const many = 99
	if len(l.choices) > many && q.ChoiceFilter == "" {
		r.warnf(at, "选项表 “%s” 有 %d 个选项，聊天里不好选。请用 choice_filter 分级。", q.List, len(l.choices))
	}
	if q.Type == form.SelectMultiple || q.Type == form.Rank {
		for i, c := range l.choices {
			if strings.ContainsAny(c.Value, " \n\t\u3000") && !l.spaceTold(i) {
				r.errorf(l.table.at(l.rows[i], "name"), "多选题的选项 name “%s” 里不能有空格，请改成 _。", c.Value)
			}
		}
	}
}

// spaceTold reports whether choice i's blank was complained about, and notes
// that it is now.
func (l *list) spaceTold(i int) bool {
	key := "\x00" + itoa(i)
	_, told := l.first[key]
	l.first[key] = 0
	return told
}

// some lists names, not too many of them.
func some(names []string) string {
	const most = 8
	if len(names) > most {
		return strings.Join(names[:most], "、") + " 等"
	}
	return strings.Join(names, "、")
}
