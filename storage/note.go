package storage

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
)

// Note is a question from the box without identity: who asked is not in it, and
// no village role learns that there is one. Only the WeChat that asked can read
// it by its number; only a clinician can answer it. It has days, no hours: an
// hour could be held against a chat.
type Note struct {
	Number   string // four digits, unique among those that are kept
	Text     string
	Asked    calendar.Day
	Due      calendar.Day // by whose end it has an answer
	Owner    string       `json:",omitempty"` // the clinician who took it, cadre id
	To       string       `json:",omitempty"` // another whom the owner asked to take it, and who did not yet
	Reply    string       `json:",omitempty"`
	Answered calendar.Day `json:",omitempty"`
	Read     calendar.Day `json:",omitempty"` // by her, the first time
	Asker    string       // hash by which the WeChat is known again
	Mark     string       // hash of what made it, so that what is sent twice is one
	Turn     int          // which of the WeChat's questions of the day it is
}

// The most that a question and an answer hold, in characters.
const (
	NoteMax  = 500
	ReplyMax = 1000
)

// ErrOften is returned to who asked more than a day's share of questions.
var ErrOften = errors.New("storage: asked often enough today")

// noteTell is who wants to hear that there is an answer. It lies apart from the
// note, for as long as it is needed.
type noteTell struct{ OpenID string }

// confidential reports whether the asker may see what is kept from the village: a
// clinician, or with others (the clerk) one of those roles. Who works in a village
// counts as the village, whatever else she is.
func (s Scope) confidential(roles ...Role) bool {
	return s.Person.Cadre.Has(roles...) && !s.Person.Cadre.Has(Worker)
}

// AskNote keeps a question of the asker's WeChat, under a number that can be
// guessed by nobody, and has the clinicians told that one waits. It returns
// ErrTwice with the note of before when the same cause was kept already, ErrOften
// when the WeChat asked its share of the day (limit note_per_day, 3), ErrScope
// without a WeChat, without words or with more than NoteMax characters.
func (s Scope) AskNote(text, cause string, now time.Time) (Note, error) {
	if n := len([]rune(text)); s.Person.OpenID == "" || n == 0 || n > NoteMax {
		return Note{}, ErrScope
	}
	site, err := s.tx.Site()
	if err != nil {
		return Note{}, err
	}
	n := Note{Text: text, Asked: calendar.DayOf(now), Mark: s.tx.keyed("note cause", s.Person.OpenID, cause)}
	n.Due = NoteDue(site.Holidays(), now)
	there, err := s.tx.noteNumber(&n)
	if err != nil || there {
		return n, cmp.Or(err, ErrTwice)
	}
	if n.Turn, err = s.countNote(site, n.Asked); err != nil {
		return Note{}, err
	}
	n.Asker = s.tx.keyed("note", s.Person.OpenID, n.Number)
	if err := s.tx.put(key("note", n.Number), n); err != nil {
		return Note{}, err
	}
	return n, s.tx.tellClinicians(now)
}

// NoteDue is the day by whose end a question that is asked at now has its answer:
// the working day after that on which it is seen.
func NoteDue(h calendar.Holidays, now time.Time) calendar.Day { return h.NextWorking(seenOn(h, now)) }

// deskCloses is the hour after which what comes in is seen the next working day.
const deskCloses = 17

// seenOn is the working day on which what comes in at now is seen.
func seenOn(h calendar.Holidays, now time.Time) calendar.Day {
	today := calendar.DayOf(now)
	if h.Working(today) && now.In(calendar.Zone).Hour() < deskCloses {
		return today
	}
	return h.NextWorking(today)
}

