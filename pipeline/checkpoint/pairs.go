package checkpoint

import (
	"encoding/binary"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// pairBytes is what a candidate pair counts for, where a segment is sealed after so
// many bytes of input.
const pairBytes = 16

// Giants returns what was chained before.
func (l *Log) Giants() Giants {
	if l == nil {
		return Giants{}
	}
	return l.giants
}

// AddGiants logs buckets that were chained.
func (l *Log) AddGiants(g Giants) error {
	if l == nil {
		return nil
	}
	if err := l.addEdges(giantsBlock, []uint64{g.Buckets, uint64(g.Compared), uint64(g.Unlinked)}, g.Edges); err != nil {
		return err
	}
	return l.passed(pairBytes * g.Compared)
}

// Pairs returns what was compared before.
func (l *Log) Pairs() Pairs {
	if l == nil {
		return Pairs{}
	}
	return l.pairs
}

// AddPairs logs candidate pairs that were compared.
func (l *Log) AddPairs(p Pairs) error {
	if l == nil {
		return nil
	}
	if err := l.addEdges(pairsBlock, []uint64{p.Offered, uint64(p.Compared)}, p.Edges); err != nil {
		return err
	}
	return l.passed(pairBytes * int64(p.Offered))
}

// edgesInBlock is how many edges a block has at most, since a giant bucket may give very
// many.
const edgesInBlock = 1 << 16

// addEdges logs what some work came to: its counts, and its edges in one block or more.
// What blocks say is added up, and no segment ends between those of one work.
func (l *Log) addEdges(kind byte, counts []uint64, edges []verify.Scored) error {
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
