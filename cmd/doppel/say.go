package main

import (
	"cmp"
	"context"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// logWarnings tells what a reader of the result should know, where no table
// does.
func (a *app) logWarnings(res *pipeline.Result) {
	for _, w := range res.Warnings()[len(res.Plan().Warnings):] { // the plan's were told before
		a.log.Warn(w.Message, "code", w.Code)
	}
}

// sayDone tells people what came out when the report itself is for machines.
func (a *app) sayDone(res *pipeline.Result, out string) {
	a.sayTaken(res)
	a.sayFound(&res.Findings, out)
}

func (a *app) sayFound(res *pipeline.Findings, out string) {
	a.summarize(res.Summary().Counts, cmp.Or(out, "standard output"))
}

// sayTaken tells what of memory and temporary files the run took.
func (a *app) sayTaken(res *pipeline.Result) {
	if n := res.TempBytes(); n > 0 {
		a.log.Info("over the memory budget and in temporary files", "size", pipeline.Bytes(n))
	}
	if peak := peakMemory(); peak > 0 && a.logFormat == "json" {
		a.log.Info("memory", "peak", peak)
	}
}

// sayWritten ends the messages of a verb whose result on standard output is for people:
// programs are told what came out, as by the other verbs.
func (a *app) sayWritten(c report.Counts, where string) {
	if a.logFormat == "json" {
		a.summarize(c, where)
	}
}

// summarize is the message of type summary.
func (a *app) summarize(c report.Counts, where string) {
	a.log.Log(context.Background(), levelSummary, "done", "documents", c.Documents, "clusters", c.Clusters, "prunable", c.Pruned, "report", where)
}
