package site

import (
	"slices"
	"strconv"
	"strings"

	"xintiexin/storage"
	"xintiexin/storage/purpose"
	"xintiexin/storage/townconfig"
)

// sheet is one table of the workbook: its columns, how a row is read and how
// what is in force is written.
type sheet struct {
	name, about string
	keys        int // how many of the columns tell one row from another
	columns     []column
	read        func(r *row, s *townconfig.Site)
	write       func(s *townconfig.Site) [][]string // cells in the order of the columns
}

type column struct {
	name, about string
	need        bool // the column must be there
}

func (s *sheet) has(name string) bool { return slices.Contains(s.columnNames(), name) }

func (s *sheet) columnNames() []string {
	var names []string
	for _, c := range s.columns {
		names = append(names, c.name)
	}
	return names
}

func sheetNames() []string {
	var names []string
	for _, s := range sheets {
		names = append(names, s.name)
	}
	return names
}

// must and may make columns.
func must(name, about string) column { return column{name, about, true} }
func may(name, about string) column  { return column{name, about, false} }

// sheets are the tables in the order in which they are written and read.
var sheets = []*sheet{
	{name: "site", about: "镇上怎么称呼", keys: 1, columns: []column{must("name", "哪一样"), must("value", "写什么"), may("note", "说明，不用改")}, read: readTown, write: writeTown},
	{name: "phones", about: "能打的电话", keys: 1, columns: []column{must("name", "代号"), must("label", "叫什么"), must("number", "号码")}, read: readPhone, write: writePhones},
	{name: "services", about: "能约的服务", keys: 1, columns: []column{must("id", "代号"), must("label", "叫什么，只在聊天里说"), may("keywords", "还能发哪些词来约"), may("place", "到哪里"),
		may("couple", "能不能两人一起，yes 或 no"), may("prepare", "要准备什么，texts 里的代号"), may("ahead_days", "提前几天能约"), may("ready_days", "来过几天后资料好领"),
		may("event", "办完了算哪件事，照顾计划从那天排：checkup；空着是不排")}, read: readService, write: writeServices},
	{name: "openings", about: "平时哪天哪个钟点开", keys: 3, columns: []column{must("service", "服务的代号"), must("when", "周一 到 周日、工作日、逢二七"), must("time", "钟点"), must("capacity", "几个人")}, read: readOpening, write: writeOpenings},
	{name: "days", about: "和平时不一样的日子：停的、加的", keys: 4, columns: []column{may("service", "服务的代号，空着是全部"), must("day", "哪天"), may("closed", "yes 是停，空着是加"),
		may("time", "钟点，空着是全天"), may("capacity", "几个人，空着照平时"), may("note", "为什么")}, read: readDay, write: writeDays},
	{name: "questions", about: "约之前要问的，答了不存", keys: 2, columns: []column{must("service", "服务的代号"), must("name", "代号"), must("label", "怎么问"), may("need", "要答 yes 还是 no，空着都行"), may("otherwise", "答的不是时怎么说")}, read: readQuestion, write: writeQuestions},
	{name: "consents", about: "同意书，改了字要换版本", keys: 1, columns: []column{must("set", "C0 到 C7"), must("version", "版本"), must("short", "聊天里说的"), must("full", "全文"), may("own", "本人自己来办时看的，空着就是 short")}, read: readConsent, write: writeConsents},
	{name: "texts", about: "别处用到的话", keys: 1, columns: []column{must("name", "代号"), must("text", "写什么")}, read: readText, write: writeTexts},
	{name: "guides", about: "发一个词就能看的一页", keys: 1, columns: []column{must("id", "代号"), must("kind", "errand 要带的纸、benefit 补贴、health 健康知识、guide 指南、hotline 电话、doctor 说到这些词就指到悄悄话"), must("title", "标题"), may("keywords", "发哪些词"), must("text", "写什么")}, read: readGuide, write: writeGuides},
	{name: "dangers", about: "急话：医生定的", keys: 1, columns: []column{must("words", "哪些词"), must("phones", "打哪里：phones 里的代号或号码"), may("answer", "还说什么")}, read: readDanger, write: writeDangers},
	{name: "lectures", about: "讲堂", keys: 1, columns: []column{must("id", "代号"), must("title", "讲什么"), must("place", "在哪里"), must("day", "哪天"), must("time", "钟点"), must("seats", "几个位子")}, read: readLecture, write: writeLectures},
	{name: "schedules", about: "到日子的事：随访、产检、孩子、复查", keys: 3, columns: scheduleColumns, read: readSchedule, write: writeSchedules},
	{name: "homecomings", about: "一年里回来的人多的时候", keys: 1, columns: homecomingColumns, read: readHomecoming, write: writeHomecomings},
	{name: "retention", about: "各样记录留几天", keys: 1, columns: []column{must("kind", "哪一样"), must("days", "几天"), may("note", "说明，不用改")}, read: readRetention, write: writeRetention},
	{name: "limits", about: "各种数，名字里写着单位", keys: 1, columns: []column{must("name", "哪一样"), must("value", "多少"), may("note", "说明，不用改")}, read: readLimit, write: writeLimits},
	{name: "templates", about: "公众号的通知模板", keys: 1, columns: []column{must("kind", "哪种通知"), must("template_id", "模板编号"), may("event", "事项，如 thing1"), may("time", "时间，如 time2"),
		may("date", "日期，如 date2"), may("remark", "备注，如 thing3"), may("count", "件数，如 number4")}, read: readTemplate, write: writeTemplates},
	{name: "subscriptions", about: "订阅通知的模板：点一次同意发一条，编号和 templates 的不通用", keys: 1, columns: []column{must("kind", "哪种通知"), must("template_id", "模板编号"), may("event", "事项，如 thing1"), may("time", "时间，如 time2"),
		may("date", "日期，如 date2"), may("remark", "备注，如 thing3"), may("count", "件数，如 number4")}, read: readSubscription, write: writeSubscriptions},
	{name: "jobs", about: "到点自己做的事，什么时候做", keys: 1, columns: []column{must("name", "哪一样"), must("line", "五格：分 时 日 月 周，北京时间"), may("late_minutes", "错过了，几分钟内还补做"),
		may("on", "no 是不做；不能关的写了不算"), may("note", "说明，不用改")}, read: readJob, write: writeJobs},
	{name: "columns", about: "交的表，有哪几列、什么次序：同一份记录，各家要各家的列", keys: 3, columns: columnColumns, read: readColumn, write: writeColumns},
	{name: "holidays", about: "放假安排，程序里没有的年份，全年都要写", keys: 1, columns: []column{must("date", "哪天"), must("name", "什么节"), must("off", "yes 放假，no 补班"), may("year", "哪一年的安排，空着就是那天的年份")}, read: readHoliday, write: writeHolidays},
}

