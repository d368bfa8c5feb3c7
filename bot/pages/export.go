package pages

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"xintiexin/bot/workbook/exports"
	"xintiexin/flows/site"
	"xintiexin/storage/calendar"
	"xintiexin/storage/changes"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

type exportPage struct {
	frame
	Tables   []tableItem
	From, To string
	Wrong    string
	Last     []string // who downloaded what, the last first
}

// tableItem is a table that can be downloaded.
type tableItem struct {
	ID, Title string
	Since     string // when it was taken last, and by whom
	On        bool   // ticked
}

// monthly are the kinds of records whose tables are handed on each month.
var monthly = []string{exports.Visits, exports.Away, exports.Bookings}

// askExport asks for the tables and the days: this month's, unless she says
// otherwise.
func (s *server) askExport(v *visit) error {
	today := calendar.DayOf(v.now)
	y, m, _ := today.Date()
	return v.exportPage(http.StatusOK, calendar.Date(y, m, 1).String(), today.String(), nil, "")
}

func (v *visit) exportPage(status int, from, to string, ticked []string, wrong string) error {
	page := exportPage{frame: v.frame, From: from, To: to, Wrong: wrong}
	err := v.view(func(tx *record.Tx, _ person.Scope) (err error) {
		if page.Tables, err = tableItems(tx, ticked); err != nil {
			return err
		}
		page.Last, err = lastExports(tx, v.now)
		return err
	})
	if err != nil {
		return err
	}
	return v.s.render(v.w, status, "export", page)
}

// tableItems are the town's tables, with when each was taken last.
func tableItems(tx *record.Tx, ticked []string) (out []tableItem, err error) {
	data, err := townconfig.Current(tx)
	if err != nil {
		return nil, err
	}
	for _, t := range site.HandedOn(data) {
		h, err := changes.LoadSequence(tx, t.ID)
		if err != nil {
			return nil, err
		}
		item := tableItem{ID: t.ID, Title: t.Title, On: slices.Contains(ticked, t.ID) || ticked == nil && slices.Contains(monthly, t.Source.Name)}
		if h.Took != 0 {
			by, err := takenBy(tx, h.By)
			if err != nil {
				return nil, err
			}
			item.Since = say("exportSince", calendar.DayOf(time.Unix(h.Since, 0)).Short(), by)
		}
		if !t.Numbered() {
			item.Since = strings.TrimPrefix(item.Since+"，"+say("exportWholeOnly"), "，")
		}
		out = append(out, item)
	}
	return out, nil
}

// takenBy names who took a table.
func takenBy(tx *record.Tx, id string) (string, error) {
	if id == "" {
		return say("exportOperator"), nil
	}
	c, err := person.LoadStaff(tx, id)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return "", err
	}
	return c.Name, nil
}

// exportedWhat heads what the audit said of a table that was taken away, before
// several were taken at once, and says still of the answers to a form.
const exportedWhat = "exported "

// lastExports are the tables of the last two months with who took them, the last
// first.
func lastExports(tx *record.Tx, now time.Time) ([]string, error) {
	all, err := person.Audits(tx, now.AddDate(0, -2, 0), 5000)
	var out []string
	for _, a := range slices.Backward(all) {
		what, old := strings.CutPrefix(a.What, exportedWhat)
		if !old && a.What != person.TablesSent || len(out) == 10 {
			continue
		}
		by, err := takenBy(tx, a.By)
		if err != nil {
			return nil, err
		}
		day := calendar.DayOf(time.Unix(a.At, 0)).Short()
		if old {
			out = append(out, say("exportLine", day, by, fileNames[what], a.Counts["people"]))
			continue
		}
		out = append(out, say("exportTables", day, by, tablesOf(a, arrived(all, a))))
	}
	return out, err
}

// arrived reports whether all of what was sent was taken.
func arrived(all []person.Audit, sent person.Audit) bool {
	return slices.ContainsFunc(all, func(a person.Audit) bool {
		return a.What == person.TablesTaken && a.Taking == sent.Taking
	})
}

// tablesOf names the tables of a line of the audit.
func tablesOf(a person.Audit, whole bool) string {
	var parts []string
	for _, t := range a.Tables {
		parts = append(parts, say("exportRows", t, a.Counts[t]))
	}
	text := strings.Join(parts, "、")
	if a.Counts["changed"] != 0 {
		text += say("exportChangedOnly")
	}
	if !whole {
		text += say("exportBroken")
	}
	return text
}

