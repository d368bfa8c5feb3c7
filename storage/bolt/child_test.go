package bolt

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"xintiexin/storage/kv"
)

// The tests here run this test binary again as a process of its own, which may
// be killed or be short of room. childEnv says what it is to do.
const childEnv = "BOLT_TEST_CHILD"

func TestMain(m *testing.M) {
	path := os.Getenv(childEnv + "_PATH")
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "load":
		loadForever(path, func(*Store) {})
	case "compact":
		loadForever(path, compactForever)
	case "narrow":
		compactWithoutRoom(path)
	case "full":
		room, err := strconv.ParseUint(os.Getenv(childEnv+"_ROOM"), 10, 64)
		if err != nil {
			panic(err)
		}
		fillUp(path, room)
	}
}

func child(what, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+what, childEnv+"_PATH="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

const childCallers = 20

// loadForever writes from many goroutines, and says on standard output what was
// acknowledged: "<caller> <n>" when n transactions of the caller were. Beside
// them runs what is given.
func loadForever(path string, beside func(*Store)) {
	s, err := Open(path, Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var all sync.WaitGroup
	all.Go(func() { beside(s) })
	for i := range childCallers {
		all.Go(func() {
			own := fmt.Sprintf("own/%02d", i)
			for {
				n := uint64(0)
				err := s.Update(ctx, func(tx kv.Tx) error {
					if err := errors.Join(addTo(tx, own, 1), addTo(tx, "total", 1)); err != nil {
						return err
					}
					v, err := tx.Get([]byte(own))
					n = number(v)
					return errors.Join(err, tx.Put(fmt.Appendf(nil, "entry/%02d/%06d", i, n), make([]byte, 600)))
				})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Printf("%d %d\n", i, n) // one write, so one whole line
			}
		})
	}
	all.Wait()
}

func TestKilledUnderLoadKeepsWhatItAcknowledged(t *testing.T) { killed(t, "load") }

// killed kills a child again and again, and looks each time at what it left.
func killed(t *testing.T, what string) {
	path := filepath.Join(t.TempDir(), "x.db")
	acknowledged := [childCallers]uint64{}
	for round := range 16 {
		cmd := child(what, path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for read := 0; lines.Scan(); read++ {
			var caller int
			var n uint64
			if _, err := fmt.Sscan(lines.Text(), &caller, &n); err != nil {
				break // the line that the kill cut short
			}
			acknowledged[caller] = max(acknowledged[caller], n)
			if read == 300+37*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		err = cmd.Wait()
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
			t.Fatalf("the child was not killed: %v", err)
		}
		checkKilled(t, path, acknowledged)
	}
}

func checkKilled(t *testing.T, path string, acknowledged [childCallers]uint64) {
	t.Helper()
	s := openAt(t, path)
	checkPages(t, s)
	held := dump(t, s)
	total, entries := uint64(0), uint64(0)
	for i, n := range acknowledged {
		own := read(t, s, fmt.Sprintf("own/%02d", i))
		if own < n {
			t.Errorf("caller %d was told of %d transactions, %d are there", i, n, own)
		}
		for j := uint64(1); j <= own; j++ {
			if len(held[fmt.Sprintf("entry/%02d/%06d", i, j)]) != 600 {
				t.Errorf("caller %d: transaction %d of %d is there in part", i, j, own)
			}
		}
		total += own
	}
	for k := range held {
		if strings.HasPrefix(k, "entry/") {
			entries++
		}
	}
	if got := read(t, s, "total"); got != total || entries != total {
		t.Errorf("the total is %d, the callers' sum %d, the entries %d", got, total, entries)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// fillUp writes until no file may be larger than room, then has more room and
// writes again. It prints what it finds.
func fillUp(path string, room uint64) {
	limit := func(bytes uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: 1 << 40}); err != nil {
			panic(err)
		}
	}
	s, err := Open(path, Options{})
	if err != nil {
		panic(err)
	}
	var kept, full, other, n atomic.Int64
	burst := func() {
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				for range 20 {
					j := int(n.Add(1))
					err := s.Update(ctx, func(tx kv.Tx) error {
						return errors.Join(addTo(tx, "total", 1), tx.Put(fmt.Appendf(nil, "entry/%d/%d", i, j), make([]byte, 50_000)))
					})
					switch {
					case err == nil:
						kept.Add(1)
					case errors.Is(err, kv.ErrFull):
						full.Add(1)
					default:
						other.Add(1)
						fmt.Fprintln(os.Stderr, err)
					}
				}
			})
		}
		all.Wait()
	}
	limit(room)
	burst() // up to the brim
	atBrim := kept.Load()
	small := s.Update(ctx, func(tx kv.Tx) error { return tx.Put([]byte("small"), []byte("1")) })
	view := s.View(ctx, func(tx kv.Tx) error { _, err := tx.Get([]byte("total")); return err })
	copied := s.Copy(ctx, path+".copy")
	refused := full.Load()
	limit(1 << 40)
	burst()
	fmt.Println(atBrim > 0, refused > 0, full.Load() == refused, other.Load(), kept.Load(),
		small == nil || errors.Is(small, kv.ErrFull), view, copied == nil || errors.Is(copied, kv.ErrFull))
	if err := s.Close(); err != nil {
		panic(err)
	}
}

