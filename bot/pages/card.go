package pages

import (
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// preparePage is what to prepare before a service. It names nobody.
type preparePage struct {
	frame
	Lines []string
	Phone string
}

// prepare shows the site's notes for the service that the link is about: an
// appointment's, or the one named.
func (s *server) prepare(v *visit) error {
	page := preparePage{frame: v.frame}
	err := v.view(func(tx *record.Tx, scope person.Scope) error {
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		service, found := site.Service(v.pass.Subject)
		if !found {
			a, err := bookings.Get(scope, v.pass.Subject)
			if err != nil && !errors.Is(err, record.ErrNotFound) {
				return err
			}
			if service, found = site.Service(a.Service); !found && len(site.Services) > 0 {
				service = site.Services[0]
			}
		}
		page.Lines = whole(prepareText(site, service))
		page.Phone, err = advicePhone(tx, site)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "prepare", page)
}

func prepareText(site *townconfig.Site, s townconfig.Service) string {
	if s.ID != "" && s.Prepare == "" {
		return say("prepareNone")
	}
	return strings.TrimSpace(site.Text(s.Prepare, say("prepareText")))
}

// whole are the lines of a text that was written for the chat: what goes on in the
// next line, indented, is one line on a page, and the heading stands there already.
func whole(text string) []string {
	var out []string
	for i, l := range lines(text) {
		trimmed := strings.TrimSpace(l)
		switch {
		case trimmed == "" || i == 0 && strings.TrimRight(trimmed, ":：") == say("prepare"):
		case trimmed != strings.TrimRight(l, " ") && len(out) > 0:
			out[len(out)-1] += trimmed
		default:
			out = append(out, trimmed)
		}
	}
	return out
}

// advicePhone is whom to ask: the clinic, else the town's office.
func advicePhone(tx *record.Tx, site *townconfig.Site) (string, error) {
	for _, name := range []string{"clinic", "advice"} {
		if p, ok := site.Phone(name); ok {
			return p.Number, nil
		}
	}
	town, err := townconfig.LoadTown(tx)
	return town.Phone, err
}

// card is one booking as it is shown at the desk.
type card struct {
	Number, Day, Lunar, Hour, Place, Seats string
	Name                                   string // "" on the page of the phone
	QR                                     template.HTML
}

func newCard(site *townconfig.Site, a bookings.Appointment) (card, error) {
	code, err := qrSVG(a.Number)
	service, _ := site.Service(a.Service)
	c := card{Number: a.Number, Day: a.Day.Chinese(), Lunar: a.Day.Lunar().String(), Hour: partOfDay(a.Time), Place: service.Place, Seats: say("cardOne"), QR: code}
	if a.Seats > 1 {
		c.Seats = say("cardTwo")
	}
	return c, err
}

// partOfDay says an hour as people do: 早上8:30, 下午2:00.
func partOfDay(clock string) string {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return clock
	}
	part := "hourEvening"
	switch h := t.Hour(); {
	case h < 9:
		part = "hourEarly"
	case h < 12:
		part = "hourMorning"
	case h == 12:
		part = "hourNoon"
	case h < 18:
		part = "hourAfternoon"
	}
	return say(part, t.Format("3:04"))
}

type cardPage struct {
	frame
	Cards []card
	Bring []string
	Phone string
}

// card shows her open bookings.
func (s *server) card(v *visit) error {
	page := cardPage{frame: v.frame}
	err := v.view(func(tx *record.Tx, scope person.Scope) error {
		page = cardPage{frame: v.frame}
		if _, err := scope.Mine(v.pass.Resident); err != nil {
			return err
		}
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		booked, err := openBookings(scope, v.pass.Resident, v.now)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(booked, func(a bookings.Appointment) bool { return a.ID == v.pass.Subject }); i >= 0 {
			booked = booked[i : i+1] // the one that the link is about
		}
		for _, a := range booked {
			c, err := newCard(site, a)
			if err != nil {
				return err
			}
			page.Cards = append(page.Cards, c)
		}
		page.Bring = lines(site.Text("bring", say("bring")))
		page.Phone, err = advicePhone(tx, site)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return refuse(http.StatusGone, "notYours")
	}
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "card", page)
}

// openBookings are what somebody has booked from today on, the next first.
func openBookings(scope person.Scope, resident string, now time.Time) ([]bookings.Appointment, error) {
	all, err := bookings.List(scope, resident, 20)
	var out []bookings.Appointment
	for i := len(all) - 1; i >= 0; i-- { // newest day first
		if a := all[i]; a.Day >= calendar.DayOf(now) && (a.State == bookings.Expected || a.State == bookings.Came && a.Done == 0) {
			out = append(out, a)
		}
	}
	return out, err
}

// hour is an instant as the clocks of the village show it.
func hour(at int64) string { return time.Unix(at, 0).In(calendar.Zone).Format("15:04") }
