package pages

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

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
	frame
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

// mine shows what is kept of her and who has looked.
func (s *server) mine(v *visit) error { return v.showMine("") }

// said are what the page can say of what was just done; the address names it, and
// nothing else.
var said = map[string]string{"saved": "mineSaved", "stopped": "mineStopped", "resumed": "mineResumed"}

func (v *visit) showMine(text string) error {
	h, rows, err := v.held()
	if err != nil {
		return err
	}
	page := minePage{frame: v.frame, Rows: rows, NoPush: h.Resident.NoPush, Consents: consents(h.Consents)}
	if name, ok := said[v.r.URL.Query().Get("did")]; ok && text == "" {
		text = say(name)
	}
	if text != "" {
		page.Said = lines(text)
	}
	page.Looks, page.Village = looks(h.Looks)
	page.Looked = len(page.Looks)
	page.Looks = page.Looks[:min(looksShown, len(page.Looks))]
	return v.s.render(v.w, http.StatusOK, "mine", page)
}

// held reads all that is kept of her, with the lines of the first page.
func (v *visit) held() (h subjectaccess.PersonalData, rows []row, err error) {
	err = v.view(func(tx *record.Tx, scope person.Scope) error {
		if h, err = subjectaccess.Export(scope, v.pass.Resident); err != nil {
			return err
		}
		rows, err = rowsOf(tx, h)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return h, nil, refuse(http.StatusGone, "notYours")
	}
	return h, rows, err
}

func rowsOf(tx *record.Tx, h subjectaccess.PersonalData) ([]row, error) {
	rows := []row{{say("mineName"), h.Resident.Name}, {say("minePhone"), h.Resident.Phone}}
	place := say("mineHidden")
	switch v, err := person.LoadVillage(tx, h.Resident.Village); {
	case err != nil && !errors.Is(err, record.ErrNotFound):
		return nil, err
	case h.Resident.Shown:
		place = say("mineShown", v.Name)
	case v.ID != "":
		place = say("mineLine", v.Name+h.Resident.Group) + place
	}
	rows = append(rows, row{say("mineVillage"), place})
	add := func(label string, values []string) {
		if len(values) > 0 {
			rows = append(rows, row{say(label), strings.Join(values, "\n")})
		}
	}
	var booked, papers, away, asked, others []string
	for _, a := range h.Appointments {
		booked = append(booked, say("mineBooking", a.Day.Chinese(), a.Time, a.Number, stateNames[a.State]))
	}
	for _, p := range h.Papers {
		papers = append(papers, fmt.Sprintf("%s %s", day(cmp.Or(p.Ended, p.At)), paperNames[p.State]))
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
		others = append(others, say("mineWaiting", calendar.DayOf(time.Unix(w.Since, 0)).Short()))
	}
	for _, r := range h.Returns {
		if r.Ended == 0 {
			others = append(others, say("mineReturn", r.Day.Chinese()))
		}
	}
	if h.Hears {
		others = append(others, say("mineHears"))
	}
	for _, l := range h.Lectures {
		others = append(others, say("mineLecture", l.Day.Chinese(), l.Time))
	}
	slices.Reverse(asked) // the last first, as the bookings
	add("mineBookings", first(booked, 5))
	add("mineOthers", others)
	add("minePapers", first(papers, 5))
	add("mineRequests", first(asked, 5))
	if n := len(h.Visits); n > 0 {
		add("mineVisits", []string{say("mineVisitsN", n)})
	}
	if n := len(h.Submissions); n > 0 {
		add("mineForms", []string{say("mineFormsN", n)})
	}
	add("mineAway", first(away, 3))
	push := say("minePushOn")
	if h.Resident.NoPush {
		push = say("minePushOff")
	}
	return append(rows, row{say("minePush"), push}), nil
}

// requestLine says what she asked for: 编号031 找人，王桂英管，12月8日前.
func requestLine(tx *record.Tx, r requests.Request) (string, error) {
	kind := requestNames[r.Kind]
	if r.Closed != nil {
		return say("mineRequestDone", r.Number, kind), nil
	}
	c, err := person.LoadStaff(tx, r.Owner)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return "", err
	}
	if c.Name == "" {
		return say("mineRequestOpen", r.Number, kind, r.Due.Short()), nil
	}
	return say("mineRequest", r.Number, kind, c.Name, r.Due.Short()), nil
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
		out += say("awaySince", a.Since.Short())
	}
	if a.Back != 0 {
		out += say("awayBack", a.Back.Short())
	} else if a.Expected != "" {
		out += say("awayExpected", a.Expected)
	}
	return strings.TrimSpace(out)
}

