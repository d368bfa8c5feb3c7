package command

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/kv"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	visitsstore "xintiexin/storage/visits"
)

// The tests of this file run the program in a process of its own: this test
// binary, started again with childVar set.
const (
	childVar  = "XINTIEXIN_TEST_CHILD"
	nosyncVar = "XINTIEXIN_TEST_NOSYNC" // serve does not sync: to see that a test notices
	longVar   = "XINTIEXIN_LONG"        // the long form of some tests
	clockVar  = "XINTIEXIN_TEST_CLOCK"  // Unix milliseconds that serve takes for its start
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(childVar) == "":
		os.Exit(m.Run())
	case os.Getenv(nosyncVar) != "":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := serve(ctx, os.Args[2:], os.Getenv, os.Stdout, bolt.Options{NoSync: true}, time.Now); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	case os.Getenv(clockVar) != "":
		serveAt(os.Getenv(clockVar))
	default:
		Main()
	}
}

// cfg is the account of the tests.
var cfg = wechat.Config{AppID: "wxtest0123456789ab", Secret: "test-secret", Token: "testtoken",
	AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Account: "gh_0123456789ab"}

// wang is a cadre of the demo's cast.
var wang = seed.OpenID("demo", "wangguiying")

// environment is what a child sees: no setting of the machine's, those of cfg,
// and what is given over them.
func environment(over ...string) []string {
	env := []string{childVar + "=1", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), "WECHAT_APPID=" + cfg.AppID,
		"WECHAT_TOKEN=" + cfg.Token, "WECHAT_AES_KEY=" + cfg.AESKey, "WECHAT_ACCOUNT=" + cfg.Account}
	if dir := os.Getenv("GOCOVERDIR"); dir != "" {
		env = append(env, "GOCOVERDIR="+dir)
	}
	return append(env, over...)
}

// command runs a command to its end and returns what it printed.
func command(t *testing.T, env []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env, c.Dir = env, t.TempDir()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err = c.Run()
	return out.String(), errs.String(), err
}

// child is a server in a process of its own.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	base   string // http://127.0.0.1:…
	stderr lockedBuffer
	stdout lockedBuffer
	done   chan struct{}
	err    error // after done
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start starts a server and waits until it says where it listens. under, if
// not empty, is the command that runs it.
func start(t *testing.T, env []string, under []string, args ...string) *child {
	t.Helper()
	line := append(append(append([]string{}, under...), os.Args[0]), args...)
	line = append(line, "-listen", "127.0.0.1:0")
	c := &child{t: t, cmd: exec.Command(line[0], line[1:]...), done: make(chan struct{})}
	c.cmd.Env, c.cmd.Stderr = env, &c.stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // one signal reaches it and what it runs under
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	go func() {
		defer close(c.done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			fmt.Fprintln(&c.stdout, lines.Text())
			if a := address.FindString(lines.Text()); a != "" {
				select {
				case found <- a:
				default:
				}
			}
		}
		c.err = c.cmd.Wait()
	}()
	t.Cleanup(c.kill)
	select {
	case c.base = <-found:
	case <-c.done:
		t.Fatalf("%v ended: %v\n%s", args, c.err, &c.stderr)
	case <-time.After(30 * time.Second):
		t.Fatalf("%v does not say that it listens\n%s", args, &c.stderr)
	}
	return c
}

// serving starts `serve` on a folder.
func serving(t *testing.T, dir string, env ...string) *child {
	t.Helper()
	return start(t, environment(env...), nil, "serve", "-data", dir)
}

func (c *child) signal(s syscall.Signal) { _ = syscall.Kill(-c.cmd.Process.Pid, s) }

// kill ends the child as a power cut would.
func (c *child) kill() {
	select {
	case <-c.done:
		return
	default:
	}
	c.signal(syscall.SIGKILL)
	<-c.done
}

// stop ends the child politely, and fails if it does not leave as it should.
func (c *child) stop() {
	c.t.Helper()
	c.signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(30 * time.Second):
		c.t.Errorf("it does not stop\n%s", &c.stderr)
		c.kill()
		return
	}
	if c.err != nil {
		c.t.Errorf("stopped with %v\n%s", c.err, &c.stderr)
	}
}

