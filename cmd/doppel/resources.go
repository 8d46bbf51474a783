package main

import (
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/pipeline"
)

// commandLineOnly marks a flag that no file and no variable gives a value.
const commandLineOnly = "doppel_command_line_only"

// resources are what a run goes on with, in place of what it was started with. They
// change no result.
type resources struct {
	flags *pflag.FlagSet // tells which were given
	o     pipeline.Options
}

// add registers the flags. A variable that is set for all verbs must not go before what
// the command line of the run said: these are of the command line alone.
func (r *resources) add(cmd *cobra.Command) {
	r.flags = cmd.Flags()
	r.flags.IntVar(&r.o.Threads, "threads", 0, "worker threads, 0 for one per CPU (default: as the run was started)")
	addValue(r.flags, &r.o.Memory, "memory", "SIZE", "", "memory budget, e.g. 2GiB (default: as the run was started)", parseBytes)
	r.flags.StringVar(&r.o.Temp, "temp", "", "folder for temporary files (default: as the run was started)")
	r.flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "threads" || f.Name == "memory" || f.Name == "temp" {
			f.Annotations = map[string][]string{commandLineOnly: nil}
		}
	})
}

// settle looks the values over, and makes them hold in any folder.
func (r *resources) settle() (err error) {
	if err := checkThreads(r.o.Threads); err != nil {
		return err
	}
	if r.o.Temp == "" {
		return nil
	}
	if err := checkTemp(r.o.Temp); err != nil {
		return err
	}
	r.o.Temp, err = filepath.Abs(r.o.Temp)
	return err
}

// onto puts those that were given in place of the run's.
func (r *resources) onto(o *pipeline.Options) {
	if r.flags == nil {
		return // nobody resumes
	}
	if r.flags.Changed("threads") {
		o.Threads = r.o.Threads
	}
	if r.flags.Changed("memory") {
		o.Memory = r.o.Memory
	}
	if r.flags.Changed("temp") {
		o.Temp = r.o.Temp
	}
}

func checkThreads(n int) error {
	if n < 0 {
		return usagef("--threads %d is negative", n)
	}
	return nil
}
