package flows

import (
	"errors"
	"fmt"
	"strings"

	"xintiexin/storage/dialogstate"
	"xintiexin/storage/events"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// lectures is 讲堂: the meetings to come, each to sign up for or to leave.
func (c *chat) lectures(rest string) (Reply, error) {
	if id, ok := strings.CutPrefix(rest, "报 "); ok {
		return c.lectureJoin(id)
	}
	if rest == "告诉我" {
		return c.hearing("yes")
	}
	all, err := events.Lectures(c.scope, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	var lines []string
	var offers []dialogstate.Option
	for _, l := range all[:min(len(all), 4)] {
		lines = append(lines, l.Title, fmt.Sprintf(sayLectureAt, l.Day.Chinese(), clockWord(l.Time), l.Left, l.Place))
		switch {
		case l.Mine:
			offers = append(offers, dialogstate.Option{Label: labelLectureLeave + l.Title, Do: "lecture-leave " + l.ID})
		case l.Left > 0:
			offers = append(offers, dialogstate.Option{Label: labelLectureJoin + l.Title, Do: "lecture-join " + l.ID})
		}
	}
	said := join(join(lines...), sayWishHow)
	if len(lines) == 0 {
		said = sayLectureNone
	}
	if c.who.Staff() && len(c.who.Residents) == 0 {
		if len(offers) == 0 {
			return Reply{Text: said}, nil
		}
	} else if told, err := c.hears(); err != nil {
		return Reply{}, err
	} else if told {
		offers = append(offers, dialogstate.Option{Label: labelHearNot, Do: "hearing no"})
	} else {
		offers = append(offers, dialogstate.Option{Label: labelHear, Do: "hearing yes"})
	}
	return c.offer(said, append(offers, dialogstate.Option{Label: labelNotNow, Do: "none"})...), nil
}

// hears reports whether one of her family is told of meetings.
func (c *chat) hears() (bool, error) {
	for _, id := range c.who.Residents {
		ok, err := events.IsSubscribed(c.scope, id)
		if err != nil && !isNotFound(err) || ok {
			return ok, err
		}
	}
	return false, nil
}

// hearing keeps that she wants to be told of meetings, or that nobody of her family does
// any more.
func (c *chat) hearing(rest string) (Reply, error) {
	if rest == "no" {
		for _, id := range c.who.Residents {
			if err := events.Subscribe(c.scope, id, false, c.m.At); err != nil && !isNotFound(err) {
				return Reply{}, err
			}
		}
		return Reply{Text: sayHearNot}, nil
	}
	who, r, asked, err := c.forWhom(purpose.Booking, "讲堂 告诉我")
	if err != nil || asked {
		return r, err
	}
	if err := events.Subscribe(c.scope, who, true, c.m.At); errors.Is(err, record.ErrConsent) || isNotFound(err) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	return Reply{Text: sayHear}, nil
}

func (c *chat) lectureJoin(id string) (Reply, error) {
	who, r, asked, err := c.forWhom(purpose.Booking, "讲堂 报 "+id)
	if err != nil || asked {
		return r, err
	}
	l, err := events.SignUp(c.scope, who, id, c.m.At)
	switch {
	case errors.Is(err, record.ErrFull):
		return Reply{Text: sayLectureFull}, nil
	case errors.Is(err, record.ErrAlreadyExists):
		return Reply{Text: sayLectureTwice}, nil
	case errors.Is(err, record.ErrNotAvailable), errors.Is(err, record.ErrConsent), isNotFound(err):
		return Reply{Text: sayGone}, nil
	case err != nil:
		return Reply{}, err
	}
	c.willTell("lecture_eve")
	return Reply{Text: fmt.Sprintf(sayLectureIn, l.Day.ChineseLunar(), clockWord(l.Time), l.Place)}, nil
}

// lectureLeave gives up the seats of all her family at a meeting.
func (c *chat) lectureLeave(id string) (Reply, error) {
	left := false
	for _, who := range c.who.Residents {
		err := events.CancelSeat(c.scope, who, id, c.m.At)
		if err != nil && !isNotFound(err) {
			return Reply{}, err
		}
		left = left || err == nil
	}
	if !left {
		return Reply{Text: sayGone}, nil
	}
	return Reply{Text: sayLectureOut}, nil
}

// wish is 想听: a topic is counted, who named it is not kept. Alone, it shows staff
// what was named.
func (c *chat) wish(topic string) (Reply, error) {
	topic = strings.Trim(topic, " 。.,!~?")
	if topic == "" && c.who.Staff() {
		all, err := events.Topics(c.scope, 10)
		if errors.Is(err, record.ErrScope) || err == nil && len(all) == 0 {
			return Reply{Text: sayWishNone}, nil
		}
		if err != nil {
			return Reply{}, err
		}
		lines := []string{sayWishes}
		for _, w := range all {
			lines = append(lines, fmt.Sprintf("%s %d", w.Topic, w.Count))
		}
		return Reply{Text: join(lines...)}, nil
	}
	if topic == "" {
		return c.wishWhich()
	}
	if n := len([]rune(topic)); n > events.TopicMax || strings.ContainsAny(topic, "0123456789") {
		return Reply{Text: sayWishBad}, nil
	}
	return Reply{Text: sayWishKept}, events.SuggestTopic(c.tx, topic)
}

// wishWhich offers what the town has pages on, to be named by a tap; any other topic
// can be typed.
func (c *chat) wishWhich() (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	for _, g := range site.Guides {
		if g.Kind == "health" && len(offers) < maxGuides-1 && len([]rune(g.Title)) <= events.TopicMax {
			offers = append(offers, dialogstate.Option{Label: g.Title, Do: "wish " + g.Title})
		}
	}
	if len(offers) == 0 {
		return Reply{Text: sayWishBad}, nil
	}
	return c.offer(sayWishWhich, append(offers, dialogstate.Option{Label: labelNotNow, Do: "none"})...), nil
}
