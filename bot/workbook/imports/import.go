package imports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"time"

	"xintiexin/bot/workbook"
	"xintiexin/storage/calendar"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/ops"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// Ground says where a list comes from, on what ground its people may be kept,
// and who hands it in.
type Ground struct {
	From, Ground, By string

	Partial bool   // apply the rows that are right and leave out the others
	TempDir string // where to unpack large files; "" is the system's folder
}

// Pages of an import. A page of writes takes a few milliseconds, and messages
// that wait meanwhile are written with it or right after.
const (
	ReadPage  = 500
	writePage = 100
)

// Import reads a list and returns what is wrong with it and what it adds and
// changes; a file that cannot be read at all is a report with one line. With
// apply it is written too, if nothing is wrong with it or g.Partial is set: page
// by page, so that an import that was stopped goes on when it is run again, and
// one that is run twice changes nothing the second time. It returns ErrSource
// when it shall apply a list without source or ground.
//
// A resident is the one stored with the same village, name and phone, else with
// the same village, group, house and name. An empty cell takes nothing away, and
// whom the list does not name stays as she is.
func Import(ctx context.Context, store *record.Store, file io.Reader, g Ground, apply bool, now time.Time) (report Report, err error) {
	if apply && (g.From == "" || g.Ground == "") {
		return Report{}, ErrSource
	}
	data, err := readAll(file)
	if err != nil {
		return Report{}, fmt.Errorf("read list: %w", err)
	}
	dir, remove, err := workbook.WorkDir(g.TempDir)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	l, why, err := Read(ctx, data, dir, maxRows)
	if err != nil {
		return Report{}, fmt.Errorf("read list: %w", err)
	}
	if why != "" {
		return refused(why), nil
	}
	c, err := check(ctx, store, l, g.By)
	if err != nil {
		return Report{}, err
	}
	w := &writer{store: store, plan: c.plan, report: c.Report}
	if err := w.run(ctx); err != nil {
		return w.report, fmt.Errorf("compare list: %w", err)
	}
	if !apply || len(c.Report.Mistakes) > 0 && !g.Partial {
		return w.report, nil
	}
	if w.report.Changes() > 0 {
		sum := sha256.Sum256(data)
		source := ops.Source{ID: record.ID("source", hex.EncodeToString(sum[:]), g.From, g.Ground),
			From: g.From, Ground: g.Ground, By: g.By, At: now.Unix(), Rows: len(c.Residents)}
		w = &writer{store: store, plan: c.plan, report: c.Report, apply: true, source: source, today: calendar.DayOf(now)}
		if err := store.Update(ctx, func(tx *record.Tx) error { return ops.PutSource(tx, source) }); err != nil {
			return w.report, fmt.Errorf("apply list: %w", err)
		}
		if err := w.run(ctx); err != nil {
			return w.report, fmt.Errorf("apply list: %w", err)
		}
	}
	w.report.Applied = true
	return w.report, nil
}

// writer carries a plan out, or only counts what it would do.
type writer struct {
	store  *record.Store
	plan   plan
	report Report
	apply  bool
	source ops.Source
	today  calendar.Day
}

// run goes through the plan: cadres before the groups that name them, houses
// before the people in them.
func (w *writer) run(ctx context.Context) error {
	err := pages(ctx, w, w.plan.cadres, &w.report.Cadres, func(tx *record.Tx, d *CadreDraft) (outcome, error) {
		if d.Before.ID != "" && reflect.DeepEqual(d.Before, d.After) {
			return unchanged, nil
		}
		return written(d.Before.ID != ""), w.do(func() error { return PutCadre(tx, d) })
	})
	if err != nil {
		return err
	}
	err = pages(ctx, w, w.plan.villages, &w.report.Villages, func(tx *record.Tx, d *villageDraft) (outcome, error) {
		if d.before.ID != "" && reflect.DeepEqual(d.before, d.after) {
			return unchanged, nil
		}
		return written(d.before.ID != ""), w.do(func() error { return personstore.PutVillage(tx, d.after) })
	})
	if err != nil {
		return err
	}
	err = pages(ctx, w, w.plan.households, &w.report.Households, w.household)
	if err != nil {
		return err
	}
	for rest := w.plan.Residents; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Village == rest[0].Village {
			n++
		}
		if err := w.village(ctx, rest[:n]); err != nil {
			return fmt.Errorf("village %s: %w", rest[0].Village, err)
		}
		rest = rest[n:]
	}
	return nil
}

// outcome is what became, or would become, of one row.
type outcome uint8

