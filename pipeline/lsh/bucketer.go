package lsh

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// DefaultMaxBucket is the largest bucket that is expanded into all its pairs
// unless [BucketerOptions] says otherwise.
const DefaultMaxBucket = 250

// Bounds of BucketerOptions.Memory, in bytes.
const (
	defaultMemory = 256 << 20
	minMemory     = 1 << 20
)

// BucketerOptions are a [Bucketer]'s limits. Only MaxBucket changes results. The
// zero value has all defaults.
type BucketerOptions struct {
	// MaxBucket is the largest number of documents in a bucket of which all
	// pairs are made. 0 means DefaultMaxBucket, a negative number no limit.
	MaxBucket int
	// Memory is the number of bytes that the band keys, and later the join and
	// its sort, may take. 0 means 256 MiB; less than 1 MiB counts as 1 MiB.
	Memory int64
	// TempDir is the folder for temporary files, "" the system's default.
	TempDir string
	// TempFS is the file system of those. Default: the machine's.
	TempFS vfs.TempFS
	// Threads is the number of bands joined at once. 0 means one a CPU.
	Threads int
}

func (o BucketerOptions) withDefaults() BucketerOptions {
	if o.MaxBucket == 0 {
		o.MaxBucket = DefaultMaxBucket
	}
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	o.Memory = max(o.Memory, minMemory)
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return o
}

// Bucketer collects band keys and joins equal ones into candidate pairs. The
// zero value is not usable: see [NewBucketer].
type Bucketer struct {
	params Params
	opts   BucketerOptions
	store  *columnStore
	done   bool // joined or closed
}

// NewBucketer returns an empty Bucketer for documents with p.Bands keys each.
func NewBucketer(p Params, o BucketerOptions) (*Bucketer, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	// Half of the memory for rows; the other half is the join's as long as the
	// rows have not been spilled.
	return &Bucketer{params: p, opts: o, store: newColumnStore(p.Bands, o.Memory/2, chunkBytes, o.TempDir).in(o.TempFS)}, nil
}

// Add stores the band keys of document id, as [AppendBandKeys] gives them; it
// keeps no reference to keys. IDs must ascend; some may be left out.
func (b *Bucketer) Add(id corpus.ID, keys []uint64) error {
	switch {
	case len(keys) != b.params.Bands:
		return fmt.Errorf("lsh: document %d has %d band keys, want %d", id, len(keys), b.params.Bands)
	case b.done:
		return errors.New("lsh: document added after the join")
	case b.store.len() > 0 && id <= b.store.last:
		return fmt.Errorf("lsh: document %d added after document %d, want ascending IDs", id, b.store.last)
	}
	return b.store.add(id, keys)
}

// Len returns the number of documents added.
func (b *Bucketer) Len() int { return b.store.len() }

// MemoryBytes returns the bytes that are allocated for keys and IDs now.
func (b *Bucketer) MemoryBytes() int64 { return b.store.memoryBytes() }

// FileBytes returns the bytes that keys and IDs take in the temporary file now.
func (b *Bucketer) FileBytes() int64 { return b.store.fileBytes() }

// Close frees the memory and removes the temporary file. It may be called at
// any time but during Join, and more than once.
func (b *Bucketer) Close() error {
	b.done = true
	return b.store.close()
}
