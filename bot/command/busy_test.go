package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	neturl "net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"xintiexin/bot/wechat/fake"
	"xintiexin/bot/workbook/imports"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/changes"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
)

// TestBusyDay: while a clerk downloads a table from the office's page over a slow line and an import runs, cadres
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
	a := &app{dir: dir, url: "http://127.0.0.1", engine: engine, store: store, now: time.Now, log: slog.New(slog.DiscardHandler)}
	if err := a.build(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.routes())
	defer server.Close()
	office := newOffice(t, store, server.URL)
	list := residentsList(t, listed)

	var work, talk sync.WaitGroup
	slow := &slowly{}
	var sent int64
	work.Go(func() { sent = office.download(slow) })
	imported := make(chan struct{})
	work.Go(func() {
		defer close(imported)
		report, err := imports.Import(t.Context(), store, bytes.NewReader(list), imports.Ground{From: "试", Ground: "试", By: "test"}, true, now)
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
	t.Logf("%d residents, a download of %d bytes and an import of %d: %d messages, the longest wait %s, the longest read %s, busy for %s",
		people, sent, listed, messages, longest.Round(time.Millisecond/10), engine.LongestView().Round(time.Millisecond/10), time.Since(now).Round(time.Millisecond))
	if taken := office.taken(); sent == 0 || taken != 1 || messages < len(mouths) {
		t.Errorf("%d bytes, taking %d counts, %d messages answered: nothing was tried", sent, taken, messages)
	}
}

// townOffice is a clerk before the office's page.
type townOffice struct {
	t       *testing.T
	store   *record.Store
	url     string
	browser *http.Client
	mark    string
}

var markOf = regexp.MustCompile(`name="mark" value="([0-9a-f]+)"`)

// newOffice binds a clerk and opens 交表 as she does.
func newOffice(t *testing.T, store *record.Store, url string) *townOffice {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &townOffice{t: t, store: store, url: url, browser: &http.Client{Jar: jar}}
	token := ""
	err = store.Update(t.Context(), func(tx *record.Tx) error {
		if err := person.PutStaff(tx, person.Staff{ID: "clerk", Name: "办事员", Roles: []person.Role{person.Clerk}}); err != nil {
			return err
		}
		if err := access.Bind(tx, "oclerk", "clerk"); err != nil {
			return err
		}
		who, err := person.Identify(tx, "oclerk")
		if err != nil {
			return err
		}
		s, err := person.ScopeOf(tx, who)
		if err == nil {
			token, err = access.NewLink(s, "office", "", "export", "busy", time.Now())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	res := o.post("/p/"+token, neturl.Values{})
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	m := markOf.FindSubmatch(page)
	if err != nil || m == nil || !strings.HasSuffix(res.Request.URL.Path, "/office/export") {
		t.Fatalf("%s: %v\n%s", res.Request.URL, err, page)
	}
	o.mark = string(m[1])
	return o
}

func (o *townOffice) post(path string, form neturl.Values) *http.Response {
	res, err := o.browser.PostForm(o.url+path, form)
	if err != nil {
		o.t.Fatal(err)
	}
	return res
}

// download takes the visits over a slow line and returns how many bytes came.
func (o *townOffice) download(line io.Writer) int64 {
	res, err := o.browser.PostForm(o.url+"/p/office/export", neturl.Values{"mark": {o.mark}, "what": {"visits"}, "how": {"whole"}, "from": {"2000-01-01"}})
	if err != nil {
		o.t.Errorf("download: %v", err)
		return 0
	}
	defer res.Body.Close()
	n, err := io.Copy(line, res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		o.t.Errorf("download: status %d, %v", res.StatusCode, err)
	}
	return n
}

// taken is which taking of the visits counts.
func (o *townOffice) taken() (n int) {
	err := o.store.View(o.t.Context(), func(tx *record.Tx) error {
		h, err := changes.LoadSequence(tx, "visits")
		n = h.Took
		return err
	})
	if err != nil {
		o.t.Error(err)
	}
	return n
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
