package understand

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"xintiexin/flows/dates"
)

//go:embed intents.tsv
var intentsFile string

// class says what becomes of an act.
type class string

const (
	classDanger class = "danger"
	classRight  class = "right"
	classPage   class = "page"
	classForm   class = "form"
	classUndo   class = "undo"
	classFinal  class = "final"
	classOut    class = "out"
	classTalk   class = "talk"
)

// intent is what can be meant.
type intent struct {
	name      string
	class     class
	dated     bool
	direction dates.Direction
	slots     []string
	label     string
	opposite  string
}

// intents are all that can be meant, by name.
var intents = sync.OnceValue(func() map[string]intent {
	all := map[string]intent{}
	for line := range strings.Lines(intentsFile) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 6 || strings.HasPrefix(line, "#") {
			continue
		}
		in := intent{name: f[0], class: class(f[1]), dated: f[2] != "-", slots: strings.Fields(strings.Trim(f[3], "-")), label: f[4], opposite: f[5]}
		switch f[2] {
		case "past":
			in.direction = dates.Past
		case "future":
			in.direction = dates.Future
		}
		all[in.name] = in
	}
	return all
})

func (i intent) takes(slot string) bool { return slices.Contains(i.slots, slot) }

// Label is what an intent is called where it is offered, "" for one that is not.
func Label(name string) string { return strings.Trim(intents()[name].label, "-") }
