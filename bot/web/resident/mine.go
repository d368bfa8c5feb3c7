package resident

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"xintiexin/bot/web/session"
	"xintiexin/flows/answer"
	"xintiexin/flows/townform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/subjectaccess"
	"xintiexin/storage/townforms"
)

// row is a line of what is kept: what it is, and what is there.
type row struct{ Label, Value string }

// agreed is a consent as she sees it; one that stands can be taken back.
type agreed struct {
	Set, Name, State string
	Given            bool
}

type minePage struct {
	session.Frame
	Said     []string // of what she did last
	Rows     []row
	Consents []agreed
	Looks    []string
	Looked   int
	Village  bool // a village role looked
	NoPush   bool
}

// looksShown is how many looks stand on the first page; the others are a tap away.
const looksShown = 5

// Mine shows what is kept of her and who has looked.
func Mine(s *session.Server, v *session.Visit) error { return showMine(v, "") }

// said are what the page can say of what was just done; the address names it, and
// nothing else.
var said = map[string]string{"saved": "mineSaved", "stopped": "mineStopped", "resumed": "mineResumed"}

func showMine(v *session.Visit, text string) error {
	h, rows, err := held(v)
	if err != nil {
		return err
	}
	page := minePage{Frame: v.Frame, Rows: rows, NoPush: h.Resident.NoPush, Consents: consents(h.Consents)}
	if name, ok := said[v.R.URL.Query().Get("did")]; ok && text == "" {
		text = session.Say(name)
	}
	if text != "" {
		page.Said = session.Lines(text)
	}
	page.Looks, page.Village = looks(h.Looks)
	page.Looked = len(page.Looks)
	page.Looks = page.Looks[:min(looksShown, len(page.Looks))]
	return v.S.Render(v.W, http.StatusOK, "mine", page)
}

// held reads all that is kept of her, with the lines of the first page.
func held(v *session.Visit) (h subjectaccess.PersonalData, rows []row, err error) {
	err = v.View(func(tx *record.Tx, scope person.Scope) error {
		if h, err = subjectaccess.Export(scope, v.Pass.Resident); err != nil {
			return err
		}
		rows, err = rowsOf(tx, h)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return h, nil, session.Refuse(http.StatusGone, "notYours")
	}
	return h, rows, err
}

func rowsOf(tx *record.Tx, h subjectaccess.PersonalData) ([]row, error) {
	rows := []row{{session.Say("mineName"), h.Resident.Name}, {session.Say("minePhone"), h.Resident.Phone}}
	place := session.Say("mineHidden")
	switch v, err := person.LoadVillage(tx, h.Resident.Village); {
	case err != nil && !errors.Is(err, record.ErrNotFound):
		return nil, err
	case h.Resident.Shown:
		place = session.Say("mineShown", v.Name)
	case v.ID != "":
		place = session.Say("mineLine", v.Name+h.Resident.Group) + place
	}
	rows = append(rows, row{session.Say("mineVillage"), place})
	add := func(label string, values []string) {
		if len(values) > 0 {
			rows = append(rows, row{session.Say(label), strings.Join(values, "\n")})
		}
	}
	var booked, papers, away, asked, others []string
	for _, a := range h.Appointments {
		booked = append(booked, session.Say("mineBooking", a.Day.Chinese(), a.Time, a.Number, session.StateNames[a.State]))
	}
	for _, p := range h.Papers {
		papers = append(papers, fmt.Sprintf("%s %s", session.Day(cmp.Or(p.Ended, p.At)), session.PaperNames[p.State]))
	}
	for _, a := range h.Away {
		away = append(away, awayLine(a))
	}
	for _, r := range h.Requests {
		line, err := requestLine(tx, r)
		if err != nil {
			return nil, err
		}
		asked = append(asked, line)
	}
	for _, w := range h.Waiting {
		others = append(others, session.Say("mineWaiting", calendar.DayOf(time.Unix(w.Since, 0)).Short()))
	}
	for _, r := range h.Returns {
		if r.Ended == 0 {
			others = append(others, session.Say("mineReturn", r.Day.Chinese()))
		}
	}
	if h.Hears {
		others = append(others, session.Say("mineHears"))
	}
	for _, l := range h.Lectures {
		others = append(others, session.Say("mineLecture", l.Day.Chinese(), l.Time))
	}
	slices.Reverse(asked) // the last first, as the bookings
	add("mineBookings", first(booked, 5))
	add("mineOthers", others)
	add("minePapers", first(papers, 5))
	add("mineRequests", first(asked, 5))
	if n := len(h.Visits); n > 0 {
		add("mineVisits", []string{session.Say("mineVisitsN", n)})
	}
	if n := len(h.Submissions); n > 0 {
		add("mineForms", []string{session.Say("mineFormsN", n)})
	}
	add("mineAway", first(away, 3))
	push := session.Say("minePushOn")
	if h.Resident.NoPush {
		push = session.Say("minePushOff")
	}
	return append(rows, row{session.Say("minePush"), push}), nil
}

// requestLine says what she asked for: 编号031 找人，王桂英管，12月8日前.
func requestLine(tx *record.Tx, r requests.Request) (string, error) {
	kind := session.RequestNames[r.Kind]
	if r.Closed != nil {
		return session.Say("mineRequestDone", r.Number, kind), nil
	}
	c, err := person.LoadStaff(tx, r.Owner)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return "", err
	}
	if c.Name == "" {
		return session.Say("mineRequestOpen", r.Number, kind, r.Due.Short()), nil
	}
	return session.Say("mineRequest", r.Number, kind, c.Name, r.Due.Short()), nil
}

