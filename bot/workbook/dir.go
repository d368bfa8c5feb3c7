package workbook

import (
	"fmt"
	"os"
)

// WorkDir makes a folder for what does not fit in memory, for this process's
// user alone, inside dir ("" is the system's). The func returned takes it away
// with all that is in it.
func WorkDir(dir string) (string, func() error, error) {
	d, err := os.MkdirTemp(dir, "office-") // mode 0700
	if err != nil {
		return "", nil, fmt.Errorf("make work folder: %w", err)
	}
	return d, func() error { return os.RemoveAll(d) }, nil
}
