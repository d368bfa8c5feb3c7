package flows

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"xintiexin/flows/form"
	"xintiexin/flows/xlsform"
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
	Work    []word                              // keywords of the staff's own work: they leave even a question for free words
	Words   []word                              // all other keywords
	Phrases []talk                              // words that are heard while no form is open
	Whole   func(*chat, string) bool            // reports whether text is, as a whole, something that it answers
	Replies []string                            // what answers a reminder, with words around it (嗯，来)
	Spoken  []string                            // further words that mean something by themselves: no page may be called up by one
	Claims  func(*townconfig.Site, string) bool // reports whether a town's form may not have text as its keyword
	Hears   []Recogniser
	Calls   []string          // actions of other capabilities that it carries out by their verb
	Actions map[string]action // what an offer stands for, by its verb

	// What is said to its offers in other words than theirs, by the verb of the first of them.
	Confirms  map[string]confirmation
	FreeWords map[string]freeWords
	OnOffer   map[string]func(*chat, string) (Reply, bool, error)
	Shown     map[string]func(c *chat, said string) (Reply, error) // how such offers are shown again; nil is as they are

	// What it adds to what others show.
	Menu     []menuEntry // of staff
	Home     []menuEntry // of everybody else
	Overview overview
	Day      dayPart
	Changes  func(c *chat, max int) ([]dialogstate.Option, error) // records of the asker's that can be changed
	Desk     map[string]deed
	Notices  map[string]func(outbox.Delivery) Words // the words of its deliveries, by kind

	// What it does when something happens elsewhere.
	Moves    *movable
	Reminded func(*chat) (bool, error)                         // reports whether a reminder went out since whoever writes last wrote
	NotMet   func(*chat, *form.Session) (Reply, error)         // keeps that somebody was not met
	Agreed   func(*chat, followups.FollowUp) error             // a visit was agreed on
	Served   func(c *chat, resident string) (string, error)    // a service was given: what began with it, in a line
	Claimed  func(*chat, person.Resident) (Reply, bool, error) // a WeChat was bound to a resident: what is asked then
	Town     *townForms

	// What every form and every answer needs of one of them.
	Lists  func(*chat, *Flow) form.Lists                                      // the lists of people that a form may ask from
	Ended  func(c *chat, f *Flow, s *form.Session, why string) (Reply, error) // answers a form that ended without a record, where its flow does not
	Finish func(*chat, *Reply) error                                          // completes an answer
	Scene  func(c *chat, scene string) (Reply, error)                         // answers who follows or scans a code
}

// action carries out what an offer stands for; rest is what follows the verb.
type action = func(c *chat, rest string) (Reply, error)

// menuEntry is a line of the menu; Offers makes several, or none.
type menuEntry struct {
	rank   int // the menu is sorted by it
	offers func(*chat) []dialogstate.Option
}

// overview is what a capability says when a resident looks what waits for her (看).
type overview struct {
	ask    func(*chat) (Reply, bool, error)               // a question that comes before all lines
	family func(*chat) ([]string, error)                  // lines of all the family
	of     func(*chat, person.Resident) ([]string, error) // lines of one of the family
	rank   int                                            // the place of those lines
	how    func(*chat) (string, error)                    // by which word what was read is changed
}

// dayPart is what a capability adds to the day's list of staff.
type dayPart struct {
	own      func(c *chat, max int) ([]dialogstate.Option, error)              // what waits for the asker
	others   func(c *chat, max int) ([]dialogstate.Option, error)              // what waits long for others
	promised func(*chat, followups.FollowUp) (string, bool)                    // what a line of its own says
	open     map[string]func(*chat, followups.FollowUp, string) (Reply, error) // shows a line, by the kind of its follow-up
}

// movable is something agreed on for a day, which the person may have on another.
type movable struct {
	open  func(*chat) (bool, error) // reports whether there is one
	label string                    // how it is named where there are several
	say   string                    // the word that moves it
	move  func(*chat) (Reply, error)
}

