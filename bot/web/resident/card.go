package resident

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"xintiexin/bot/web/session"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// preparePage is what to prepare before a service. It names nobody.
type preparePage struct {
	session.Frame
	Lines []string
	Phone string
}

// Prepare shows the site's notes for the service that the link is about: an
// appointment's, or the one named.
func Prepare(s *session.Server, v *session.Visit) error {
	page := preparePage{Frame: v.Frame}
	err := v.View(func(tx *record.Tx, scope person.Scope) error {
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		service, found := site.Service(v.Pass.Subject)
		if !found {
			a, err := bookings.Get(scope, v.Pass.Subject)
			if err != nil && !errors.Is(err, record.ErrNotFound) {
				return err
			}
			if service, found = site.Service(a.Service); !found && len(site.Services) > 0 {
				service = site.Services[0]
			}
		}
		page.Lines = whole(prepareText(site, service))
		page.Phone, err = session.AdvicePhone(tx, site)
		return err
	})
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "prepare", page)
}

func prepareText(site *townconfig.Site, s townconfig.Service) string {
	if s.ID != "" && s.Prepare == "" {
		return session.Say("prepareNone")
	}
	return strings.TrimSpace(site.Text(s.Prepare, session.Say("prepareText")))
}

// whole are the lines of a text that was written for the chat: what goes on in the
// next line, indented, is one line on a page, and the heading stands there already.
func whole(text string) []string {
	var out []string
	for i, l := range session.Lines(text) {
		trimmed := strings.TrimSpace(l)
		switch {
		case trimmed == "" || i == 0 && strings.TrimRight(trimmed, ":：") == session.Say("prepare"):
		case trimmed != strings.TrimRight(l, " ") && len(out) > 0:
			out[len(out)-1] += trimmed
		default:
			out = append(out, trimmed)
		}
	}
	return out
}

type cardPage struct {
	session.Frame
	Cards []session.Card
	Bring []string
	Phone string
}

// BookingCard shows her open bookings.
func BookingCard(s *session.Server, v *session.Visit) error {
	page := cardPage{Frame: v.Frame}
	err := v.View(func(tx *record.Tx, scope person.Scope) error {
		page = cardPage{Frame: v.Frame}
		if _, err := scope.Mine(v.Pass.Resident); err != nil {
			return err
		}
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		booked, err := openBookings(scope, v.Pass.Resident, v.Now)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(booked, func(a bookings.Appointment) bool { return a.ID == v.Pass.Subject }); i >= 0 {
			booked = booked[i : i+1] // the one that the link is about
		}
		for _, a := range booked {
			c, err := session.NewCard(site, a)
			if err != nil {
				return err
			}
			page.Cards = append(page.Cards, c)
		}
		page.Bring = session.Lines(site.Text("bring", session.Say("bring")))
		page.Phone, err = session.AdvicePhone(tx, site)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return session.Refuse(http.StatusGone, "notYours")
	}
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "card", page)
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