func (c *child) get(path string) (status int, body string) {
	c.t.Helper()
	res, err := http.Get(c.base + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// platform is behind all users: no two messages have one number.
var platform = fake.New(fake.Options{Config: cfg, Now: time.Now})

// users play the users of the account at this server.
func (c *child) users() *fake.Driver {
	return &fake.Driver{Platform: platform, URL: c.base + "/wechat"}
}

// wants sends words and fails when the answer does not hold part.
func wants(t *testing.T, d *fake.Driver, openid, words, part string) string {
	t.Helper()
	a, err := d.Text(openid, words)
	if err != nil || !strings.Contains(a.Text, part) {
		t.Fatalf("%q was answered %q (%d, %v), which has no %q", words, a.Text, a.Status, err, part)
	}
	return a.Text
}

// demoFile is a database with the demo's cast, made once.
var demoFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "xintiexin-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	engine, store, err := open(ctx, dir, bolt.Options{NoSync: true})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	_, err = seed.Demo(ctx, store, calendar.DayOf(now), now)
	if err := errors.Join(err, engine.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, dbName))
})

// folder is a data folder with the demo's cast.
func folder(t *testing.T) string {
	t.Helper()
	b, err := demoFile()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, dbName), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// look opens a folder's database, which nobody else may hold.
