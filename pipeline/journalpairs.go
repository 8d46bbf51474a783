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

// addGiant notes a bucket that was chained.
func (l *journal) addGiant(compared, unlinked int64, edges []verify.Scored) error {
	if l == nil {
		return nil
	}
	g := &l.waiting.giants
	g.buckets, g.compared, g.unlinked = g.buckets+1, g.compared+compared, g.unlinked+unlinked
	g.edges = append(g.edges, edges...)
	return l.passed(pairBytes * compared)
}

// donePairs returns what was compared before.
func (l *journal) donePairs() pairsDone {
	if l == nil {
		return pairsDone{}
	}
	return l.pairs
}

// addPairs notes candidate pairs that were compared.
func (l *journal) addPairs(b *pairBatch) error {
	if l == nil {
		return nil
	}
	p := &l.waiting.pairs
	p.offered, p.compared = p.offered+uint64(b.offered), p.compared+int64(len(b.pairs))
	p.edges = append(p.edges, b.scored...)
	return l.passed(pairBytes * int64(b.offered))
}

// addPass2 logs what was noted.
func (l *journal) addPass2() error {
	if g := &l.waiting.giants; g.buckets > 0 {
		b := append(l.buf[:0], giantsBlock)
		b = binary.AppendUvarint(b, g.buckets)
		b = binary.AppendUvarint(b, uint64(g.compared))
		b = binary.AppendUvarint(b, uint64(g.unlinked))
		l.buf = appendEdges(b, g.edges)
		*g = giantsDone{edges: g.edges[:0]}
		if err := l.log.Append(l.buf); err != nil {
			return err
		}
	}
	if p := &l.waiting.pairs; p.offered > 0 {
		b := append(l.buf[:0], pairsBlock)
		b = binary.AppendUvarint(b, p.offered)
		b = binary.AppendUvarint(b, uint64(p.compared))
		l.buf = appendEdges(b, p.edges)
		*p = pairsDone{edges: p.edges[:0]}
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
