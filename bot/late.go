package bot

import (
	"sync"
	"time"

	"xintiexin/bot/wechat"
)

// pushed remembers which late answers are pushed, for as long as their message may
// be delivered again.
type pushed struct {
	mu   sync.Mutex
	keys map[string]time.Time
}

// first reports whether the answer to the message with that key is not pushed yet;
// from now on it is.
func (p *pushed) first(key string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, at := range p.keys {
		if now.Sub(at) > wechat.Fresh {
			delete(p.keys, k)
		}
	}
	if _, is := p.keys[key]; is {
		return false
	}
	if p.keys == nil {
		p.keys = map[string]time.Time{}
	}
	p.keys[key] = now
	return true
}
