package session

import (
	"html/template"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// AdvicePhone is whom to ask: the clinic, else the town's office.
func AdvicePhone(tx *record.Tx, site *townconfig.Site) (string, error) {
	for _, name := range []string{"clinic", "advice"} {
		if p, ok := site.Phone(name); ok {
			return p.Number, nil
		}
	}
	town, err := townconfig.LoadTown(tx)
	return town.Phone, err
}

// Card is one booking as it is shown at the desk.
type Card struct {
	Number, Day, Lunar, Hour, Place, Seats string
	Name                                   string // "" on the page of the phone
	QR                                     template.HTML
}

func NewCard(site *townconfig.Site, a bookings.Appointment) (Card, error) {
	code, err := QrSVG(a.Number)
	service, _ := site.Service(a.Service)
	c := Card{Number: a.Number, Day: a.Day.Chinese(), Lunar: a.Day.Lunar().String(), Hour: partOfDay(a.Time), Place: service.Place, Seats: Say("cardOne"), QR: code}
	if a.Seats > 1 {
		c.Seats = Say("cardTwo")
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
	return Say(part, t.Format("3:04"))
}
