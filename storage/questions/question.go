package questions

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// AnonymousQuestion is a question from the box without identity: who asked is not in it, and
// no village role learns that there is one. Only the WeChat that asked can read
// it by its number; only a clinician can answer it. It has days, no hours: an
// hour could be held against a chat.
type AnonymousQuestion struct {
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

// The limits of the question box.
var (
	UnreadDays = townconfig.NewLimit("note_days", 60, 7, 180, "小纸条没人看，多少天后删")
	PerDay     = townconfig.NewLimit("note_per_day", 3, 1, 20, "一个微信一天能写几张小纸条")
)

// noteTell is who wants to hear that there is an answer. It lies apart from the
// note, for as long as it is needed.
type noteTell struct{ OpenID string }

// Ask keeps a question of the asker's WeChat, under a number that can be
// guessed by nobody, and has the clinicians told that one waits. It returns
// ErrTwice with the note of before when the same cause was kept already, ErrOften
// when the WeChat asked its share of the day (limit PerDay), ErrScope
// without a WeChat, without words or with more than NoteMax characters.
func Ask(s person.Scope, text, cause string, now time.Time) (AnonymousQuestion, error) {
	if n := len([]rune(text)); s.Person.OpenID == "" || n == 0 || n > NoteMax {
		return AnonymousQuestion{}, record.ErrScope
	}
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return AnonymousQuestion{}, err
	}
	n := AnonymousQuestion{Text: text, Asked: calendar.DayOf(now), Mark: s.Tx.Hash("note cause", s.Person.OpenID, cause)}
	n.Due = NoteDue(site.Holidays(), now)
	there, err := NoteNumber(s.Tx, &n)
	if err != nil || there {
		return n, cmp.Or(err, record.ErrAlreadyExists)
	}
	if n.Turn, err = countNote(s, site, n.Asked); err != nil {
		return AnonymousQuestion{}, err
	}
	n.Asker = s.Tx.Hash("note", s.Person.OpenID, n.Number)
	if err := s.Tx.Put(record.Key("note", n.Number), n); err != nil {
		return AnonymousQuestion{}, err
	}
	return n, tellClinicians(s.Tx, now)
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

// NoteNumber gives a note a number that no other has; there is true when the same
// cause made a note already, which n becomes.
func NoteNumber(tx *record.Tx, n *AnonymousQuestion) (there bool, err error) {
	for i := 0; ; i++ {
		raw, err := hex.DecodeString(tx.Hash("note number", n.Mark, strconv.Itoa(i)))
		if err != nil {
			return false, fmt.Errorf("make number: %w", err)
		}
		n.Number = strconv.Itoa(1000 + int(binary.BigEndian.Uint32(raw))%9000)
		old, err := record.Optional(noteAt(tx, n.Number))
		if err != nil || old.Number == "" {
			return false, err
		}
		if old.Mark == n.Mark {
			*n = old
			return true, nil
		}
		if i > 100_000 {
			return false, record.ErrFull
		}
	}
}

// countNote counts a question of today under a hash that means nothing tomorrow.
func countNote(s person.Scope, site *townconfig.Site, today calendar.Day) (int, error) {
	k := record.Key("note_day", today.String(), s.Tx.Hash("note day", s.Person.OpenID, today.String()))
	n, err := record.Optional(record.Get[int](s.Tx, k))
	if err != nil {
		return 0, err
	}
	if n >= PerDay.Of(site) {
		return 0, record.ErrRateLimited
	}
	return n + 1, s.Tx.Put(k, n+1)
}

func noteAt(tx *record.Tx, number string) (AnonymousQuestion, error) {
	if !allDigits(number) {
		return AnonymousQuestion{}, record.ErrNotFound
	}
	return record.Get[AnonymousQuestion](tx, record.Key("note", number))
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

// Mine returns a question that the asker's own WeChat asked: ErrNotFound for
// anybody else, as if there were none of that number.
func Mine(s person.Scope, number string) (AnonymousQuestion, error) {
	n, err := noteAt(s.Tx, number)
	if err == nil && (s.Person.OpenID == "" || n.Asker != s.Tx.Hash("note", s.Person.OpenID, number)) {
		return AnonymousQuestion{}, record.ErrNotFound
	}
	return n, err
}

// AllMine returns the questions that the asker's own WeChat asked, the last one
// last; they are found by the hash, as nothing else names it.
func AllMine(s person.Scope) ([]AnonymousQuestion, error) {
	if s.Person.OpenID == "" {
		return nil, nil
	}
	var out []AnonymousQuestion
	for n, err := range record.List[AnonymousQuestion](s.Tx, record.Prefix("note")) {
		if err != nil {
			return nil, err
		}
		if n.Asker == s.Tx.Hash("note", s.Person.OpenID, n.Number) {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b AnonymousQuestion) int {
		return cmp.Or(cmp.Compare(a.Asked, b.Asked), cmp.Compare(a.Turn, b.Turn))
	})
	return out, nil
}

// TellAnswer keeps whether one message ("there is an answer") is to be sent to the
// WeChat that asked. Said after the answer is there, it is too late for one, and
// nothing is kept. ErrNotFound like MyNote.
func TellAnswer(s person.Scope, number string, tell bool) error {
	n, err := Mine(s, number)
	if err != nil {
		return err
	}
	if !tell || n.Answered != 0 {
		return s.Tx.Delete(record.Key("note_tell", number))
	}
	return s.Tx.Put(record.Key("note_tell", number), noteTell{OpenID: s.Person.OpenID})
}

// Read is MyNote for the page that shows the answer: where there is one, its
// days begin to run out, and nothing more is sent about it.
func Read(s person.Scope, number string, now time.Time) (AnonymousQuestion, error) {
	n, err := Mine(s, number)
	if err != nil || n.Answered == 0 || n.Read != 0 {
		return n, err
	}
	n.Read = calendar.DayOf(now)
	if err := untell(s.Tx, number); err != nil {
		return n, err
	}
	return n, s.Tx.Put(record.Key("note", number), n)
}

// Delete deletes a question of the asker's own and its answer at once.
// ErrNotFound like MyNote.
func Delete(s person.Scope, number string, now time.Time) error {
	n, err := Mine(s, number)
	if err != nil {
		return err
	}
	if err := dropNote(s.Tx, n); err != nil {
		return err
	}
	return tellClinicians(s.Tx, now)
}

// dropNote deletes a note with all that names it: who is to be told, the message
// that was to tell her, the links and the open pages.
func dropNote(tx *record.Tx, n AnonymousQuestion) error {
	if err := tx.Delete(record.Key("note", n.Number)); err != nil {
		return err
	}
	if err := untell(tx, n.Number); err != nil {
		return err
	}
	return access.RevokeWhere(tx, func(p access.MagicLink) bool {
		return p.Subject == n.Number && (p.Kind == "note" || p.Kind == "answer" || p.Kind == "reply")
	})
}

// untell takes back that somebody is to be told of an answer, booked or not.
func untell(tx *record.Tx, number string) error {
	if err := tx.Delete(record.Key("note_tell", number)); err != nil {
		return err
	}
	d, err := record.Optional(outbox.DeliveryOf(tx, tellCause(tx, number)))
	if err != nil || d.ID == "" {
		return err
	}
	return outbox.Remove(tx, d)
}

// tellCause is what a message about an answer is booked for: the number is not in
// it, so that no list of messages says who asked what.
func tellCause(tx *record.Tx, number string) string { return "note/" + tx.Hash("note told", number) }

// StopAll takes back that a WeChat is told of answers: it unsubscribed.
func StopAll(tx *record.Tx, openid string, now time.Time) error {
	for p, err := range tx.Scan(record.Prefix("note_tell"), record.PrefixEnd(record.Prefix("note_tell"))) {
		if err != nil {
			return err
		}
		t, err := record.Decode[noteTell](p)
		if err != nil {
			return err
		}
		if t.OpenID != openid {
			continue
		}
		if err := tx.Delete(p.Key); err != nil {
			return err
		}
	}
	return outbox.DropDeliveries(tx, "w:"+openid, "", "unsubscribed", now)
}

// Waiting returns the questions without an answer that the asker may answer,
// the first due first: those that are hers or of whom she stands in for, those she is
// asked to take, those that nobody took. ErrScope for who is no clinician.
func Waiting(s person.Scope) ([]AnonymousQuestion, error) {
	if !s.Confidential(person.Clinician) {
		return nil, record.ErrScope
	}
	all, err := openNotes(s.Tx)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, n := range all {
		if n.Owner == "" || s.ActsFor(n.Owner) || s.ActsFor(n.To) {
			out = append(out, n)
		}
	}
	return out, nil
}

// For reports whether a note waits for a clinician: hers, offered to her, or
// nobody's.
func (n AnonymousQuestion) For(cadre string) bool {
	return n.Answered == 0 && (n.Owner == "" || n.Owner == cadre || n.To == cadre)
}

// openNotes returns the notes without an answer, the first due first. One whose
// clinician has left is nobody's.
func openNotes(tx *record.Tx) ([]AnonymousQuestion, error) {
	var out []AnonymousQuestion
	for n, err := range record.List[AnonymousQuestion](tx, record.Prefix("note")) {
		if err != nil {
			return nil, err
		}
		if n.Answered != 0 {
			continue
		}
		if n, err = standingNote(tx, n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	slices.SortStableFunc(out, func(a, b AnonymousQuestion) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Asked, b.Asked))
	})
	return out, nil
}

func standingNote(tx *record.Tx, n AnonymousQuestion) (AnonymousQuestion, error) {
	for _, who := range []*string{&n.Owner, &n.To} {
		c, err := record.Optional(person.LoadStaff(tx, *who))
		if err != nil {
			return n, err
		}
		if !clinician(c) {
			*who = ""
		}
	}
	return n, nil
}

// clinician reports whether a cadre answers questions of the box.
func clinician(c person.Staff) bool { return c.Has(person.Clinician) && !c.Has(person.VillageWorker) }

// Get returns a question that the asker, a clinician, may answer or has
// answered; ErrNotFound for anybody else and for one that another took.
func Get(s person.Scope, number string) (AnonymousQuestion, error) {
	if !s.Confidential(person.Clinician) {
		return AnonymousQuestion{}, record.ErrNotFound
	}
	n, err := noteAt(s.Tx, number)
	if err != nil {
		return n, err
	}
	if n, err = standingNote(s.Tx, n); err != nil {
		return n, err
	}
	if n.Owner != "" && !s.ActsFor(n.Owner) && !s.ActsFor(n.To) {
		return AnonymousQuestion{}, record.ErrNotFound
	}
	return n, nil
}

// Take makes the asker the one who answers a question: nobody had it, or it
// was offered to her. It has an answer by the day promised, or, where that is
// past, by the end of the next working day. ErrNotFound like NoteOf.
func Take(s person.Scope, number string, now time.Time) (AnonymousQuestion, error) {
	n, err := Get(s, number)
	if err != nil {
		return n, err
	}
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return n, err
	}
	if today := calendar.DayOf(now); n.Due < today {
		n.Due = site.Holidays().NextWorking(today)
	}
	n.Owner, n.To = s.Person.Cadre.ID, ""
	if err := s.Tx.Put(record.Key("note", number), n); err != nil {
		return n, err
	}
	return n, tellClinicians(s.Tx, now)
}

