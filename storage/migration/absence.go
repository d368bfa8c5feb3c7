package migration

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/followups"
	"xintiexin/storage/kv"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Absence is a migrant's card: that somebody who agreed to it is away, roughly
// where, since when and until when. It holds no address, employer or reason.
type Absence struct {
	ID, Resident, Village string
	Kind                  string       `json:",omitempty"` // "" she went away; here: she lives here now, and Place is where she is from
	Place                 string       // province and city, or a class (长三角)
	Since                 calendar.Day `json:",omitempty"`
	Expected              string       `json:",omitempty"` // as said: a day, a month, 过年, 说不准
	ExpectedDay           calendar.Day `json:",omitempty"` // of a season its last day
	ExpectedFrom          calendar.Day `json:",omitempty"` // of a season its first day
	Back                  calendar.Day `json:",omitempty"` // the day of the return; 0 while away
	Leaving               string       `json:",omitempty"` // when she goes again, as said
	LeavingDay            calendar.Day `json:",omitempty"`
	By                    string       // the cadre who wrote it down, "" she herself
	At                    int64        // Unix seconds
	Agreed                int64        `json:",omitempty"` // Unix seconds: she said herself that it is right

	Extra map[string]string `json:",omitempty"` // answers to questions that a town's own forms add
}

// AbsenceState is where somebody stands who has a card.
type AbsenceState uint8

const (
	AtHome   AbsenceState = iota // no card, or she stayed
	Gone                         // away, until a day or a season
	Returned                     // she came home a while ago, or said when she goes again
	Arrived                      // she lives here now
)

// backTime is for how many days somebody who came home counts as back.
const backTime = 30

// State returns where she stands on a day.
func (a Absence) State(today calendar.Day) AbsenceState {
	switch {
	case a.ID == "":
		return AtHome
	case a.Kind == "here" && a.Back == 0:
		return Arrived
	case a.Kind == "here":
		return AtHome
	case a.Back == 0:
		return Gone
	case today <= a.Back+backTime, a.LeavingDay >= today:
		return Returned
	}
	return AtHome
}

// KeepOwnAway keeps a card that one of the asker's own wrote herself: a new one
// (without an ID; one that is open is closed at its day), or one that changed. It
// returns ErrNotFound for anybody else, ErrConsent when she has not agreed to C3.
func KeepOwnAway(s person.Scope, a Absence, cause string, now time.Time) (Absence, error) {
	r, err := s.Mine(a.Resident)
	if err != nil {
		return a, err
	}
	if err := consent.CheckAgreed(s.Tx, r.ID, purpose.Migration); err != nil {
		return a, err
	}
	if a.ID == "" {
		open, err := LoadOpen(s.Tx, r.ID)
		if err != nil {
			return a, err
		}
		if open.ID != "" {
			open.Back = max(a.Since, open.Since)
			if err := Keep(s.Tx, open, r.Village); err != nil {
				return a, err
			}
		}
		a.ID, a.Village = record.ID("away", cause), r.Village
	}
	a.By, a.At, a.Agreed = "", now.Unix(), now.Unix()
	if a.Back != 0 && a.Kind == "" {
		if err := tellReturned(s.Tx, r, a, now); err != nil {
			return a, err
		}
	}
	return a, Keep(s.Tx, a, r.Village)
}

// TellReturn lets the contact of a resident of the scope see for a week that she came
// home: a line of the day, for which nobody waits.
func TellReturn(s person.Scope, a Absence, now time.Time) error {
	r, err := s.Villager(a.Resident)
	if err != nil {
		return err
	}
	return tellReturned(s.Tx, r, a, now)
}

// tellReturned is TellBack for whoever it is; there is none for somebody of no village.
func tellReturned(tx *record.Tx, r person.Resident, a Absence, now time.Time) error {
	if r.Village == "" {
		return nil
	}
	f := followups.FollowUp{ID: record.ID("followup", "back", a.ID), Resident: r.ID, Kind: "back", Due: min(a.Back, calendar.DayOf(now)), Asked: calendar.DayOf(now)}
	old, err := record.Optional(followups.Load(tx, f.Resident, f.ID))
	if err != nil || old.ID != "" && old.Due == f.Due {
		return err
	}
	if f.Contact, _, err = person.ContactOf(tx, r); err != nil {
		return err
	}
	return followups.Put(tx, f)
}

// DropOwnAway deletes a card of one of the asker's own, who says that it is not so;
// ErrNotFound for anybody else's.
func DropOwnAway(s person.Scope, resident, id string) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	a, err := record.Get[Absence](s.Tx, record.Key("away", r.ID, id))
	if err != nil {
		return err
	}
	f, err := record.Optional(followups.Load(s.Tx, r.ID, record.ID("followup", "back", a.ID)))
	if err != nil {
		return err
	}
	if f.ID != "" && f.Closed == nil {
		f.Closed = &followups.FollowedUp{Reason: "withdrawn"}
		if err := followups.Put(s.Tx, f); err != nil {
			return err
		}
	}
	return Remove(s.Tx, a)
}

