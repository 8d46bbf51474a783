package lsh

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// record is one document in one band.
type record struct {
	key uint64
	id  uint32
}

// Costs and sizes of the join of one band.
const (
	recordBytes = 2 * 16 // a record, as it was read and in its partition
	partRecords = 1024   // aimed at, so that a partition stays in the first-level cache
	slotsEach   = 8      // slots of the filter for each record of a partition
)

// bandJoin joins one band after another, with the same buffers.
//
// Few records share their key with another, so the join is a filter first and a
// sort of the rest: the records are scattered into partitions by the top of
// their key; in each partition, a small table finds the slots that were hit
// twice; only their records are sorted by (key, ID) and walked as groups.
type bandJoin struct {
	*join
	memory int64

	records  []record
	parts    []record
	starts   []uint32
	filter   []uint8
	repeated []record
	packed   []uint64
	result   bandResult
}

// run joins the band in as many passes over its column as its memory asks for.
// Pass p of n takes the keys in the p-th of n equal ranges.
func (w *bandJoin) run(ctx context.Context, band int) (bandResult, error) {
	w.result = bandResult{}
	rows := w.bucketer.store.len()
	passes := uint64(max(1, (int64(rows)*recordBytes+w.memory-1)/w.memory))
	if w.records == nil {
		share := rows / int(passes)
		w.records = make([]record, 0, min(rows, share+share/16+1024))
	}
	for pass := range passes {
		if err := ctx.Err(); err != nil {
			return w.result, err
		}
		if err := w.load(band, pass, passes); err != nil {
			return w.result, err
		}
		if err := w.joinRecords(pass, passes); err != nil {
			return w.result, err
		}
	}
	slices.SortFunc(w.result.giants, func(a, b []corpus.ID) int { return cmp.Compare(a[0], b[0]) })
	err := w.addPairs(w.packed)
	w.packed = w.packed[:0]
	return w.result, err
}

// load reads the records of a pass.
func (w *bandJoin) load(band int, pass, passes uint64) error {
	w.records = w.records[:0]
	return w.bucketer.store.scan(band, func(ids []uint32, keys []uint64) error {
		for i, key := range keys {
			if at, _ := bits.Mul64(key, passes); at == pass {
				w.records = append(w.records, record{key, ids[i]})
			}
		}
		return nil
	})
}

// joinRecords partitions the records of a pass and joins each partition.
func (w *bandJoin) joinRecords(pass, passes uint64) error {
	n := len(w.records)
	w.result.stats.Records += int64(n)
	parts := uint64(n/partRecords + 1)
	// The part of a key among all parts of all passes, less those before.
	part := func(key uint64) uint64 {
		at, _ := bits.Mul64(key, passes*parts)
		return at - pass*parts
	}
	w.starts = append(w.starts[:0], make([]uint32, parts+1)...)
	for _, r := range w.records {
		w.starts[part(r.key)+1]++
	}
	for i := range parts {
		w.starts[i+1] += w.starts[i]
	}
	w.parts = slices.Grow(w.parts[:0], n)[:n]
	for _, r := range w.records {
		p := part(r.key)
		w.parts[w.starts[p]] = r
		w.starts[p]++
	}
	// Every start has moved to its partition's end.
	from := uint32(0)
	for _, to := range w.starts[:parts] {
		if err := w.joinPart(w.parts[from:to]); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// joinPart finds the records of a partition that may share their key, sorts
// them, and handles each group.
func (w *bandJoin) joinPart(part []record) error {
	w.repeated = w.repeatedSlots(part, w.repeated[:0])
	slices.SortFunc(w.repeated, compareRecords)
	for rest := w.repeated; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].key == rest[0].key {
			n++
		}
		if n > 1 {
			if err := w.bucket(rest[:n]); err != nil {
				return err
			}
		}
		rest = rest[n:]
	}
	return nil
}

func compareRecords(a, b record) int {
	switch {
	case a.key < b.key:
		return -1
	case a.key > b.key:
		return 1
	}
	return cmp.Compare(a.id, b.id)
}

// repeatedSlots appends to dst the records of part whose slot in a table of
// saturating counters was hit more than once.
func (w *bandJoin) repeatedSlots(part, dst []record) []record {
	slots := 1 << bits.Len(uint(len(part)*slotsEach-1))
	if len(w.filter) < slots {
		w.filter = make([]uint8, slots)
	}
	filter := w.filter[:slots]
	clear(filter)
	mask := uint64(slots - 1) // low bits: the top ones chose the partition
	for _, r := range part {
		slot := &filter[r.key&mask]
		*slot = min(*slot+1, 2)
	}
	for _, r := range part {
		if filter[r.key&mask] > 1 {
			dst = append(dst, r)
		}
	}
	return dst
}

// bucket handles one bucket of two or more records, IDs ascending.
func (w *bandJoin) bucket(members []record) error {
	n := int64(len(members))
	for _, m := range members {
		w.found.documents.add(corpus.ID(m.id))
	}
	w.result.stats.Buckets++
	w.result.stats.LargestBucket = max(w.result.stats.LargestBucket, n)
	if limit := w.bucketer.opts.MaxBucket; limit > 0 && n > int64(limit) {
		w.result.stats.GiantBuckets++
		ids := make([]corpus.ID, n)
		for i, m := range members {
			ids[i] = corpus.ID(m.id)
		}
		w.result.giants = append(w.result.giants, ids)
		return nil
	}
	w.result.stats.PairsRaw += n * (n - 1) / 2
	for i, a := range members {
		for _, b := range members[i+1:] {
			w.packed = append(w.packed, corpus.Pair{A: corpus.ID(a.id), B: corpus.ID(b.id)}.Pack())
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