// noteNumber gives a note a number that no other has; there is true when the same
// cause made a note already, which n becomes.
func (tx *Tx) noteNumber(n *Note) (there bool, err error) {
	for i := 0; ; i++ {
		raw, err := hex.DecodeString(tx.keyed("note number", n.Mark, strconv.Itoa(i)))
		if err != nil {
			return false, fmt.Errorf("make number: %w", err)
		}
		n.Number = strconv.Itoa(1000 + int(binary.BigEndian.Uint32(raw))%9000)
		old, err := optional(tx.noteAt(n.Number))
		if err != nil || old.Number == "" {
			return false, err
		}
		if old.Mark == n.Mark {
			*n = old
			return true, nil
		}
		if i > 100_000 {
			return false, ErrFull
		}
	}
}

// countNote counts a question of today under a hash that means nothing tomorrow.
func (s Scope) countNote(site *Site, today calendar.Day) (int, error) {
	k := key("note_day", today.String(), s.tx.keyed("note day", s.Person.OpenID, today.String()))
	n, err := optional(get[int](s.tx, k))
	if err != nil {
		return 0, err
	}
	if n >= site.Limit("note_per_day", 3) {
		return 0, ErrOften
	}
	return n + 1, s.tx.put(k, n+1)
}

func (tx *Tx) noteAt(number string) (Note, error) {
	if !allDigits(number) {
		return Note{}, ErrNotFound
	}
	return get[Note](tx, key("note", number))
}

// allDigits reports whether s is digits alone, as a key part may be.
func allDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != "" && len(s) < 10
}

// MyNote returns a question that the asker's own WeChat asked: ErrNotFound for
// anybody else, as if there were none of that number.
func (s Scope) MyNote(number string) (Note, error) {
	n, err := s.tx.noteAt(number)
	if err == nil && (s.Person.OpenID == "" || n.Asker != s.tx.keyed("note", s.Person.OpenID, number)) {
		return Note{}, ErrNotFound
	}
	return n, err
}

// MyNotes returns the questions that the asker's own WeChat asked, the last one
// last; they are found by the hash, as nothing else names it.
func (s Scope) MyNotes() ([]Note, error) {
	if s.Person.OpenID == "" {
		return nil, nil
	}
	var out []Note
	for n, err := range list[Note](s.tx, prefix("note")) {
		if err != nil {
			return nil, err
		}
		if n.Asker == s.tx.keyed("note", s.Person.OpenID, n.Number) {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b Note) int { return cmp.Or(cmp.Compare(a.Asked, b.Asked), cmp.Compare(a.Turn, b.Turn)) })
	return out, nil
}

// TellNote keeps whether one message ("there is an answer") is to be sent to the
// WeChat that asked. Said after the answer is there, it is too late for one, and
// nothing is kept. ErrNotFound like MyNote.
func (s Scope) TellNote(number string, tell bool) error {
	n, err := s.MyNote(number)
	if err != nil {
		return err
	}
	if !tell || n.Answered != 0 {
		return s.tx.delete(key("note_tell", number))
	}
	return s.tx.put(key("note_tell", number), noteTell{OpenID: s.Person.OpenID})
}

// ReadNote is MyNote for the page that shows the answer: where there is one, its
// days begin to run out, and nothing more is sent about it.
func (s Scope) ReadNote(number string, now time.Time) (Note, error) {
	n, err := s.MyNote(number)
	if err != nil || n.Answered == 0 || n.Read != 0 {
		return n, err
	}
	n.Read = calendar.DayOf(now)
	if err := s.tx.untell(number); err != nil {
		return n, err
	}
	return n, s.tx.put(key("note", number), n)
}

// DeleteNote deletes a question of the asker's own and its answer at once.
// ErrNotFound like MyNote.
func (s Scope) DeleteNote(number string, now time.Time) error {
	n, err := s.MyNote(number)
	if err != nil {
		return err
	}
	if err := s.tx.dropNote(n); err != nil {
		return err
	}
	return s.tx.tellClinicians(now)
}

// dropNote deletes a note with all that names it: who is to be told, the message
// that was to tell her, the links and the open pages.
func (tx *Tx) dropNote(n Note) error {
	if err := tx.delete(key("note", n.Number)); err != nil {
		return err
	}
	if err := tx.untell(n.Number); err != nil {
		return err
	}
	return tx.shut(func(p Pass) bool {
		return p.Subject == n.Number && (p.Kind == "note" || p.Kind == "answer" || p.Kind == "reply")
	})
}