// OwnLatest returns the last card of one of the asker's own, the zero Away without
// one; ErrNotFound for anybody else.
func OwnLatest(s person.Scope, resident string) (Absence, error) {
	if _, err := s.Mine(resident); err != nil {
		return Absence{}, err
	}
	return lastCard(s.Tx, resident)
}

// lastCard is the card that is open, else the one that was closed last.
func lastCard(tx *record.Tx, resident string) (Absence, error) {
	var last Absence
	for a, err := range record.List[Absence](tx, record.Prefix("away", resident)) {
		if err != nil {
			return Absence{}, err
		}
		if last.ID == "" || a.Back == 0 && last.Back != 0 || last.Back != 0 && a.Back > last.Back {
			last = a
		}
	}
	return last, nil
}

// LatestOf returns one card of a resident of the scope; ErrNotFound outside it.
func LatestOf(s person.Scope, resident, id string) (Absence, error) {
	if _, err := s.Villager(resident); err != nil {
		return Absence{}, err
	}
	return record.Get[Absence](s.Tx, record.Key("away", resident, id))
}

// TellAway books what a resident of the scope is told of her card, on the next
// decent hour, when it can be undone no more: away_told that something was written
// down of her, away_book that she can book, if she likes. Whether she is reached, and
// what she does then, is hers alone to know.
func TellAway(s person.Scope, a Absence, kind string, now time.Time) error {
	if _, err := s.Villager(a.Resident); err != nil {
		return err
	}
	return tellAway(s.Tx, a, kind, now)
}

func tellAway(tx *record.Tx, a Absence, kind string, now time.Time) error {
	openid, err := person.WeChatOf(tx, a.Resident)
	if err != nil || openid == "" {
		return err
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return err
	}
	at, ok := site.Holidays().Decent(calendar.ResidentHours, now.Add(record.UndoTime))
	if !ok {
		return nil
	}
	_, err = outbox.Enqueue(tx, outbox.Delivery{
		Cause: strings.Join([]string{"away", a.Resident, a.ID, a.Back.String(), a.LeavingDay.String(), a.ExpectedDay.String(), kind}, "/"), Kind: kind,
		To: "r:" + a.Resident, About: a.Resident, Facts: map[string]string{"day": calendar.DayOf(now).String(), "card": a.ID},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 5, Booked: now.Unix(),
	})
	return err
}

// StillValid returns why what she is told of her card is no longer true.
func StillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	agreed, err := consent.Load(tx, d.About, purpose.Migration)
	if err != nil || !agreed.Given() {
		return record.If(err == nil, "withdrawn", ""), err
	}
	a, err := record.Optional(record.Get[Absence](tx, record.Key("away", d.About, d.Facts["card"])))
	switch {
	case err != nil:
		return "", err
	case a.ID == "":
		return "withdrawn", nil
	case d.Kind == "away_told" && a.Agreed > d.Booked:
		return "seen", nil
	case d.Kind == "away_home":
		h := Homecoming{}
		h.First, _ = calendar.ParseDay(d.Facts["first"])
		h.Last, _ = calendar.ParseDay(d.Facts["last"])
		return record.If(h.Has(a), "", "moved"), nil
	case d.Kind == "away_day" && (a.Back != 0 && d.Facts["leaving"] == "" || d.Facts["expected"] != "" && a.ExpectedDay.String() != d.Facts["expected"]):
		return "moved", nil
	}
	return "", nil
}

// AskReturns books, for one page of the people who are away, one message to each who
// said that she would be home by yesterday: whether that is so still. It returns
// where to go on, and how many were booked.
func AskReturns(tx *record.Tx, page record.Page, max int, now time.Time) (record.Page, int, error) {
	yesterday := calendar.DayOf(now) - 1
	return person.Paged(tx, record.Prefix("out"), page, max, func(p kv.Pair, rest string) (bool, error) {
		_, resident, _ := strings.Cut(rest, "/")
		return askReturn(tx, resident, yesterday, now)
	})
}

func askReturn(tx *record.Tx, resident string, day calendar.Day, now time.Time) (bool, error) {
	a, err := LoadOpen(tx, resident)
	if err != nil || a.ID == "" || a.ExpectedDay != day {
		return false, err
	}
	for _, look := range []func() (bool, error){
		func() (bool, error) { ok, err := consent.Reachable(tx, resident, purpose.Migration); return !ok, err },
		func() (bool, error) { return consent.Paused(tx, resident, purpose.Migration, now) },
	} {
		if no, err := look(); err != nil || no {
			return false, err
		}
	}
	openid, err := person.WeChatOf(tx, resident)
	if err != nil || openid == "" {
		return false, err
	}
	site, err := townconfig.Current(tx)
	if err != nil {
		return false, err
	}
	at, ok := site.Holidays().Decent(calendar.ResidentHours, now)
	if !ok {
		return false, nil
	}
	return outbox.Enqueue(tx, outbox.Delivery{
		Cause: "away/" + a.ID + "/" + day.String() + "/asked", Kind: "away_day", To: "r:" + resident, About: resident,
		Facts:    map[string]string{"day": calendar.DayOf(now).String(), "card": a.ID, "expected": day.String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 2).Unix(), Priority: 5, Booked: now.Unix(),
	})
}

