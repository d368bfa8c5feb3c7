package xlsform

import (
	"slices"
	"strings"
)

// Columns that we read, by their name here. Other columns are the author's.
var (
	surveyColumns = []string{
		"type", "name", "label", "hint", "guidance_hint", "required", "required_message", "relevant", "constraint",
		"constraint_message", "calculation", "trigger", "default", "choice_filter", "repeat_count", "read_only",
		"appearance", "parameters", "media::image", "media::audio", "media::video", "save_to", "disabled", "chat", "short",
	}
	choiceColumns   = []string{"list_name", "name", "label", "media::image", "media::audio", "media::video", "alias"}
	settingsColumns = []string{
		"form_title", "form_id", "version", "default_language", "instance_name", "style", "allow_choice_duplicates",
		"clean_text_values", "public_key", "submission_url", "auto_send", "auto_delete", "chat_keyword", "chat_roles", "chat_menu", "chat_consent", "chat_consent_text",
	}
)

// translated are the columns that may stand once for each language.
var translated = []string{
	"label", "hint", "guidance_hint", "required_message", "constraint_message", "media::image", "media::audio", "media::video",
}

// Other names of columns, all of which pyxform takes.
var (
	surveyAliases = map[string]string{
		"relevance": "relevant", "bind::relevant": "relevant", "calculate": "calculation", "bind::calculate": "calculation",
		"readonly": "read_only", "bind::readonly": "read_only", "bind::read_only": "read_only",
		"bind::constraint": "constraint", "bind::required": "required",
		"caption": "label", "command": "type", "tag": "name", "value": "name",
		"count": "repeat_count", "jr:count": "repeat_count",
		"image": "media::image", "audio": "media::audio", "video": "media::video",
		"constraining_message": "constraint_message", "bind::jr:constraintmsg": "constraint_message",
		"requiredmsg": "required_message", "required_msg": "required_message", "bind::jr:requiredmsg": "required_message",
		"control::appearance": "appearance", "body::appearance": "appearance", "bind::save_to": "save_to",
	}
	choiceAliases = map[string]string{
		"caption": "label", "value": "name", "image": "media::image", "audio": "media::audio", "video": "media::video",
	}
	settingsAliases = map[string]string{
		"title": "form_title", "id_string": "form_id", "set_form_title": "form_title", "set_form_id": "form_id",
	}
)

// column is one column of a table under its name here.
type column struct {
	key    string
	lang   string // as the author wrote it, "" without
	header string
	index  int
}

// table is a sheet whose header has been understood.
type table struct {
	name    string // of the sheet, as messages call it
	order   int    // messages about it come in this order
	rows    []Row  // without the header
	header  Row
	columns []column
	known   []string
	broken  string
	byKey   map[string][]column // languages in the order in which a text is looked for
}

// What is ours in Excel's huge grid: a header ends where 20 columns are empty,
// a sheet where 60 rows are.
const (
	headerGap = 20
	rowGap    = 60
)

// open understands the header of a sheet and complains about it.
func (r *reader) open(s *Sheet, order int, known []string, aliases map[string]string) *table {
	t := &table{name: strings.TrimSpace(s.Name), order: order, known: known, broken: s.Broken}
	if len(s.Rows) == 0 {
		return t
	}
	t.header, t.rows = s.Rows[0], s.Rows[1:]
	double := slices.ContainsFunc(t.header.Cells, func(c Cell) bool { return strings.Contains(c.Text, "::") })
	last := -1
	for i, c := range t.header.Cells {
		if c.Text == "" {
			continue
		}
		if i-last > headerGap+1 {
			break
		}
		last = i
		col := understand(c.Text, double, aliases)
		col.header, col.index = c.Text, i
		at := place{table: t, row: t.header, col: i}
		if j := slices.IndexFunc(t.columns, func(o column) bool { return o.key == col.key && o.lang == col.lang }); j >= 0 {
			r.errorf(at, "“%s” 列有两个：%s 列和 %s 列。请删掉一个。", col.header, letters(t.columns[j].index), letters(i))
			continue
		}
		t.columns = append(t.columns, col)
		r.nearHeader(at, col, known)
	}
	t.arrange(nil)
	return t
}

