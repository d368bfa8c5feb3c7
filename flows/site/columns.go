package site

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/xlsform"
	"xintiexin/storage/purpose"
	"xintiexin/storage/townconfig"
)

// Source is a kind of record of which a town makes tables: one record, the
// columns of several offices.
type Source struct {
	Name, Label string
	Set         purpose.Purpose // nobody is in a table who does not agree to this
	Fields      []Field
}

// Field is what one cell of a row can say.
type Field struct {
	Name, Label string
	Kind        FieldKind
	Codes       []Code // of Coded: all that it can say
}

// Code is a value of a record with the words in which it is shown.
type Code struct{ Value, Label string }

// FieldKind is how a field is written.
type FieldKind uint8

const (
	Words  FieldKind = iota // as it stands
	Day                     // a day, by format
	Moment                  // an instant, by format
	Coded                   // one of Codes
)

// Added heads the name of a question that a town's own workbook puts beside those
// of the built-in form: added.rooms.
const Added = "added."

// Fields that every source has.
var (
	numberField  = Field{Name: "number", Label: "序号"}
	changeField  = Field{Name: "change", Label: "变动"}
	villageField = Field{Name: "village", Label: "村"}
	codeField    = Field{Name: "village_code", Label: "村编码"}
	groupField   = Field{Name: "group", Label: "组"}
	nameField    = Field{Name: "name", Label: "姓名"}
	tailField    = Field{Name: "tail", Label: "电话尾号"}
	byField      = Field{Name: "by", Label: "记录人"}
	atField      = Field{Name: "at", Label: "记录时间", Kind: Moment}
)

// Sources are what tables can be made of, with every field that may leave. What is
// not here stays here: free notes, landmarks, hidden kinds (domain.md 3.3), and of
// plans, which only the clinic sees, whose they are.
var Sources = []Source{
	{"visits", "走访", purpose.VisitRecord, []Field{numberField, changeField, villageField, codeField, groupField, nameField, tailField,
		{Name: "day", Label: "日期", Kind: Day},
		{Name: "way", Label: "怎么见的", Kind: Coded, Codes: []Code{{"home", "上门"}, {"phone", "电话"}, {"elsewhere", "别处碰见"}}},
		{Name: "kind", Label: "什么事", Kind: Coded, Codes: []Code{{"greet", "看望"}, {"followup", "约定随访"}, {"deliver", "送东西"}, {"errand", "办事"}, {"other", "其他"}}},
		{Name: "finding", Label: "怎么样", Kind: Coded, Codes: []Code{{"well", "都好"}, {"needs_help", "需要帮助"}, {"unwilling", "不愿谈"}}},
		{Name: "need", Label: "要什么帮助"}, {Name: "next", Label: "下回", Kind: Day}, byField, atField, {Name: "extra", Label: "其他"}}},
	{"away", "外出返乡", purpose.Migration, []Field{numberField, changeField, villageField, codeField, groupField, nameField, tailField,
		{Name: "place", Label: "去哪里"}, {Name: "since", Label: "哪天走", Kind: Day}, {Name: "expected", Label: "说几时回", Kind: Day},
		{Name: "back", Label: "哪天回来", Kind: Day}, {Name: "leaving", Label: "再走", Kind: Day},
		{Name: "state", Label: "现在", Kind: Coded, Codes: []Code{{"away", "在外"}, {"back", "回来了"}, {"here", "住在这里"}}}, byField, atField}},
	{"bookings", "约号", purpose.Booking, []Field{numberField, changeField, villageField, codeField, groupField, nameField, tailField,
		{Name: "day", Label: "哪天", Kind: Day}, {Name: "time", Label: "几点"}, {Name: "service", Label: "约什么"}, {Name: "booking", Label: "号"}, {Name: "seats", Label: "几位"},
		{Name: "state", Label: "怎么样了", Kind: Coded, Codes: []Code{{"open", "约着"}, {"came", "来过"}, {"other", "没有办"}}}, // all endings are equal
		{Name: "booked", Label: "哪天约的", Kind: Day}}},
	{"plans", "到日子的事", purpose.HealthReminders, []Field{numberField, changeField,
		{Name: "schedule", Label: "哪一套"}, {Name: "step", Label: "哪一步"}, {Name: "opens", Label: "从哪天", Kind: Day}, {Name: "day", Label: "到日子", Kind: Day}, {Name: "closes", Label: "到哪天", Kind: Day},
		{Name: "who", Label: "谁做", Kind: Coded, Codes: []Code{{"village", "村里"}, {"clinic", "卫生院"}, {"self", "自己"}}},
		{Name: "state", Label: "怎么样了", Kind: Coded, Codes: []Code{{"open", "还在办"}, {"done", "办了"}, {"other", "没有办"}}},
		{Name: "closed", Label: "哪天了的", Kind: Day}}},
	{"residents", "居民", "", []Field{numberField, changeField, villageField, codeField, groupField, {Name: "house", Label: "门牌"}, nameField, {Name: "phone", Label: "电话"}, tailField,
		{Name: "visits_since", Label: "同意记走访", Kind: Day}, {Name: "away_since", Label: "同意记外出", Kind: Day}, {Name: "contact", Label: "联系人"}}},
}

