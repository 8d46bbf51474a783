//go:build unix

package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/idf"
)

// child is the argument that makes the test binary a process that does one run: the
// options of it as JSON.
var child = flag.String("child", "", "do one run and exit; for tests that kill processes")

// soak is how long TestSoak goes on.
var soak = flag.Duration("soak", 0, "time of TestSoak")

// childRun says what a child does.
type childRun struct {
	Inputs      []string
	Preset      pipeline.Preset
	MaxBucket   int
	Boilerplate float64
	Similarity  pipeline.Similarity `json:",omitzero"` // which is the preset's
	Weights     idf.Kind
	Candidates  pipeline.Candidates
	Threads     int
	Memory      int64
	Dir, Temp   string
	Every       int64
	// KillAt is the report of progress at which it kills itself, and Stage the stage
	// whose first report is meant; 0 and "" are none.
	KillAt int
	Stage  pipeline.Stage
	// FileLimit is the largest file that it may write, 0 for any.
	FileLimit uint64
	Out       string
}

func (c childRun) options() pipeline.Options {
	o := pipeline.Options{Inputs: c.Inputs, Preset: c.Preset, Threads: c.Threads, Memory: c.Memory, Temp: c.Temp, Save: true}
	o.Identity.MaxBucket, o.Identity.Boilerplate = c.MaxBucket, c.Boilerplate
	if c.Similarity != pipeline.SimilarityDefault {
		o.Identity.Similarity, o.Identity.Weights = c.Similarity, c.Weights
	}
	o.Identity.Candidates = c.Candidates
	o.Containers = containers()
	return o
}

// The exit codes of a child.
const (
	childFailed      = 1
	childInterrupted = 130
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *child == "" {
		os.Exit(m.Run())
	}
	var c childRun
	err := json.Unmarshal([]byte(*child), &c)
	if err == nil {
		err = c.run()
	}
	switch {
	case errors.Is(err, context.Canceled):
		os.Exit(childInterrupted)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(childFailed)
	}
}

func (c childRun) run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT)
	defer stop()
	if c.FileLimit > 0 {
		signal.Ignore(syscall.SIGXFSZ) // a write is then an error
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: c.FileLimit, Max: c.FileLimit}); err != nil {
			return err
		}
	}
	o := c.options()
	o.Checkpoint = &checkpoint.Options{Dir: c.Dir, Every: c.Every, Tell: func(s string) { fmt.Println(s) }}
	calls := 0
	o.Progress = func(p pipeline.Progress) {
		if calls++; calls == c.KillAt || c.Stage != "" && p.Stage == c.Stage {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // nothing more is done
		}
	}
	res, err := pipeline.Run(ctx, o)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Temp, "saved")
	if err != nil {
		return err
	}
	if err := res.Save(context.Background(), pipeline.SaveOptions{Dir: filepath.Join(dir, "run")}); err != nil {
		return err
	}
	return errors.Join(res.Close(), os.Rename(filepath.Join(dir, "run"), c.Out))
}

// start starts a child.
func (c childRun) start(t testing.TB) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-child="+string(b))
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out
}

// ended waits for a child and returns how it ended.
func ended(t testing.TB, cmd *exec.Cmd, out *strings.Builder) string {
	t.Helper()
	err := cmd.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "done"
	case !errors.As(err, &exit):
		t.Fatal(err)
	case exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
		return "killed"
	case exit.ExitCode() == childInterrupted, exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGINT:
		return "interrupted"
	case exit.ExitCode() == childFailed:
		return "failed: " + out.String()
	}
	t.Fatalf("%v\n%s", err, out)
	return ""
}

// plantedCorpus writes a planted corpus of n documents to some files.
func plantedCorpus(t testing.TB, n int, seed uint64) string {
	t.Helper()
	dir := t.TempDir()
	const parts = 4
	for k := range parts {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("part%d.jsonl", k)))
		if err != nil {
			t.Fatal(err)
		}
		s := plant.Spec{Documents: n / parts, MeanBytes: 1500, Seed: seed + uint64(k)/2, ExactShare: 0.1, NearShare: 0.3, FooterShare: 0.2}
		_, err = s.Write(f, io.Discard, io.Discard)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestKilledProcesses kills processes at the first report of every stage and at
