package storage

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
)

// LectureSeat is a seat at a meeting, one for each person. What the meeting is
// stands in the site data.
type LectureSeat struct {
	Lecture, Resident string
	Day               calendar.Day
	Time              string // "09:30", UTC+8
	At                int64  // Unix seconds
	Off               bool   `json:",omitempty"` // not held, as the site data in force have it, and she was told
}

// cause is for what the word on the evening before is booked.
func (s LectureSeat) cause() string {
	return strings.Join([]string{"lecture", s.Lecture, s.Resident, s.Day.String(), s.Time}, "/")
}

// Wish is a topic that people would like to hear of, and how often it was named;
// who did is not kept.
type Wish struct {
	Topic string
	Count int
}

// The most that a topic holds, in characters, and how many topics are kept.
const (
	WishMax  = 20
	maxWishs = 300
)

// UpcomingLecture is a meeting that has not begun, and its seats.
type UpcomingLecture struct {
	Lecture
	Left int  // free seats
	Mine bool // one of the asker's own has a seat
}

// start is when a meeting begins.
func (l Lecture) start() time.Time {
	t, err := time.Parse("15:04", l.Time)
	if err != nil {
		return l.Day.At(0, 0)
	}
	return l.Day.At(t.Hour(), t.Minute())
}

// Lectures returns the meetings of the site that have not begun, the next first.
func (s Scope) Lectures(now time.Time) ([]UpcomingLecture, error) {
	site, err := s.tx.Site()
	if err != nil {
		return nil, err
	}
	var out []UpcomingLecture
	for _, l := range site.Lectures {
		if !l.start().After(now) {
			continue
		}
		u := UpcomingLecture{Lecture: l, Left: l.Seats}
		for p, err := range s.tx.parts(prefix("lecture", l.ID)) {
			if err != nil {
				return nil, err
			}
			u.Left--
			u.Mine = u.Mine || s.own[p[0]]
		}
		u.Left = max(0, u.Left)
		out = append(out, u)
	}
	slices.SortStableFunc(out, func(a, b UpcomingLecture) int { return a.Lecture.start().Compare(b.Lecture.start()) })
	return out, nil
}

// lecture returns a meeting of the site that has not begun; ErrNotFound when there
// is none, ErrPast when it has.
func (tx *Tx) lecture(id string, now time.Time) (Lecture, error) {
	site, err := tx.Site()
	if err != nil {
		return Lecture{}, err
	}
	l, ok := found(site.Lectures, func(l Lecture) bool { return l.ID == id })
	switch {
	case !ok || strings.ContainsAny(id, "/\x00"):
		return l, ErrNotFound
	case !l.start().After(now):
		return l, ErrPast
	}
	return l, nil
}

// SignUp gives a resident, one of the asker's own or of her scope, a seat at a
// meeting, and books a word to her on the evening before. It returns ErrTwice when
// she has one, ErrFull when none is left, ErrPast when it has begun, ErrConsent
// when she did not agree to C1, ErrScope for a village role that she does not show
// herself to, ErrNotFound for anybody else.
func (s Scope) SignUp(resident, lecture string, now time.Time) (Lecture, error) {
	if _, err := s.Client(resident); err != nil {
		return Lecture{}, err
	}
	l, err := s.tx.lecture(lecture, now)
	if err != nil {
		return l, err
	}
	if ok, err := s.knows(resident, "", RingNobody); err != nil || !ok {
		return l, cmp.Or(err, ErrScope)
	}
	if c, err := s.tx.Consent(resident, C1); err != nil || !c.Given() {
		return l, cmp.Or(err, ErrConsent)
	}
	k := key("lecture", l.ID, resident)
	if there, err := s.tx.has(k); err != nil || there {
		return l, cmp.Or(err, ErrTwice)
	}
	taken := 0
	for _, err := range s.tx.parts(prefix("lecture", l.ID)) {
		if err != nil {
			return l, err
		}
		taken++
	}
	if taken >= l.Seats {
		return l, ErrFull
	}
	if err := s.tx.put(k, LectureSeat{Lecture: l.ID, Resident: resident, Day: l.Day, Time: l.Time, At: now.Unix()}); err != nil {
		return l, err
	}
	return l, s.tx.remindLecture(l, resident, now)
}

