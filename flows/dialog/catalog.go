package dialog

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"xintiexin/flows/form"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	"xintiexin/storage/townconfig"
)

// catalog is what all capabilities hand over, put together once. It never changes.
type catalog struct {
	all     []Capability
	work    []Keyword
	words   []Keyword
	Phrases []Phrase
	hears   []Recogniser
	intents map[string][]Intent
	actions map[string]Action
	asks    map[string]Confirmation
	free    map[string]FreeWords
	onOffer map[string]func(*Turn, string) (Reply, bool, error)
	shown   map[string]func(*Turn, string) (Reply, error)
	lines   []Overview // in the order of the lines of one of the family
	menu    []MenuEntry
	home    []MenuEntry
	Desk    map[string]DeskCommand
	Opens   map[string]func(*Turn, followups.FollowUp, string) (Reply, error)
	notices map[string]func(outbox.Delivery) Words
	town    *TownForms
	lists   func(*Turn, *Flow) form.Lists
	scene   func(c *Turn, scene string) (Reply, error)
	ended   func(c *Turn, f *Flow, s *form.Session, why string) (Reply, error)
}

// newCatalog puts capabilities together, in their order; the dialog's own comes first.
func newCatalog(all []Capability) *catalog {
	all = append([]Capability{dialogCapability()}, all...)
	k := &catalog{all: all, intents: map[string][]Intent{}, actions: map[string]Action{}, asks: map[string]Confirmation{}, free: map[string]FreeWords{},
		onOffer: map[string]func(*Turn, string) (Reply, bool, error){}, shown: map[string]func(*Turn, string) (Reply, error){},
		Desk: map[string]DeskCommand{}, Opens: map[string]func(*Turn, followups.FollowUp, string) (Reply, error){}, notices: Notices(all[1:])}
	for _, p := range all {
		k.work = append(k.work, p.Work...)
		k.words = append(append(k.words, p.Work...), p.Words...)
		k.Phrases = append(k.Phrases, p.Phrases...)
		k.hears = append(k.hears, p.Hears...)
		for _, in := range p.Intents {
			k.intents[in.Name] = append(k.intents[in.Name], in)
		}
		if p.Overview.Of != nil {
			k.lines = append(k.lines, p.Overview)
		}
		k.menu = append(k.menu, p.Menu...)
		k.home = append(k.home, p.Home...)
		maps.Copy(k.actions, p.Actions)
		maps.Copy(k.asks, p.Confirms)
		maps.Copy(k.free, p.FreeWords)
		maps.Copy(k.onOffer, p.OnOffer)
		maps.Copy(k.shown, p.Shown)
		maps.Copy(k.Desk, p.Desk)
		maps.Copy(k.Opens, p.Day.Open)
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
	slices.SortStableFunc(k.words, func(a, b Keyword) int { return len(b.Text) - len(a.Text) })
	slices.SortStableFunc(k.hears, func(a, b Recogniser) int { return cmp.Or(cmp.Compare(a.Stage, b.Stage), a.Rank-b.Rank) })
	slices.SortStableFunc(k.lines, func(a, b Overview) int { return a.Rank - b.Rank })
	slices.SortStableFunc(k.menu, func(a, b MenuEntry) int { return a.Rank - b.Rank })
	slices.SortStableFunc(k.home, func(a, b MenuEntry) int { return a.Rank - b.Rank })
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
			"line of the day": slices.Collect(maps.Keys(p.Day.Open)), "delivery": slices.Collect(maps.Keys(p.Notices))} {
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
	t := &Talk{Catalog: newCatalog(capabilities), forms: forms, Labels: map[string]bool{}, kept: &kept{flows: map[string]*Flow{}}}
	for _, p := range capabilities {
		for _, f := range p.Flows {
			src, err := fs.ReadFile(forms, f.Name+".md")
			if err != nil {
				return nil, fmt.Errorf("read form %s: %w", f.Name, err)
			}
			parsed, findings := xlsform.ReadMarkdown(f.Name, src, xlsform.Options{Live: Live})
			for _, x := range findings {
				if !x.Warning {
					return nil, fmt.Errorf("form %s: %s", f.Name, x)
				}
			}
			own := *f
			own.Form = parsed
			t.Flows = append(t.Flows, &own)
			t.learn(parsed)
		}
	}
	return t, nil
}

// Recognisers are all that hear what is typed, in the order in which they are asked.
func (t *Talk) Recognisers() []Recogniser { return slices.Clone(t.Catalog.hears) }

// Keywords returns the words that mean something to the bot by themselves,
// whoever writes: no page of a site's data may be called up by one.
func (t *Talk) Keywords() []string {
	var all []string
	for _, p := range t.Catalog.all {
		all = append(all, p.Spoken...)
	}
	for _, f := range t.Flows {
		if f.Keyword != "" {
			all = append(all, f.Keyword)
		}
	}
	for _, w := range t.Catalog.words {
		all = append(all, w.Text)
	}
	return all
}

// Claimed reports whether a capability keeps text from being the keyword of a form.
func (t *Talk) Claimed(site *townconfig.Site, text string) bool {
	return slices.ContainsFunc(t.Catalog.all, func(p Capability) bool { return p.Claims != nil && p.Claims(site, text) })
}

// Forms are the built-in forms, NAME.md each.
func (t *Talk) Forms() fs.FS { return t.forms }

// learn keeps the words by which the choices of a form are known.
func (t *Talk) learn(f *form.Form) {
	for _, list := range f.Lists {
		for _, c := range list {
			for _, w := range append(slices.Clone(c.Aliases), c.Label) {
				t.Labels[w] = true
			}
		}
	}
}

func (t *Talk) Flow(name string) *Flow {
	for _, f := range t.Flows {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// signUp is the form that asks who somebody is and whether she agrees.
func (t *Talk) signUp() *Flow {
	for _, f := range t.Flows {
		if f.SignUp {
			return f
		}
	}
	return nil
}

// Words are the words of a delivery by its kind; the zero Words for a kind that this
// program does not know.
func (t *Talk) Words(d outbox.Delivery) Words {
	if say := t.Catalog.notices[d.Kind]; say != nil {
		return say(d)
	}
	return Words{}
}
