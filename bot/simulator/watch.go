package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// beat is how often a stream says that it lives; the page then asks for the
// time as well. A page that takes longer to read a line than stall is let go.
const (
	beat  = 15 * time.Second
	stall = 30 * time.Second
)

// changed tells every page that there is something new; s.mu is held. A page
// that has not asked since the last time need not be told twice.
func (s *Simulator) changed() {
	for w := range s.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// watch streams a “changed” event whenever something did, until the page goes
// away or the simulator is closed.
func (s *Simulator) watch(w http.ResponseWriter, r *http.Request) error {
	news, ok := s.subscribe()
	if !ok {
		return refusal{http.StatusServiceUnavailable, "模拟器正在关。"}
	}
	defer s.unsubscribe(news)
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		// A server's write limit is for a whole answer, and this one has no end.
		// A writer that knows no limits needs none moved.
		_ = stream.SetWriteDeadline(time.Now().Add(stall))
		if _, err := fmt.Fprint(w, "event: changed\ndata:\n\n"); err != nil {
			return nil // the page has gone
		}
		if err := stream.Flush(); err != nil {
			return nil
		}
		select {
		case <-r.Context().Done():
			return nil
		case _, open := <-news:
			if !open {
				return nil
			}
		case <-tick.C:
		}
	}
}

func (s *Simulator) subscribe() (chan struct{}, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false
	}
	if s.watchers == nil {
		s.watchers = map[chan struct{}]bool{}
	}
	news := make(chan struct{}, 1)
	s.watchers[news] = true
	return news, true
}

func (s *Simulator) unsubscribe(news chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watchers, news)
}
