package office

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"xintiexin/flows/site"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/changes"
	"xintiexin/storage/consent"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// line is a line of a table before its columns are known: a record of a person who
// agreed to it.
type line struct {
	resident personstore.Resident
	record   string // its id
	day      calendar.Day
	until    calendar.Day // of an away card, which counts for all days from day; 0 is day alone
	later    bool         // it is open and something will be written of it yet
	order    string       // behind day and place
	values   values

	noted changes.Row // its number, and what became of it
}

// values are what the fields of a row say, by name; those that hold a code of the
// record are shown as each table wants.
type values map[string]cell

// of reads the records of one person, of which a table has lines.
func (e *exporter) of(tx *record.Tx, source string, r personstore.Resident) (rows []line, err error) {
	switch source {
	case Visits:
		rows, err = e.visitsTo(tx, r)
	case Away:
		rows, err = e.awayOf(tx, r)
	case Bookings:
		rows, err = e.bookingsOf(tx, r)
	case Plans:
		rows, err = e.stepsOf(tx, r)
	case Residents:
		rows, err = e.agreed(tx, r)
	}
	for i := range rows {
		rows[i].resident = r
	}
	return rows, err
}

// place says where a person lives, and which of the people of her name she is.
func (e *exporter) place(r personstore.Resident) values {
	return values{"village": words(e.names[r.Village]), "village_code": words(r.Village), "group": words(r.Group), "name": words(r.Name), "tail": words(r.Tail())}
}

func (v values) with(more values) values {
	maps.Copy(v, more)
	return v
}

// own are the answers to questions that the town added.
func (e *exporter) own(what string, answers map[string]string) values {
	out := values{}
	for _, name := range e.added[what] {
		out[site.Added+name] = words(answers[name])
	}
	return out
}

func (e *exporter) visitsTo(tx *record.Tx, r personstore.Resident) ([]line, error) {
	all, err := visits.VisitsTo(tx, r, e.filter.From, e.filter.To)
	var out []line
	for _, o := range all {
		v := e.place(r).with(values{"day": onDay(o.Day), "way": words(o.Way), "kind": words(o.Kind), "finding": words(o.Finding),
			"need": words(o.Need), "next": onDay(o.Next), "by": words(e.by(o.By)), "at": {at: o.At}})
		rest := maps.Clone(o.Extra)
		for _, name := range e.added[Visits] {
			delete(rest, name)
		}
		v.with(e.own(Visits, o.Extra))["extra"] = words(extra(rest))
		out = append(out, line{record: o.ID, day: o.Day, order: o.ID, values: v})
	}
	return out, err
}

func (e *exporter) awayOf(tx *record.Tx, r personstore.Resident) ([]line, error) {
	all, err := migration.AwayOf(tx, r)
	var out []line
	for _, o := range all {
		state := "away"
		switch {
		case o.Back != 0:
			state = "back"
		case o.Kind != "":
			state = "here"
		}
		until := o.Back
		if until == 0 {
			until = 1<<31 - 1
		}
		out = append(out, line{record: o.ID, day: o.Since, until: until, order: o.ID, values: e.place(r).with(values{
			"place": words(o.Place), "since": onDay(o.Since), "expected": dayOr(o.ExpectedDay, o.Expected), "back": onDay(o.Back),
			"leaving": dayOr(o.LeavingDay, o.Leaving), "state": words(state), "by": words(e.by(o.By)), "at": {at: o.At}}).with(e.own(Away, o.Extra))})
	}
	return out, err
}

// bookingsOf reads what a person booked. Of who hides from her village a table does
// not say where she lives: a village may see it.
func (e *exporter) bookingsOf(tx *record.Tx, r personstore.Resident) ([]line, error) {
	all, err := bookings.BookingsOf(tx, r, e.filter.From, e.filter.To)
	var out []line
	for _, o := range all {
		v := values{"name": words(r.Name)}
		if r.Shown {
			v = e.place(r)
		}
		if o.Resident == r.ID { // who booked was asked
			v.with(e.own(Bookings, o.Extra))
		}
		state := "other"
		switch o.State {
		case bookings.Expected:
			state = "open"
		case bookings.Came:
			state = "came"
		}
		out = append(out, line{record: o.ID, day: o.Day, later: state == "open", order: o.Time + o.Number + o.ID, values: v.with(values{
			"day": onDay(o.Day), "time": words(o.Time), "service": words(cmp.Or(e.services[o.Service], o.Service)), "booking": words(o.Number),
			"seats": words(strconv.Itoa(o.Seats)), "state": words(state), "booked": onDay(calendar.DayOf(time.Unix(o.Booked, 0)))})})
	}
	return out, err
}

