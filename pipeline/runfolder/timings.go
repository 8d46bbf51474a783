package runfolder

import (
	"sync"
	"time"
)

// Machine is who runs a job, and with what.
type Machine struct {
	Host string `json:"host"`
	PID  int    `json:"-"`
	// Platform is the operating system and architecture, Kernels the level of the
	// inner loops.
	Platform string `json:"platform"`
	Go       string `json:"go"`
	Kernels  string `json:"kernels"`
	// Threads and Memory, in bytes, are what the job might use.
	Threads int   `json:"threads"`
	Memory  int64 `json:"memory"`
}

// Timings is the content of timings.json: all that differs between equal runs.
type Timings struct {
	Type   string `json:"type"` // "run_timings"
	Schema int    `json:"schema_version"`
	// Started is when the run was first begun. Seconds are those of the process that
	// finished it, from then or from its resumption on.
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Seconds  float64   `json:"seconds"`
	Machine  Machine   `json:"machine"`
	// Args and Folder are those of Spec.
	Args   []string `json:"args"`
	Folder string   `json:"folder"`
	// ArgsBytes and FolderBytes are as in Request.
	ArgsBytes   [][]byte `json:"args_bytes,omitempty"`
	FolderBytes []byte   `json:"folder_bytes,omitempty"`
	// PeakMemory and TempBytes are in bytes; 0 for a peak that is not known.
	PeakMemory int64          `json:"peak_memory"`
	TempBytes  int64          `json:"temp_bytes"`
	Stages     []StageTime    `json:"stages"`
	Inputs     []RequestInput `json:"inputs"`
}

const timingsType = "run_timings"

// StageTime is how long a stage took.
type StageTime struct {
	// Stage is read, compare or verify, which ends with the clusters, and then the
	// name of an output. Outputs that are written side by side overlap.
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
	// PeakMemory is the largest memory of the process, in bytes, by the end of the
	// stage; 0 if it is not known.
	PeakMemory int64 `json:"peak_memory"`
}

// Stopwatch takes the times of stages that follow one another, and of those at the end
// of a run that go on side by side. It may be used by several goroutines.
type Stopwatch struct {
	now   func() time.Time
	peak  func() int64
	begin time.Time

	mu sync.Mutex
	// since is when the current stage began, or the last one ended.
	since   time.Time
	stages  []StageTime
	current bool // the last of stages is under way
}

// NewStopwatch starts a watch. now is the clock, and peak the largest memory of the
// process so far, in bytes.
func NewStopwatch(now func() time.Time, peak func() int64) *Stopwatch {
	t := now()
	return &Stopwatch{now: now, peak: peak, begin: t, since: t}
}

// Enter ends the current stage and begins another one, unless it is the same. The first
// one has begun with the watch.
func (w *Stopwatch) Enter(stage string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.stages); w.current && w.stages[n-1].Stage == stage {
		return
	}
	if len(w.stages) > 0 {
		w.end()
	}
	w.stages, w.current = append(w.stages, StageTime{Stage: stage}), true
}

// beside ends the current stage and begins one that others may go on beside, until the
// function that comes back is called.
func (w *Stopwatch) beside(stage string) (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current {
		w.end()
	}
	from, at := w.now(), len(w.stages)
	w.stages = append(w.stages, StageTime{Stage: stage})
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.since = w.now()
		w.stages[at].Seconds, w.stages[at].PeakMemory = w.since.Sub(from).Seconds(), w.peak()
	}
}

// end ends the current stage, if there is one.
func (w *Stopwatch) end() {
	t := w.now()
	if w.current {
		last := &w.stages[len(w.stages)-1]
		last.Seconds, last.PeakMemory = t.Sub(w.since).Seconds(), w.peak()
	}
	w.since, w.current = t, false
}

func (w *Stopwatch) started() time.Time { return w.begin.UTC() }

// timings ends the last stage and returns all.
func (w *Stopwatch) timings(s *Spec, r *Request, temp int64) *Timings {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end()
	return &Timings{
		Type: timingsType, Schema: Schema, Started: r.Started, Finished: w.since.UTC(), Seconds: w.since.Sub(w.begin).Seconds(),
		Machine: s.Machine, Args: s.Args, Folder: s.Folder, ArgsBytes: rawNames(s.Args), FolderBytes: rawName(s.Folder), PeakMemory: w.peak(), TempBytes: temp, Stages: w.stages, Inputs: r.Inputs,
	}
}
