package flows_test

import (
	"fmt"
	"strconv"
	"strings"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// doMonth are the deeds of the transcripts about what was done in a month.
func (p *player) doMonth(tx *record.Tx, verb, rest string) (bool, error) {
	f := strings.Fields(rest)
	switch verb {
	case "agree_for": // NAME SET: told 王桂英
		return true, consent.Put(p.as(tx, "王桂英"), consent.Consent{Resident: p.residents[f[0]], Set: purpose.Purpose(f[1]), Answer: person.Yes, Version: "test"}, p.now)
	case "visits": // BY NAME DAY HOWMANY KIND: written down by a cadre
		day, err := calendar.ParseDay(f[2])
		if err != nil {
			return true, err
		}
		n, err := strconv.Atoi(f[3])
		for i := range n {
			if err == nil {
				_, err = visits.Add(p.as(tx, f[0]), visits.Visit{Resident: p.residents[f[1]], Day: day, Way: "home", Kind: f[4], Finding: "well", At: day.At(10, 0).Unix()}, fmt.Sprint(rest, i))
			}
		}
		return true, err
	}
	return false, nil
}