// remindLecture books a word on the evening before.
func (tx *Tx) remindLecture(l Lecture, resident string, now time.Time) error {
	openid, err := tx.WeChatOf(resident)
	if err != nil || openid == "" || !now.Before((l.Day-1).At(18, 30)) {
		return err
	}
	return tx.promise(Delivery{Cause: LectureSeat{Lecture: l.ID, Resident: resident, Day: l.Day, Time: l.Time}.cause(), Kind: "lecture_eve",
		To: "r:" + resident, About: resident, Facts: map[string]string{"lecture": l.ID, "day": l.Day.String(), "time": l.Time},
		Earliest: (l.Day - 1).At(18, 30).Unix(), Latest: (l.Day - 1).At(20, 0).Unix(), Priority: 3, Booked: now.Unix()})
}

// start is when the meeting begins for which a seat was taken.
func (s LectureSeat) start() time.Time { return Lecture{Day: s.Day, Time: s.Time}.start() }

// moveLectures takes the seats at meetings to come along to where site data that come
// in force have them: the old reminder is dropped, she is told, and reminded anew. Of
// a meeting that is not held any more she is told once; her seat stands, in case it
// was missing by mistake, and when it is held again she is told that, and reminded.
func (tx *Tx) moveLectures(all []Lecture, now time.Time) error {
	seats, err := collect(list[LectureSeat](tx, prefix("lecture")))
	if err != nil {
		return err
	}
	for _, seat := range seats {
		l, held := found(all, func(l Lecture) bool { return l.ID == seat.Lecture })
		same := held && l.Day == seat.Day && l.Time == seat.Time
		if !seat.start().After(now) || same && !seat.Off || !held && seat.Off {
			continue
		}
		if err := tx.moveSeat(seat, l, held, now); err != nil {
			return fmt.Errorf("move a meeting: %w", err)
		}
	}
	return nil
}

func (tx *Tx) moveSeat(seat LectureSeat, l Lecture, held bool, now time.Time) error {
	old, err := optional(tx.DeliveryOf(seat.cause()))
	if err != nil {
		return err
	}
	if old.State == Booked || old.State == Owed {
		old.State, old.Reason, old.Settled = Dropped, "moved", now.Unix()
		if err := tx.PutDelivery(old); err != nil {
			return err
		}
	}
	word := Delivery{Kind: "lecture_off", To: "r:" + seat.Resident, About: seat.Resident, Priority: 2, Booked: now.Unix(), Earliest: now.Unix(),
		Latest: seat.start().Unix(), Facts: map[string]string{"lecture": seat.Lecture, "day": seat.Day.String(), "time": seat.Time}}
	k, again := key("lecture", seat.Lecture, seat.Resident), false
	if !held {
		seat.Off = true
		err = tx.put(k, seat)
	} else {
		again = seat.Off && l.Day == seat.Day && l.Time == seat.Time
		seat.Off = false
		seat.Day, seat.Time = l.Day, l.Time
		word.Kind, word.Latest = "lecture_moved", l.start().Unix()
		word.Facts["day"], word.Facts["time"] = l.Day.String(), l.Time
		if err = tx.put(k, seat); err == nil && l.start().After(now) {
			err = tx.remindLecture(l, seat.Resident, now)
		}
	}
	if err != nil {
		return err
	}
	if again {
		word.Facts["again"] = "yes"
	}
	openid, err := tx.WeChatOf(seat.Resident)
	if err != nil || openid == "" || word.Latest <= now.Unix() {
		return err
	}
	word.Cause = strings.Join([]string{seat.cause(), word.Kind, stamp(now)}, "/") // there and back again is two moves
	_, err = tx.Enqueue(word)
	return err
}

// lectureStands returns why a word about a meeting is no longer true.
func (tx *Tx) lectureStands(d Delivery) (string, error) {
	if d.Kind == "lecture_off" {
		_, err := tx.lecture(d.Facts["lecture"], time.Unix(d.Booked, 0))
		if errors.Is(err, ErrNotFound) {
			return "", nil
		}
		return "moved", ignoring(err, ErrPast)
	}
	there, err := tx.has(key("lecture", d.Facts["lecture"], d.About))
	if err != nil || !there {
		return "cancelled", err
	}
	site, err := tx.Site()
	if err != nil {
		return "", err
	}
	l, ok := found(site.Lectures, func(l Lecture) bool { return l.ID == d.Facts["lecture"] })
	if !ok || l.Day.String() != d.Facts["day"] || l.Time != d.Facts["time"] {
		return "moved", nil
	}
	return "", nil
}

