package pipeline

import (
	"encoding/binary"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// pairBytes is what a candidate pair counts for, where a segment is sealed after so
// many bytes of input.
const pairBytes = 16

// doneGiants returns what was chained before.
func (l *journal) doneGiants() giantsDone {
	if l == nil {
		return giantsDone{}
	}
	return l.giants
}

// addGiant logs a bucket that was chained.
func (l *journal) addGiant(compared, unlinked int64, edges []verify.Scored) error {
	if l == nil {
		return nil
	}
	if err := l.addEdges(giantsBlock, []uint64{1, uint64(compared), uint64(unlinked)}, edges); err != nil {
		return err
	}
	return l.passed(pairBytes * compared)
}

// donePairs returns what was compared before.
func (l *journal) donePairs() pairsDone {
	if l == nil {
		return pairsDone{}
	}
	return l.pairs
}

// addPairs logs candidate pairs that were compared.
func (l *journal) addPairs(b *pairBatch) error {
	if l == nil {
		return nil
	}
	if err := l.addEdges(pairsBlock, []uint64{uint64(b.offered), uint64(len(b.pairs))}, b.scored); err != nil {
		return err
	}
	return l.passed(pairBytes * int64(b.offered))
}

// edgesInBlock is how many edges a block has at most, since a giant bucket may give very
// many.
const edgesInBlock = 1 << 16

// addEdges logs what some work came to: its counts, and its edges in one block or more.
// What blocks say is added up, and no segment ends between those of one work.
func (l *journal) addEdges(kind byte, counts []uint64, edges []verify.Scored) error {
	for first := true; first || len(edges) > 0; first = false {
		b := append(l.buf[:0], kind)
		for _, n := range counts {
			b = binary.AppendUvarint(b, n)
		}
		clear(counts)
		n := min(len(edges), edgesInBlock)
		l.buf = appendEdges(b, edges[:n])
		edges = edges[n:]
		if err := l.log.Append(l.buf); err != nil {
			return err
		}
	}
	return nil
}

func appendEdges(b []byte, edges []verify.Scored) []byte {
	b = binary.AppendUvarint(b, uint64(len(edges)))
	for _, e := range edges {
		b = binary.LittleEndian.AppendUint64(b, e.Pair.Pack())
		b = binary.LittleEndian.AppendUint32(b, e.Overlap)
	}
	return b
}

func (d *decoder) edges(dst []verify.Scored) []verify.Scored {
	for range d.uvarint() {
		pair, overlap := d.uint64(), d.uint32()
		if d.bad {
			return dst
		}
		dst = append(dst, verify.Scored{Pair: corpus.UnpackPair(pair), Overlap: overlap})
	}
	return dst
}
