package command

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestWatch: what the operator watches is served on an address of this machine and
// on the admin socket, and nothing else is on that address.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	c := start(t, environment(), nil, "serve", "-data", dir, "-admin-listen", "127.0.0.1:0")
	told := regexp.MustCompile(`alarms on (http://127\.0\.0\.1:\d+)`)
	var base string
	for range 100 {
		if m := told.FindStringSubmatch(c.stdout.String()); m != nil {
			base = m[1]
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if base == "" {
		t.Fatalf("it does not say where:\n%s", &c.stdout)
	}
	socket := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, socketName))
	}}}
	ask := func(client *http.Client, method, url, host string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(`{"Args":["jobs"]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	for path, want := range map[string]string{"/metrics": "xintiexin_store_bytes ", "/jobs": "morning-list", "/alarms": "no alarms"} {
		for name, client := range map[string]*http.Client{base: http.DefaultClient, "http://admin": socket} {
			if status, body := ask(client, http.MethodGet, name+path, ""); status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s%s: status %d without %q\n%s", name, path, status, want, body)
			}
		}
	}
	if status, body := ask(http.DefaultClient, http.MethodPost, base+"/run", ""); status != http.StatusNotFound {
		t.Errorf("commands are taken there: %d %s", status, body)
	}
	if status, _ := ask(http.DefaultClient, http.MethodGet, base+"/metrics", "evil.example"); status != http.StatusForbidden {
		t.Errorf("by another name: %d", status)
	}
	if status, _ := c.get("/metrics"); status != http.StatusNotFound {
		t.Errorf("the world may read the metrics: %d", status)
	}
	for _, args := range [][]string{{"alarms", "-data", dir}, {"backup", filepath.Join(t.TempDir(), "b.db"), "-data", dir}} {
		if out, errs, err := command(t, environment(), args...); err != nil {
			t.Errorf("%v: %v %s %s", args, err, out, errs)
		}
	}
	if _, errs, err := command(t, environment(), "alarms", "done", "certificate", "-data", dir); err == nil || !strings.Contains(errs, "no alarm") {
		t.Errorf("%v %s", err, errs)
	}
	c.stop()
}

// TestWatchStaysHere: an address that others could reach is refused, before
// anything is served.
func TestWatchStaysHere(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "127.9.9.9:0": true,
		":0": false, "0.0.0.0:0": false, "[::]:0": false, "192.0.2.7:9090": false, "example.com:9090": false, "9090": false, "": false,
	} {
		l, err := listenWatch(address)
		if (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
		if err == nil {
			l.Close()
		} else if !strings.Contains(err.Error(), "-admin-listen") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