// CancelSeat gives a seat at a meeting up. ErrNotFound when she has none, or the
// asker may not know of it.
func (s Scope) CancelSeat(resident, lecture string, now time.Time) error {
	if _, err := s.Client(resident); err != nil {
		return err
	}
	if strings.ContainsAny(lecture, "/\x00") {
		return ErrNotFound
	}
	k := key("lecture", lecture, resident)
	if ok, err := s.knows(resident, "", RingNobody); err != nil || !ok {
		return cmp.Or(err, ErrNotFound)
	}
	seat, err := get[LectureSeat](s.tx, k)
	if err != nil {
		return err
	}
	if err := s.tx.delete(k); err != nil {
		return err
	}
	d, err := optional(s.tx.DeliveryOf(seat.cause()))
	if err != nil || d.State != Booked {
		return err
	}
	return s.tx.dropDelivery(d)
}

// SeatsOf returns the seats at meetings, from a day on, of one of the asker's own;
// ErrNotFound for anybody else.
func (s Scope) SeatsOf(resident string, today calendar.Day) ([]LectureSeat, error) {
	if _, err := s.Mine(resident); err != nil {
		return nil, err
	}
	var out []LectureSeat
	for seat, err := range list[LectureSeat](s.tx, prefix("lecture")) {
		if err != nil {
			return nil, err
		}
		if seat.Resident == resident && seat.Day >= today && !seat.Off {
			out = append(out, seat)
		}
	}
	return out, nil
}

// Hearing is that somebody wants to be told of meetings and days of the town's; she
// said so herself.
type Hearing struct {
	Resident string
	At       int64 // Unix seconds
}

// Hear keeps that one of the asker's own wants to be told of meetings, or no longer.
// It returns ErrNotFound for anybody else, ErrConsent when she did not agree to C1.
func (s Scope) Hear(resident string, wants bool, now time.Time) error {
	if _, err := s.Mine(resident); err != nil {
		return err
	}
	if !wants {
		return s.tx.delete(key("hears", resident))
	}
	if c, err := s.tx.Consent(resident, C1); err != nil || !c.Given() {
		return cmp.Or(err, ErrConsent)
	}
	return s.tx.put(key("hears", resident), Hearing{Resident: resident, At: now.Unix()})
}

// Hears reports whether one of the asker's own is told of meetings; ErrNotFound for
// anybody else.
func (s Scope) Hears(resident string) (bool, error) {
	if _, err := s.Mine(resident); err != nil {
		return false, err
	}
	return s.tx.has(key("hears", resident))
}

// leaveLectures gives up every seat of a person, and that she is told of meetings.
func (tx *Tx) leaveLectures(resident string) error {
	if err := tx.delete(key("hears", resident)); err != nil {
		return err
	}
	for p, err := range tx.parts(prefix("lecture")) {
		if err != nil {
			return err
		}
		if p[1] != resident {
			continue
		}
		if err := tx.delete(key("lecture", p[0], p[1])); err != nil {
			return err
		}
	}
	return nil
}

// WishFor counts a topic that somebody would like to hear of. ErrScope for one
// that is empty or longer than WishMax; what goes beyond the topics that are kept
// is not counted.
func (tx *Tx) WishFor(topic string) error {
	if n := len([]rune(topic)); n == 0 || n > WishMax {
		return ErrScope
	}
	k := key("wish", ID("wish", topic))
	w, err := optional(get[Wish](tx, k))
	if err != nil {
		return err
	}
	if w.Topic == "" {
		n := 0
		for _, err := range tx.parts(prefix("wish")) {
			if err != nil {
				return err
			}
			if n++; n >= maxWishs {
				return nil
			}
		}
	}
	return tx.put(k, Wish{Topic: topic, Count: w.Count + 1})
}

// Wishes returns the topics, those named most first, for clerk and clinician;
// ErrScope for anybody else.
func (s Scope) Wishes(max int) ([]Wish, error) {
	if !s.Person.Cadre.Has(Clerk, Clinician) {
		return nil, ErrScope
	}
	all, err := collect(list[Wish](s.tx, prefix("wish")))
	if err != nil {
		return nil, errors.Join(err)
	}
	slices.SortStableFunc(all, func(a, b Wish) int { return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Topic, b.Topic)) })
	return all[:min(len(all), max)], nil
}

// withdrawnLectures gives up a resident's seats at meetings, with the consent to booking.
func withdrawnLectures(tx *Tx, resident string, set Set, _ time.Time) error {
	if set != C1 {
		return nil
	}
	return tx.leaveLectures(resident)
}
