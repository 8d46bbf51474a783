package runfolder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

const stdinPath = corpus.StdinPath

// Folder is a run folder that this process has claimed.
type Folder struct {
	dir     string
	spec    Spec
	job     *pipeline.Job
	request *Request
	lock    *lock

	records []ClassCounts // by input
	mu      sync.Mutex    // guards what follows
	outputs []Output
	// afterOutput, if set, is called when a file or folder has appeared, by one
	// goroutine at a time.
	afterOutput func(name string) error
}

// Open claims the folder for the job. If it holds the finished run of an equal job,
// the manifest of that comes back instead, and nothing is to be done. Errors that a
// caller may want to know are [*LockedError], [*MismatchError] and [*SchemaError].
//
// What an unfinished run of an equal job has left is taken up or replaced; a run that
// differs is replaced only with Spec.Overwrite.
func Open(ctx context.Context, job *pipeline.Job, s Spec) (*Folder, *Manifest, error) {
	if s.sys == nil {
		s.sys = vfs.OS{}
	}
	if err := checkRoom(&s); err != nil {
		return nil, nil, err
	}
	state, err := StateOf(s.Dir)
	if err != nil {
		return nil, nil, err
	}
	if state == StateFinished && !s.Overwrite {
		m, err := finished(ctx, job, &s)
		return nil, m, err
	}
	if err := makeDir(s.sys, s.Dir); err != nil {
		return nil, nil, err
	}
	l, err := takeLock(s.Dir, Holder{PID: s.Machine.PID, Host: s.Machine.Host, Since: s.Watch.started()})
	if err != nil {
		return nil, nil, err
	}
	f := &Folder{dir: s.Dir, spec: s, job: job, lock: l}
	m, err := f.begin(ctx, job)
	if err != nil || m != nil {
		return nil, m, errors.Join(err, f.Close())
	}
	return f, nil, nil
}

// checkRoom refuses a folder that is part of an input, or holds one.
func checkRoom(s *Spec) error {
	if s.Options.FS != nil {
		return nil
	}
	return prune.CheckRoom(s.Dir, slices.Concat(s.Options.Inputs, s.Options.Against))
}

// makeDir makes the folder, if it is not there, and .doppel inside, by which another
// process knows it.
func makeDir(sys vfs.FS, dir string) error {
	err := sys.Mkdir(dir, 0o755)
	if err == nil {
		err = sys.SyncDir(filepath.Dir(filepath.Clean(dir)))
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("runfolder: %w", err)
	}
	return makeWorkDir(sys, dir)
}

// begin looks at what is there, under the lock, and writes the request. A manifest
// comes back if another process has finished the run meanwhile.
func (f *Folder) begin(ctx context.Context, job *pipeline.Job) (*Manifest, error) {
	state, err := StateOf(f.dir)
	if err != nil {
		return nil, err
	}
	f.request = f.spec.newRequest(job)
	before, err := ReadRequest(f.dir)
	switch {
	case f.spec.Overwrite:
		before, err = nil, f.forget()
	case state == StateFinished:
		return finished(ctx, job, &f.spec)
	case errors.Is(err, fs.ErrNotExist):
		before, err = nil, nil // killed before it was written
	}
	if err != nil {
		return nil, err
	}
	if before != nil {
		d := append(before.Options.differences(f.request.Options), before.inputDifferences(f.request)...)
		if len(d) > 0 {
			return nil, &MismatchError{Dir: f.dir, Differences: d, There: before.Program, Here: f.request.Program}
		}
		f.request.Started, f.request.Program = before.Started, before.Program
	}
	if err := clearOutputs(f.spec.sys, f.dir, f.spec.Options.Decisions); err != nil {
		return nil, err
	}
	return nil, writeAtomic(f.spec.sys, filepath.Join(f.dir, WorkDir, RequestFile), func(w io.Writer) error { return writeJSON(w, f.request) })
}

