package lsh

import (
	"context"
	"errors"
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// keyBands is the number of bands that keys are dealt out to: as many can be
// joined at once. A power of two.
const keyBands = 16

// KeyBucketer collects any number of keys for each document and joins equal ones
// into candidate pairs: two documents that share one key or more are a pair. All
// keys are of one space, so there are no bands to their owner.
//
// It is the [Bucketer]'s join over bands that the keys' own hashes choose. What is
// said there of memory, order, giant buckets and goroutines holds here; a key
// takes 12 bytes. The zero value is not usable: see [NewKeyBucketer].
type KeyBucketer struct {
	opts   BucketerOptions
	stores []*columnStore // one a band, with a row for each key
	docs   int
	keys   int64
	first  corpus.ID
	last   corpus.ID
	done   bool // joined or closed
}

// NewKeyBucketer returns an empty KeyBucketer. Of the options, Threads is at most
// 16 in effect.
func NewKeyBucketer(o BucketerOptions) *KeyBucketer {
	o = o.withDefaults()
	b := &KeyBucketer{opts: o, stores: make([]*columnStore, keyBands)}
	for band := range b.stores {
		b.stores[band] = newColumnStore(1, o.Memory/2/keyBands, chunkBytes/keyBands, o.TempDir).in(o.TempFS)
	}
	return b
}

// AddKeys stores the keys of document id, in any order, of any distribution, and
// any number: without a key, a document is in no pair, and one that comes twice
// counts once. It keeps no reference to keys. IDs must ascend; some may be left
// out.
func (b *KeyBucketer) AddKeys(id corpus.ID, keys []uint64) error {
	switch {
	case b.done:
		return errors.New("lsh: keys added after the join")
	case b.docs > 0 && id <= b.last:
		return fmt.Errorf("lsh: keys of document %d added after those of document %d, want ascending IDs", id, b.last)
	}
	if b.docs == 0 {
		b.first = id
	}
	b.last = id
	b.docs++
	b.keys += int64(len(keys))
	for i := range keys {
		// The join wants uniform keys. Equal lowest bits do not disturb it.
		key := [1]uint64{finish(keys[i])}
		if err := b.stores[key[0]%keyBands].add(id, key[:]); err != nil {
			return err
		}
	}
	return nil
}

// Len returns the number of documents added, with and without keys.
func (b *KeyBucketer) Len() int { return b.docs }

// Keys returns the number of keys added.
func (b *KeyBucketer) Keys() int64 { return b.keys }

// MemoryBytes returns the bytes that are allocated for keys and IDs now.
func (b *KeyBucketer) MemoryBytes() (n int64) {
	for _, s := range b.stores {
		n += s.memoryBytes()
	}
	return n
}

// FileBytes returns the bytes that keys and IDs take in temporary files now.
func (b *KeyBucketer) FileBytes() (n int64) {
	for _, s := range b.stores {
		n += s.fileBytes()
	}
	return n
}

// Join finds all documents that share a key and ends the KeyBucketer's work, as
// [Bucketer.Join] does. The bands that [Joined.Giants] tells are numbers without a
// meaning, and [Stats].Records is the number of keys.
func (b *KeyBucketer) Join(ctx context.Context) (*Joined, error) {
	if b.done {
		return nil, errors.New("lsh: Join on a KeyBucketer that was joined or closed")
	}
	b.done = true
	columns := make([]bandColumn, keyBands)
	for band, s := range b.stores {
		columns[band] = bandColumn{store: s}
	}
	return joinColumns(ctx, b.opts, columns, newDocSet(b.first, b.last, b.docs))
}

// Close frees the memory and removes the temporary files. It may be called at any
// time but during Join, and more than once.
func (b *KeyBucketer) Close() error {
	b.done = true
	return closeStores(b.stores)
}