// confirmation is how a question of yes or no is answered in other words than its options'.
type confirmation struct {
	yes      bool     // a plain yes suffices
	words    []string // other words for doing it
	unless   string   // what begins with it is no yes
	declines bool     // whoever says no to what it is about says yes to it
	again    action   // asks it again; nil is as it stands
}

// freeWords is what an offer asks to be told in free words.
type freeWords struct {
	alone bool   // only where nothing else stands on offer
	still string // what thanks are answered with
	take  func(c *chat, text, rest string) (Reply, error)
}

// deed is a command of the desk: something that is noted about a booking.
type deed struct {
	words []string
	do    func(c *chat, a bookings.Appointment, args string) (string, error) // a line about it; nil where it needs a screen of its own
	ask   func(c *chat, a bookings.Appointment, args string) (Reply, error)
	args  bool // something may stand behind it
}

// townForms makes flows of a town's own forms.
type townForms struct {
	make  func(t *Talk, name, id string, f *form.Form) *Flow
	trial func(f *Flow, id string) *Flow // one whose answers are not kept
}

// notices are the words of the deliveries of some kinds.
func notices(words func(outbox.Delivery) Words, kinds ...string) map[string]func(outbox.Delivery) Words {
	all := map[string]func(outbox.Delivery) Words{}
	for _, k := range kinds {
		all[k] = words
	}
	return all
}

// allActions puts the actions of a capability together.
func allActions(some ...map[string]action) map[string]action {
	all := map[string]action{}
	for _, m := range some {
		maps.Copy(all, m)
	}
	return all
}

// allNotices puts the words of a capability's deliveries together.
func allNotices(some ...map[string]func(outbox.Delivery) Words) map[string]func(outbox.Delivery) Words {
	all := map[string]func(outbox.Delivery) Words{}
	for _, m := range some {
		maps.Copy(all, m)
	}
	return all
}

// everybody, known and unknown say for whom a line of the menu of residents is: known
// is who stands for somebody.
func everybody(*chat) bool { return true }

func known(c *chat) bool {
	family, _ := c.family()
	return len(family) > 0
}

func unknown(c *chat) bool { return !known(c) }

// onlyClinic holds for who works at the clinic and in no village.
func onlyClinic(c *chat) bool { return c.is(clinic) && !c.is(village) }

// isFor holds for an audience.
func isFor(a audience) func(*chat) bool { return func(c *chat) bool { return c.is(a) } }

// entry is a line of the menu for those of whom is holds.
func entry(rank int, is func(*chat) bool, label, do string) menuEntry {
	return menuEntry{rank, func(c *chat) []dialogstate.Option {
		if !is(c) {
			return nil
		}
		return []dialogstate.Option{{Label: label, Do: do}}
	}}
}

// catalog is what all capabilities hand over, put together once. It never changes.
type catalog struct {
	all     []Capability
	work    []word
	words   []word
	phrases []talk
	hears   []Recogniser
	actions map[string]action
	asks    map[string]confirmation
	free    map[string]freeWords
	onOffer map[string]func(*chat, string) (Reply, bool, error)
	shown   map[string]func(*chat, string) (Reply, error)
	lines   []overview // in the order of the lines of one of the family
	menu    []menuEntry
	home    []menuEntry
	desk    map[string]deed
	opens   map[string]func(*chat, followups.FollowUp, string) (Reply, error)
	notices map[string]func(outbox.Delivery) Words
	town    *townForms
	lists   func(*chat, *Flow) form.Lists
	scene   func(c *chat, scene string) (Reply, error)
	ended   func(c *chat, f *Flow, s *form.Session, why string) (Reply, error)
}

