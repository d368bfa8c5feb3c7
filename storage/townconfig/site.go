package townconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Site is what a town sets for itself, read from its workbook or its folder of
// text tables and checked before it is kept: texts, services, hours, contents,
// phones, retention. It is one value, replaced as a whole; whoever reads it
// must not change it.
type Site struct {
	ID      string // hash of the contents; "" when no site data was applied
	Version string // as the town calls it, e.g. 2026-11
	At      int64  // Unix seconds when it was applied
	By      string `json:",omitempty"` // cadre id, "" from the command line

	Town          Town
	Phones        []Phone
	Services      []Service
	Openings      []Opening
	Days          []SiteDay
	Questions     []SiteQuestion
	Consents      []ConsentText
	Texts         map[string]string // by name
	Guides        []Guide
	Dangers       []Danger
	Lectures      []Lecture
	Schedules     []ScheduleStep // of care plans
	HomeWindows   []HomeWindow   // when people come home
	Retention     map[string]int // kind → days
	Limits        map[string]int // name → number, the unit stands in the name: offer_minutes
	Templates     Templates
	Subscriptions Templates     // of subscription notices: other ids than those of Templates
	Jobs          []SiteJob     // over the lines that come with the program
	Columns       []TableColumn // of the tables that the town hands on
	Notices       []SiteHoliday // the years' holiday notices, over those that come with the program

	holidays *calendar.Holidays // worked out once, where the site comes out of the store
}

// Phone is a number that people may ring: clinic, advice, supervise, …
type Phone struct{ Name, Label, Number string }

// Service is something that can be booked.
type Service struct {
	ID       string // checkup
	Label    string // 免费检查, for the chat; never in a push
	Keyword  string // further words by which it is booked
	Place    string // where to go, for the chat: 样庄镇卫生院二楼
	Couple   bool   // two may come as one booking
	Prepare  string // name of the text of what to prepare, "" without
	Ahead    int    // days ahead that can be booked
	NotReady int    // days after the visit until a paper is usually ready
	Event    string `json:",omitempty"` // of Events, what it is when it is done: checkup; "" nothing
}

// Opening is when a service is open: on a weekday, on the days of a fair (the
// last digit of the lunar day: 2 and 7), or every working day.
type Opening struct {
	Service  string
	When     string // "周一" … "周日", "逢二七" (lunar fair days), "工作日"
	Time     string // "08:30", UTC+8
	Capacity int    // persons
}

// SiteDay is a day that differs: closed, or open beyond the rule. One that is
// closed takes away what the rule opens, at its Time or, without, at all; one
// that is open adds an hour with its seats or, without a Time, all hours that
// the service ever has.
type SiteDay struct {
	Service  string // "" is all
	Day      calendar.Day
	Closed   bool
	Time     string `json:",omitempty"` // "08:30", UTC+8
	Capacity int    `json:",omitempty"` // persons; 0 is as usual at that hour
	Note     string
}

// SiteHoliday is a row of a year's holiday notice: a day off, or a weekend day
// that is worked. A year that has any replaces the program's own rows of it.
type SiteHoliday struct {
	Year int // of the notice: 2027 for a 31 December 2026 that belongs to 元旦
	Day  calendar.Day
	Name string
	Off  bool
}

// SiteQuestion is asked before a booking where the town's rules want it; the
// answer is not kept. A wrong one shows Otherwise and ends the booking.
type SiteQuestion struct {
	Service, Name, Label, Need string // Need: yes or no; "" when any answer is right
	Otherwise                  string
}

// ConsentText is the text of one consent set; a new Version is asked anew.
type ConsentText struct {
	Set                  purpose.Purpose
	Version, Short, Full string // Short is said in the chat; Full is everything, on asking
	Own                  string `json:",omitempty"` // what she reads who asks for it herself, "" is Short: of a set that a cadre reads out else
}

// Guide is a page of words that people can call up by a keyword: papers to
// bring for an errand, benefits, a topic of health, the flow of a check-up, a hotline.
type Guide struct {
	ID, Kind, Title string // Kind: errand, benefit, health, guide, hotline; doctor: what is said of a body, pointed to the question box
	Keywords        []string
	Text            string
}

// Danger is a row of the doctor-approved table (domain.md 8.5): words that say
// that somebody may be in danger, and whom to ring.
type Danger struct {
	Words  []string
	Phones []string // names of Phones, or bare numbers
	Answer string   // what is said besides, "" without
}

// Lecture is a meeting that people may sign up for.
type Lecture struct {
	ID, Title, Place string
	Day              calendar.Day
	Time             string
	Seats            int
}

// TableColumn is a column of a table that the town hands on, of which a site has
// any number.
type TableColumn struct {
	Table, Source string // id of the table, and what its rows are: visits, away, bookings, plans, residents
	Title, To     string `json:",omitempty"` // of the table: what it is called, and the institution that gets it
	Order         int
	Header, Field string
	Format        string            `json:",omitempty"` // of a day: yyyymmdd; "" is a date
	Codes         map[string]string `json:",omitempty"` // what stands for a value
	Width         int               `json:",omitempty"` // characters
}

// Text returns a text of the site, or the program's own.
func (s *Site) Text(name, otherwise string) string {
	if t := s.Texts[name]; t != "" {
		return t
	}
	return otherwise
}