// boundsOf returns what a list of settings says of each.
func boundsOf[S interface{ Bound() townconfig.Bound }](all []S) []townconfig.Bound {
	out := make([]townconfig.Bound, 0, len(all))
	for _, s := range all {
		out = append(out, s.Bound())
	}
	return out
}

func names(all []townconfig.Bound) []string {
	var out []string
	for _, b := range all {
		out = append(out, b.Name)
	}
	return out
}

// townField is a row of the sheet site.
type townField struct {
	name, about string
	of          func(s *townconfig.Site) *string
}

var townFields = []townField{
	{"version", "这份资料叫什么，改了就换一个", func(s *townconfig.Site) *string { return &s.Version }},
	{"town", "镇名", func(s *townconfig.Site) *string { return &s.Town.Name }},
	{"title", "公众号怎么称呼自己", func(s *townconfig.Site) *string { return &s.Town.Title }},
	{"office", "谁办的", func(s *townconfig.Site) *string { return &s.Town.Office }},
	{"clinic", "通知里的地点，不能带和健康有关的字", func(s *townconfig.Site) *string { return &s.Town.Clinic }},
	{"phone", "“找人”时给的电话", func(s *townconfig.Site) *string { return &s.Town.Phone }},
}

func townNames() []string {
	var out []string
	for _, f := range townFields {
		out = append(out, f.name)
	}
	return out
}

