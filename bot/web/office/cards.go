package office

import (
	"errors"
	"net/http"

	"xintiexin/bot/web/session"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

type cardsPage struct {
	session.Frame
	Day   string
	Wrong string
}

// AskCards asks for the day whose cards are printed: the next working day.
func AskCards(s *session.Server, v *session.Visit) error {
	day := calendar.DayOf(v.Now) + 1
	err := v.View(func(tx *record.Tx, _ person.Scope) error {
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		for h := site.Holidays(); !h.Working(day) && day < calendar.DayOf(v.Now)+30; day++ {
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "cards", cardsPage{Frame: v.Frame, Day: day.String()})
}

type printPage struct {
	session.Frame
	Head  string
	Town  townconfig.Town
	Cards []session.Card
	Bring []string
	Phone string
}

// Cards is a page of A5 for each booking of a day. Whoever stands on one sees
// that it was printed.
func Cards(s *session.Server, v *session.Visit) error {
	day, err := calendar.ParseDay(v.R.PostForm.Get("day"))
	if err != nil || day == 0 {
		return s.Render(v.W, http.StatusUnprocessableEntity, "cards", cardsPage{v.Frame, v.R.PostForm.Get("day"), session.Say("exportBadDay")})
	}
	var page printPage
	err = v.Update(func(tx *record.Tx, scope person.Scope) error {
		page = printPage{Frame: v.Frame}
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		if page.Town, err = townconfig.LoadTown(tx); err != nil {
			return err
		}
		booked, err := bookings.ListDay(scope, day)
		if err != nil {
			return err
		}
		for _, a := range booked {
			if a.State != bookings.Expected && a.State != bookings.Came {
				continue
			}
			r, err := bookings.Guest(scope, a, a.Resident, "printed", v.Now)
			if errors.Is(err, record.ErrNotFound) { // her own family's
				continue
			}
			if err != nil {
				return err
			}
			c, err := session.NewCard(site, a)
			if err != nil {
				return err
			}
			c.Name = r.Name
			page.Cards = append(page.Cards, c)
		}
		page.Bring = session.Lines(site.Text("bring", session.Say("bring")))
		page.Phone, err = session.AdvicePhone(tx, site)
		return err
	})
	if err != nil {
		return err
	}
	if len(page.Cards) == 0 {
		return s.Render(v.W, http.StatusOK, "cards", cardsPage{v.Frame, day.String(), session.Say("cardsNone", day.Chinese())})
	}
	page.Head = session.Say("cardsCount", day.Chinese(), len(page.Cards))
	return s.Render(v.W, http.StatusOK, "cards_print", page)
}
