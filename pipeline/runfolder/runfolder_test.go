package runfolder

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline"
)

// TestEqualRunsGiveEqualBytes for any number of threads and any memory.
func TestEqualRunsGiveEqualBytes(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 600)
	base := t.TempDir()
	first := filepath.Join(base, "first")
	asked{Options: pipeline.Options{Inputs: []string{input}, Threads: 1}}.mustDo(t, first)
	for i, o := range []pipeline.Options{{Threads: 2}, {Threads: 8}, {Threads: 2, Memory: 16 << 20}, {Threads: 3, Memory: 1 << 30}} {
		o.Inputs, o.Temp = []string{input}, t.TempDir()
		dir := filepath.Join(base, string(rune('a'+i)))
		asked{Options: o}.mustDo(t, dir)
		if err := compare(t, dir, first); err != nil {
			t.Errorf("%d threads, %d bytes: %v", o.Threads, o.Memory, err)
		}
	}
}

// TestManifestTellsTheRun: digests of inputs and outputs, counts that close, and
// the options with their origins.
func TestManifestTellsTheRun(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 300)
	dir := filepath.Join(t.TempDir(), "run")
	m := asked{Options: pipeline.Options{Inputs: []string{input}, PairFloor: 0.7, Threads: 3}}.mustDo(t, dir)
	read, err := ReadManifest(dir)
	if err != nil || !reflect.DeepEqual(encode(read), encode(m)) {
		t.Errorf("read %+v, %v, want %+v", read, err, m)
	}
	if m.Members.Quarantined != 2 || m.Members.Empty != 1 || m.Members.Dropped == 0 || m.Members.Kept == 0 || m.Members.Singletons == 0 {
		t.Errorf("members %+v: the corpus shows nothing", m.Members)
	}
	files := vfstest.Files(t, input)
	for _, in := range m.Inputs {
		if _, sum, err := newDigester().sum(t.Context(), strings.NewReader(files[in.Name])); err != nil || sum != in.SHA256 || in.Bytes != int64(len(files[in.Name])) {
			t.Errorf("input %+v, want digest %s (%v)", in, sum, err)
		}
	}
	outputs := vfstest.Files(t, dir)
	if text, there := outputs[DecisionsFile]; text != "" || !there {
		t.Errorf("decisions begin with %q", text)
	}
	for _, name := range append([]string{ManifestFile, DecisionsFile}, timely...) {
		delete(outputs, name)
	}
	for _, o := range m.Outputs {
		if _, sum, err := newDigester().sum(t.Context(), strings.NewReader(outputs[o.Name])); err != nil || sum != o.SHA256 {
			t.Errorf("output %+v, want digest %s (%v)", o, sum, err)
		}
		delete(outputs, o.Name)
	}
	if len(outputs) > 0 {
		t.Errorf("the manifest does not list %v", outputs)
	}
	if got := m.Options["threshold"]; string(got.Value) != "0.8" || got.Origin != "default" {
		t.Errorf("threshold is %s from %s", got.Value, got.Origin)
	}
}

// TestTimings: every stage is there once, and none takes longer than all; with one
// thread they are in order and together take no longer.
func TestTimings(t *testing.T) {
	t.Parallel()
	for _, threads := range []int{1, 3} {
		dir := filepath.Join(t.TempDir(), "run")
		asked{Options: pipeline.Options{Inputs: []string{corpusFile(t, 100)}, Threads: threads}}.mustDo(t, dir)
		checkTimings(t, dir, threads)
	}
}

func checkTimings(t *testing.T, dir string, threads int) {
	t.Helper()
	timings, err := ReadTimings(dir)
	if err != nil {
		t.Fatal(err)
	}
	var stages []string
	sum, longest := 0.0, 0.0
	for _, s := range timings.Stages {
		stages = append(stages, s.Stage)
		sum, longest = sum+s.Seconds, max(longest, s.Seconds)
	}
	want := []string{DataDir, SavedDir, "members", "pairs", "clusters", PageFile, QuarantineFile}
	if threads > 1 {
		slices.Sort(want)
		slices.Sort(stages)
		sum = longest
	}
	if !slices.Equal(stages, want) {
		t.Errorf("%d threads: stages %q, want %q", threads, stages, want)
	}
	if sum <= 0 || sum > timings.Seconds+1e-6 || timings.Finished.Before(timings.Started) {
		t.Errorf("%d threads: stages take %v of %v seconds", threads, sum, timings.Seconds)
	}
}

