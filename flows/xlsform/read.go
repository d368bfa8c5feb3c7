package xlsform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"xintiexin/flows/form"
)

// reader reads one workbook.
type reader struct {
	name     string
	book     *Workbook
	opts     Options
	findings []Finding

	survey, choices, external, settings *table

	form     *form.Form
	lists    map[string]*list
	rows     map[int]Row // of the survey, by number
	names    []string    // of questions
	attached map[string]bool
	clean    bool // runs of spaces become one
}

// list is a choice list while it is read.
type list struct {
	choices []form.Choice
	rows    []Row
	first   map[string]int // value → row that had it first
	labels  int            // how many have a label
	table   *table
}

// Sheets that XLSForm gives a meaning to.
var sheetNames = []string{"survey", "choices", "settings", "external_choices", "entities", "osm"}

func (r *reader) read() *form.Form {
	r.form = &form.Form{
		ID: r.name, Title: r.name,
		Lists: map[string][]form.Choice{}, Tables: map[string][]form.Choice{}, Settings: map[string]string{},
	}
	r.lists, r.rows, r.attached = map[string]*list{}, map[int]Row{}, map[string]bool{}
	if !r.openSheets() {
		return nil
	}
	r.readSettings()
	r.chooseLanguage()
	r.readChoices(r.choices)
	r.readChoices(r.external)
	r.readSurvey()
	r.readTables()
	r.finishLists()
	r.compile()
	return r.form
}

// openSheets finds the sheets and their headers; it returns false when there
// is nothing to read on.
func (r *reader) openSheets() bool {
	survey := r.book.sheet("survey")
	if survey == nil && len(r.book.Sheets) == 1 {
		survey = &r.book.Sheets[0]
	}
	r.nearSheets(survey)
	if survey == nil {
		r.errorf(place{}, "没有名叫 survey 的工作表，题目要写在 survey 里。现有：%s。", strings.Join(r.sheetList(), "、"))
		return false
	}
	r.survey = r.open(survey, 1, surveyColumns, surveyAliases)
	r.choices = r.openNamed("choices", 2, choiceColumns, choiceAliases)
	r.external = r.openNamed("external_choices", 3, choiceColumns, choiceAliases)
	r.settings = r.openNamed("settings", 4, settingsColumns, settingsAliases)
	if s := r.book.sheet("entities"); s != nil && len(s.Rows) > 1 {
		r.warnf(place{table: &table{name: s.Name, order: 5}}, "entities 不支持，没有读。")
	}
	ok := true
	if r.survey.broken != "" || len(r.survey.rows) > maxQuestions {
		r.errorf(place{table: r.survey}, "%s", orElse(r.survey.broken, fmt.Sprintf(sayManyRows, maxQuestions)))
		return false
	}
	for _, t := range []*table{r.choices, r.external, r.settings} {
		if t != nil && t.broken != "" {
			r.errorf(place{table: t}, "%s", t.broken)
			return false
		}
	}
	for _, key := range []string{"type", "name"} {
		if !r.survey.has(key) {
			r.errorf(place{table: r.survey, row: r.survey.header}, "第一行没有 %s 列。第一行要写列名：type、name、label。", key)
			ok = false
		}
	}
	if !r.survey.has("label") && !r.survey.has("hint") {
		r.errorf(place{table: r.survey, row: r.survey.header}, "第一行没有 label 列。label 是题目的文字。")
		ok = false
	}
	if r.choices != nil && len(r.choices.rows) > 0 {
		for _, key := range []string{"list_name", "name"} {
			if !r.choices.has(key) {
				r.errorf(place{table: r.choices, row: r.choices.header}, "第一行没有 %s 列。第一行要写列名：list_name、name、label。", key)
				ok = false
			}
		}
	}
	return ok
}

func (r *reader) openNamed(name string, order int, known []string, aliases map[string]string) *table {
	if s := r.book.sheet(name); s != nil && len(s.Rows) > 0 {
		return r.open(s, order, known, aliases)
	}
	return nil
}

