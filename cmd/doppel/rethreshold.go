package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// rethresholdOptions are those of the verb rethreshold.
type rethresholdOptions struct {
	saved  pipeline.SavedOptions
	to     pipeline.RethresholdOptions
	report reportFlags
	guards
}

func newRethreshold(a *app) *cobra.Command {
	var o rethresholdOptions
	cmd := &cobra.Command{
		Use:   "rethreshold RUN THRESHOLD",
		Short: "Cluster a saved run again at another threshold",
		Long: `Reads the folder RUN that "doppel cluster --save RUN" has written, clusters the pairs
that reach THRESHOLD, and writes a report as "doppel cluster" does. No text is read
and nothing is compared again.

THRESHOLD may not be below the similarity from which RUN has its pairs: the
threshold of that run, or half of it where it clustered by average link, which
weighs pairs from half its threshold and needs them here too. A run at a low
threshold is therefore the one to save. It also misses fewer of the pairs above
it than a run at THRESHOLD may do, so the clusters here can be larger.

The clustering and the keep policy may be changed as well. A policy that looks at
a field needs a run that was saved with a policy which looks at the same one.`,
		Example: `  doppel cluster --preset edited --save run/ news/
  doppel rethreshold run/ 0.7
  doppel rethreshold run/ 0.9 --clustering components --keep first -o clusters.jsonl`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("rethreshold needs a saved run and a threshold: doppel rethreshold RUN THRESHOLD")
			}
			return nil
		},
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			var err error
			if o.to.Threshold, err = parseShare(args[1]); err != nil {
				return usagef("the threshold %w", err)
			}
			return a.rethreshold(cmd, args[0], o)
		}),
	}
	fs := cmd.Flags()
	addValue(fs, &o.to.Clustering, "clustering", "METHOD", "", "cover, components, average (link) or community (default: the saved run's)", cluster.ParseMethod)
	fs.StringVar(&o.to.Keep, "keep", "", keepUsage+" (default: the saved run's)")
	addSavedFlags(fs, &o.saved)
	o.guards.add(cmd)
	complete(cmd, "clustering", "cover", "components", "average", "community")
	addKeepPer(cmd, &o.to.KeepPer)
	complete(cmd, "keep", keepCompletions...)
	o.report.add(cmd)
	return cmd
}

func (a *app) rethreshold(cmd *cobra.Command, dir string, o rethresholdOptions) (err error) {
	r := &o.report
	format, err := r.resolve(a.json)
	if err != nil {
		return err
	}
	run, err := openSaved(dir, o.saved)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	if err := run.Validate(o.to); err != nil {
		return usageError{err}
	}
	if err := r.checkOutside(dir); err != nil {
		return err
	}
	a.log.Info("rethreshold", "fingerprint", run.Fingerprint(), "pairs_from", run.VerifiedFrom())
	found, err := run.Rethreshold(cmd.Context(), o.to)
	if err != nil {
		return err
	}
	if err := o.check(cmd.Context(), found); err != nil {
		return err
	}
	toTerminal := format == report.Table && !r.toFile()
	if !toTerminal {
		for _, w := range found.Warnings() {
			a.log.Warn(w.Message, "code", w.Code)
		}
	}
	if err := a.writeReport(found, format, *r); err != nil {
		return err
	}
	if err := a.writePage(r.page, []string{dir}, found.WritePage); err != nil {
		return err
	}
	if !toTerminal {
		a.sayFound(found, r.out)
	}
	return nil
}

// checkOutside finds before the work whether a report or a page cannot be written, or
// would be in the folder of a saved run.
func (r *reportFlags) checkOutside(saved string) error {
	if err := r.checkPage(r.out); err != nil {
		return err
	}
	for _, out := range []string{r.out, r.page} {
		if out == "" || out == "-" {
			continue
		}
		if err := checkFile(out); err != nil {
			return err
		}
		if err := prune.CheckOutside(out, []string{saved}); err != nil {
			return fmt.Errorf("%w: a saved run is never written to", err)
		}
	}
	return nil
}
