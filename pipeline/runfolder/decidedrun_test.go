package runfolder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/decision"
)

// decidedLog drops and keeps the first documents that a finished run drops.
func decidedLog(t *testing.T, run string) *decision.Log {
	t.Helper()
	s, err := pipeline.OpenRun(run, pipeline.SavedOptions{Temp: t.TempDir(), Contents: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, err := s.Apply(t.Context(), pipeline.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	log := &decision.Log{}
	err = a.Members(t.Context(), func(r *pipeline.MemberRow) error {
		if r.Class != pipeline.ClassDropped || len(log.Events) == 2 {
			return nil
		}
		e := decision.Event{Action: decision.Keep, IDs: []string{r.ID}}
		if len(log.Events) == 1 {
			e = decision.Event{Action: decision.Drop, IDs: []string{r.Keeper}}
		}
		contents, err := s.Contents(t.Context(), e.IDs)
		if err != nil {
			return err
		}
		e.Content = contents
		if text, err = e.Append(text, log); err != nil {
			return err
		}
		log, err = decision.Read(strings.NewReader(string(text)), "log")
		return err
	})
	if err != nil || len(log.Events) != 2 {
		t.Fatalf("%v: %d events", err, len(log.Events))
	}
	return log
}

// TestDecidedRunGoesOn: stopped after each of its outputs, a run with decisions is
// completed as if nothing had happened. The decisions are in its folder as they were
// read, verify agrees, and a run that replaces it with the same ones, from there, does
// not lose them if it is stopped.
func TestDecidedRunGoesOn(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	at := func(name string) string { return filepath.Join(base, name) }
	a := asked{Options: pipeline.Options{Inputs: []string{corpusFile(t, 300)}, Sources: true}}
	a.mustDo(t, at("plain"))
	a.Decisions = decidedLog(t, at("plain"))
	m := a.mustDo(t, at("whole"))
	if m.Counts.Decided == 0 || compare(t, at("whole"), at("plain")) == nil {
		t.Fatalf("nothing was decided: %+v", m.Counts)
	}
	var names []string
	first := a
	first.afterOutput = func(name string) error { names = append(names, name); return nil }
	first.mustDo(t, at("names"))
	stop := errors.New("stopped")
	for i, last := range names {
		if i%stride(4) != 0 && last != DecisionsFile {
			continue
		}
		dir := at("after " + strings.ReplaceAll(last, "/", "-"))
		stopped := a
		stopped.afterOutput = func(name string) error {
			if name == last {
				return stop
			}
			return nil
		}
		if _, _, err := stopped.do(t.Context(), dir); !errors.Is(err, stop) {
			t.Fatalf("%s: %v", last, err)
		}
		if _, fresh, err := a.do(t.Context(), dir); err != nil || fresh != (last != SuccessFile) {
			t.Fatalf("%s: done again %t, %v", last, fresh, err)
		}
		if last == SuccessFile {
			continue // there is .doppel too, which nobody had time to remove
		}
		if err := compare(t, dir, at("whole")); err != nil {
			t.Errorf("%s: %v", last, err)
		}
		if _, err := Verify(t.Context(), dir, 0); err != nil {
			t.Errorf("%s: %v", last, err)
		}
	}
	t.Logf("%d outputs", len(names))
	log := filepath.Join(at("names"), DecisionsFile)
	replace := a
	replace.overwrite, replace.Preset = true, pipeline.Edited
	var err error
	if replace.Decisions, err = ReadDecisions(log); err != nil {
		t.Fatal(err)
	}
	replace.afterOutput = func(string) error { return stop }
	if _, _, err := replace.do(t.Context(), at("names")); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(log); err != nil || string(text) != string(a.Decisions.Text) {
		t.Errorf("%q, %v of the decisions are left, want %q", text, err, a.Decisions.Text)
	}
	replace.overwrite, replace.afterOutput = false, nil
	replace.mustDo(t, at("names"))
	other := a
	other.overwrite, other.Decisions = true, nil
	if _, _, err := other.do(t.Context(), at("names")); err == nil || !strings.Contains(err.Error(), "decisions that a new run would lose") {
		t.Errorf("replaced without its decisions: %v", err)
	}
}

// TestVerifyCountsDecisions: a run that says more was decided than its rows do is found
// out.
func TestVerifyCountsDecisions(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	a := asked{Options: pipeline.Options{Inputs: []string{corpusFile(t, 200)}, Sources: true}}
	a.mustDo(t, dir)
	m, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.Counts.Decided = 1
	v := verifier{ctx: t.Context(), dir: dir, manifest: m}
	if err := v.members(); err == nil || !strings.Contains(err.Error(), "0 documents were dropped by decision, and the run counted 1") {
		t.Errorf("got %v", err)
	}
}