// untell takes back that somebody is to be told of an answer, booked or not.
func (tx *Tx) untell(number string) error {
	if err := tx.delete(key("note_tell", number)); err != nil {
		return err
	}
	d, err := optional(tx.DeliveryOf(tx.tellCause(number)))
	if err != nil || d.ID == "" {
		return err
	}
	return tx.dropDelivery(d)
}

// tellCause is what a message about an answer is booked for: the number is not in
// it, so that no list of messages says who asked what.
func (tx *Tx) tellCause(number string) string { return "note/" + tx.keyed("note told", number) }

// StopNotes takes back that a WeChat is told of answers: it unsubscribed.
func (tx *Tx) StopNotes(openid string, now time.Time) error {
	for p, err := range tx.scan(prefix("note_tell"), end(prefix("note_tell"))) {
		if err != nil {
			return err
		}
		t, err := record[noteTell](p)
		if err != nil {
			return err
		}
		if t.OpenID != openid {
			continue
		}
		if err := tx.delete(p.Key); err != nil {
			return err
		}
	}
	return tx.DropDeliveries("w:"+openid, "", "unsubscribed", now)
}

// WaitingNotes returns the questions without an answer that the asker may answer,
// the first due first: those that are hers or of whom she stands in for, those she is
// asked to take, those that nobody took. ErrScope for who is no clinician.
func (s Scope) WaitingNotes() ([]Note, error) {
	if !s.confidential(Clinician) {
		return nil, ErrScope
	}
	all, err := s.tx.openNotes()
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, n := range all {
		if n.Owner == "" || s.acts(n.Owner) || s.acts(n.To) {
			out = append(out, n)
		}
	}
	return out, nil
}

// For reports whether a note waits for a clinician: hers, offered to her, or
// nobody's.
func (n Note) For(cadre string) bool {
	return n.Answered == 0 && (n.Owner == "" || n.Owner == cadre || n.To == cadre)
}

// openNotes returns the notes without an answer, the first due first. One whose
// clinician has left is nobody's.
func (tx *Tx) openNotes() ([]Note, error) {
	var out []Note
	for n, err := range list[Note](tx, prefix("note")) {
		if err != nil {
			return nil, err
		}
		if n.Answered != 0 {
			continue
		}
		if n, err = tx.standingNote(n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	slices.SortStableFunc(out, func(a, b Note) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Asked, b.Asked)) })
	return out, nil
}

func (tx *Tx) standingNote(n Note) (Note, error) {
	for _, who := range []*string{&n.Owner, &n.To} {
		c, err := optional(tx.Cadre(*who))
		if err != nil {
			return n, err
		}
		if !c.clinician() {
			*who = ""
		}
	}
	return n, nil
}

// clinician reports whether a cadre answers questions of the box.
func (c Cadre) clinician() bool { return c.Has(Clinician) && !c.Has(Worker) }

// NoteOf returns a question that the asker, a clinician, may answer or has
// answered; ErrNotFound for anybody else and for one that another took.
func (s Scope) NoteOf(number string) (Note, error) {
	if !s.confidential(Clinician) {
		return Note{}, ErrNotFound
	}
	n, err := s.tx.noteAt(number)
	if err != nil {
		return n, err
	}
	if n, err = s.tx.standingNote(n); err != nil {
		return n, err
	}
	if n.Owner != "" && !s.acts(n.Owner) && !s.acts(n.To) {
		return Note{}, ErrNotFound
	}
	return n, nil
}

