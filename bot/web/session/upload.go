package session

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"xintiexin/bot/workbook/imports"
)

// desk holds what was handed in and is looked at before it counts: one file for
// each door and purpose, in a folder of its own that goes with it. A restart
// forgets them; the folders are swept when the store is opened.
type desk struct {
	mu     sync.Mutex
	sheets map[string]*Sheet
}

// Sheet is a file that was handed in.
type Sheet struct {
	Dir, File string            `json:"-"`
	Name      string            `json:"-"` // as its owner calls it
	Fields    map[string]string `json:"-"`
	Report    imports.Report    `json:"-"`
	stays     time.Duration     // after it was last asked for
	timer     *time.Timer
}

// Put keeps a sheet in place of the one before, until its door can only be shut.
func (d *desk) Put(v *Visit, purpose string, s *Sheet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sheets == nil {
		d.sheets = map[string]*Sheet{}
	}
	k := v.Door + "/" + purpose
	d.remove(k)
	d.sheets[k] = s
	s.stays = v.Idle + time.Minute
	s.timer = time.AfterFunc(s.stays, func() { // the real time: what counts is that names lie about
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.sheets[k] == s {
			d.remove(k)
		}
	})
}

// Get returns what was handed in, nil when it is not there any more.
func (d *desk) Get(door, purpose string) *Sheet {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sheets[door+"/"+purpose]
	if s != nil {
		s.timer.Reset(s.stays)
	}
	return s
}

// Drop takes away all that was handed in at a door.
func (d *desk) Drop(door string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k := range d.sheets {
		if strings.HasPrefix(k, door+"/") {
			d.remove(k)
		}
	}
}

func (d *desk) remove(k string) {
	if s := d.sheets[k]; s != nil {
		s.timer.Stop()
		os.RemoveAll(s.Dir) // what stays is swept at the next start
		delete(d.sheets, k)
	}
}

// maxField is the longest line that a form with a file may have beside it.
const maxField = 4 << 10

// Receive reads a form with a file into a folder of its own. What is wrong with
// it is a refusal.
func (v *Visit) Receive() (_ *Sheet, err error) {
	v.Slow()
	v.R.Body = http.MaxBytesReader(v.W, v.R.Body, maxUpload+maxForm)
	parts, err := v.R.MultipartReader()
	if err != nil {
		return nil, Refuse(http.StatusBadRequest, "notRead")
	}
	dir, err := os.MkdirTemp(v.S.Dir, "office-") // for this user alone
	if err != nil {
		return nil, fmt.Errorf("make folder for a file: %w", err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	s := &Sheet{Dir: dir, File: filepath.Join(dir, "handed-in"), Fields: map[string]string{}}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, tooLarge(err)
		}
		if err := s.take(part); err != nil {
			return nil, err
		}
	}
	switch {
	case s.Fields["mark"] != v.Mark:
		return nil, Refuse(http.StatusForbidden, "otherDoor")
	case s.Name == "":
		return nil, Refuse(http.StatusUnprocessableEntity, "officeNoFile")
	}
	return s, nil
}

// take reads one part: a line, or the file.
func (s *Sheet) take(part *multipart.Part) error {
	if part.FormName() != "file" {
		b, err := io.ReadAll(io.LimitReader(part, maxField))
		if err != nil {
			return tooLarge(err)
		}
		s.Fields[part.FormName()] = strings.TrimSpace(string(b))
		return nil
	}
	s.Name = filepath.Base(part.FileName())
	if part.FileName() == "" {
		s.Name = ""
		return nil
	}
	f, err := os.OpenFile(s.File, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(part, maxUpload+1))
	if err := errors.Join(err, f.Close()); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return Refuse(http.StatusRequestEntityTooLarge, "officeTooLarge")
		}
		return Refuse(http.StatusBadRequest, "notRead")
	}
	if n > maxUpload {
		return Refuse(http.StatusRequestEntityTooLarge, "officeTooLarge")
	}
	return nil
}

// Slow gives a request longer than the server gives a message: a workbook comes
// over a village's line, and a large one takes a while to be written.
func (v *Visit) Slow() {
	c := http.NewResponseController(v.W)
	until := time.Now().Add(5 * time.Minute)                         // the connection's time, not the bot's
	errors.Join(c.SetReadDeadline(until), c.SetWriteDeadline(until)) // a writer of a test has none
}