// first cuts a list where nobody reads on; the whole is in the copy.
func first(all []string, n int) []string {
	if len(all) <= n {
		return all
	}
	return append(slices.Clone(all[:n]), "…")
}

func awayLine(a migration.Absence) string {
	out := a.Place
	if a.Since != 0 {
		out += session.Say("awaySince", a.Since.Short())
	}
	if a.Back != 0 {
		out += session.Say("awayBack", a.Back.Short())
	} else if a.Expected != "" {
		out += session.Say("awayExpected", a.Expected)
	}
	return strings.TrimSpace(out)
}

// consents are her last answers, one for each set that she was asked about.
func consents(all []consent.Consent) []agreed {
	last := map[purpose.Purpose]consent.Consent{}
	for _, c := range all {
		last[c.Set] = c
	}
	var out []agreed
	for _, set := range purpose.All {
		c, ok := last[set]
		if !ok {
			continue
		}
		a := agreed{Set: string(set), Name: session.SetNames[set], Given: c.Given()}
		switch {
		case c.Given():
			a.State = session.Say("mineAgreed", session.Day(c.At), session.ChannelNames[c.Channel], c.Version)
			if c.Version == "" {
				a.State = session.Say("mineAgreedPlain", session.Day(c.At), session.ChannelNames[c.Channel])
			}
		case c.Withdrawn != 0:
			a.State = session.Say("mineWithdrawn", session.Day(c.Withdrawn))
		default:
			a.State = session.Say("mineRefused", session.Day(c.At))
		}
		out = append(out, a)
	}
	return out
}

// looks are the lines of who has looked, the last first; village says whether a
// village role did.
func looks(all []person.NamedAccess) (out []string, village bool) {
	for _, l := range slices.Backward(all) {
		what := session.LookNames[l.What]
		if what == "" {
			what = session.LookNames["card"]
		}
		if l.Refused {
			what += session.Say("mineNotDone")
		}
		name := l.Name
		if name == "" {
			name = session.Say("mineSomebody")
		}
		out = append(out, session.Say("mineLook", calendar.DayOf(time.Unix(l.At, 0)).Short(), name, session.RoleNames[l.Role], what))
		village = village || l.Village()
	}
	return out, village
}

// Looks shows all who have looked.
func Looks(s *session.Server, v *session.Visit) error {
	h, _, err := held(v)
	if err != nil {
		return err
	}
	page := minePage{Frame: v.Frame}
	page.Looks, page.Village = looks(h.Looks)
	return s.Render(v.W, http.StatusOK, "looks", page)
}

type changePage struct {
	session.Frame
	Name, Phone, Wrong string
}

// AskChange asks for her name and phone.
func AskChange(s *session.Server, v *session.Visit) error {
	h, _, err := held(v)
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "change", changePage{v.Frame, h.Resident.Name, h.Resident.Phone, ""})
}

// Change keeps what she corrected, under the checks that the chat has.
func Change(s *session.Server, v *session.Visit) error {
	name, wrong := nameOf(v.R.PostForm.Get("name"))
	phone, bad := phoneOf(v.R.PostForm.Get("phone"))
	if wrong == "" {
		wrong = bad
	}
	if wrong != "" {
		return s.Render(v.W, http.StatusUnprocessableEntity, "change",
			changePage{v.Frame, v.R.PostForm.Get("name"), v.R.PostForm.Get("phone"), wrong})
	}
	err := v.Update(func(tx *record.Tx, scope person.Scope) error {
		r, err := scope.Mine(v.Pass.Resident)
		if err != nil {
			return err
		}
		r.Name, r.Phone = name, phone
		return person.PutResident(tx, r)
	})
	if err != nil {
		return gone(err)
	}
	return v.See("mine?did=saved")
}

