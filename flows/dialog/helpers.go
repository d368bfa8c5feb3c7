package dialog

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

func FirstOf(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// OneOf reports whether text is one of the words, or sounds like one of two
// characters and more.
func OneOf(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return text == w || len([]rune(w)) > 1 && answer.SameWord(text, w)
	})
}

func IsNotFound(err error) bool { return errors.Is(err, record.ErrNotFound) }
func IsChanged(err error) bool  { return errors.Is(err, record.ErrChanged) }

const (
	MostListed = 3
)

func ShortDay(at int64) string {
	_, m, d := calendar.DayOf(time.Unix(at, 0)).Date()
	return fmt.Sprintf("%d月%d日", m, d)
}

func HowTo(text string) func(*Turn, string) (Reply, error) {
	return func(*Turn, string) (Reply, error) { return Reply{Text: text}, nil }
}

// Undoable saves what fn writes so that 撤销 takes it back for ten minutes.
func (c *Turn) Undoable(what string, fn func() error) error {
	u, err := c.Tx.Save(fn)
	if err != nil || len(u.Writes) == 0 {
		return err
	}
	u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), what
	return c.Tx.PutUndo(c.M.From, u)
}

// Pair are the residents with these ids who are kept: of a booking who booked, and the
// spouse once he joined.
func Pair(c *Turn, ids ...string) ([]person.Resident, error) {
	var out []person.Resident
	for _, id := range ids {
		r, err := person.LoadResident(c.Tx, id)
		if id == "" || IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Clock is the time of day of an instant.
func Clock(at int64) string { return time.Unix(at, 0).In(calendar.Zone).Format("15:04") }

// Named leaves of the people of a booking the one whose name stands in args, and
// returns args without it; all of them where none does.
func Named(people []person.Resident, args string) ([]person.Resident, string) {
	for _, r := range people {
		if r.Name != "" && strings.Contains(args, r.Name) {
			return []person.Resident{r}, strings.TrimSpace(strings.Replace(args, r.Name, " ", 1))
		}
	}
	return people, args
}

// MaxDay is how many lines the day's list shows at once.
const MaxDay = 40

// Unkept stands for a page of which it is not kept that it was read.
const Unkept = "-"

// GuideText is a page with whom to ask: what a town's rules are is for its people to
// say.
func GuideText(site *townconfig.Site, g townconfig.Guide) string {
	said := g.Text
	if g.Kind == "health" {
		said = Join(said, sayTopicAsk)
	}
	if p, ok := site.Phone("advice"); ok && g.Kind != "guide" && g.Kind != "hotline" {
		said = Join(said, fmt.Sprintf(SayGuideAsk, p.Label, p.Number))
	}
	return said
}

// CadreName is what a member of staff is called.
func (c *Turn) CadreName(id string) (string, error) {
	cadre, err := person.LoadStaff(c.Tx, id)
	if IsNotFound(err) {
		return "镇上", nil
	}
	return cadre.Name, err
}

// Newcomer heads the value of somebody who is not in the directory yet; the
// name follows.
const Newcomer = "new:"

// Until says a day by which something is done, as it is spoken of.
func (c *Turn) Until(day calendar.Day) string {
	switch day - c.Today {
	case 0:
		return "今天"
	case 1:
		return "明天"
	}
	return day.Chinese()
}

func PickWord(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func CompareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// ErrandText is the list of papers that a cadre sent her.
func ErrandText(c *Turn, guide string) (string, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return "", err
	}
	for _, g := range site.Guides {
		if g.ID == guide {
			return GuideText(site, g), nil
		}
	}
	return SayNoGuide, nil
}

// AnyOf is a pattern for any of some patterns.
func AnyOf(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(patterns, "|"))
}

// RingTalk reports whether words ask for a call, since messages are not seen.
func RingTalk(text string) bool {
	for _, w := range [...]string{"看不见微信", "看不到微信", "不看微信", "没微信", "不用微信", "看不见手机", "看不到手机", "打电话", "打个电话", "电话告诉", "电话通知", "给我电话", "给俺电话", "谁打电话"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// ClockWord is an hour as it is said: 早上8:30, 下午2:00.
func ClockWord(hour string) string {
	h, m := 0, 0
	if _, err := fmt.Sscanf(hour, "%d:%d", &h, &m); err != nil {
		return hour
	}
	part := "早上"
	switch {
	case h >= 18:
		part = "晚上"
	case h >= 13:
		part = "下午"
	case h == 12:
		part = "中午"
	}
	if h > 12 {
		h -= 12
	}
	return fmt.Sprintf("%s%d:%02d", part, h, m)
}

// ByName are answers that are kept by their paths, by the names of their
// questions: to ask a form again with them.
func ByName(answers map[string]string) map[string]string {
	out := map[string]string{}
	for path, value := range answers {
		out[path[strings.LastIndexByte(path, '/')+1:]] = value
	}
	return out
}
