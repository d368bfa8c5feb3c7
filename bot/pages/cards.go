package pages

import (
	"errors"
	"net/http"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

type cardsPage struct {
	frame
	Day   string
	Wrong string
}

// askCards asks for the day whose cards are printed: the next working day.
func (s *server) askCards(v *visit) error {
	day := calendar.DayOf(v.now) + 1
	err := v.view(func(tx *record.Tx, _ person.Scope) error {
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		for h := site.Holidays(); !h.Working(day) && day < calendar.DayOf(v.now)+30; day++ {
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "cards", cardsPage{frame: v.frame, Day: day.String()})
}

type printPage struct {
	frame
	Head  string
	Town  townconfig.Town
	Cards []card
	Bring []string
	Phone string
}

// cards is a page of A5 for each booking of a day. Whoever stands on one sees
// that it was printed.
func (s *server) cards(v *visit) error {
	day, err := calendar.ParseDay(v.r.PostForm.Get("day"))
	if err != nil || day == 0 {
		return s.render(v.w, http.StatusUnprocessableEntity, "cards", cardsPage{v.frame, v.r.PostForm.Get("day"), say("exportBadDay")})
	}
	var page printPage
	err = v.update(func(tx *record.Tx, scope person.Scope) error {
		page = printPage{frame: v.frame}
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
			r, err := bookings.Guest(scope, a, a.Resident, "printed", v.now)
			if errors.Is(err, record.ErrNotFound) { // her own family's
				continue
			}
			if err != nil {
				return err
			}
			c, err := newCard(site, a)
			if err != nil {
				return err
			}
			c.Name = r.Name
			page.Cards = append(page.Cards, c)
		}
		page.Bring = lines(site.Text("bring", say("bring")))
		page.Phone, err = advicePhone(tx, site)
		return err
	})
	if err != nil {
		return err
	}
	if len(page.Cards) == 0 {
		return s.render(v.w, http.StatusOK, "cards", cardsPage{v.frame, day.String(), say("cardsNone", day.Chinese())})
	}
	page.Head = say("cardsCount", day.Chinese(), len(page.Cards))
	return s.render(v.w, http.StatusOK, "cards_print", page)
}
