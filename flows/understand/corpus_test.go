package understand_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"xintiexin/flows/understand"
	"xintiexin/flows/understand/corpus"
)

// TestOtherAuthors reads sentences by authors of whom nothing was learned: as well as the
// last time at least.
func TestOtherAuthors(t *testing.T) {
	for _, x := range []struct {
		file                               string
		right, passed, wrong, missed, harm float64 // in percent: at least, at least, at most …
	}{
		{"corpus/test/t1mixed.csv", 70, 90, 2.5, 4, 1.3},
		{"corpus/test/t2mixed.csv", 66, 89, 2.5, 4, 1.5},
		{"../../../shared/utterances/dev.csv", 78, 92, 2, 3, 1.5},
	} {
		t.Run(filepath.Base(x.file), func(t *testing.T) {
			cases, err := corpus.ReadFile(x.file)
			if errors.Is(err, fs.ErrNotExist) {
				t.Skipf("%s is not here", x.file)
			}
			if err != nil {
				t.Fatal(err)
			}
			count, dangers, missed := map[string]float64{}, 0.0, 0.0
			w := understand.Invented()
			names := w.Names()
			for _, c := range cases {
				r := understand.Default().Read(understand.Asked{Text: c.Text, Role: c.Role, State: c.State, Offers: c.Offers, Day: w.Day, Names: names})
				v := corpus.Judge(c, corpus.Result{Outcome: string(r.Outcome.Kind), Intent: r.Outcome.Intent, Slots: r.Outcome.Slots, Offers: r.Outcome.Offers, Danger: int(r.Danger.Tier)})
				count[v] += 100 / float64(len(cases))
				if strings.HasPrefix(c.Intent, "danger.") {
					dangers++
					if r.Danger.Tier == 0 {
						missed++
					}
				}
			}
			missed *= 100 / dangers
			t.Logf("right %.1f asked %.1f slots %.1f lost %.1f wrong %.1f harm %.1f dangers missed %.1f", count[corpus.Right], count[corpus.Asked],
				count[corpus.NoSlot], count[corpus.Lost], count[corpus.Wrong], count[corpus.Harm], missed)
			if count[corpus.Right] < x.right || count[corpus.Right]+count[corpus.Asked] < x.passed || count[corpus.Wrong] > x.wrong || missed > x.missed || count[corpus.Harm] > x.harm {
				t.Errorf("worse than %+v", x)
			}
		})
	}
}
