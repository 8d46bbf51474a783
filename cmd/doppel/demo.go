package main

import (
	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/seeds"
)

func newDemo(a *app) *cobra.Command {
	var r reportFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Cluster the five news articles that come with doppel",
		Long: `Runs "doppel cluster --preset story" over five articles built into the program: three
report the Moscow meetings of 19-20 December 2024 in their own words, two are
about visits of Sergey Lavrov.`,
		Example: "  doppel demo\n  doppel demo --json",
		Args:    cobra.NoArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string) error {
			o := pipeline.Options{FS: seeds.FS, Inputs: []string{"*.txt"}, Preset: pipeline.Story}
			return a.cluster(cmd, o, r, guards{})
		}),
	}
	r.add(cmd)
	r.singletons = true
	cmd.Flags().Lookup("singletons").DefValue = "true"
	return cmd
}
