package command

import (
	"context"
	"flag"
	"fmt"
	"io"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// backup writes a copy with a seal by which it is known to be whole.
func (a *app) backup(ctx context.Context, flags *flag.FlagSet, args []string, o order, out io.Writer) error {
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return wrongUsage("backup")
	}
	path := o.path(words[0])
	seal := bolt.Seal{Format: storage.Format, At: a.now().Unix()}
	err = a.store.View(ctx, func(tx *record.Tx) error {
		town, err := townconfig.LoadTown(tx)
		seal.Town = town.Name
		return err
	})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if _, err := a.engine.Backup(ctx, path, seal); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := a.noteBackup(ctx); err != nil {
		return fmt.Errorf("%s was written, but not noted: %w", path, err)
	}
	fmt.Fprintln(out, "wrote", path)
	return a.sayUntil(ctx, out)
}

// verifyBackup says of a copy whether it is whole. It needs neither server nor data.
func verifyBackup(args []string, out io.Writer) error {
	flags := newFlags("backup", out)
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return wrongUsage("backup")
	}
	seal, err := wholeBackup(words[0])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is whole: %s, %s, format %d, %d records\n", words[0], seal.Town, stampOf(seal.At), seal.Format, seal.Count)
	return err
}

// wholeBackup reads a backup and returns its seal; it refuses one that this program
// cannot put back, and writes nowhere.
func wholeBackup(path string) (bolt.Seal, error) {
	seal, err := bolt.Verify(path)
	if err != nil {
		return seal, fmt.Errorf("backup %w", err)
	}
	if seal.Format > storage.Format {
		return seal, fmt.Errorf("backup %s: format %d, this program knows up to %d: %w", path, seal.Format, storage.Format, record.ErrNewer)
	}
	return seal, nil
}
