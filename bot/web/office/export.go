package office

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"xintiexin/bot/web/session"
	"xintiexin/bot/workbook/exports"
	"xintiexin/flows/site"
	"xintiexin/storage/calendar"
	"xintiexin/storage/changes"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

type exportPage struct {
	session.Frame
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

// AskExport asks for the tables and the days: this month's, unless she says
// otherwise.
func AskExport(s *session.Server, v *session.Visit) error {
	today := calendar.DayOf(v.Now)
	y, m, _ := today.Date()
	return showExport(v, http.StatusOK, calendar.Date(y, m, 1).String(), today.String(), nil, "")
}

func showExport(v *session.Visit, status int, from, to string, ticked []string, wrong string) error {
	page := exportPage{Frame: v.Frame, From: from, To: to, Wrong: wrong}
	err := v.View(func(tx *record.Tx, _ person.Scope) (err error) {
		if page.Tables, err = tableItems(tx, ticked); err != nil {
			return err
		}
		page.Last, err = lastExports(tx, v.Now)
		return err
	})
	if err != nil {
		return err
	}
	return v.S.Render(v.W, status, "export", page)
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
			item.Since = session.Say("exportSince", calendar.DayOf(time.Unix(h.Since, 0)).Short(), by)
		}
		if !t.Numbered() {
			item.Since = strings.TrimPrefix(item.Since+"，"+session.Say("exportWholeOnly"), "，")
		}
		out = append(out, item)
	}
	return out, nil
}

// takenBy names who took a table.
func takenBy(tx *record.Tx, id string) (string, error) {
	if id == "" {
		return session.Say("exportOperator"), nil
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
			out = append(out, session.Say("exportLine", day, by, session.FileNames[what], a.Counts["people"]))
			continue
		}
		out = append(out, session.Say("exportTables", day, by, tablesOf(a, arrived(all, a))))
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
		parts = append(parts, session.Say("exportRows", t, a.Counts[t]))
	}
	text := strings.Join(parts, "、")
	if a.Counts["changed"] != 0 {
		text += session.Say("exportChangedOnly")
	}
	if !whole {
		text += session.Say("exportBroken")
	}
	return text
}

// Export downloads tables. That she did is written down first, and in the looks of
// everybody who stands in them. What breaks off does not count as taken.
func Export(s *session.Server, v *session.Visit) error {
	o, wrong := order(v)
	if wrong != "" {
		return showExport(v, http.StatusUnprocessableEntity, v.R.PostForm.Get("from"), v.R.PostForm.Get("to"), ticked(v), wrong)
	}
	v.Slow()
	t, err := exports.Prepare(v.R.Context(), s.Store, o)
	if err != nil {
		return notExported(v, err)
	}
	defer func() {
		if err := t.Close(); err != nil {
			s.Log.Warn("files of an export are left", "err", err)
		}
	}()
	if err := noteExport(v, t); err != nil {
		return fmt.Errorf("note export: %w", err)
	}
	session.Attach(v.W, xlsx, "tables", ".xlsx")
	if len(t.Tables) == 1 && session.FileNames[t.Tables[0].ID] != "" {
		session.Attach(v.W, xlsx, t.Tables[0].ID, ".xlsx")
	}
	return send(v, t)
}

// send sends the workbook to its last byte, and then says that it was taken.
func send(v *session.Visit, t *exports.Taking) error {
	err := t.Write(v.W)
	if err == nil {
		err = http.NewResponseController(v.W).Flush()
	}
	if err == nil {
		err = v.R.Context().Err() // who asked went away
	}
	if err != nil { // half a workbook is gone out: no page can be said behind it
		v.S.Log.Info("a download broke off; it does not count", "err", err)
		panic(http.ErrAbortHandler)
	}
	if err := t.Done(v.R.Context()); err != nil {
		v.S.Log.Info("a download does not count", "err", err)
	}
	return nil
}

func ticked(v *session.Visit) []string { return append([]string{}, v.R.PostForm["what"]...) }

// order reads what she wants; wrong says what is not to be understood.
func order(v *session.Visit) (o exports.Order, wrong string) {
	f := v.R.PostForm
	o = exports.Order{Tables: ticked(v), By: v.Cadre.ID, Now: v.Now, Filter: exports.Filter{TempDir: v.S.Dir}}
	switch f.Get("how") {
	case "changed":
		o.Changed = true
	case "again":
		o.Changed, o.Again = true, true
	}
	if len(o.Tables) == 0 {
		return o, session.Say("exportNone")
	}
	if o.Changed {
		return o, ""
	}
	var errFrom, errTo error
	o.From, errFrom = calendar.ParseDay(f.Get("from"))
	o.To, errTo = calendar.ParseDay(f.Get("to"))
	switch {
	case errFrom != nil || errTo != nil:
		return o, session.Say("exportBadDay")
	case o.To != 0 && o.From > o.To:
		return o, session.Say("exportOrder")
	}
	return o, ""
}

// notExported says why tables cannot be taken.
func notExported(v *session.Visit, err error) error {
	for _, c := range []struct {
		err error
		say string
	}{{exports.ErrFirst, "exportFirst"}, {exports.ErrOtherShape, "exportShape"}, {exports.ErrNumbers, "exportNumbers"}, {exports.ErrNoLast, "exportNoLast"}, {record.ErrChanged, "exportBusy"}} {
		if errors.Is(err, c.err) {
			return showExport(v, http.StatusConflict, v.R.PostForm.Get("from"), v.R.PostForm.Get("to"), ticked(v), session.Say(c.say))
		}
	}
	if errors.Is(err, exports.ErrWhat) {
		return session.Refuse(http.StatusNotFound, "noPage")
	}
	return err
}

// exportPeople is how many people one transaction goes through.
const exportPeople = 200

// noteExport writes down that tables are downloaded, for each of the people in them.
func noteExport(v *session.Visit, t *exports.Taking) error {
	for some := range slices.Chunk(t.People, exportPeople) {
		err := v.Update(func(_ *record.Tx, scope person.Scope) error { return noteAll(scope, some, v) })
		if err != nil {
			return err
		}
	}
	return v.Update(func(tx *record.Tx, _ person.Scope) error { return t.Note(tx) })
}

func noteAll(scope person.Scope, ids []string, v *session.Visit) error {
	for _, id := range ids {
		if err := scope.LogAccess(id, "exported", v.Now); err != nil && !errors.Is(err, record.ErrNotFound) { // her own family
			return err
		}
	}
	return nil
}
