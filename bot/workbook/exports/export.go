package exports

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"xintiexin/bot/workbook"
	"xintiexin/flows/site"
	"xintiexin/flows/townform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/changes"
	"xintiexin/storage/consent"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// What tables are made of, and those that come with the program.
const (
	Visits    = "visits"
	Away      = "away"
	Bookings  = "bookings"
	Plans     = "plans"
	Residents = "residents"
)

// Why a table cannot be taken; ask with errors.Is. Another that was begun meanwhile
// is storage.ErrChanged.
var (
	ErrWhat       = errors.New("office: nothing of that name to export")
	ErrNumbers    = errors.New("office: the table has no column of numbers, so that only the whole of it can be taken")
	ErrFirst      = errors.New("office: the whole of the table was never taken")
	ErrOtherShape = errors.New("office: the table has other columns than when it was taken: take the whole of it first")
	ErrNoLast     = errors.New("office: the last time it was not what changed that was taken")
)

// Filter narrows an export. Zero fields do not matter.
type Filter struct {
	From, To calendar.Day // records of these days; cards of people away on one of them
	Villages []string     // ids; none is all
	TempDir  string       // where to keep large sheets meanwhile; "" is the system's folder
}

// Order is what is wanted of some tables.
type Order struct {
	Tables  []string // by id or by what they are called
	Changed bool     // only the lines that changed since they were taken last
	Again   bool     // the same as the last time, which did not arrive; with Changed
	By      string   // cadre id, "" from the command line
	Now     time.Time
	Filter
}

// exportPage is how many pairs one View of an export reads at most, about, and
// linePage how many lines one Update numbers.
const (
	exportPage = 1000
	linePage   = 200
)

// Taking is a workbook that is ready to be taken, before a byte of it is sent. Close
// it; it counts as taken after Done.
type Taking struct {
	Tables []Taken
	People []string // ids of those whose records stand in it

	e      *exporter
	order  Order
	book   *workbook.Book
	remove func() error
	took   []changes.ExportSequence
}

// Taken is one table of a Taking.
type Taken struct {
	ID, Title string
	Rows      int
}

// Rows is how many lines all tables have.
func (t *Taking) Rows() (n int) {
	for _, x := range t.Tables {
		n += x.Rows
	}
	return n
}