func look(t *testing.T, dir string, fn func(tx *record.Tx) error) {
	t.Helper()
	engine, store, err := open(t.Context(), dir, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if err := store.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// digest is a hash of all that a database file holds, but for the notes of the
// time, of jobs, of alarms and of the last backup.
func digest(t *testing.T, path string) string {
	t.Helper()
	engine, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	h := sha256.New()
	err = engine.View(t.Context(), func(tx kv.Tx) error {
		for p, err := range tx.Scan(nil, nil) {
			if err != nil {
				return err
			}
			switch k, _, _ := strings.Cut(string(p.Key), "/"); k {
			case "clock", "job", "alarm", "backup":
			default:
				fmt.Fprintf(h, "%d %s %d %s", len(p.Key), p.Key, len(p.Value), p.Value)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// TestServeRefuses: what cannot work is said in one line, before it listens.
func TestServeRefuses(t *testing.T) {
	t.Parallel()
	held := folder(t)
	engine, err := bolt.Open(filepath.Join(held, dbName), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() }) // after those that run in parallel
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { busy.Close() })
	for _, c := range []struct {
		name, says string
		env        string
		args       []string
	}{
		{"an empty token", "token is empty", "WECHAT_TOKEN=", nil},
		{"a token of two characters", "3 to 32", "WECHAT_TOKEN=ab", nil},
		{"a key of the wrong length", "43 characters", "WECHAT_AES_KEY=abc", nil},
		{"a key without an app id", "no app id", "WECHAT_APPID=", nil},
		{"an address of the platform that is none", "http://", "WECHAT_API=ftp://x", nil},
		{"a rate that is none", "XINTIEXIN_PUSH_RATE", "XINTIEXIN_PUSH_RATE=fast", nil},
		{"a template's field that is none", "WECHAT_TEMPLATE_MORNING", "WECHAT_TEMPLATE_MORNING=T who=thing1", nil},
		{"settings that are not there", "settings", "", []string{"-config", file + ".none"}},
		{"a file in place of the folder", file, "", []string{"-data", file}},
		{"a folder below a file", file, "", []string{"-data", filepath.Join(file, "data")}},
		{"a database held by another process", "in use", "", []string{"-data", held}},
		{"an address in use", "in use", "", []string{"-listen", busy.Addr().String()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"serve", "-listen", "127.0.0.1:0", "-data", filepath.Join(t.TempDir(), "d")}, c.args...)
			out, errs, err := command(t, environment(c.env), args...)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("ended with %v", err)
			}
			if strings.Count(errs, "\n") != 1 || !strings.Contains(errs, c.says) {
				t.Errorf("said %q, want one line with %q", errs, c.says)
			}
			if out != "" {
				t.Errorf("printed %q", out)
			}
		})
	}
}

// TestServe: what the server answers, what stands in its folder, and that a
// platform out of reach keeps nobody from being answered.
func TestServe(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c := serving(t, dir, "WECHAT_SECRET=s3cret0fTheAccount", "WECHAT_API=http://127.0.0.1:1")
	if status, body := c.get("/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("/healthz: %d %q", status, body)
	}
	for _, path := range []string{"/", "/simulator", "/simulator/", "/simulator/api/state", "/platform/", "/platform/cgi-bin/stable_token", "/debug/pprof/", "/run"} {
		if status, _ := c.get(path); status != 404 {
			t.Errorf("GET %s: %d, want 404", path, status)
		}
	}
	d := c.users()
	if ok, err := d.Verify(); !ok || err != nil {
		t.Errorf("verification: %v %v", ok, err)
	}
	wants(t, d, wang, "走访 高霞", "她怎么样")
	for _, name := range []string{dbName, socketName} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	for range 100 {
		if strings.Count(c.stderr.String(), "level=WARN") == 2 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.stop()
	log := c.stderr.String() // the platform is away: its token, and with it the account's templates
	if strings.Count(log, "level=WARN") != 2 || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log should have two warnings and no error:\n%s", log)
	}
	for _, never := range []string{wang, "高霞", "signature", "s3cret0fTheAccount", cfg.Token, cfg.AESKey} {
		if strings.Contains(log, never) {
			t.Errorf("the log holds %q:\n%s", never, log)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, socketName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// captured is what a driver would post: the query and the body.
func captured(t *testing.T, act func(*fake.Driver) (fake.Answer, error)) (query string, body []byte) {
	t.Helper()
	d := &fake.Driver{Platform: platform}
	d.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		body, _ = io.ReadAll(r.Body)
		fmt.Fprint(w, "success")
	})
	if _, err := act(d); err != nil {
		t.Fatal(err)
	}
	return query, body
}

// TestDrain: a request that is being read when SIGTERM comes is answered, and
// what it did is kept.
func TestDrain(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c := serving(t, dir)
	wants(t, c.users(), wang, "走访 高霞", "她怎么样")
	wants(t, c.users(), wang, "都好", "保存")
	query, body := captured(t, func(d *fake.Driver) (fake.Answer, error) { return d.Text(wang, "保存") })
	host := strings.TrimPrefix(c.base, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /wechat?%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", query, host, len(body))
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err) // the handler reads the body now
	}
	c.signal(syscall.SIGTERM)
	for range 500 { // until the server takes nobody else
		other, err := net.Dial("tcp", host)
		if err != nil {
			break
		}
		other.Close()
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := net.Dial("tcp", host); err == nil {
		t.Fatal("still takes requests after SIGTERM")
	}
	if _, err := in.ReadString('\n'); err != nil { // the empty line behind 100 Continue
		t.Fatal(err)
	}
	if _, err := conn.Write(body); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("the request in flight was not answered: %v\n%s", err, &c.stderr)
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || !bytes.Contains(answer, []byte("<Encrypt>")) {
		t.Errorf("answered %d %.80q, %v", res.StatusCode, answer, err)
	}
	c.stop()
	if n := len(myVisits(t, dir)); n != 1 {
		t.Errorf("%d visits kept, want 1", n)
	}
}

// myVisits are the visits of these tests: those to 高霞 that 王桂英 wrote down
// lately.
func myVisits(t *testing.T, dir string) (all []visitsstore.Visit) {
	t.Helper()
	look(t, dir, func(tx *record.Tx) error {
		p, err := person.Identify(tx, wang)
		if err != nil {
			return err
		}
		s, err := person.ScopeOf(tx, p)
		if err != nil {
			return err
		}
		hits, err := s.FindResidents(person.Query{Name: "高霞"}, 9)
		if err != nil || len(hits) != 1 {
			return fmt.Errorf("%d hits, %w", len(hits), err)
		}
		visits, err := visitsstore.List(s, hits[0].ID, 1000)
		for _, v := range visits {
			if v.Day >= calendar.DayOf(time.Now())-1 { // the cast's is a month old
				all = append(all, v)
			}
		}
		return err
	})
	return all
}

// TestAdmin: the administrative commands do the same in a running server and
// without one.
func TestAdmin(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{true, false} {
		t.Run(map[bool]string{true: "served", false: "alone"}[live], func(t *testing.T) {
			t.Parallel()
			dir, out := folder(t), t.TempDir()
			var c *child
			if live {
				c = serving(t, dir)
			}
			do := func(args ...string) string {
				t.Helper()
				text, errs, err := command(t, environment(), append(args, "-data", dir)...)
				if err != nil {
					t.Fatalf("%v: %v %s", args, err, errs)
				}
				return text
			}
			fails := func(says string, args ...string) {
				t.Helper()
				_, errs, err := command(t, environment(), append(args, "-data", dir)...)
				var exit *exec.ExitError
				if !errors.As(err, &exit) || !strings.Contains(errs, says) {
					t.Errorf("%v: %v, said %q, want %q", args, err, errs, says)
				}
			}
			private := func(path string) {
				t.Helper()
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
					t.Errorf("%s: %v, %v", path, info, err)
				}
			}
			code := regexp.MustCompile(`\d{5} \d{5} \d{4}`).FindString(do("invite", "田春兰"))
			if !person.CheckCode(strings.ReplaceAll(code, " ", "")) {
				t.Errorf("no code: %q", code)
			}
			fails("nobody of the staff is called", "invite", "没有此人")
			fails("usage", "invite")
			do("backup", filepath.Join(out, "copy.db"))
			private(filepath.Join(out, "copy.db"))
			fails("exists", "backup", filepath.Join(out, "copy.db"))
			if text := do("export", "visits", filepath.Join(out, "v.xlsx"), "-from", "2020-01-01"); !regexp.MustCompile(`[1-9]\d* rows`).MatchString(text) {
				t.Errorf("export: %q", text)
			}
			private(filepath.Join(out, "v.xlsx"))
			fails("export", "export", "secrets", filepath.Join(out, "s.xlsx"))
			if _, err := os.Stat(filepath.Join(out, "s.xlsx")); err == nil {
				t.Error("an export that failed left a file")
			}
			do("import", "-template", filepath.Join(out, "t.xlsx"))
			private(filepath.Join(out, "t.xlsx"))
			if text := do("jobs"); !strings.Contains(text, "morning-list") || !strings.Contains(text, "sweep") {
				t.Errorf("jobs: %q", text)
			}
			if text := do("jobs", "run", "sweep"); !strings.Contains(text, "dropped") {
				t.Errorf("jobs run: %q", text)
			}
			fails("no job", "jobs", "run", "nothing")
			if !live {
				c = serving(t, dir)
			}
			fresh := seed.OpenID("a", "newcomer")
			wants(t, c.users(), fresh, "绑定 "+code, "田春兰")
			c.stop()
		})
	}
}

// TestRelativePath: a file named to a running server is written where the
// command was typed.
func TestRelativePath(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c := serving(t, dir)
	cmd := exec.Command(os.Args[0], "backup", "copy.db", "-data", dir)
	cmd.Env, cmd.Dir = environment(), t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(cmd.Dir, "copy.db")); err != nil {
		t.Error(err)
	}
	c.stop()
}

// TestSiteDataWithoutARestart: what the town sets counts from the next message on,
// what is wrong changes nothing, and the old one is a command away.
func TestSiteDataWithoutARestart(t *testing.T) {
	t.Parallel()
	dir, file := folder(t), filepath.Join(t.TempDir(), "town.md")
	c := serving(t, dir)
	site := func(fine bool, args ...string) {
		t.Helper()
		out, errs, err := command(t, environment(), append([]string{"site", "-data", dir}, args...)...)
		if (err == nil) != fine {
			t.Fatalf("%v: %v %s%s", args, err, errs, out)
		}
	}
	site(true, "show", file)
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(old, replacement string) {
		t.Helper()
		text := strings.Replace(string(src), old, replacement, 1)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil || text == string(src) {
			t.Fatalf("no %q in the site data, %v", old, err)
		}
	}
	write("pin_tries | 5", "pin_tries | 500")
	site(false, "check", file)
	site(false, "apply", file)
	write("样庄心贴心", "样庄改了名")
	site(true, "apply", file)
	wants(t, c.users(), seed.OpenID("a", "newcomer"), "帮助", "样庄改了名")
	site(true, "apply", "-previous")
	wants(t, c.users(), seed.OpenID("a", "another"), "帮助", "样庄心贴心")
	c.stop()
}

// TestBackupAndRestore: a copy taken in mid-conversation is put into a fresh
// folder, where the conversation goes on.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir, file, fresh := folder(t), filepath.Join(t.TempDir(), "copy.db"), filepath.Join(t.TempDir(), "fresh")
	c := serving(t, dir)
	wants(t, c.users(), wang, "走访 高霞", "她怎么样")
	if _, errs, err := command(t, environment(), "backup", file, "-data", dir); err != nil {
		t.Fatal(err, errs)
	}
	for range 2 { // while it serves, and after
		before, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, errs, err := command(t, environment(), "restore", file, "-data", dir)
		if err == nil || !strings.Contains(errs, "nothing was changed") {
			t.Errorf("restored into a live folder: %v %s", err, errs)
		}
		if after, err := os.ReadDir(dir); err != nil || len(after) != len(before) {
			t.Errorf("the folder changed: %v, then %v, %v", before, after, err)
		}
		if c != nil {
			c.stop()
			c = nil
		}
	}
	if out, errs, err := command(t, environment(), "restore", file, "-data", fresh); err != nil {
		t.Fatal(err, out, errs)
	}
	if info, err := os.Stat(filepath.Join(fresh, dbName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("restored: %v, %v", info, err)
	}
	c = serving(t, fresh)
	wants(t, c.users(), wang, "都好", "保存")
	wants(t, c.users(), wang, "保存", "存好了")
	c.stop()
	if n := len(myVisits(t, fresh)); n != 1 {
		t.Errorf("%d visits kept, want 1", n)
	}
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("garbage "), 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{garbage, garbage + ".none"} {
		empty := filepath.Join(t.TempDir(), "d")
		if _, errs, err := command(t, environment(), "restore", bad, "-data", empty); err == nil || strings.Count(errs, "\n") != 1 {
			t.Errorf("restored %s: %v %q", bad, err, errs)
		}
		if _, err := os.Stat(filepath.Join(empty, dbName)); err == nil {
			t.Error("a restore that failed left a database")
		}
	}
}

// TestDiskFull: when the file cannot be written any more everybody is told that
// the system is busy, nothing is changed, one alarm is raised, and when there
// is room again it works again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip("no prlimit (util-linux) here:", err)
	}
	dir, out := folder(t), t.TempDir()
	c := serving(t, dir)
	limit := func(bytes string) {
		t.Helper()
		pid := fmt.Sprint(c.cmd.Process.Pid)
		if text, err := exec.Command("prlimit", "--pid", pid, "--fsize="+bytes+":unlimited").CombinedOutput(); err != nil {
			t.Fatalf("prlimit: %v %s", err, text)
		}
	}
	copyTo := func(name string) string {
		t.Helper()
		path := filepath.Join(out, name)
		if _, errs, err := command(t, environment(), "backup", path, "-data", dir); err != nil {
			t.Fatal(err, errs)
		}
		return digest(t, path)
	}
	d := c.users()
	wants(t, d, wang, "走访 高霞", "她怎么样")
	before := copyTo("before.db")
	limit("4096")
	for range 5 {
		wants(t, d, wang, "都好", "系统忙")
	}
	if status, body := c.get("/healthz"); status != 503 || body != "not ok\n" {
		t.Errorf("/healthz of a full disk: %d %q", status, body)
	}
	limit("unlimited")
	if copyTo("after.db") != before {
		t.Error("messages that found no room changed something")
	}
	wants(t, d, wang, "都好", "保存")
	wants(t, d, wang, "保存", "存好了")
	if status, _ := c.get("/healthz"); status != 200 {
		t.Errorf("/healthz with room again: %d", status)
	}
	c.stop()
	if n := strings.Count(c.stderr.String(), "ALARM"); n != 1 {
		t.Errorf("%d alarms, want 1:\n%s", n, &c.stderr)
	}
	if n := len(myVisits(t, dir)); n != 1 {
		t.Errorf("%d visits kept, want 1", n)
	}
}