// HandOn asks another clinician to answer a question; until she takes it, it
// stays with who had it. "" takes the offer back. ErrNotFound like NoteOf,
// ErrScope for who is no clinician.
func HandOn(s person.Scope, number, to string, now time.Time) error {
	n, err := Get(s, number)
	if err != nil {
		return err
	}
	if to != "" {
		c, err := record.Optional(person.LoadStaff(s.Tx, to))
		if err != nil {
			return err
		}
		if !clinician(c) || to == s.Person.Cadre.ID {
			return record.ErrScope
		}
	}
	n.To = to
	if err := s.Tx.Put(record.Key("note", number), n); err != nil {
		return err
	}
	return tellClinicians(s.Tx, now)
}

// Clinicians returns the others who answer questions of the box; ErrScope for who
// does not herself.
func Clinicians(s person.Scope) ([]person.Staff, error) {
	if !s.Confidential(person.Clinician) {
		return nil, record.ErrScope
	}
	all, err := person.AllStaff(s.Tx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(c person.Staff) bool { return !clinician(c) || c.ID == s.Person.Cadre.ID }), nil
}

// Answer keeps the answer of the clinician whose the question is (who answers
// one that nobody has takes it by that), and books the one message that was asked
// for. It may be answered anew until it was read: from then it returns ErrLate.
// ErrNotFound like NoteOf and for one that is another's until she takes it;
// ErrScope without words or with more than ReplyMax characters.
func Answer(s person.Scope, number, reply string, now time.Time) (AnonymousQuestion, error) {
	n, err := Get(s, number)
	if err != nil {
		return n, err
	}
	me := s.Person.Cadre.ID
	switch size := len([]rune(reply)); {
	case n.Owner != "" && !s.ActsFor(n.Owner):
		return AnonymousQuestion{}, record.ErrNotFound
	case n.Read != 0:
		return n, record.ErrExpired
	case size == 0 || size > ReplyMax:
		return n, record.ErrScope
	}
	n.Owner, n.To, n.Reply, n.Answered = me, "", reply, calendar.DayOf(now)
	if err := s.Tx.Put(record.Key("note", number), n); err != nil {
		return n, err
	}
	if err := tellAsker(s.Tx, n, now); err != nil {
		return n, err
	}
	return n, tellClinicians(s.Tx, now)
}

