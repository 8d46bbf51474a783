package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// checkOutputs finds before the work whether an output cannot be written, or
// must not: over an input, or where the next run would read it as one.
func (a *app) checkOutputs(job *pipeline.Job, o pipeline.Options, r reportFlags) error {
	out, quarantine := r.out, r.quarantinePath()
	if quarantine == "-" || filepath.Clean(quarantine) == filepath.Clean(out) {
		return usagef("--quarantine %s: the report goes there, choose another file", quarantine)
	}
	if err := a.refuseInput(job, describe(a.stdout), "standard output"); err != nil {
		return err
	}
	if err := r.checkPage(out, quarantine); err != nil {
		return err
	}
	for _, path := range []string{out, quarantine, r.page} {
		if path == "" || path == "-" {
			continue
		}
		if err := checkFile(path); err != nil {
			return err
		}
		if info, err := os.Stat(path); err == nil {
			if err := a.refuseInput(job, info, path); err != nil {
				return err
			}
		}
	}
	if r.save != "" {
		if err := checkSave(r.save, allInputs(&o), []string{out, quarantine, r.page}); err != nil {
			return err
		}
	}
	return checkNotRead(job, &o, out, quarantine, r.page)
}

// checkNotRead is an error if an output would be an input of the next run.
func checkNotRead(job *pipeline.Job, o *pipeline.Options, outputs ...string) error {
	for _, path := range outputs {
		if path == "" || path == "-" || o.FS != nil || !job.Corpus().WouldRead(path) {
			continue
		}
		if err := prune.CheckOutside(path, allInputs(o)); err != nil {
			return fmt.Errorf("%w: the next run would read it", err)
		}
	}
	return nil
}

// checkFile is a usage error if no file can be at path.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return usagef("%s is a folder, want the name of a file", path)
	}
	if err == nil {
		return nil
	}
	if parent, err := os.Stat(filepath.Dir(path)); err != nil || !parent.IsDir() {
		return usagef("%s cannot be written: %s is no folder", path, filepath.Dir(path))
	}
	return nil
}

// isWithin tells whether path is dir, or would be inside it.
func isWithin(path, dir string) bool {
	absPath, err1 := filepath.Abs(path)
	absDir, err2 := filepath.Abs(dir)
	if err1 != nil || err2 != nil {
		return false
	}
	rel, err := filepath.Rel(absDir, absPath)
	return err == nil && filepath.IsLocal(rel)
}

// refuseInput is an error if an output is one of the inputs, standard input
// included. out describes the output, nil if it is no file.
func (a *app) refuseInput(job *pipeline.Job, out os.FileInfo, name string) error {
	if out == nil || !out.Mode().IsRegular() {
		return nil
	}
	for _, f := range job.Corpus().Files() {
		in, err := os.Stat(f.Path)
		if f.Path == "-" {
			in, err = describe(a.stdin), nil
		}
		if err == nil && in != nil && os.SameFile(out, in) {
			return fmt.Errorf("%s is an input, and inputs are never written: choose another output", name)
		}
	}
	return nil
}

// describe returns what is known of the file behind a stream, nil if there is
// none.
func describe(stream any) os.FileInfo {
	f, ok := stream.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return info
}

// checkSave finds before the work whether a run cannot be saved to dir, or would be
// in the way of the other outputs.
func checkSave(dir string, inputs, outputs []string) error {
	if dir == "-" {
		return usagef("--save - : a saved run is a folder, not a stream")
	}
	for _, out := range outputs {
		if out != "" && out != "-" && isWithin(out, dir) {
			return usagef("%s would be in the folder of --save %s, which must be new: choose another place", out, dir)
		}
	}
	if err := prune.CheckTarget(dir, inputs); err != nil {
		return fmt.Errorf("--save: %w", err)
	}
	return nil
}