// TestDemo: one command starts all of it; a kept folder goes on where it stood,
// its moved clock included.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kept")
	c := start(t, environment(), nil, "demo", "-data", dir)
	if !strings.Contains(c.stdout.String(), c.base+"/simulator/") {
		t.Errorf("printed %q", &c.stdout)
	}
	if status, body := c.get("/"); status != 200 || !strings.Contains(body, "<script") {
		t.Errorf("the page: %d %.100q", status, body)
	}
	post := func(path, body string) {
		t.Helper()
		res, err := http.Post(c.base+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if text, _ := io.ReadAll(res.Body); res.StatusCode/100 != 2 {
			t.Fatalf("%s: %d %s", path, res.StatusCode, text)
		}
	}
	seen := func() string { _, body := c.get("/simulator/api/state?who=" + wang); return body }
	post("/simulator/api/text", `{"who":"`+wang+`","text":"走访 高霞"}`)
	if !strings.Contains(seen(), "她怎么样") {
		t.Errorf("the phone shows no answer: %.300s", seen())
	}
	post("/simulator/api/clock", `{"to":"week"}`)
	week := time.Now().Add(7*24*time.Hour - time.Minute)
	shows := func() time.Time {
		t.Helper()
		m := regexp.MustCompile(`"now":(\d+)`).FindStringSubmatch(seen())
		if m == nil {
			t.Fatal("the page knows no time")
		}
		var ms int64
		fmt.Sscan(m[1], &ms)
		return time.UnixMilli(ms)
	}
	if shows().Before(week) {
		t.Errorf("the clock shows %s after a week", shows())
	}
	if !strings.Contains(seen(), "早上好") && !strings.Contains(seen(), "件事在等您") {
		t.Error("a week passed without a morning list")
	}
	c.stop()
	c = start(t, environment(), nil, "demo", "-data", dir)
	if shows().Before(week) {
		t.Errorf("after a restart the clock shows %s", shows())
	}
	post("/simulator/api/text", `{"who":"`+wang+`","text":"都好"}`)
	if !strings.Contains(seen(), "记成这样") {
		t.Errorf("the chat does not go on: %.300s", seen())
	}
	c.stop()
	temporary := start(t, append(environment(), "TMPDIR="+t.TempDir()), nil, "demo")
	if status, _ := temporary.get("/simulator/"); status != 200 {
		t.Errorf("without a folder: %d", status)
	}
	temporary.stop()
}

