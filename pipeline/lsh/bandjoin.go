package lsh

import (
	"context"
	"math/bits"
	"slices"
)

// Costs and sizes of the join of one band.
const (
	itemBytes  = 8       // a row in its partition
	rowBytes   = 8 + 4   // a row that was read from the file
	partRows   = 4096    // aimed at, so that the filter of a partition stays in the first-level cache
	maxParts   = 1024    // of a pass: more of them are more cache lines than are written to at once
	filterRate = 8       // slots of the filter for each row of a partition, at least
	minRead    = 1 << 10 // rows of a band that are read from the file at once: an
	maxRead    = 1 << 17 // eighth of the memory, but a megabyte of keys is enough
	hashFactor = 0x9e3779b97f4a7c15
)

// bandJoin joins one band after another, with the same buffers.
//
// Few rows share their key with another, so the join is a filter first and a
// sort of the rest. The rows of a pass are scattered into partitions by the top
// bits of their key, each as an item of 64 bits: the bits of the key below
// those, and in place of the lowest the row's number. In each partition, a small
// table finds the slots that were hit twice; only their items are sorted and
// walked as groups. The whole key is looked at once more for the groups, because
// an item does not hold all of it.
type bandJoin struct {
	*join
	memory int64
	column bandColumn // of the band in work

	rows     rowSet
	loaded   piece // rows of a pass over the file
	buf      piece // of reading the file
	starts   [maxParts]int
	items    []uint64
	filter   []uint8
	repeated itemSort
	keys     []uint64 // of the rows in groups, with ids
	ids      []uint32
	split    []keyedID
	members  []uint32 // of a bucket out of split
	packed   []uint64
	result   bandResult
}

// rowSet is the rows that a pass joins, in ID order, in pieces of 1<<shift.
type rowSet struct {
	pieces []piece
	shift  uint
	n      int
}

// cut divides the range of keys into parts, a power of two, of which a pass takes
// those from first to end (exclusive).
type cut struct{ parts, first, end uint64 }

// part returns the number of a key's part and, in the top bits, the key's bits
// below it. One multiplication is half the work of two shifts by a variable.
func (c cut) part(key uint64) (at, rest uint64) { return bits.Mul64(key, c.parts) }

// run joins the band in as many passes over its column as its memory asks for.
// Each pass takes the keys of one range.
func (w *bandJoin) run(ctx context.Context, band int) (bandResult, error) {
	w.result, w.column = bandResult{}, w.columns[band]
	rows, each := w.column.store.len(), int64(itemBytes)
	if w.column.store.file != nil {
		each += rowBytes
	}
	passes := max(1, (int64(rows)*each+w.memory-1)/w.memory)
	c := cut{parts: partsFor(rows, passes)}
	for pass := range uint64(passes) {
		if err := ctx.Err(); err != nil {
			return w.result, err
		}
		c.first, c.end = pass*c.parts/uint64(passes), (pass+1)*c.parts/uint64(passes)
		if err := w.load(c); err != nil {
			return w.result, err
		}
		if err := w.joinRows(c); err != nil {
			return w.result, err
		}
	}
	slices.SortFunc(w.result.giants, slices.Compare)
	err := w.addPairs(w.packed)
	w.packed = w.packed[:0]
	return w.result, err
}

// partsFor chooses the number of parts for so many rows in so many passes: at
// least one part a pass.
func partsFor(rows int, passes int64) uint64 {
	wanted := min(int64(rows/partRows), (maxParts/2-1)*passes)
	return 1 << max(bits.Len64(uint64(wanted)), bits.Len64(uint64(passes-1)))
}

// load makes w.rows the rows to join: those of the band that are in memory,
// whatever their keys, or those in the file whose keys are in c.
func (w *bandJoin) load(c cut) error {
	store := w.column.store
	w.rows.pieces = w.rows.pieces[:0]
	if store.file == nil {
		for p := range store.pieces(w.column.at) {
			w.rows.pieces = append(w.rows.pieces, p)
		}
		w.rows.shift, w.rows.n = store.shift, store.len()
		return nil
	}
	if w.buf.ids == nil {
		w.buf = newPiece(int(max(minRead, min(w.memory/(8*rowBytes), maxRead))))
	}
	w.loaded.ids, w.loaded.keys = w.loaded.ids[:0], w.loaded.keys[:0]
	share := int(float64(store.len()) * float64(c.end-c.first) / float64(c.parts))
	err := store.read(w.column.at, w.buf, func(p piece) error {
		w.keep(p, c, share)
		return nil
	})
	w.rows.pieces = append(w.rows.pieces, w.loaded)
	w.rows.shift, w.rows.n = 63, len(w.loaded.ids)
	return err
}

