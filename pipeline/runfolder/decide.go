package runfolder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/doppel-dedup/doppel/pipeline/decision"
)

// ReadDecisions reads a log of decisions, such as the one that a run folder has under
// [DecisionsFile].
func ReadDecisions(path string) (*decision.Log, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("runfolder: %w", err)
	}
	log, err := decision.Read(f, path)
	return log, errors.Join(err, f.Close())
}

// Decide appends an event to the log of a finished run and returns its line. It holds
// the lock of the folder meanwhile ([*LockedError] if another process does), reads the
// log first, and leaves it as it was after any error: a line is there whole, and on
// the disk, or not at all.
func Decide(dir string, e decision.Event, me Holder) (line int, err error) {
	state, err := StateOf(dir)
	if err != nil {
		return 0, err
	}
	if state != StateFinished {
		return 0, fmt.Errorf("runfolder: %q holds no finished run to decide about", dir)
	}
	if _, err := ReadManifest(dir); err != nil {
		return 0, err // another version may keep its log otherwise
	}
	l, err := takeLock(dir, me)
	if err != nil {
		return 0, err
	}
	defer func() {
		err = errors.Join(err, l.release())
		_ = os.Remove(filepath.Join(dir, WorkDir)) // not if somebody waits there already
	}()
	path := filepath.Join(dir, DecisionsFile)
	log, err := ReadDecisions(path)
	if err != nil {
		return 0, err
	}
	text, err := e.Append(nil, log)
	if err != nil {
		return 0, err
	}
	if err := appendLine(path, text); err != nil {
		return 0, fmt.Errorf("runfolder: %w", err)
	}
	return len(log.Events) + 1, nil
}

// appendLine adds to a file, or leaves it as it was.
func appendLine(path string, text []byte) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = errors.Join(err, f.Truncate(size))
	}
	return err
}
