package xlsform

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"xintiexin/flows/form"
)

// level is a group or repeat that is being read, or the form itself.
type level struct {
	question *form.Question // nil is the form
	at       place
	word     string
	names    map[string]int // name → row, to tell the second of two
	lower    map[string]string
}

func newLevel(q *form.Question, at place, word string) *level {
	return &level{question: q, at: at, word: word, names: map[string]int{}, lower: map[string]string{}}
}

// survey is the survey sheet while it is read.
type survey struct {
	*reader
	t       *table
	levels  []*level
	repeats map[string]int // name → row
	told    map[string]bool
	asked   int
}

func (r *reader) readSurvey() {
	s := &survey{reader: r, t: r.survey, repeats: map[string]int{}, told: map[string]bool{}}
	s.levels = []*level{newLevel(nil, place{}, "")}
	for _, row := range s.t.rows {
		r.rows[row.Number] = row
		s.checkCells(s.t, row)
		if yes(s.t.text(row, "disabled")) {
			continue
		}
		s.row(row)
	}
	for _, l := range s.levels[1:] {
		r.errorf(l.at, "%s “%s” 没有对应的 end_%s。", l.word, l.question.Name, strings.TrimPrefix(l.word, "begin_"))
	}
	if s.asked == 0 && !fatal(r.findings) {
		r.errorf(place{table: s.t}, "没有题目。")
	}
}

// checkCells complains about cells whose text is not what the author sees.
func (r *reader) checkCells(t *table, row Row) {
	for _, c := range t.columns {
		cell := row.cell(c.index)
		at := place{table: t, row: row, col: c.index, column: c.header}
		if cell.NoValue && slices.Contains(t.known, c.key) {
			r.errorf(at, "这格是 Excel 公式，没有存下结果。请在 Excel 里打开再存一次，或直接写文字。")
		}
		if cell.Merged && (c.key == "type" || c.key == "name" || c.key == "list_name") {
			r.warnf(at, "这格是合并单元格，只有左上一格有字。请取消合并。")
		}
	}
}

func (s *survey) row(row Row) {
	word := s.t.text(row, "type")
	if word == "" {
		if s.t.text(row, "name") != "" || s.t.text(row, "label") != "" {
			s.errorf(s.t.at(row, "type"), "这一行没有写 type。题目要写 type，如 text。")
		}
		return
	}
	at := s.t.at(row, "type")
	t, ok := parseType(word)
	if !ok {
		s.unknownType(at, t.word)
		t.kind = kind{name: "text", form: form.Hidden, does: ask} // its name stays known
		s.add(row, s.question(row, t), t)
		return
	}
	if t.extra != "" && t.does != end && t.does != begin && t.does != obsolete {
		s.errorf(at, "“%s” 后面多了 “%s”。", t.word, t.extra)
	}
	s.take(row, at, t)
}

func (s *survey) take(row Row, at place, t typed) {
	switch t.does {
	case begin:
		s.begin(row, t)
	case end:
		s.end(row, t)
	case ignore:
		s.warnf(at, "%s 不支持，已略过，什么都不记。", t.name)
	case attach:
		s.attach(row, at)
	case obsolete:
		s.obsolete(at, t)
	case refuse:
		s.errorf(at, "%s 不能在聊天里填写。", t.name)
		s.hide(row, t)
	case media:
		s.media(row, at, t)
	case choose, chooseFrom:
		s.choose(row, at, t)
	default:
		q := s.question(row, t)
		s.checkAsked(row, q, t)
		s.add(row, q, t)
	}
}

// hide keeps the name of a row that was refused, so that expressions which
// name it are not refused as well.
func (s *survey) hide(row Row, t typed) {
	q := s.question(row, t)
	q.Type = form.Hidden
	s.add(row, q, t)
}

func (s *survey) unknownType(at place, word string) {
	lower := strings.ToLower(word)
	switch {
	case strings.HasPrefix(lower, "db:"):
		s.errorf(at, "“%s” 是社区健康工具包（CHT）的类型，不是 XLSForm 的，这里不能用。请改成 select_one_from_file residents.csv。", word)
	case lower == "begin" || lower == "end":
		s.errorf(at, "不认识的类型 “%s”。请写 %s_group 或 %s_repeat。", word, lower, lower)
	default:
		s.errorf(at, "不认识的类型 “%s”。%s", word, didYouMean(word, suggested))
	}
}