// TestNothingIsDoneTwice: a finished run of the same inputs and options comes back as
// it is, and any other one is refused by what differs.
func TestNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 60)
	dir := filepath.Join(t.TempDir(), "run")
	a := asked{Options: pipeline.Options{Inputs: []string{input}}}
	first := a.mustDo(t, dir)
	before := vfstest.Files(t, dir)
	again := func(a asked) (bool, error) {
		m, fresh, err := a.do(t.Context(), dir)
		if err == nil && (fresh || !reflect.DeepEqual(encode(m), encode(first))) {
			t.Errorf("done again: %t, %+v", fresh, m)
		}
		if !reflect.DeepEqual(vfstest.Files(t, dir), before) {
			t.Fatal("the folder was changed")
		}
		return fresh, err
	}
	if _, err := again(a); err != nil {
		t.Error(err)
	}
	faster := a
	faster.Threads, faster.Memory = 7, 1<<30
	if _, err := again(faster); err != nil {
		t.Errorf("threads and memory change nothing: %v", err)
	}
	page := filepath.Join(input, "page.txt")
	if err := os.Chtimes(page, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := again(a); err != nil {
		t.Errorf("the same content with another time: %v", err)
	}
	other := a
	other.Identity.Threshold, other.noData = 0.9, true
	refused(t, again, other, "option data is true there and false here", "option threshold is 0.8 there and 0.9 here")
	write(t, page, "a text that stands aside")
	refused(t, again, a, `input "page.txt" has changed`)
	write(t, page, "a longer text")
	refused(t, again, a, `input "page.txt" has changed`)
	write(t, filepath.Join(input, "new.txt"), "new")
	if err := os.Remove(page); err != nil {
		t.Fatal(err)
	}
	refused(t, again, a, `input "new.txt" is new`, `input "page.txt" is gone`)

	a.overwrite = true
	if m := a.mustDo(t, dir); len(m.Inputs) != 2 || m.Inputs[1].Name != "new.txt" {
		t.Errorf("the new run reads %+v", m.Inputs)
	}
	clean := filepath.Join(t.TempDir(), "clean")
	a.mustDo(t, clean)
	if err := compare(t, dir, clean); err != nil {
		t.Errorf("replaced: %v", err)
	}
}

func refused(t *testing.T, again func(asked) (bool, error), a asked, want ...string) {
	t.Helper()
	_, err := again(a)
	var m *MismatchError
	if !errors.As(err, &m) || !slices.Equal(m.Differences, want) || !m.Finished {
		t.Errorf("error %v, want %q", err, want)
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestStandardInputIsComparedByItsContent.
func TestStandardInputIsComparedByItsContent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	do := func(text string) (bool, error) {
		a := asked{Options: pipeline.Options{Inputs: []string{"-"}, Stdin: strings.NewReader(text), Temp: t.TempDir()}}
		_, fresh, err := a.do(t.Context(), dir)
		return fresh, err
	}
	const text = "{\"text\":\"one\"}\n"
	for i := range 2 {
		if fresh, err := do(text); err != nil || fresh != (i == 0) {
			t.Errorf("time %d: done %t, %v", i, fresh, err)
		}
	}
	var m *MismatchError
	if _, err := do(text + text); !errors.As(err, &m) {
		t.Errorf("another input: %v", err)
	}
}

// TestUnfinishedRunOfAnotherKindIsRefused, and replaced when asked.
func TestUnfinishedRunOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 60)
	dir := filepath.Join(t.TempDir(), "run")
	a := asked{Options: pipeline.Options{Inputs: []string{input}}}
	stop := errors.New("stop")
	half := a
	half.afterOutput = func(name string) error {
		if name == DataDir {
			return stop
		}
		return nil
	}
	if _, _, err := half.do(t.Context(), dir); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	s, err := StatusOf(dir, "host")
	if err != nil || s.State != StateUnfinished || s.Holder != nil || s.Request == nil || !slices.Contains(s.Left, DataDir) {
		t.Errorf("status %+v, %v", s, err)
	}
	other := a
	other.Preset = pipeline.Strict
	other.Identity.Clustering = 0
	_, _, err = other.do(t.Context(), dir)
	var m *MismatchError
	if !errors.As(err, &m) || m.Finished || len(m.Differences) == 0 {
		t.Errorf("error %v", err)
	}
	other.overwrite = true
	other.mustDo(t, dir)
	if s, err := StatusOf(dir, "host"); err != nil || s.State != StateFinished || s.Manifest == nil {
		t.Errorf("status %+v, %v", s, err)
	}
}

