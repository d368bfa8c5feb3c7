package pages

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
	sheets map[string]*sheet
}

// sheet is a file that was handed in.
type sheet struct {
	dir, file string
	name      string // as its owner calls it
	fields    map[string]string
	report    imports.Report
	timer     *time.Timer
}

// put keeps a sheet in place of the one before, until its door can only be shut.
func (d *desk) put(door, purpose string, s *sheet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sheets == nil {
		d.sheets = map[string]*sheet{}
	}
	k := door + "/" + purpose
	d.remove(k)
	d.sheets[k] = s
	s.timer = time.AfterFunc(idleOffice+time.Minute, func() { // the real time: what counts is that names lie about
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.sheets[k] == s {
			d.remove(k)
		}
	})
}

// get returns what was handed in, nil when it is not there any more.
func (d *desk) get(door, purpose string) *sheet {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sheets[door+"/"+purpose]
	if s != nil {
		s.timer.Reset(idleOffice + time.Minute)
	}
	return s
}

// drop takes away all that was handed in at a door.
func (d *desk) drop(door string) {
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
		os.RemoveAll(s.dir) // what stays is swept at the next start
		delete(d.sheets, k)
	}
}

// maxField is the longest line that a form with a file may have beside it.
const maxField = 4 << 10

// receive reads a form with a file into a folder of its own. What is wrong with
// it is a refusal.
func (v *visit) receive() (_ *sheet, err error) {
	v.slow()
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxUpload+maxForm)
	parts, err := v.r.MultipartReader()
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "notRead")
	}
	dir, err := os.MkdirTemp(v.s.Dir, "office-") // for this user alone
	if err != nil {
		return nil, fmt.Errorf("make folder for a file: %w", err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	s := &sheet{dir: dir, file: filepath.Join(dir, "handed-in"), fields: map[string]string{}}
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
	case s.fields["mark"] != v.Mark:
		return nil, refuse(http.StatusForbidden, "otherDoor")
	case s.name == "":
		return nil, refuse(http.StatusUnprocessableEntity, "officeNoFile")
	}
	return s, nil
}

// take reads one part: a line, or the file.
func (s *sheet) take(part *multipart.Part) error {
	if part.FormName() != "file" {
		b, err := io.ReadAll(io.LimitReader(part, maxField))
		if err != nil {
			return tooLarge(err)
		}
		s.fields[part.FormName()] = strings.TrimSpace(string(b))
		return nil
	}
	s.name = filepath.Base(part.FileName())
	if part.FileName() == "" {
		s.name = ""
		return nil
	}
	f, err := os.OpenFile(s.file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(part, maxUpload+1))
	if err := errors.Join(err, f.Close()); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return refuse(http.StatusRequestEntityTooLarge, "officeTooLarge")
		}
		return refuse(http.StatusBadRequest, "notRead")
	}
	if n > maxUpload {
		return refuse(http.StatusRequestEntityTooLarge, "officeTooLarge")
	}
	return nil
}

// slow gives a request longer than the server gives a message: a workbook comes
// over a village's line, and a large one takes a while to be written.
func (v *visit) slow() {
	c := http.NewResponseController(v.w)
	until := time.Now().Add(5 * time.Minute)                         // the connection's time, not the bot's
	errors.Join(c.SetReadDeadline(until), c.SetWriteDeadline(until)) // a writer of a test has none
}