func (s *survey) obsolete(at place, t typed) {
	switch t.name {
	case "begin_loop", "end_loop":
		s.errorf(at, "%s 是旧写法，请改成 %s_repeat。", t.name, strings.TrimSuffix(t.name, "_loop"))
	case "include":
		s.errorf(at, "include 是旧写法，请把那张表的题目抄进来。")
	default:
		s.errorf(at, "cascading_select 是旧写法，请改成 select_one 加 choice_filter。")
	}
}

// question takes over the cells that every row may have.
func (s *survey) question(row Row, t typed) *form.Question {
	q := &form.Question{
		Type:              t.form,
		Name:              s.t.text(row, "name"),
		Label:             s.label(s.t, row, "label"),
		Hint:              s.label(s.t, row, "hint"),
		Guidance:          s.label(s.t, row, "guidance_hint"),
		Required:          straight(s.t.text(row, "required")),
		RequiredMessage:   s.label(s.t, row, "required_message"),
		Relevant:          expression(s.t.text(row, "relevant")),
		Constraint:        expression(s.t.text(row, "constraint")),
		ConstraintMessage: s.label(s.t, row, "constraint_message"),
		Calculation:       expression(s.t.text(row, "calculation")),
		ChoiceFilter:      straight(s.t.text(row, "choice_filter")),
		RepeatCount:       straight(s.t.text(row, "repeat_count")),
		Appearance:        s.t.text(row, "appearance"),
		Short:             s.label(s.t, row, "short"),
		Row:               row.Number,
	}
	if t.form == form.Meta {
		q.Appearance = t.name
	}
	s.flags(row, q)
	s.defaults(row, q)
	q.Trigger = s.trigger(row)
	q.Parameters = s.parameters(row)
	s.noteAttached(q)
	s.leftOut(row)
	for _, key := range []string{"label", "hint"} {
		s.sensitive(s.t.at(row, key), s.t.text(row, key))
	}
	return q
}

// expression is a cell that holds one; Excel's TRUE and FALSE and the words yes
// and no stand for true() and false(), as in pyxform.
func expression(cell string) string {
	switch {
	case cell == "":
		return ""
	case yes(cell):
		return "true()"
	case no(cell):
		return "false()"
	}
	return straight(cell)
}

// flags reads the columns whose cells are mostly yes or no.
func (s *survey) flags(row Row, q *form.Question) {
	switch v := q.Required; {
	case yes(v):
		q.Required = "yes"
	case no(v):
		q.Required = ""
	case slices.Contains([]string{"是", "否", "必填", "√", "Y", "y", "N", "n"}, v):
		s.errorf(s.t.at(row, "required"), "这里要写 yes，不必填就空着，不认识 “%s”。", v)
		q.Required = ""
	}
	switch q.ReadOnly = straight(s.t.text(row, "read_only")); {
	case yes(q.ReadOnly):
		q.ReadOnly = "yes"
	case no(q.ReadOnly):
		q.ReadOnly = ""
	}
	switch v := strings.ToLower(s.t.text(row, "chat")); v {
	case "":
	case "summary":
		q.Summary = true
	default:
		s.errorf(s.t.at(row, "chat"), "chat 列只认 summary，不认识 “%s”。", v)
	}
}

// call is a name and a parenthesis, arithmetic something between two numbers
// or texts: what makes an expression of a default.
var (
	call       = regexp.MustCompile(`(^|[^\p{L}\d_.-])[A-Za-z_][\w.:-]*\s*\(`)
	arithmetic = regexp.MustCompile(`^\s*(\d[\d.]*|'[^']*')\s*(\+|\*|\bdiv\b|\bmod\b|=|<|>)\s*(\d[\d.]*|'[^']*')\s*$`)
	fileNamed  = regexp.MustCompile(`(?:pulldata|instance)\s*\(\s*['"]([^'"]+)['"]`)
)

func (s *survey) defaults(row Row, q *form.Question) {
	q.Default = s.t.text(row, "default")
	q.DefaultIsExpr = strings.Contains(q.Default, "${") || call.MatchString(q.Default) || arithmetic.MatchString(q.Default)
	if q.DefaultIsExpr {
		q.Default = straight(q.Default)
	}
}

var reference = regexp.MustCompile(`\$\{\s*([^{}]+?)\s*\}`)

func (s *survey) trigger(row Row) []string {
	cell := s.t.text(row, "trigger")
	if cell == "" {
		return nil
	}
	var names []string
	for _, m := range reference.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	rest := strings.Trim(reference.ReplaceAllString(cell, ""), " ,，\n")
	if len(names) == 0 || rest != "" {
		s.errorf(s.t.at(row, "trigger"), "trigger 要写成 ${题目名}，几个之间用英文逗号。")
	}
	return names
}

