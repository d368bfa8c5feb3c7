package xlsform

import (
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/form"
)

// compile has the engine check what only it can: expressions and what they
// refer to. Where the reader already complained about a cell that is enough, and
// where an expression is wrong its warnings can wait; but all errors in it are
// told at once.
func (r *reader) compile() {
	before := r.findings
	for _, p := range form.Compile(r.form) {
		f := r.problem(p)
		earlier := before
		if f.Warning {
			earlier = r.findings
		}
		told := slices.ContainsFunc(earlier, func(o Finding) bool {
			return !o.Warning && o.Sheet == f.Sheet && o.Cell == f.Cell && o.Cell != ""
		})
		if !told {
			r.keep(f)
		}
	}
}

// problem finds the cell that a problem of the engine is about.
func (r *reader) problem(p *form.AuthorProblem) Finding {
	if p.Column == "instance_name" && r.settings != nil && len(r.settings.rows) > 0 {
		at := r.settings.at(r.settings.rows[0], p.Column)
		at.pos = p.Pos
		return at.finding(p.Text, p.Warning)
	}
	row, ok := r.rows[p.Row]
	if !ok {
		return place{table: r.survey}.finding(p.Text, p.Warning)
	}
	at := r.survey.at(row, p.Column)
	at.pos = p.Pos
	if slices.Contains(translated, p.Column) || p.Column == "short" {
		at.pos = r.posInCell(at, p)
	}
	if n := characters(at.row.cell(at.col).Text); at.pos > n+1 || at.pos > 0 && n == 0 {
		// The engine made the expression out of the name: <name>_other.
		at = r.survey.at(row, "name")
	}
	text := p.Text
	if m := unknown.FindStringSubmatch(text); m != nil {
		if at.pos == 0 {
			at.pos = find(at.row.cell(at.col).Text, "${"+m[1])
		}
		if near := nearest(m[1], r.names); near != "" {
			text += "是不是 ${" + near + "}？"
		}
	}
	return at.finding(text, p.Warning)
}

// unknown is what the engine says of a reference to nothing.
var unknown = regexp.MustCompile(`^找不到题目 \$\{([^}]+)\}。$`)

// find returns the character at which part begins in s, 0 when it does not.
func find(s, part string) int {
	if i := strings.Index(s, part); i >= 0 {
		return characters(s[:i]) + 1
	}
	return 0
}

// posInCell is where the reference that p complains about stands in the cell:
// the engine saw the text without its markup.
func (r *reader) posInCell(at place, p *form.AuthorProblem) int {
	cell := at.row.cell(at.col).Text
	shown := []rune(r.label(at.table, at.row, p.Column))
	if p.Pos < 1 || p.Pos > len(shown) {
		return 0
	}
	rest := string(shown[p.Pos-1:])
	ref, _, _ := strings.Cut(rest, "}")
	nth := strings.Count(string(shown[:p.Pos-1]), ref)
	for at := 0; ; nth-- {
		i := strings.Index(cell[at:], ref)
		if i < 0 {
			return 0
		}
		if at += i; nth == 0 {
			return characters(cell[:at]) + 1
		}
		at += len(ref)
	}
}