// TakeNote makes the asker the one who answers a question: nobody had it, or it
// was offered to her. It has an answer by the day promised, or, where that is
// past, by the end of the next working day. ErrNotFound like NoteOf.
func (s Scope) TakeNote(number string, now time.Time) (Note, error) {
	n, err := s.NoteOf(number)
	if err != nil {
		return n, err
	}
	site, err := s.tx.Site()
	if err != nil {
		return n, err
	}
	if today := calendar.DayOf(now); n.Due < today {
		n.Due = site.Holidays().NextWorking(today)
	}
	n.Owner, n.To = s.Person.Cadre.ID, ""
	if err := s.tx.put(key("note", number), n); err != nil {
		return n, err
	}
	return n, s.tx.tellClinicians(now)
}

// OfferNote asks another clinician to answer a question; until she takes it, it
// stays with who had it. "" takes the offer back. ErrNotFound like NoteOf,
// ErrScope for who is no clinician.
func (s Scope) OfferNote(number, to string, now time.Time) error {
	n, err := s.NoteOf(number)
	if err != nil {
		return err
	}
	if to != "" {
		c, err := optional(s.tx.Cadre(to))
		if err != nil {
			return err
		}
		if !c.clinician() || to == s.Person.Cadre.ID {
			return ErrScope
		}
	}
	n.To = to
	if err := s.tx.put(key("note", number), n); err != nil {
		return err
	}
	return s.tx.tellClinicians(now)
}

// Clinicians returns the others who answer questions of the box; ErrScope for who
// does not herself.
func (s Scope) Clinicians() ([]Cadre, error) {
	if !s.confidential(Clinician) {
		return nil, ErrScope
	}
	all, err := s.tx.Cadres()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(c Cadre) bool { return !c.clinician() || c.ID == s.Person.Cadre.ID }), nil
}

// AnswerNote keeps the answer of the clinician whose the question is (who answers
// one that nobody has takes it by that), and books the one message that was asked
// for. It may be answered anew until it was read: from then it returns ErrLate.
// ErrNotFound like NoteOf and for one that is another's until she takes it;
// ErrScope without words or with more than ReplyMax characters.
func (s Scope) AnswerNote(number, reply string, now time.Time) (Note, error) {
	n, err := s.NoteOf(number)
	if err != nil {
		return n, err
	}
	me := s.Person.Cadre.ID
	switch size := len([]rune(reply)); {
	case n.Owner != "" && !s.acts(n.Owner):
		return Note{}, ErrNotFound
	case n.Read != 0:
		return n, ErrLate
	case size == 0 || size > ReplyMax:
		return n, ErrScope
	}
	n.Owner, n.To, n.Reply, n.Answered = me, "", reply, calendar.DayOf(now)
	if err := s.tx.put(key("note", number), n); err != nil {
		return n, err
	}
	if err := s.tx.tellAsker(n, now); err != nil {
		return n, err
	}
	return n, s.tx.tellClinicians(now)
}

