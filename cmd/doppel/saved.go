package main

import (
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/pipeline"
)

// addSavedFlags registers what the verbs that read a saved run understand.
func addSavedFlags(fs *pflag.FlagSet, o *pipeline.SavedOptions) {
	addValue(fs, &o.Memory, "memory", "SIZE", "", "memory budget, e.g. 2GiB (default: 60% of the machine)", parseBytes)
	fs.StringVar(&o.Temp, "temp", "", "folder for temporary files (default: the system's)")
}

// openSaved opens a saved run, or the one in a run folder.
func openSaved(dir string, o pipeline.SavedOptions) (*pipeline.SavedRun, error) {
	if err := checkTemp(o.Temp); err != nil {
		return nil, err
	}
	if o.Memory > 0 {
		limitMemory(o.Memory)
	}
	return pipeline.OpenRun(dir, o)
}
