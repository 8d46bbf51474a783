package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/doppel-dedup/doppel/internal/progress"
	"github.com/doppel-dedup/doppel/pipeline"
)

// watch shows the progress of a job: as a line on a terminal, or as messages.
type watch struct {
	mode  string
	line  *progress.Line
	tell  *teller
	stage pipeline.Stage
	last  pipeline.Progress
}

// How often progress is told in messages.
const (
	jsonInterval = 5 * time.Second
	logInterval  = time.Minute
)

// setUp chooses how progress is shown; a line on a terminal takes other messages
// around it. Level is the least that is written.
func (w *watch) setUp(a *app, level slog.Level) error {
	mode := w.mode
	width, isTerminal := terminalWidth(a.stderr)
	switch {
	case a.quiet:
		mode = "none"
	case mode == "auto" && a.logFormat == "json":
		mode = "json"
	case mode == "auto" && isTerminal:
		mode = "tty"
	case mode == "auto":
		mode = "log"
	}
	switch mode {
	case "none":
	case "tty":
		w.line = progress.New(a.stderr, width, nil)
		a.stderr = w.line
		a.log = slog.New(newTextHandler(a.stderr, level))
		if a.logFormat == "json" {
			a.log = slog.New(newMessageHandler(a.stderr, level))
		}
	case "json":
		w.tell = &teller{log: slog.New(newMessageHandler(a.stderr, level)), every: jsonInterval}
	case "log":
		w.tell = &teller{log: a.log, every: logInterval}
	default:
		return usagef("--progress %q is unknown, want auto, tty, log, json or none", w.mode)
	}
	return nil
}

// teller tells progress in messages: when a stage has begun to move, and then now and
// then.
type teller struct {
	log   *slog.Logger
	every time.Duration
	begin time.Time // of the stage
	next  time.Time
}

func (t *teller) start() {
	if t != nil {
		t.begin = time.Now()
		t.next = t.begin
		if t.every == logInterval { // a short job is not worth a line for people
			t.next = t.begin.Add(t.every)
		}
	}
}

func (t *teller) update(p pipeline.Progress) {
	if t == nil {
		return
	}
	now := time.Now()
	if now.Before(t.next) {
		return
	}
	t.next = now.Add(t.every)
	attrs := []slog.Attr{slog.String("stage", string(p.Stage)), slog.Int64("documents", p.Documents)}
	done, total := p.InputBytes, p.InputTotal
	switch p.Stage {
	case pipeline.StageSets:
		done, total = p.Sets, p.SetsTotal
		attrs = append(attrs, slog.Int64("sets", p.Sets), slog.Int64("sets_total", p.SetsTotal))
	case pipeline.StageVerify:
		done, total = 0, 0
		attrs = append(attrs, slog.Int64("pairs", p.Pairs))
	default:
		attrs = append(attrs, slog.Int64("bytes", p.InputBytes), slog.Int64("bytes_total", p.InputTotal))
	}
	if total > 0 && done > 0 {
		share := min(float64(done)/float64(total), 1)
		left := now.Sub(t.begin).Seconds() * (1 - share) / share
		attrs = append(attrs, slog.Int64("percent", int64(100*share)), slog.Int64("eta_seconds", int64(left)))
	}
	t.log.LogAttrs(context.Background(), levelProgress, "progress", attrs...)
}

// update is a pipeline.Options.Progress.
func (w *watch) update(p pipeline.Progress) {
	if p.Stage != w.stage {
		w.stage, w.last = p.Stage, pipeline.Progress{}
		w.tell.start()
		switch p.Stage {
		case pipeline.StageRead:
			w.line.Start(progress.Stage{Name: "reading", Unit: "documents", One: "document", TotalBytes: p.InputTotal})
		case pipeline.StageSets:
			w.line.Start(progress.Stage{Name: "reading again", Unit: "documents", One: "document", Total: p.SetsTotal})
		case pipeline.StageVerify:
			w.last = p
			w.last.Pairs = 0
			w.line.Start(progress.Stage{Name: "verifying", Unit: "pairs", One: "pair"})
		}
	}
	w.tell.update(p)
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

// progress is what jobs report to.
func (a *app) progress(p pipeline.Progress) {
	a.watch.update(p)
	if a.runs.watch != nil {
		a.runs.watch.Enter(string(p.Stage))
	}
}
