package seats

import (
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/storage/person"
)

// hoursTyped answers what is typed where an hour is asked for.
func hoursTyped(c *dialog.Turn, d *Draft, typed string) (form.Found, error) {
	slots, err := SlotsOn(c, d, d.Day)
	if err != nil {
		return form.Found{}, err
	}
	if typed == "" {
		return HoursList(c, d, slots, ""), nil
	}
	text := answer.Fold(typed)
	if _, v, line := answer.Edit(text); line && v != "" {
		text = v
	}
	h := Hear(c, text)
	d.Heard = h
	if h.Party != "" {
		d.Seats, d.Keep = SeatsOf(h.Party), h.Party
	}
	switch {
	case dialog.RingTalk(text):
		return HoursList(c, d, slots, sayRingLater), nil
	case d.Moving != "" && dialog.OneOf(text, append([]string{"先不了", "不改了", "不改", "不换了", "留着", "算了"}, WaitWords...)...):
		return sure(Pick{Stay: true}), nil
	case dialog.OneOf(text, WaitWords...):
		return sure(Pick{Wait: true, Day: d.Day, Party: h.Party}), nil
	case dialog.OneOf(text, append([]string{"换一天", "换个天", "这天不行"}, laterWords...)...):
		return sure(Pick{Other: true}), nil
	case h.Date.Day != 0 && h.Date.Day != d.Day:
		p, say, err := DayOpen(c, d, h, h.Date.Day)
		if err != nil || say == "" {
			return sure(p), err
		}
		return HoursList(c, d, slots, dialog.Join(say, fmt.Sprintf(sayDayStands, d.Day.Chinese()))), nil
	case h.Timed:
		o, ok := d.At(slots)
		switch {
		case !ok:
			return HoursList(c, d, slots, fmt.Sprintf(sayHourNone, h.Said())), nil
		case o.Free < d.Need():
			i := slices.IndexFunc(slots, func(s OpenSlot) bool { return s.Time == o.Time })
			return HoursList(c, d, slots, WhyNot(slots, i, o.Time)), nil
		}
		return sure(Pick{Hour: o.Time, Party: h.Party}), nil
	case slices.Contains(anyWords, text) || text == "早点的" || text == "早点":
		for _, o := range slots {
			if o.Free >= d.Need() {
				return sure(Pick{Hour: o.Time}), nil
			}
		}
	case h.Party != "" && h.Rest == "":
		return HoursList(c, d, slots, fmt.Sprintf(sayForSeats, SeatsWord(d.Seats))), nil
	}
	return HoursList(c, d, slots, sayNoHour), nil
}

// HoursList offers the hours of the day that fit; a couple for whom an hour has
// one seat may come as one, or wait for two.
func HoursList(c *dialog.Turn, d *Draft, slots []OpenSlot, say string) form.Found {
	found := form.Found{Say: say}
	one := ""
	for _, o := range slots {
		switch {
		case o.Free >= d.Need():
			p := Pick{Hour: o.Time, Party: d.Keep}
			value := o.Time
			if p.Party != "" {
				value = p.String()
			}
			found.Choices = append(found.Choices, form.Choice{Value: value, Label: fmt.Sprintf(labelHour, dialog.ClockWord(o.Time), o.Free)})
		case o.Free == 1 && one == "":
			one = o.Time
		}
	}
	most := 4
	if one != "" && d.Seats == 2 && d.Moving == "" {
		most = 2
	}
	if len(found.Choices) > most {
		found.Choices, found.Say = found.Choices[:most], dialog.Join(say, sayHoursMore)
	}
	if one != "" && d.Seats == 2 && d.Moving == "" {
		found.Choices = append(found.Choices,
			form.Choice{Value: Pick{Hour: one, Party: "alone"}.String(), Label: fmt.Sprintf(labelOneSeat, dialog.ClockWord(one))},
			form.Choice{Value: Pick{Wait: true, Day: d.Day, Party: "couple"}.String(), Label: labelWaitTwo})
	}
	found.Choices = append(found.Choices, form.Choice{Value: Pick{Other: true}.String(), Label: labelOtherDay, Aliases: []string{"换一天", "换天"}})
	return found
}

// Rings are those who may ring when a message was not answered.
func Rings(c *dialog.Turn, d *Draft, typed string) (form.Found, error) {
	contact, err := RingContact(c, d.Resident)
	if err != nil {
		return form.Found{}, err
	}
	all := []form.Choice{{Value: "office", Label: labelRingOffice, Aliases: []string{"镇上", "镇里", "打"}}}
	if contact != "" {
		all = append(all, form.Choice{Value: "contact", Label: fmt.Sprintf(labelRingContact, contact), Aliases: []string{"村里", "村里的人", contact, "联系人"}})
	}
	all = append(all, form.Choice{Value: "nobody", Label: labelRingNobody, Aliases: []string{"别打", "不打", "都不用"}})
	if typed == "" {
		return form.Found{Choices: all}, nil
	}
	names := make([][]string, len(all))
	for i, o := range all {
		names[i] = append(o.Aliases, o.Label)
	}
	if hits := answer.Match(typed, names); len(hits) == 1 {
		return form.Found{Choices: all[hits[0] : hits[0]+1], Sure: true}, nil
	}
	return form.Found{Say: sayWhoRings, Choices: all}, nil
}

// RingContact is the name of a resident's contact in her village, "" without.
func RingContact(c *dialog.Turn, resident string) (string, error) {
	if resident == "" || strings.HasPrefix(resident, dialog.Newcomer) {
		return "", nil
	}
	r, err := c.Scope.Client(resident)
	if dialog.IsNotFound(err) || err == nil && r.Village == "" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	id, _, err := person.ContactOf(c.Tx, r)
	if err != nil || id == "" {
		return "", err
	}
	if id, err = person.Delegate(c.Tx, id); err != nil {
		return "", err
	}
	cadre, err := person.LoadStaff(c.Tx, id)
	if dialog.IsNotFound(err) {
		return "", nil
	}
	return cadre.Name, err
}