// apiOf is a platform for a child to call.
func apiOf(t *testing.T) (*fake.Platform, string) {
	p := fake.New(fake.Options{Config: cfg, Now: time.Now})
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return p, server.URL
}

// TestInviteQR: with an account connected an invite comes as a QR code too.
func TestInviteQR(t *testing.T) {
	t.Parallel()
	_, api := apiOf(t)
	dir := folder(t)
	env := []string{"WECHAT_SECRET=" + cfg.Secret, "WECHAT_API=" + api}
	c := serving(t, dir, env...)
	text, errs, err := command(t, environment(), "invite", "田春兰", "-data", dir)
	if err != nil || !strings.Contains(text, "showqrcode?ticket=") {
		t.Errorf("%v %q %q", err, text, errs)
	}
	c.stop()
	if log := c.stderr.String(); strings.Contains(log, "level=WARN") {
		t.Errorf("the platform answers, yet:\n%s", log)
	}
}

// mouth is one cadre's side of many chats: it knows each message it sent and
// what was acknowledged.
type mouth struct {
	d        *fake.Driver
	openid   string
	people   []string // whom she visits, in turn, as she types them
	turn     int
	last     string // what was answered last
	sent     []sent
	inFlight bool // the last of sent has no answer
}

// sent is one message; the same body is what a repeated delivery carries.
type sent struct {
	id     int64
	at     time.Time
	words  string
	body   string
	answer string
}

