package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
)

// guards stop a run whose result looks wrong before anything is written.
type guards struct {
	maxClusterShare float64
}

func (g *guards) add(cmd *cobra.Command) {
	addValue(cmd.Flags(), &g.maxClusterShare, "max-cluster-share", "SHARE", "", "stop with exit code 5, and write nothing, if one cluster holds more of the documents", parseShare)
}

func (g *guards) check(ctx context.Context, res *pipeline.Result) error {
	if g.maxClusterShare == 0 {
		return nil
	}
	return res.CheckShare(ctx, g.maxClusterShare)
}