func TestFullDiskChangesNothingAndWorksAgainWithRoom(t *testing.T) {
	// The file of a new store is growBytes long, and a little more.
	t.Run("no room for a page", func(t *testing.T) { checkFull(t, growBytes-1<<20) })
	t.Run("no room to grow", func(t *testing.T) { checkFull(t, growBytes+1<<20) })
}

func checkFull(t *testing.T, room int) {
	path := filepath.Join(t.TempDir(), "x.db")
	cmd := child("full", path)
	cmd.Env = append(cmd.Env, fmt.Sprint(childEnv, "_ROOM=", room))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var someKept, someFull, noneFullLater, small, copied bool
	var other, kept uint64
	var view string
	if _, err := fmt.Sscan(string(out), &someKept, &someFull, &noneFullLater, &other, &kept, &small, &view, &copied); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !someKept || !someFull || !noneFullLater || other != 0 || !small || view != "<nil>" || !copied {
		t.Errorf("kept some %v; refused some with ErrFull %v, none when there was room %v; other errors %d; small %v; view %s; copy %v",
			someKept, someFull, noneFullLater, other, small, view, copied)
	}
	s := openAt(t, path)
	checkPages(t, s)
	entries := uint64(0)
	for k := range dump(t, s) {
		if strings.HasPrefix(k, "entry/") {
			entries++
		}
	}
	if total := read(t, s, "total"); total != kept || entries != kept {
		t.Errorf("%d were acknowledged, the total is %d, the entries %d", kept, total, entries)
	}
	if _, err := os.Stat(path + ".copy"); err == nil {
		if got := read(t, openAt(t, path+".copy"), "total"); got > kept {
			t.Errorf("the copy counts %d", got)
		}
	}
}

// descriptor returns the descriptor by which the process holds path open.
func descriptor(t *testing.T, path string) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc")
	}
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && to == path {
			n, err := strconv.Atoi(fd.Name())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%s is not open", path)
	return 0
}

// redirect makes a descriptor lead to another file, as which the disk then
// works or fails.
func redirect(t *testing.T, fd int, to string, flag int) {
	t.Helper()
	f, err := os.OpenFile(to, flag, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Dup3(int(f.Fd()), fd, 0), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDiskThatFailsStopsWriting(t *testing.T) {
	for _, c := range []struct {
		name, to string
		flag     int
		want     error
	}{
		{"no room is told, and may pass", "/dev/full", os.O_RDWR, kv.ErrFull},
		{"a write that fails breaks the store", "/dev/null", os.O_RDONLY, ErrBroken},
		{"a sync that fails breaks the store", "/dev/null", os.O_RDWR, ErrBroken},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			s, err := Open(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			if err := s.Update(ctx, func(tx kv.Tx) error { return addTo(tx, "n", 1) }); err != nil {
				t.Fatal(err)
			}
			fd := descriptor(t, path)
			redirect(t, fd, c.to, c.flag)
			if err := s.Update(ctx, func(tx kv.Tx) error { return addTo(tx, "n", 1) }); !errors.Is(err, c.want) {
				t.Errorf("update: %v, want %v", err, c.want)
			}
			if got := read(t, s, "n"); got != 1 {
				t.Errorf("n is %d, want 1", got)
			}
			redirect(t, fd, path, os.O_RDWR)
			err = s.Update(ctx, func(tx kv.Tx) error { return addTo(tx, "n", 1) })
			switch {
			case c.want == kv.ErrFull && err != nil:
				t.Errorf("with room again: %v", err)
			case c.want == ErrBroken && !errors.Is(err, ErrBroken):
				t.Errorf("a store that was broken: %v", err)
			}
		})
	}
}
