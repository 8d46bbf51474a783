package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"runtime/trace"

	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
)

// profiles are what a user can have recorded of the program itself, for go tool
// pprof and go tool trace.
type profiles struct {
	cpu, memory, trace string // files, "" for none

	finish []func() error
}

func (p *profiles) add(fs *pflag.FlagSet) {
	fs.StringVar(&p.cpu, "cpuprofile", "", "write a CPU profile of doppel itself to this file, for go tool pprof")
	fs.StringVar(&p.memory, "memprofile", "", "write a profile of its memory, as of the end, to this file")
	fs.StringVar(&p.trace, "trace", "", "write an execution trace to this file, for go tool trace")
}

// start begins what was asked for. What it started is ended by stop, also after
// an error.
func (p *profiles) start() error {
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
	p.finish = append(p.finish, func() error {
		if err := end(f); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", path, err), f.Abort())
		}
		return f.Commit()
	})
	return nil
}

// stop ends all recordings and puts their files in place.
func (p *profiles) stop() error {
	var errs []error
	for _, f := range p.finish {
		errs = append(errs, f())
	}
	p.finish = nil
	return errors.Join(errs...)
}