const (
	unchanged outcome = iota
	added
	changed
	gone
)

func written(existed bool) outcome {
	if existed {
		return changed
	}
	return added
}

// do writes, unless only counting is wanted.
func (w *writer) do(write func() error) error {
	if !w.apply {
		return nil
	}
	return write()
}

// pages runs one over all drafts, a page in a transaction, and counts what came
// of them.
func pages[T any](ctx context.Context, w *writer, all []T, count *Count, one func(*record.Tx, T) (outcome, error)) error {
	transaction, size := w.store.View, ReadPage
	if w.apply {
		transaction, size = w.store.Update, writePage
	}
	for ; len(all) > 0; all = all[min(len(all), size):] {
		var n [gone + 1]int
		err := transaction(ctx, func(tx *record.Tx) error {
			n = [gone + 1]int{}
			for _, d := range all[:min(len(all), size)] {
				o, err := one(tx, d)
				if err != nil {
					return err
				}
				n[o]++
			}
			return nil
		})
		if err != nil {
			return err
		}
		count.Added, count.Changed, count.Unchanged = count.Added+n[added], count.Changed+n[changed], count.Unchanged+n[unchanged]
		w.report.Gone += n[gone]
	}
	return nil
}

// PutCadre keeps what the list does not know: the WeChat, and whether the morning's
// list is wanted. Who was given a role of the office, or left, since the list was
// read stays so.
func PutCadre(tx *record.Tx, d *CadreDraft) error {
	c := d.After
	if now, err := personstore.LoadStaff(tx, c.ID); err == nil {
		c.OpenID, c.Morning, c.Monthly = now.OpenID, now.Morning, now.Monthly
		if now.Left || !slices.Equal(now.Roles, d.Before.Roles) {
			return nil
		}
	} else if !errors.Is(err, record.ErrNotFound) {
		return err
	}
	return personstore.PutStaff(tx, c)
}

func (w *writer) household(tx *record.Tx, d *householdDraft) (outcome, error) {
	id, old, err := houseAt(tx, d.Village, d.Group, d.House)
	if err != nil {
		return unchanged, err
	}
	h := old
	if old.ID == "" {
		h = personstore.Household{ID: id, Village: d.Village, Group: d.Group, House: d.House}
	}
	set(&h.Contact, d.Contact)
	set(&h.Deputy, d.Deputy)
	set(&h.Landmark, d.Landmark)
	if h == old {
		return unchanged, nil
	}
	return written(old.ID != ""), w.do(func() error { return personstore.PutHousehold(tx, h) })
}

// houseAt returns the household of a plate, or the id that it will have.
func houseAt(tx *record.Tx, village, group, house string) (string, personstore.Household, error) {
	for n := 0; ; n++ {
		id := record.ID("household", village, group, house, fmt.Sprint(n))
		h, err := personstore.LoadHousehold(tx, id)
		if errors.Is(err, record.ErrNotFound) {
			return id, personstore.Household{}, nil
		}
		if err != nil || h.Village == village && h.Group == group && h.House == house {
			return id, h, err
		}
	}
}

// match is a row of a list and the resident that it means; nil for a new one.
type match struct {
	residentDraft
	old *personstore.Resident
}

// village compares the rows of one village with its people.
func (w *writer) village(ctx context.Context, rows []residentDraft) error {
	var people []personstore.Resident
	for page := (record.Page{}); !page.Done; {
		var more []personstore.Resident
		var next record.Page
		err := w.store.View(ctx, func(tx *record.Tx) (err error) {
			more, next, err = personstore.ResidentPage(tx, rows[0].Village, page, ReadPage)
			return err
		})
		if err != nil {
			return err
		}
		people, page = append(people, more...), next
	}
	rows, err := w.standing(ctx, rows, people)
	if err != nil {
		return err
	}
	var open []match
	for _, m := range matched(rows, people) {
		if m.old != nil && m.same(*m.old) {
			w.report.Residents.Unchanged++
			continue
		}
		open = append(open, m)
	}
	return pages(ctx, w, open, &w.report.Residents, w.resident)
}

