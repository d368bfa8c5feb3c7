package exports

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"xintiexin/bot/workbook"
	"xintiexin/flows/form"
	"xintiexin/flows/townform"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

// ErrForm is returned by ExportForm for a form of which nothing is kept.
var ErrForm = errors.New("office: no such form")

// ExportForm writes the answers to a town's own form and returns how many
// submissions there are: one row each, columns by the order of the questions, as
// ODK names them (group/question; a select_multiple has a column a choice beside
// its own, 1 or 0). Each repeat has a sheet of its own, whose PARENT_KEY says to
// which row it belongs. Those about somebody are in it only where she agrees.
// Columns that only older versions have stand behind the newest one's. labels
// adds a second row with the questions' words. It returns ErrForm for a form
// that there is not.
func ExportForm(ctx context.Context, store *record.Store, w io.Writer, name string, labels bool, f Filter) (rows int, err error) {
	e := &formExport{exporter: exporter{ctx: ctx, store: store, filter: f}, labels: labels, forms: map[string]*form.Form{}}
	dir, remove, err := workbook.WorkDir(f.TempDir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := e.load(); err != nil {
		return 0, fmt.Errorf("export form: %w", err)
	}
	if err := e.versions(name); err != nil {
		return 0, fmt.Errorf("export form: %w", err)
	}
	e.file = excelize.NewFile(excelize.Options{TmpDir: dir})
	defer e.file.Close()
	if err := e.write(name, w); err != nil {
		return 0, fmt.Errorf("export form: %w", err)
	}
	return e.rows, nil
}

// formExport is an export of one form.
type formExport struct {
	exporter
	labels bool
	forms  map[string]*form.Form // by the id of their tables
	name   string
	file   *excelize.File
	text   int
	head   int
	sheets []*formSheet // the first is the submissions'
	rows   int
	known  map[string]string // names of residents and villages, by id
}

// formSheet is the sheet of the submissions, or of a repeat.
type formSheet struct {
	name    string
	repeat  string // path of the repeat, "" of the submissions
	columns []formColumn
	at      map[string]int
	stream  *excelize.StreamWriter
	row     int
}

type formColumn struct {
	name, label string
	choice      string // of a column for one choice of a select_multiple
}

// versions reads every form of that name, the one in force first, and makes the
// columns.
func (e *formExport) versions(name string) error {
	err := e.store.View(e.ctx, func(tx *record.Tx) error {
		log, err := townforms.Log(tx)
		if err != nil {
			return err
		}
		now, err := townforms.All(tx)
		if err != nil {
			return err
		}
		log = append(now, log...)
		e.sheets, e.forms = []*formSheet{{at: map[string]int{}}}, map[string]*form.Form{}
		for _, v := range log {
			if v.Form != name && v.Title != name || e.forms[v.ID] != nil {
				continue
			}
			f, err := townform.KeptForm(tx, v.ID)
			if err != nil && !errors.Is(err, record.ErrNotFound) {
				return err
			}
			if f == nil {
				continue
			}
			if e.name = v.Form; e.forms[v.ID] == nil {
				e.forms[v.ID] = f
				e.learn(f.Questions, e.sheets[0], f)
			}
		}
		return nil
	})
	if err == nil && len(e.forms) == 0 {
		return ErrForm
	}
	return err
}

// learn adds the columns of questions to a sheet; a repeat gets one of its own.
func (e *formExport) learn(qs []*form.Question, s *formSheet, f *form.Form) {
	for _, q := range qs {
		switch q.Type {
		case form.Group:
			e.learn(q.Children, s, f)
		case form.Repeat:
			e.learn(q.Children, e.sheet(q), f)
		case form.Note, form.Media:
		default:
			if q.Name != "" {
				s.add(q, f)
			}
		}
	}
}

// sheet is the sheet of a repeat.
func (e *formExport) sheet(q *form.Question) *formSheet {
	for _, s := range e.sheets {
		if s.repeat == q.Path() {
			return s
		}
	}
	s := &formSheet{repeat: q.Path(), at: map[string]int{}}
	e.sheets = append(e.sheets, s)
	return s
}

func (s *formSheet) add(q *form.Question, f *form.Form) {
	put := func(c formColumn) {
		if _, there := s.at[c.name]; !there {
			s.at[c.name] = len(s.columns)
			s.columns = append(s.columns, c)
		}
	}
	path := q.Path()
	put(formColumn{name: path, label: q.Label})
	if q.Type == form.SelectMultiple {
		for _, c := range f.Lists[q.List] {
			put(formColumn{name: path + "/" + c.Value, label: c.Label, choice: c.Value})
		}
	}
}

// Columns that stand before the answers, and behind them.
var (
	formBefore = []formColumn{{name: "SubmissionDate", label: "交的时间"}, {name: "village", label: "村"}, {name: "person", label: "姓名"}, {name: "SubmitterName", label: "记录人"}}
	formAfter  = []formColumn{{name: "KEY", label: "编号"}, {name: "FormVersion", label: "表的版本"}}
	rowBefore  = []formColumn{{name: "PARENT_KEY", label: "属于"}, {name: "KEY", label: "编号"}}
)

func (e *formExport) write(name string, w io.Writer) error {
	var err error
	if e.text, err = e.file.NewStyle(&excelize.Style{NumFmt: 49}); err != nil {
		return err
	}
	if e.head, err = e.file.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	e.known = map[string]string{}
	for _, v := range e.villages {
		e.known[v.ID] = v.Name
	}
	if err := e.begin(); err != nil {
		return err
	}
	all, err := collect(&e.exporter, func(tx *record.Tx, p record.Page) ([]personstore.DirectoryLine[townforms.Submission], record.Page, error) {
		return townforms.SubmissionPage(tx, e.name, e.filter.From, e.filter.To, p, exportPage)
	})
	if err != nil {
		return err
	}
	for _, l := range all {
		if len(e.filter.Villages) > 0 && !slices.ContainsFunc(e.villages, func(v personstore.Village) bool { return v.ID == l.Of.Village }) {
			continue
		}
		if err := e.add(l); err != nil {
			return err
		}
	}
	for _, s := range e.sheets {
		if err := s.stream.Flush(); err != nil {
			return err
		}
	}
	e.file.ZipWriter = func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) }
	return e.file.Write(io.Discard)
}

