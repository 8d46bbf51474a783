package main

import (
	"context"

	"github.com/doppel-dedup/doppel/internal/progress"
	"github.com/doppel-dedup/doppel/pipeline"
)

// watch draws the progress of a job on standard error if that is a terminal.
type watch struct {
	line  *progress.Line
	stage pipeline.Stage
	last  pipeline.Progress
}

// watchTerminal makes progress visible, and sends other messages around it, if
// standard error is a terminal and nobody asked for quiet.
func (a *app) watchTerminal() {
	if width, ok := terminalWidth(a.stderr); ok && !a.quiet {
		a.watch.line = progress.New(a.stderr, width, nil)
		a.stderr = a.watch.line
	}
}

// update is a pipeline.Options.Progress.
func (w *watch) update(p pipeline.Progress) {
	if p.Stage != w.stage {
		w.stage, w.last = p.Stage, pipeline.Progress{}
		switch p.Stage {
		case pipeline.StageRead:
			w.line.Start(progress.Stage{Name: "reading", Unit: "documents", TotalBytes: p.InputTotal})
		case pipeline.StageSets:
			w.line.Start(progress.Stage{Name: "reading again", Unit: "documents", Total: p.SetsTotal})
		case pipeline.StageVerify:
			w.last = p
			w.last.Pairs = 0
			w.line.Start(progress.Stage{Name: "verifying", Unit: "pairs"})
		}
	}
	switch p.Stage {
	case pipeline.StageRead:
		w.line.Add(p.Documents-w.last.Documents, p.InputBytes-w.last.InputBytes)
	case pipeline.StageSets:
		w.line.Add(p.Sets-w.last.Sets, 0)
	case pipeline.StageVerify:
		w.line.Add(p.Pairs-w.last.Pairs, 0)
	}
	w.last = p
}

// runJob runs a job with its progress shown, and remembers its bad records for
// the exit code.
func (a *app) runJob(ctx context.Context, job *pipeline.Job) (*pipeline.Result, error) {
	res, err := job.Run(ctx)
	a.watch.line.Stop()
	if err == nil {
		a.quarantined = res.Counts().Quarantined
	}
	return res, err
}