// TestDecisionsAreNotLost to a run that would replace them.
func TestDecisionsAreNotLost(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 30)
	dir := filepath.Join(t.TempDir(), "run")
	a := asked{Options: pipeline.Options{Inputs: []string{input}}}
	a.mustDo(t, dir)
	decisions := filepath.Join(dir, DecisionsFile)
	write(t, decisions, `{"type":"decision","time":"2026-01-02T15:04:05Z","actor":"a","action":"keep","ids":["x"]}`+"\n")
	a.overwrite = true
	if _, _, err := a.do(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "holds decisions") {
		t.Errorf("error %v", err)
	}
	if _, err := Verify(t.Context(), dir, 0); err != nil {
		t.Errorf("decisions are no damage: %v", err)
	}
	for _, bad := range []string{`{"type":"decision","action":"keep","ids":["x"]}`, "{}\n", "x\n", "\n"} {
		write(t, decisions, bad)
		if _, err := Verify(t.Context(), dir, 0); err == nil || !strings.Contains(err.Error(), DecisionsFile+":") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestForeignFoldersAreLeftAlone.
func TestForeignFoldersAreLeftAlone(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 30)
	a := asked{Options: pipeline.Options{Inputs: []string{input}}, overwrite: true}
	full := t.TempDir()
	write(t, filepath.Join(full, "mine.txt"), "mine")
	for dir, want := range map[string]string{
		full:                             "no run folder",
		filepath.Join(full, "mine.txt"):  "mine.txt",
		filepath.Join(full, "no", "run"): "no such file",
		filepath.Join(input, "run"):      "part of the input",
		filepath.Dir(input):              "is inside it",
	} {
		if _, _, err := a.do(t.Context(), dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
	if got := vfstest.Files(t, full); !reflect.DeepEqual(got, map[string]string{"mine.txt": "mine"}) {
		t.Errorf("the folder holds %v", got)
	}
	empty := t.TempDir()
	a.mustDo(t, empty)
	if _, err := Verify(t.Context(), empty, 0); err != nil {
		t.Error(err)
	}
}

// TestNoData leaves the pruned corpus out, and nothing else.
func TestNoData(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 60)
	base := t.TempDir()
	o := pipeline.Options{Inputs: []string{input}}
	m := asked{Options: o, noData: true}.mustDo(t, filepath.Join(base, "without"))
	with := asked{Options: o}.mustDo(t, filepath.Join(base, "with"))
	if _, err := os.Stat(filepath.Join(base, "without", DataDir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("data: %v", err)
	}
	if m.Members != with.Members || len(m.Outputs) != len(with.Outputs)-2 {
		t.Errorf("%+v, want as %+v", m.Members, with.Members)
	}
	if _, err := Verify(t.Context(), filepath.Join(base, "without"), 0); err != nil {
		t.Error(err)
	}
}

// TestContextEndsTheRun between two outputs, and the folder can go on.
func TestContextEndsTheRun(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 60)
	dir := filepath.Join(t.TempDir(), "run")
	a := asked{Options: pipeline.Options{Inputs: []string{input}}}
	mine := errors.New("mine")
	for _, at := range []string{SavedDir, "members.parquet", QuarantineFile, PageFile} {
		ctx, cancel := context.WithCancelCause(t.Context())
		a.afterOutput = func(name string) error {
			if name == at {
				cancel(mine)
			}
			return nil
		}
		if _, _, err := a.do(ctx, dir); !errors.Is(err, mine) && !errors.Is(err, context.Canceled) {
			t.Errorf("after %s: %v", at, err)
		}
		if state, err := StateOf(dir); state != StateUnfinished || err != nil {
			t.Errorf("after %s: %s, %v", at, state, err)
		}
	}
	a.afterOutput = nil
	a.mustDo(t, dir)
	if _, err := Verify(t.Context(), dir, 0); err != nil {
		t.Error(err)
	}
}

// TestMetricsAreWhatPrometheusReads: HELP, TYPE and a number for each name.
func TestMetricsAreWhatPrometheusReads(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	m := &Manifest{Version: "a\"b\\c\nd", Fingerprint: "f"}
	m.Counts.Clusters = 3
	timings := &Timings{Finished: time.Unix(1e9, 0), Stages: []StageTime{{"read", 0.5, 1}, {"pairs", 2, 3}}}
	if err := writeMetrics(&b, m, timings); err != nil {
		t.Fatal(err)
	}
	helped, typed := "", ""
	samples := map[string]string{}
	for line := range strings.Lines(b.String()) {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "# HELP "):
			helped = words[2]
		case strings.HasPrefix(line, "# TYPE "):
			typed = words[2]
		default:
			i := strings.LastIndexByte(line, ' ')
			name, _, _ := strings.Cut(line[:i], "{")
			if name != helped || name != typed {
				t.Errorf("%q comes after HELP of %s and TYPE of %s", line, helped, typed)
			}
			samples[line[:i]] = line[i+1 : len(line)-1]
		}
	}
	for name, want := range map[string]string{
		"doppel_run_clusters": "3", "doppel_run_success_timestamp_seconds": "1e+09",
		`doppel_run_stage_duration_seconds{stage="pairs"}`:      "2",
		`doppel_run_info{version="a\"b\\c\nd",fingerprint="f"}`: "1",
	} {
		if samples[name] != want {
			t.Errorf("%s is %q, want %q", name, samples[name], want)
		}
	}
}

// TestRequestsAreReadBack, and others refused.
func TestRequestsAreReadBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, WorkDir), 0o755); err != nil {
		t.Fatal(err)
	}
	r := &Request{Type: requestType, Schema: Schema, Args: []string{"run", "x y"}, Inputs: []RequestInput{{Name: "stdin.jsonl", Path: "-"}}}
	path := filepath.Join(dir, WorkDir, RequestFile)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text))
	if got, err := ReadRequest(dir); err != nil || !reflect.DeepEqual(got, r) || !got.FromStdin() {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"", "{}", strings.Replace(string(text), `"schema":1`, `"schema":2`, 1), string(text[:20])} {
		write(t, path, bad)
		if _, err := ReadRequest(dir); err == nil || !strings.Contains(err.Error(), RequestFile) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