// day is the date of an instant, with the year.
func day(at int64) string { return calendar.DayOf(time.Unix(at, 0)).WithYear() }

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
		a := agreed{Set: string(set), Name: setNames[set], Given: c.Given()}
		switch {
		case c.Given():
			a.State = say("mineAgreed", day(c.At), channelNames[c.Channel], c.Version)
			if c.Version == "" {
				a.State = say("mineAgreedPlain", day(c.At), channelNames[c.Channel])
			}
		case c.Withdrawn != 0:
			a.State = say("mineWithdrawn", day(c.Withdrawn))
		default:
			a.State = say("mineRefused", day(c.At))
		}
		out = append(out, a)
	}
	return out
}

// looks are the lines of who has looked, the last first; village says whether a
// village role did.
func looks(all []person.NamedAccess) (out []string, village bool) {
	for _, l := range slices.Backward(all) {
		what := lookNames[l.What]
		if what == "" {
			what = lookNames["card"]
		}
		if l.Refused {
			what += say("mineNotDone")
		}
		name := l.Name
		if name == "" {
			name = say("mineSomebody")
		}
		out = append(out, say("mineLook", calendar.DayOf(time.Unix(l.At, 0)).Short(), name, roleNames[l.Role], what))
		village = village || l.Village()
	}
	return out, village
}

// looks shows all who have looked.
func (s *server) looks(v *visit) error {
	h, _, err := v.held()
	if err != nil {
		return err
	}
	page := minePage{frame: v.frame}
	page.Looks, page.Village = looks(h.Looks)
	return s.render(v.w, http.StatusOK, "looks", page)
}

type changePage struct {
	frame
	Name, Phone, Wrong string
}

// askChange asks for her name and phone.
func (s *server) askChange(v *visit) error {
	h, _, err := v.held()
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "change", changePage{v.frame, h.Resident.Name, h.Resident.Phone, ""})
}

// change keeps what she corrected, under the checks that the chat has.
func (s *server) change(v *visit) error {
	name, wrong := nameOf(v.r.PostForm.Get("name"))
	phone, bad := phoneOf(v.r.PostForm.Get("phone"))
	if wrong == "" {
		wrong = bad
	}
	if wrong != "" {
		return s.render(v.w, http.StatusUnprocessableEntity, "change",
			changePage{v.frame, v.r.PostForm.Get("name"), v.r.PostForm.Get("phone"), wrong})
	}
	err := v.update(func(tx *record.Tx, scope person.Scope) error {
		r, err := scope.Mine(v.pass.Resident)
		if err != nil {
			return err
		}
		r.Name, r.Phone = name, phone
		return person.PutResident(tx, r)
	})
	if err != nil {
		return gone(err)
	}
	return v.see("mine?did=saved")
}

// gone says that what a link was for is not hers any more.
func gone(err error) error {
	if errors.Is(err, record.ErrNotFound) {
		return refuse(http.StatusGone, "notYours")
	}
	return err
}

// maxName is how long what she wants to be called may be, in characters.
const maxName = 16

func nameOf(typed string) (name, wrong string) {
	name = strings.Join(strings.Fields(typed), "")
	if name == "" || len([]rune(name)) > maxName || strings.ContainsAny(name, "0123456789/<>") {
		return "", say("nameBad")
	}
	return name, ""
}

