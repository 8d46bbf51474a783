package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Order is a total order of the documents of a corpus, best to keep first. It
// may be used by many goroutines. It takes 8 bytes a document. See [NewOrder].
type Order struct {
	ids []corpus.ID // in order
	pos []uint32    // by ID
}

// NewOrder sorts documents by their ranks (see [KeepPolicy.AppendRanks]), highest
// first, then by text length, longest first, then by key, bytewise ascending. lens
// has one value a document, ranks the same number of them for each document, end to
// end. key returns a document's external name; it is called only to part documents
// equal in all, once for each of them. Keys are unique; should two be equal, the
// lower ID comes first.
//
// No step looks at the order of arrival, so the order does not depend on it
// unless the ranks do.
func NewOrder(ranks []int64, lens []uint32, key func(corpus.ID) string) *Order {
	n := len(lens)
	if n == 0 && len(ranks) > 0 || n > 0 && (len(ranks)%n != 0 || len(ranks) == 0) {
		panic(fmt.Sprintf("cluster: %d ranks and %d lengths", len(ranks), n))
	}
	k := len(ranks) / max(n, 1)
	o := &Order{ids: make([]corpus.ID, n), pos: make([]uint32, n)}
	for i := range o.ids {
		o.ids[i] = corpus.ID(i)
	}
	byNumbers := func(a, b corpus.ID) int {
		if k == 1 { // nearly always
			return cmp.Or(cmp.Compare(ranks[b], ranks[a]), cmp.Compare(lens[b], lens[a]))
		}
		return cmp.Or(slices.Compare(ranks[int(b)*k:][:k], ranks[int(a)*k:][:k]), cmp.Compare(lens[b], lens[a]))
	}
	slices.SortFunc(o.ids, byNumbers)
	for start := 0; start < len(o.ids); {
		end := start + 1
		for end < len(o.ids) && byNumbers(o.ids[start], o.ids[end]) == 0 {
			end++
		}
		sortByKey(o.ids[start:end], key)
		start = end
	}
	for p, id := range o.ids {
		o.pos[id] = uint32(p)
	}
	return o
}

// sortByKey sorts ids by key, asking for each key once.
func sortByKey(ids []corpus.ID, key func(corpus.ID) string) {
	if len(ids) < 2 {
		return
	}
	type named struct {
		key string
		id  corpus.ID
	}
	list := make([]named, len(ids))
	for i, id := range ids {
		list[i] = named{key(id), id}
	}
	slices.SortFunc(list, func(a, b named) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
	})
	for i, n := range list {
		ids[i] = n.id
	}
}

// Len returns the number of documents.
func (o *Order) Len() int { return len(o.ids) }

// Position returns the place of a document in the order; 0 is the best.
func (o *Order) Position(id corpus.ID) uint32 { return o.pos[id] }
