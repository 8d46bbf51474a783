package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// keepUsage is the help of --keep.
const keepUsage = "what to keep of a cluster, criteria in their order: protected, longest, newest[:FIELD], oldest[:FIELD], max:FIELD, min:FIELD, source:A>B, regex:PATTERN (of id or file), regex:FIELD=~PATTERN, first; then the longer, then the lower id"

var keepCompletions = []string{"longest", "first", "newest", "oldest", "max:", "min:", "source:", "protected", "regex:"}

// addScopeFlags registers what says which documents may go in favour of which.
func addScopeFlags(cmd *cobra.Command, o *pipeline.Options) {
	addKeepPer(cmd, &o.Identity.KeepPer)
	addAgainst(cmd, o)
	cmd.Flags().BoolVar(&o.Identity.Isolate, "isolate", false, "let pairs count only between sources, and between the corpus and --against; within a source nothing goes")
}

func addAgainst(cmd *cobra.Command, o *pipeline.Options) {
	cmd.Flags().StringArrayVar(&o.Against, "against", nil, "reference documents, any form of input, repeatable: never pruned, never written; what they cover goes (their ids begin with ref:FILE:)")
}

func addKeepPer(cmd *cobra.Command, dst *string) {
	cmd.Flags().StringVar(dst, "keep-per", "", "source: a document goes only in favour of one of its own source, so each cluster keeps one of every source (see --source-field)")
	complete(cmd, "keep-per", pipeline.KeepPerSource)
}

// allInputs are the inputs and the references.
func allInputs(o *pipeline.Options) []string { return slices.Concat(o.Inputs, o.Against) }

func addDecisions(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "decisions", "", "log of people's decisions to go by, as doppel decide keeps it, e.g. another run's decisions.jsonl")
}

// readDecisions reads the log of the flag, if one is named.
func readDecisions(path string, o *pipeline.Options) (err error) {
	if path != "" {
		o.Decisions, err = runfolder.ReadDecisions(path)
	}
	return err
}
