package passage

import (
	"cmp"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

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