// maxQuestions is how many rows a survey sheet may have: more than any form
// that a person can be asked.
const maxQuestions = 3000

func (r *reader) sheetList() []string {
	var names []string
	for _, s := range r.book.Sheets {
		names = append(names, s.Name)
	}
	return names
}

// nearSheets warns of sheets whose names are one slip away from ones that
// would be read. Names that begin with _ are the author's notes.
func (r *reader) nearSheets(survey *Sheet) {
	for i := range r.book.Sheets {
		s := &r.book.Sheets[i]
		name := strings.ToLower(strings.TrimSpace(s.Name))
		if s == survey || strings.HasPrefix(name, "_") || slices.Contains(sheetNames, name) {
			continue
		}
		for _, known := range sheetNames[:3] {
			if r.book.sheet(known) == nil && distance(name, known) <= 2 {
				r.warnf(place{table: &table{name: s.Name, order: 9}}, "这张工作表没有读。名字是不是该写成 %s？", known)
			}
		}
	}
}

func (r *reader) chooseLanguage() {
	var langs []string
	for _, t := range []*table{r.survey, r.choices, r.external} {
		for _, l := range t.languages() {
			if !slices.Contains(langs, l) {
				langs = append(langs, l)
			}
		}
	}
	chosen := r.form.Settings["default_language"]
	if chosen != "" && !slices.Contains(langs, "") && !slices.ContainsFunc(langs, func(l string) bool { return sameLanguage(l, chosen) }) && len(langs) > 0 {
		r.warnf(r.settings.at(r.settings.rows[0], "default_language"), "没有 “%s” 这种语言的列。%s", chosen, didYouMean(chosen, langs))
	}
	langs = byPreference(langs, chosen)
	for _, t := range []*table{r.survey, r.choices, r.external} {
		if t == nil {
			continue
		}
		t.arrange(langs)
	}
}

func (r *reader) readSettings() {
	r.clean = true
	if r.settings == nil || len(r.settings.rows) == 0 {
		return
	}
	t, row := r.settings, r.settings.rows[0]
	r.checkCells(t, row)
	for _, c := range t.columns {
		if v := row.cell(c.index).Text; v != "" {
			r.form.Settings[c.key] = v
		}
	}
	s := r.form.Settings
	if v := s["form_title"]; v != "" {
		r.form.Title = v
	}
	if v := s["form_id"]; v != "" {
		r.form.ID = v
	}
	r.form.Version = s["version"]
	r.form.InstanceName = straight(s["instance_name"])
	r.clean = !strings.EqualFold(s["clean_text_values"], "no")
	for _, k := range []string{"form_title", "form_id", "version", "instance_name"} {
		delete(s, k)
	}
}

// readTables reads the sheets that serve as attached files.
func (r *reader) readTables() {
	for _, name := range slices.Sorted(maps.Keys(r.attached)) {
		s := r.book.sheet(name)
		if s == nil || slices.Contains(sheetNames, strings.ToLower(name)) || r.form.Tables[name] != nil {
			continue
		}
		r.form.Tables[name] = r.readTable(s, name, "name", "label")
	}
}

// readTable reads a sheet as the file of its name: value and label are the
// columns that say what is stored and what is shown.
func (r *reader) readTable(s *Sheet, name, value, label string) []form.Choice {
	t := &table{name: s.Name, order: 6}
	if len(s.Rows) == 0 {
		return []form.Choice{}
	}
	t.header, t.rows = s.Rows[0], s.Rows[1:]
	out := make([]form.Choice, 0, len(t.rows))
	for _, row := range t.rows {
		c := form.Choice{Columns: map[string]string{}}
		for i, h := range t.header.Cells {
			if text := row.cell(i).Text; text != "" && h.Text != "" {
				c.Columns[h.Text] = text
			}
		}
		c.Value, c.Label = c.Columns[value], c.Columns[label]
		out = append(out, c)
	}
	return out
}

// straight makes straight quotes of curly ones, character for character, so
// that positions stay.
func straight(expr string) string { return quotes.Replace(expr) }

var quotes = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`)