// newCatalog puts capabilities together, in their order; the dialog's own comes first.
func newCatalog(all []Capability) *catalog {
	all = append([]Capability{dialogCapability()}, all...)
	k := &catalog{all: all, actions: map[string]action{}, asks: map[string]confirmation{}, free: map[string]freeWords{},
		onOffer: map[string]func(*chat, string) (Reply, bool, error){}, shown: map[string]func(*chat, string) (Reply, error){},
		desk: map[string]deed{}, opens: map[string]func(*chat, followups.FollowUp, string) (Reply, error){}, notices: Notices(all[1:])}
	for _, p := range all {
		k.work = append(k.work, p.Work...)
		k.words = append(append(k.words, p.Work...), p.Words...)
		k.phrases = append(k.phrases, p.Phrases...)
		k.hears = append(k.hears, p.Hears...)
		if p.Overview.of != nil {
			k.lines = append(k.lines, p.Overview)
		}
		k.menu = append(k.menu, p.Menu...)
		k.home = append(k.home, p.Home...)
		maps.Copy(k.actions, p.Actions)
		maps.Copy(k.asks, p.Confirms)
		maps.Copy(k.free, p.FreeWords)
		maps.Copy(k.onOffer, p.OnOffer)
		maps.Copy(k.shown, p.Shown)
		maps.Copy(k.desk, p.Desk)
		maps.Copy(k.opens, p.Day.open)
		if p.Town != nil {
			k.town = p.Town
		}
		if p.Lists != nil {
			k.lists = p.Lists
		}
		if p.Scene != nil {
			k.scene = p.Scene
		}
		if p.Ended != nil {
			k.ended = p.Ended
		}
	}
	slices.SortStableFunc(k.words, func(a, b word) int { return len(b.word) - len(a.word) })
	slices.SortStableFunc(k.hears, func(a, b Recogniser) int { return cmp.Or(cmp.Compare(a.Stage, b.Stage), a.Rank-b.Rank) })
	slices.SortStableFunc(k.lines, func(a, b overview) int { return a.rank - b.rank })
	slices.SortStableFunc(k.menu, func(a, b menuEntry) int { return a.rank - b.rank })
	slices.SortStableFunc(k.home, func(a, b menuEntry) int { return a.rank - b.rank })
	return k
}

// Notices are the words of the deliveries of all capabilities, by kind.
func Notices(all []Capability) map[string]func(outbox.Delivery) Words {
	out := map[string]func(outbox.Delivery) Words{}
	for _, p := range append([]Capability{dialogCapability()}, all...) {
		maps.Copy(out, p.Notices)
	}
	return out
}

// distinct returns an error where two capabilities hand over the same name of something
// that only one can answer, or where one calls an action that is not there.
func distinct(all []Capability) error {
	seen := map[string]string{}
	for _, p := range append([]Capability{dialogCapability()}, all...) {
		for kind, names := range map[string][]string{
			"action": slices.Collect(maps.Keys(p.Actions)), "confirmation": slices.Collect(maps.Keys(p.Confirms)), "free words": slices.Collect(maps.Keys(p.FreeWords)),
			"words on offer": slices.Collect(maps.Keys(p.OnOffer)), "command of the desk": slices.Collect(maps.Keys(p.Desk)),
			"line of the day": slices.Collect(maps.Keys(p.Day.open)), "delivery": slices.Collect(maps.Keys(p.Notices))} {
			for _, n := range names {
				if other, taken := seen[kind+" "+n]; taken {
					return fmt.Errorf("%s %q is of %s and of %s", kind, n, other, p.Name)
				}
				seen[kind+" "+n] = p.Name
			}
		}
	}
	for _, p := range all {
		for _, verb := range p.Calls {
			if seen["action "+verb] == "" {
				return fmt.Errorf("%s carries out %q, which no capability has", p.Name, verb)
			}
		}
	}
	return nil
}

