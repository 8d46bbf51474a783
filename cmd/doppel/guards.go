package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
)

// guards stop a run whose result looks wrong before anything is written.
type guards struct {
	maxClusterShare float64
	removal         pipeline.RemovalLimits
}

func (g *guards) add(cmd *cobra.Command) {
	addValue(cmd.Flags(), &g.maxClusterShare, "max-cluster-share", "SHARE", "", "stop with exit code 5, and write nothing, if one cluster holds more of the documents", parseShare)
	g.addRemoval(cmd)
}

// addRemoval registers the limits of what may go.
func (g *guards) addRemoval(cmd *cobra.Command) {
	fs := cmd.Flags()
	addValue(fs, &g.removal.Total, "max-removed", "SHARE", "", "stop with exit code 5, and write nothing, if more of the documents would go, e.g. 60% or 0.6", parsePercent)
	addValue(fs, &g.removal.PerSource, "max-removed-per-source", "SHARE", "", "stop with exit code 5, and write nothing, if more of the documents of any one source would go", parsePercent)
	addValue(fs, &g.removal.SmallSource, "small-source", "N", strconv.Itoa(pipeline.DefaultSmallSource), "sources with fewer documents are not held to --max-removed-per-source; 1 holds all of them to it", parseCount)
}

// prepare asks for what the limits need.
func (g *guards) prepare(o *pipeline.Options) { o.Sources = o.Sources || g.removal.PerSource > 0 }

// parseCount reads a whole number of 1 or more.
func parseCount(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no whole number of 1 or more", s)
	}
	return n, nil
}

// limited are clusters that the limits are for.
type limited interface {
	CheckShare(ctx context.Context, limit float64) error
	CheckRemoval(ctx context.Context, limits pipeline.RemovalLimits) error
}

func (g *guards) check(ctx context.Context, found limited) error {
	if g.maxClusterShare != 0 {
		if err := found.CheckShare(ctx, g.maxClusterShare); err != nil {
			return err
		}
	}
	return found.CheckRemoval(ctx, g.removal)
}

// parsePercent reads a share above 0 and up to 1, also in percent.
func parsePercent(s string) (float64, error) {
	digits, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(digits, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v > 0 && v <= 1) {
		return 0, fmt.Errorf("%q is no share, want for example 60%% or 0.6", s)
	}
	return v, nil
}
