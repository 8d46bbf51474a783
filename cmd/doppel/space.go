package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

func addSpaceFlag(cmd *cobra.Command, unchecked *bool) {
	cmd.Flags().BoolVar(unchecked, "no-space-check", false, "start though the disk seems to have no room for temporary files and the output")
}

// checkSpace stops a job before its work if the disk has no room for it. Where there
// may be too little, it warns.
func (a *app) checkSpace(job *pipeline.Job, w pipeline.Writes) error {
	if a.spaceUnchecked || a.runs.spaceUnchecked {
		return nil
	}
	volumes := pipeline.Volumes(job.Needs(w))
	for i := range volumes {
		if err := volumes[i].Check(); err != nil {
			return err
		}
	}
	for i := range volumes {
		if v := &volumes[i]; v.Most() > v.Free {
			a.log.Warn("the disk may be too small: "+v.String(), "code", "space")
		}
	}
	return nil
}

// checkRunSpace does so for a run folder. What an earlier run has left there is taken
// up or goes, and a finished one takes no more. Where a checkpoint might have no room for
// sets, which are the most of it, it is to keep none.
func (a *app) checkRunSpace(job *pipeline.Job, r *runOptions, ck *checkpoint.Options) error {
	state, err := runfolder.StateOf(r.dir)
	if err != nil {
		return err
	}
	if state == runfolder.StateFinished && !r.overwrite {
		return nil
	}
	w := pipeline.Writes{Dir: r.dir, Data: !r.noData, Saved: true, Tables: true, Checkpoint: ck != nil, There: sizeOf(r.dir)}
	w.Sets = ck != nil && job.KeepsSets()
	if w.Sets && !a.spaceUnchecked && !a.runs.spaceUnchecked && !fits(job, w) {
		w.Sets, ck.NoSets = false, true
		a.log.Info("the disk may have no room for the sets of all texts in the checkpoint: it keeps none, and a run that is stopped makes them again")
	}
	return a.checkSpace(job, w)
}

// fits tells whether there is room for the most that a job may write.
func fits(job *pipeline.Job, w pipeline.Writes) bool {
	volumes := pipeline.Volumes(job.Needs(w))
	return !slices.ContainsFunc(volumes, func(v pipeline.Volume) bool { return v.Most() > v.Free })
}

// sizeOf returns the bytes of the files in a folder, as far as these can be seen.
func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}

// plannedSpace is what a run in the folder dir would take. One that goes to a store is
// made among the temporary files.
func plannedSpace(job *pipeline.Job, o pipeline.Options, dir string) []pipeline.Volume {
	if isRemote(dir) {
		dir = cmp.Or(o.Temp, os.TempDir())
	}
	fromStdin := slices.Contains(o.Inputs, corpus.StdinPath)
	return pipeline.Volumes(job.Needs(pipeline.Writes{Dir: dir, Data: true, Saved: true, Tables: true, Checkpoint: !fromStdin, Sets: job.KeepsSets()}))
}

// describeSpace tells what a run takes of the disk, for the plan.
func describeSpace(job *pipeline.Job, volumes []pipeline.Volume) string {
	var b strings.Builder
	b.WriteString("\ndisk, with all that doppel run writes:\n")
	for i := range volumes {
		fmt.Fprintf(&b, "      %s\n", safe(volumes[i].String()))
		if err := volumes[i].Check(); err != nil {
			b.WriteString("      that is too little: at least " + pipeline.Bytes(volumes[i].Least()).String() + " are needed\n")
		}
	}
	if len(volumes) == 0 {
		b.WriteString("      not known: this system does not tell what is free\n")
	}
	if !job.Plan().Forecast.Known() {
		b.WriteString("      nothing is known of standard input, so that is not in it\n")
	}
	return b.String()
}