// NewTalk puts capabilities together and reads their forms, NAME.md each.
func NewTalk(capabilities []Capability, forms fs.FS) (*Talk, error) {
	if err := distinct(capabilities); err != nil {
		return nil, err
	}
	t := &Talk{catalog: newCatalog(capabilities), forms: forms, labels: map[string]bool{}, kept: &kept{flows: map[string]*Flow{}}}
	for _, p := range capabilities {
		for _, f := range p.Flows {
			src, err := fs.ReadFile(forms, f.Name+".md")
			if err != nil {
				return nil, fmt.Errorf("read form %s: %w", f.Name, err)
			}
			parsed, findings := xlsform.ReadMarkdown(f.Name, src, xlsform.Options{Live: live})
			for _, x := range findings {
				if !x.Warning {
					return nil, fmt.Errorf("form %s: %s", f.Name, x)
				}
			}
			own := *f
			own.form = parsed
			t.flows = append(t.flows, &own)
			t.learn(parsed)
		}
	}
	return t, nil
}

// Recognisers are all that hear what is typed, in the order in which they are asked.
func (t *Talk) Recognisers() []Recogniser { return slices.Clone(t.catalog.hears) }

// Keywords returns the words that mean something to the bot by themselves,
// whoever writes: no page of a site's data may be called up by one.
func (t *Talk) Keywords() []string {
	var all []string
	for _, p := range t.catalog.all {
		all = append(all, p.Spoken...)
	}
	for _, f := range t.flows {
		if f.Keyword != "" {
			all = append(all, f.Keyword)
		}
	}
	for _, w := range t.catalog.words {
		all = append(all, w.word)
	}
	return all
}

// Claimed reports whether a capability keeps text from being the keyword of a form.
func (t *Talk) Claimed(site *townconfig.Site, text string) bool {
	return slices.ContainsFunc(t.catalog.all, func(p Capability) bool { return p.Claims != nil && p.Claims(site, text) })
}

// Forms are the built-in forms, NAME.md each.
func (t *Talk) Forms() fs.FS { return t.forms }

// remindedSince reports whether a reminder went out since whoever writes last wrote.
func (c *chat) remindedSince() (bool, error) {
	for _, p := range c.t.catalog.all {
		if p.Reminded == nil {
			continue
		}
		if since, err := p.Reminded(c); since || err != nil {
			return since, err
		}
	}
	return false, nil
}

// anotherTime answers who would rather have another day of something that is agreed
// on; of several it is asked of which. ok is false where there is nothing.
func (c *chat) anotherTime() (r Reply, ok bool, err error) {
	var open []*movable
	for _, p := range c.t.catalog.all {
		if p.Moves == nil {
			continue
		}
		is, err := p.Moves.open(c)
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
		r, err = open[0].move(c)
		return r, true, err
	}
	if err := c.aside(); err != nil {
		return Reply{}, true, err
	}
	offers := make([]dialogstate.Option, len(open))
	for i, m := range open {
		offers[i] = dialogstate.Option{Label: m.label, Do: "say " + m.say}
	}
	return c.offer(sayWhichOther, offers...), true, nil
}

// moveFirst moves what comes first of all that is agreed on; ok is false where there is
// nothing.
func (c *chat) moveFirst() (r Reply, ok bool, err error) {
	for _, p := range c.t.catalog.all {
		if p.Moves == nil {
			continue
		}
		if is, err := p.Moves.open(c); err != nil || is {
			if err == nil {
				r, err = p.Moves.move(c)
			}
			return r, true, err
		}
	}
	return Reply{}, false, nil
}

