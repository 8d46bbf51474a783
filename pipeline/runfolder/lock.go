package runfolder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Holder is the process that works on a folder, as the lock file tells.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// LockedError says that another process works on the folder.
type LockedError struct {
	Dir string
	// Holder is zero if the process has just started and not yet said who it is.
	Holder Holder
}

// Error names the process and the time since when.
func (e *LockedError) Error() string {
	if e.Holder.PID == 0 {
		return fmt.Sprintf("runfolder: another process that has just started works on %q: wait for it", e.Dir)
	}
	return fmt.Sprintf("runfolder: process %d on %s has been working on %q since %s: wait for it, or choose another folder",
		e.Holder.PID, e.Holder.Host, e.Dir, e.Holder.Since.Format(time.RFC3339))
}

// lock is the exclusive right to work on a folder: a lock of the kernel on the file
// .doppel/lock, which ends with the process, however that ends.
type lock struct {
	path string
	file *os.File
	// before is who held it and did not give it back; zero if nobody.
	before Holder
}

// takeLock takes the lock of a folder, and makes .doppel. The lock file may be taken
// away between being opened and being locked, by whoever finishes; a lock on a file
// without a name would exclude nobody, so the file is looked up again.
func takeLock(dir string, me Holder) (*lock, error) {
	path := filepath.Join(dir, WorkDir, LockFile)
	for {
		if err := makeWorkDir(vfs.OS{}, dir); err != nil {
			return nil, err
		}
		f, err := openLock(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // .doppel was taken away
		}
		if errors.Is(err, errHeld) {
			return nil, &LockedError{Dir: dir, Holder: readHolder(path)}
		}
		if err != nil {
			return nil, fmt.Errorf("runfolder: %w", err)
		}
		if isNamed(f, path) {
			l := &lock{path: path, file: f, before: readHolder(path)}
			return l, l.sign(me)
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("runfolder: %w", err)
		}
	}
}

// makeWorkDir makes .doppel, if it is not there. A link in its place is refused: what is
// in it is removed in the end, and one to nowhere could never be locked.
func makeWorkDir(sys vfs.FS, dir string) error {
	path := filepath.Join(dir, WorkDir)
	if err := sys.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("runfolder: %w", err)
	}
	if info, err := os.Lstat(path); err == nil && !info.IsDir() {
		return fmt.Errorf("runfolder: %s is no folder: remove it, or choose another folder for the run", path)
	}
	return nil
}

// errHeld is openLock's answer when another process has the lock.
var errHeld = errors.New("the lock is held")

// isNamed tells whether the file is still the one at path.
func isNamed(f *os.File, path string) bool {
	mine, err1 := f.Stat()
	there, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(mine, there)
}

// sign writes who has the lock, for people.
func (l *lock) sign(me Holder) error {
	line, err := json.Marshal(me)
	if err == nil {
		err = l.file.Truncate(0)
	}
	if err == nil {
		_, err = l.file.WriteAt(append(line, '\n'), 0)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("runfolder: %w", err), l.file.Close())
	}
	return nil
}

// readHolder returns who wrote the lock file, zero if that cannot be read.
func readHolder(path string) Holder {
	var h Holder
	f, err := os.Open(path)
	if err != nil {
		return h
	}
	defer f.Close()
	line, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil || json.Unmarshal(line, &h) != nil {
		return Holder{}
	}
	return h
}

// release gives the lock back. The file's name goes first, and once only: whoever
// opens it from then on makes a new one, which must stay.
func (l *lock) release() error {
	err := os.Remove(l.path)
	return errors.Join(err, l.file.Close())
}
