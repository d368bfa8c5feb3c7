package outbox

import (
	"xintiexin/storage/calendar"
	"xintiexin/storage/record"
)

// Sendings is how many messages a channel took on a day, or may have taken.
type Sendings struct {
	Day   calendar.Day
	Count map[string]int // by channel
}

// LoadSendings returns what was counted last, of whatever day that was.
func LoadSendings(tx *record.Tx) (Sendings, error) {
	return record.Optional(record.Get[Sendings](tx, record.Key("sendings")))
}

// PutSendings keeps a count.
func PutSendings(tx *record.Tx, s Sendings) error { return tx.Put(record.Key("sendings"), s) }
