package booking

import (
	"slices"
	"strconv"

	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/seats"
	"xintiexin/flows/subject"
	"xintiexin/storage/bookings"
	"xintiexin/storage/townconfig"
)

// bookAnswered checks each answer of a booking against the seats that there are
// now. What a choice says beside the day ("2027-01-28/08:30/couple") becomes the
// answers to the other questions.
func bookAnswered(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
	d, err := seats.Drafted(c)
	if err != nil {
		return nil, err
	}
	d.Read(s)
	switch name {
	case "resident", "consent", "newcomer":
		return bookedFor(c, f, s, name)
	case "eligible":
		return nil, eligible(c, s)
	case "day":
		return dayAnswered(c, f, s, d)
	case "hour":
		return hourAnswered(c, s, d)
	case "party":
		if s.Get("wait") != "" {
			s.Set("stop", "wait")
			return nil, nil
		}
		return nil, recheck(c, s, d)
	}
	return nil, nil
}

// bookedFor is person for a booking: who has one already is not asked again.
func bookedFor(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
	p, err := subject.CheckPerson(c, f, s, name)
	if err != nil || p != nil || name != "resident" || s.Get("stop") != "" || s.Get("consent_state") == "new" {
		return p, err
	}
	id := s.Get("resident")
	s.Set("intro", "约号 "+s.Get("who"))
	if _, err := bookings.Open(c.Scope, id, s.Get("service")); err == nil {
		s.Set("stop", "has")
		return nil, nil
	} else if !dialog.IsNotFound(err) {
		return nil, err
	}
	contact, err := seats.RingContact(c, id)
	if err == nil && contact != "" {
		s.Set("ring", "contact")
	}
	return nil, err
}

// eligible goes through what the town asks first; no answer is kept.
func eligible(c *dialog.Turn, s *form.Session) error {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return err
	}
	qs := questionsOf(site, s.Get("service"))
	i, _ := strconv.Atoi(s.Get("asked"))
	said := s.Get("eligible")
	s.Clear("eligible")
	if i < len(qs) && qs[i].Need != "" && qs[i].Need != said {
		s.Set("stop", "otherwise")
		return nil
	}
	s.Clear("ask")
	if i++; i < len(qs) {
		s.Set("ask", qs[i].Label)
	}
	s.Set("asked", strconv.Itoa(i))
	return nil
}

// dayAnswered takes a day, the wish to see later ones, or the waiting list.
func dayAnswered(c *dialog.Turn, f *dialog.Flow, s *form.Session, d *seats.Draft) (*form.Problem, error) {
	v := seats.ReadPick(s.Get("day"))
	if v.Stay {
		s.Set("stop", "stay")
		return nil, nil
	}
	if v.Wait && d.Moving != "" {
		s.Set("stop", "wait")
		return nil, nil
	}
	if v.From {
		d.From, d.Full, d.Seats = v.Day, 0, max(d.Seats, seats.SeatsOf(v.Party))
		d.Keep = v.Party
		return &form.Problem{Text: sayLook, Anew: true}, nil
	}
	if v.Party != "" {
		s.Set("party", v.Party)
	}
	if v.Wait {
		return nil, waitFor(c, s, v)
	}
	s.Clear("wait")
	s.Set("day", v.Day.String())
	if s.Get("person") != "" && s.Get("resident") == "" {
		s.Set("resident", s.Get("person")) // something was answered: worth being put aside
	}
	d.Read(s)
	if v.Hour != "" {
		s.Set("hour", v.Hour)
	} else if old := s.Get("old_hour"); f.Name == "rebook" && s.Get("hour") == "" {
		s.Set("hour", old)
	}
	slots, err := seats.SlotsOn(c, d, d.Day)
	if err != nil {
		return nil, err
	}
	if d.Timed { // an hour said before the day
		if o, ok := d.At(slots); ok && o.Free >= d.Need() {
			s.Set("hour", o.Time)
		}
		d.Timed = false
	}
	if !slices.ContainsFunc(slots, func(o seats.OpenSlot) bool { return o.Free >= d.Need() }) { // gone since it was shown
		d.Instead = nil
		found, err := seats.DaysFor(c, d, seats.Heard{Date: dates.Dates{Day: d.Day}, Party: v.Party})
		if err != nil {
			return nil, err
		}
		say := found.Say
		found.Say = ""
		d.Instead = map[string]form.Found{"days": found}
		return &form.Problem{Text: say}, nil
	}
	return nil, recheck(c, s, d)
}