// gone says that what a link was for is not hers any more.
func gone(err error) error {
	if errors.Is(err, record.ErrNotFound) {
		return session.Refuse(http.StatusGone, "notYours")
	}
	return err
}

// maxName is how long what she wants to be called may be, in characters.
const maxName = 16

func nameOf(typed string) (name, wrong string) {
	name = strings.Join(strings.Fields(typed), "")
	if name == "" || len([]rune(name)) > maxName || strings.ContainsAny(name, "0123456789/<>") {
		return "", session.Say("nameBad")
	}
	return name, ""
}

func phoneOf(typed string) (phone, wrong string) {
	phone, _, bad := answer.Phone(typed)
	switch {
	case bad != nil && bad.Len < 11:
		return "", session.Say("phoneBad", session.Say("phoneShort", 11-bad.Len), bad.Digits, bad.Len)
	case bad != nil:
		return "", session.Say("phoneLong", session.Say("phoneMore", bad.Len-11), bad.Digits, bad.Len)
	case phone == "":
		return "", session.Say("phoneNone")
	}
	return phone, ""
}

// Stop ends all messages to her at once.
func Stop(s *session.Server, v *session.Visit) error {
	err := v.Update(func(tx *record.Tx, scope person.Scope) error {
		r, err := scope.Mine(v.Pass.Resident)
		if err != nil {
			return err
		}
		if err := outbox.DropDeliveries(tx, "r:"+r.ID, "", "unsubscribed", v.Now); err != nil {
			return err
		}
		return person.StopPushes(tx, r.ID)
	})
	if err != nil {
		return gone(err)
	}
	return v.See("mine?did=stopped")
}

// Resume lets messages come to her again.
func Resume(s *session.Server, v *session.Visit) error {
	err := v.Update(func(_ *record.Tx, scope person.Scope) error { return enrolment.ResumePushes(scope, v.Pass.Resident) })
	if err != nil {
		return gone(err)
	}
	return v.See("mine?did=resumed")
}

// sure asks once more before something is taken back or deleted.
type sure struct {
	session.Frame
	Ask        string
	Lines      []string
	Path       string // to which the yes is posted
	Set        string
	Go, No     string
	GoesToHome string
}

// AskWithdraw asks once more; a booking that goes with it is named.
func AskWithdraw(s *session.Server, v *session.Visit) error {
	set := purpose.Purpose(v.R.URL.Query().Get("set"))
	name, ok := session.SetNames[set]
	if !ok {
		return session.Refuse(http.StatusNotFound, "noPage")
	}
	page := sure{Frame: v.Frame, Ask: session.Say("withdrawAsk", name), Lines: session.Lines(session.Say("withdrawWhat")), Path: session.Prefix + "mine/withdraw",
		Set: string(set), Go: session.Say("withdrawGo"), No: session.Say("withdrawNo"), GoesToHome: session.Prefix + "mine"}
	if set == purpose.Booking {
		booked, err := booked(v, "withdrawBooked")
		if err != nil {
			return err
		}
		page.Lines = append(page.Lines, booked...)
	}
	return s.Render(v.W, http.StatusOK, "sure", page)
}

// booked are her open bookings, each said in a line.
func booked(v *session.Visit, text string) (out []string, err error) {
	err = v.View(func(_ *record.Tx, scope person.Scope) error {
		out = nil
		all, err := openBookings(scope, v.Pass.Resident, v.Now)
		for _, a := range all {
			out = append(out, session.Say(text, a.Day.Chinese(), a.Time))
		}
		return err
	})
	return out, gone(err)
}

// Withdraw takes a consent back.
func Withdraw(s *session.Server, v *session.Visit) error {
	set := purpose.Purpose(v.R.PostForm.Get("set"))
	name, ok := session.SetNames[set]
	if !ok {
		return session.Refuse(http.StatusNotFound, "noPage")
	}
	err := v.Update(func(_ *record.Tx, scope person.Scope) error {
		return consent.WithdrawPurpose(scope, v.Pass.Resident, set, v.Now)
	})
	if err != nil {
		return gone(err)
	}
	return showMine(v, session.Say("mineTaken", name))
}