var parameter = regexp.MustCompile(`([\w-]+)\s*=\s*([^\s,;]+)`)

// parameters reads "start=0 end=10 step=1".
func (s *survey) parameters(row Row) map[string]string {
	cell := s.t.text(row, "parameters")
	if cell == "" {
		return nil
	}
	m := map[string]string{}
	for _, kv := range parameter.FindAllStringSubmatch(cell, -1) {
		m[strings.ToLower(kv[1])] = kv[2]
	}
	if rest := strings.Trim(parameter.ReplaceAllString(cell, ""), " ,;\n"); rest != "" {
		p := s.t.at(row, "parameters")
		if i := strings.Index(cell, rest); i >= 0 {
			p.pos = characters(cell[:i]) + 1
		}
		s.errorf(p, "看不懂 “%s”。要写成 名=值，几个之间用空格，如 start=0 end=10。", rest)
	}
	return m
}

// noteAttached remembers the files that expressions look into.
func (s *survey) noteAttached(q *form.Question) {
	for _, e := range []string{q.Relevant, q.Constraint, q.Calculation, q.ChoiceFilter, q.RepeatCount, q.Default, q.Required} {
		for _, m := range fileNamed.FindAllStringSubmatch(e, -1) {
			s.attached[strings.TrimSuffix(m[1], ".csv")] = true
		}
	}
}

// leftOut warns once of columns that mean something elsewhere and nothing in a
// chat.
func (s *survey) leftOut(row Row) {
	for _, key := range []string{"media::image", "media::audio", "media::video", "save_to"} {
		if s.t.text(row, key) == "" || s.told[key] {
			continue
		}
		s.told[key] = true
		if key == "save_to" {
			s.warnf(s.t.at(row, key), "save_to 不支持，没有读。")
		} else {
			s.warnf(s.t.at(row, key), "图片、声音、影片不会发出去，只发文字。")
		}
	}
}

// add puts a row where it belongs and checks its name.
func (s *survey) add(row Row, q *form.Question, t typed) {
	top := s.levels[len(s.levels)-1]
	s.checkName(row, q, t, top)
	if q.Type != form.Group && q.Type != form.Repeat {
		s.asked++
	}
	if top.question == nil {
		s.form.Questions = append(s.form.Questions, q)
	} else {
		top.question.Children = append(top.question.Children, q)
	}
}

func (s *survey) checkName(row Row, q *form.Question, t typed, top *level) {
	at := s.t.at(row, "name")
	if q.Name == "" {
		if q.Type == form.Note {
			q.Name = "note_" + itoa(row.Number)
			for top.names[q.Name] != 0 {
				q.Name += "_"
			}
		} else {
			s.errorf(at, "没有写 name。每道题要有自己的名字，用英文字母或汉字开头。")
			return
		}
	}
	if pos, text := badName(q.Name); text != "" {
		at.pos = pos
		s.errorf(at, "%s", text)
		at.pos = 0
	}
	lower := strings.ToLower(q.Name)
	switch {
	case lower == "meta" && top.question == nil:
		s.errorf(at, "meta 是留用的名字，请换一个。")
	case top.names[q.Name] != 0:
		s.errorf(at, "名字 “%s” 重复（第 %d 行已有）。", q.Name, top.names[q.Name])
	case top.lower[lower] != "":
		s.warnf(at, "名字 “%s” 和 “%s” 只差大小写，容易混。", q.Name, top.lower[lower])
	case q.Type == form.Repeat && s.repeats[q.Name] != 0:
		s.errorf(at, "重复组 “%s” 的名字第 %d 行已有，整张表里不能同名。", q.Name, s.repeats[q.Name])
	}
	if len(s.names) < mostCandidates {
		s.names = append(s.names, q.Name)
	}
	if top.names[q.Name] == 0 {
		top.names[q.Name], top.lower[lower] = row.Number, q.Name
	}
	if q.Type == form.Repeat {
		s.repeats[q.Name] = row.Number
	}
}