func readTown(r *row, s *townconfig.Site) {
	n := r.known("name", townNames())
	i := slices.Index(townNames(), n)
	if i < 0 || !r.once("site", n, "name") {
		return
	}
	value := r.words("value")
	switch n {
	case "phone":
		value = r.phone("value")
	case "clinic":
		r.neutral("value", value)
	}
	if strings.Contains(value, "\n") {
		r.errorf("value", "只能写一行。")
	}
	*townFields[i].of(s) = value
}

func writeTown(s *townconfig.Site) (rows [][]string) {
	for _, f := range townFields {
		rows = append(rows, []string{f.name, *f.of(s), f.about})
	}
	return rows
}

func readPhone(r *row, s *townconfig.Site) {
	p := townconfig.Phone{Name: r.id("name"), Label: r.label("label"), Number: r.phone("number")}
	if p.Number == "" && r.raw("number") == "" {
		r.warnf("number", "还没填号码，没填之前谁也看不到它。")
	}
	if r.once("phone", p.Name, "name") {
		s.Phones = append(s.Phones, p)
	}
}

func writePhones(s *townconfig.Site) (rows [][]string) {
	for _, p := range s.Phones {
		rows = append(rows, []string{p.Name, p.Label, p.Number})
	}
	return rows
}

func readService(r *row, s *townconfig.Site) {
	v := townconfig.Service{
		ID: r.id("id"), Label: r.label("label"), Keyword: strings.Join(r.list("keywords"), " "), Place: r.words("place"), Couple: r.yes("couple"),
		Prepare: r.raw("prepare"), Ahead: r.number("ahead_days", 1, 366, 60), NotReady: r.number("ready_days", 0, 90, 7)}
	if events := r.all("event", []string{"checkup"}); len(events) > 0 {
		v.Event = events[0]
	}
	if r.once("service", v.ID, "id") {
		s.Services = append(s.Services, v)
	}
}

func writeServices(s *townconfig.Site) (rows [][]string) {
	for _, v := range s.Services {
		rows = append(rows, []string{v.ID, v.Label, v.Keyword, v.Place, yesNo(v.Couple), v.Prepare, strconv.Itoa(v.Ahead), strconv.Itoa(v.NotReady), v.Event})
	}
	return rows
}

func readOpening(r *row, s *townconfig.Site) {
	o := townconfig.Opening{Service: r.need("service"), When: r.when("when"), Time: r.hour("time", true), Capacity: r.number("capacity", 1, 500, 0)}
	if o.Capacity == 0 && r.raw("capacity") == "" {
		r.need("capacity")
	}
	if r.once("opening", strings.Join([]string{o.Service, o.When, o.Time}, " "), "time") {
		s.Openings = append(s.Openings, o)
	}
}

func writeOpenings(s *townconfig.Site) (rows [][]string) {
	for _, o := range s.Openings {
		rows = append(rows, []string{o.Service, o.When, o.Time, strconv.Itoa(o.Capacity)})
	}
	return rows
}

func readDay(r *row, s *townconfig.Site) {
	d := townconfig.SiteDay{Service: r.raw("service"), Day: r.day("day"), Closed: r.yes("closed"), Time: r.hour("time", false), Capacity: r.number("capacity", 1, 500, 0), Note: r.words("note")}
	if d.Closed && d.Capacity > 0 {
		r.errorf("capacity", "停的日子不写人数。")
	}
	if r.once("day", strings.TrimSpace(strings.Join([]string{d.Service, d.Day.String(), yesNo(d.Closed), d.Time}, " ")), "day") {
		s.Days = append(s.Days, d)
	}
}

func writeDays(s *townconfig.Site) (rows [][]string) {
	for _, d := range s.Days {
		rows = append(rows, []string{d.Service, d.Day.String(), yesNo(d.Closed), d.Time, count(d.Capacity), d.Note})
	}
	return rows
}

