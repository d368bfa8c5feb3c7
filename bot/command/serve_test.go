package command

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"xintiexin/bot"
)

// TestTheWebServerDies: all else ends with it, and its error is returned.
func TestTheWebServerDies(t *testing.T) {
	a := &app{dir: t.TempDir(), bot: &bot.Bot{}, log: slog.New(slog.DiscardHandler)}
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := a.listenAdmin()
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	err = a.together(t.Context(), web, socket, http.NotFoundHandler(), func(ctx context.Context) {
		web.Close()
		<-ctx.Done()
		ended = true
	})
	if err == nil || !ended {
		t.Errorf("returned %v, the rest ended %v", err, ended)
	}
	if c, err := net.Dial("unix", filepath.Join(a.dir, socketName)); err == nil {
		c.Close()
		t.Error("the admin socket still answers")
	}
}

// TestAnEmptyOrder: it is answered with an error.
func TestAnEmptyOrder(t *testing.T) {
	server := httptest.NewServer((&app{}).adminHandler())
	defer server.Close()
	for _, body := range []string{`{}`, `{"Args":[]}`} {
		res, err := http.Post(server.URL+"/run", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.Trailer.Get("Failed") != "no%20command%20was%20sent" {
			t.Errorf("%s: status %d, %v", body, res.StatusCode, res.Trailer)
		}
	}
}
