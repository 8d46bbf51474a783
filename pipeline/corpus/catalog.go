package corpus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"sync"

	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Catalog remembers the key, the title and the place of every document, by ID.
//
// Documents are added by one goroutine in reading order. After [Catalog.Seal]
// the other methods may be called from any goroutine, and nothing may be added.
type Catalog struct {
	rows *spill.Store[byte]
	row  []byte // under construction
	keys keyTable
	// The hash differs from run to run, so that no corpus can be written to
	// make all its keys collide. It decides nothing that a user sees.
	seed maphash.Seed

	mu  sync.Mutex
	err error
}

// NewCatalog returns an empty catalog that holds up to memoryBudget bytes of
// keys and titles in memory and the rest in a temporary file in tempDir ("" is
// the system's default). About 40 bytes a document of bookkeeping come on top.
func NewCatalog(memoryBudget int64, tempDir string) *Catalog {
	return &Catalog{rows: spill.New[byte](memoryBudget, tempDir), seed: maphash.MakeSeed()}
}

// In makes the catalog put its temporary file into another file system, nil being the
// machine's, before anything is added. It returns the catalog.
func (c *Catalog) In(fs vfs.TempFS) *Catalog {
	c.rows.In(fs)
	return c
}

// Add gives a document of the corpus's file the next ID. A key that another
// document has is a [*DuplicateKeyError], and then nothing is added. Add keeps
// none of its arguments.
func (c *Catalog) Add(file int, d *Document, title []byte) (ID, error) {
	if uint64(c.Len()) >= math.MaxUint32 {
		return 0, fmt.Errorf("corpus: more than %d documents", uint32(math.MaxUint32))
	}
	id := ID(c.Len())
	c.keys.grow()
	hash := maphash.Bytes(c.seed, d.Key)
	slot, err := c.lookup(hash, d.Key, c.Seal)
	if err != nil {
		return 0, err
	}
	if first, taken := c.keys.at(slot); taken {
		return 0, &DuplicateKeyError{Key: string(d.Key), First: first}
	}
	row := appendFile(c.row[:0], file, d)
	row = binary.AppendUvarint(row, uint64(d.Line))
	row = binary.AppendUvarint(row, uint64(d.Offset))
	row = binary.AppendUvarint(row, uint64(len(d.Key)))
	row = append(row, d.Key...)
	c.row = append(row, title...)
	if err := c.rows.Append(c.row); err != nil {
		return 0, fmt.Errorf("corpus: %w", err)
	}
	c.keys.put(slot, hash, id)
	return id, nil
}

// lookup returns the slot of the key, or the free one where it belongs. It calls
// ready before it reads a row, which only equal hashes make necessary: those of
// equal keys, and hardly ever others.
func (c *Catalog) lookup(hash uint64, key []byte, ready func() error) (int, error) {
	for slot := c.keys.first(hash); ; slot = c.keys.next(slot) {
		id, taken := c.keys.at(slot)
		if !taken {
			return slot, nil
		}
		if c.keys.hashes[slot] != hash {
			continue
		}
		if err := ready(); err != nil {
			return 0, err
		}
		e, err := c.entry(id)
		if err != nil {
			return 0, err
		}
		if bytes.Equal(e.key, key) {
			return slot, nil
		}
	}
}

// Seal ends the adding and makes every document readable.
func (c *Catalog) Seal() error {
	if err := c.rows.Seal(); err != nil {
		return fmt.Errorf("corpus: %w", err)
	}
	return nil
}

// Len returns the number of documents.
func (c *Catalog) Len() int { return c.rows.Len() }

// Key returns a document's external name.
func (c *Catalog) Key(id ID) string { return string(c.read(id).key) }

// Location returns a document's place: the position of its file in
// [Corpus.Files], its line, and its offset as [Document.StoredAt] has it.
func (c *Catalog) Location(id ID) (file int, line, offset int64) {
	e := c.read(id)
	return e.file, e.line, e.storedAt
}

// BlockOffset returns the [Document.Offset], by which the document is found when
// its file is scanned again.
func (c *Catalog) BlockOffset(id ID) (file int, offset int64) {
	e := c.read(id)
	return e.file, e.offset
}

// Entry is what the catalog knows of a document.
type Entry struct {
	Key, Title string
	// File is the position of its file in [Corpus.Files].
	File int
	// Line and Offset are where it is in the file, as [Document.StoredAt] says.
	Line, Offset int64
}

