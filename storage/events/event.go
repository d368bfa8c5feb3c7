package events

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
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

// Cause is for what the word on the evening before is booked.
func (s LectureSeat) Cause() string {
	return strings.Join([]string{"lecture", s.Lecture, s.Resident, s.Day.String(), s.Time}, "/")
}

// TopicSuggestion is a topic that people would like to hear of, and how often it was named;
// who did is not kept.
type TopicSuggestion struct {
	Topic string
	Count int
}

// The most that a topic holds, in characters, and how many topics are kept.
const (
	TopicMax = 20
	maxWishs = 300
)

// UpcomingLecture is a meeting that has not begun, and its seats.
type UpcomingLecture struct {
	townconfig.Lecture
	Left int  // free seats
	Mine bool // one of the asker's own has a seat
}

// StartOf is when a meeting begins.
func StartOf(l townconfig.Lecture) time.Time {
	t, err := time.Parse("15:04", l.Time)
	if err != nil {
		return l.Day.At(0, 0)
	}
	return l.Day.At(t.Hour(), t.Minute())
}

// Lectures returns the meetings of the site that have not begun, the next first.
func Lectures(s person.Scope, now time.Time) ([]UpcomingLecture, error) {
	site, err := townconfig.Current(s.Tx)
	if err != nil {
		return nil, err
	}
	var out []UpcomingLecture
	for _, l := range site.Lectures {
		if !StartOf(l).After(now) {
			continue
		}
		u := UpcomingLecture{Lecture: l, Left: l.Seats}
		for p, err := range s.Tx.Parts(record.Prefix("lecture", l.ID)) {
			if err != nil {
				return nil, err
			}
			u.Left--
			u.Mine = u.Mine || s.Family[p[0]]
		}
		u.Left = max(0, u.Left)
		out = append(out, u)
	}
	slices.SortStableFunc(out, func(a, b UpcomingLecture) int { return StartOf(a.Lecture).Compare(StartOf(b.Lecture)) })
	return out, nil
}

// findLecture returns a meeting of the site that has not begun; ErrNotFound when there
// is none, ErrPast when it has.
func findLecture(tx *record.Tx, id string, now time.Time) (townconfig.Lecture, error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return townconfig.Lecture{}, err
	}
	l, ok := record.Found(site.Lectures, func(l townconfig.Lecture) bool { return l.ID == id })
	switch {
	case !ok || strings.ContainsAny(id, "/\x00"):
		return l, record.ErrNotFound
	case !StartOf(l).After(now):
		return l, record.ErrNotAvailable
	}
	return l, nil
}

// SignUp gives a resident, one of the asker's own or of her scope, a seat at a
// meeting, and books a word to her on the evening before. It returns ErrTwice when
// she has one, ErrFull when none is left, ErrPast when it has begun, ErrConsent
// when she did not agree to C1, ErrScope for a village role that she does not show
// herself to, ErrNotFound for anybody else.
func SignUp(s person.Scope, resident, lecture string, now time.Time) (townconfig.Lecture, error) {
	if _, err := s.Client(resident); err != nil {
		return townconfig.Lecture{}, err
	}
	l, err := findLecture(s.Tx, lecture, now)
	if err != nil {
		return l, err
	}
	if ok, err := s.Knows(resident, "", person.RingNobody); err != nil || !ok {
		return l, cmp.Or(err, record.ErrScope)
	}
	if c, err := consent.Load(s.Tx, resident, purpose.Booking); err != nil || !c.Given() {
		return l, cmp.Or(err, record.ErrConsent)
	}
	k := record.Key("lecture", l.ID, resident)
	if there, err := s.Tx.Has(k); err != nil || there {
		return l, cmp.Or(err, record.ErrAlreadyExists)
	}
	taken := 0
	for _, err := range s.Tx.Parts(record.Prefix("lecture", l.ID)) {
		if err != nil {
			return l, err
		}
		taken++
	}
	if taken >= l.Seats {
		return l, record.ErrFull
	}
	if err := s.Tx.Put(k, LectureSeat{Lecture: l.ID, Resident: resident, Day: l.Day, Time: l.Time, At: now.Unix()}); err != nil {
		return l, err
	}
	return l, remindLecture(s.Tx, l, resident, now)
}

