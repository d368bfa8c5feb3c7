package command

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSyncBeforeReply: the order of system calls shows that what a reply
// acknowledges was on the disk before it was sent; and the same test notices
// when it was not.
func TestSyncBeforeReply(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("no strace here: the order of system calls is not looked at:", err)
	}
	if out, err := exec.Command("strace", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %v %s", err, out)
	}
	for _, c := range []struct {
		name    string
		env     []string
		durable bool
	}{{"as it is", nil, true}, {"with syncing switched off", []string{nosyncVar + "=1"}, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, trace := folder(t), filepath.Join(t.TempDir(), "trace")
			s := start(t, environment(c.env...), []string{"strace", "-f", "-yy", "-s", "64", "-e", "signal=none",
				"-e", "trace=read,write,pwrite64,fdatasync,fsync", "-o", trace}, "serve", "-data", dir)
			d := s.users()
			for _, words := range []string{"走访", "高霞", "都好", "改6", "跳过", "保存"} {
				if a, err := d.Text(wang, words); err != nil || a.Text == "" {
					t.Fatalf("%q: %+v %v", words, a, err)
				}
			}
			s.stop()
			durable, hasty := replies(t, trace)
			if c.durable && (durable != 6 || hasty != 0) || !c.durable && (durable != 0 || hasty != 6) {
				t.Errorf("%d replies after their commit was synced, %d before; sent 6", durable, hasty)
			}
		})
	}
}

// call is a line of strace: a whole call, its beginning or its end.
var (
	call    = regexp.MustCompile(`^(\d+) +(\w+)\((\d+)<([^\n]*?)>[,) ](.*)$`)
	resumed = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)$`)
	post    = regexp.MustCompile(`"P?OST /wechat`)                   // net/http may have read the first byte by itself
	meta    = regexp.MustCompile(`, (0|4096)\)? *(=|<unfinished|$)`) // the offset of one of the two pages that make a commit valid
)

// replies counts the answers to posts that were written after a commit begun
// meanwhile was synced, and those that were not. A commit is a meta page
// written, then a sync of the same file that was begun after that and has come
// back without an error.
func replies(t *testing.T, trace string) (durable, hasty int) {
	t.Helper()
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type request struct{ written, synced bool }
	open := map[string]*request{} // by connection
	syncing := map[string][]*request{}
	writing := map[string]bool{} // a thread that writes a meta page
	reading := map[string]string{}
	begins := func(conn string) { open[conn] = &request{} }
	wrote := func() {
		for _, r := range open {
			r.written = true
		}
	}
	synced := func(of []*request) {
		for _, r := range of {
			r.synced = true
		}
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := resumed.FindStringSubmatch(line); m != nil {
			thread, name, rest := m[1], m[2], m[3]
			ok := strings.HasSuffix(rest, "= 0")
			switch {
			case (name == "fdatasync" || name == "fsync") && ok:
				synced(syncing[thread])
			case name == "pwrite64" && writing[thread]:
				wrote()
			case name == "read" && post.MatchString(rest):
				begins(reading[thread])
			}
			delete(syncing, thread)
			delete(writing, thread)
			continue
		}
		m := call.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		thread, name, file, rest := m[1], m[2], m[4], m[5]
		whole := !strings.HasSuffix(rest, "<unfinished ...>")
		switch {
		case name == "read" && strings.HasPrefix(file, "TCP:"):
			if reading[thread] = file; post.MatchString(rest) {
				begins(file)
			}
		case name == "write" && strings.HasPrefix(file, "TCP:") && strings.Contains(rest, `"HTTP/1.1 200`):
			if r := open[file]; r != nil {
				if r.synced {
					durable++
				} else {
					hasty++
				}
				delete(open, file)
			}
		case name == "pwrite64" && strings.HasSuffix(file, dbName) && meta.MatchString(rest):
			if writing[thread] = !whole; whole {
				wrote()
			}
		case (name == "fdatasync" || name == "fsync") && strings.HasSuffix(file, dbName):
			var after []*request // those whose commit this sync may end
			for _, r := range open {
				if r.written {
					after = append(after, r)
				}
			}
			if whole && strings.HasSuffix(rest, "= 0") {
				synced(after)
			} else if !whole {
				syncing[thread] = after
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(fmt.Errorf("read trace: %w", err))
	}
	return durable, hasty
}
