package bot_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"xintiexin/bot"
	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
	"xintiexin/flows"
	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/visits"
)

// The benchmarks of the whole: messages in safe mode over HTTP on the loopback,
// each with its durable commit. The bare handler beside it does the least that
// such a server can do: decrypt, commit 600 bytes with bbolt.Batch, encrypt an
// answer of a usual length. Both are asked by the same clients, whose requests
// are made before the clock starts.

// visitWords are the messages of a visit, over and over.
var visitWords = []string{"走访", "", "看望", "都好", "保存"} // "" is a name

// benchTown is a store with people for n cadres to visit: sixty each, who agreed.
func benchTown(b *testing.B, n int) (store *record.Store, openids []string) {
	b.Helper()
	engine, err := bolt.Open(filepath.Join(b.TempDir(), "x.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { engine.Close() })
	if store, err = storage.Open(b.Context(), engine, nil); err != nil {
		b.Fatal(err)
	}
	for i := range n {
		id, village := fmt.Sprintf("c%03d", i), fmt.Sprintf("379999001%03d", i)
		openids = append(openids, seed.OpenID("bench", id))
		err := store.Update(b.Context(), func(tx *record.Tx) error {
			if err := person.PutVillage(tx, person.Village{ID: village, Name: fmt.Sprint("村", i), Groups: []person.Group{{Name: "一组", Contact: id}}}); err != nil {
				return err
			}
			if err := person.PutStaff(tx, person.Staff{ID: id, Name: "干部", Villages: []string{village}, Roles: []person.Role{person.VillageWorker}}); err != nil {
				return err
			}
			if err := access.Bind(tx, openids[i], id); err != nil {
				return err
			}
			p, err := person.Identify(tx, openids[i])
			if err != nil {
				return err
			}
			s, err := person.ScopeOf(tx, p)
			if err != nil {
				return err
			}
			for _, name := range benchNames {
				r, err := s.AddResident(person.Resident{Name: name, Village: village, Group: "一组", Phone: "17900001122"}, id+name)
				if err != nil {
					return err
				}
				if err := consent.Put(s, consent.Consent{Resident: r.ID, Set: purpose.VisitRecord, Answer: person.Yes, Channel: "oral"}, time.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return store, openids
}

// benchNames are sixty, no two of which sound alike.
var benchNames = func() (all []string) {
	for _, given := range []string{"秀兰", "桂英", "小梅", "建国", "志强", "海燕", "春花", "文静", "大成", "玉芬", "明月", "红霞"} {
		for _, family := range []string{"王", "李", "张", "刘", "陈"} {
			all = append(all, family+given)
		}
	}
	return all
}()

// script is what one cadre sends, ready to be written to a connection.
func script(b *testing.B, p *fake.Platform, host, openid string, n int) [][]byte {
	b.Helper()
	var out [][]byte
	d := &fake.Driver{Platform: p, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, fmt.Appendf(nil, "POST /wechat?%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/4.0\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
			r.URL.RawQuery, host, len(body), body))
		io.WriteString(w, wechat.Success)
	})}
	for i := range n {
		words := visitWords[i%len(visitWords)]
		if words == "" {
			words = benchNames[i/len(visitWords)%len(benchNames)]
		}
		if _, err := d.Text(openid, words); err != nil {
			b.Fatal(err)
		}
	}
	return out
}

// ask sends a script over one connection and reads the answers, with as little
// work as can be: beside the lengths it looks only at the status.
func ask(host string, requests [][]byte) error {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 8<<10)
	for _, r := range requests {
		if _, err := conn.Write(r); err != nil {
			return err
		}
		size := -1
		for first := true; ; first = false {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return err
			}
			if first && string(line[:12]) != "HTTP/1.1 200" {
				return fmt.Errorf("answered %s", line)
			}
			if len(line) == 2 {
				break
			}
			if v, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
				if size, err = strconv.Atoi(strings.TrimSpace(v)); err != nil {
					return err
				}
			}
		}
		if size < 100 { // "success" is no answer here, and chunks are not expected
			return fmt.Errorf("an answer of %d bytes", size)
		}
		if _, err := in.Discard(size); err != nil {
			return err
		}
	}
	return nil
}

// load measures handler with so many cadres at once, each sending its share.
func load(b *testing.B, handler http.Handler, openids []string) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	host := listener.Addr().String()
	p := fake.New(fake.Options{Config: account, Now: time.Now}) // one for all: it numbers the messages
	scripts := make([][][]byte, len(openids))
	for i := range openids {
		n := b.N*(i+1)/len(openids) - b.N*i/len(openids)
		scripts[i] = script(b, p, host, openids[i], n)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	errs := make(chan error, len(openids))
	for _, s := range scripts {
		wg.Go(func() { errs <- ask(host, s) })
	}
	wg.Wait()
	b.StopTimer()
	close(errs)
	for err := range errs {
		if err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	if err := errors.Join(server.Close(), ignoreClosed(<-done)); err != nil {
		b.Error(err)
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func benchWhole(b *testing.B, cadres int) {
	store, openids := benchTown(b, cadres)
	talk, err := flows.New()
	if err != nil {
		b.Fatal(err)
	}
	h := &bot.Bot{Config: account, Store: store, Talk: talk, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	load(b, h, openids)
	h.Wait()
	b.StopTimer()
	saved := 0
	err = store.View(b.Context(), func(tx *record.Tx) error {
		saved = 0
		for _, o := range openids {
			p, err := person.Identify(tx, o)
			if err != nil {
				return err
			}
			s, err := person.ScopeOf(tx, p)
			if err != nil {
				return err
			}
			mine, err := visits.Mine(s, 0, 1<<30)
			if err != nil {
				return err
			}
			saved += len(mine)
		}
		return nil
	})
	if want := b.N/len(visitWords) - cadres; err != nil || saved < want { // it did what it was measured at
		b.Fatalf("%d visits saved of %d messages, %v", saved, b.N, err)
	}
}

// bare is the least that a webhook can do.
type bare struct {
	db     *bbolt.DB
	commit func(func(*bbolt.Tx) error) error
	answer string
}

func (h *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, err := wechat.Open(account, r.URL.Query(), r.Body, time.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	value := make([]byte, 600)
	copy(value, m.Content)
	key := m.Key()
	if err := h.commit(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("b")).Put([]byte(key), value) }); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	out, err := wechat.Reply(account, m, h.answer, time.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Write(out)
}

func benchBare(b *testing.B, cadres int, batch bool) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{InitialMmapSize: 1 << 30, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("b")); return err })
	if err != nil {
		b.Fatal(err)
	}
	h := &bare{db: db, commit: db.Update, answer: strings.Repeat("一句答话。", 40)} // 600 bytes, the mean of the visit's answers
	if batch {
		h.commit = db.Batch
	}
	openids := make([]string, cadres)
	for i := range openids {
		openids[i] = seed.OpenID("bench", fmt.Sprintf("c%03d", i))
	}
	load(b, h, openids)
}

func BenchmarkWhole200(b *testing.B) { benchWhole(b, 200) }
func BenchmarkBare200(b *testing.B)  { benchBare(b, 200, true) }
func BenchmarkWhole1(b *testing.B)   { benchWhole(b, 1) }
func BenchmarkBare1(b *testing.B)    { benchBare(b, 1, true) }

// BenchmarkBareUpdate1 commits with bbolt.Update: a harder measure for one
// cadre alone, for whom Batch waits 10 ms.
func BenchmarkBareUpdate1(b *testing.B) { benchBare(b, 1, false) }

// large is a folder with a town of 100,000 residents, made once a run.
var large = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "xintiexin-bench-"); err != nil {
		return "", err
	}
	engine, err := bolt.Open(filepath.Join(dir, "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		return dir, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	ctx := context.Background()
	store, err := storage.Open(ctx, engine, nil)
	if err != nil {
		return dir, err
	}
	town, err := seed.Town(ctx, store, seed.Options{Residents: 100_000, Cadres: 100, Today: calendar.DayOf(time.Now())})
	if err != nil {
		return dir, err
	}
	var people []person.Resident
	err = store.View(ctx, func(tx *record.Tx) (err error) {
		people, _, err = person.ResidentPage(tx, town.Cadres[0].Villages[0], record.Page{}, 1)
		return err
	})
	if err != nil {
		return dir, err
	}
	file, err := os.Open(filepath.Join(dir, "x.db")) // written without syncing: the first commit would wait for all of it
	if err != nil {
		return dir, err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return dir, err
	}
	asks := town.Cadres[0].OpenID + " " + town.Office[0].OpenID + " " + people[0].Name
	return dir, os.WriteFile(filepath.Join(dir, "asks"), []byte(asks), 0o600)
})

// BenchmarkStart100k starts a process on 100,000 residents: how long until it
// can be asked and until its first answer (查人 by a cadre of one village, find-ms),
// how long 查人 takes the clerk, who sees all 56 villages, by a whole name and
// by the commonest surname, and the memory that it then has of its own.
func BenchmarkStart100k(b *testing.B) {
	dir, err := large()
	if dir != "" {
		b.Cleanup(func() { benchDone.Do(func() { os.RemoveAll(dir) }) })
	}
	if err != nil {
		b.Fatal(err)
	}
	sum := map[string]float64{}
	for b.Loop() {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "XINTIEXIN_BENCH_CHILD="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			b.Fatal(err)
		}
		for field := range strings.FieldsSeq(string(out)) {
			name, value, _ := strings.Cut(field, "=")
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				b.Fatalf("%q: %v", field, err)
			}
			sum[name] += v
		}
	}
	for name, v := range sum {
		b.ReportMetric(v/float64(b.N), name)
	}
}