// Keep returns for how many days a kind of record is kept, or the days of the
// norms where the site does not say.
func (s *Site) Keep(kind string, otherwise int) int {
	if n, ok := s.Retention[kind]; ok {
		return n
	}
	return otherwise
}

// Service returns a service by its id; ok is false when there is none.
func (s *Site) Service(id string) (service Service, ok bool) {
	return record.Found(s.Services, func(x Service) bool { return x.ID == id })
}

// Phone returns a number by its name; ok is false when there is none, or when
// the town has not filled it in yet.
func (s *Site) Phone(name string) (phone Phone, ok bool) {
	return record.Found(s.Phones, func(x Phone) bool { return x.Name == name && x.Number != "" })
}

// Consent returns the text of a consent set; ok is false when there is none.
func (s *Site) Consent(set purpose.Purpose) (text ConsentText, ok bool) {
	return record.Found(s.Consents, func(x ConsentText) bool { return x.Set == set })
}

// Guide returns the page that a keyword calls up, or the one of that id; ok is
// false when there is none. Whether what was typed is a keyword in other
// spelling or sound is for the caller to find out.
func (s *Site) Guide(keyword string) (guide Guide, ok bool) {
	return record.Found(s.Guides, func(x Guide) bool { return x.ID == keyword || slices.Contains(x.Keywords, keyword) })
}

// Holidays returns the days off and the worked weekends: the program's table
// and over it the notices of the site. Notices that make no table (a site that
// nobody checked) count for nothing.
func (s *Site) Holidays() calendar.Holidays {
	switch {
	case s.holidays != nil:
		return *s.holidays
	case len(s.Notices) == 0:
		return baseHolidays()
	}
	h, err := ReadNotices(s.Notices)
	if err != nil {
		return baseHolidays()
	}
	return h
}

// baseHolidays is the table that comes with the program.
var baseHolidays = sync.OnceValue(func() calendar.Holidays {
	h, _ := calendar.ParseHolidays(calendar.BaseHolidays, nil)
	return h
})

// ReadNotices makes a table of the program's days and the notices over them; the
// error names every row that cannot be.
func ReadNotices(rows []SiteHoliday) (calendar.Holidays, error) {
	type day struct {
		Name     string `json:"name"`
		Date     string `json:"date"`
		IsOffDay bool   `json:"isOffDay"`
	}
	type year struct {
		Year int   `json:"year"`
		Days []day `json:"days"`
	}
	years := []year{}
	for _, r := range rows {
		i := slices.IndexFunc(years, func(y year) bool { return y.Year == r.Year })
		if i < 0 {
			i, years = len(years), append(years, year{Year: r.Year})
		}
		years[i].Days = append(years[i].Days, day{Name: r.Name, Date: r.Day.String(), IsOffDay: r.Off})
	}
	b, err := json.Marshal(years)
	if err != nil {
		return calendar.Holidays{}, fmt.Errorf("write holidays: %w", err)
	}
	return calendar.ParseHolidays(calendar.BaseHolidays, b)
}

// SiteVersion is a line of the history: which site data was put in force, when
// and by whom.
type SiteVersion struct {
	ID, Version string
	At          int64  // Unix seconds
	By          string `json:",omitempty"` // cadre id, "" from the command line
}

var noSite = &Site{}

// Current returns the site data in force; the zero Site when none was applied. The
// value is shared: it must not be changed.
func Current(tx *record.Tx) (*Site, error) {
	line, err := tx.GetRaw(record.Key("site", "current"))
	if errors.Is(err, record.ErrNotFound) {
		return noSite, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get site: %w", err)
	}
	if c, ok := tx.Cache.Load(line); ok {
		return c.(*Site), nil
	}
	var v SiteVersion
	if err := json.Unmarshal(line, &v); err != nil {
		return nil, fmt.Errorf("read site: %w", err)
	}
	s, err := Version(tx, v.ID)
	if err != nil {
		return nil, err
	}
	s.At, s.By = v.At, v.By
	h := s.Holidays()
	s.holidays = &h
	tx.Cache.Keep(line, &s)
	return &s, nil
}

// Version returns the contents of a site that is or was in force. It returns
// ErrNotFound when there is none of that id.
func Version(tx *record.Tx, id string) (Site, error) {
	if id == "" || strings.ContainsAny(id, "/\x00") {
		return Site{}, record.ErrNotFound
	}
	s, err := record.Get[Site](tx, record.Key("sitedata", id))
	s.ID = id
	return s, err
}

// Put keeps new site data as the one in force, and the one before it under
// its ID, so that it is a command away.
func Put(tx *record.Tx, s Site, by string, now time.Time) error {
	s.ID, s.At, s.By = "", 0, ""
	body, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write site: %w", err)
	}
	v := SiteVersion{ID: record.ID("site", string(body)), Version: s.Version, At: now.Unix(), By: by}
	n, err := tx.NextNumber(record.Prefix("sitelog"))
	if err != nil {
		return err
	}
	if err := tx.PutRaw(record.Key("sitedata", v.ID), body); err != nil {
		return err
	}
	if err := tx.Put(record.Key("sitelog", fmt.Sprintf("%06d", n)), v); err != nil {
		return err
	}
	return tx.Put(record.Key("site", "current"), v)
}

// Versions returns what was put in force, the last first.
func Versions(tx *record.Tx) ([]SiteVersion, error) {
	return record.Collect(record.Latest[SiteVersion](tx, record.Prefix("sitelog")))
}
