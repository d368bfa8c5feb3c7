package flows_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// crowded is the transcripts' town with many lines in 王桂英's day, told by her alone.
func crowded(t *testing.T, lines int) *player {
	t.Helper()
	p := &player{t: t, path: filepath.Join(t.TempDir(), "x.db"), token: map[string]uint32{}, residents: map[string]string{}, codes: map[string]string{}}
	p.open()
	t.Cleanup(func() { p.store.Close() })
	p.town()
	p.now = calendar.Date(2027, 1, 28).At(7, 30)
	p.update(func(tx *record.Tx) error {
		s := p.as(tx, "王桂英")
		for i := range lines {
			r, err := s.AddResident(person.Resident{Name: fmt.Sprintf("周%s", string(rune('一'+i))), Village: "379999104201", Group: []string{"一组", "二组", "三组"}[i%3], House: fmt.Sprint(i/2, "号")}, fmt.Sprint("many", i))
			if err != nil {
				return err
			}
			_, err = visits.AddFollowUp(s, followups.FollowUp{Resident: r.ID, Kind: "answer", Text: "问补贴", Due: calendar.DayOf(p.now) - calendar.Day(i%5), Contact: "wgy"}, fmt.Sprint("line", i))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return p
}

func (p *player) update(fn func(*record.Tx) error) {
	p.t.Helper()
	if err := p.store.Update(p.t.Context(), fn); err != nil {
		p.t.Fatal(err)
	}
}

// handle is one message of 王桂英 by its id.
func (p *player) handle(id, text string) (r dialog.Reply) {
	p.t.Helper()
	p.update(func(tx *record.Tx) (err error) {
		r, err = p.talk.Handle(tx, dialog.Message{ID: id, From: openids["王桂英"], Text: text, At: p.now})
		return err
	})
	p.now = p.now.Add(time.Second)
	return r
}

// TestADayOfManyLines: pages of forty, the numbers of the page that was shown last
// count, and what was done there is gone from the next.
func TestADayOfManyLines(t *testing.T) {
	p := crowded(t, 97)
	seen := map[string]bool{}
	first := p.handle("a", "今日")
	for page, want := 0, []int{41, 41, 17}; page < len(want); page++ {
		r := first
		if page > 0 {
			r = p.handle(fmt.Sprint("page", page), "看后面的")
		}
		if len(r.Options) != want[page] {
			t.Fatalf("page %d has %d options, want %d: %s", page, len(r.Options), want[page], r.Text)
		}
		for _, o := range r.Options[:min(40, len(r.Options))] {
			if seen[o] {
				t.Errorf("%s stands on two pages", o)
			}
			seen[o] = true
		}
		last := strings.Fields(r.Options[1])[0]
		r = p.handle(fmt.Sprint("close", page), "2办了")
		if !strings.Contains(r.Text, last) {
			t.Errorf("page %d: 2 is %s, and %s is closed", page, last, r.Text)
		}
		p.handle(fmt.Sprint("drop", page), "都不存")
		if page < len(want)-1 { // the page stands on offer no more
			if r := p.handle(fmt.Sprint("back", page), "今日"); len(r.Options) != 41 {
				t.Fatal(r.Text)
			}
			for range page {
				p.handle(fmt.Sprint("on", page), "看后面的")
			}
		}
	}
	if len(seen) != 97 {
		t.Errorf("%d of 97 lines were shown", len(seen))
	}
}
