package dialog

import (
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/storage/dialogstate"
)

// idle is for how long a form may lie open before words that mean something by
// themselves, or that answer a reminder sent since, are no longer taken for an
// answer to it: it is put aside.
const idle = 3 * time.Hour

// keeping are words that leave things as they are.
// nothing changes it.
var keeping = []string{"留着", "先留着", "留", "不退", "不退了", "别退", "不删", "不删了", "别删", "不撤", "不撤了", "先不", "再想想", "去", "还去", "要去", "来"}

// whether finds, among what is on offer, what a question of yes or no is about and
// its no; do is empty where no such question is open.
func whether(c *Turn) (do, not string) {
	if c.S.Flow != "" {
		return "", ""
	}
	for _, o := range c.S.Offers {
		verb, _, _ := strings.Cut(o.Do, " ")
		switch _, known := c.T.Catalog.asks[verb]; {
		case known && do == "":
			do = o.Do
		case verb == "none":
			not = o.Do
		}
	}
	return do, not
}

// whetherSaid answers an open question of yes or no in other words than its
// options': 对, 退了吧, 留着吧. ok is false where none is open, and for words that
// mean something by themselves.
func whetherSaid(c *Turn, text string) (r Reply, ok bool, err error) {
	do, not := whether(c)
	if do == "" && not == "" || c.M.Tapped || c.M.Token != 0 || c.M.Kind != Text {
		return Reply{}, false, nil
	}
	if slices.ContainsFunc(c.S.Offers, func(o dialogstate.Option) bool { return answer.Fold(o.Label) == text }) {
		return Reply{}, false, nil
	}
	if later, err := afterAll(c); err != nil || later {
		return Reply{}, false, err
	}
	verb, _, _ := strings.Cut(do, " ")
	said := strings.TrimRight(text, "吧啊呀哈呗哩嘞 。.!~")
	for _, w := range []string{"那就", "先", "就", "帮我", "帮俺", "给我", "给俺", "我", "俺"} {
		said = strings.TrimPrefix(said, w)
	}
	verdict, ask := answer.Agrees(text), c.T.Catalog.asks[verb]
	switch {
	case do == "" && (verdict != answer.No || c.Who.Staff()):
		return Reply{}, false, nil
	case do == "":
		do = not
	case slices.Contains(ask.Words, said), ask.Yes && verdict == answer.Yes && (ask.Unless == "" || !strings.HasPrefix(said, ask.Unless)):
	case not != "" && (verdict == answer.No || slices.Contains(keeping, said)):
		do = not
	case ask.Declines && answer.Decides(text) == answer.No: // “不去了 活忙”
	default:
		return Reply{}, false, nil
	}
	c.S.Offers = nil
	r, err = c.Do(do)
	return r, true, err
}

// afterAll reports whether a question that is open is none any more to whoever writes:
// it was asked hours ago, or a reminder went out since, which 好的 answers then.
func afterAll(c *Turn) (bool, error) {
	if c.S.Last == 0 {
		return false, nil
	}
	if c.M.At.Unix()-c.S.Last >= int64(idle.Seconds()) {
		return true, nil
	}
	return remindedSince(c)
}

// wakeOld puts a form aside that nobody touched for hours, where words mean
// something by themselves, or answer a reminder that went out since: 改期 left open
// yesterday takes no 不想去了 of today.
func wakeOld(c *Turn, text string) error {
	if c.S.Flow == "" || c.M.Tapped || c.M.Token != 0 || c.M.Kind != Text || c.M.At.Unix()-c.S.Last < int64(idle.Seconds()) {
		return nil
	}
	if openChoice(c, text) {
		return nil
	}
	for _, w := range c.T.Catalog.Phrases {
		if answer.SameWord(text, w.Text) {
			return putOff(c)
		}
	}
	if c.Who.Staff() || answer.Decides(text) == answer.Unclear {
		return nil
	}
	if since, err := remindedSince(c); err != nil || !since {
		return err
	}
	return putOff(c)
}

// putOff closes an old form; one in which something was answered is put aside, and
// that is said with the answer.
func putOff(c *Turn) error {
	s, f, err := c.Decode()
	if err != nil {
		return err
	}
	if f == nil || !f.touched(s) {
		c.Close()
		return nil
	}
	c.woke = true
	return c.Aside()
}
