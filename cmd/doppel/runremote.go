package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// runTarget makes ready for a run folder. One in a store is made in the folder work,
// which stays, or else in a temporary one, and uploaded when it is finished.
func (r *remote) runTarget(name, work, temp string, inputs []string) (*target, error) {
	switch {
	case !isRemote(name) && work != "":
		return nil, usagef("--work is for a run that goes to s3://; %s is a local folder", name)
	case !isRemote(name):
		return &target{name: name, local: name}, nil
	case work == "":
		return r.newTarget(name, temp, inputs)
	}
	t := &target{name: name, local: work}
	err := t.checkApart(inputs)
	if err != nil {
		return nil, err
	}
	if t.store, err = r.store(); err != nil {
		return nil, err
	}
	state, err := runfolder.StateOf(work)
	if err != nil {
		return nil, err
	}
	if state != runfolder.StateFinished {
		return t, t.store.CheckTarget(t.path())
	}
	return t, t.checkUploaded()
}

// checkUploaded refuses a place that holds another finished run than the work folder.
// One without _SUCCESS is what an upload of it that broke off has left.
func (t *target) checkUploaded() error {
	there, err := fs.ReadFile(t.store, t.path()+"/"+runfolder.SuccessFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	here, err := os.ReadFile(filepath.Join(t.local, runfolder.SuccessFile))
	if err != nil {
		return err
	}
	if !bytes.Equal(there, here) {
		return fmt.Errorf("%s holds another run than %s: choose another name", t.name, t.local)
	}
	return nil
}

// hasWork tells whether the arguments of a run name a work folder, so that there may be
// an upload to finish.
func hasWork(args []string) bool {
	for _, arg := range args {
		if arg == "--work" || strings.HasPrefix(arg, "--work=") {
			return true
		}
	}
	return false
}
