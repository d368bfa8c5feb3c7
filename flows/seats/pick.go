package seats

import (
	"strings"

	"xintiexin/flows/form"
	"xintiexin/storage/calendar"
)

// Pick is what a choice of the lists stands for. In the form it is text:
// a day "2027-01-28", with an hour and for how many "2027-01-28/08:30/couple".
type Pick struct {
	Wait  bool // the waiting list, for a day, or from a day on
	From  bool // later days are to be shown
	Other bool // another day
	Stay  bool // what is booked stays as it is
	Day   calendar.Day
	After calendar.Day
	Hour  string // 08:30
	Party string
}

func (p Pick) String() string {
	head, day := "day", p.Day
	switch {
	case p.Wait && p.After != 0:
		head, day = "after", p.After
	case p.Wait:
		head = "wait"
	case p.From:
		head = "from"
	case p.Other:
		head = "other"
	case p.Stay:
		head = "stay"
	case p.Hour == "" && p.Party == "":
		return day.String()
	}
	on := ""
	if day != 0 {
		on = day.String()
	}
	return strings.Join([]string{head, on, p.Hour, p.Party}, "/")
}

func ReadPick(v string) (p Pick) {
	parts := strings.Split(v, "/")
	if len(parts) != 4 {
		if day, err := calendar.ParseDay(v); err == nil {
			p.Day = day
		} else if len(v) == len("08:30") {
			p.Hour = v
		}
		return p
	}
	p.Day, _ = calendar.ParseDay(parts[1])
	p.Hour, p.Party = parts[2], parts[3]
	switch parts[0] {
	case "wait":
		p.Wait = true
	case "after":
		p.Wait, p.Day, p.After = true, 0, p.Day
	case "from":
		p.From = true
	case "other":
		p.Other = true
	case "stay":
		p.Stay = true
	}
	return p
}

// sure is the one choice that is meant.
func sure(p Pick) form.Found {
	return form.Found{Sure: true, Choices: []form.Choice{{Value: p.String(), Label: p.String()}}}
}
