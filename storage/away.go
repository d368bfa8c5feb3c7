package storage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// Away is a migrant's card: that somebody who agreed to it is away, roughly
// where, since when and until when. It holds no address, employer or reason.
type Away struct {
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

// AwayState is where somebody stands who has a card.
type AwayState uint8

const (
	AtHome  AwayState = iota // no card, or she stayed
	Gone                     // away, until a day or a season
	Back                     // she came home a while ago, or said when she goes again
	Arrived                  // she lives here now
)

// backTime is for how many days somebody who came home counts as back.
const backTime = 30

// State returns where she stands on a day.
func (a Away) State(today calendar.Day) AwayState {
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
		return Back
	}
	return AtHome
}

// KeepOwnAway keeps a card that one of the asker's own wrote herself: a new one
// (without an ID; one that is open is closed at its day), or one that changed. It
// returns ErrNotFound for anybody else, ErrConsent when she has not agreed to C3.
func (s Scope) KeepOwnAway(a Away, cause string, now time.Time) (Away, error) {
	r, err := s.Mine(a.Resident)
	if err != nil {
		return a, err
	}
	if err := s.tx.agreed(r.ID, C3); err != nil {
		return a, err
	}
	if a.ID == "" {
		open, err := s.tx.openAway(r.ID)
		if err != nil {
			return a, err
		}
		if open.ID != "" {
			open.Back = max(a.Since, open.Since)
			if err := s.tx.putAway(open, r.Village); err != nil {
				return a, err
			}
		}
		a.ID, a.Village = ID("away", cause), r.Village
	}
	a.By, a.At, a.Agreed = "", now.Unix(), now.Unix()
	if a.Back != 0 && a.Kind == "" {
		if err := s.tx.tellBack(r, a, now); err != nil {
			return a, err
		}
	}
	return a, s.tx.putAway(a, r.Village)
}

// TellBack lets the contact of a resident of the scope see for a week that she came
// home: a line of the day, for which nobody waits.
func (s Scope) TellBack(a Away, now time.Time) error {
	r, err := s.villager(a.Resident)
	if err != nil {
		return err
	}
	return s.tx.tellBack(r, a, now)
}

// tellBack is TellBack for whoever it is; there is none for somebody of no village.
func (tx *Tx) tellBack(r Resident, a Away, now time.Time) error {
	if r.Village == "" {
		return nil
	}
	f := FollowUp{ID: ID("followup", "back", a.ID), Resident: r.ID, Kind: "back", Due: min(a.Back, calendar.DayOf(now)), Asked: calendar.DayOf(now)}
	old, err := optional(tx.FollowUp(f.Resident, f.ID))
	if err != nil || old.ID != "" && old.Due == f.Due {
		return err
	}
	if f.Contact, _, err = tx.ContactOf(r); err != nil {
		return err
	}
	return tx.PutFollowUp(f)
}

// DropOwnAway deletes a card of one of the asker's own, who says that it is not so;
// ErrNotFound for anybody else's.
func (s Scope) DropOwnAway(resident, id string) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	a, err := get[Away](s.tx, key("away", r.ID, id))
	if err != nil {
		return err
	}
	f, err := optional(s.tx.FollowUp(r.ID, ID("followup", "back", a.ID)))
	if err != nil {
		return err
	}
	if f.ID != "" && f.Closed == nil {
		f.Closed = &FollowedUp{Reason: "withdrawn"}
		if err := s.tx.PutFollowUp(f); err != nil {
			return err
		}
	}
	return s.tx.dropAway(a)
}

// OwnCard returns the last card of one of the asker's own, the zero Away without
// one; ErrNotFound for anybody else.
func (s Scope) OwnCard(resident string) (Away, error) {
	if _, err := s.Mine(resident); err != nil {
		return Away{}, err
	}
	return s.tx.lastCard(resident)
}

// lastCard is the card that is open, else the one that was closed last.
func (tx *Tx) lastCard(resident string) (Away, error) {
	var last Away
	for a, err := range list[Away](tx, prefix("away", resident)) {
		if err != nil {
			return Away{}, err
		}
		if last.ID == "" || a.Back == 0 && last.Back != 0 || last.Back != 0 && a.Back > last.Back {
			last = a
		}
	}
	return last, nil
}

