// Package kerneltest helps to test kernels. [Levels] runs a test on every level
// that is live on this machine, and fails if one that CI named is not among them.
// [Guarded] gives out memory whose neighbours on either side are pages without
// access, so that a kernel that reads or writes one byte too far is caught at once
// and not when it happens to hit something.
//
// A level is a property of the process: tests that use Levels must not run in
// parallel with others of their package. Guarded memory lasts until its test ends;
// that of a [Region] is for fuzz targets, which run too often to ask for it anew.
package kerneltest

import (
	"os"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

// Required is the environment variable in which CI names, with commas between,
// the levels that the machine must run, so that none passes by being skipped.
const Required = "DOPPEL_REQUIRE_CPU"

// noticeVariable makes go test run tests anew when [kernel.Variable] has changed.
// Its cache knows the variables that a test reads, but package kernel reads this
// one before the tests begin.
func noticeVariable() { _ = os.Getenv(kernel.Variable) }

// Levels runs f as a subtest on every live level, from the portable one up. It
// fails if a level that [Required] names is not among them.
func Levels(t *testing.T, f func(t *testing.T, l kernel.Level)) {
	t.Helper()
	noticeVariable()
	live := map[string]bool{}
	for l := kernel.Portable; l <= kernel.Best(); l++ {
		live[l.String()] = true
		t.Run(l.String(), func(t *testing.T) {
			defer kernel.Use(l)()
			f(t, l)
		})
	}
	for name := range strings.SplitSeq(os.Getenv(Required), ",") {
		if name != "" && !live[name] {
			t.Errorf("level %q is not live here, but %s names it", name, Required)
		}
	}
}

// BenchmarkLevels runs f as a sub-benchmark on every live level.
func BenchmarkLevels(b *testing.B, f func(b *testing.B)) {
	noticeVariable()
	for l := kernel.Portable; l <= kernel.Best(); l++ {
		b.Run(l.String(), func(b *testing.B) {
			defer kernel.Use(l)()
			f(b)
		})
	}
}
