package booking

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/seats"
	"xintiexin/storage/townconfig"
)

// takesSeat is 要 in answer to an offer: 要要, 俺要, 要 俺要.
var takesSeat = regexp.MustCompile(`^(?:(?:我|俺|咱)?要(?:了|的|这个)?[ ,，。.!]*)+$`)

// bookingWord answers the words that a reminder or an offer asks for, and the
// others by which a resident decides about her booking: they are hers in every
// state. ok is false for all else.
func bookingWord(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	if len(c.Who.Residents) == 0 || c.M.Token != 0 && c.M.Token != c.S.Step {
		return dialog.Reply{}, false, nil
	}
	text = strings.TrimRight(text, " 。.,!~了吧啊呀哈")
	switch {
	case takesSeat.MatchString(text):
		return takeOffer(c)
	case dialog.OneOf(text, "卡", "我的卡", "看卡", "打开看卡"):
		r, err = cardOf(c, "")
		return r, true, err
	case c.S.Flow == "" && dialog.OneOf(text, "约", "要约", "我约"):
		r, err = book(c, "")
		return r, true, err
	case c.S.Flow == "" && answer.Command(text) == answer.Undo:
		return undoBooking(c)
	}
	day, moves := movesTo(c, text)
	comes := dialog.OneOf(text, "来", "会来", "我来", "俺来", "准来", "来的", "能来")
	stops := dialog.OneOf(text, "不来", "来不了", "去不了", "不去", "不约", "先不约", "退号")
	if !moves && !comes && !stops {
		return waitWord(c, text)
	}
	open, err := openBookings(c)
	switch {
	case err != nil:
		return dialog.Reply{}, false, err
	case moves:
		return otherDay(c, day, len(open) > 0)
	case comes && len(open) == 0:
		return comingAfter(c)
	case comes:
		r, err = onBooking(c, sayComingWhich, "iscoming", soonest(open, c.Today))
	case len(open) == 0 && booking(c) != "":
		r, err = c.Step(form.Input{Text: answer.Cancel})
	default:
		r, err = giveUp(c, "")
	}
	return r, true, err
}

// comingAfter answers 来 from who did not come and has no other booking; ok is
// false for anybody else.
func comingAfter(c *dialog.Turn) (dialog.Reply, bool, error) {
	missed, err := lastMissed(c)
	if err != nil || missed.ID == "" {
		return dialog.Reply{}, false, err
	}
	r, err := afterMissed(c, missed)
	return r, true, err
}

// movesTo reports whether text asks for another day (改期, 改到29号), and which.
func movesTo(c *dialog.Turn, text string) (day string, ok bool) {
	if dialog.OneOf(text, "换个钟点", "换钟点", "改钟点", "换个时间", "改时间") {
		return "", true
	}
	for _, w := range [...]string{"改期", "换天", "换个天", "改个天", "改日子", "换日子"} {
		if rest, cut := answer.CutHead(text, w); cut {
			return strings.TrimSpace(strings.TrimPrefix(rest, "到")), true
		}
	}
	if _, _, line := answer.Edit(text); line { // 改2 九点
		return "", false
	}
	for _, w := range [...]string{"改到", "换到", "改成", "换成", "改", "换"} {
		if rest, cut := strings.CutPrefix(text, w); cut {
			h := seats.Hear(c, rest)
			return rest, (h.Date.Reason == dates.OK || h.Timed) && h.Rest == ""
		}
	}
	return "", false
}

// otherDay answers a wish for another day: in the open form where that is about
// a booking, else by moving what is booked, or by booking anew what was missed.
func otherDay(c *dialog.Turn, day string, booked bool) (dialog.Reply, bool, error) {
	switch s, f, err := c.Decode(); {
	case err != nil:
		return dialog.Reply{}, true, err
	case f != nil && booking(c) != "" && (day != "" || s.Summing()):
		in := form.Input{Text: day}
		if s.Summing() { // the line of the day, or the one below it
			n, _ := strconv.Atoi(f.Form.Settings["day_line"])
			if hour := strings.Contains(c.M.Text, "钟点") || strings.Contains(c.M.Text, "时间"); hour {
				n++
			}
			in.Text = strings.TrimSpace(fmt.Sprintf("改%d %s", n, day))
		}
		r, err := c.Step(in)
		return r, true, err
	}
	if booked {
		r, err := changeDay(c, day)
		return r, true, err
	}
	missed, err := lastMissed(c)
	if err != nil {
		return dialog.Reply{}, true, err
	}
	if missed.ID == "" {
		return dialog.Reply{}, false, nil
	}
	r, err := afterMissed(c, missed)
	return r, true, err
}

// bookingTyped is what is said to the open question of a booking, where it is to be
// read as a whole: a word for the waiting list, which is a keyword too, or a day with
// its hour and how many, of which the form would take the day alone (周二 9点 就俺).
// "" for all else.
func bookingTyped(c *dialog.Turn, text string) string {
	if booking(c) == "" {
		return ""
	}
	s, _, err := c.Decode()
	if err != nil || s == nil {
		return ""
	}
	q, _ := s.Open()
	if q == nil || q.Name != "day" && q.Name != "hour" {
		return ""
	}
	if dialog.OneOf(text, seats.WaitWords...) || dialog.OneOf(text, "留着", "先不了", "不改了") && s.Get("moving") != "" {
		return text
	}
	h := seats.Hear(c, text)
	day := h.Date.Day
	if day == 0 && len(h.Date.Alternatives) > 0 {
		day = h.Date.Alternatives[0]
	}
	if q.Name != "day" || day == 0 || h.Rest != "" || !h.Timed && h.Party == "" {
		return ""
	}
	said := day.Short()
	if h.Timed && h.Ambiguous {
		said += fmt.Sprintf(" %d点%d分", h.Hour, h.Minute)
	} else if h.Timed {
		said += fmt.Sprintf(" %02d:%02d", h.Hour, h.Minute)
	}
	return said + map[string]string{"couple": " 两个人", "alone": " 一个人"}[h.Party]
}

// forKin are the words by which a booking is asked for somebody else of the family.
var forKin = regexp.MustCompile(`(?:帮|给|替)(?:俺|我)?(?:家)?的?(?:娘|妈|婆婆|公公|爹|爸|闺女|儿媳妇?|媳妇|老婆|老公|对象|爱人|嫂子?|姐|妹|弟|哥|奶奶|姥姥|家里人|家人|邻居|同事|姊妹)`)

// bookingTalk answers, when nothing is open, what is no word of its own but asks
// for a booking, or for somebody to ring. ok is false for all else.
func bookingTalk(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	if dialog.RingTalk(text) && len(c.Who.Residents) > 0 {
		open, err := openBookings(c)
		if err != nil {
			return dialog.Reply{}, false, err
		}
		if len(open) > 0 {
			r, err = onBooking(c, sayRingWhich, "ringask", open)
			return r, true, err
		}
	}
	if c.Who.Staff() {
		return dialog.Reply{}, false, nil
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	asks := dialog.OneOf(text, "约", "要约", "我约", "约一个", "约个")
	for _, w := range [...]string{"约号", "预约", "挂号", "想约", "约个", "约一下"} {
		asks = asks || strings.Contains(text, w)
	}
	if !asks {
		_, _, asks = whichService(site, text)
	}
	if !asks || strings.HasSuffix(text, "不约") {
		return dialog.Reply{}, false, nil
	}
	r, err = book(c, text)
	return r, true, err
}