// export downloads tables. That she did is written down first, and in the looks of
// everybody who stands in them. What breaks off does not count as taken.
func (s *server) export(v *visit) error {
	o, wrong := v.order()
	if wrong != "" {
		return v.exportPage(http.StatusUnprocessableEntity, v.r.PostForm.Get("from"), v.r.PostForm.Get("to"), v.ticked(), wrong)
	}
	v.slow()
	t, err := exports.Prepare(v.r.Context(), s.Store, o)
	if err != nil {
		return v.notExported(err)
	}
	defer func() {
		if err := t.Close(); err != nil {
			s.Log.Warn("files of an export are left", "err", err)
		}
	}()
	if err := v.noteExport(t); err != nil {
		return fmt.Errorf("note export: %w", err)
	}
	attach(v.w, xlsx, "tables", ".xlsx")
	if len(t.Tables) == 1 && fileNames[t.Tables[0].ID] != "" {
		attach(v.w, xlsx, t.Tables[0].ID, ".xlsx")
	}
	return v.send(t)
}

// send sends the workbook to its last byte, and then says that it was taken.
func (v *visit) send(t *exports.Taking) error {
	err := t.Write(v.w)
	if err == nil {
		err = http.NewResponseController(v.w).Flush()
	}
	if err == nil {
		err = v.r.Context().Err() // who asked went away
	}
	if err != nil { // half a workbook is gone out: no page can be said behind it
		v.s.Log.Info("a download broke off; it does not count", "err", err)
		panic(http.ErrAbortHandler)
	}
	if err := t.Done(v.r.Context()); err != nil {
		v.s.Log.Info("a download does not count", "err", err)
	}
	return nil
}

func (v *visit) ticked() []string { return append([]string{}, v.r.PostForm["what"]...) }

// order reads what she wants; wrong says what is not to be understood.
func (v *visit) order() (o exports.Order, wrong string) {
	f := v.r.PostForm
	o = exports.Order{Tables: v.ticked(), By: v.cadre.ID, Now: v.now, Filter: exports.Filter{TempDir: v.s.Dir}}
	switch f.Get("how") {
	case "changed":
		o.Changed = true
	case "again":
		o.Changed, o.Again = true, true
	}
	if len(o.Tables) == 0 {
		return o, say("exportNone")
	}
	if o.Changed {
		return o, ""
	}
	var errFrom, errTo error
	o.From, errFrom = calendar.ParseDay(f.Get("from"))
	o.To, errTo = calendar.ParseDay(f.Get("to"))
	switch {
	case errFrom != nil || errTo != nil:
		return o, say("exportBadDay")
	case o.To != 0 && o.From > o.To:
		return o, say("exportOrder")
	}
	return o, ""
}

// notExported says why tables cannot be taken.
func (v *visit) notExported(err error) error {
	for _, c := range []struct {
		err error
		say string
	}{{exports.ErrFirst, "exportFirst"}, {exports.ErrOtherShape, "exportShape"}, {exports.ErrNumbers, "exportNumbers"}, {exports.ErrNoLast, "exportNoLast"}, {record.ErrChanged, "exportBusy"}} {
		if errors.Is(err, c.err) {
			return v.exportPage(http.StatusConflict, v.r.PostForm.Get("from"), v.r.PostForm.Get("to"), v.ticked(), say(c.say))
		}
	}
	if errors.Is(err, exports.ErrWhat) {
		return refuse(http.StatusNotFound, "noPage")
	}
	return err
}

// exportPeople is how many people one transaction goes through.
const exportPeople = 200

// noteExport writes down that tables are downloaded, for each of the people in them.
func (v *visit) noteExport(t *exports.Taking) error {
	for some := range slices.Chunk(t.People, exportPeople) {
		err := v.update(func(_ *record.Tx, scope person.Scope) error { return noteAll(scope, some, v) })
		if err != nil {
			return err
		}
	}
	return v.update(func(tx *record.Tx, _ person.Scope) error { return t.Note(tx) })
}

func noteAll(scope person.Scope, ids []string, v *visit) error {
	for _, id := range ids {
		if err := scope.LogAccess(id, "exported", v.now); err != nil && !errors.Is(err, record.ErrNotFound) { // her own family
			return err
		}
	}
	return nil
}
