package bot

import (
	"sync"
	"time"

	"xintiexin/bot/wechat"
)

// drift tells a wrong clock of this server from somebody who sends an old post of
// the platform's again: with a wrong clock no post at all is taken.
type drift struct {
	mu    sync.Mutex
	taken time.Time // when a post of the platform's was last taken
	wrong bool
}

// stale notes a post with a right signature and another time than now. It reports
// whether that is news: that the clock is wrong.
func (d *drift) stale(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	away := now.Sub(d.taken)
	if d.wrong || !d.taken.IsZero() && away < wechat.Fresh && away > -wechat.Fresh {
		return false
	}
	d.wrong = true
	return true
}

// fresh notes a post that was taken, and reports whether the clock was wrong before.
func (d *drift) fresh(now time.Time) (mended bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	mended, d.taken, d.wrong = d.wrong, now, false
	return mended
}

func (d *drift) isWrong() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wrong
}

// heard notes that a post was taken.
func (b *Bot) heard() {
	if b.clock.fresh(b.Now()) {
		b.Log.Info("the clock is right again")
	}
}

// ClockWrong reports whether the platform's posts carry another time than this
// server's clock, so that none is taken.
func (b *Bot) ClockWrong() bool { return b.clock.isWrong() }