func readQuestion(r *row, s *townconfig.Site) {
	q := townconfig.SiteQuestion{Service: r.need("service"), Name: r.id("name"), Label: r.needWords("label"), Need: r.raw("need"), Otherwise: r.words("otherwise")}
	switch {
	case q.Need != "" && q.Need != "yes" && q.Need != "no":
		r.errorf("need", "“%s” 要写 yes、no，或空着。", q.Need)
	case q.Need != "" && q.Otherwise == "":
		r.errorf("otherwise", "答的不是 %s 时怎么说，要写。", q.Need)
	}
	if r.once("question", q.Service+" "+q.Name, "name") {
		s.Questions = append(s.Questions, q)
	}
}

func writeQuestions(s *townconfig.Site) (rows [][]string) {
	for _, q := range s.Questions {
		rows = append(rows, []string{q.Service, q.Name, q.Label, q.Need, q.Otherwise})
	}
	return rows
}

// consentSets are the sets of the norms (domain.md 6.6).
var consentSets = []string{"C0", "C1", "C2", "C3", "C4", "C5", "C6", "C7"}

func readConsent(r *row, s *townconfig.Site) {
	c := townconfig.ConsentText{Set: purpose.Purpose(r.known("set", consentSets)), Version: r.need("version"), Short: r.needWords("short"), Full: r.needWords("full"), Own: r.words("own")}
	if r.once("consent", string(c.Set), "set") {
		s.Consents = append(s.Consents, c)
	}
	for _, old := range r.Before {
		was, ok := old.Consent(c.Set)
		if ok && was.Version == c.Version && (was.Short != c.Short || was.Full != c.Full || was.Own != "" && was.Own != c.Own) {
			r.errorf("version", "字改了，版本还是 %s。请换个版本，已经同意的人会再问一遍。", c.Version)
			return
		}
	}
}

func writeConsents(s *townconfig.Site) (rows [][]string) {
	for _, c := range s.Consents {
		rows = append(rows, []string{string(c.Set), c.Version, c.Short, c.Full, c.Own})
	}
	return rows
}

func readText(r *row, s *townconfig.Site) {
	n, text := r.id("name"), r.needWords("text")
	if r.once("text", n, "name") {
		s.Texts[n] = text
	}
}

func writeTexts(s *townconfig.Site) (rows [][]string) {
	for _, n := range sorted(s.Texts) {
		rows = append(rows, []string{n, s.Texts[n]})
	}
	return rows
}

var guideKinds = []string{"errand", "benefit", "health", "guide", "hotline", "doctor"}

func readGuide(r *row, s *townconfig.Site) {
	g := townconfig.Guide{ID: r.id("id"), Kind: r.known("kind", guideKinds), Title: r.label("title"), Keywords: r.list("keywords"), Text: r.needWords("text")}
	if fake(g.Text) {
		r.warnf("text", "里面有编的号，请换成真的。")
	}
	if r.once("guide", g.ID, "id") {
		s.Guides = append(s.Guides, g)
	}
}

func writeGuides(s *townconfig.Site) (rows [][]string) {
	for _, g := range s.Guides {
		rows = append(rows, []string{g.ID, g.Kind, g.Title, strings.Join(g.Keywords, " "), g.Text})
	}
	return rows
}

func readDanger(r *row, s *townconfig.Site) {
	r.need("words")
	r.need("phones")
	s.Dangers = append(s.Dangers, townconfig.Danger{Words: r.list("words"), Phones: r.list("phones"), Answer: r.words("answer")})
}

func writeDangers(s *townconfig.Site) (rows [][]string) {
	for _, d := range s.Dangers {
		rows = append(rows, []string{strings.Join(d.Words, " "), strings.Join(d.Phones, " "), d.Answer})
	}
	return rows
}

func readLecture(r *row, s *townconfig.Site) {
	l := townconfig.Lecture{ID: r.id("id"), Title: r.label("title"), Place: r.label("place"), Day: r.day("day"), Time: r.hour("time", true), Seats: r.number("seats", 1, 2000, 0)}
	if l.Seats == 0 && r.raw("seats") == "" {
		r.need("seats")
	}
	if r.once("lecture", l.ID, "id") {
		s.Lectures = append(s.Lectures, l)
	}
}

