package flows

import (
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

var away = Flow{Name: "away", Keyword: "外出", For: village, Set: storage.C3, Sentence: awaySentence, Save: saveAway, Answered: (*chat).person}

var back = Flow{Name: "back", Keyword: "返乡", For: village, Set: storage.C3, Instant: true, Save: saveBack, Answered: backAnswered}

// backAnswered refuses a return before the leaving.
func backAnswered(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
	if name != "day" {
		return c.person(f, s, name)
	}
	id := s.Get("resident")
	if id == "" || strings.HasPrefix(id, newcomer) {
		return nil, nil
	}
	a, err := c.scope.OpenAway(id)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if day, err := calendar.ParseDay(s.Get("day")); err == nil && day != 0 && day < a.Since {
		return &form.Problem{Text: fmt.Sprintf(sayBackEarly, a.Since.Chinese())}, nil
	}
	return nil, nil
}

// awaySentence reads “孟丽 苏州 昨天走 正月十六回”: which day is which, and where.
func awaySentence(c *chat, sentence string, known map[string]string) (string, map[string]string) {
	out := map[string]string{}
	for k, v := range known {
		out[k] = v
	}
	var left []string
	for _, w := range strings.Fields(strings.NewReplacer("，", " ", ",", " ", "。", " ").Replace(sentence)) {
		going, gone := cutTail(w, "走的", "走了", "走", "去的", "出门")
		back, returns := cutTail(w, "回来", "回家", "回")
		day := answer.Date(going, c.today, answer.Any).Day
		switch {
		case gone && day != 0:
			out["since"] = day.String()
		case returns && len([]rune(back)) > 1:
			out["expected"] = back
		default:
			left = append(left, w)
		}
	}
	if last := len(left) - 1; last > 0 && out["place"] == "" && answer.Date(left[last], c.today, answer.Any).Reason == answer.NotADate {
		out["place"], left = strings.TrimPrefix(strings.TrimPrefix(left[last], "去"), "到"), left[:last]
	}
	return strings.Join(left, " "), out
}

func cutTail(w string, tails ...string) (string, bool) {
	for _, t := range tails {
		if head, ok := strings.CutSuffix(w, t); ok && head != "" {
			return head, true
		}
	}
	return w, false
}

// saveAway keeps the card and closes nothing: what was agreed at home is asked
// about when its day comes.
func saveAway(c *chat, f *Flow, s *form.Session) (Reply, error) {
	r, err := c.settle(f, s)
	if err != nil {
		return Reply{}, err
	}
	a := storage.Away{Resident: r.ID, Place: s.Get("place"), Expected: s.Get("expected"), At: c.m.At.Unix()}
	if a.Since, err = calendar.ParseDay(s.Get("since")); err != nil {
		return Reply{}, err
	}
	a.ExpectedDay = answer.Date(a.Expected, c.today, answer.Future).Day
	if _, err = c.scope.AddAway(a, c.m.ID); err != nil {
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(sayAwaySaved, brief(r), a.Place)}, nil
}

// saveBack closes the card of somebody who came home, or keeps one that is only
// a return.
func saveBack(c *chat, f *Flow, s *form.Session) (Reply, error) {
	r, err := c.settle(f, s)
	if err != nil {
		return Reply{}, err
	}
	day, err := calendar.ParseDay(s.Get("day"))
	if err != nil {
		return Reply{}, err
	}
	a, err := c.scope.OpenAway(r.ID)
	if err != nil {
		return Reply{}, err
	}
	if a.ID == "" {
		last, err := c.scope.LastAway(r.ID)
		if err != nil {
			return Reply{}, err
		}
		if last.Back != 0 && last.Back >= day-7 && last.Back <= day+7 {
			return Reply{Text: fmt.Sprintf(sayBackKnown, brief(r), last.Back.ChineseLunar())}, nil
		}
		if a, err = c.scope.AddAway(storage.Away{Resident: r.ID, Back: day, At: c.m.At.Unix()}, c.m.ID); err != nil {
			return Reply{}, err
		}
	} else {
		a.Back = day
		if err := c.scope.PutAway(a, c.m.At); err != nil {
			return Reply{}, err
		}
	}
	return Reply{Text: fmt.Sprintf(sayBackSaved, brief(r), day.ChineseLunar())}, nil
}

// tellRecorded books one message to the person herself when staff wrote down that
// she agreed, so that she can refuse it: one for each set of consent.
func (c *chat) tellRecorded(resident string, set storage.Set) error {
	openid, err := c.tx.WeChatOf(resident)
	if err != nil || openid == "" {
		return err
	}
	earliest, ok := calendar.Holidays{}.Decent(calendar.ResidentHours, c.m.At)
	if !ok {
		return nil
	}
	_, err = c.tx.Enqueue(storage.Delivery{
		Cause: "recorded/" + resident + "/" + string(set), Kind: "recorded", To: "r:" + resident, About: resident,
		Facts:    map[string]string{"day": c.today.String()},
		Earliest: earliest.Unix(), Latest: earliest.AddDate(0, 0, 3).Unix(), Priority: 5, Booked: c.m.At.Unix(),
	})
	return err
}
