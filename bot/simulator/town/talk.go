package town

import (
	"errors"
	"fmt"
	"html"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// phone is a WeChat and whoever holds it.
type phone struct {
	openid string
	rng    *rand.Rand
}

// screen is an answer of the bot's as somebody reads it.
type screen struct {
	text    string
	options []string // the numbered lines, without their numbers
}

var (
	anchors = regexp.MustCompile(`</?a[^>]*>`)
	option  = regexp.MustCompile(`(?m)^([1-9][0-9]?) (.+)$`)
)

func read(answer string) screen {
	s := screen{text: html.UnescapeString(anchors.ReplaceAllString(answer, ""))}
	for _, m := range option.FindAllStringSubmatch(s.text, -1) {
		if m[1] == strconv.Itoa(len(s.options)+1) {
			s.options = append(s.options, m[2])
		}
	}
	return s
}

func (s screen) has(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.text, w) })
}

// number is the number of an option that holds one of the words, "" when none does.
func (s screen) number(words ...string) string {
	for _, w := range words {
		for i, o := range s.options {
			if strings.Contains(o, w) {
				return strconv.Itoa(i + 1)
			}
		}
	}
	return ""
}

// anyOf is the number of one of the options that hold a word, "" when none does.
func (s screen) anyOf(rng *rand.Rand, word string) string {
	var fit []string
	for i, o := range s.options {
		if strings.Contains(o, word) {
			fit = append(fit, strconv.Itoa(i+1))
		}
	}
	if len(fit) == 0 {
		return ""
	}
	return pick(rng, fit)
}

// lost reports whether the bot did not understand.
func (s screen) lost() bool {
	if s.has("其余的话没记上") { // a word that goes for nothing: the rest was understood
		return false
	}
	return s.has("没看懂", "没看准", "没有找到", "没看出", "没听懂", "有音近的")
}

// errDown is that the bot does not answer.
var errDown = errors.New("the bot is down")

// say sends a text half a minute later and returns what is answered.
func (t *Town) say(who phone, text string) (screen, error) {
	if err := t.advance(t.Clock.Now().Add(time.Duration(8+who.rng.IntN(35)) * time.Second)); err != nil {
		return screen{}, err
	}
	if t.down() {
		return screen{}, errDown
	}
	t.count.typed++
	var answer string
	if who.rng.Float64() < shareTwice {
		t.count.twice++
		both, err := t.Phones.Overlap(who.openid, text, 2)
		if err != nil {
			return screen{}, fmt.Errorf("deliver twice: %w", err)
		}
		if both[0].Text != both[1].Text {
			return screen{}, fmt.Errorf("a message delivered twice was answered in two ways: %.60q, %.60q", both[0].Text, both[1].Text)
		}
		answer = both[0].Text
	} else {
		a, err := t.Phones.Text(who.openid, text)
		if err != nil {
			return screen{}, fmt.Errorf("deliver: %w", err)
		}
		answer = a.Text
	}
	s := read(answer)
	if s.has("系统忙") {
		t.count.busy++
	}
	if err := t.tick(); err != nil {
		return s, err
	}
	if err := t.pageOf(who.openid, answer); err != nil {
		return s, err
	}
	t.notices(who.openid, s.text)
	return s, nil
}

// mostTurns is after how many messages somebody gives a talk up.
const mostTurns = 16

// talk has somebody say something, and answer what she is asked until answer
// returns "". What was not understood as it was typed is typed again with care.
func (t *Town) talk(who phone, first string, answer func(screen) string) error {
	next := first
	for range mostTurns {
		sent := noisy(who.rng, next)
		s, err := t.say(who, sent)
		if sent != next {
			t.count.noisy++
			if err == nil && s.lost() {
				t.count.again++
				t.trace("typed with noise", sent, s)
				s, err = t.say(who, next)
			}
		}
		if errors.Is(err, errDown) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.lost() && sent == next && !s.has("真是新来的") { // that nobody of the name is hers is an answer
			t.count.stuck++
			t.trace("typed with care", next, s)
		}
		if next = answer(s); next == "" {
			return nil
		}
	}
	t.count.stuck++
	t.trace("without an end", next, screen{})
	return nil
}

// trace shows what was not understood.
func (t *Town) trace(how, text string, s screen) {
	if t.Trace != nil {
		fmt.Fprintf(t.Trace, "%s %s: %q\n%s\n\n", t.Clock.Now().Format(time.DateTime), how, text, s.text)
	}
}