// Card returns one card of a resident of the scope; ErrNotFound outside it.
func (s Scope) Card(resident, id string) (Away, error) {
	if _, err := s.villager(resident); err != nil {
		return Away{}, err
	}
	return get[Away](s.tx, key("away", resident, id))
}

// TellAway books what a resident of the scope is told of her card, on the next
// decent hour, when it can be undone no more: away_told that something was written
// down of her, away_book that she can book, if she likes. Whether she is reached, and
// what she does then, is hers alone to know.
func (s Scope) TellAway(a Away, kind string, now time.Time) error {
	if _, err := s.villager(a.Resident); err != nil {
		return err
	}
	return s.tx.tellAway(a, kind, now)
}

func (tx *Tx) tellAway(a Away, kind string, now time.Time) error {
	openid, err := tx.WeChatOf(a.Resident)
	if err != nil || openid == "" {
		return err
	}
	site, err := tx.Site()
	if err != nil {
		return err
	}
	at, ok := site.Holidays().Decent(calendar.ResidentHours, now.Add(UndoTime))
	if !ok {
		return nil
	}
	_, err = tx.Enqueue(Delivery{
		Cause: strings.Join([]string{"away", a.Resident, a.ID, a.Back.String(), a.LeavingDay.String(), a.ExpectedDay.String(), kind}, "/"), Kind: kind,
		To: "r:" + a.Resident, About: a.Resident, Facts: map[string]string{"day": calendar.DayOf(now).String(), "card": a.ID},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 5, Booked: now.Unix(),
	})
	return err
}

// awayStands returns why what she is told of her card is no longer true.
func (tx *Tx) awayStands(d Delivery) (string, error) {
	agreed, err := tx.Consent(d.About, C3)
	if err != nil || !agreed.Given() {
		return pick(err == nil, "withdrawn", ""), err
	}
	a, err := optional(get[Away](tx, key("away", d.About, d.Facts["card"])))
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
		return pick(h.Has(a), "", "moved"), nil
	case d.Kind == "away_day" && (a.Back != 0 && d.Facts["leaving"] == "" || d.Facts["expected"] != "" && a.ExpectedDay.String() != d.Facts["expected"]):
		return "moved", nil
	}
	return "", nil
}

// AskReturns books, for one page of the people who are away, one message to each who
// said that she would be home by yesterday: whether that is so still. It returns
// where to go on, and how many were booked.
func (tx *Tx) AskReturns(page Page, max int, now time.Time) (Page, int, error) {
	yesterday := calendar.DayOf(now) - 1
	return tx.paged(prefix("out"), page, max, func(p kv.Pair, rest string) (bool, error) {
		_, resident, _ := strings.Cut(rest, "/")
		return tx.askReturn(resident, yesterday, now)
	})
}

func (tx *Tx) askReturn(resident string, day calendar.Day, now time.Time) (bool, error) {
	a, err := tx.openAway(resident)
	if err != nil || a.ID == "" || a.ExpectedDay != day {
		return false, err
	}
	for _, look := range []func() (bool, error){
		func() (bool, error) { ok, err := tx.reachable(resident, C3); return !ok, err },
		func() (bool, error) { return tx.Paused(resident, C3, now) },
	} {
		if no, err := look(); err != nil || no {
			return false, err
		}
	}
	openid, err := tx.WeChatOf(resident)
	if err != nil || openid == "" {
		return false, err
	}
	site, err := tx.Site()
	if err != nil {
		return false, err
	}
	at, ok := site.Holidays().Decent(calendar.ResidentHours, now)
	if !ok {
		return false, nil
	}
	return tx.Enqueue(Delivery{
		Cause: "away/" + a.ID + "/" + day.String() + "/asked", Kind: "away_day", To: "r:" + resident, About: resident,
		Facts:    map[string]string{"day": calendar.DayOf(now).String(), "card": a.ID, "expected": day.String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 2).Unix(), Priority: 5, Booked: now.Unix(),
	})
}

// ComingHome returns the open cards of the scope that are expected up to a day,
// soonest first; those whose day has gone by are among them.
func (s Scope) ComingHome(until calendar.Day, max int) ([]Away, error) {
	all, err := s.AwayResidents(1 << 30)
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(all, func(a Away) bool {
		from := cmp.Or(a.ExpectedFrom, a.ExpectedDay)
		return from == 0 || from > until
	})
	return out[:min(len(out), max)], nil
}

