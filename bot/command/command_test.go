package command

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/settings"
	"xintiexin/bot/wechat"
)

func TestSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "conf")
	text := "# the account\n\nWECHAT_TOKEN = fromfile \nWECHAT_SECRET=\"in quotes\"\nWECHAT_APPID=wx=1\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	get, err := settings.Read(file, func(k string) string { return map[string]string{"WECHAT_TOKEN": "fromenv"}[k] })
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{"WECHAT_TOKEN": "fromenv", "WECHAT_SECRET": "in quotes", "WECHAT_APPID": "wx=1", "WECHAT_API": ""} {
		if got := get(k); got != want {
			t.Errorf("%s = %q, want %q", k, got, want)
		}
	}
	if err := os.WriteFile(file, []byte("WECHAT_TOKEN x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := settings.Read(file, os.Getenv); err == nil || !strings.Contains(err.Error(), "line 1") || strings.Contains(err.Error(), "WECHAT_TOKEN") {
		t.Errorf("a line that is none: %v", err)
	}
	if _, err := settings.Read(file+"none", os.Getenv); err == nil {
		t.Error("a file that is not there is no error")
	}
}

func TestDataFlag(t *testing.T) {
	for _, c := range []struct{ args, dir, rest string }{
		{"invite NAME", "data", "invite NAME"},
		{"invite -data D NAME", "D", "invite NAME"},
		{"invite NAME --data=D", "D", "invite NAME"},
		{"export -data D visits F -from 2026-11-01", "D", "export visits F -from 2026-11-01"},
		{"invite data", "data", "invite data"},
	} {
		dir, rest, err := dataFlag(strings.Fields(c.args))
		if err != nil || dir != c.dir || !reflect.DeepEqual(rest, strings.Fields(c.rest)) {
			t.Errorf("%s: %q %q, %v", c.args, dir, rest, err)
		}
	}
	if _, _, err := dataFlag([]string{"invite", "-data"}); err == nil {
		t.Error("a flag without its folder is no error")
	}
}

func TestUsage(t *testing.T) {
	var out bytes.Buffer
	if err := Run(t.Context(), []string{"help"}, os.Getenv, &out); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"demo", "serve", "import", "export", "invite", "backup", "restore", "jobs", "seed", "village", "handover", "version", "dialog"} {
		if !strings.Contains(out.String(), "\n  "+command+" ") {
			t.Errorf("help does not name %s", command)
		}
	}
	for _, c := range commands() {
		if c.run == nil && c.inside == nil {
			t.Errorf("%s does nothing", c.name)
		}
		var help bytes.Buffer
		err := Run(t.Context(), []string{c.name, "-h"}, func(string) string { return "" }, &help)
		if err != nil && !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "xintiexin "+c.name) {
			t.Errorf("%s -h: %v\n%s", c.name, err, &help)
		}
	}
	if err := Run(t.Context(), []string{"srve"}, os.Getenv, &out); err == nil || !strings.Contains(err.Error(), "srve") {
		t.Errorf("an unknown command: %v", err)
	}
}

