package flows

import (
	"fmt"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

var away = Flow{Name: "away", Keyword: "外出", Set: storage.C3, Save: saveAway, Answered: (*chat).person}

var back = Flow{Name: "back", Keyword: "返乡", Set: storage.C3, Instant: true, Save: saveBack, Answered: (*chat).person}

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
