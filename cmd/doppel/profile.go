package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"runtime/trace"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
	"github.com/doppel-dedup/doppel/pipeline"
)

// profiles are what a user can have recorded of the program itself, for go tool
// pprof and go tool trace.
type profiles struct {
	cpu, memory, trace string // files, "" for none

	running []recording
}

// recording is a profile that is being made.
type recording struct {
	path string
	file *atomicfile.File
	end  func(io.Writer) error
}

func (p *profiles) add(fs *pflag.FlagSet) {
	fs.StringVar(&p.cpu, "cpuprofile", "", "write a CPU profile of doppel itself to this file, for go tool pprof")
	fs.StringVar(&p.memory, "memprofile", "", "write a profile of its memory, as of the end, to this file")
	fs.StringVar(&p.trace, "trace", "", "write an execution trace to this file, for go tool trace")
}

// start begins what was asked for. What it started is ended by stop, also after
// an error.
func (p *profiles) start(cmd *cobra.Command) error {
	if err := p.check(cmd); err != nil {
		return err
	}
	return errors.Join(
		p.record(p.cpu, pprof.StartCPUProfile, func(io.Writer) error { pprof.StopCPUProfile(); return nil }),
		p.record(p.trace, trace.Start, func(io.Writer) error { trace.Stop(); return nil }),
		p.record(p.memory, func(io.Writer) error { return nil }, func(w io.Writer) error {
			runtime.GC() // the profile is as of the last collection
			return pprof.WriteHeapProfile(w)
		}),
	)
}

// record opens a file, if one is named, and begins to write to it.
func (p *profiles) record(path string, begin, end func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	if err := begin(f); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), f.Abort())
	}
	p.running = append(p.running, recording{path, f, end})
	return nil
}

// check refuses files that another output goes to.
func (p *profiles) check(cmd *cobra.Command) error {
	taken := map[string]string{}
	for _, name := range []string{"output", "quarantine", "cpuprofile", "memprofile", "trace"} {
		f := cmd.Flags().Lookup(name)
		if f == nil || f.Value.String() == "" {
			continue
		}
		path := filepath.Clean(f.Value.String())
		isProfile := name != "output" && name != "quarantine" // the verbs check these two
		other := taken[path]
		switch {
		case isProfile && path == "-":
			return usagef("--%s -: a profile goes to a file", name)
		case isProfile && other != "":
			return usagef("--%s and --%s are one file, %s", other, name, path)
		}
		taken[path] = name
	}
	return nil
}

// refuseInputs is an error if a recording would replace an input of the job;
// then none of them is kept.
func (a *app) refuseInputs(job *pipeline.Job) error {
	for _, r := range a.profiles.running {
		info, err := os.Stat(r.path)
		if err != nil {
			continue // it will be a new file
		}
		if err := a.refuseInput(job, info, r.path); err != nil {
			return errors.Join(err, a.profiles.end((*atomicfile.File).Abort))
		}
	}
	return nil
}

// stop ends all recordings and puts their files in place.
func (p *profiles) stop() error { return p.end((*atomicfile.File).Commit) }

func (p *profiles) end(settle func(*atomicfile.File) error) error {
	var errs []error
	for _, r := range p.running {
		if err := r.end(r.file); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.path, err), r.file.Abort())
		} else {
			errs = append(errs, settle(r.file))
		}
	}
	p.running = nil
	return errors.Join(errs...)
}