// hourAnswered takes an hour, another day, or the waiting list.
func hourAnswered(c *dialog.Turn, s *form.Session, d *seats.Draft) (*form.Problem, error) {
	v := seats.ReadPick(s.Get("hour"))
	if v.Party != "" {
		s.Set("party", v.Party)
	}
	switch {
	case v.Stay:
		s.Set("stop", "stay")
		return nil, nil
	case v.Wait:
		s.Clear("hour")
		return nil, waitFor(c, s, v)
	case v.Other:
		s.Clear("hour")
		s.Clear("day")
		return nil, nil
	case v.Day != 0:
		s.Set("day", v.Day.String())
		s.Clear("hour")
	}
	if v.Hour != "" {
		s.Set("hour", v.Hour)
	}
	d.Read(s)
	return nil, recheck(c, s, d)
}

// waitFor notes the wish to wait; it is carried out once it is known for how
// many.
func waitFor(c *dialog.Turn, s *form.Session, v seats.Pick) error {
	s.Set("wait", seats.Pick{Wait: true, Day: v.Day, After: v.After}.String())
	if s.Get("couple") == "yes" && s.Get("party") == "" {
		return nil
	}
	s.Set("stop", "wait")
	return nil
}

// recheck asks anew for what cannot be had: an hour that is full or has one seat
// for two, or a day that has no such hour.
func recheck(c *dialog.Turn, s *form.Session, d *seats.Draft) error {
	d.Read(s)
	if d.Day == 0 {
		return nil
	}
	slots, err := seats.SlotsOn(c, d, d.Day)
	if err != nil {
		return err
	}
	fits := func(o seats.OpenSlot) bool { return o.Free >= d.Need() }
	if !slices.ContainsFunc(slots, fits) {
		found, err := seats.DaysFor(c, d, seats.Heard{Date: dates.Dates{Day: d.Day}})
		if err != nil {
			return err
		}
		d.Instead = map[string]form.Found{"days": found}
		s.Clear("day")
		s.Clear("hour")
		return nil
	}
	hour := s.Get("hour")
	if hour == "" {
		return nil
	}
	i := slices.IndexFunc(slots, func(o seats.OpenSlot) bool { return o.Time == hour })
	if i >= 0 && fits(slots[i]) {
		return nil
	}
	s.Clear("hour")
	d.Instead = map[string]form.Found{"hours": seats.HoursList(c, d, slots, seats.WhyNot(slots, i, hour))}
	return nil
}

// bookEnded answers a booking that ended without one.
func bookEnded(c *dialog.Turn, f *dialog.Flow, s *form.Session, why string) (dialog.Reply, error) {
	switch why {
	case "wait":
		if id := s.Get("moving"); id != "" {
			return leaveToWait(c, id, seats.ReadPick(s.Get("day")).Day)
		}
		return joinList(c, f, s)
	case "stay":
		return dialog.Reply{Text: saySeatStays}, nil
	case "has":
		return hasBooked(c, s.Get("resident"), s.Get("service"))
	case "otherwise":
		site, err := townconfig.Current(c.Tx)
		if err != nil {
			return dialog.Reply{}, err
		}
		i, _ := strconv.Atoi(s.Get("asked"))
		if qs := questionsOf(site, s.Get("service")); i < len(qs) && qs[i].Otherwise != "" {
			return dialog.Reply{Text: qs[i].Otherwise}, nil
		}
		return dialog.Reply{Text: sayOtherwise}, nil
	}
	return subject.Ended(c, f, s, why)
}