// begin makes the sheets with their heads.
func (e *formExport) begin() error {
	used := map[string]bool{}
	for i, s := range e.sheets {
		title := e.name
		if s.repeat != "" {
			title = s.repeat[strings.LastIndex(s.repeat, "/")+1:]
		}
		s.name = workbook.SheetName(title, used)
		before, after := formBefore, formAfter
		if i > 0 {
			before, after = rowBefore, nil
		}
		s.columns = slices.Concat(before, s.columns, after)
		for name := range s.at {
			s.at[name] += len(before)
		}
		var err error
		if i == 0 {
			err = e.file.SetSheetName("Sheet1", s.name)
		} else {
			_, err = e.file.NewSheet(s.name)
		}
		if err != nil {
			return err
		}
		if s.stream, err = e.file.NewStreamWriter(s.name); err != nil {
			return err
		}
		frozen := 1
		if e.labels {
			frozen = 2
		}
		if err := s.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: frozen, TopLeftCell: fmt.Sprintf("A%d", frozen+1), ActivePane: "bottomLeft"}); err != nil {
			return err
		}
		if err := e.heads(s); err != nil {
			return err
		}
	}
	return nil
}

func (e *formExport) heads(s *formSheet) error {
	names, words := make([]string, len(s.columns)), make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i], words[i] = c.name, strings.ReplaceAll(c.label, "\n", " ")
	}
	if err := s.stream.SetColWidth(1, max(1, len(names)), 16); err != nil {
		return err
	}
	if err := e.put(s, e.head, names); err != nil || !e.labels {
		return err
	}
	return e.put(s, e.head, words)
}

