package storage

import (
	"time"

	"xintiexin/storage/calendar"
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

	Town      Town
	Phones    []Phone
	Services  []Service
	Openings  []Opening
	Days      []SiteDay
	Questions []SiteQuestion
	Consents  []ConsentText
	Texts     map[string]string // by name
	Guides    []Guide
	Dangers   []Danger
	Lectures  []Lecture
	Retention map[string]int // kind → days
	Limits    map[string]int // name → number, the unit stands in the name: offer_minutes
	Templates Templates
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
}

// Opening is when a service is open: on a weekday, on the days of a fair (the
// last digit of the lunar day: 2 and 7), or every working day.
type Opening struct {
	Service  string
	When     string // "周一" … "周日", "逢二七" (lunar fair days), "工作日"
	Time     string // "08:30", UTC+8
	Capacity int    // persons
}

// SiteDay is a day that differs: closed, or open beyond the rule.
type SiteDay struct {
	Service string // "" is all
	Day     calendar.Day
	Closed  bool
	Note    string
}

// SiteQuestion is asked before a booking where the town's rules want it; the
// answer is not kept. A wrong one shows Otherwise and ends the booking.
type SiteQuestion struct {
	Service, Name, Label, Need string // Need: yes or no; "" when any answer is right
	Otherwise                  string
}

// ConsentText is the text of one consent set; a new Version is asked anew.
type ConsentText struct {
	Set                  Set
	Version, Short, Full string // Short is said in the chat; Full is everything, on asking
}

// Guide is a page of words that people can call up by a keyword: papers to
// bring for an errand, benefits, the flow of a check-up, a hotline.
type Guide struct {
	ID, Kind, Title string // Kind: errand, benefit, guide, hotline
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

// Site returns the site data in force; the zero Site when none was applied. The
// value is shared: it must not be changed.
func (tx *Tx) Site() (*Site, error) { return &Site{}, nil }

// PutSite keeps new site data as the one in force, and the one before it under
// its ID, so that it is a command away.
func (tx *Tx) PutSite(s Site, by string, now time.Time) error { return nil }
