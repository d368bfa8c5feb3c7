package enrolment

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/kv"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// profileDays is over how many days at most the questions of one half of the year are
// spread; profileOpen for how many days after hers 看 answers it. Whoever is silent
// has answered too: nothing follows from it.
const (
	profileDays = 20
	profileOpen = 14
)

// ProfileAsk says that somebody was asked to look at what is registered of her
// (domain.md 1, 43), at most once in half a year.
type ProfileAsk struct {
	Half  string       // 2027-1: the first half of 2027
	Day   calendar.Day // on which she is asked
	Cause string       // of the delivery
	Seen  bool         `json:",omitempty"` // it was shown to her: it asks no more
}

func profileKey(resident string) []byte { return record.Key("profileask", resident) }

// The months of each half of the year in which people are asked to look at their own
// record.
var (
	ProfileSpringMonth = townconfig.NewLimit("profile_spring_month", 3, 2, 5, "上半年几月请人看登记")
	ProfileAutumnMonth = townconfig.NewLimit("profile_autumn_month", 9, 8, 11, "下半年几月请人看登记")
)

// ProfileHalf returns in which half of the year a day lies, 2027-1 or 2027-2; ok is
// false outside of the month in which the site asks.
func ProfileHalf(s *townconfig.Site, today calendar.Day) (half string, ok bool) {
	year, month, _ := today.Date()
	n, asks := 1, ProfileSpringMonth.Of(s)
	if month > 6 {
		n, asks = 2, ProfileAutumnMonth.Of(s)
	}
	return fmt.Sprintf("%d-%d", year, n), int(month) == asks
}

// ProfileRun is what was done for one half of a year.
type ProfileRun struct {
	Half  string
	Day   calendar.Day // on which everybody's question was booked
	Asked int64        // Unix seconds of that
	Count int          // how many
}

// LoadProfileRun returns what was done for a half of a year, the zero ProfileRun where
// nothing was.
func LoadProfileRun(tx *record.Tx, half string) (ProfileRun, error) {
	return record.Optional(record.Get[ProfileRun](tx, record.Key("profilerun", half)))
}

// PutProfileRun keeps what was done for a half of a year.
func PutProfileRun(tx *record.Tx, r ProfileRun) error {
	return tx.Put(record.Key("profilerun", r.Half), r)
}

// AskProfiles books, for one page of the people for whom a WeChat stands, one question
// a half of the year to each who uses it herself: agreed to C1, takes messages, is not
// away and did not say that she is to be asked no more. The hours lie on the days
// after, each at a place of her own. It returns where to go on, and how many were booked.
func AskProfiles(tx *record.Tx, half string, page record.Page, max int, now time.Time) (record.Page, int, error) {
	return person.Paged(tx, record.Prefix("wechat"), page, max, func(p kv.Pair, rest string) (bool, error) {
		resident, openid, _ := strings.Cut(rest, "/")
		return askProfile(tx, half, resident, openid, now)
	})
}

func askProfile(tx *record.Tx, half, resident, openid string, now time.Time) (bool, error) {
	user, err := userOf(tx, openid)
	if err != nil || user != resident {
		return false, err
	}
	mark, err := record.Optional(record.Get[ProfileAsk](tx, profileKey(resident)))
	if err != nil || mark.Half == half {
		return false, err
	}
	if why, err := profileRests(tx, resident); err != nil || why != "" {
		return false, err
	}
	at, ok, err := profileHour(tx, resident, now)
	if err != nil || !ok {
		return false, err
	}
	day := calendar.DayOf(at)
	d := outbox.Delivery{
		Cause: "profile/" + resident + "/" + half, Kind: "profile", To: "r:" + resident, About: resident,
		Facts:    map[string]string{"day": day.String()},
		Earliest: at.Unix(), Latest: at.AddDate(0, 0, 3).Unix(), Priority: 6, Booked: now.Unix(),
	}
	if booked, err := outbox.Enqueue(tx, d); err != nil || !booked {
		return false, err
	}
	return true, tx.Put(profileKey(resident), ProfileAsk{Half: half, Day: day, Cause: d.Cause})
}

