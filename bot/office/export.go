package office

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"xintiexin/flows"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

// What can be exported.
const (
	Visits    = "visits"
	Away      = "away"
	Residents = "residents"
)

// ErrWhat is returned by Export for something that is none of the three.
var ErrWhat = errors.New("office: nothing of that name to export")

// Filter narrows an export. Zero fields do not matter.
type Filter struct {
	From, To calendar.Day // visits of these days; cards of people away on one of them
	Villages []string     // ids; none is all
	TempDir  string       // where to keep large sheets meanwhile; "" is the system's folder
}

// exportPage is how many pairs one View of an export reads at most, about.
const exportPage = 1000

// sheetRows is how many rows one sheet takes; Excel's own limit is a little
// above.
const sheetRows = 1_000_000

// Export writes a workbook of visits, away cards or residents, and returns how
// many rows it holds: village by village, sorted as the town reads them. Only
// people who agreed to the matching record are in it (C0 for visits, C3 for
// cards, either for residents), a phone stands in the residents' list alone, and
// directory lines in none. It returns ErrWhat for another what.
func Export(ctx context.Context, store *storage.Store, w io.Writer, what string, f Filter) (rows int, err error) {
	e := exporter{ctx: ctx, store: store, filter: f}
	var titles []title
	var village func(storage.Village) error
	switch what {
	case Visits:
		titles, village = visitTitles, e.visits
	case Away:
		titles, village = awayTitles, e.away
	case Residents:
		titles, village = residentTitles, e.residents
	default:
		return 0, fmt.Errorf("export %q: %w", what, ErrWhat)
	}
	dir, remove, err := workDir(f.TempDir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := e.load(); err != nil {
		return 0, fmt.Errorf("export %s: %w", what, err)
	}
	if what == Visits {
		if titles, err = e.withAdded(titles); err != nil {
			return 0, fmt.Errorf("export %s: %w", what, err)
		}
	}
	if e.book, err = newBook(dir, sheetTitles[what], titles); err != nil {
		return 0, fmt.Errorf("export %s: %w", what, err)
	}
	defer e.book.close()
	for _, v := range e.villages {
		if err := village(v); err != nil {
			return 0, fmt.Errorf("export %s of village %s: %w", what, v.ID, err)
		}
	}
	if err := e.book.write(w); err != nil {
		return 0, fmt.Errorf("export %s: %w", what, err)
	}
	return e.book.total, nil
}

// title is a column of an export.
type title struct {
	name  string
	width float64
}

var sheetTitles = map[string]string{Visits: "走访", Away: "外出返乡", Residents: "居民"}

var (
	visitTitles = []title{{"村", 10}, {"组", 8}, {"姓名", 10}, {"电话尾号", 9}, {"日期", 12}, {"怎么见的", 10}, {"什么事", 10}, {"怎么样", 10},
		{"要什么帮助", 20}, {"备注", 24}, {"下回", 12}, {"记录人", 10}, {"记录时间", 17}, {"其他", 20}}
	awayTitles = []title{{"村", 10}, {"组", 8}, {"姓名", 10}, {"电话尾号", 9}, {"去哪里", 14}, {"哪天走", 12}, {"说几时回", 12}, {"哪天回来", 12},
		{"再走", 12}, {"现在", 8}, {"记录人", 10}, {"记录时间", 17}}
	residentTitles = []title{{"村", 10}, {"组", 8}, {"门牌", 8}, {"姓名", 10}, {"电话", 14}, {"同意记走访", 12}, {"同意记外出", 12}, {"联系人", 10}}
)

// Words for what records hold; what a town's own form adds stands as it is.
var (
	wayWords     = map[string]string{"home": "上门", "phone": "电话", "elsewhere": "别处碰见"}
	kindWords    = map[string]string{"greet": "看望", "followup": "约定随访", "deliver": "送东西", "errand": "办事", "other": "其他"}
	findingWords = map[string]string{"well": "都好", "needs_help": "需要帮助", "unwilling": "不愿谈", "not_met": "没见到"}
)

func word(words map[string]string, value string) string { return cmp.Or(words[value], value) }

// exporter goes through the villages, a page in a View.
type exporter struct {
	ctx      context.Context
	store    *storage.Store
	filter   Filter
	villages []storage.Village
	cadres   map[string]string // names by id
	added    []string          // questions that the town's own workbook adds to a visit
	book     *book
}

func (e *exporter) load() error {
	return e.store.View(e.ctx, func(tx *storage.Tx) error {
		all, err := tx.Villages()
		if err != nil {
			return err
		}
		into := map[string]string{}
		for _, v := range all {
			into[v.ID] = v.MergedInto
		}
		e.villages = slices.DeleteFunc(all, func(v storage.Village) bool { return !e.wants(v.ID, into) })
		cadres, err := tx.Cadres()
		e.cadres = map[string]string{}
		for _, c := range cadres {
			e.cadres[c.ID] = c.Name
		}
		return err
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

// collect reads all pages of one village.
func collect[T any](e *exporter, page func(*storage.Tx, storage.Page) ([]T, storage.Page, error)) ([]T, error) {
	var out []T
	for at := (storage.Page{}); !at.Done; {
		var more []T
		var next storage.Page
		err := e.store.View(e.ctx, func(tx *storage.Tx) (err error) {
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

// withAdded are titles with a column for each question that the town added.
func (e *exporter) withAdded(titles []title) ([]title, error) {
	err := e.store.View(e.ctx, func(tx *storage.Tx) (err error) {
		e.added, err = flows.AddedQuestions(tx, "visit")
		return err
	})
	titles = slices.Clone(titles)
	for _, name := range e.added {
		titles = append(titles, title{name, 12})
	}
	return titles, err
}

// columns are the answers to the questions that the town added, and the others.
func (e *exporter) columns(answers map[string]string) []string {
	rest := maps.Clone(answers)
	out := []string{""}
	for _, name := range e.added {
		out = append(out, rest[name])
		delete(rest, name)
	}
	out[0] = extra(rest)
	return out
}

func (e *exporter) visits(v storage.Village) error {
	all, err := collect(e, func(tx *storage.Tx, p storage.Page) ([]storage.Line[storage.Visit], storage.Page, error) {
		return tx.VisitPage(v.ID, e.filter.From, e.filter.To, p, exportPage)
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b storage.Line[storage.Visit]) int {
		return cmp.Or(cmp.Compare(a.Of.Day, b.Of.Day), byPlace(a.Resident, b.Resident), cmp.Compare(a.Of.ID, b.Of.ID))
	})
	for _, l := range all {
		r, o := l.Resident, l.Of
		cells := []string{v.Name, r.Group, r.Name, r.Tail(), o.Day.String(), word(wayWords, o.Way), word(kindWords, o.Kind), word(findingWords, o.Finding),
			o.Need, o.Note, o.Next.String(), e.by(o.By), clock(o.At)}
		err := e.book.add(append(cells, e.columns(o.Extra)...)...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *exporter) away(v storage.Village) error {
	all, err := collect(e, func(tx *storage.Tx, p storage.Page) ([]storage.Line[storage.Away], storage.Page, error) {
		return tx.AwayPage(v.ID, p, exportPage)
	})
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(l storage.Line[storage.Away]) bool {
		return e.filter.To != 0 && l.Of.Since > e.filter.To || l.Of.Back != 0 && l.Of.Back < e.filter.From
	})
	slices.SortFunc(all, func(a, b storage.Line[storage.Away]) int {
		return cmp.Or(byPlace(a.Resident, b.Resident), cmp.Compare(a.Of.Since, b.Of.Since), cmp.Compare(a.Of.ID, b.Of.ID))
	})
	for _, l := range all {
		r, o := l.Resident, l.Of
		now := "在外"
		if o.Back != 0 {
			now = "回来了"
		}
		err := e.book.add(v.Name, r.Group, r.Name, r.Tail(), o.Place, o.Since.String(), cmp.Or(o.ExpectedDay.String(), o.Expected), o.Back.String(),
			cmp.Or(o.LeavingDay.String(), o.Leaving), now, e.by(o.By), clock(o.At))
		if err != nil {
			return err
		}
	}
	return nil
}

// agreed is a resident with what she agreed to.
type agreed struct {
	storage.Resident
	visits, away storage.Consent
	contact      string
}

func (e *exporter) residents(v storage.Village) error {
	all, err := collect(e, func(tx *storage.Tx, p storage.Page) ([]agreed, storage.Page, error) {
		people, next, err := tx.ResidentPage(v.ID, p, exportPage/5) // with consents and contact, about five pairs each
		if err != nil {
			return nil, p, err
		}
		out, err := consenting(tx, people)
		return out, next, err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b agreed) int { return byPlace(a.Resident, b.Resident) })
	for _, r := range all {
		err := e.book.add(v.Name, r.Group, r.House, r.Name, r.Phone, given(r.visits), given(r.away), e.by(r.contact))
		if err != nil {
			return err
		}
	}
	return nil
}

// consenting leaves out everybody who agreed to nothing.
func consenting(tx *storage.Tx, people []storage.Resident) ([]agreed, error) {
	var out []agreed
	for _, r := range people {
		a := agreed{Resident: r}
		var err error
		if a.visits, err = tx.Consent(r.ID, storage.C0); err != nil {
			return nil, err
		}
		if a.away, err = tx.Consent(r.ID, storage.C3); err != nil {
			return nil, err
		}
		if !a.visits.Given() && !a.away.Given() {
			continue
		}
		if a.contact, _, err = tx.ContactOf(r); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func given(c storage.Consent) string {
	if !c.Given() {
		return ""
	}
	return calendar.DayOf(time.Unix(c.At, 0)).String()
}

// by is the name of a cadre, or her id when she is not there any more.
func (e *exporter) by(id string) string { return cmp.Or(e.cadres[id], id) }

// clock shows an instant as the clocks of the village did.
func clock(at int64) string {
	if at == 0 {
		return ""
	}
	return time.Unix(at, 0).In(calendar.Zone).Format("2006-01-02 15:04")
}

func extra(answers map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(answers)) {
		out = append(out, k+"："+answers[k])
	}
	return strings.Join(out, "；")
}

// byPlace orders people as the village counts: group, plate, name.
func byPlace(a, b storage.Resident) int {
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

// book is the workbook that grows: one sheet, and another where that is full.
type book struct {
	file   *excelize.File
	name   string
	titles []title
	text   int // style: as text, so that nothing is taken for a number or a formula
	head   int
	limit  int // rows of a sheet, the head included

	sheet  *excelize.StreamWriter
	sheets int
	row    int // last row written on this sheet
	total  int
}

func newBook(dir, name string, titles []title) (*book, error) {
	b := &book{file: excelize.NewFile(excelize.Options{TmpDir: dir}), name: name, titles: titles, limit: sheetRows}
	var err error
	if b.text, err = b.file.NewStyle(&excelize.Style{NumFmt: 49}); err == nil {
		b.head, err = b.file.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}})
	}
	if err == nil {
		err = b.nextSheet()
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *book) nextSheet() (err error) {
	if b.sheet != nil {
		if err := b.sheet.Flush(); err != nil {
			return err
		}
	}
	name := b.name
	if b.sheets++; b.sheets == 1 {
		err = b.file.SetSheetName("Sheet1", name)
	} else {
		name = fmt.Sprint(b.name, b.sheets)
		_, err = b.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if b.sheet, err = b.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := b.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	var names []any
	for i, t := range b.titles {
		if err := b.sheet.SetColWidth(i+1, i+1, t.width); err != nil {
			return err
		}
		names = append(names, excelize.Cell{StyleID: b.head, Value: t.name})
	}
	b.row = 1
	return b.sheet.SetRow("A1", names)
}

// add writes a row. Every cell is an inline text: one that begins with = + - @
// is shown as it is and never reckoned.
func (b *book) add(cells ...string) error {
	if b.row == b.limit {
		if err := b.nextSheet(); err != nil {
			return err
		}
	}
	b.row++
	b.total++
	values := make([]any, len(cells))
	for i, c := range cells {
		if c != "" {
			values[i] = excelize.Cell{StyleID: b.text, Value: c}
		}
	}
	return b.sheet.SetRow(fmt.Sprintf("A%d", b.row), values)
}

// write packs the workbook straight into w: the library would first build all of
// it in memory.
func (b *book) write(w io.Writer) error {
	if err := b.sheet.Flush(); err != nil {
		return err
	}
	b.file.ZipWriter = func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) }
	return b.file.Write(io.Discard)
}

func (b *book) close() { b.file.Close() }
