package session

import (
	"sync"
	"time"
)

// pinTries lets one PIN of a person be tried at a time, and counts every try, right or
// wrong: the hash is slow, so whoever could have it made without end would keep the
// machine from everybody else. Wrong ones are counted in the store too, which locks.
type pinTries struct {
	mu    sync.Mutex
	since time.Time
	busy  map[string]bool
	of    map[string]int
}

// How many tries a person has in how long: right ones are needed once a link.
const (
	maxPinTries = 20
	pinTryTime  = 10 * time.Minute
)

// begin counts a try; why names the text that says why it may not go on. Where it may,
// end must follow.
func (p *pinTries) begin(resident string, now time.Time) (why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil || now.Sub(p.since) >= pinTryTime || now.Before(p.since) {
		p.since, p.of = now, map[string]int{}
	}
	if p.busy == nil {
		p.busy = map[string]bool{}
	}
	p.of[resident]++
	switch {
	case p.of[resident] > maxPinTries:
		return "tooMany"
	case p.busy[resident]:
		return "pinBusy"
	}
	p.busy[resident] = true
	return ""
}

func (p *pinTries) end(resident string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, resident)
}
