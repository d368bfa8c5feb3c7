package exports

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"xintiexin/bot/workbook"
	"xintiexin/bot/workbook/imports"
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
type values map[string]workbook.Cell

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
	return values{"village": workbook.Words(e.names[r.Village]), "village_code": workbook.Words(r.Village), "group": workbook.Words(r.Group), "name": workbook.Words(r.Name), "tail": workbook.Words(r.Tail())}
}

func (v values) with(more values) values {
	maps.Copy(v, more)
	return v
}

// own are the answers to questions that the town added.
func (e *exporter) own(what string, answers map[string]string) values {
	out := values{}
	for _, name := range e.added[what] {
		out[site.Added+name] = workbook.Words(answers[name])
	}
	return out
}

func (e *exporter) visitsTo(tx *record.Tx, r personstore.Resident) ([]line, error) {
	all, err := visits.VisitsTo(tx, r, e.filter.From, e.filter.To)
	var out []line
	for _, o := range all {
		v := e.place(r).with(values{"day": workbook.OnDay(o.Day), "way": workbook.Words(o.Way), "kind": workbook.Words(o.Kind), "finding": workbook.Words(o.Finding),
			"need": workbook.Words(o.Need), "next": workbook.OnDay(o.Next), "by": workbook.Words(e.by(o.By)), "at": {At: o.At}})
		rest := maps.Clone(o.Extra)
		for _, name := range e.added[Visits] {
			delete(rest, name)
		}
		v.with(e.own(Visits, o.Extra))["extra"] = workbook.Words(extra(rest))
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
			"place": workbook.Words(o.Place), "since": workbook.OnDay(o.Since), "expected": workbook.DayOr(o.ExpectedDay, o.Expected), "back": workbook.OnDay(o.Back),
			"leaving": workbook.DayOr(o.LeavingDay, o.Leaving), "state": workbook.Words(state), "by": workbook.Words(e.by(o.By)), "at": {At: o.At}}).with(e.own(Away, o.Extra))})
	}
	return out, err
}

// bookingsOf reads what a person booked. Of who hides from her village a table does
// not say where she lives: a village may see it.
func (e *exporter) bookingsOf(tx *record.Tx, r personstore.Resident) ([]line, error) {
	all, err := bookings.BookingsOf(tx, r, e.filter.From, e.filter.To)
	var out []line
	for _, o := range all {
		v := values{"name": workbook.Words(r.Name)}
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
			"day": workbook.OnDay(o.Day), "time": workbook.Words(o.Time), "service": workbook.Words(cmp.Or(e.services[o.Service], o.Service)), "booking": workbook.Words(o.Number),
			"seats": workbook.Words(strconv.Itoa(o.Seats)), "state": workbook.Words(state), "booked": workbook.OnDay(calendar.DayOf(time.Unix(o.Booked, 0)))})})
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
			"schedule": workbook.Words(o.Row.Title), "step": workbook.Words(cmp.Or(o.Row.Label, o.Name)), "opens": workbook.OnDay(o.Opens), "day": workbook.OnDay(careplans.Day(o.Step)), "closes": workbook.OnDay(o.Closes),
			"who": workbook.Words(o.Row.Who), "state": workbook.Words(state), "closed": workbook.OnDay(o.ClosedOn)}})
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
		"house": workbook.Words(r.House), "phone": workbook.Words(r.Phone), "visits_since": given(visits), "away_since": given(away), "contact": workbook.Words(e.by(contact))}).with(e.own(Residents, r.Extra))}}, err
}

func given(c consent.Consent) workbook.Cell {
	if !c.Given() {
		return workbook.Cell{}
	}
	return workbook.OnDay(calendar.DayOf(time.Unix(c.At, 0)))
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
	number := func(s string) int { return imports.GroupNumber(strings.TrimSuffix(s, "组")) }
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