// stays says of what a town might ask for why it is in no table.
var stays = map[string]string{
	"note": "备注是随手写的，会有别人的事", "备注": "备注是随手写的，会有别人的事",
	"landmark": "门口的记号只给上门的人看", "id_number": "身份证号这里不记", "身份证号": "身份证号这里不记", "身份证": "身份证号这里不记",
	"phone": "整个电话只在居民表里，别的表写 tail（电话尾号）", "电话": "整个电话只在居民表里，别的表写 tail（电话尾号）",
	"spouse": "同来的人自己一行", "爱人": "同来的人自己一行", "birth": "生日这里不记", "出生日期": "生日这里不记",
	"expected_birth": "预产期只有卫生院看得到", "预产期": "预产期只有卫生院看得到", "lmp": "末次月经只有卫生院看得到",
	"hidden": "只有她自己能看的，不出表", "supplies": "药具的事不出表", "药具": "药具的事不出表", "notes": "小纸条不记名，不出表", "result": "检查的结果不在这里", "结果": "检查的结果不在这里",
	"missed": "没来不单列，没办成的都一样",
}

// SourceOf returns a source by its name; ok is false when there is none.
func SourceOf(name string) (s Source, ok bool) {
	i := slices.IndexFunc(Sources, func(s Source) bool { return s.Name == name })
	if i < 0 {
		return Source{}, false
	}
	return Sources[i], true
}

// Field returns a field by its name or its words; ok is false when there is none.
func (s Source) Field(name string) (f Field, ok bool) {
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name || f.Label == name })
	if i < 0 {
		return Field{}, false
	}
	return s.Fields[i], true
}

// Label is how a value is shown, itself where there are no words for it.
func (f Field) Show(value string) string {
	for _, c := range f.Codes {
		if c.Value == value {
			return c.Label
		}
	}
	return value
}

// Table is one table that the town hands on.
type Table struct {
	ID, Title string
	Source    Source
	To        string // the institution that it is for, "" inside the office: of others only who agreed to C6 is in it
	Columns   []townconfig.TableColumn
}

// Numbered reports whether its lines bear their running number, so that what
// changed later can be told.
func (t Table) Numbered() bool {
	return slices.ContainsFunc(t.Columns, func(c townconfig.TableColumn) bool { return c.Field == "number" })
}

// HandedOn returns the tables of a site in its order: those that come with the
// program where it names none.
func HandedOn(s *townconfig.Site) []Table {
	columns := s.Columns
	if len(columns) == 0 {
		columns = builtinSite().Columns
	}
	var out []Table
	for _, c := range columns {
		i := slices.IndexFunc(out, func(t Table) bool { return t.ID == c.Table })
		if i < 0 {
			source, ok := SourceOf(c.Source)
			if !ok {
				continue // of another version of the program
			}
			i, out = len(out), append(out, Table{ID: c.Table, Title: c.Title, Source: source, To: c.To})
		}
		out[i].Columns = append(out[i].Columns, c)
	}
	for _, t := range out {
		slices.SortStableFunc(t.Columns, func(a, b townconfig.TableColumn) int { return a.Order - b.Order })
	}
	return out
}

// dayFormats are how a day may be written: "" is a date of the workbook, the others
// are words, for programs that read them so.
var dayFormats = []string{"yyyy-mm-dd", "yyyymmdd", "yyyy/m/d", "yyyy.mm.dd", "yyyy年m月d日", "m月d日", "yyyy-mm"}

var columnColumns = []column{must("table", "哪张表：代号"), must("source", "表里是什么：visits 走访、away 外出返乡、bookings 约号、plans 到日子的事、residents 居民"),
	may("order", "第几列，空着按行的先后"), may("header", "列名，空着用自带的"), must("field", "这一列是什么，如 name 或 姓名；镇上加的问题写 added. 加代号"),
	may("format", "日子怎么写，如 yyyymmdd，空着是日期格"), may("codes", "换成代码，如 上门=1 电话=2"), may("width", "列宽，几个字符"),
	may("title", "表叫什么，写在第一行"), may("to", "交给哪个单位，空着是自己用；写了就只有另外同意过（C6）的人在里面")}