// badName returns the first character that a name may not have and what to
// say about it; "" when the name is good.
func badName(name string) (pos int, text string) {
	for i, c := range []rune(name) {
		first := i == 0
		switch {
		case c >= 0xff01 && c <= 0xff5e:
			return i + 1, fmt.Sprintf("名字里有全角字符 “%c”，请改成英文的 “%c”。", c, c-0xfee0)
		case unicode.IsSpace(c):
			return i + 1, fmt.Sprintf("名字 “%s” 里不能有空格，请改成 _。", name)
		case unicode.IsLetter(c) || c == '_':
		case first:
			return 1, fmt.Sprintf("名字 “%s” 要以字母、汉字或 _ 开头。", name)
		case c >= '0' && c <= '9' || c == '-' || c == '.' || unicode.Is(unicode.M, c):
		default:
			return i + 1, fmt.Sprintf("名字里不能有 “%c”，只用字母、汉字、数字、_、-、.。", c)
		}
	}
	return 0, ""
}

func (s *survey) begin(row Row, t typed) {
	q := s.question(row, t)
	s.add(row, q, t)
	s.levels = append(s.levels, newLevel(q, s.t.at(row, "type"), t.name))
}

func (s *survey) end(row Row, t typed) {
	at := s.t.at(row, "type")
	if len(s.levels) == 1 {
		s.errorf(at, "%s 没有对应的 begin_%s。", t.name, strings.TrimPrefix(t.name, "end_"))
		return
	}
	top := s.levels[len(s.levels)-1]
	if top.question.Type != t.form {
		// When the group around it would match, the inner one was not closed.
		if n := len(s.levels); n > 2 && s.levels[n-2].question.Type == t.form {
			s.errorf(top.at, "%s “%s” 没有对应的 end_%s。", top.word, top.question.Name, strings.TrimPrefix(top.word, "begin_"))
			s.levels = s.levels[:n-2]
			return
		}
		s.errorf(at, "这里该是 end_%s：第 %d 行是 %s “%s”。", strings.TrimPrefix(top.word, "begin_"), top.question.Row, top.word, top.question.Name)
	}
	if len(top.question.Children) == 0 && top.question.Type == form.Repeat {
		s.warnf(top.at, "%s “%s” 里没有题目。", top.word, top.question.Name)
	}
	s.levels = s.levels[:len(s.levels)-1]
}

// media is a question that only a picture, a sound or a place can answer.
func (s *survey) media(row Row, at place, t typed) {
	q := s.question(row, t)
	q.Appearance = t.name
	if q.Required != "" && !s.opts.AllowMedia {
		s.errorf(s.t.at(row, "required"), "%s不能必填：%s。请去掉必填，或改成文字题。", mediaName[t.name], mediaWhy[t.name])
	} else {
		s.warnf(at, "%s聊天里不收，这道题会跳过：%s。", mediaName[t.name], mediaWhy[t.name])
	}
	q.Required = ""
	s.add(row, q, t)
}

var mediaName = map[string]string{"image": "照片", "audio": "录音", "video": "录像", "geopoint": "位置"}

var mediaWhy = map[string]string{
	"image":    "照片会带出家里和人的隐私，也不拿照片当证明",
	"audio":    "录音会带出隐私",
	"video":    "录像会带出家里和人的隐私",
	"geopoint": "行踪是敏感信息，不拿位置当证明",
}

// attach is a csv-external row: its name is the file.
func (s *survey) attach(row Row, at place) {
	name := s.t.text(row, "name")
	if name == "" {
		s.errorf(s.t.at(row, "name"), "没有写 name。csv-external 的 name 是文件名。")
		return
	}
	s.attached[name] = true
	if s.book.sheet(name) == nil && !slices.Contains(s.opts.Live, name) {
		s.noFile(at, name)
	}
}

func (s *survey) noFile(at place, name string) {
	text := fmt.Sprintf("没有名单 “%s”：请加一张名叫 %s 的工作表", name, name)
	if len(s.opts.Live) > 0 {
		text += "，或用现成的：" + strings.Join(s.opts.Live, "、")
	}
	s.errorf(at, "%s。%s", text, didYouMean(name, s.opts.Live))
}

func (s *survey) choose(row Row, at place, t typed) {
	q := s.question(row, t)
	q.List, q.OrOther = t.list, t.other
	s.checkAsked(row, q, t)
	s.add(row, q, t)
	switch {
	case t.list == "":
		s.errorf(at, "%s 后面要写选项表的名字，如 %s yes_no。", t.word, t.word)
	case strings.HasPrefix(t.list, "${"): // the engine looks for the question
	case t.does == chooseFrom:
		s.chooseFrom(at, q)
	default:
		s.needList(at, q)
	}
	if t.other && q.ChoiceFilter != "" {
		s.errorf(s.t.at(row, "choice_filter"), "有 or_other 就不能用 choice_filter。请在 choices 里自己写一项 “其他”。")
	}
}

