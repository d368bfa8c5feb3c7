package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/erasure"
	"xintiexin/storage/ops"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// forgottenName is the file, beside the database and not in it, of who had
// herself deleted: a line each, her id and the day, nothing else. A backup from
// before that day still holds her; restore takes her out again.
const forgottenName = "forgotten.list"

// forgottenLine is a whole line; a crash can leave a part of one at the end.
var forgottenLine = regexp.MustCompile(`^([0-9a-z]{1,32}) (\d{4}-\d\d-\d\d)$`)

// readForgotten reads a list: who, and the last day on which she was deleted. It
// returns fs.ErrNotExist, wrapped, when there is none.
func readForgotten(path string) (map[string]calendar.Day, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	days := map[string]calendar.Day{}
	for line := range strings.Lines(string(b)) {
		m := forgottenLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		if day, err := calendar.ParseDay(m[2]); err == nil {
			days[m[1]] = max(days[m[1]], day)
		}
	}
	return days, nil
}

// noteForgotten appends to a folder's list those who are not in it yet, and
// returns when that is on the disk.
func noteForgotten(dir string, who map[string]calendar.Day) error {
	path := filepath.Join(dir, forgottenName)
	have, err := readForgotten(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	lines := ""
	for _, id := range slices.Sorted(maps.Keys(who)) {
		if have[id] < who[id] {
			lines += fmt.Sprintf("%s %s\n", id, who[id])
		}
	}
	if lines == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if torn(f) {
		lines = "\n" + lines
	}
	_, err = f.WriteString(lines)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncFolder(dir)
}

// torn reports whether a crash left a line at the end of a file that is not
// whole.
func torn(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	end := make([]byte, 1)
	_, err = f.ReadAt(end, info.Size()-1)
	return err != nil || end[0] != '\n'
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// noteErased is the scheduler's Note.
func (a *app) noteErased(_ context.Context, who []erasure.Erased) error {
	days := map[string]calendar.Day{}
	for _, e := range who {
		days[e.ID] = e.Day
	}
	return noteForgotten(a.dir, days)
}

// compact takes the bytes of what was deleted out of the folder: out of the
// database, and with the copies that were taken before upgrades.
func (a *app) compact(ctx context.Context) error {
	if err := a.engine.Compact(ctx); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(a.dir, dbName+".format*"))
	if err != nil {
		return err
	}
	for _, o := range old {
		if err := os.Remove(o); err != nil {
			return fmt.Errorf("copy from before an upgrade: %w", err)
		}
	}
	return nil
}

// sayUntil says how long a backup may be kept: it holds whoever has herself
// deleted from now on.
func (a *app) sayUntil(ctx context.Context, out io.Writer) error {
	days := 0
	err := a.store.View(ctx, func(tx *record.Tx) error {
		site, err := townconfig.Current(tx)
		if err == nil {
			days = ops.BackupDays.Of(site)
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "delete it by %s: it keeps residents who are deleted from now on\n", calendar.DayOf(a.now())+calendar.Day(days))
	return err
}

// forgottenSince reads who had herself deleted: from a list that is named, and
// from that of the folder, which takes in the other. It returns nil where there
// is none.
func forgottenSince(dir, named string) (map[string]calendar.Day, error) {
	if named != "" {
		who, err := readForgotten(named)
		if err == nil {
			err = noteForgotten(dir, who)
		}
		if err != nil {
			return nil, fmt.Errorf("list of the deleted: %w", err)
		}
	}
	who, err := readForgotten(filepath.Join(dir, forgottenName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return who, err
}

// restoring is what a restore adds to the database's name until it is done, so
// that no server starts on people who had themselves deleted.
const restoring = ".restoring"

// restoreInto puts a backup into a folder without a database, takes those out
// again who had themselves deleted since, and says what it did.
func restoreInto(ctx context.Context, backup, dir string, who map[string]calendar.Day, out io.Writer) error {
	path := filepath.Join(dir, dbName+restoring)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("left by a restore that was cut short: %w", err)
	}
	if _, err := bolt.Unseal(ctx, backup, path); err != nil {
		return fmt.Errorf("backup %w", err)
	}
	n, err := forgetAgain(ctx, path, who, time.Now())
	if err != nil {
		return errors.Join(fmt.Errorf("take out who was deleted: %w", err), os.Remove(path))
	}
	if who == nil {
		fmt.Fprintf(out, "no %s: residents deleted since this backup are in it again: restore anew with -forgotten and that file of the old folder to take them out\n", forgottenName)
	} else {
		fmt.Fprintf(out, "%d people had themselves deleted; %d of them were in the backup, and are taken out again\n", len(who), n)
	}
	if err := place(path, filepath.Join(dir, dbName)); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return syncFolder(dir)
}

// place gives a file another name, unless something has that name by now.
func place(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	return os.Rename(from, to) // a disk that knows no links
}

// forgetAgain deletes from the database at path whom a list names, unless she
// came anew after that day. It returns how many of the list were in it.
func forgetAgain(ctx context.Context, path string, who map[string]calendar.Day, now time.Time) (n int, err error) {
	engine, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	store, err := storage.Open(ctx, engine, nil) // the backup is the copy from before an upgrade
	if err != nil {
		return 0, err
	}
	var ids []string
	err = store.View(ctx, func(tx *record.Tx) error {
		ids, err = erasure.StillThere(tx, who)
		return err
	})
	if err != nil {
		return 0, err
	}
	if _, err := erasure.Forget(store, ctx, ids, now); err != nil {
		return 0, err
	}
	return len(ids), engine.Compact(ctx)
}
