package runfolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Status is what is known of a run folder without reading its tables.
type Status struct {
	Type  string `json:"type"` // "status"
	State State  `json:"state"`
	// Holder is who works on it, or did and was killed; Working tells which, as far
	// as this machine knows. Nil if nobody.
	Holder  *Holder `json:"holder,omitempty"`
	Working bool    `json:"working"`
	// Request is set for an unfinished run, Manifest for a finished one.
	Request  *Request  `json:"request,omitempty"`
	Manifest *Manifest `json:"manifest,omitempty"`
	// Left lists the outputs that an unfinished run has left so far.
	Left []string `json:"left,omitempty"`
}

// StatusOf looks at a run folder. host is the name of this machine.
func StatusOf(dir, host string) (*Status, error) {
	s := &Status{Type: "status"}
	var err error
	if s.State, err = StateOf(dir); err != nil {
		return nil, err
	}
	switch s.State {
	case StateNone:
		return nil, fmt.Errorf("runfolder: %q holds no run", dir)
	case StateFinished:
		s.Manifest, err = ReadManifest(dir)
		return s, err
	}
	if h := readHolder(filepath.Join(dir, WorkDir, LockFile)); h.PID != 0 {
		s.Holder, s.Working = &h, h.Host != host || isAlive(h.PID)
	}
	if s.Request, err = ReadRequest(dir); errors.Is(err, fs.ErrNotExist) {
		err = nil // it has just begun
	}
	for _, name := range outputNames() {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			s.Left = append(s.Left, name)
		}
	}
	slices.Sort(s.Left)
	return s, err
}