// visitAgreed tells that a visit was agreed on.
func (c *chat) visitAgreed(f followups.FollowUp) error {
	for _, p := range c.t.catalog.all {
		if p.Agreed != nil {
			if err := p.Agreed(c, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// served tells that a service was given, and returns what began with it.
func (c *chat) served(resident string) (string, error) {
	var lines []string
	for _, p := range c.t.catalog.all {
		if p.Served == nil {
			continue
		}
		line, err := p.Served(c, resident)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	return join(lines...), nil
}

// claimed asks what is to be asked once a WeChat was bound to a resident.
func (c *chat) claimed(r person.Resident) (Reply, bool, error) {
	for _, p := range c.t.catalog.all {
		if p.Claimed == nil {
			continue
		}
		if r, ok, err := p.Claimed(c, r); ok || err != nil {
			return r, ok, err
		}
	}
	return Reply{}, false, nil
}

// attempted keeps that somebody was not met.
func (c *chat) attempted(s *form.Session) (Reply, error) {
	for _, p := range c.t.catalog.all {
		if p.NotMet != nil {
			return p.NotMet(c, s)
		}
	}
	return Reply{Text: sayNotMetNone}, nil
}

// changes are the asker's own records that can be changed, beside visits.
func (c *chat) changes(max int) (all []dialogstate.Option, err error) {
	for _, p := range c.t.catalog.all {
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

// dayOffers are what people asked for, in their own words or by a number: of the asker,
// or what waits long for others.
func (c *chat) dayOffers(others bool, max int) (all []dialogstate.Option, err error) {
	for _, p := range c.t.catalog.all {
		of := p.Day.own
		if others {
			of = p.Day.others
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

// dayPromise is what a line of the day says where another capability than the day's
// own says it.
func (c *chat) dayPromise(f followups.FollowUp) (string, bool) {
	for _, p := range c.t.catalog.all {
		if p.Day.promised == nil {
			continue
		}
		if said, ok := p.Day.promised(c, f); ok {
			return said, true
		}
	}
	return "", false
}

// overviewOf are the lines about one of the family.
func (c *chat) overviewOf(r person.Resident) (lines []string, err error) {
	for _, o := range c.t.catalog.lines {
		some, err := o.of(c, r)
		if err != nil {
			return nil, err
		}
		lines = append(lines, some...)
	}
	return lines, nil
}

// look is 看: what waits for a resident. What is asked comes first, then lines of the
// family and of each of it; ok is false where nothing waits.
func (c *chat) look() (r Reply, ok bool, err error) {
	for _, p := range c.t.catalog.all {
		if p.Overview.ask == nil {
			continue
		}
		if r, ok, err := p.Overview.ask(c); ok || err != nil {
			return r, ok, err
		}
	}
	var lines, how []string
	for _, p := range c.t.catalog.all {
		if p.Overview.family == nil {
			continue
		}
		some, err := p.Overview.family(c)
		if err != nil {
			return Reply{}, false, err
		}
		lines = append(lines, some...)
	}
	for _, id := range c.who.Residents {
		r, err := person.LoadResident(c.tx, id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return Reply{}, false, err
		}
		some, err := c.overviewOf(r)
		if err != nil {
			return Reply{}, false, err
		}
		lines = append(lines, some...)
	}
	if len(lines) == 0 {
		return Reply{}, false, nil
	}
	for _, p := range c.t.catalog.all {
		if p.Overview.how == nil {
			continue
		}
		said, err := p.Overview.how(c)
		if err != nil {
			return Reply{}, false, err
		}
		how = append(how, said)
	}
	return Reply{Text: join(append(lines, join(how...), sayMineTail)...)}, true, nil
}

// finish completes an answer.
func (c *chat) finish(r *Reply) error {
	for _, p := range c.t.catalog.all {
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
func (c *chat) menuOffers(menu []menuEntry) (all []dialogstate.Option) {
	for _, e := range menu {
		all = append(all, e.offers(c)...)
	}
	return all
}

// head is the verb of the first offer and what follows it, "" without offers.
func (c *chat) head() (verb, rest string) {
	if len(c.s.Offers) == 0 {
		return "", ""
	}
	verb, rest, _ = strings.Cut(c.s.Offers[0].Do, " ")
	return verb, rest
}

// showAgain shows what stands on offer again, below what is said.
func (c *chat) showAgain(said string) (Reply, error) {
	verb, _ := c.head()
	if show := c.t.catalog.shown[verb]; show != nil {
		return show(c, said)
	}
	return c.show(said), nil
}
