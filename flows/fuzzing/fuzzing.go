// Package fuzzing holds what the fuzz targets of forms have in common.
package fuzzing

import (
	"flag"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
)

// Memory is what reading, checking and asking a form may take, whatever is in it.
const Memory = 256 << 20

// soft is where the collector begins to hurry, so that garbage is not counted as
// if it were needed.
var soft = sync.OnceFunc(func() { debug.SetMemoryLimit(Memory * 3 / 4) })

// Begin readies a fuzz target; Bound is called at the end of each of its inputs.
func Begin(testing.TB) {
	if worker() {
		soft()
	}
}

// Bound fails when the process ever took more than Memory from the system, this
// input or one before it having needed that. Outside of go test -fuzz, where other
// tests share the process, it does nothing.
func Bound(t testing.TB) {
	t.Helper()
	if !worker() {
		return
	}
	taken := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(taken)
	if n := taken[0].Value.Uint64(); n > Memory {
		t.Fatalf("%d MB were taken, the bound is %d MB", n>>20, Memory>>20)
	}
}

func worker() bool {
	f := flag.Lookup("test.fuzzworker")
	return f != nil && f.Value.String() == "true"
}