var benchDone sync.Once

// firstAnswer is the process that BenchmarkStart100k starts.
func firstAnswer(dir string) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	began := time.Now()
	engine, err := bolt.Open(filepath.Join(dir, "x.db"), bolt.Options{})
	fail(err)
	store, err := storage.Open(context.Background(), engine, nil)
	fail(err)
	talk, err := flows.New()
	fail(err)
	h := &bot.Bot{Config: account, Store: store, Talk: talk, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	d := &fake.Driver{Platform: fake.New(fake.Options{Config: account, Now: time.Now}), Handler: h}
	ready := time.Since(began)
	find := func(openid, words string) time.Duration {
		at := time.Now()
		a, err := d.Raw(fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content>%s</Content><MsgId>%d</MsgId></xml>",
			account.Account, openid, at.Unix(), words, at.UnixNano())) // a number that no process had before: a known one is answered from its receipt
		fail(err)
		if !strings.Contains(a.Text, "走访") && !strings.Contains(a.Text, "位：") {
			fail(fmt.Errorf("%q was answered %q", words, a.Text))
		}
		return time.Since(at)
	}
	asks, err := os.ReadFile(filepath.Join(dir, "asks"))
	fail(err)
	who := strings.Fields(string(asks))
	first := find(who[0], "查人 "+who[2])
	start := time.Since(began)
	clerk := find(who[1], "查人 "+who[2])
	common := find(who[1], "查人 王")
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("open-ms=%g start-ms=%g find-ms=%g find-all-villages-ms=%g find-surname-ms=%g RssAnon-MB=%g\n",
		ms(ready), ms(start), ms(first), ms(clerk), ms(common), rssAnon())
	fail(engine.Close())
}

// rssAnon is the memory of this process that is no file's, in MB.
func rssAnon() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return -1
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if v, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(v)[0], 64)
			if err != nil {
				return -1
			}
			return kb / 1024
		}
	}
	return -1
}