// remindLecture books a word on the evening before.
func remindLecture(tx *record.Tx, l townconfig.Lecture, resident string, now time.Time) error {
	openid, err := person.WeChatOf(tx, resident)
	if err != nil || openid == "" || !now.Before((l.Day-1).At(18, 30)) {
		return err
	}
	return outbox.Promise(tx, outbox.Delivery{Cause: LectureSeat{Lecture: l.ID, Resident: resident, Day: l.Day, Time: l.Time}.Cause(), Kind: "lecture_eve",
		To: "r:" + resident, About: resident, Facts: map[string]string{"lecture": l.ID, "day": l.Day.String(), "time": l.Time},
		Earliest: (l.Day - 1).At(18, 30).Unix(), Latest: (l.Day - 1).At(20, 0).Unix(), Priority: 3, Booked: now.Unix()})
}

// start is when the meeting begins for which a seat was taken.
func (s LectureSeat) start() time.Time { return StartOf(townconfig.Lecture{Day: s.Day, Time: s.Time}) }

// MoveAll takes the seats at meetings to come along to where site data that come
// in force have them: the old reminder is dropped, she is told, and reminded anew. Of
// a meeting that is not held any more she is told once; her seat stands, in case it
// was missing by mistake, and when it is held again she is told that, and reminded.
func MoveAll(tx *record.Tx, all []townconfig.Lecture, now time.Time) error {
	seats, err := record.Collect(record.List[LectureSeat](tx, record.Prefix("lecture")))
	if err != nil {
		return err
	}
	for _, seat := range seats {
		l, held := record.Found(all, func(l townconfig.Lecture) bool { return l.ID == seat.Lecture })
		same := held && l.Day == seat.Day && l.Time == seat.Time
		if !seat.start().After(now) || same && !seat.Off || !held && seat.Off {
			continue
		}
		if err := moveSeat(tx, seat, l, held, now); err != nil {
			return fmt.Errorf("move a meeting: %w", err)
		}
	}
	return nil
}

func moveSeat(tx *record.Tx, seat LectureSeat, l townconfig.Lecture, held bool, now time.Time) error {
	old, err := record.Optional(outbox.DeliveryOf(tx, seat.Cause()))
	if err != nil {
		return err
	}
	if old.State == outbox.Booked || old.State == outbox.Deferred {
		old.State, old.Reason, old.Settled = outbox.Dropped, "moved", now.Unix()
		if err := outbox.Put(tx, old); err != nil {
			return err
		}
	}
	word := outbox.Delivery{Kind: "lecture_off", To: "r:" + seat.Resident, About: seat.Resident, Priority: 2, Booked: now.Unix(), Earliest: now.Unix(),
		Latest: seat.start().Unix(), Facts: map[string]string{"lecture": seat.Lecture, "day": seat.Day.String(), "time": seat.Time}}
	k, again := record.Key("lecture", seat.Lecture, seat.Resident), false
	if !held {
		seat.Off = true
		err = tx.Put(k, seat)
	} else {
		again = seat.Off && l.Day == seat.Day && l.Time == seat.Time
		seat.Off = false
		seat.Day, seat.Time = l.Day, l.Time
		word.Kind, word.Latest = "lecture_moved", StartOf(l).Unix()
		word.Facts["day"], word.Facts["time"] = l.Day.String(), l.Time
		if err = tx.Put(k, seat); err == nil && StartOf(l).After(now) {
			err = remindLecture(tx, l, seat.Resident, now)
		}
	}
	if err != nil {
		return err
	}
	if again {
		word.Facts["again"] = "yes"
	}
	openid, err := person.WeChatOf(tx, seat.Resident)
	if err != nil || openid == "" || word.Latest <= now.Unix() {
		return err
	}
	word.Cause = strings.Join([]string{seat.Cause(), word.Kind, record.Stamp(now)}, "/") // there and back again is two moves
	_, err = outbox.Enqueue(tx, word)
	return err
}

// StillValid returns why a word about a meeting is no longer true.
func StillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	if d.Kind == "lecture_off" {
		_, err := findLecture(tx, d.Facts["lecture"], time.Unix(d.Booked, 0))
		if errors.Is(err, record.ErrNotFound) {
			return "", nil
		}
		return "moved", record.Ignoring(err, record.ErrNotAvailable)
	}
	there, err := tx.Has(record.Key("lecture", d.Facts["lecture"], d.About))
	if err != nil || !there {
		return "cancelled", err
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return "", err
	}
	l, ok := record.Found(site.Lectures, func(l townconfig.Lecture) bool { return l.ID == d.Facts["lecture"] })
	if !ok || l.Day.String() != d.Facts["day"] || l.Time != d.Facts["time"] {
		return "moved", nil
	}
	return "", nil
}