// random points, again and again until the run is done.
func TestKilledProcesses(t *testing.T) {
	n, kills := 3000, 8
	if os.Getenv("DOPPEL_LONG") != "" {
		n, kills = 100_000, 50
	}
	c := childRun{Inputs: []string{plantedCorpus(t, n, 3)}, Threads: 2, Every: 1 << 20}
	killedProcesses(t, c, n/6, kills)
}

// TestKilledInTheSecondReading kills processes of runs whose sets are made of all texts, in
// each of their readings.
func TestKilledInTheSecondReading(t *testing.T) {
	n, kills := 2000, 6
	if os.Getenv("DOPPEL_LONG") != "" {
		n, kills = 8_000, 30
	}
	dir := plantedCorpus(t, n, 9)
	for name, c := range map[string]childRun{
		"boilerplate":      {Boilerplate: 0.05},
		"story":            {Preset: pipeline.Story},
		"cosine":           {Similarity: pipeline.Cosine, Weights: idf.Corpus},
		"weighted jaccard": {Similarity: pipeline.WeightedJaccard, Weights: idf.Corpus, Candidates: pipeline.KeyTerms},
	} {
		t.Run(name, func(t *testing.T) {
			c.Inputs, c.Threads, c.Every = []string{dir}, 2, 1<<18
			killedProcesses(t, c, n/150, kills) // blocks of the two readings
		})
	}
}

// killedProcesses kills kills processes, the random ones at a report of progress up to
// the last.
func killedProcesses(t *testing.T, c childRun, last, kills int) {
	t.Helper()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	run := func(c childRun) string {
		c.Temp = t.TempDir()
		c.Out = filepath.Join(c.Temp, "out")
		cmd, out := c.start(t)
		how := ended(t, cmd, out)
		if how == "done" {
			return contents(t, c.Out)
		}
		if how != "killed" {
			t.Fatalf("seed %d: %s", seed, how)
		}
		return ""
	}
	c.Dir = filepath.Join(t.TempDir(), "c")
	want := run(c)
	killed := 0
	for _, stage := range []pipeline.Stage{pipeline.StageRead, pipeline.StageSets, pipeline.StageVerify} {
		c.Dir, c.Stage = filepath.Join(t.TempDir(), "c"), stage
		if run(c) == "" {
			killed++
		}
		c.Stage = ""
		if got := run(c); got != want {
			t.Fatalf("killed at stage %s: %s", stage, firstDifference(got, want))
		}
	}
	for killed < kills {
		c.Dir = filepath.Join(t.TempDir(), "c")
		for got := ""; got == ""; killed++ {
			c.KillAt = 1 + rng.IntN(last)
			if killed >= kills {
				c.KillAt = 0
			}
			if got = run(c); got != "" && got != want {
				t.Fatalf("seed %d: %s", seed, firstDifference(got, want))
			}
		}
		c.KillAt = 0
	}
	t.Logf("%d processes killed, seed %d", killed, seed)
}