// standing are the rows without those of lines that were merged or moved: such a row
// would take the line that was kept for its own, and this one's row would come anew.
// Where somebody stands exactly so again, it means her.
func (w *writer) standing(ctx context.Context, rows []residentDraft, people []personstore.Resident) ([]residentDraft, error) {
	type line struct{ name, phone, group, house string }
	there := map[line]bool{}
	for _, p := range people {
		there[line{p.Name, p.Phone, p.Group, p.House}] = true
	}
	var out []residentDraft
	for some := range slices.Chunk(rows, ReadPage) {
		err := w.store.View(ctx, func(tx *record.Tx) error {
			for _, r := range some {
				left, err := erasure.LineLeft(tx, personstore.Resident{Village: r.Village, Name: r.Name, Phone: r.phone, Group: r.group, House: r.house})
				switch {
				case err != nil:
					return err
				case left && !there[line{r.Name, r.phone, r.group, r.house}]:
					w.report.Gone++
				default:
					out = append(out, r)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// matched finds the person whom each row means: by phone first, so that a row
// without one does not take a namesake away.
func matched(rows []residentDraft, people []personstore.Resident) []match {
	byPhone, byHouse := map[[2]string][]*personstore.Resident{}, map[[3]string][]*personstore.Resident{}
	for i := range people {
		p := &people[i]
		if p.Phone != "" {
			byPhone[[2]string{p.Name, p.Phone}] = append(byPhone[[2]string{p.Name, p.Phone}], p)
		}
		byHouse[[3]string{p.Name, p.Group, p.House}] = append(byHouse[[3]string{p.Name, p.Group, p.House}], p)
	}
	taken := map[string]bool{}
	out := make([]match, len(rows))
	take := func(m *match, from []*personstore.Resident, fits func(*personstore.Resident) bool) {
		for _, p := range from {
			if m.old == nil && !taken[p.ID] && fits(p) {
				m.old, taken[p.ID] = p, true
			}
		}
	}
	always := func(*personstore.Resident) bool { return true }
	for i, r := range rows {
		out[i].residentDraft = r
		if r.phone != "" {
			take(&out[i], byPhone[[2]string{r.Name, r.phone}], always)
		}
	}
	for i, r := range rows {
		at := byHouse[[3]string{r.Name, r.group, r.house}]
		take(&out[i], at, func(p *personstore.Resident) bool { return p.Phone == "" })
		if r.house != "" || r.phone == "" { // without a house another phone is another person
			take(&out[i], at, always)
		}
	}
	return out
}

// same reports whether the list says nothing new of a person.
func (d residentDraft) same(r personstore.Resident) bool {
	return (d.phone == "" || d.phone == r.Phone) && (d.group == "" || d.group == r.Group) &&
		(d.house == "" || d.house == r.House && r.Household != "")
}

func (w *writer) resident(tx *record.Tx, m match) (outcome, error) {
	if m.old == nil {
		for _, phone := range []string{m.phone, ""} { // she may have given no phone
			if out, err := erasure.Gone(tx, m.Name, phone, m.Village); err != nil || out {
				return gone, err
			}
		}
		return added, w.do(func() error { return w.add(tx, m.residentDraft) })
	}
	return changed, w.do(func() error { return m.change(tx) })
}

func (w *writer) add(tx *record.Tx, d residentDraft) error {
	r := personstore.Resident{Name: d.Name, Village: d.Village, Group: d.group, House: d.house, Phone: d.phone, Source: w.source.ID, Added: w.today}
	if err := d.home(tx, &r); err != nil {
		return err
	}
	_, err := personstore.AddResident(tx, r, "import/"+d.Village+"/"+d.Name+"/"+d.phone+"/"+d.group+"/"+d.house)
	return err
}

// home puts a person into the household of her plate.
func (d residentDraft) home(tx *record.Tx, r *personstore.Resident) error {
	if r.House == "" {
		return nil
	}
	id, _, err := houseAt(tx, r.Village, r.Group, r.House)
	r.Household = id
	return err
}

// change writes what is new of a person as she stands now: since the lists were
// compared somebody may have written about her.
func (m match) change(tx *record.Tx) error {
	r, err := personstore.LoadResident(tx, m.old.ID)
	if errors.Is(err, record.ErrNotFound) || err == nil && r.Village != m.Village {
		return nil // deleted or moved meanwhile
	}
	if err != nil {
		return err
	}
	if m.group != "" && m.group != r.Group {
		if err := enrolment.MoveResident(tx, r.ID, r.Village, m.group); err != nil {
			return err
		}
		r.Group = m.group
	}
	set(&r.Phone, m.phone)
	if m.house != "" && !(m.house == r.House && r.Household != "") || m.group != "" && m.group != m.old.Group {
		set(&r.House, m.house)
		if err := m.home(tx, &r); err != nil {
			return err
		}
	}
	return personstore.PutResident(tx, r)
}
