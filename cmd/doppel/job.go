package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// prepare makes the job of a verb and says what it will do.
func (a *app) prepare(o pipeline.Options) (*pipeline.Job, error) {
	job, err := a.open(o)
	if err != nil {
		return nil, err
	}
	a.showPlan(job.Plan())
	return job, nil
}

// open makes the job of a verb. Bad options are usage errors; inputs that cannot be
// read are not.
func (a *app) open(o pipeline.Options) (*pipeline.Job, error) {
	o.Stdin = a.stdin
	if err := checkTemp(o.Temp); err != nil {
		return nil, err
	}
	o = o.Defaults()
	if err := o.Validate(); err != nil {
		return nil, usageError{err}
	}
	if err := a.remote.provide(&o); err != nil {
		return nil, err
	}
	limitMemory(o.Memory)
	o.Progress, o.OnBadRecord = a.progress, a.badRecord()
	o.OnGiant = func(doubt string) { a.log.Warn(doubt, "code", "giant") }
	job, err := pipeline.Prepare(o)
	if err != nil {
		return nil, err
	}
	if err := a.refuseInputs(job); err != nil {
		return nil, errors.Join(err, job.Close())
	}
	return job, nil
}

// checkTemp is a usage error if the folder for temporary files is none.
func checkTemp(temp string) error {
	temp = cmp.Or(temp, os.TempDir())
	if info, err := os.Stat(temp); err != nil || !info.IsDir() {
		return usagef("--temp %q is no folder", temp)
	}
	return nil
}

// programMemory is about what is mapped of the program's file.
const programMemory = 18 << 20

// limitMemory makes the garbage collector work harder rather than let the
// process grow more than a tenth past the budget, with what is mapped of the program's
// file, which its runtime does not count. Of a budget hardly larger than that, enough
// is left to work with. GOMEMLIMIT, if set, has been heeded already.
func limitMemory(budget int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(budget/10*11-programMemory, budget/4*3+4<<20))
	}
}

func (a *app) showPlan(p *pipeline.Plan) {
	if a.logFormat == "json" {
		a.log.Log(context.Background(), levelStart, "plan", "fingerprint", p.Fingerprint, "bands", p.Params.Bands, "rows", p.Params.Rows,
			"recall", p.Recall, "documents", p.Documents, "candidates", p.Candidates,
			"memory", p.Forecast.Memory, "temp", p.Forecast.Temp, "seconds", p.Forecast.Time.Seconds(), "text", p.String())
	} else if !a.quiet {
		fmt.Fprint(a.stderr, safeLines(p.String()))
	}
	if doubt := p.GiantDoubt(); doubt != "" && (a.quiet || a.logFormat == "json") {
		a.log.Warn(doubt, "code", "giant")
	}
	for _, w := range p.Warnings {
		a.log.Warn(w.Message, "code", w.Code)
	}
}

// shownBadRecords is how many bad records are told one by one; the rest is in
// the quarantine.
const shownBadRecords = 5

// badRecord returns what tells of bad records.
func (a *app) badRecord() func(*corpus.RecordError) {
	shown := 0
	rest := "more bad records follow"
	if a.keepsQuarantine {
		rest += "; all are in the quarantine"
	}
	return func(e *corpus.RecordError) {
		if shown++; shown <= shownBadRecords {
			a.log.Warn(e.Error())
		} else if shown == shownBadRecords+1 {
			a.log.Warn(rest)
		}
	}
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

// runInto runs a job whose corpus goes to dir, or nowhere if that is "". inputs are what
// may not be written over. Whether dir can be written shows before the work. The caller
// closes both that are returned; out is none if nothing is written.
func (a *app) runInto(ctx context.Context, job *pipeline.Job, dir string, inputs []string) (out *target, res *pipeline.Result, err error) {
	out = &target{}
	writes := pipeline.Writes{Data: true, Tables: true}
	if dir != "" {
		if out, err = a.remote.newCorpus(dir, job.Options().Temp, inputs); err != nil {
			return nil, nil, errors.Join(err, job.Close())
		}
		writes.Dir = out.local
	}
	if err := a.checkSpace(job, writes); err != nil {
		return nil, nil, out.close(errors.Join(err, job.Close()))
	}
	if res, err = a.runJob(ctx, job); err != nil {
		return nil, nil, out.close(err)
	}
	return out, res, nil
}
