package passage

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Action is what becomes of a document with evaluation items in it.
type Action uint8

// The actions. Persisted by name.
const (
	// Drop leaves the document out.
	Drop Action = iota
	// Mask puts a mark in place of what overlaps.
	Mask
	// Report only tells.
	Report
)

var actionNames = []string{"drop", "mask", "report"}

// String returns the name that ParseAction reads.
func (a Action) String() string { return nameOf(actionNames, uint8(a)) }

// MarshalText writes the name.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (a *Action) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAction(string(text))
	return err
}

// ParseAction reads drop, mask or report.
func ParseAction(s string) (Action, error) { return parse[Action]("action", actionNames, s) }

// ItemOptions say when a document counts as contaminated by an evaluation item. The
// zero value is no decontamination.
type ItemOptions struct {
	// Words is the number of words in a row that are compared. Default: 13.
	Words int `json:"words"`
	// MinWords is the number of words under which an item is not looked for: it would
	// be found everywhere. Default: 4.
	MinWords int `json:"min_words"`
	// Containment is the share, above 0 and up to 1, of an item's windows of Words
	// words that a document must have. Any hit is enough where it is as small as one
	// of them. Default: 0.5.
	Containment float64 `json:"containment"`
	Action      Action  `json:"action"`
	// Mark is what Mask puts in place of what overlaps, in UTF-8. Default: "[removed]".
	Mark string `json:"mark"`
	// Digest stands for the items, and their order. It is filled in, never chosen.
	Digest string `json:"digest"`
}

// AnyHit is a containment that one window in common reaches.
const AnyHit = 1e-9

// Defaults returns o with its zero fields filled in.
func (o ItemOptions) Defaults() ItemOptions {
	o.Words = cmp.Or(o.Words, 13)
	o.MinWords = cmp.Or(o.MinWords, 4)
	o.Containment = cmp.Or(o.Containment, 0.5)
	if o.Action == Mask {
		o.Mark = cmp.Or(o.Mark, "[removed]")
	}
	return o
}

// Validate returns all that is wrong with o, which has its defaults.
func (o ItemOptions) Validate() error {
	var errs []error
	if o.Words < 1 || o.Words > maxLength {
		errs = append(errs, fmt.Errorf("passage: %d words are outside 1 to %d", o.Words, maxLength))
	}
	if o.MinWords < 1 {
		errs = append(errs, fmt.Errorf("passage: min words %d is less than 1", o.MinWords))
	}
	if !(o.Containment > 0 && o.Containment <= 1) {
		errs = append(errs, fmt.Errorf("passage: containment %v is outside (0, 1]", o.Containment))
	}
	if int(o.Action) >= len(actionNames) {
		errs = append(errs, fmt.Errorf("passage: action %d is unknown", o.Action))
	}
	if !utf8.ValidString(o.Mark) {
		errs = append(errs, fmt.Errorf("passage: mark %q is not UTF-8", o.Mark))
	}
	if o.Mark != "" && o.Action != Mask {
		errs = append(errs, fmt.Errorf("passage: mark %q is for action mask", o.Mark))
	}
	return errors.Join(errs...)
}

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

// Hit is an item that a document has enough of.
type Hit struct {
	Item int
	// Containment is the share of the item's windows that the document has.
	Containment float64
	// Cuts are the parts of the document's text that overlap with the item, in bytes,
	// ascending, not touching.
	Cuts []corpus.Cut
}

// Looker looks for items in documents. It belongs to one goroutine.
type Looker struct {
	items   *Items
	rollers []roller
	reader  reader
	words   words
	values  []uint64
	hashes  []uint64
}

// NewLooker returns a Looker for the items, which are Done.
func (x *Items) NewLooker() *Looker {
	l := &Looker{items: x, reader: newReader()}
	for _, n := range x.lengths {
		l.rollers = append(l.rollers, newRoller(n, x.seed))
	}
	return l
}

// Find returns the items that text has enough of, in their order.
func (l *Looker) Find(text []byte) []Hit {
	l.reader.read(&l.words, text)
	found := l.find()
	if len(found) == 0 {
		return nil
	}
	x := l.items
	counts := map[uint32]int{} // windows found, by item
	for g := range found {
		for _, item := range x.groups[g].holders {
			counts[item]++
		}
	}
	var hits []Hit
	for item, n := range counts {
		share := float64(n) / float64(x.items[item].windows)
		if share >= x.o.Containment {
			hits = append(hits, Hit{Item: int(item), Containment: share})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Compare(a.Item, b.Item) })
	if len(hits) > 0 {
		l.place(text, hits, found)
	}
	return hits
}

// find returns the groups whose windows the document has, each with the tokens at
// which they begin.
func (l *Looker) find() map[int32][]int {
	l.values = l.words.appendHashes(l.values[:0], 0, l.words.len(), l.items.seed)
	var found map[int32][]int
	for _, r := range l.rollers {
		l.hashes = r.append(l.hashes[:0], l.values)
		for at, h := range l.hashes {
			if g := l.items.find(&l.words, at, r.n, h); g >= 0 {
				if found == nil {
					found = map[int32][]int{}
				}
				found[g] = append(found[g], at)
			}
		}
	}
	return found
}

// place finds where in the text the hits are.
func (l *Looker) place(text []byte, hits []Hit, found map[int32][]int) {
	places := l.reader.normalizer.Places(text)
	runs := make([][]corpus.Cut, len(hits)) // in tokens
	for g, places := range found {
		group := &l.items.groups[g]
		for _, item := range slices.Compact(slices.Clone(group.holders)) {
			i, ok := slices.BinarySearchFunc(hits, int(item), func(h Hit, item int) int { return cmp.Compare(h.Item, item) })
			if !ok {
				continue
			}
			for _, at := range places {
				runs[i] = append(runs[i], corpus.Cut{Start: at, End: at + int(group.length)})
			}
		}
	}
	for i := range hits {
		for _, run := range runs[i] {
			start, _ := places.At(run.Start)
			_, end := places.At(run.End - 1)
			hits[i].Cuts = append(hits[i].Cuts, corpus.Cut{Start: start, End: end})
		}
		hits[i].Cuts = Union(hits[i].Cuts)
	}
}

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
