package session

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// guesses counts, for each address, what did not open: links that never were,
// doors that are none. PINs have a count of their own (pinTries). It is coarse: a whole town may stand behind
// one address of its mobile carrier. What protects is the length of a token and
// the lock of a PIN; this only keeps a machine from trying all day.
type guesses struct {
	mu    sync.Mutex
	since time.Time
	of    map[string]int
}

// How many guesses an address has in how long.
const (
	maxGuesses = 60
	guessTime  = 10 * time.Minute
)

// more counts a guess; it reports whether the address may go on.
func (g *guesses) more(r *http.Request, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn(now)
	a := address(r)
	g.of[a]++
	return g.of[a] <= maxGuesses
}

// turn begins to count anew when the time is over, or when so many addresses
// came that it costs more than it helps.
func (g *guesses) turn(now time.Time) {
	if g.of == nil || now.Sub(g.since) >= guessTime || now.Before(g.since) || len(g.of) > 10_000 {
		g.since, g.of = now, map[string]int{}
	}
}

// address is whom a request comes from: behind a proxy of this machine, whom the
// proxy names last.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return host
	}
	named := r.Header.Values("X-Forwarded-For")
	if len(named) == 0 {
		return host
	}
	all := strings.Split(named[len(named)-1], ",")
	return strings.TrimSpace(all[len(all)-1])
}