// stepsOf reads what came due of a person's care plans. Whose they are only the clinic
// sees (C2): no line says it.
func (e *exporter) stepsOf(tx *record.Tx, r personstore.Resident) ([]line, error) {
	all, err := careplans.StepsOf(tx, r)
	var out []line
	for _, o := range all {
		state := "other"
		switch o.Closed {
		case "":
			state = "open"
		case "done":
			state = "done"
		}
		out = append(out, line{record: o.Record, day: careplans.Day(o.Step), later: state == "open", order: o.Record, values: values{
			"schedule": words(o.Row.Title), "step": words(cmp.Or(o.Row.Label, o.Name)), "opens": onDay(o.Opens), "day": onDay(careplans.Day(o.Step)), "closes": onDay(o.Closes),
			"who": words(o.Row.Who), "state": words(state), "closed": onDay(o.ClosedOn)}})
	}
	return out, err
}

// agreed is a person who agreed to visits or to the away card being kept.
func (e *exporter) agreed(tx *record.Tx, r personstore.Resident) ([]line, error) {
	visits, err := consent.Load(tx, r.ID, purpose.VisitRecord)
	if err != nil {
		return nil, err
	}
	away, err := consent.Load(tx, r.ID, purpose.Migration)
	if err != nil || !visits.Given() && !away.Given() {
		return nil, err
	}
	contact, _, err := personstore.ContactOf(tx, r)
	return []line{{record: r.ID, order: r.ID, values: e.place(r).with(values{
		"house": words(r.House), "phone": words(r.Phone), "visits_since": given(visits), "away_since": given(away), "contact": words(e.by(contact))}).with(e.own(Residents, r.Extra))}}, err
}

func given(c consent.Consent) cell {
	if !c.Given() {
		return cell{}
	}
	return onDay(calendar.DayOf(time.Unix(c.At, 0)))
}

// within reports whether a row belongs to the days that are asked for.
func (f Filter) within(r line) bool {
	if r.day == 0 && r.until == 0 { // of no day
		return true
	}
	return r.day >= f.From && (f.To == 0 || r.day <= f.To) || r.until != 0 && (f.To == 0 || r.day <= f.To) && r.until >= f.From
}

// sorted puts rows in the order in which the town reads them.
func sorted(source string, rows []line) {
	slices.SortFunc(rows, func(a, b line) int {
		day, place := cmp.Compare(a.day, b.day), byPlace(a.resident, b.resident)
		village := cmp.Compare(a.resident.Village, b.resident.Village)
		switch source {
		case Visits:
			return cmp.Or(village, day, place, cmp.Compare(a.order, b.order))
		case Away, Residents:
			return cmp.Or(village, place, day, cmp.Compare(a.order, b.order))
		}
		return cmp.Or(day, cmp.Compare(a.order, b.order), cmp.Compare(a.resident.ID, b.resident.ID)) // that says nothing of where anybody lives
	})
}

// byPlace orders people as the village counts: group, plate, name.
func byPlace(a, b personstore.Resident) int {
	number := func(s string) int { return groupNumber(strings.TrimSuffix(s, "组")) }
	return cmp.Or(cmp.Compare(number(a.Group), number(b.Group)), cmp.Compare(a.Group, b.Group),
		cmp.Compare(plateNumber(a.House), plateNumber(b.House)), cmp.Compare(a.House, b.House), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

// plateNumber is the first number in a plate: 12 of "12号楼3".
func plateNumber(s string) int {
	n, seen := 0, false
	for _, r := range s {
		if r < '0' || r > '9' {
			if seen {
				break
			}
			continue
		}
		if seen = true; n < 1e8 {
			n = n*10 + int(r-'0')
		}
	}
	return n
}

func extra(answers map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(answers)) {
		out = append(out, k+"："+answers[k])
	}
	return strings.Join(out, "；")
}

// clock shows an instant as the clocks of the village did.
func clock(at int64) string {
	if at == 0 {
		return ""
	}
	return time.Unix(at, 0).In(calendar.Zone).Format("2006-01-02 15:04")
}