// ComingHome returns the open cards of the scope that are expected up to a day,
// soonest first; those whose day has gone by are among them.
func ComingHome(s person.Scope, until calendar.Day, max int) ([]Absence, error) {
	all, err := AwayResidents(s, 1<<30)
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(all, func(a Absence) bool {
		from := cmp.Or(a.ExpectedFrom, a.ExpectedDay)
		return from == 0 || from > until
	})
	return out[:min(len(out), max)], nil
}

// Add adds a card of a resident of the scope; one already open, in whatever
// village it was written, is closed at the day on which this begins, or ends.
func Add(s person.Scope, a Absence, cause string) (Absence, error) {
	r, err := s.Villager(a.Resident)
	if err != nil {
		return a, err
	}
	if open, err := LoadOpen(s.Tx, r.ID); err != nil {
		return a, err
	} else if open.ID != "" {
		open.Back = max(open.Since, cmp.Or(a.Since, a.Back))
		if err := Keep(s.Tx, open, r.Village); err != nil {
			return a, err
		}
	}
	a.ID, a.Village, a.By = record.ID("away", cause), r.Village, s.Person.Cadre.ID
	return a, Keep(s.Tx, a, r.Village)
}

func Keep(tx *record.Tx, a Absence, village string) error {
	k := record.Key("out", village, a.Resident)
	if a.Kind != "" {
		return tx.Put(record.Key("away", a.Resident, a.ID), a)
	}
	if a.Back == 0 {
		if err := tx.PutRaw(k, []byte(a.ID)); err != nil {
			return err
		}
	} else if err := tx.Delete(k); err != nil {
		return err
	}
	return tx.Put(record.Key("away", a.Resident, a.ID), a)
}

// LoadOpen is the card of somebody who is away, the zero Away of who is not.
func LoadOpen(tx *record.Tx, resident string) (Absence, error) {
	for a, err := range record.List[Absence](tx, record.Prefix("away", resident)) {
		if err != nil || a.Back == 0 && a.Kind == "" {
			return a, err
		}
	}
	return Absence{}, nil
}

// Open returns the open card of a resident of the scope, or the zero Away.
func Open(s person.Scope, resident string) (Absence, error) {
	r, err := s.Villager(resident)
	if err != nil {
		return Absence{}, err
	}
	a, err := LoadOpen(s.Tx, resident)
	if err != nil || a.By != "" && !s.MayTell(r, a.Village) {
		return Absence{}, err
	}
	return a, nil
}

// Latest returns the card of a resident of the scope that was closed last, or
// the zero Away; none that was written in a village from which she moved.
func Latest(s person.Scope, resident string) (Absence, error) {
	r, err := s.Villager(resident)
	if err != nil {
		return Absence{}, err
	}
	var last Absence
	for a, err := range record.List[Absence](s.Tx, record.Prefix("away", resident)) {
		if err != nil {
			return Absence{}, err
		}
		if a.Back > last.Back && (a.By == "" || s.MayTell(r, a.Village)) {
			last = a
		}
	}
	return last, nil
}

// Put keeps a changed card of a resident of the scope.
func Put(s person.Scope, a Absence, now time.Time) error {
	r, err := s.Villager(a.Resident)
	if err != nil {
		return err
	}
	a.At, a.By, a.Agreed = now.Unix(), s.Person.Cadre.ID, 0
	return Keep(s.Tx, a, r.Village)
}

// AwayResidents returns the open cards of the scope, at most max, soonest
// expected first.
func AwayResidents(s person.Scope, max int) ([]Absence, error) {
	var out []Absence
	for _, v := range s.VillageIDs {
		for p, err := range s.Tx.Parts(record.Prefix("out", v)) {
			if err != nil {
				return nil, err
			}
			if s.Family[p[0]] {
				continue
			}
			a, err := LoadOpen(s.Tx, p[0])
			if err != nil {
				return nil, err
			}
			if a.ID == "" {
				continue
			}
			if a.By != "" && a.Village != v && !s.Inside[a.Village] { // told in another village
				continue
			}
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Absence) int {
		return cmp.Compare(uint32(a.ExpectedDay-1), uint32(b.ExpectedDay-1)) // no day sorts last
	})
	return out[:min(len(out), max)], nil
}

// Withdrawn closes an open away card with the consent to it: where the person is
// is nobody's business any more.
func Withdrawn(tx *record.Tx, resident string, set purpose.Purpose, now time.Time) error {
	if set != purpose.Migration {
		return nil
	}
	away, err := LoadOpen(tx, resident)
	if err != nil || away.ID == "" {
		return err
	}
	r, err := person.LoadResident(tx, resident)
	if err != nil {
		return err
	}
	away.Back = calendar.DayOf(now)
	return Keep(tx, away, r.Village)
}
