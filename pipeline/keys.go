package pipeline

import (
	"math"
	"math/bits"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/shingle"
)

// newKeyer returns one worker's function that appends the keys of a normalised
// text to a batch: those that can be told from the text alone.
func (j *Job) newKeyer() func(b *batch, norm []byte) {
	if j.boiler != nil {
		return func(*batch, []byte) {}
	}
	return j.newTextKeyer()
}

// newTextKeyer is newKeyer where texts lose nothing.
func (j *Job) newTextKeyer() func(b *batch, norm []byte) {
	switch {
	case j.signer != nil:
		return j.newSigner()
	case j.keyed != nil:
		return newSampler(j.newShingler())
	}
	return func(*batch, []byte) {}
}

// newShingler returns a worker's maker of sets.
func (j *Job) newShingler() *shingle.Shingler { return j.plan.Identity.newShingler() }

func (id Identity) newShingler() *shingle.Shingler { return shingle.NewShingler(id.Shingle, id.Seed) }

// newSigner returns one worker's function that appends the band keys of a
// normalised text to a batch.
func (j *Job) newSigner() func(b *batch, norm []byte) {
	shingler := j.newShingler()
	sig := make(minhash.Signature, j.signer.Hashes())
	var shingles []uint64
	return func(b *batch, norm []byte) {
		shingles = shingler.AppendAll(shingles[:0], norm)
		if repeats(shingles) {
			shingles = shingler.Append(shingles[:0], norm)
		}
		if len(shingles) > 0 {
			j.signer.Sign(sig, shingles)
		}
		b.keys = lsh.AppendBandKeys(b.keys, sig, j.plan.Params)
		if j.onSignature != nil {
			b.sigs = append(b.sigs, sig...)
		}
		if cap(shingles) > maxKept/8 {
			shingles = nil
		}
	}
}

// sampledOne is the number of shingles of which one is in the sample.
const sampledOne = 8

// newSampler returns one worker's function that appends those shingles of a
// normalised text to a batch that are in the sample: the smallest eighth of all
// possible hashes. A shingle in one document's sample is in that of every document
// that has it, so a document contained in another one meets it however much longer
// that is, as in FracMinHash (Irber et al., Lightweight compositional analysis of
// metagenomes with FracMinHash, 2022), where bands of minima would not.
func newSampler(shingler *shingle.Shingler) func(b *batch, norm []byte) {
	var shingles []uint64
	return func(b *batch, norm []byte) {
		shingles = shingler.AppendAll(shingles[:0], norm)
		from := len(b.keys)
		for _, h := range shingles {
			if h < math.MaxUint64/sampledOne {
				b.keys = append(b.keys, h)
			}
		}
		mine := b.keys[from:]
		slices.Sort(mine)
		b.keys = b.keys[:from+len(slices.Compact(mine))]
		if cap(shingles) > maxKept/8 {
			shingles = nil
		}
	}
}

// newSetKeyer returns one worker's function that appends the keys of a set to a
// batch: what newSigner or newSampler would for a text with that set. If
// signatures are wanted, they are the keys.
func (j *Job) newSetKeyer() func(b *setBatch, set []uint64) {
	switch {
	case j.signer != nil:
		sig := make(minhash.Signature, j.signer.Hashes())
		return func(b *setBatch, set []uint64) {
			if len(set) == 0 {
				return
			}
			j.signer.Sign(sig, set)
			if j.onSignature != nil {
				b.keys = append(b.keys, sig...)
			} else {
				b.keys = lsh.AppendBandKeys(b.keys, sig, j.plan.Params)
			}
		}
	case j.keyed != nil:
		return func(b *setBatch, set []uint64) {
			n, _ := slices.BinarySearch(set, uint64(math.MaxUint64/sampledOne))
			b.keys = append(b.keys, set[:n]...)
		}
	}
	return func(*setBatch, []uint64) {}
}

// sampledRecall returns the probability that two documents with so many shingles
// in common have one of them in the sample.
func sampledRecall(shared float64) float64 {
	return -math.Expm1(shared * math.Log1p(-1.0/sampledOne))
}

// repeats reports whether a long text says the same over and over, by a look at
// its beginning. Repeated shingles change no signature, but a sketch of a few
// distinct ones among very many takes as many rounds as it has positions; then
// they are sorted out first.
func repeats(shingles []uint64) bool {
	const looked, few = 1024, 512 // distinct ones would set 906 bits of 4,096
	if len(shingles) < looked {
		return false
	}
	var seen [4096 / 64]uint64
	for _, x := range shingles[:looked] {
		seen[x>>58] |= 1 << (x >> 52 & 63)
	}
	set := 0
	for _, w := range seen {
		set += bits.OnesCount64(w)
	}
	return set < few
}