func phoneOf(typed string) (phone, wrong string) {
	phone, _, bad := answer.Phone(typed)
	switch {
	case bad != nil && bad.Len < 11:
		return "", say("phoneBad", say("phoneShort", 11-bad.Len), bad.Digits, bad.Len)
	case bad != nil:
		return "", say("phoneLong", say("phoneMore", bad.Len-11), bad.Digits, bad.Len)
	case phone == "":
		return "", say("phoneNone")
	}
	return phone, ""
}

// stop ends all messages to her at once.
func (s *server) stop(v *visit) error {
	err := v.update(func(tx *record.Tx, scope person.Scope) error {
		r, err := scope.Mine(v.pass.Resident)
		if err != nil {
			return err
		}
		if err := outbox.DropDeliveries(tx, "r:"+r.ID, "", "unsubscribed", v.now); err != nil {
			return err
		}
		return person.StopPushes(tx, r.ID)
	})
	if err != nil {
		return gone(err)
	}
	return v.see("mine?did=stopped")
}

// resume lets messages come to her again.
func (s *server) resume(v *visit) error {
	err := v.update(func(_ *record.Tx, scope person.Scope) error { return enrolment.ResumePushes(scope, v.pass.Resident) })
	if err != nil {
		return gone(err)
	}
	return v.see("mine?did=resumed")
}

// sure asks once more before something is taken back or deleted.
type sure struct {
	frame
	Ask        string
	Lines      []string
	Path       string // to which the yes is posted
	Set        string
	Go, No     string
	GoesToHome string
}

// askWithdraw asks once more; a booking that goes with it is named.
func (s *server) askWithdraw(v *visit) error {
	set := purpose.Purpose(v.r.URL.Query().Get("set"))
	name, ok := setNames[set]
	if !ok {
		return refuse(http.StatusNotFound, "noPage")
	}
	page := sure{frame: v.frame, Ask: say("withdrawAsk", name), Lines: lines(say("withdrawWhat")), Path: Prefix + "mine/withdraw",
		Set: string(set), Go: say("withdrawGo"), No: say("withdrawNo"), GoesToHome: Prefix + "mine"}
	if set == purpose.Booking {
		booked, err := v.booked("withdrawBooked")
		if err != nil {
			return err
		}
		page.Lines = append(page.Lines, booked...)
	}
	return s.render(v.w, http.StatusOK, "sure", page)
}

// booked are her open bookings, each said in a line.
func (v *visit) booked(text string) (out []string, err error) {
	err = v.view(func(_ *record.Tx, scope person.Scope) error {
		out = nil
		all, err := openBookings(scope, v.pass.Resident, v.now)
		for _, a := range all {
			out = append(out, say(text, a.Day.Chinese(), a.Time))
		}
		return err
	})
	return out, gone(err)
}

// withdraw takes a consent back.
func (s *server) withdraw(v *visit) error {
	set := purpose.Purpose(v.r.PostForm.Get("set"))
	name, ok := setNames[set]
	if !ok {
		return refuse(http.StatusNotFound, "noPage")
	}
	err := v.update(func(_ *record.Tx, scope person.Scope) error {
		return consent.WithdrawPurpose(scope, v.pass.Resident, set, v.now)
	})
	if err != nil {
		return gone(err)
	}
	return v.showMine(say("mineTaken", name))
}

// askErase asks once more; an open booking is named first.
func (s *server) askErase(v *visit) error {
	h, _, err := v.held()
	if err != nil {
		return err
	}
	booked, err := v.booked("eraseBooked")
	if err != nil {
		return err
	}
	if len(booked) == 0 {
		booked = []string{say("eraseFree")}
	}
	text := append(lines(say("eraseWhat", h.Resident.Name)), booked...)
	return s.render(v.w, http.StatusOK, "sure", sure{frame: v.frame, Ask: say("eraseAsk"), Lines: append(text, lines(say("eraseTail"))...),
		Path: Prefix + "mine/erase", Go: say("eraseGo"), No: say("eraseNo"), GoesToHome: Prefix + "mine"})
}