// tellAsker books the message that somebody asked for, and forgets who it was.
func tellAsker(tx *record.Tx, n AnonymousQuestion, now time.Time) error {
	t, err := record.Optional(record.Get[noteTell](tx, record.Key("note_tell", n.Number)))
	if err != nil || t.OpenID == "" {
		return err
	}
	at, ok := calendar.Holidays{}.Decent(calendar.ResidentHours, now)
	if !ok {
		return nil
	}
	_, err = outbox.Enqueue(tx, outbox.Delivery{Cause: tellCause(tx, n.Number), Kind: "note_answered", To: "w:" + t.OpenID,
		Facts:    map[string]string{"day": calendar.DayOf(at).String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 3, Booked: now.Unix()})
	if err != nil {
		return err
	}
	return tx.Delete(record.Key("note_tell", n.Number))
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
func tellClinicians(tx *record.Tx, now time.Time) error {
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	open, err := openNotes(tx)
	if err != nil {
		return err
	}
	all, err := person.AllStaff(tx)
	if err != nil {
		return err
	}
	for _, c := range all {
		if !clinician(c) {
			continue
		}
		waiting := 0
		for _, n := range open {
			if n.Owner != c.ID && n.For(c.ID) { // what she took she knows of
				waiting++
			}
		}
		if err := tellCount(tx, "note_waiting", c.ID, waiting, telling(site.Holidays(), now, clinicHours), now); err != nil {
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
func tellCount(tx *record.Tx, kind, cadre string, waiting int, at []time.Time, now time.Time) error {
	booked, err := outbox.LoadAt(tx, record.Prefix("booked", "c:"+cadre), 1<<30)
	if err != nil {
		return err
	}
	for _, d := range booked {
		if d.Kind != kind || d.Facts["count"] == strconv.Itoa(waiting) {
			continue
		}
		if waiting == 0 {
			err = outbox.Remove(tx, d) // not kept as dropped: the same hour may be booked anew
		} else {
			d.Facts["count"] = strconv.Itoa(waiting)
			err = outbox.Put(tx, d)
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
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: kind + "/" + cadre + "/" + day + "/" + half, Kind: kind, To: "c:" + cadre,
			Facts:    map[string]string{"count": strconv.Itoa(waiting), "day": day},
			Earliest: t.Unix(), Latest: t.Add(3 * time.Hour).Unix(), Priority: 4, Booked: now.Unix()})
		if err != nil {
			return err
		}
	}
	return nil
}

// Purge drops, from one page, questions whose time is over (7 days after she
// read the answer; limit note_days, 60, after it was asked or answered) and the
// counts of days that are past. It returns where to go on.
func Purge(tx *record.Tx, page record.Page, max int, now time.Time) (record.Page, int, error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return page, 0, err
	}
	today, n, dropped := calendar.DayOf(now), 0, 0
	if page.After < string(record.PrefixEnd(record.Prefix("note"))) {
		pre := record.Prefix("note")
		for p, err := range tx.Scan(page.Start(pre), record.PrefixEnd(pre)) {
			if err != nil {
				return page, dropped, err
			}
			note, err := record.Decode[AnonymousQuestion](p)
			if err != nil {
				return page, dropped, err
			}
			if note.over(site, today) {
				if err := dropNote(tx, note); err != nil {
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
	gone, err := dialogstate.Purge(tx, record.Prefix("note_day"), record.Key("note_day", today.String()), max-n)
	if err != nil || gone == max-n {
		return record.Page{After: string(record.PrefixEnd(record.Prefix("note")))}, dropped + gone, err
	}
	return record.Page{Done: true}, dropped + gone, nil
}

// over reports whether a note has been kept for its time.
func (n AnonymousQuestion) over(site *townconfig.Site, today calendar.Day) bool {
	if n.Read != 0 {
		return n.Read+calendar.Day(townconfig.KeepReadQuestion.Of(site)) <= today
	}
	return max(n.Asked, n.Answered)+calendar.Day(UnreadDays.Of(site)) <= today
}
