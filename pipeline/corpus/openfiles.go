package corpus

import (
	"fmt"
	"io/fs"
)

// OpenFiles returns a corpus of files that an earlier run has found, under the names
// that they had then: of each the Name, Path, Format and Reference must be set, and
// Size if it is not to be another one by now. References come last, as by [Open].
//
// A file that is gone, or of another size, is an error that names it. Standard input
// cannot be opened so.
func OpenFiles(files []File, o Options) (*Corpus, error) {
	if err := o.validateAfterDefaults(); err != nil {
		return nil, err
	}
	c := &Corpus{o: o, fsys: anywhere{o.FS, o.Stores}, known: o.containers(), digests: make([]uint64, len(files))}
	if o.FS == nil {
		c.fsys.local = disk{}
	}
	readable := finder{known: c.known}
	for _, f := range files {
		if !readable.reads(f.Format) {
			return nil, unknownFormat(f.Name, f.Format)
		}
		if f.Path == StdinPath {
			return nil, fmt.Errorf("corpus: %q was standard input, which cannot be read again", f.Name)
		}
		info, err := fs.Stat(c.fsys, f.Path)
		switch {
		case err != nil:
			return nil, fmt.Errorf("corpus: input %q is not there any more: %w", f.Name, err)
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("corpus: input %q: %q is no regular file any more", f.Name, f.Path)
		case f.Size > 0 && info.Size() != f.Size:
			return nil, fmt.Errorf("corpus: input %q has changed: %q has %d bytes, and had %d", f.Name, f.Path, info.Size(), f.Size)
		}
		f.Size, f.Modified = info.Size(), info.ModTime()
		_, f.Compression = kindOf(f.Path)
		c.files = append(c.files, f)
	}
	return c, nil
}

// Expect says what digests the files had when they were read before (see
// [Corpus.Digest]): [Corpus.Rescan] holds them to these. There is one for each file.
func (c *Corpus) Expect(digests []uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	copy(c.digests, digests)
}
