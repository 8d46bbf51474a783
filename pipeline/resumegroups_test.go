package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant/formats"
	"github.com/doppel-dedup/doppel/pipeline"
)

// The rows of each row group in groupsCorpus.
const groupRows = 5

// groupsCorpus writes a Parquet file of three row groups.
func groupsCorpus(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "groups.parquet")
	if err := formats.WriteRowGroups(path, 3, groupRows); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestResumeInsideRowGroups stops runs over a Parquet file of several row groups, also
// inside the second one and between it and its neighbours. How far a run comes before it
// sees that it is to stop is not the same each time, so it goes on until all rows were met.
func TestResumeInsideRowGroups(t *testing.T) {
	t.Parallel()
	o := mixedOptions(groupsCorpus(t))
	o.Containers, o.Identity.MaxRecord, o.Threads = containers(), 4<<20, 1
	want := undisturbed(t, o)
	from := map[int]bool{} // documents that were there when a run went on
	missing := func() (rows []int) {
		for n := groupRows; n <= 2*groupRows; n++ {
			if !from[n] {
				rows = append(rows, n)
			}
		}
		return rows
	}
	for round := 0; round < 20 && len(missing()) > 0; round++ {
		for at := 1; stopAndGoOn(t, o, at, want, from); at++ {
		}
	}
	if rows := missing(); len(rows) > 0 {
		t.Errorf("no run went on behind rows %d: %v", rows, from)
	}
}

// stopAndGoOn stops a run at a report of progress, lets another go on, and notes in from
// behind how many documents that was. It reports whether there were so many reports.
func stopAndGoOn(t *testing.T, o pipeline.Options, at int, want string, from map[int]bool) bool {
	t.Helper()
	o.Temp = t.TempDir()
	o.Checkpoint = logTo(filepath.Join(t.TempDir(), "c"), 1)
	o.Checkpoint.Tell = func(s string) {
		var documents int
		if _, err := fmt.Sscanf(strings.ReplaceAll(s, ",", ""), "taken up where an earlier run was stopped: %d document", &documents); err != nil {
			t.Errorf("stopped at %d: %s", at, s)
		}
		from[documents] = true
	}
	res, calls, err := stopAt(t.Context(), o, at)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: %v", at, err)
		}
		if res, err = pipeline.Run(t.Context(), o); err != nil {
			t.Fatalf("stopped at %d: %v", at, err)
		}
	}
	if got := outcome(t, res); got != want {
		t.Fatalf("stopped at %d: %s", at, firstDifference(got, want))
	}
	return calls >= at
}
