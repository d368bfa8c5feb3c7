//go:build linux || darwin

package command

import (
	"fmt"
	"syscall"
)

// freeBytes returns how many bytes may still be written into a folder.
func freeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("free space of the data folder: %w", err)
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}
