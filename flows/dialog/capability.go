package dialog

import (
	"maps"

	"xintiexin/flows/form"
	"xintiexin/storage/bookings"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/townconfig"
)

// Capability is what one room hands to the dialog: all that the dialog knows of it.
// The fields are values; a room leaves out what it does not have.
type Capability struct {
	Name string

	// What it is asked for.
	Flows   []*Flow
	Work    []Keyword                           // keywords of the staff's own work: they leave even a question for free words
	Words   []Keyword                           // all other keywords
	Phrases []Phrase                            // words that are heard while no form is open
	Whole   func(*Turn, string) bool            // reports whether text is, as a whole, something that it answers
	Replies []string                            // what answers a reminder, with words around it (嗯，来)
	Spoken  []string                            // further words that mean something by themselves: no page may be called up by one
	Claims  func(*townconfig.Site, string) bool // reports whether a town's form may not have text as its keyword
	Hears   []Recogniser
	Intents []Intent          // what it does for whole sentences
	Calls   []string          // actions of other capabilities that it carries out by their verb
	Actions map[string]Action // what an offer stands for, by its verb

	// What is said to its offers in other words than theirs, by the verb of the first of them.
	Confirms  map[string]Confirmation
	FreeWords map[string]FreeWords
	OnOffer   map[string]func(*Turn, string) (Reply, bool, error)
	Shown     map[string]func(c *Turn, said string) (Reply, error) // how such offers are shown again; nil is as they are

	// What it adds to what others show.
	Menu     []MenuEntry // of staff
	Home     []MenuEntry // of everybody else
	Overview Overview
	Day      DayPart
	Changes  func(c *Turn, max int) ([]dialogstate.Option, error) // records of the asker's that can be changed
	Desk     map[string]DeskCommand
	Notices  map[string]func(outbox.Delivery) Words // the words of its deliveries, by kind

	// What it does when something happens elsewhere.
	Moves    *Movable
	Reminded func(*Turn) (bool, error)                         // reports whether a reminder went out since whoever writes last wrote
	NotMet   func(*Turn, *form.Session) (Reply, error)         // keeps that somebody was not met
	Agreed   func(*Turn, followups.FollowUp) error             // a visit was agreed on
	Served   func(c *Turn, resident string) (string, error)    // a service was given: what began with it, in a line
	Claimed  func(*Turn, person.Resident) (Reply, bool, error) // a WeChat was bound to a resident: what is asked then
	Town     *TownForms

	// What every form and every answer needs of one of them.
	Lists  func(*Turn, *Flow) form.Lists                                      // the lists of people that a form may ask from
	Ended  func(c *Turn, f *Flow, s *form.Session, why string) (Reply, error) // answers a form that ended without a record, where its flow does not
	Finish func(*Turn, *Reply) error                                          // completes an answer
	Scene  func(c *Turn, scene string) (Reply, error)                         // answers who follows or scans a code
}

// Action carries out what an offer stands for; rest is what follows the verb.
type Action = func(c *Turn, rest string) (Reply, error)

// MenuEntry is a line of the menu; Offers makes several, or none.
type MenuEntry struct {
	Rank   int // the menu is sorted by it
	Offers func(*Turn) []dialogstate.Option
}

// Overview is what a capability says when a resident looks what waits for her (看).
type Overview struct {
	Ask    func(*Turn) (Reply, bool, error)               // a question that comes before all lines
	Family func(*Turn) ([]string, error)                  // lines of all the family
	Of     func(*Turn, person.Resident) ([]string, error) // lines of one of the family
	Rank   int                                            // the place of those lines
	How    func(*Turn) (string, error)                    // by which word what was read is changed
}

// DayPart is what a capability adds to the day's list of staff.
type DayPart struct {
	Own      func(c *Turn, max int) ([]dialogstate.Option, error)              // what waits for the asker
	Others   func(c *Turn, max int) ([]dialogstate.Option, error)              // what waits long for others
	Promised func(*Turn, followups.FollowUp) (string, bool)                    // what a line of its own says
	Open     map[string]func(*Turn, followups.FollowUp, string) (Reply, error) // shows a line, by the kind of its follow-up
}

// Movable is something agreed on for a day, which the person may have on another.
type Movable struct {
	Open  func(*Turn) (bool, error) // reports whether there is one
	Label string                    // how it is named where there are several
	Say   string                    // the word that moves it
	Move  func(*Turn) (Reply, error)
}