// put writes a row. Every cell is an inline text: one that begins with = + - @ is
// shown as it is and never reckoned.
func (e *formExport) put(s *formSheet, style int, cells []string) error {
	if s.row == workbook.SheetRows {
		return fmt.Errorf("sheet %s: more than %d rows; take fewer days", s.repeat, workbook.SheetRows)
	}
	s.row++
	values := make([]any, len(cells))
	for i, c := range cells {
		if c != "" {
			values[i] = excelize.Cell{StyleID: style, Value: c}
		}
	}
	return s.stream.SetRow(fmt.Sprintf("A%d", s.row), values)
}

// add writes one submission: its row, and the rows of its repeats.
func (e *formExport) add(l personstore.DirectoryLine[townforms.Submission]) error {
	o := l.Of
	f := e.forms[o.Version]
	version := o.Version
	if f != nil && f.Version != "" {
		version = f.Version
	}
	who := l.Resident.Name
	if l.Resident.Group != "" {
		who += "（" + l.Resident.Group + "）"
	}
	e.known[l.Resident.ID] = who
	main := make([]string, len(e.sheets[0].columns))
	copy(main, []string{workbook.Clock(o.At), e.known[o.Village], who, e.by(o.By)})
	main[len(main)-2], main[len(main)-1] = o.ID, version
	inner := map[string][]string{} // by sheet and key
	var order []string
	sheetOf := map[string]*formSheet{}
	for _, a := range o.Answers {
		q := questionOf(f, a.Name)
		s, cells := e.sheets[0], main
		if len(a.Rows) > 0 {
			repeat := e.repeatOf(q)
			if repeat == nil {
				continue
			}
			key, parent := rowKey(o.ID, a.Rows)
			s = repeat
			if inner[s.name+key] == nil {
				row := make([]string, len(s.columns))
				row[0], row[1] = parent, key
				inner[s.name+key] = row
				sheetOf[s.name+key] = s
				order = append(order, s.name+key)
			}
			cells = inner[s.name+key]
		}
		e.fill(s, cells, a, q)
	}
	if err := e.put(e.sheets[0], e.text, main); err != nil {
		return err
	}
	e.rows++
	for _, k := range order {
		if err := e.put(sheetOf[k], e.text, inner[k]); err != nil {
			return err
		}
	}
	return nil
}

// rowKey names a row of a repeat, and what it belongs to: id/2, id/2/1.
func rowKey(id string, rows []int) (key, parent string) {
	key = id
	for _, r := range rows {
		parent, key = key, fmt.Sprintf("%s/%d", key, r)
	}
	return key, parent
}

func (e *formExport) fill(s *formSheet, cells []string, a townforms.Said, q *form.Question) {
	i, ok := s.at[a.Name]
	if !ok {
		return
	}
	cells[i] = a.Value
	switch {
	case q == nil:
	case q.FromFile && e.known[a.Value] != "":
		cells[i] = e.known[a.Value]
	case q.FromFile && e.cadres[a.Value] != "":
		cells[i] = e.cadres[a.Value]
	case q.Type == form.SelectMultiple:
		chosen := strings.Fields(a.Value)
		for n, c := range s.columns {
			if c.choice != "" && c.name == a.Name+"/"+c.choice {
				cells[n] = "0"
				if slices.Contains(chosen, c.choice) {
					cells[n] = "1"
				}
			}
		}
	}
}

// questionOf is the question of that path, nil without one.
func questionOf(f *form.Form, path string) *form.Question {
	if f == nil {
		return nil
	}
	return findQuestion(f.Questions, path)
}

func findQuestion(qs []*form.Question, path string) *form.Question {
	for _, q := range qs {
		if q.Name != "" && q.Path() == path && q.Type != form.Group && q.Type != form.Repeat {
			return q
		}
		if in := findQuestion(q.Children, path); in != nil {
			return in
		}
	}
	return nil
}

// repeatOf is the sheet of the repeat around a question, nil without one.
func (e *formExport) repeatOf(q *form.Question) *formSheet {
	if q == nil {
		return nil
	}
	for _, s := range e.sheets[1:] {
		if r := q.Within(); r != nil && r.Path() == s.repeat {
			return s
		}
	}
	return nil
}