// AskErase asks once more; an open booking is named first.
func AskErase(s *session.Server, v *session.Visit) error {
	h, _, err := held(v)
	if err != nil {
		return err
	}
	booked, err := booked(v, "eraseBooked")
	if err != nil {
		return err
	}
	if len(booked) == 0 {
		booked = []string{session.Say("eraseFree")}
	}
	text := append(session.Lines(session.Say("eraseWhat", h.Resident.Name)), booked...)
	return s.Render(v.W, http.StatusOK, "sure", sure{Frame: v.Frame, Ask: session.Say("eraseAsk"), Lines: append(text, session.Lines(session.Say("eraseTail"))...),
		Path: session.Prefix + "mine/erase", Go: session.Say("eraseGo"), No: session.Say("eraseNo"), GoesToHome: session.Prefix + "mine"})
}

// eraseDays is by when what was deleted is cleared up (domain.md 6.5 of the norms).
const eraseDays = 15

// Erase deletes her: from now on nobody sees her.
func Erase(s *session.Server, v *session.Visit) error {
	err := v.Update(func(tx *record.Tx, scope person.Scope) error {
		if _, err := scope.Mine(v.Pass.Resident); err != nil {
			return err
		}
		return erasure.Erase(tx, v.Pass.Resident, v.Now)
	})
	if err != nil {
		return gone(err)
	}
	if err := v.Leave(); err != nil {
		return err
	}
	by := calendar.DayOf(v.Now) + eraseDays
	return s.Render(v.W, http.StatusOK, "message", struct{ Lines []string }{session.Lines(session.Say("erased", by.Short()))})
}

type copyPage struct {
	session.Frame
	Text string
}

// Copy shows everything as words that can be copied on a phone.
func Copy(s *session.Server, v *session.Visit) error {
	text, _, err := copyOf(v)
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "copy", copyPage{v.Frame, text})
}

// copyForms writes what was answered to the town's own forms about her.
func copyForms(v *session.Visit, b *strings.Builder, all []townforms.Submission) error {
	return v.View(func(tx *record.Tx, _ person.Scope) error {
		for i, a := range all {
			if i == 0 {
				fmt.Fprintf(b, "\n%s\n", session.Say("mineForms"))
			}
			title, lines, err := townform.Readable(tx, a)
			if err != nil {
				return err
			}
			fmt.Fprintln(b, session.Day(a.At), title)
			for _, l := range lines {
				fmt.Fprintln(b, "　　"+l)
			}
		}
		return nil
	})
}

// copyOf is all that is kept of her, as words and as data.
func copyOf(v *session.Visit) (text string, h subjectaccess.PersonalData, err error) {
	h, rows, err := held(v)
	if err != nil {
		return "", h, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n\n", session.Say("mine"), calendar.DayOf(v.Now).WithYear())
	for _, r := range rows {
		fmt.Fprintln(&b, session.Say("copyLine", r.Label, strings.ReplaceAll(r.Value, "\n", "\n　　")))
	}
	if len(h.Visits) > 0 {
		fmt.Fprintf(&b, "\n%s\n", session.Say("mineVisits"))
	}
	for _, x := range h.Visits {
		fmt.Fprintln(&b, strings.Join(slices.DeleteFunc([]string{x.Day.WithYear(), session.VisitWords[x.Way], session.VisitWords[x.Kind], session.VisitWords[x.Finding], x.Need, x.Note},
			func(s string) bool { return s == "" }), " "))
	}
	if err := copyForms(v, &b, h.Submissions); err != nil {
		return "", h, err
	}
	fmt.Fprintf(&b, "\n%s\n", session.Say("mineConsents"))
	for _, c := range consents(h.Consents) {
		fmt.Fprintln(&b, session.Say("copyLine", c.Name, c.State))
	}
	fmt.Fprintf(&b, "\n%s\n", session.Say("mineLooks"))
	lines, village := looks(h.Looks)
	for _, l := range lines {
		fmt.Fprintln(&b, l)
	}
	if len(lines) == 0 {
		fmt.Fprintln(&b, session.Say("mineNoLooks"))
	} else if !village {
		fmt.Fprintln(&b, session.Say("mineNoVillage"))
	}
	return b.String(), h, nil
}

func CopyText(s *session.Server, v *session.Visit) error {
	text, _, err := copyOf(v)
	if err != nil {
		return err
	}
	session.Attach(v.W, "text/plain; charset=utf-8", "copy", ".txt")
	fmt.Fprint(v.W, text)
	return nil
}

func CopyJSON(s *session.Server, v *session.Visit) error {
	_, h, err := copyOf(v)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return fmt.Errorf("write copy: %w", err)
	}
	session.Attach(v.W, "application/json", "copy", ".json")
	v.W.Write(append(b, '\n'))
	return nil
}