// userOf is whose phone a WeChat is: the first of those for whom it stands, of a
// family who signed up first; "" where nobody is there any more. One message a phone.
func userOf(tx *record.Tx, openid string) (string, error) {
	l, err := person.LoadAccount(tx, openid)
	if err != nil {
		return "", err
	}
	for _, id := range l.Residents {
		r, err := record.Optional(person.LoadResident(tx, id))
		if err != nil || r.ID != "" {
			return r.ID, err
		}
	}
	return "", nil
}

// profileRests returns why somebody is not asked about her profile now, "" where she is.
func profileRests(tx *record.Tx, resident string) (string, error) {
	r, err := record.Optional(person.LoadResident(tx, resident))
	switch {
	case err != nil:
		return "", err
	case r.ID == "":
		return "forgotten", nil
	case r.NoPush:
		return "unsubscribed", nil
	case r.NoProfile:
		return "declined", nil
	}
	agreed, err := consent.Load(tx, resident, purpose.Booking)
	if err != nil || !agreed.Given() {
		return record.If(err == nil, "withdrawn", ""), err
	}
	gone, err := migration.LoadOpen(tx, resident)
	return record.If(gone.ID == "", "", "away"), err // it can wait until she is there
}

// ProfileStillValid returns why the question is no longer true when its hour comes.
func ProfileStillValid(tx *record.Tx, d outbox.Delivery) (string, error) {
	if why, err := profileRests(tx, d.About); err != nil || why != "" {
		return why, err
	}
	mark, err := record.Optional(record.Get[ProfileAsk](tx, profileKey(d.About)))
	return record.If(mark.Seen, "seen", ""), err
}

// profileHour is when she is asked: on a day of her own of the days that follow, in
// the month, from nine in the morning or half past six in the evening on.
func profileHour(tx *record.Tx, resident string, now time.Time) (at time.Time, ok bool, err error) {
	site, err := townconfig.Current(tx)
	if err != nil {
		return at, false, err
	}
	today := calendar.DayOf(now)
	year, month, _ := today.Date()
	left := calendar.Date(year, month+1, 1) - 1 - today
	hash := fnv.New32a()
	hash.Write([]byte(resident))
	own := hash.Sum32()
	days := uint32(max(1, min(profileDays, int(left))))
	day := today + 1 + calendar.Day(own%days)
	at = day.At(9, 0)
	if own/days%2 == 1 {
		at = day.At(18, 30)
	}
	spread := uint32(min(townconfig.SpreadMinutes.Of(site), 60) * 60)
	at = at.Add(time.Duration(own/days/2%spread) * time.Second)
	at, ok = site.Holidays().Decent(calendar.ResidentHours, at)
	return at, ok, nil
}

// ProfileAsked returns the day on which one of the asker's own was asked to look at her
// profile, 0 where she was not, has looked, or it was too many days ago. ErrNotFound
// for anybody else.
func ProfileAsked(s person.Scope, resident string, today calendar.Day) (calendar.Day, error) {
	if _, err := s.Mine(resident); err != nil {
		return 0, err
	}
	mark, err := record.Optional(record.Get[ProfileAsk](s.Tx, profileKey(resident)))
	if err != nil || mark.Cause == "" || mark.Seen || today > mark.Day+profileOpen {
		return 0, err
	}
	if why, err := profileRests(s.Tx, resident); err != nil || why != "" {
		return 0, err
	}
	d, err := record.Optional(outbox.DeliveryOf(s.Tx, mark.Cause))
	if err != nil {
		return 0, err
	}
	switch d.State {
	case outbox.Sent, outbox.Delivered, outbox.Deferred, outbox.Unknown:
		return mark.Day, nil
	}
	return 0, nil
}

// ProfileSeen notes that her profile was shown to one of the asker's own: what was to
// ask her, asks no more. ErrNotFound for anybody else.
func ProfileSeen(s person.Scope, resident string) error {
	if _, err := s.Mine(resident); err != nil {
		return err
	}
	mark, err := record.Optional(record.Get[ProfileAsk](s.Tx, profileKey(resident)))
	if err != nil || mark.Cause == "" || mark.Seen {
		return err
	}
	mark.Seen = true
	return s.Tx.Put(profileKey(resident), mark)
}

// NoProfiles keeps whether one of the asker's own is to be asked about her profile no
// more. ErrNotFound for anybody else.
func NoProfiles(s person.Scope, resident string, no bool) error {
	r, err := s.Mine(resident)
	if err != nil {
		return err
	}
	r.NoProfile = no
	return s.Tx.Put(record.Key("resident", r.ID), r)
}
