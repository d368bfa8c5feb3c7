package site

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/purpose"
	"xintiexin/storage/townconfig"
)

// keyword is a keyword of the platform's templates: a kind and a number.
var keyword = regexp.MustCompile(`^[a-z_]{2,20}[0-9]{1,2}$`)

// check finds what no row shows by itself: names that lead nowhere, words that
// mean two things, what must not be missing.
func (r *reader) check() {
	r.checkTown()
	r.checkServices()
	r.checkKeywords()
	r.checkDangers()
	r.checkConsents()
	r.checkSchedules()
	r.checkColumns()
	r.checkHolidays()
	r.checkSubscriptions()
}

// checkSubscriptions finds a template of one family among those of the other: the
// platform refuses it each time (40037).
func (r *reader) checkSubscriptions() {
	r.each("subscriptions", func(row *row) {
		for _, t := range r.site.Templates {
			if id := row.raw("template_id"); id != "" && id == t.ID {
				row.errorf("template_id", "“%s” 是 templates 里的模板编号；订阅通知的编号是另一套，两边不通用。", id)
				return
			}
		}
	})
}

// each calls do for every row of a sheet.
func (r *reader) each(name string, do func(*row)) {
	if t := r.table(name); t != nil {
		for _, cells := range t.rows {
			do(&row{reader: r, table: t, Row: cells})
		}
	}
}

func (r *reader) checkTown() {
	if r.site.Version == "" {
		r.sheetf("site", false, "要有 version 一行：这份资料叫什么，如 2026-11。")
	}
	for _, f := range townFields {
		if f.name != "version" && f.name != "phone" && *f.of(&r.site) == "" {
			r.sheetf("site", true, "还没写 %s：%s。", f.name, f.about)
		}
	}
}

func (r *reader) checkServices() {
	var ids []string
	for _, s := range r.site.Services {
		ids = append(ids, s.ID)
	}
	texts := sorted(r.site.Texts)
	for _, name := range []string{"openings", "days", "questions"} {
		r.each(name, func(row *row) {
			if s := row.raw("service"); s != "" {
				row.refers("service", s, ids, "services")
			}
		})
	}
	r.each("services", func(row *row) {
		if p := row.raw("prepare"); p != "" {
			row.refers("prepare", p, texts, "texts")
		}
		id := row.raw("id")
		if !slices.ContainsFunc(r.site.Openings, func(o townconfig.Opening) bool { return o.Service == id }) {
			row.warnf("id", "openings 里没有 %s 的钟点，眼下约不了。", id)
		}
	})
	if len(ids) == 0 {
		r.sheetf("services", true, "没有能约的服务。")
	}
}

// refers complains about a name that its sheet does not have.
func (r *row) refers(column, n string, names []string, of string) {
	if !slices.Contains(names, n) {
		r.errorf(column, "%s 里没有 “%s”。%s", of, n, xlsform.DidYouMean(n, names))
	}
}

// checkKeywords holds the words that call something up against each other and
// against the bot's own.
func (r *reader) checkKeywords() {
	taken := map[string]string{}
	for _, name := range []string{"services", "guides"} {
		r.each(name, func(row *row) {
			for _, w := range row.list("keywords") {
				before, twice := taken[answer.Fold(w)]
				switch {
				case r.own(w) != "":
					row.errorf("keywords", "“%s” 已经有用处（%s），换一个词。", w, r.own(w))
				case twice:
					row.errorf("keywords", "“%s” 在 %s 里已经有了。", w, before)
				case utf8.RuneCountInString(w) < 2:
					row.errorf("keywords", "“%s” 只有一个字，平常说话就会碰上，换长些的。", w)
				default:
					taken[answer.Fold(w)] = row.name + "!" + xlsform.CellName(row.at["keywords"], row.Number)
				}
			}
			row.judge("keywords", strings.Join(row.list("keywords"), "\n"))
		})
	}
}

// own returns the word of the bot that w is, or sounds like, "" for none.
func (r *reader) own(w string) string {
	for _, k := range r.Keywords {
		if answer.SameWord(w, k) || answer.SameWord(k, w) {
			return k
		}
	}
	return answer.Command(w)
}

func (r *reader) checkDangers() {
	phones := map[string]bool{}
	var known []string
	for _, p := range r.site.Phones {
		phones[p.Name] = true
		known = append(known, p.Name)
	}
	words := map[string]int{}
	r.each("dangers", func(row *row) {
		for _, p := range row.list("phones") {
			if n := between.Replace(answer.Fold(p)); !phones[p] && !short.MatchString(n) && !landline.MatchString(n) {
				row.errorf("phones", "phones 里没有 “%s”，它也不是电话。%s", p, xlsform.DidYouMean(p, known))
			}
		}
		for _, w := range row.list("words") {
			switch first := words[answer.Fold(w)]; {
			case utf8.RuneCountInString(w) < 2:
				row.errorf("words", "“%s” 只有一个字，平常说话就会碰上。", w)
			case r.own(w) != "":
				row.errorf("words", "“%s” 已经有用处（%s），写在这里就用不成了。", w, r.own(w))
			case first > 0:
				row.errorf("words", "“%s” 和第 %d 行重了。", w, first)
			default:
				words[answer.Fold(w)] = row.Number
			}
		}
	})
	switch {
	case len(r.site.Dangers) == 0:
		r.sheetf("dangers", false, "急话的表不能空：请医生定。")
	case !slices.ContainsFunc(r.site.Dangers, func(d townconfig.Danger) bool { return slices.Contains(d.Phones, "120") }):
		r.sheetf("dangers", false, "没有一行写了 120。")
	}
}

func (r *reader) checkConsents() {
	var missing []string
	for _, s := range consentSets {
		if _, ok := r.site.Consent(purpose.Purpose(s)); !ok {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		r.sheetf("consents", false, "少了 %s：C0 到 C7 都要有。", strings.Join(missing, "、"))
	}
}

// A notice of a year that says less than this says less than the regulation.
const fewDays = 11

func (r *reader) checkHolidays() {
	if _, err := townconfig.ReadNotices(r.site.Notices); err != nil {
		r.sheetf("holidays", false, "放假安排读不通：%s。", strings.ReplaceAll(err.Error(), "\n", "；"))
		return
	}
	days := map[int]int{}
	for _, h := range r.site.Notices {
		if h.Off {
			days[h.Year]++
		}
	}
	for _, year := range slices.Sorted(maps.Keys(days)) {
		if days[year] < fewDays {
			r.sheetf("holidays", true, "%d 年只写了 %d 天放假。这一年全以这张表为准，请写全。", year, days[year])
		}
	}
	if r.Today == 0 {
		return
	}
	year, month, _ := r.Today.Date()
	known := r.site.Holidays()
	if !known.Known(year) {
		r.sheetf("holidays", true, "%d 年的放假安排没有录，补班的日子都按周末算。", year)
	}
	if month >= noticeMonth && !known.Known(year+1) {
		r.sheetf("holidays", true, "%d 年的放假安排没有录。公布了就写进来。", year+1)
	}
}

// noticeMonth is when the next year's notice usually comes.
const noticeMonth = 11

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