// Entry returns all of a document at once, which costs no more than one part.
func (c *Catalog) Entry(id ID) Entry {
	e := c.read(id)
	return Entry{Key: string(e.key), Title: string(e.title), File: e.file, Line: e.line, Offset: e.storedAt}
}

// Find returns the document with the given key.
func (c *Catalog) Find(key string) (ID, bool) {
	if c.Len() == 0 {
		return 0, false
	}
	sealed := func() error { return nil }
	slot, err := c.lookup(maphash.String(c.seed, key), []byte(key), sealed)
	if err != nil {
		c.fail(err)
		return 0, false
	}
	return c.keys.at(slot)
}

// Err returns the first error of reading the temporary file. Methods that have
// no error result return zero values for what could not be read.
func (c *Catalog) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *Catalog) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

// MemoryBytes returns the bytes held in memory, bookkeeping included.
func (c *Catalog) MemoryBytes() int64 {
	return c.rows.MemoryBytes() + 12*int64(c.rows.Len()) + 12*int64(len(c.keys.hashes))
}

// FileBytes returns the bytes held in the temporary file.
func (c *Catalog) FileBytes() int64 { return c.rows.FileBytes() }

// Close drops everything and removes the temporary file.
func (c *Catalog) Close() error {
	c.keys = keyTable{}
	return c.rows.Close()
}

// entry is a decoded row: twice the file, and one more if StoredAt is not the
// offset; then StoredAt in that case, the line, the offset and the length of the key
// as varints, then the key, then the title.
type entry struct {
	file                   int
	line, offset, storedAt int64
	key, title             []byte
}

// appendFile appends the beginning of a row.
func appendFile(row []byte, file int, d *Document) []byte {
	if d.StoredAt == d.Offset {
		return binary.AppendUvarint(row, uint64(file)<<1)
	}
	return binary.AppendUvarint(binary.AppendUvarint(row, uint64(file)<<1|1), uint64(d.StoredAt))
}

func (c *Catalog) read(id ID) entry {
	e, err := c.entry(id)
	if err != nil {
		c.fail(err)
	}
	return e
}

func (c *Catalog) entry(id ID) (entry, error) {
	row, err := c.rows.Get(int(id), nil)
	if err != nil {
		return entry{}, fmt.Errorf("corpus: %w", err)
	}
	var e entry
	next := func() uint64 {
		v, n := binary.Uvarint(row)
		if n <= 0 {
			row = nil // what comes next fails too
			return math.MaxUint64
		}
		row = row[n:]
		return v
	}
	file := next()
	e.file = int(file >> 1)
	if file&1 != 0 {
		e.storedAt = int64(next())
	}
	e.line, e.offset = int64(next()), int64(next())
	if file&1 == 0 {
		e.storedAt = e.offset
	}
	n := next()
	if n > uint64(len(row)) {
		return entry{}, errors.New("corpus: the temporary file with the documents' names is damaged")
	}
	e.key, e.title = row[:n], row[n:]
	return e, nil
}

// keyTable is a hash table from the hashes of keys to IDs, with open addressing
// in two flat arrays. Comparing the keys themselves is the caller's part.
type keyTable struct {
	hashes []uint64
	ids    []uint32 // ID + 1; 0 is a free slot
	used   int
}

func (t *keyTable) first(hash uint64) int { return int(hash & uint64(len(t.hashes)-1)) }
func (t *keyTable) next(slot int) int     { return (slot + 1) & (len(t.hashes) - 1) }

func (t *keyTable) at(slot int) (ID, bool) {
	v := t.ids[slot]
	if v == 0 {
		return 0, false
	}
	return ID(v - 1), true
}

func (t *keyTable) put(slot int, hash uint64, id ID) {
	t.hashes[slot], t.ids[slot] = hash, uint32(id)+1
	t.used++
}

// grow keeps at least a quarter of the slots free.
func (t *keyTable) grow() {
	if 4*(t.used+1) <= 3*len(t.hashes) {
		return
	}
	old := *t
	n := max(2*len(old.hashes), 1024)
	*t = keyTable{hashes: make([]uint64, n), ids: make([]uint32, n)}
	for i, v := range old.ids {
		if v == 0 {
			continue
		}
		slot := t.first(old.hashes[i])
		for t.ids[slot] != 0 {
			slot = t.next(slot)
		}
		t.put(slot, old.hashes[i], ID(v-1))
	}
}