// TestWarnings: what is likely to be wrong with the settings is said in one line.
func TestWarnings(t *testing.T) {
	safe := wechat.Config{AESKey: strings.Repeat("a", 43)}
	for _, test := range []struct {
		name    string
		file    map[string]string
		cfg     wechat.Config
		address string
		listen  string
		says    string // "" if all is well
	}{
		{"all well", map[string]string{"WECHAT_TOKEN": "x", "XINTIEXIN_URL": "x"}, safe, "https://a.example", "127.0.0.1:8080", ""},
		{"no pages", nil, safe, "", "[::1]:8080", ""},
		{"a misspelling", map[string]string{"WECHAT_TOKN": "s3cr3t"}, safe, "", "127.0.0.1:1", "WECHAT_TOKN"},
		{"plain mode", nil, wechat.Config{}, "", "127.0.0.1:1", "WECHAT_AES_KEY"},
		{"pages in clear", nil, safe, "http://a.example", "127.0.0.1:1", "https://"},
		{"all addresses", nil, safe, "", ":8080", "-listen 127.0.0.1"},
		{"all addresses by number", nil, safe, "", "0.0.0.0:8080", "-listen 127.0.0.1"},
		{"all addresses by IPv6", nil, safe, "", "[::]:8080", "-listen 127.0.0.1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := settings.Warnings(test.file, test.cfg, false, test.address, test.listen)
			switch {
			case test.says == "" && len(lines) == 0:
			case len(lines) != 1 || !strings.Contains(lines[0], test.says) || test.says == "" || strings.ContainsAny(lines[0], "\n") || strings.Contains(lines[0], "s3cr3t"):
				t.Errorf("%q, want one line with %q", lines, test.says)
			}
		})
	}
}

// TestForwardedPath: behind another server the webhook is where only that one finds
// it, and the menu is left alone.
func TestForwardedPath(t *testing.T) {
	a := &app{dir: t.TempDir(), now: time.Now, log: slog.New(slog.DiscardHandler)}
	if err := a.build(wechat.Config{Token: "AAAAA", TokenURL: "https://vendor.example/token"}); err != nil {
		t.Fatal(err)
	}
	a.bot.Forwarded = true
	status := func(path string) int {
		w := httptest.NewRecorder()
		a.routes().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Code
	}
	path := "/wechat/" + a.bot.Config.ForwardPath()
	if other := (wechat.Config{Token: "BBBBB"}).ForwardPath(); len(path) != 40 || strings.Contains(path, other) || strings.Contains(path, "AAAAA") {
		t.Errorf("path %s", path)
	}
	if open, shut := status(path), status("/wechat"); open != 403 || shut != 404 {
		t.Errorf("%s: %d, /wechat: %d", path, open, shut)
	}
	err := a.command(t.Context(), order{Args: []string{"menu", "push"}}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "约号") || !strings.Contains(err.Error(), "server in front") {
		t.Errorf("menu push: %v", err)
	}
	for text, want := range map[string]bool{"": false, "no": false, "yes": true} {
		if got, err := settings.Forwarded(func(string) string { return text }); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if _, err := settings.Forwarded(func(string) string { return "maybe" }); err == nil {
		t.Error("maybe is taken")
	}
}

// TestVersion: the text has what the build wrote into the program, and does without it.
func TestVersion(t *testing.T) {
	got := versionText(&debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.0"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-12-01T08:00:00Z"}, {Key: "vcs.modified", Value: "true"}, {Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "arm64"}}})
	want := "xintiexin v1.2.0\ncommit    abc of 2026-12-01T08:00:00Z, with changes that are in no commit\nbuilt by  go1.26.0 for linux/arm64\ndata      format "
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s", got)
	}
	if got := versionText(&debug.BuildInfo{GoVersion: "go1.26.0"}); !strings.HasPrefix(got, "xintiexin (devel)\nbuilt by  go1.26.0\n") {
		t.Errorf("without anything: %s", got)
	}
}

// TestDialogStages: who hears first and last is printed first and last, each with its stage.
func TestDialogStages(t *testing.T) {
	var out bytes.Buffer
	if err := Run(t.Context(), []string{"dialog", "stages"}, os.Getenv, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	first, last := strings.Fields(lines[0]), strings.Fields(lines[len(lines)-1])
	if len(first) != 3 || first[0] != "1" || first[1] != "safety" || !reflect.DeepEqual(last[1:], []string{"human", "dialog.menu"}) {
		t.Errorf("from %q to %q", first, last)
	}
	if err := Run(t.Context(), []string{"dialog"}, os.Getenv, &out); err == nil || !strings.Contains(err.Error(), "dialog stages") {
		t.Errorf("without a word: %v", err)
	}
}