func writeLectures(s *townconfig.Site) (rows [][]string) {
	for _, l := range s.Lectures {
		rows = append(rows, []string{l.ID, l.Title, l.Place, l.Day.String(), l.Time, strconv.Itoa(l.Seats)})
	}
	return rows
}

func readRetention(r *row, s *townconfig.Site) {
	readBound(r, "kind", "days", boundsOf(townconfig.Retentions()), s.Retention)
}

func writeRetention(s *townconfig.Site) [][]string {
	return writeBounds(boundsOf(townconfig.Retentions()), s.Retention)
}

func readLimit(r *row, s *townconfig.Site) {
	readBound(r, "name", "value", boundsOf(storage.Limits()), s.Limits)
}

func writeLimits(s *townconfig.Site) [][]string {
	return writeBounds(boundsOf(storage.Limits()), s.Limits)
}

// readBound reads a number that has a name of its own.
func readBound(r *row, column, value string, all []townconfig.Bound, into map[string]int) {
	n := r.known(column, names(all))
	i := slices.Index(names(all), n)
	if i < 0 || !r.once(r.table.name, n, column) {
		return
	}
	if r.need(value) != "" {
		into[n] = r.number(value, all[i].Least, all[i].Most, all[i].Default)
	}
}

// writeBounds writes the numbers that are set, in the order of the norms.
func writeBounds(all []townconfig.Bound, set map[string]int) (rows [][]string) {
	for _, b := range all {
		if n, ok := set[b.Name]; ok {
			rows = append(rows, []string{b.Name, strconv.Itoa(n), b.About})
		}
	}
	return rows
}

// templateFields are the fields of a notice that a keyword may take.
var templateFields = []string{"event", "time", "date", "remark", "count"}

func readTemplate(r *row, s *townconfig.Site) { r.template("template", s.Templates) }

func readSubscription(r *row, s *townconfig.Site) { r.template("subscription", s.Subscriptions) }

// template reads which template carries a kind.
func (r *row) template(what string, all townconfig.Templates) {
	kind, t := r.id("kind"), townconfig.NoticeTemplate{ID: r.need("template_id"), Keys: map[string]string{}}
	for _, f := range templateFields {
		key := r.raw(f)
		if key == "" {
			continue
		}
		if !keyword.MatchString(key) {
			r.errorf(f, "“%s” 要写模板里的关键词，如 thing1。", key)
		}
		t.Keys[f] = key
	}
	if len(t.Keys) == 0 {
		r.errorf("template_id", "模板里哪个关键词写什么，一样也没写。")
	}
	if r.once(what, kind, "kind") {
		all[kind] = t
	}
}

func writeTemplates(s *townconfig.Site) [][]string { return templateRows(s.Templates) }

func writeSubscriptions(s *townconfig.Site) [][]string { return templateRows(s.Subscriptions) }

func templateRows(all townconfig.Templates) (rows [][]string) {
	for _, kind := range sorted(all) {
		t := all[kind]
		cells := []string{kind, t.ID}
		for _, f := range templateFields {
			cells = append(cells, t.Keys[f])
		}
		rows = append(rows, cells)
	}
	return rows
}

func readHoliday(r *row, s *townconfig.Site) {
	h := townconfig.SiteHoliday{Day: r.day("date"), Name: r.need("name"), Off: r.yes("off")}
	year, _, _ := h.Day.Date()
	if h.Day == 0 {
		return
	}
	r.need("off")
	h.Year = r.number("year", year, year+1, year)
	if r.once("holiday", h.Day.String(), "date") {
		s.Notices = append(s.Notices, h)
	}
}

func writeHolidays(s *townconfig.Site) (rows [][]string) {
	for _, h := range s.Notices {
		rows = append(rows, []string{h.Day.String(), h.Name, yesNo(h.Off), strconv.Itoa(h.Year)})
	}
	return rows
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// count is a number, and nothing for none.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