var messageID struct {
	sync.Mutex
	n int64
}

func nextID() int64 {
	messageID.Lock()
	defer messageID.Unlock()
	if messageID.n == 0 {
		messageID.n = time.Now().UnixNano()
	}
	messageID.n++
	return messageID.n
}

// next is what she says to the last answer.
func (m *mouth) next() string {
	for _, step := range [][2]string{
		{"走访了谁", m.people[m.turn%len(m.people)]}, {"今天是什么事", "约定随访"}, {"她怎么样", "都好"}, {"记成这样", "保存"},
	} {
		if strings.Contains(m.last, step[0]) {
			return step[1]
		}
	}
	m.turn++
	return "走访"
}

// say sends the next message, or repeats the one that got no answer.
func (m *mouth) say() error {
	if !m.inFlight {
		s := sent{id: nextID(), at: time.Now().Truncate(time.Second), words: m.next()}
		s.body = fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content><![CDATA[%s]]></Content><MsgId>%d</MsgId></xml>",
			cfg.Account, m.openid, s.at.Unix(), s.words, s.id)
		m.sent, m.inFlight = append(m.sent, s), true
	}
	s := &m.sent[len(m.sent)-1]
	a, err := m.d.Raw(s.body)
	if err != nil {
		return err
	}
	if a.Status != 200 || a.Text == "" || strings.Contains(a.Text, "系统忙") {
		return fmt.Errorf("%q was answered %d %q", s.words, a.Status, a.Body)
	}
	s.answer, m.last, m.inFlight = a.Text, a.Text, false
	return nil
}