// forget takes the state of an earlier run away, but not its decisions.
func (f *Folder) forget() error {
	if err := checkDecisions(f.dir, f.spec.Options.Decisions); err != nil {
		return err
	}
	return f.removeState()
}

// removeState removes what .doppel holds, but for the lock.
func (f *Folder) removeState() error {
	work := filepath.Join(f.dir, WorkDir)
	entries, err := os.ReadDir(work)
	if err != nil {
		return fmt.Errorf("runfolder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == LockFile {
			continue
		}
		if err := f.spec.sys.RemoveAll(filepath.Join(work, e.Name())); err != nil {
			return fmt.Errorf("runfolder: %w", err)
		}
	}
	return nil
}

// CheckpointDir is where the job of a run folder may leave what it needs to go on:
// [checkpoint.Options.Dir].
func CheckpointDir(dir string) string { return filepath.Join(dir, WorkDir, checkpointDir) }

// TakenOver returns who began to work on the folder and ended without a word, zero if
// nobody.
func (f *Folder) TakenOver() Holder { return f.lock.before }

// Close gives the folder back. A run that is not finished can be resumed.
func (f *Folder) Close() error {
	if f.lock == nil {
		return nil
	}
	err := f.lock.release()
	f.lock = nil
	if err != nil {
		return fmt.Errorf("runfolder: %w", err)
	}
	return nil
}

// finished returns the manifest of the folder if an equal job has made it.
func finished(ctx context.Context, job *pipeline.Job, s *Spec) (*Manifest, error) {
	m, err := ReadManifest(s.Dir)
	if err != nil {
		return nil, err
	}
	d := m.Options.differences(s.settings(job))
	if len(d) == 0 {
		if d, err = inputDifferences(ctx, job, s, m); err != nil {
			return nil, err
		}
	}
	if len(d) > 0 {
		return nil, &MismatchError{Dir: s.Dir, Differences: d, Finished: true, There: m.Program + " " + m.Version, Here: s.Program + " " + s.Version}
	}
	return m, nil
}

// inputDifferences tells how the job's inputs differ from those of a manifest. Files
// of the same place, size and time are taken to be the same; of others the digest
// decides. Standard input is read for it.
func inputDifferences(ctx context.Context, job *pipeline.Job, s *Spec, m *Manifest) ([]string, error) {
	t, err := ReadTimings(s.Dir)
	if err != nil {
		return nil, err
	}
	there := &Request{Inputs: t.Inputs}
	here := s.newRequest(job)
	if !here.FromStdin() && len(there.inputDifferences(here)) == 0 && samePlaces(there, here) {
		return nil, nil
	}
	sums := map[string]Input{}
	for _, in := range m.Inputs {
		sums[in.Name] = in
	}
	if here.FromStdin() {
		if err := job.Corpus().Scan(ctx, func(b *corpus.Block) error { b.Release(); return nil }); err != nil {
			return nil, err
		}
	}
	d := newDigester()
	for i := range here.Inputs {
		if err := d.identify(ctx, job, i, here, there, sums); err != nil {
			return nil, err
		}
	}
	return there.inputDifferences(here), nil
}

// samePlaces tells whether files of the same names are the same files.
func samePlaces(a, b *Request) bool {
	for i := range a.Inputs {
		if a.Inputs[i].Path != b.Inputs[i].Path {
			return false
		}
	}
	return true
}

// identify makes input i of here equal to that of there if its content is.
func (d *digester) identify(ctx context.Context, job *pipeline.Job, i int, here, there *Request, sums map[string]Input) error {
	in := &here.Inputs[i]
	was, known := sums[in.Name]
	if !known {
		return nil
	}
	_, got, err := d.input(ctx, job, i)
	if err != nil {
		return err
	}
	for _, before := range there.Inputs {
		if before.Name != in.Name {
			continue
		}
		*in = before
		if got != was.SHA256 {
			in.Bytes = -1 // equals no size
		}
	}
	return nil
}
