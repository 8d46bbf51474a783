package runfolder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/decision"
)

// TestDecideAppendsWholeLines: one at a time, whoever else decides too, and nothing to
// a log that is damaged.
func TestDecideAppendsWholeLines(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	a := asked{Options: pipeline.Options{Inputs: []string{corpusFile(t, 30)}}}
	a.mustDo(t, dir)
	keep := decision.Event{Action: decision.Keep, IDs: []string{"x"}}
	me := Holder{PID: os.Getpid(), Host: "here", Since: time.Unix(1, 0)}
	const deciders = 8
	var wg sync.WaitGroup
	errs := make([]error, deciders)
	for i := range deciders {
		wg.Go(func() { _, errs[i] = Decide(dir, keep, me) })
	}
	wg.Wait()
	noted := 0
	for _, err := range errs {
		var locked *LockedError
		switch {
		case err == nil:
			noted++
		case !errors.As(err, &locked):
			t.Error(err)
		}
	}
	path := filepath.Join(dir, DecisionsFile)
	log, err := ReadDecisions(path)
	if err != nil || noted == 0 || len(log.Events) != noted {
		t.Fatalf("%d were noted, and the log has %v, %v", noted, log, err)
	}
	if line, err := Decide(dir, decision.Event{Action: decision.Undo, Undo: 1}, me); err != nil || line != noted+1 {
		t.Errorf("line %d, %v", line, err)
	}
	if _, err := os.Stat(filepath.Join(dir, WorkDir)); err == nil {
		t.Errorf("%s is left", WorkDir)
	}
	l, err := takeLock(dir, me)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decide(dir, keep, me); !errors.As(err, new(*LockedError)) {
		t.Errorf("got %v, want that the folder is locked", err)
	}
	if err := l.release(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{string(whole[:len(whole)-3]), string(whole) + "{}\n"} {
		write(t, path, bad)
		if _, err := Decide(dir, keep, me); err == nil || !strings.Contains(err.Error(), DecisionsFile+":") {
			t.Errorf("got %v, want the line that is damaged", err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != bad {
			t.Errorf("the log was changed: %v", err)
		}
	}
	if _, err := Decide(t.TempDir(), keep, me); err == nil || !strings.Contains(err.Error(), "no finished run") {
		t.Errorf("in an empty folder: %v", err)
	}
}