// TestKill: whatever moment the server is killed at while cadres write, what
// was acknowledged is there, whole, and answered alike when it is asked again;
// what was not is there whole or not at all.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mouths := townOf(t, dir, 6)
	rounds, load := 3, 400*time.Millisecond
	if os.Getenv(longVar) != "" {
		rounds, load = 20, 2*time.Second
	}
	acknowledged, saves := 0, 0
	for round := range rounds {
		c := serving(t, dir)
		for _, m := range mouths {
			m.d = c.users()
			for _, s := range m.sent[max(0, len(m.sent)-4):] { // asked again after the crash
				if s.answer == "" {
					continue
				}
				a, err := m.d.Raw(s.body)
				if err != nil || a.Text != s.answer {
					t.Fatalf("round %d: %q was answered %q, and after the crash %q, %v", round, s.words, s.answer, a.Text, err)
				}
			}
		}
		var wg sync.WaitGroup
		failed := make(chan error, len(mouths))
		for _, m := range mouths {
			wg.Go(func() {
				for {
					if err := m.say(); err != nil {
						failed <- err
						return
					}
				}
			})
		}
		time.Sleep(load + time.Duration(round)*37*time.Millisecond) // any moment will do
		c.kill()
		wg.Wait()
		close(failed)
		for err := range failed {
			if strings.Contains(err.Error(), "answered") { // not the broken connection of the kill
				t.Fatal(err)
			}
		}
		acknowledged, saves = audit(t, dir, mouths)
	}
	t.Logf("%d messages acknowledged, %d visits saved over %d crashes", acknowledged, saves, rounds)
	if saves < 2*rounds {
		t.Errorf("only %d visits: too few to prove anything", saves)
	}
}

