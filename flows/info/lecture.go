package info

import (
	"errors"
	"fmt"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/events"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// lectures is 讲堂: the meetings to come, each to sign up for or to leave.
func lectures(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if id, ok := strings.CutPrefix(rest, "报 "); ok {
		return lectureJoin(c, id)
	}
	if rest == "告诉我" {
		return hearing(c, "yes")
	}
	all, err := events.Lectures(c.Scope, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	var lines []string
	var offers []dialogstate.Option
	for _, l := range all[:min(len(all), 4)] {
		lines = append(lines, l.Title, fmt.Sprintf(sayLectureAt, l.Day.Chinese(), dialog.ClockWord(l.Time), l.Left, l.Place))
		switch {
		case l.Mine:
			offers = append(offers, dialogstate.Option{Label: labelLectureLeave + l.Title, Do: "lecture-leave " + l.ID})
		case l.Left > 0:
			offers = append(offers, dialogstate.Option{Label: labelLectureJoin + l.Title, Do: "lecture-join " + l.ID})
		}
	}
	said := dialog.Join(dialog.Join(lines...), sayWishHow)
	if len(lines) == 0 {
		said = sayLectureNone
	}
	if c.Who.Staff() && len(c.Who.Residents) == 0 {
		if len(offers) == 0 {
			return dialog.Reply{Text: said}, nil
		}
	} else if told, err := hears(c); err != nil {
		return dialog.Reply{}, err
	} else if told {
		offers = append(offers, dialogstate.Option{Label: labelHearNot, Do: "hearing no"})
	} else {
		offers = append(offers, dialogstate.Option{Label: labelHear, Do: "hearing yes"})
	}
	return c.Offer(said, append(offers, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})...), nil
}

// hears reports whether one of her family is told of meetings.
func hears(c *dialog.Turn) (bool, error) {
	for _, id := range c.Who.Residents {
		ok, err := events.IsSubscribed(c.Scope, id)
		if err != nil && !dialog.IsNotFound(err) || ok {
			return ok, err
		}
	}
	return false, nil
}

// hearing keeps that she wants to be told of meetings, or that nobody of her family does
// any more.
func hearing(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest == "no" {
		for _, id := range c.Who.Residents {
			if err := events.Subscribe(c.Scope, id, false, c.M.At); err != nil && !dialog.IsNotFound(err) {
				return dialog.Reply{}, err
			}
		}
		return dialog.Reply{Text: sayHearNot}, nil
	}
	who, r, asked, err := c.ForWhom(purpose.Booking, "讲堂 告诉我")
	if err != nil || asked {
		return r, err
	}
	if err := events.Subscribe(c.Scope, who, true, c.M.At); errors.Is(err, record.ErrConsent) || dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	} else if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: sayHear}, nil
}

func lectureJoin(c *dialog.Turn, id string) (dialog.Reply, error) {
	who, r, asked, err := c.ForWhom(purpose.Booking, "讲堂 报 "+id)
	if err != nil || asked {
		return r, err
	}
	l, err := events.SignUp(c.Scope, who, id, c.M.At)
	switch {
	case errors.Is(err, record.ErrFull):
		return dialog.Reply{Text: sayLectureFull}, nil
	case errors.Is(err, record.ErrAlreadyExists):
		return dialog.Reply{Text: sayLectureTwice}, nil
	case errors.Is(err, record.ErrNotAvailable), errors.Is(err, record.ErrConsent), dialog.IsNotFound(err):
		return dialog.Reply{Text: dialog.SayGone}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	c.WillTell("lecture_eve")
	return dialog.Reply{Text: fmt.Sprintf(sayLectureIn, l.Day.ChineseLunar(), dialog.ClockWord(l.Time), l.Place)}, nil
}

// lectureLeave gives up the seats of all her family at a meeting.
func lectureLeave(c *dialog.Turn, id string) (dialog.Reply, error) {
	left := false
	for _, who := range c.Who.Residents {
		err := events.CancelSeat(c.Scope, who, id, c.M.At)
		if err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
		left = left || err == nil
	}
	if !left {
		return dialog.Reply{Text: dialog.SayGone}, nil
	}
	return dialog.Reply{Text: sayLectureOut}, nil
}

// wish is 想听: a topic is counted, who named it is not kept. Alone, it shows staff
// what was named.
func wish(c *dialog.Turn, topic string) (dialog.Reply, error) {
	topic = strings.Trim(topic, " 。.,!~?")
	if topic == "" && c.Who.Staff() {
		all, err := events.Topics(c.Scope, 10)
		if errors.Is(err, record.ErrScope) || err == nil && len(all) == 0 {
			return dialog.Reply{Text: sayWishNone}, nil
		}
		if err != nil {
			return dialog.Reply{}, err
		}
		lines := []string{sayWishes}
		for _, w := range all {
			lines = append(lines, fmt.Sprintf("%s %d", w.Topic, w.Count))
		}
		return dialog.Reply{Text: dialog.Join(lines...)}, nil
	}
	if topic == "" {
		return wishWhich(c)
	}
	if n := len([]rune(topic)); n > events.TopicMax || strings.ContainsAny(topic, "0123456789") {
		return dialog.Reply{Text: sayWishBad}, nil
	}
	return dialog.Reply{Text: sayWishKept}, events.SuggestTopic(c.Tx, topic)
}

// wishWhich offers what the town has pages on, to be named by a tap; any other topic
// can be typed.
func wishWhich(c *dialog.Turn) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	for _, g := range site.Guides {
		if g.Kind == "health" && len(offers) < maxGuides-1 && len([]rune(g.Title)) <= events.TopicMax {
			offers = append(offers, dialogstate.Option{Label: g.Title, Do: "wish " + g.Title})
		}
	}
	if len(offers) == 0 {
		return dialog.Reply{Text: sayWishBad}, nil
	}
	return c.Offer(sayWishWhich, append(offers, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})...), nil
}