// Export writes tables as a workbook and returns how many lines there are: Prepare,
// Write and Done, with a line in the audit.
func Export(ctx context.Context, store *record.Store, w io.Writer, o Order) (rows int, err error) {
	t, err := Prepare(ctx, store, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := store.Update(ctx, t.Note); err != nil {
		return 0, fmt.Errorf("note export: %w", err)
	}
	if err := t.Write(w); err != nil {
		return 0, err
	}
	return t.Rows(), t.Done(ctx)
}

// Prepare reads the tables, village by village in the order in which the town reads
// them, into sheets of a temporary folder: nobody who reads slowly holds up the store.
// Only people who agreed to the matching record are in them (site.Source), in one for
// another institution those who agreed to C6 besides, and directory lines in none.
func Prepare(ctx context.Context, store *record.Store, o Order) (*Taking, error) {
	t := &Taking{order: o, e: &exporter{ctx: ctx, store: store, filter: o.Filter}}
	tables, err := t.tables()
	if err != nil {
		return nil, err
	}
	dir, remove, err := workbook.WorkDir(o.TempDir)
	if err != nil {
		return nil, err
	}
	t.remove = remove
	if t.book, err = workbook.NewBook(dir); err == nil {
		err = t.e.load()
	}
	people := map[string]bool{}
	for _, table := range tables {
		if err == nil {
			if err = t.table(table, people); err != nil {
				err = fmt.Errorf("export %s: %w", table.ID, err)
			}
		}
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	for id := range people {
		t.People = append(t.People, id)
	}
	slices.Sort(t.People)
	return t, nil
}

// tables are those that are wanted; ErrWhat for one that there is not.
func (t *Taking) tables() (out []site.Table, err error) {
	err = t.e.store.View(t.e.ctx, func(tx *record.Tx) error {
		out = nil
		s, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		all := site.HandedOn(s)
		for _, name := range t.order.Tables {
			i := slices.IndexFunc(all, func(x site.Table) bool { return x.ID == name || x.Title == name })
			if i < 0 {
				return fmt.Errorf("export %q: %w", name, ErrWhat)
			}
			if !slices.ContainsFunc(out, func(x site.Table) bool { return x.ID == all[i].ID }) {
				out = append(out, all[i])
			}
		}
		if len(out) == 0 {
			return ErrWhat
		}
		return nil
	})
	return out, err
}

// table writes one table.
func (t *Taking) table(table site.Table, people map[string]bool) error {
	e := *t.e
	columns := columnsOf(table, e.added[table.Source.Name], t.order.Changed)
	if t.order.Changed && !table.Numbered() {
		return ErrNumbers
	}
	h, err := e.take(table, t.order)
	if err != nil {
		return err
	}
	t.took = append(t.took, h)
	var titles []workbook.Title
	for _, c := range columns {
		titles = append(titles, workbook.Title{Name: c.Header, Width: float64(cmp.Or(c.Width, 12))})
	}
	if err := t.book.Begin(table.Title, titles); err != nil {
		return err
	}
	put := func(rows []line) error {
		rows, err := e.number(h, table, columns, rows, t.order.Changed)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := t.book.Add(cellsOf(table, columns, r)...); err != nil {
				return err
			}
			if r.values != nil {
				people[r.resident.ID] = true
			}
		}
		return nil
	}
	if t.order.Changed {
		err = e.changed(table, h, t.order.Now, put)
	} else {
		err = e.whole(table, put)
	}
	t.Tables = append(t.Tables, Taken{table.ID, table.Title, t.book.Total})
	return err
}

// Note puts a line of it into the audit: by whom, when, which tables. It is called
// before a byte is sent.
func (t *Taking) Note(tx *record.Tx) error {
	return personstore.AddAudit(tx, t.audit(personstore.TablesSent))
}

func (t *Taking) audit(what string) personstore.Audit {
	a := personstore.Audit{At: t.order.Now.Unix(), What: what, By: t.order.By, Taking: fmt.Sprint(t.took[0].Table, ".", t.took[0].Open), Counts: map[string]int{"people": len(t.People)}}
	for _, x := range t.Tables {
		a.Tables = append(a.Tables, x.Title)
		a.Counts[x.Title] = x.Rows
	}
	if t.order.Changed {
		a.Counts["changed"] = 1
	}
	return a
}

// Write sends the workbook.
func (t *Taking) Write(w io.Writer) error {
	if err := t.book.Write(w); err != nil {
		return fmt.Errorf("send tables: %w", err)
	}
	return nil
}

// Done says that it was taken: what it gave counts as given.
func (t *Taking) Done(ctx context.Context) error {
	return t.e.store.Update(ctx, func(tx *record.Tx) error {
		for _, h := range t.took {
			h.Since, h.By, h.Changed = t.order.Now.Unix(), t.order.By, t.order.Changed
			if err := changes.CommitBatch(tx, h); err != nil {
				return fmt.Errorf("table %s: %w", h.Table, err)
			}
		}
		return personstore.AddAudit(tx, t.audit(personstore.TablesTaken))
	})
}

// Close takes the temporary files away.
func (t *Taking) Close() error {
	if t.book != nil {
		t.book.Close()
	}
	return t.remove()
}

// take begins a taking of a table.
func (e *exporter) take(table site.Table, o Order) (h changes.ExportSequence, err error) {
	shape := shapeOf(table)
	err = e.store.Update(e.ctx, func(tx *record.Tx) error {
		if h, err = changes.LoadSequence(tx, table.ID); err != nil {
			return err
		}
		switch {
		case o.Changed && h.Took == 0:
			return ErrFirst
		case o.Changed && h.Shape != shape:
			return ErrOtherShape
		case o.Again && (!h.Changed || h.Before == nil):
			return ErrNoLast
		}
		begin := func(a0 string) (changes.ExportSequence, error) { return changes.BeginBatch(tx, a0) }
		if o.Again {
			begin = func(a0 string) (changes.ExportSequence, error) { return changes.RetryBatch(tx, a0) }
		}
		if h, err = begin(table.ID); err != nil {
			return err
		}
		seq, err := tx.ChangeNumber()
		if o.Changed {
			h.Seq = seq
		} else if h.Took == 0 || o.From < h.From {
			h.From = o.From
		}
		h.Shape = shape
		return err
	})
	return h, err
}

// shapeOf is a hash of the columns of a table.
func shapeOf(table site.Table) string {
	return hash(fmt.Sprint(table.Source.Name, table.To, table.Columns))
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawStdEncoding.EncodeToString(sum[:9])
}

// feeding are the built-in forms whose answers stand in what is exported.
var feeding = map[string][]string{Visits: {"visit"}, Away: {"away", "back", "leave"}, Bookings: {"appointment", "bookfor", "rebook"}, Residents: {"register"}}

// exporter goes through the villages, a page in a View.
type exporter struct {
	ctx      context.Context
	store    *record.Store
	filter   Filter
	villages []personstore.Village
	names    map[string]string   // of villages, by id
	cadres   map[string]string   // names by id
	services map[string]string   // labels by id
	added    map[string][]string // questions that the town's own workbooks add, by what is exported
}

func (e *exporter) load() error {
	return e.store.View(e.ctx, func(tx *record.Tx) error {
		all, err := personstore.Villages(tx)
		if err != nil {
			return err
		}
		into := map[string]string{}
		e.names, e.cadres, e.services = map[string]string{}, map[string]string{}, map[string]string{}
		for _, v := range all {
			into[v.ID], e.names[v.ID] = v.MergedInto, v.Name
		}
		e.villages = slices.DeleteFunc(all, func(v personstore.Village) bool { return !e.wants(v.ID, into) })
		cadres, err := personstore.AllStaff(tx)
		if err != nil {
			return err
		}
		for _, c := range cadres {
			e.cadres[c.ID] = c.Name
		}
		s, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		for _, v := range s.Services {
			e.services[v.ID] = v.Label
		}
		e.added = map[string][]string{}
		for what, forms := range feeding {
			if e.added[what], err = townform.AddedQuestions(tx, forms...); err != nil {
				return err
			}
		}
		return nil
	})
}

// wants reports whether a village is asked for, or was merged into one that is.
func (e *exporter) wants(id string, into map[string]string) bool {
	for range len(into) {
		if len(e.filter.Villages) == 0 || slices.Contains(e.filter.Villages, id) {
			return true
		}
		if id = into[id]; id == "" {
			break
		}
	}
	return false
}

// by is the name of a cadre, or her id when she is not there any more.
func (e *exporter) by(id string) string { return cmp.Or(e.cadres[id], id) }

// collect reads all pages.
func collect[T any](e *exporter, page func(*record.Tx, record.Page) ([]T, record.Page, error)) ([]T, error) {
	var out []T
	for at := (record.Page{}); !at.Done; {
		var more []T
		var next record.Page
		err := e.store.View(e.ctx, func(tx *record.Tx) (err error) {
			more, next, err = page(tx, at)
			return err
		})
		if err != nil {
			return nil, err
		}
		out, at = append(out, more...), next
	}
	return out, nil
}

// homeless reports whether a table has people who live in no village, too: those who
// signed up themselves. Its lines stand by their days, which say nothing of villages.
func homeless(table site.Table) bool {
	return table.Source.Name == Bookings || table.Source.Name == Plans
}

// whole reads every line of the days that are asked for.
func (e *exporter) whole(table site.Table, put func([]line) error) error {
	var all []line
	villages := e.villages
	if homeless(table) && len(e.filter.Villages) == 0 {
		villages = append(slices.Clone(villages), personstore.Village{})
	}
	for _, v := range villages {
		rows, err := collect(e, func(tx *record.Tx, p record.Page) ([]line, record.Page, error) {
			var out []line
			next, err := personstore.EachPerson(tx, v.ID, p, exportPage, func(r personstore.Resident) (int, error) {
				rows, err := e.in(tx, table, r)
				out = append(out, slices.DeleteFunc(rows, func(r line) bool { return !e.filter.within(r) })...)
				return 4 + 2*len(rows), err
			})
			return out, next, err
		})
		if err != nil {
			return fmt.Errorf("village %s: %w", v.ID, err)
		}
		if homeless(table) {
			all = append(all, rows...)
			continue
		}
		sorted(table.Source.Name, rows)
		if err := put(rows); err != nil {
			return err
		}
	}
	sorted(table.Source.Name, all)
	return put(all)
}

// in reads the lines that a table has of one person; one for another institution has
// only who agreed to that.
func (e *exporter) in(tx *record.Tx, table site.Table, r personstore.Resident) ([]line, error) {
	if r.Village == "" && !homeless(table) {
		return nil, nil
	}
	if table.To != "" {
		if ok, err := consent.Agrees(tx, r.ID, purpose.ThirdPartySharing); err != nil || !ok {
			return nil, err
		}
	}
	return e.of(tx, table.Source.Name, r)
}

// changed reads the lines of everybody who changed since the table was taken last,
// those that are there no more too, and behind them the numbers of those that went
// with people who had themselves deleted.
func (e *exporter) changed(table site.Table, h changes.ExportSequence, now time.Time, put func([]line) error) error {
	e.filter.From, e.filter.To = 0, 0 // a line may have moved to another day
	today := calendar.DayOf(now)
	who, err := e.touched(h)
	if err != nil {
		return err
	}
	rows, err := collect(e, func(tx *record.Tx, p record.Page) ([]line, record.Page, error) {
		return e.someChanged(tx, table, h, today, who, p)
	})
	if err != nil {
		return err
	}
	sorted(table.Source.Name, rows)
	if err := put(rows); err != nil {
		return err
	}
	var numbers []int
	err = e.store.Update(e.ctx, func(tx *record.Tx) (err error) {
		numbers, err = changes.Withdrawn(tx, h)
		return err
	})
	if err != nil {
		return err
	}
	var gone []line
	for _, n := range numbers {
		gone = append(gone, line{noted: changes.Row{No: n, Change: changes.Withdrew}})
	}
	return put(gone)
}

// touched are the ids of the people who changed since a table's changes were taken;
// all who ever had a line in one, the first time.
func (e *exporter) touched(h changes.ExportSequence) ([]string, error) {
	var before uint64
	err := e.store.View(e.ctx, func(tx *record.Tx) error {
		now, err := changes.LoadSequence(tx, h.Table)
		before = now.Seq
		return err
	})
	if err != nil {
		return nil, err
	}
	return collect(e, func(tx *record.Tx, p record.Page) ([]string, record.Page, error) {
		return changes.Changed(tx, before, p, exportPage)
	})
}

// someChanged reads the lines of some of the people; Page.After counts them.
func (e *exporter) someChanged(tx *record.Tx, table site.Table, h changes.ExportSequence, today calendar.Day, who []string, p record.Page) (out []line, next record.Page, err error) {
	from := 0
	fmt.Sscan(p.After, &from)
	read := 0
	for i := from; i < len(who); i++ {
		if read >= exportPage {
			return out, record.Page{After: fmt.Sprint(i)}, nil
		}
		rows, err := e.linesOf(tx, table, h, today, who[i])
		if err != nil {
			return nil, p, err
		}
		out, read = append(out, rows...), read+6+3*len(rows)
	}
	return out, record.Page{Done: true}, nil
}

// linesOf are the lines that a person has in a table, and those that she had.
func (e *exporter) linesOf(tx *record.Tx, table site.Table, h changes.ExportSequence, today calendar.Day, id string) ([]line, error) {
	var rows []line
	r, err := personstore.LoadResident(tx, id)
	if err == nil {
		rows, err = e.in(tx, table, r)
	} else if errors.Is(err, record.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	had, err := changes.ExportedOf(tx, id, table.ID)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r line) bool { // never given, and of days that the table is not about, or not yet
		return !slices.Contains(had, r.record) && (r.later && r.day > today || r.day != 0 && !(Filter{From: h.From}).within(r))
	})
	for _, record := range had {
		if !slices.ContainsFunc(rows, func(r line) bool { return r.record == record }) {
			rows = append(rows, line{resident: personstore.Resident{ID: id}, record: record})
		}
	}
	return rows, nil
}

// number gives the lines their numbers, and leaves out, where only changes are wanted,
// those that are the same.
func (e *exporter) number(h changes.ExportSequence, table site.Table, columns []townconfig.TableColumn, rows []line, changed bool) ([]line, error) {
	if !table.Numbered() {
		return rows, nil
	}
	for some := range slices.Chunk(rows, linePage) {
		var lines []changes.Row
		for _, r := range some {
			l := changes.Row{Resident: r.resident.ID, Record: r.record, No: r.noted.No, Change: r.noted.Change}
			if r.values != nil {
				l.Hash = contents(table, columns, r)
			}
			lines = append(lines, l)
		}
		if some[0].record == "" { // of people who are gone
			continue
		}
		err := e.store.Update(e.ctx, func(tx *record.Tx) error {
			noted, err := changes.NumberRows(tx, h, lines)
			for i := range noted {
				some[i].noted = noted[i]
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if !changed {
		return rows, nil
	}
	rows = slices.DeleteFunc(rows, func(r line) bool { return r.noted.Change == changes.Same })
	slices.SortStableFunc(rows, func(a, b line) int { // what is withdrawn comes last
		return cmp.Compare(btoi(a.values == nil), btoi(b.values == nil))
	})
	return rows, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
