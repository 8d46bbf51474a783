package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/internal/diskspace"
	"github.com/doppel-dedup/doppel/internal/segment"
	"github.com/doppel-dedup/doppel/internal/vfs"
)

// SetTempFS makes a run put its temporary files into another file system.
func (o *Options) SetTempFS(fs vfs.TempFS) { o.tempFS = fs }

// SetTempFS makes a saved run put its temporary files into another file system.
func (o *SavedOptions) SetTempFS(fs vfs.TempFS) { o.tempFS = fs }

// Shrink gives the stores of a prepared job so few bytes each that most of what they
// hold goes to files.
func (j *Job) Shrink(bytes int64) error {
	if err := j.Close(); err != nil {
		return err
	}
	j.plan.Budget = Budget{Names: bytes, Keys: bytes, Kept: bytes, Sets: bytes, Figures: bytes}
	return j.open()
}

// WholeSegments returns the number of segments in a folder that are as they were
// written, up to the first that is not.
func WholeSegments(dir string) (int, error) {
	names, err := vfs.OS{}.List(dir)
	if err != nil {
		return 0, err
	}
	temp, err := os.MkdirTemp("", "segments")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temp)
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.Contains(name, ".seg") })
	for i, name := range names {
		if err := os.Link(filepath.Join(dir, name), filepath.Join(temp, name)); err != nil {
			return i, err
		}
	}
	l, err := segment.Open(vfs.OS{}, temp)
	if err != nil {
		return 0, err
	}
	if _, err := l.Replay(func([]byte) error { return nil }); err != nil {
		return 0, err
	}
	names, err = vfs.OS{}.List(temp)
	return len(names), err
}

// VolumesBy is Volumes by another system.
func VolumesBy(needs []Need, of func(string) (diskspace.Volume, error)) []Volume {
	return volumesBy(needs, of)
}