// keep appends to w.loaded the rows of p whose keys are in c. share is about how
// many the whole pass will keep.
func (w *bandJoin) keep(p piece, c cut, share int) {
	n := len(w.loaded.ids)
	if want := n + len(p.ids); cap(w.loaded.ids) < want {
		// Uniform keys need this once: their number hardly differs from share.
		want = max(want, min(share+share/64, w.column.store.len())+len(p.ids))
		w.loaded.ids = append(make([]uint32, 0, want), w.loaded.ids...)
		w.loaded.keys = append(make([]uint64, 0, want), w.loaded.keys...)
	}
	ids, keys := w.loaded.ids[:cap(w.loaded.ids)], w.loaded.keys[:cap(w.loaded.ids)]
	for i, key := range p.keys {
		ids[n], keys[n] = p.ids[i], key
		if at, _ := c.part(key); at-c.first < c.end-c.first {
			n++
		}
	}
	w.loaded.ids, w.loaded.keys = ids[:n], keys[:n]
}

// joinRows partitions the rows of a pass and joins each partition.
func (w *bandJoin) joinRows(c cut) error {
	rowMask := uint64(1)<<bits.Len(uint(max(w.rows.n, 1)-1)) - 1
	n := w.scatter(c, rowMask)
	w.result.stats.Records += int64(n)
	// Every start has moved to its partition's end.
	from := 0
	for _, to := range w.starts[:c.end-c.first] {
		if err := w.joinPart(w.items[from:to], rowMask); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// scatter makes the items of a pass, part by part and in row order in each, and
// returns their number.
//
// Note: gathering the items of each part into whole cache lines before they are
// written, as radix joins do, took twice as long in Go, and huge pages for the
// items made no difference.
func (w *bandJoin) scatter(c cut, rowMask uint64) int {
	parts, starts := c.end-c.first, &w.starts
	clear(starts[:])
	for _, p := range w.rows.pieces {
		for _, key := range p.keys {
			at, _ := c.part(key)
			if at -= c.first; at < parts {
				starts[at%maxParts]++ // at is less, but the compiler does not know
			}
		}
	}
	n := 0
	for i, count := range starts[:parts] {
		starts[i] = n
		n += count
	}
	if cap(w.items) < n {
		w.items = make([]uint64, n)
	}
	items, row := w.items[:n], uint64(0)
	for _, p := range w.rows.pieces {
		for _, key := range p.keys {
			at, rest := c.part(key)
			if at -= c.first; at < parts {
				to := &starts[at%maxParts]
				items[*to] = rest&^rowMask | row
				*to++
			}
			row++
		}
	}
	return n
}

// joinPart finds the items of a partition that may share their key, sorts them,
// and handles each group of equal ones.
func (w *bandJoin) joinPart(part []uint64, rowMask uint64) error {
	w.repeatedSlots(part, rowMask)
	items := neighbours(w.repeated.sorted(), rowMask)
	w.fetch(items, rowMask)
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to]|rowMask == items[from]|rowMask {
			to++
		}
		if err := w.group(w.keys[from:to], w.ids[from:to]); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// neighbours keeps, of sorted items, those that are equal but for the row to the
// one before or after them. It works in place.
func neighbours(items []uint64, rowMask uint64) []uint64 {
	n, before := 0, 0
	for i, item := range items {
		after := 0
		if i+1 < len(items) && items[i+1]|rowMask == item|rowMask {
			after = 1
		}
		items[n] = item
		n += before | after
		before = after
	}
	return items[:n]
}

// fetch reads the keys and IDs of items' rows into w.keys and w.ids. They are
// all over the memory; one loop that does nothing else has many reads under way.
func (w *bandJoin) fetch(items []uint64, rowMask uint64) {
	w.keys = slices.Grow(w.keys[:0], len(items))[:len(items)]
	w.ids = slices.Grow(w.ids[:0], len(items))[:len(items)]
	for i, item := range items {
		row := item & rowMask
		p := &w.rows.pieces[row>>w.rows.shift]
		row &= 1<<w.rows.shift - 1
		w.keys[i], w.ids[i] = p.keys[row], p.ids[row]
	}
}

// repeatedSlots makes w.repeated the items of part whose slot in a table of
// saturating counters was hit more than once. No step depends on a branch that
// depends on the data.
func (w *bandJoin) repeatedSlots(part []uint64, rowMask uint64) {
	slots := uint64(1) << bits.Len(uint(len(part)*filterRate)) // a power of two above
	if uint64(len(w.filter)) < slots {
		w.filter = make([]uint8, slots)
	}
	filter := w.filter[:slots]
	clear(filter)
	for _, item := range part {
		at, _ := bits.Mul64((item|rowMask)*hashFactor, slots)
		slot := &filter[at]
		*slot += 1 - *slot>>1 // 0, 1, 2, 2
	}
	dst, n := w.repeated.room(len(part)), 0
	for _, item := range part {
		at, _ := bits.Mul64((item|rowMask)*hashFactor, slots)
		dst[n] = item
		n += int(filter[at] >> 1)
	}
	w.repeated.items = dst[:n]
}
