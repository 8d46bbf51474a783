package lsh

import (
	"cmp"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// keyedID is a row of a group whose keys must be told apart.
type keyedID struct {
	key uint64
	id  uint32
}

// group handles the rows, ascending, whose items differ in the row only. Their
// keys are nearly always equal: they differ in the lowest bits if at all.
func (w *bandJoin) group(keys []uint64, ids []uint32) error {
	same := true
	for _, key := range keys {
		same = same && key == keys[0]
	}
	if same {
		return w.bucket(ids)
	}
	w.split = w.split[:0]
	for i, key := range keys {
		w.split = append(w.split, keyedID{key, ids[i]})
	}
	slices.SortFunc(w.split, func(a, b keyedID) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
	})
	for rest := w.split; len(rest) > 0; {
		w.members = w.members[:0]
		for key := rest[0].key; len(rest) > 0 && rest[0].key == key; rest = rest[1:] {
			w.members = append(w.members, rest[0].id)
		}
		if err := w.bucket(w.members); err != nil {
			return err
		}
	}
	return nil
}

// bucket handles one bucket of two or more rows, ascending by document. Of a
// document that has the key several times, one counts.
func (w *bandJoin) bucket(members []uint32) error {
	members = slices.Compact(members)
	n := int64(len(members))
	if n < 2 {
		return nil
	}
	for _, m := range members {
		w.found.documents.add(corpus.ID(m))
	}
	w.result.stats.Buckets++
	w.result.stats.LargestBucket = max(w.result.stats.LargestBucket, n)
	if limit := w.opts.MaxBucket; limit > 0 && n > int64(limit) {
		w.result.stats.GiantBuckets++
		ids := make([]corpus.ID, n)
		for i, m := range members {
			ids[i] = corpus.ID(m)
		}
		w.result.giants = append(w.result.giants, ids)
		return nil
	}
	w.result.stats.PairsRaw += n * (n - 1) / 2
	for i, a := range members {
		for _, b := range members[i+1:] {
			w.packed = append(w.packed, corpus.Pair{A: corpus.ID(a), B: corpus.ID(b)}.Pack())
		}
		if len(w.packed) >= pairBatch {
			if err := w.addPairs(w.packed); err != nil {
				return err
			}
			w.packed = w.packed[:0]
		}
	}
	return nil
}