// understand reads a header: "Relevance" is relevant, "label::中文 (zh)" is
// label in a language. Old files put one colon where new ones put two.
func understand(header string, double bool, aliases map[string]string) column {
	sep := "::"
	if !double {
		sep = ":"
	}
	const jr = "jr:"
	parts := strings.Split(strings.ReplaceAll(header, jr, "jr\x00"), sep)
	for i := range parts {
		parts[i] = strings.TrimSpace(strings.ReplaceAll(parts[i], "jr\x00", jr))
	}
	key := strings.Join(strings.Fields(strings.ToLower(parts[0])), "_")
	rest := parts[1:]
	switch key {
	case "media", "bind", "body", "control", "instance":
		if len(rest) > 0 {
			key += "::" + strings.Join(strings.Fields(strings.ToLower(rest[0])), "_")
			rest = rest[1:]
		}
	}
	if name, ok := aliases[key]; ok {
		key = name
	}
	lang := strings.Join(rest, sep)
	if lang != "" && !slices.Contains(translated, key) {
		return column{key: key + "::" + lang}
	}
	return column{key: key, lang: lang}
}

// nearHeader warns of a header one slip away from one that would be read.
func (r *reader) nearHeader(at place, col column, known []string) {
	if slices.Contains(known, col.key) || strings.Contains(col.key, ":") || characters(col.key) < 4 {
		return
	}
	for _, k := range known {
		if d := distance(col.key, k); d == 1 || d == 2 && characters(k) > 8 {
			r.warnf(at, "列名 “%s” 不认识，这一列没有读。是不是 %s？", col.header, k)
			return
		}
	}
}

func letters(col int) string { return strings.TrimRight(cellName(col, 1), "1") }

func (t *table) has(key string) bool {
	return t != nil && slices.ContainsFunc(t.columns, func(c column) bool { return c.key == key })
}

// arrange settles the order of languages.
func (t *table) arrange(langs []string) {
	t.byKey = map[string][]column{}
	for _, c := range t.columns {
		t.byKey[c.key] = append(t.byKey[c.key], c)
	}
	for _, cols := range t.byKey {
		slices.SortStableFunc(cols, func(a, b column) int { return slices.Index(langs, a.lang) - slices.Index(langs, b.lang) })
	}
}

// find returns the column that row's value of key comes from: of several
// languages the first in order with a text, else the first in order.
func (t *table) find(row Row, key string) (column, bool) {
	cols := t.byKey[key]
	for _, c := range cols {
		if row.cell(c.index).Text != "" {
			return c, true
		}
	}
	if len(cols) == 0 {
		return column{}, false
	}
	return cols[0], true
}

func (t *table) text(row Row, key string) string {
	c, ok := t.find(row, key)
	if !ok {
		return ""
	}
	return row.cell(c.index).Text
}

// at is the place of row's value of key; of the row when there is no such column.
func (t *table) at(row Row, key string) place {
	c, ok := t.find(row, key)
	if !ok {
		return place{table: t, row: row, col: 0, column: key}
	}
	return place{table: t, row: row, col: c.index, column: c.header}
}

// languages lists the languages of texts in the order of the columns.
func (t *table) languages() []string {
	var langs []string
	if t == nil {
		return nil
	}
	for _, c := range t.columns {
		if slices.Contains(translated, c.key) && !slices.Contains(langs, c.lang) {
			langs = append(langs, c.lang)
		}
	}
	return langs
}

// byPreference puts the language first that people shall read: the settings'
// default, else Chinese, else the columns without a language, else the first
// one. The others follow, for texts that were not translated.
func byPreference(langs []string, chosen string) []string {
	rank := func(lang string) int {
		switch {
		case chosen != "" && sameLanguage(lang, chosen):
			return 0
		case chosen != "" && lang == "": // plain columns are in the default language
			return 1
		case isChinese(lang):
			return 2
		case lang == "":
			return 3
		}
		return 4
	}
	out := slices.Clone(langs)
	slices.SortStableFunc(out, func(a, b string) int { return rank(a) - rank(b) })
	return out
}

// sameLanguage compares "Chinese (zh)" with "chinese (zh)", "Chinese" and "zh".
func sameLanguage(lang, chosen string) bool {
	lang, chosen = strings.ToLower(lang), strings.ToLower(chosen)
	name, code, _ := strings.Cut(lang, "(")
	code = strings.TrimSuffix(strings.TrimSpace(code), ")")
	return lang != "" && (lang == chosen || strings.TrimSpace(name) == chosen || code == chosen)
}

func isChinese(lang string) bool {
	l := strings.ToLower(lang)
	return strings.Contains(l, "(zh") || l == "zh" || strings.Contains(l, "中文") || strings.Contains(l, "汉语") || l == "chinese"
}
