package command

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"xintiexin/bot/office"
	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/seed"
)

// TestBusyDay: while an export is downloaded slowly and an import runs, cadres
// are answered. It prints the longest wait and asserts nothing about time; the
// long form has 100,000 residents and a list of 20,000.
func TestBusyDay(t *testing.T) {
	people, listed := 3000, 300
	if os.Getenv(longVar) != "" {
		people, listed = 100_000, 20_000
	}
	dir := t.TempDir()
	now := time.Now()
	fill(t, dir, people)
	mouths := townOf(t, dir, 4)
	engine, store, err := open(t.Context(), dir, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	a := &app{dir: dir, engine: engine, store: store, now: time.Now, log: slog.New(slog.DiscardHandler)}
	if err := a.build(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.routes())
	defer server.Close()
	list := residentsList(t, listed)

	var work, talk sync.WaitGroup
	slow := &slowly{}
	rows := 0
	work.Go(func() {
		var err error
		if rows, err = office.Export(t.Context(), store, slow, office.Order{Tables: []string{office.Visits}, Now: now}); err != nil {
			t.Errorf("export: %v", err)
		}
	})
	imported := make(chan struct{})
	work.Go(func() {
		defer close(imported)
		report, err := office.Import(t.Context(), store, bytes.NewReader(list), office.Ground{From: "试", Ground: "试", By: "test"}, true, now)
		if err != nil || len(report.Mistakes) > 0 {
			t.Errorf("import: %v, %s", err, report)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	waits := make([]time.Duration, len(mouths))
	said := make([]int, len(mouths))
	for i, m := range mouths {
		m.d = &fake.Driver{Platform: platform, URL: server.URL + "/wechat"}
		talk.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				if err := m.say(); err != nil {
					t.Error(err)
					return
				}
				waits[i], said[i] = max(waits[i], time.Since(began)), said[i]+1
				time.Sleep(5 * time.Millisecond) // she types
			}
		})
	}
	<-imported
	slow.fast.Store(true) // the rest of the download is nobody's concern
	work.Wait()
	cancel()
	talk.Wait()
	longest, messages := time.Duration(0), 0
	for i := range mouths {
		longest, messages = max(longest, waits[i]), messages+said[i]
	}
	t.Logf("%d residents, an export of %d rows and an import of %d: %d messages, the longest wait %s, the longest read %s, busy for %s",
		people, rows, listed, messages, longest.Round(time.Millisecond/10), engine.LongestView().Round(time.Millisecond/10), time.Since(now).Round(time.Millisecond))
	if rows == 0 || messages < len(mouths) {
		t.Errorf("%d rows exported, %d messages answered: nothing was tried", rows, messages)
	}
}

func fill(t *testing.T, dir string, people int) {
	t.Helper()
	engine, store, err := open(t.Context(), dir, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if _, err := seed.Town(t.Context(), store, seed.Options{Residents: people, Cadres: 20, Today: calendar.DayOf(time.Now())}); err != nil {
		t.Fatal(err)
	}
}

// residentsList is a list of n newcomers in a village of their own.
func residentsList(t *testing.T, n int) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	sheet := func(name string, rows int, row func(i int) []any) {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		w, err := f.NewStreamWriter(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if err := w.SetRow(fmt.Sprintf("A%d", i+1), row(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	sheet("村", 2, func(i int) []any {
		return [][]any{{"编码", "村", "组"}, {"379999777001", "新并村", "一组"}}[i]
	})
	sheet("居民", n+1, func(i int) []any {
		if i == 0 {
			return []any{"村", "姓名", "电话", "组"}
		}
		return []any{"新并村", "王小" + string(rune(0x4e00+i%5000)), fmt.Sprintf("179%08d", i), "一组"}
	})
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// slowly takes 10 KB a second, until it is told that there is no more need to.
type slowly struct{ fast atomic.Bool }

func (s *slowly) Write(p []byte) (int, error) {
	for begin := time.Now(); !s.fast.Load() && time.Since(begin) < time.Duration(len(p))*time.Second/10_000; {
		time.Sleep(10 * time.Millisecond)
	}
	return len(p), nil
}
