//go:build unix

package bolt

import (
	"os"
	"syscall"
)

// sameOwner gives a file the owner and the mode of another, so that a command
// run by root does not shut the server out.
func sameOwner(from, to string) error {
	as, err := os.Stat(from)
	if err != nil {
		return err
	}
	is, err := os.Stat(to)
	if err != nil {
		return err
	}
	a, ok1 := as.Sys().(*syscall.Stat_t)
	b, ok2 := is.Sys().(*syscall.Stat_t)
	if ok1 && ok2 && (a.Uid != b.Uid || a.Gid != b.Gid) {
		if err := os.Chown(to, int(a.Uid), int(a.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(to, as.Mode().Perm())
}