// eraseDays is by when what was deleted is cleared up (domain.md 6.5 of the norms).
const eraseDays = 15

// erase deletes her: from now on nobody sees her.
func (s *server) erase(v *visit) error {
	err := v.update(func(tx *record.Tx, scope person.Scope) error {
		if _, err := scope.Mine(v.pass.Resident); err != nil {
			return err
		}
		return erasure.Erase(tx, v.pass.Resident, v.now)
	})
	if err != nil {
		return gone(err)
	}
	if err := v.leave(); err != nil {
		return err
	}
	by := calendar.DayOf(v.now) + eraseDays
	return s.render(v.w, http.StatusOK, "message", struct{ Lines []string }{lines(say("erased", by.Short()))})
}

type copyPage struct {
	frame
	Text string
}

// copy shows everything as words that can be copied on a phone.
func (s *server) copy(v *visit) error {
	text, _, err := v.copyOf()
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "copy", copyPage{v.frame, text})
}

// copyForms writes what was answered to the town's own forms about her.
func (v *visit) copyForms(b *strings.Builder, all []townforms.Submission) error {
	return v.view(func(tx *record.Tx, _ person.Scope) error {
		for i, a := range all {
			if i == 0 {
				fmt.Fprintf(b, "\n%s\n", say("mineForms"))
			}
			title, lines, err := townform.Readable(tx, a)
			if err != nil {
				return err
			}
			fmt.Fprintln(b, day(a.At), title)
			for _, l := range lines {
				fmt.Fprintln(b, "　　"+l)
			}
		}
		return nil
	})
}

// copyOf is all that is kept of her, as words and as data.
func (v *visit) copyOf() (text string, h subjectaccess.PersonalData, err error) {
	h, rows, err := v.held()
	if err != nil {
		return "", h, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n\n", say("mine"), calendar.DayOf(v.now).WithYear())
	for _, r := range rows {
		fmt.Fprintln(&b, say("copyLine", r.Label, strings.ReplaceAll(r.Value, "\n", "\n　　")))
	}
	if len(h.Visits) > 0 {
		fmt.Fprintf(&b, "\n%s\n", say("mineVisits"))
	}
	for _, x := range h.Visits {
		fmt.Fprintln(&b, strings.Join(slices.DeleteFunc([]string{x.Day.WithYear(), visitWords[x.Way], visitWords[x.Kind], visitWords[x.Finding], x.Need, x.Note},
			func(s string) bool { return s == "" }), " "))
	}
	if err := v.copyForms(&b, h.Submissions); err != nil {
		return "", h, err
	}
	fmt.Fprintf(&b, "\n%s\n", say("mineConsents"))
	for _, c := range consents(h.Consents) {
		fmt.Fprintln(&b, say("copyLine", c.Name, c.State))
	}
	fmt.Fprintf(&b, "\n%s\n", say("mineLooks"))
	lines, village := looks(h.Looks)
	for _, l := range lines {
		fmt.Fprintln(&b, l)
	}
	if len(lines) == 0 {
		fmt.Fprintln(&b, say("mineNoLooks"))
	} else if !village {
		fmt.Fprintln(&b, say("mineNoVillage"))
	}
	return b.String(), h, nil
}

func (s *server) copyText(v *visit) error {
	text, _, err := v.copyOf()
	if err != nil {
		return err
	}
	attach(v.w, "text/plain; charset=utf-8", "copy", ".txt")
	fmt.Fprint(v.w, text)
	return nil
}

func (s *server) copyJSON(v *visit) error {
	_, h, err := v.copyOf()
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return fmt.Errorf("write copy: %w", err)
	}
	attach(v.w, "application/json", "copy", ".json")
	v.w.Write(append(b, '\n'))
	return nil
}

// attach makes the answer a file with a Chinese name, and a plain one for browsers
// that know no better.
func attach(w http.ResponseWriter, kind, name, ext string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s%s"; filename*=UTF-8''%s`, name, ext, url.PathEscape(fileNames[name]+ext)))
}