// Confirmation is how a question of yes or no is answered in other words than its options'.
type Confirmation struct {
	Yes      bool     // a plain yes suffices
	Words    []string // other words for doing it
	Unless   string   // what begins with it is no yes
	Declines bool     // whoever says no to what it is about says yes to it
	Again    Action   // asks it again; nil is as it stands
}

// FreeWords is what an offer asks to be told in free words.
type FreeWords struct {
	Alone bool   // only where nothing else stands on offer
	Still string // what thanks are answered with
	Take  func(c *Turn, text, rest string) (Reply, error)
}

// DeskCommand is a command of the desk: something that is noted about a booking.
type DeskCommand struct {
	Words []string
	Do    func(c *Turn, a bookings.Appointment, args string) (string, error) // a line about it; nil where it needs a screen of its own
	Ask   func(c *Turn, a bookings.Appointment, args string) (Reply, error)
	Args  bool // something may stand behind it
}

// TownForms makes flows of a town's own forms.
type TownForms struct {
	Make  func(t *Talk, name, id string, f *form.Form) *Flow
	Trial func(f *Flow, id string) *Flow // one whose answers are not kept
}

// NoticesOf are the words of the deliveries of some kinds.
func NoticesOf(words func(outbox.Delivery) Words, kinds ...string) map[string]func(outbox.Delivery) Words {
	all := map[string]func(outbox.Delivery) Words{}
	for _, k := range kinds {
		all[k] = words
	}
	return all
}

// AllActions puts the actions of a capability together.
func AllActions(some ...map[string]Action) map[string]Action {
	all := map[string]Action{}
	for _, m := range some {
		maps.Copy(all, m)
	}
	return all
}

// AllNotices puts the words of a capability's deliveries together.
func AllNotices(some ...map[string]func(outbox.Delivery) Words) map[string]func(outbox.Delivery) Words {
	all := map[string]func(outbox.Delivery) Words{}
	for _, m := range some {
		maps.Copy(all, m)
	}
	return all
}

// Entry is a line of the menu for those of whom is holds.
func Entry(rank int, is func(*Turn) bool, label, do string) MenuEntry {
	return MenuEntry{rank, func(c *Turn) []dialogstate.Option {
		if !is(c) {
			return nil
		}
		return []dialogstate.Option{{Label: label, Do: do}}
	}}
}

// remindedSince reports whether a reminder went out since whoever writes last wrote.
func remindedSince(c *Turn) (bool, error) {
	for _, p := range c.T.Catalog.all {
		if p.Reminded == nil {
			continue
		}
		if since, err := p.Reminded(c); since || err != nil {
			return since, err
		}
	}
	return false, nil
}

// AnotherTime answers who would rather have another day of something that is agreed
// on; of several it is asked of which. ok is false where there is nothing.
func AnotherTime(c *Turn) (r Reply, ok bool, err error) {
	var open []*Movable
	for _, p := range c.T.Catalog.all {
		if p.Moves == nil {
			continue
		}
		is, err := p.Moves.Open(c)
		if err != nil {
			return Reply{}, false, err
		}
		if is {
			open = append(open, p.Moves)
		}
	}
	switch len(open) {
	case 0:
		return Reply{}, false, nil
	case 1:
		r, err = open[0].Move(c)
		return r, true, err
	}
	if err := c.Aside(); err != nil {
		return Reply{}, true, err
	}
	offers := make([]dialogstate.Option, len(open))
	for i, m := range open {
		offers[i] = dialogstate.Option{Label: m.Label, Do: "say " + m.Say}
	}
	return c.Offer(sayWhichOther, offers...), true, nil
}

// MoveFirst moves what comes first of all that is agreed on; ok is false where there is
// nothing.
func MoveFirst(c *Turn) (r Reply, ok bool, err error) {
	for _, p := range c.T.Catalog.all {
		if p.Moves == nil {
			continue
		}
		if is, err := p.Moves.Open(c); err != nil || is {
			if err == nil {
				r, err = p.Moves.Move(c)
			}
			return r, true, err
		}
	}
	return Reply{}, false, nil
}