// TestFullDisk limits the size of the files that a process may write, temporary ones
// and those of the checkpoint, to more and more: each fails with an error or is right,
// and with room enough the last checkpoint is taken up.
func TestFullDisk(t *testing.T) {
	c := childRun{Inputs: []string{plantedCorpus(t, 6000, 4)}, Threads: 2, Every: 1 << 20, Memory: 16 << 20, Preset: pipeline.Edited}
	run := func(c childRun) (how, out string) {
		c.Temp = t.TempDir()
		c.Out = filepath.Join(c.Temp, "out")
		cmd, output := c.start(t)
		if how = ended(t, cmd, output); how == "done" {
			out = contents(t, c.Out)
		}
		return how, out
	}
	c.Dir = filepath.Join(t.TempDir(), "c")
	_, want := run(c)
	c.Dir = filepath.Join(t.TempDir(), "c")
	failed, right := 0, 0
	for limit := uint64(100); limit < 1<<30; limit *= 3 {
		c.FileLimit = limit
		how, got := run(c)
		switch {
		case how == "done" && got == want:
			right++
			c.Dir = filepath.Join(t.TempDir(), "c")
		case strings.HasPrefix(how, "failed") && strings.Contains(how, syscall.EFBIG.Error()):
			failed++
		default:
			t.Fatalf("limit %d: %s %s", limit, how, firstDifference(got, want))
		}
	}
	if failed < 5 || right < 1 {
		t.Errorf("%d processes failed and %d were right", failed, right)
	}
	t.Logf("%d failed for want of room, %d right", failed, right)
}

// TestSoak kills and interrupts random runs at random times until the flag -soak says
// enough, and compares each with an undisturbed one:
//
//	go test ./pipeline -run TestSoak -soak 30m -timeout 1h -v
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("-soak says how long")
	}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	tally := map[string]int{}
	for end := time.Now().Add(*soak); time.Now().Before(end); {
		c := childRun{Inputs: []string{plantedCorpus(t, 500+rng.IntN(8000), rng.Uint64())}, Every: 1 << (14 + rng.IntN(10)),
			Preset:  []pipeline.Preset{pipeline.Near, pipeline.Edited, pipeline.Verbatim, pipeline.Loose}[rng.IntN(4)],
			Threads: 1 + rng.IntN(4), Memory: 16<<20 + rng.Int64N(1<<28), MaxBucket: []int{0, 3, 10}[rng.IntN(3)]}
		if c.Preset != pipeline.Verbatim && rng.IntN(4) == 0 {
			c.Boilerplate = 0.1
		}
		if c.Preset == pipeline.Loose && rng.IntN(2) == 0 {
			c.Similarity, c.Weights = []pipeline.Similarity{pipeline.Cosine, pipeline.WeightedJaccard}[rng.IntN(2)], idf.Corpus
			c.Boilerplate = 0
		}
		c.Temp, c.Dir = t.TempDir(), filepath.Join(t.TempDir(), "c")
		c.Out = filepath.Join(c.Temp, "want")
		began := time.Now()
		cmd, out := c.start(t)
		if how := ended(t, cmd, out); how != "done" {
			t.Fatalf("seed %d: %s", seed, how)
		}
		took := time.Since(began)
		want := contents(t, c.Out)
		c.Dir, c.Out = filepath.Join(t.TempDir(), "c"), filepath.Join(c.Temp, "got")
		tally["runs"]++
		for stops := rng.IntN(8); ; stops-- {
			c.Threads, c.Memory = 1+rng.IntN(4), 16<<20+rng.Int64N(1<<28)
			if err := os.RemoveAll(c.Out); err != nil { // it may have been killed right behind its end
				t.Fatal(err)
			}
			cmd, out := c.start(t)
			timer := new(time.Timer)
			if stops > 0 {
				sig := []os.Signal{syscall.SIGKILL, syscall.SIGINT}[rng.IntN(2)]
				timer = time.AfterFunc(time.Duration(rng.Int64N(int64(took))), func() { _ = cmd.Process.Signal(sig) })
			}
			how := ended(t, cmd, out)
			if stops > 0 {
				timer.Stop()
			}
			tally[how]++
			if strings.HasPrefix(how, "failed") || strings.Contains(out.String(), "damaged") {
				t.Fatalf("seed %d: %s\n%s", seed, how, out)
			}
			if strings.Contains(out.String(), "taken up") {
				tally["taken up"]++
			}
			if how == "done" {
				break
			}
		}
		if got := contents(t, c.Out); got != want {
			t.Fatalf("seed %d, %+v: %s", seed, c, firstDifference(got, want))
		}
		for _, dir := range []string{c.Inputs[0], c.Temp} {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%v", tally)
}