func (s *survey) chooseFrom(at place, q *form.Question) {
	name, ext, _ := strings.Cut(q.List, ".")
	q.FromFile, q.List = true, name
	if strings.ToLower(ext) != "csv" {
		s.errorf(at, "名单文件只认 .csv，不认识 “%s”。", name+"."+ext)
		return
	}
	if sheet := s.book.sheet(name); sheet != nil {
		if sheet.Broken != "" {
			s.errorf(at, "工作表 “%s”：%s", sheet.Name, sheet.Broken)
			return
		}
		value, label := orElse(q.Parameters["value"], "name"), orElse(q.Parameters["label"], "label")
		rows := s.readTable(sheet, name, value, label)
		s.checkTable(at, sheet, rows, value, label)
		if first, n := tellApart(rows); n > 0 {
			s.sayApart(at, strings.Trim(rows[first].Label, "「」"), n)
		}
		s.form.Tables[name] = rows
		return
	}
	if !slices.Contains(s.opts.Live, name) {
		s.noFile(at, name)
	}
}

func (s *survey) checkTable(at place, sheet *Sheet, rows []form.Choice, value, label string) {
	if len(rows) == 0 {
		s.errorf(at, "工作表 “%s” 是空的。", sheet.Name)
		return
	}
	for _, key := range []string{value, label} {
		if !slices.ContainsFunc(sheet.Rows[0].Cells, func(c Cell) bool { return c.Text == key }) {
			s.errorf(at, "工作表 “%s” 第一行没有 %s 列。", sheet.Name, key)
		}
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// mostBytes is how long one passive reply can be, less what stands around a
// label: options, a hint, a refusal.
const mostBytes = 1800

// checkAsked checks what the type of a row needs of its other cells.
func (s *survey) checkAsked(row Row, q *form.Question, t typed) {
	switch q.Type {
	case form.Calculate:
		if q.Calculation == "" && !q.DefaultIsExpr {
			s.errorf(s.t.at(row, "calculation"), "calculate 没有写 calculation。")
		}
		return
	case form.Hidden:
		return
	case form.Meta:
		if t.name == "simserial" || t.name == "subscriberid" {
			s.warnf(s.t.at(row, "type"), "聊天里没有 %s，会一直是空的。", t.name)
		}
		return
	case form.Range:
		s.checkRange(row, q)
	case form.Note:
		if q.Required != "" {
			s.warnf(s.t.at(row, "required"), "note 不用回答，不能必填，已略过。")
			q.Required = ""
		}
	}
	s.checkLabel(row, q)
	if q.Constraint != "" && q.ConstraintMessage == "" && q.Calculation == "" {
		s.warnf(s.t.at(row, "constraint"), "没有写 constraint_message，答错时只能说 “不合要求”。")
	}
}

func (s *survey) checkLabel(row Row, q *form.Question) {
	at := s.t.at(row, "label")
	switch {
	case q.Label != "":
	case q.Hint != "":
		q.Label, q.Hint = q.Hint, ""
	case q.Calculation != "" || q.ReadOnly != "" || q.Appearance == "hidden":
		q.Label = q.Name // shown at most in a summary
	case s.t.text(row, "media::image") != "":
		s.errorf(at, "题目只有图片，没有文字。聊天里要有文字。")
	default:
		s.errorf(at, "题目没有文字。")
	}
	if n := len(q.Label) + len(q.Hint); n > mostBytes {
		s.warnf(at, "文字太长，一条消息放不下：最多约 %d 个汉字，这里约 %d 个。请分成几条 note。", mostBytes/3, n/3)
	}
}

// checkRange demands start and end: pyxform's code and its documentation do
// not agree on what they are when not written.
func (s *survey) checkRange(row Row, q *form.Question) {
	at := s.t.at(row, "parameters")
	num := map[string]float64{"step": 1}
	for _, key := range []string{"start", "end", "step"} {
		v, ok := q.Parameters[key]
		if !ok {
			if key != "step" {
				s.errorf(at, "range 要在 parameters 里写明 start 和 end，如 start=0 end=10。")
				return
			}
			continue
		}
		n, err := strconv.ParseFloat(v, 64)
		if err != nil {
			s.errorf(at, "%s=%s 不是数字。", key, v)
			return
		}
		num[key] = n
	}
	if num["end"] <= num["start"] || num["step"] <= 0 {
		s.errorf(at, "range 的 end 要比 start 大，step 要大于 0。")
	}
}
