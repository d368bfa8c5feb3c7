package bolt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	bbolt "go.etcd.io/bbolt"
)

// Seal is the last line of a backup, by which it is known to be whole. Count, Size
// and Digest are made by Backup; the rest is its caller's.
type Seal struct {
	Format int    // of the records
	Town   string `json:",omitempty"`
	At     int64  // Unix seconds
	Count  int    // of the records
	Size   int64  // of what stands before the seal, in bytes
	Digest string `json:",omitempty"` // SHA-256 of that and of the seal without it, in hex
}

var (
	// ErrNoSeal is returned (wrapped) for a file without a seal at its end.
	ErrNoSeal = errors.New("no seal at its end: it was cut short, or is no backup of this program")

	// ErrDamaged is returned (wrapped) for a backup whose bytes are not those that
	// were written.
	ErrDamaged = errors.New("damaged: its bytes are not those that were written")

	// ErrNewerSeal is returned (wrapped) for a seal that this program cannot read.
	ErrNewerSeal = errors.New("sealed by a newer program")
)

const (
	sealHead = "\nxintiexin backup "
	sealOwn  = sealHead + "1 "
	sealMax  = 4096
	part     = ".part"
)

// Backup is Copy with a seal: until the file is whole and on the disk it has the
// name path.part, so that nothing that was cut short has the name asked for.
func (s *Store) Backup(ctx context.Context, path string, seal Seal) (Seal, error) {
	err := s.copyFile(ctx, path, func(db *bbolt.DB) (err error) {
		seal.Count, err = count(db)
		return err
	}, func(name string) (err error) {
		seal, err = addSeal(name, seal)
		return err
	})
	if err != nil {
		return seal, fmt.Errorf("back up to %s: %w", path, full(err))
	}
	return seal, nil
}

// copyFile makes a copy under path.part and gives it the name path when it is whole
// and on the disk. open sees the copy before it is closed, closed its file after.
func (s *Store) copyFile(ctx context.Context, path string, open func(*bbolt.DB) error, closed func(name string) error) (err error) {
	if err := s.copyAlone(ctx); err != nil {
		return err
	}
	defer s.copyDone()
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	name := path + part
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("left by one that was cut short: %w", err)
	}
	made, err := s.copyTo(ctx, name, open)
	if err == nil {
		err = closed(name)
	}
	if err == nil {
		err = rename(name, path)
	}
	if err == nil {
		return syncDir(path)
	}
	if made {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// rename gives a file another name, unless something has that name by now.
func rename(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	return os.Rename(from, to) // a disk that knows no links
}

func count(db *bbolt.DB) (n int, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketName).Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			n++
		}
		return nil
	})
	return n, err
}

// addSeal writes a seal to the end of a file and syncs it.
func addSeal(name string, seal Seal) (Seal, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return seal, fmt.Errorf("seal: %w", err)
	}
	h := sha256.New()
	if seal.Size, err = io.Copy(h, f); err == nil {
		seal.Digest, err = digest(h, seal)
	}
	var line []byte
	if err == nil {
		line, err = json.Marshal(seal)
	}
	if err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "%s%s\n", sealOwn, line), seal.Size)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return seal, fmt.Errorf("seal: %w", err)
	}
	return seal, nil
}

// digest is that of what was hashed and of the seal itself.
func digest(h hash.Hash, seal Seal) (string, error) {
	seal.Digest = ""
	line, err := json.Marshal(seal)
	if err != nil {
		return "", err
	}
	h.Write(line)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// readSeal reads the seal at the end of a file, and nothing else of it.
func readSeal(f *os.File) (seal Seal, err error) {
	info, err := f.Stat()
	if err != nil {
		return seal, err
	}
	from := max(0, info.Size()-sealMax)
	end := make([]byte, info.Size()-from)
	if _, err := f.ReadAt(end, from); err != nil && !errors.Is(err, io.EOF) {
		return seal, err
	}
	at := bytes.LastIndex(end, []byte(sealHead))
	switch {
	case at < 0:
		return seal, ErrNoSeal
	case !bytes.HasPrefix(end[at:], []byte(sealOwn)):
		return seal, ErrNewerSeal
	}
	line := end[at+len(sealOwn):]
	if err := json.Unmarshal(line, &seal); err != nil || line[len(line)-1] != '\n' || seal.Size != from+int64(at) {
		return seal, ErrDamaged
	}
	if again, err := json.Marshal(seal); err != nil || !bytes.Equal(again, bytes.TrimSuffix(line, []byte("\n"))) {
		return seal, ErrDamaged
	}
	return seal, nil
}

// Verify reads a backup and returns its seal, or ErrNoSeal, ErrDamaged or
// ErrNewerSeal, wrapped.
func Verify(path string) (Seal, error) {
	seal, err := unseal(context.Background(), path, io.Discard)
	if err != nil {
		return seal, fmt.Errorf("%s: %w", path, err)
	}
	return seal, nil
}

// Unseal puts what a backup holds into a new file at path, which is left only if it
// is what was written. The backup is only read: it may lie where nothing can be
// written.
func Unseal(ctx context.Context, backup, path string) (seal Seal, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return seal, err
	}
	seal, err = unseal(ctx, backup, f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = syncDir(path)
	}
	if err != nil {
		return seal, errors.Join(fmt.Errorf("%s: %w", backup, full(err)), os.Remove(path))
	}
	return seal, nil
}

// unseal writes to w what stands before the seal of a backup.
func unseal(ctx context.Context, path string, w io.Writer) (seal Seal, err error) {
	f, err := os.Open(path)
	if err != nil {
		return seal, err
	}
	defer f.Close()
	if seal, err = readSeal(f); err != nil {
		return seal, err
	}
	h := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(h, w), reader{ctx, f}, seal.Size); err != nil {
		return seal, err
	}
	if is, err := digest(h, seal); err != nil || is != seal.Digest {
		return seal, errors.Join(err, ErrDamaged)
	}
	return seal, nil
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}