// CancelSeat gives a seat at a meeting up. ErrNotFound when she has none, or the
// asker may not know of it.
func CancelSeat(s person.Scope, resident, lecture string, now time.Time) error {
	if _, err := s.Client(resident); err != nil {
		return err
	}
	if strings.ContainsAny(lecture, "/\x00") {
		return record.ErrNotFound
	}
	k := record.Key("lecture", lecture, resident)
	if ok, err := s.Knows(resident, "", person.RingNobody); err != nil || !ok {
		return cmp.Or(err, record.ErrNotFound)
	}
	seat, err := record.Get[LectureSeat](s.Tx, k)
	if err != nil {
		return err
	}
	if err := s.Tx.Delete(k); err != nil {
		return err
	}
	d, err := record.Optional(outbox.DeliveryOf(s.Tx, seat.Cause()))
	if err != nil || d.State != outbox.Booked {
		return err
	}
	return outbox.Remove(s.Tx, d)
}

// SeatsOf returns the seats at meetings, from a day on, of one of the asker's own;
// ErrNotFound for anybody else.
func SeatsOf(s person.Scope, resident string, today calendar.Day) ([]LectureSeat, error) {
	if _, err := s.Mine(resident); err != nil {
		return nil, err
	}
	var out []LectureSeat
	for seat, err := range record.List[LectureSeat](s.Tx, record.Prefix("lecture")) {
		if err != nil {
			return nil, err
		}
		if seat.Resident == resident && seat.Day >= today && !seat.Off {
			out = append(out, seat)
		}
	}
	return out, nil
}

// Subscribers is that somebody wants to be told of meetings and days of the town's; she
// said so herself.
type Subscribers struct {
	Resident string
	At       int64 // Unix seconds
}

// Subscribe keeps that one of the asker's own wants to be told of meetings, or no longer.
// It returns ErrNotFound for anybody else, ErrConsent when she did not agree to C1.
func Subscribe(s person.Scope, resident string, wants bool, now time.Time) error {
	if _, err := s.Mine(resident); err != nil {
		return err
	}
	if !wants {
		return s.Tx.Delete(record.Key("hears", resident))
	}
	if c, err := consent.Load(s.Tx, resident, purpose.Booking); err != nil || !c.Given() {
		return cmp.Or(err, record.ErrConsent)
	}
	return s.Tx.Put(record.Key("hears", resident), Subscribers{Resident: resident, At: now.Unix()})
}

// IsSubscribed reports whether one of the asker's own is told of meetings; ErrNotFound for
// anybody else.
func IsSubscribed(s person.Scope, resident string) (bool, error) {
	if _, err := s.Mine(resident); err != nil {
		return false, err
	}
	return s.Tx.Has(record.Key("hears", resident))
}

// LeaveAll gives up every seat of a person, and that she is told of meetings.
func LeaveAll(tx *record.Tx, resident string) error {
	if err := tx.Delete(record.Key("hears", resident)); err != nil {
		return err
	}
	for p, err := range tx.Parts(record.Prefix("lecture")) {
		if err != nil {
			return err
		}
		if p[1] != resident {
			continue
		}
		if err := tx.Delete(record.Key("lecture", p[0], p[1])); err != nil {
			return err
		}
	}
	return nil
}

// SuggestTopic counts a topic that somebody would like to hear of. ErrScope for one
// that is empty or longer than WishMax; what goes beyond the topics that are kept
// is not counted.
func SuggestTopic(tx *record.Tx, topic string) error {
	if n := len([]rune(topic)); n == 0 || n > TopicMax {
		return record.ErrScope
	}
	k := record.Key("wish", record.ID("wish", topic))
	w, err := record.Optional(record.Get[TopicSuggestion](tx, k))
	if err != nil {
		return err
	}
	if w.Topic == "" {
		n := 0
		for _, err := range tx.Parts(record.Prefix("wish")) {
			if err != nil {
				return err
			}
			if n++; n >= maxWishs {
				return nil
			}
		}
	}
	return tx.Put(k, TopicSuggestion{Topic: topic, Count: w.Count + 1})
}

// Topics returns the topics, those named most first, for clerk and clinician;
// ErrScope for anybody else.
func Topics(s person.Scope, max int) ([]TopicSuggestion, error) {
	if !s.Person.Cadre.Has(person.Clerk, person.Clinician) {
		return nil, record.ErrScope
	}
	all, err := record.Collect(record.List[TopicSuggestion](s.Tx, record.Prefix("wish")))
	if err != nil {
		return nil, errors.Join(err)
	}
	slices.SortStableFunc(all, func(a, b TopicSuggestion) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Topic, b.Topic))
	})
	return all[:min(len(all), max)], nil
}

// Withdrawn gives up a resident's seats at meetings, with the consent to booking.
func Withdrawn(tx *record.Tx, resident string, set purpose.Purpose, _ time.Time) error {
	if set != purpose.Booking {
		return nil
	}
	return LeaveAll(tx, resident)
}