// tellAsker books the message that somebody asked for, and forgets who it was.
func (tx *Tx) tellAsker(n Note, now time.Time) error {
	t, err := optional(get[noteTell](tx, key("note_tell", n.Number)))
	if err != nil || t.OpenID == "" {
		return err
	}
	at, ok := calendar.Holidays{}.Decent(calendar.ResidentHours, now)
	if !ok {
		return nil
	}
	_, err = tx.Enqueue(Delivery{Cause: tx.tellCause(n.Number), Kind: "note_answered", To: "w:" + t.OpenID,
		Facts:    map[string]string{"day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 3, Booked: now.Unix()})
	if err != nil {
		return err
	}
	return tx.delete(key("note_tell", n.Number))
}

// clinicHours are when clinicians are told that questions wait: once in the
// morning and once in the afternoon of a working day.
var clinicHours = []calendar.Window{
	{From: 8*60 + 30, To: 11*60 + 30, WorkingDaysOnly: true},
	{From: 14*60 + 30, To: 17 * 60, WorkingDaysOnly: true},
}

// tellClinicians has each clinician told how many questions wait for her: at the
// next hour of the clinic, and on the next two working mornings if they still do.
// What is booked already is brought up to date, or dropped when nothing waits.
func (tx *Tx) tellClinicians(now time.Time) error {
	site, err := tx.Site()
	if err != nil {
		return err
	}
	open, err := tx.openNotes()
	if err != nil {
		return err
	}
	all, err := tx.Cadres()
	if err != nil {
		return err
	}
	for _, c := range all {
		if !c.clinician() {
			continue
		}
		waiting := 0
		for _, n := range open {
			if n.Owner != c.ID && n.For(c.ID) { // what she took she knows of
				waiting++
			}
		}
		if err := tx.tellCount("note_waiting", c.ID, waiting, telling(site.Holidays(), now, clinicHours), now); err != nil {
			return err
		}
	}
	return nil
}

// telling are the instants at which staff is told of what waits: at the next
// window, and when the windows of the next two working days open.
func telling(h calendar.Holidays, now time.Time, windows []calendar.Window) []time.Time {
	var out []time.Time
	for range 3 {
		at, ok := h.Decent(windows, now)
		if !ok {
			break
		}
		out, now = append(out, at), (calendar.DayOf(at)+1).At(0, 0)
	}
	return out
}

// tellCount books, for the instants given, that a number of things waits for a
// cadre; what is booked has its number brought up to date, or is dropped.
func (tx *Tx) tellCount(kind, cadre string, waiting int, at []time.Time, now time.Time) error {
	booked, err := tx.deliveriesAt(prefix("booked", "c:"+cadre), 1<<30)
	if err != nil {
		return err
	}
	for _, d := range booked {
		if d.Kind != kind || d.Facts["count"] == strconv.Itoa(waiting) {
			continue
		}
		if waiting == 0 {
			err = tx.dropDelivery(d) // not kept as dropped: the same hour may be booked anew
		} else {
			d.Facts["count"] = strconv.Itoa(waiting)
			err = tx.PutDelivery(d)
		}
		if err != nil {
			return err
		}
	}
	if waiting == 0 {
		return nil
	}
	for _, t := range at {
		half := "am"
		if t.In(calendar.Zone).Hour() >= 12 {
			half = "pm"
		}
		day := calendar.DayOf(t).String()
		_, err := tx.Enqueue(Delivery{Cause: kind + "/" + cadre + "/" + day + "/" + half, Kind: kind, To: "c:" + cadre,
			Facts:    map[string]string{"count": strconv.Itoa(waiting), "day": day},
			Earliest: t.Unix(), Latest: t.Add(3 * time.Hour).Unix(), Priority: 4, Booked: now.Unix()})
		if err != nil {
			return err
		}
	}
	return nil
}

// PurgeNotes drops, from one page, questions whose time is over (7 days after she
// read the answer; limit note_days, 60, after it was asked or answered) and the
// counts of days that are past. It returns where to go on.
func (tx *Tx) PurgeNotes(page Page, max int, now time.Time) (Page, int, error) {
	site, err := tx.Site()
	if err != nil {
		return page, 0, err
	}
	today, n, dropped := calendar.DayOf(now), 0, 0
	if page.After < string(end(prefix("note"))) {
		pre := prefix("note")
		for p, err := range tx.scan(page.start(pre), end(pre)) {
			if err != nil {
				return page, dropped, err
			}
			note, err := record[Note](p)
			if err != nil {
				return page, dropped, err
			}
			if note.over(site, today) {
				if err := tx.dropNote(note); err != nil {
					return page, dropped, err
				}
				dropped++
			}
			page.After = string(p.Key)
			if n++; n == max {
				return page, dropped, nil
			}
		}
	}
	gone, err := tx.purge(prefix("note_day"), key("note_day", today.String()), max-n)
	if err != nil || gone == max-n {
		return Page{After: string(end(prefix("note")))}, dropped + gone, err
	}
	return Page{Done: true}, dropped + gone, nil
}

// over reports whether a note has been kept for its time.
func (n Note) over(site *Site, today calendar.Day) bool {
	if n.Read != 0 {
		return n.Read+calendar.Day(site.Keep("note", 7)) <= today
	}
	return max(n.Asked, n.Answered)+calendar.Day(site.Limit("note_days", 60)) <= today
}