// Limits of a table.
const (
	mostTables  = 30
	mostColumns = 80
	mostTitle   = 20 // a name of a sheet holds 31
)

func readColumn(r *row, s *townconfig.Site) {
	c := townconfig.TableColumn{Table: r.id("table"), Source: r.known("source", sourceNames()), Header: strings.Join(strings.Fields(r.raw("header")), " "),
		Width: r.number("width", 4, 60, 0), Title: r.words("title"), To: r.words("to")}
	c.Order = r.number("order", 1, 999, 0)
	if c.Table == "" {
		return
	}
	same := func(o townconfig.TableColumn) bool { return o.Table == c.Table }
	n := 0
	for _, o := range s.Columns {
		if same(o) {
			n++
		}
	}
	if c.Order == 0 {
		c.Order = n + 1
	}
	if i := slices.IndexFunc(s.Columns, same); i >= 0 {
		first := s.Columns[i]
		c.Title, c.To = r.asFirst("title", first.Title), r.asFirst("to", first.To)
		if c.Source != "" && first.Source != c.Source {
			r.errorf("source", "%s 前面写的是 %s，一张表里只能是一样。", c.Table, first.Source)
		}
	} else {
		r.newTable(&c, s)
	}
	if n == mostColumns {
		r.errorf("table", "%s 超过 %d 列了。", c.Table, mostColumns)
	}
	r.column(&c)
	if c.Header == "" {
		c.Header = c.Field
	}
	r.once("column "+c.Table, strconv.Itoa(c.Order), "order")
	r.once("header "+c.Table, c.Header, "header")
	s.Columns = append(s.Columns, c)
}

// asFirst is what the first row of the table says; a later one may leave it empty.
func (r *row) asFirst(column, first string) string {
	if text := r.raw(column); text != "" && text != first {
		r.errorf(column, "第一行写的是 “%s”，一张表里要一样。", first)
	}
	return first
}

func (r *row) newTable(c *townconfig.TableColumn, s *townconfig.Site) {
	if c.Title == "" {
		c.Title = c.Table
	}
	switch {
	case strings.ContainsAny(c.Title, ":\\/?*[]'\n"):
		r.errorf("title", "表名里不能有 : \\ / ? * [ ] '。")
	case utf8.RuneCountInString(c.Title) > mostTitle:
		r.errorf("title", "表名太长，最多 %d 个字。", mostTitle)
	}
	r.once("table", strings.ToLower(c.Title), "title")
	tables := map[string]bool{}
	for _, o := range s.Columns {
		tables[o.Table] = true
	}
	if len(tables) == mostTables {
		r.errorf("table", "表太多，最多 %d 张。", mostTables)
	}
	if c.To != "" {
		r.warnf("to", "交给别的单位，要她另外同意（C6）。没有同意过的不在这张表里。")
	}
}

// column reads which field a column holds and how it is written.
func (r *row) column(c *townconfig.TableColumn) {
	source, ok := SourceOf(c.Source)
	name := strings.TrimSpace(r.need("field"))
	if !ok || name == "" {
		return
	}
	if question, own := strings.CutPrefix(name, Added); own {
		r.added(source, question)
		c.Field = name
		if c.Header == "" {
			c.Header = question
		}
		r.plainField(name)
		return
	}
	f, ok := source.Field(name)
	if !ok {
		r.noField(source, name)
		return
	}
	c.Field = f.Name
	if c.Header == "" {
		c.Header = f.Label
	}
	c.Format = r.format(f)
	c.Codes = r.codes(f)
}

func (r *row) noField(source Source, name string) {
	if why, ok := stays[strings.ToLower(name)]; ok {
		r.errorf("field", "“%s” 不出表：%s。", name, why)
		return
	}
	if source.Name == "plans" && slices.Contains([]string{"name", "tail", "village", "village_code", "group", "by", "姓名", "村", "组", "电话尾号", "村编码"}, name) {
		r.errorf("field", "“%s” 不出表：到日子的事只有卫生院看得到是谁的（C2）。", name)
		return
	}
	var names, both []string
	for _, f := range source.Fields {
		names, both = append(names, f.Label), append(both, f.Name, f.Label)
	}
	r.errorf("field", "%s里没有 “%s”。%s", source.Label, name, orElse(xlsform.DidYouMean(name, both), "有："+strings.Join(names, "、")+"。"))
}

