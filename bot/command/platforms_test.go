package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlatforms: the program compiles for each system that it may run on. Only
// the compiler sees a call that another system does not have.
func TestPlatforms(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the whole program four times")
	}
	for _, platform := range []string{"linux/amd64", "linux/arm64", "windows/amd64", "darwin/arm64"} {
		t.Run(platform, func(t *testing.T) {
			system, machine, _ := strings.Cut(platform, "/")
			build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(t.TempDir(), "xintiexin"), "xintiexin")
			build.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+machine, "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
