//go:build unix

package pipeline_test

import (
	"os"
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