// added looks for a question among those that the town's workbooks add.
func (r *row) added(source Source, question string) {
	switch {
	case source.Name == "plans":
		r.errorf("field", "added. 在到日子的事（plans）里没有。")
	case question == "" || strings.ContainsAny(question, "/ "):
		r.errorf("field", "added. 后面写问题的代号，如 added.rooms。")
	case source.Name == "visits" && r.Added != nil && !slices.Contains(r.Added, question):
		r.warnf("field", "走访表里眼下没有 “%s” 这一问，这一列先空着。%s", question, xlsform.DidYouMean(question, r.Added))
	}
}

// plainField complains about a format or codes where there are none.
func (r *row) plainField(name string) {
	for _, column := range []string{"format", "codes"} {
		if r.raw(column) != "" {
			r.errorf(column, "%s 照原样写，这里要空着。", name)
		}
	}
}

func (r *row) format(f Field) string {
	text := strings.ToLower(strings.TrimSpace(r.raw("format")))
	switch {
	case text == "":
	case f.Kind != Day && f.Kind != Moment:
		r.errorf("format", "“%s” 不是日子，这里要空着。", f.Label)
	case !slices.Contains(dayFormats, text):
		r.errorf("format", "“%s” 看不懂。%s", text, orElse(xlsform.DidYouMean(text, dayFormats), "有："+strings.Join(dayFormats, "、")+"。"))
	default:
		return text
	}
	return ""
}

// codes read 上门=1 电话=2: what the receiving office calls each value.
func (r *row) codes(f Field) map[string]string {
	pairs := strings.FieldsFunc(r.raw("codes"), func(c rune) bool { return strings.ContainsRune(" \n\t,，、;；", c) })
	if len(pairs) == 0 {
		return nil
	}
	if f.Kind != Coded {
		r.errorf("codes", "“%s” 没有固定的几样，不能换代码。", f.Label)
		return nil
	}
	var both, missing []string
	for _, c := range f.Codes {
		both = append(both, c.Label, c.Value)
	}
	out := map[string]string{}
	for _, p := range pairs {
		value, code, ok := strings.Cut(strings.Replace(p, "＝", "=", 1), "=")
		i := slices.IndexFunc(f.Codes, func(c Code) bool { return c.Value == value || c.Label == value })
		switch {
		case !ok || code == "":
			r.errorf("codes", "“%s” 要写成 上门=1 这样。", p)
		case i < 0:
			r.errorf("codes", "%s里没有 “%s”。%s", f.Label, value, orElse(xlsform.DidYouMean(value, both), "有："+strings.Join(both, "、")+"。"))
		case out[f.Codes[i].Value] != "":
			r.errorf("codes", "“%s” 写了两回。", value)
		default:
			out[f.Codes[i].Value] = code
		}
	}
	for _, c := range f.Codes {
		if out[c.Value] == "" {
			missing = append(missing, c.Label)
		}
	}
	if len(missing) > 0 {
		r.warnf("codes", "没写 %s 的代码，照字写。", strings.Join(missing, "、"))
	}
	return out
}

func sourceNames() (names []string) {
	for _, s := range Sources {
		names = append(names, s.Name)
	}
	return names
}

func writeColumns(s *townconfig.Site) (rows [][]string) {
	seen := map[string]bool{}
	for _, c := range s.Columns {
		title, to := c.Title, c.To
		if seen[c.Table] {
			title, to = "", ""
		}
		seen[c.Table] = true
		source, _ := SourceOf(c.Source)
		f, _ := source.Field(c.Field)
		var pairs []string
		for _, v := range f.Codes {
			if code := c.Codes[v.Value]; code != "" {
				pairs = append(pairs, v.Label+"="+code)
			}
		}
		rows = append(rows, []string{c.Table, c.Source, strconv.Itoa(c.Order), c.Header, c.Field, c.Format, strings.Join(pairs, " "), count(c.Width), title, to})
	}
	return rows
}

// checkColumns says what a table lacks as a whole.
func (r *reader) checkColumns() {
	seen := map[string]bool{}
	r.each("columns", func(row *row) {
		id := row.raw("table")
		if seen[id] || id == "" {
			return
		}
		seen[id] = true
		has := func(field string) bool {
			return slices.ContainsFunc(r.site.Columns, func(c townconfig.TableColumn) bool { return c.Table == id && c.Field == field })
		}
		if !has("number") {
			row.warnf("table", "%s 没有 number（序号）这一列，只能交全部，不能只交变的。", id)
		}
	})
}
