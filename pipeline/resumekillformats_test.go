//go:build unix

package pipeline_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestKilledInsideEveryFormat kills processes that read Parquet, WARC, CSV and what is
// compressed in every way.
func TestKilledInsideEveryFormat(t *testing.T) {
	kills := 5
	if os.Getenv("DOPPEL_LONG") != "" {
		kills = 50
	}
	c := childRun{Inputs: []string{formatsCorpus(t, 2000, 4)}, Threads: 2, Every: 100_000}
	killedProcesses(t, c, 60, kills)
}

// TestKilledInsideRowGroups kills processes behind every row of the second row group of a
// Parquet file, and behind its neighbours.
func TestKilledInsideRowGroups(t *testing.T) {
	c := childRun{Inputs: []string{groupsCorpus(t)}, Threads: 1, Every: 1}
	run := func(dir string, killAt int, want string) string {
		c.Dir, c.Temp, c.KillAt = dir, t.TempDir(), killAt
		c.Out = filepath.Join(c.Temp, "out")
		cmd, out := c.start(t)
		if how := ended(t, cmd, out); how != want {
			t.Fatalf("killed at report %d: %s, want %s", killAt, how, want)
		}
		if want == "killed" {
			return ""
		}
		return contents(t, c.Out)
	}
	want := run(filepath.Join(t.TempDir(), "c"), 0, "done")
	for at := groupRows; at <= 2*groupRows+1; at++ {
		dir := filepath.Join(t.TempDir(), "c")
		run(dir, at, "killed")
		if got := run(dir, 0, "done"); got != want {
			t.Fatalf("killed at report %d: %s", at, firstDifference(got, want))
		}
	}
}