// townOf fills a folder with n cadres, each with a village and people of her
// own who agreed to be written about.
func townOf(t *testing.T, dir string, n int) (mouths []*mouth) {
	t.Helper()
	engine, store, err := open(t.Context(), dir, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	err = store.Update(t.Context(), func(tx *record.Tx) error {
		mouths = nil
		for i := range n {
			id, village := fmt.Sprintf("cadre%d", i), fmt.Sprintf("3799990010%02d", i)
			m := &mouth{openid: seed.OpenID("kill", id)}
			mouths = append(mouths, m)
			if err := person.PutVillage(tx, person.Village{ID: village, Name: "村" + fmt.Sprint(i), Groups: []person.Group{{Name: "一组", Contact: id}}}); err != nil {
				return err
			}
			if err := person.PutStaff(tx, person.Staff{ID: id, Name: "干部", Villages: []string{village}, Roles: []person.Role{person.VillageWorker}}); err != nil {
				return err
			}
			if err := access.Bind(tx, m.openid, id); err != nil {
				return err
			}
			p, err := person.Identify(tx, m.openid)
			if err != nil {
				return err
			}
			scope, err := person.ScopeOf(tx, p)
			if err != nil {
				return err
			}
			for _, name := range []string{"郭敏", "张翠", "何小梅"} {
				r, err := scope.AddResident(person.Resident{Name: name, Village: village, Group: "一组"}, id+name)
				if err != nil {
					return err
				}
				if err := consent.Put(scope, consent.Consent{Resident: r.ID, Set: purpose.VisitRecord, Answer: person.Yes, Channel: "oral"}, time.Now()); err != nil {
					return err
				}
				m.people = append(m.people, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return mouths
}

// audit looks into the file that a crash left.
func audit(t *testing.T, dir string, mouths []*mouth) (acknowledged, saves int) {
	t.Helper()
	look(t, dir, func(tx *record.Tx) error {
		for _, m := range mouths {
			a, s, err := m.audit(tx)
			if err != nil {
				return fmt.Errorf("%s: %w", m.people, err)
			}
			acknowledged, saves = acknowledged+a, saves+s
		}
		return nil
	})
	return acknowledged, saves
}

func (m *mouth) audit(tx *record.Tx) (acknowledged, saves int, err error) {
	p, err := person.Identify(tx, m.openid)
	if err != nil {
		return 0, 0, err
	}
	scope, err := person.ScopeOf(tx, p)
	if err != nil {
		return 0, 0, err
	}
	kept := map[string]bool{} // visits by id, all of them hers
	byPerson := 0
	for _, name := range m.people {
		hits, err := scope.FindResidents(person.Query{Name: name}, 2)
		if err != nil || len(hits) != 1 {
			return 0, 0, fmt.Errorf("%d are called %s, %w", len(hits), name, err)
		}
		visits, err := visitsstore.List(scope, hits[0].ID, 1<<30)
		if err != nil {
			return 0, 0, err
		}
		open, err := visitsstore.OpenFollowUps(scope, hits[0].ID)
		if err != nil {
			return 0, 0, err
		}
		promised := map[string]int{}
		for _, f := range open {
			promised[f.From]++
		}
		for _, v := range visits {
			kept[v.ID] = true
			byPerson++
			if promised[v.ID] != 1 || v.Next == 0 {
				return 0, 0, fmt.Errorf("a visit of %s to %s has %d promises", v.Day, name, promised[v.ID])
			}
			delete(promised, v.ID)
		}
		if len(promised) > 0 {
			return 0, 0, fmt.Errorf("%s has promises of visits that are not kept: %v", name, promised)
		}
	}
	mine, err := visitsstore.Mine(scope, 0, 1<<30)
	if err != nil || len(mine) != byPerson || len(kept) != byPerson {
		return 0, 0, fmt.Errorf("%d visits by person, %d by cadre, %d ids, %w", byPerson, len(mine), len(kept), err)
	}
	for i, s := range m.sent {
		key := m.openid + "|" + fmt.Sprint(s.id)
		answer, found, err := dialogstate.LoadReceipt(tx, s.at, key)
		if err != nil {
			return 0, 0, err
		}
		visit := record.ID("visit", key)
		lost := i == len(m.sent)-1 && m.inFlight
		switch {
		case !lost && (!found || answer != s.answer):
			return 0, 0, fmt.Errorf("%q was acknowledged, and its receipt is %v %q", s.words, found, answer)
		case found && strings.Contains(answer, "存好了") != kept[visit]:
			return 0, 0, fmt.Errorf("%q was answered %q, its visit kept: %v", s.words, answer, kept[visit])
		case !found && kept[visit]:
			return 0, 0, fmt.Errorf("a visit without its receipt")
		}
		if !lost {
			acknowledged++
		}
		if kept[visit] {
			saves++
			delete(kept, visit)
		}
	}
	if len(kept) > 0 {
		return 0, 0, fmt.Errorf("%d visits that nobody asked for", len(kept))
	}
	return acknowledged, saves, nil
}
