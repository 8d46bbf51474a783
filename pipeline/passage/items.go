package passage

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Item is an evaluation item.
type Item struct {
	// Key names it, and Benchmark is the number of its file.
	Key       string
	Benchmark int
	words     words
	windows   int // of Words words, or 1 of an item that is shorter
}

// Items is an index of evaluation items by their windows: runs of Words words, or the
// whole of an item that has fewer. All of it is in memory: about 40 bytes a window and
// the items' texts. Items are added by one goroutine; after [Items.Done] any number
// may look.
type Items struct {
	o       ItemOptions
	seed    uint64
	items   []Item
	reader  reader
	digest  *xxh3.Hasher
	lengths []int // of windows, ascending
	groups  []group
	byHash  map[uint64]int32 // the first group with a hash
	short   int64
}

// group is one window that items have, wherever they have it.
type group struct {
	item, at uint32 // where it stands first
	length   uint32
	next     int32    // with the same hash; -1 for none
	holders  []uint32 // items, once for each time that they have it
}

// NewItems returns an empty index. Hashes depend on seed, results do not.
func NewItems(o ItemOptions, seed uint64) *Items {
	return &Items{o: o, seed: seed, reader: newReader(), digest: xxh3.New(), byHash: map[uint64]int32{}}
}

// Add adds an item. It keeps neither argument.
func (x *Items) Add(key string, benchmark int, text []byte) {
	_, _ = fmt.Fprintf(x.digest, "%q %d %q\n", key, benchmark, text) // a hash takes everything
	item := Item{Key: key, Benchmark: benchmark}
	x.reader.read(&item.words, text)
	n := item.words.len()
	if n < x.o.MinWords {
		x.short++
		return
	}
	length := min(n, x.o.Words)
	item.windows = n - length + 1
	item.words.norm = slices.Clip(item.words.norm)
	x.items = append(x.items, item)
	hashes := item.words.appendHashes(nil, 0, n, x.seed)
	for at, h := range newRoller(length, x.seed).append(nil, hashes) {
		x.addWindow(uint32(len(x.items)-1), at, length, h)
	}
	if i, known := slices.BinarySearch(x.lengths, length); !known {
		x.lengths = slices.Insert(x.lengths, i, length)
	}
}

func (x *Items) addWindow(item uint32, at, length int, hash uint64) {
	i := x.find(&x.items[item].words, at, length, hash)
	if i < 0 {
		i = int32(len(x.groups))
		next, taken := x.byHash[hash]
		if !taken {
			next = -1
		}
		x.groups = append(x.groups, group{item: item, at: uint32(at), length: uint32(length), next: next})
		x.byHash[hash] = i
	}
	x.groups[i].holders = append(x.groups[i].holders, item)
}

// find returns the group of a window of w, or -1.
func (x *Items) find(w *words, at, length int, hash uint64) int32 {
	i, ok := x.byHash[hash]
	if !ok {
		return -1
	}
	for ; i >= 0; i = x.groups[i].next {
		g := &x.groups[i]
		if int(g.length) == length && w.equal(at, &x.items[g.item].words, int(g.at), length) {
			return i
		}
	}
	return -1
}

// Done ends the adding and returns the options with the digest of the items.
func (x *Items) Done() ItemOptions {
	sum := x.digest.Sum128().Bytes()
	x.o.Digest = hex.EncodeToString(sum[:])
	return x.o
}

// Len returns the number of items that are looked for.
func (x *Items) Len() int { return len(x.items) }

// Short returns the number of items that are not, having too few words.
func (x *Items) Short() int64 { return x.short }

// Item returns item i.
func (x *Items) Item(i int) *Item { return &x.items[i] }

// Union sorts cuts and joins those that overlap or touch. It works in place.
func Union(cuts []corpus.Cut) []corpus.Cut {
	slices.SortFunc(cuts, func(a, b corpus.Cut) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	n := 0
	for _, c := range cuts {
		if n > 0 && c.Start <= cuts[n-1].End {
			cuts[n-1].End = max(cuts[n-1].End, c.End)
			continue
		}
		cuts[n] = c
		n++
	}
	return cuts[:n]
}