// VisitAgreed tells that a visit was agreed on.
func VisitAgreed(c *Turn, f followups.FollowUp) error {
	for _, p := range c.T.Catalog.all {
		if p.Agreed != nil {
			if err := p.Agreed(c, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// Served tells that a service was given, and returns what began with it.
func Served(c *Turn, resident string) (string, error) {
	var lines []string
	for _, p := range c.T.Catalog.all {
		if p.Served == nil {
			continue
		}
		line, err := p.Served(c, resident)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	return Join(lines...), nil
}

// Claimed asks what is to be asked once a WeChat was bound to a resident.
func Claimed(c *Turn, r person.Resident) (Reply, bool, error) {
	for _, p := range c.T.Catalog.all {
		if p.Claimed == nil {
			continue
		}
		if r, ok, err := p.Claimed(c, r); ok || err != nil {
			return r, ok, err
		}
	}
	return Reply{}, false, nil
}

// Attempted keeps that somebody was not met.
func Attempted(c *Turn, s *form.Session) (Reply, error) {
	for _, p := range c.T.Catalog.all {
		if p.NotMet != nil {
			return p.NotMet(c, s)
		}
	}
	return Reply{Text: SayNotMetNone}, nil
}

// Changes are the asker's own records that can be changed, beside visits.
func Changes(c *Turn, max int) (all []dialogstate.Option, err error) {
	for _, p := range c.T.Catalog.all {
		if p.Changes == nil {
			continue
		}
		some, err := p.Changes(c, max)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// DayOffers are what people asked for, in their own words or by a number: of the asker,
// or what waits long for others.
func DayOffers(c *Turn, others bool, max int) (all []dialogstate.Option, err error) {
	for _, p := range c.T.Catalog.all {
		of := p.Day.Own
		if others {
			of = p.Day.Others
		}
		if of == nil {
			continue
		}
		some, err := of(c, max)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// DayPromise is what a line of the day says where another capability than the day's
// own says it.
func DayPromise(c *Turn, f followups.FollowUp) (string, bool) {
	for _, p := range c.T.Catalog.all {
		if p.Day.Promised == nil {
			continue
		}
		if said, ok := p.Day.Promised(c, f); ok {
			return said, true
		}
	}
	return "", false
}

// overviewOf are the lines about one of the family.
func overviewOf(c *Turn, r person.Resident) (lines []string, err error) {
	for _, o := range c.T.Catalog.lines {
		some, err := o.Of(c, r)
		if err != nil {
			return nil, err
		}
		lines = append(lines, some...)
	}
	return lines, nil
}

// Look is 看: what waits for a resident. What is asked comes first, then lines of the
// family and of each of it; ok is false where nothing waits.
func Look(c *Turn) (r Reply, ok bool, err error) {
	for _, p := range c.T.Catalog.all {
		if p.Overview.Ask == nil {
			continue
		}
		if r, ok, err := p.Overview.Ask(c); ok || err != nil {
			return r, ok, err
		}
	}
	var lines, how []string
	for _, p := range c.T.Catalog.all {
		if p.Overview.Family == nil {
			continue
		}
		some, err := p.Overview.Family(c)
		if err != nil {
			return Reply{}, false, err
		}
		lines = append(lines, some...)
	}
	for _, id := range c.Who.Residents {
		r, err := person.LoadResident(c.Tx, id)
		if IsNotFound(err) {
			continue
		}
		if err != nil {
			return Reply{}, false, err
		}
		some, err := overviewOf(c, r)
		if err != nil {
			return Reply{}, false, err
		}
		lines = append(lines, some...)
	}
	if len(lines) == 0 {
		return Reply{}, false, nil
	}
	for _, p := range c.T.Catalog.all {
		if p.Overview.How == nil {
			continue
		}
		said, err := p.Overview.How(c)
		if err != nil {
			return Reply{}, false, err
		}
		how = append(how, said)
	}
	return Reply{Text: Join(append(lines, Join(how...), sayMineTail)...)}, true, nil
}

// finish completes an answer.
func finish(c *Turn, r *Reply) error {
	for _, p := range c.T.Catalog.all {
		if p.Finish == nil {
			continue
		}
		if err := p.Finish(c, r); err != nil {
			return err
		}
	}
	return nil
}

// menuOffers are the lines of a menu for whoever writes.
func menuOffers(c *Turn, menu []MenuEntry) (all []dialogstate.Option) {
	for _, e := range menu {
		all = append(all, e.Offers(c)...)
	}
	return all
}