// AddAway adds a card of a resident of the scope; one already open, in whatever
// village it was written, is closed at the day on which this begins, or ends.
func (s Scope) AddAway(a Away, cause string) (Away, error) {
	r, err := s.villager(a.Resident)
	if err != nil {
		return a, err
	}
	if open, err := s.tx.openAway(r.ID); err != nil {
		return a, err
	} else if open.ID != "" {
		open.Back = max(open.Since, cmp.Or(a.Since, a.Back))
		if err := s.tx.putAway(open, r.Village); err != nil {
			return a, err
		}
	}
	a.ID, a.Village, a.By = ID("away", cause), r.Village, s.Person.Cadre.ID
	return a, s.tx.putAway(a, r.Village)
}

func (tx *Tx) putAway(a Away, village string) error {
	k := key("out", village, a.Resident)
	if a.Kind != "" {
		return tx.put(key("away", a.Resident, a.ID), a)
	}
	if a.Back == 0 {
		if err := tx.putRaw(k, []byte(a.ID)); err != nil {
			return err
		}
	} else if err := tx.delete(k); err != nil {
		return err
	}
	return tx.put(key("away", a.Resident, a.ID), a)
}

// openAway is the card of somebody who is away, the zero Away of who is not.
func (tx *Tx) openAway(resident string) (Away, error) {
	for a, err := range list[Away](tx, prefix("away", resident)) {
		if err != nil || a.Back == 0 && a.Kind == "" {
			return a, err
		}
	}
	return Away{}, nil
}

// OpenAway returns the open card of a resident of the scope, or the zero Away.
func (s Scope) OpenAway(resident string) (Away, error) {
	r, err := s.villager(resident)
	if err != nil {
		return Away{}, err
	}
	a, err := s.tx.openAway(resident)
	if err != nil || a.By != "" && !s.tells(r, a.Village) {
		return Away{}, err
	}
	return a, nil
}

// LastAway returns the card of a resident of the scope that was closed last, or
// the zero Away; none that was written in a village from which she moved.
func (s Scope) LastAway(resident string) (Away, error) {
	r, err := s.villager(resident)
	if err != nil {
		return Away{}, err
	}
	var last Away
	for a, err := range list[Away](s.tx, prefix("away", resident)) {
		if err != nil {
			return Away{}, err
		}
		if a.Back > last.Back && (a.By == "" || s.tells(r, a.Village)) {
			last = a
		}
	}
	return last, nil
}

// PutAway keeps a changed card of a resident of the scope.
func (s Scope) PutAway(a Away, now time.Time) error {
	r, err := s.villager(a.Resident)
	if err != nil {
		return err
	}
	a.At, a.By, a.Agreed = now.Unix(), s.Person.Cadre.ID, 0
	return s.tx.putAway(a, r.Village)
}

// AwayResidents returns the open cards of the scope, at most max, soonest
// expected first.
func (s Scope) AwayResidents(max int) ([]Away, error) {
	var out []Away
	for _, v := range s.villages {
		for p, err := range s.tx.parts(prefix("out", v)) {
			if err != nil {
				return nil, err
			}
			if s.own[p[0]] {
				continue
			}
			a, err := s.tx.openAway(p[0])
			if err != nil {
				return nil, err
			}
			if a.ID == "" {
				continue
			}
			if a.By != "" && a.Village != v && !s.inside[a.Village] { // told in another village
				continue
			}
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Away) int {
		return cmp.Compare(uint32(a.ExpectedDay-1), uint32(b.ExpectedDay-1)) // no day sorts last
	})
	return out[:min(len(out), max)], nil
}

// withdrawnAway closes an open away card with the consent to it: where the person is
// is nobody's business any more.
func withdrawnAway(tx *Tx, resident string, set Set, now time.Time) error {
	if set != C3 {
		return nil
	}
	away, err := tx.openAway(resident)
	if err != nil || away.ID == "" {
		return err
	}
	r, err := tx.Resident(resident)
	if err != nil {
		return err
	}
	away.Back = calendar.DayOf(now)
	return tx.putAway(away, r.Village)
}
