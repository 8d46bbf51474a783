package passage

import (
	"iter"
	"math/bits"
)

// minGram are the sizes of anchors under which there are none, by measure: those that
// are smaller occur everywhere.
var minGram = [...]int{Tokens: 3, Bytes: 12}

// gramOf returns the number of elements of the anchors of windows of a length, 0 if
// these have none: three quarters of a window.
//
// Note: longer anchors let fewer windows through that are not repeated, and there are
// more of them. With 52 MB of texts and windows of 50 words, anchors of 10, 25, 40 and 45
// let 23%, 16%, 12% and 11% through, and were 0.3, 0.5, 1.0 and 1.6 million.
func gramOf(l Length) int {
	if k := l.N * 3 / 4; k >= minGram[l.In] {
		return k
	}
	return 0
}

// anchored is a run of windows that have one anchor.
type anchored struct {
	from, to int // the windows' first elements: from up to to-1
	at       int // the anchor's first element
	hash     uint64
}

// blockWindows is the number of windows that a winnower hashes at once, if a window is
// not longer.
const blockWindows = 4096

// winnower finds the anchors of windows: of the grams of a window, so many elements in
// a row, the last of those with the least hash (Schleimer, Wilkerson and Aiken,
// Winnowing: local algorithms for document fingerprinting, 2003). So windows that are
// equal have equal anchors at equal places in them. Of n grams in a window, two in n+1
// of a text are anchors. It belongs to one goroutine.
//
// Note: by the last of equal grams, a word that is repeated for ever costs an anchor a
// window and no second look at one. Winnowing proper keeps the anchor it has while it
// can, which depends on what stands before the window.
type winnower struct {
	window, gram   int // elements
	seed           uint64
	drop           uint8
	roller         roller
	values, hashes []uint64
}

func newWinnower(l Length, h Hash) *winnower {
	seed := h.Seed + anchorSeed
	return &winnower{window: l.N, gram: gramOf(l), seed: seed, drop: h.Drop, roller: newRoller(gramOf(l), seed)}
}

// walk returns the anchors of all windows of s in order.
func (w *winnower) walk(s *sequence) iter.Seq[anchored] {
	return func(yield func(anchored) bool) {
		grams := w.window - w.gram + 1
		run := anchored{at: -1}
		for from, end := 0, s.len()-w.window+1; from < end; {
			to := min(from+max(blockWindows, w.window), end)
			w.hash(s, from, to+w.window-1)
			at := 0 // of the anchor, in w.hashes
			for last, h := range w.hashes {
				if h <= w.hashes[at] {
					at = last
				} else if at+grams <= last {
					at = lastLeast(w.hashes, at+1, last+1)
				}
				first := last - grams + 1
				if first < 0 {
					continue
				}
				if from+at != run.at {
					if run.at >= 0 && !yield(run) {
						return
					}
					run = anchored{from: from + first, at: from + at, hash: w.hashes[at]}
				}
				run.to = from + first + 1
			}
			from = to
		}
		if run.at >= 0 {
			yield(run)
		}
	}
}

// hash makes w.hashes the hashes of the grams of elements from up to to-1.
func (w *winnower) hash(s *sequence, from, to int) {
	w.values = s.appendValues(w.values[:0], from, to, w.seed)
	w.hashes = w.roller.append(w.hashes[:0], w.values)
	for i := range w.hashes {
		w.hashes[i] <<= w.drop
	}
}

// lastLeast returns the last place of the least of hashes[from:to].
func lastLeast(hashes []uint64, from, to int) int {
	at := from
	for i := from + 1; i < to; i++ {
		if hashes[i] <= hashes[at] {
			at = i
		}
	}
	return at
}

// Anchors is a set of hashes of anchors that may occur at several places: all that do,
// and by chance some others. It is two maps of bits, a slot for a hash, of anchors seen
// once and twice. Adding is for one goroutine; after [Anchors.Seal] any may ask.
type Anchors struct {
	once, twice []uint64
}

const (
	// slotsPerAnchor makes one anchor in that many share its slot with another.
	slotsPerAnchor = 32
	// minTokenBytes is about the least size of a word with what is around it.
	minTokenBytes = 4
)

// NewAnchors returns an empty set for o and texts of so many bytes, or nil if o looks
// for nothing that has anchors. It takes AnchorBytes, and half of that when sealed.
func NewAnchors(o Options, textBytes, maxBytes int64) *Anchors {
	if !o.HasAnchors() {
		return nil
	}
	words := AnchorBytes(o, textBytes, maxBytes) / 16
	return &Anchors{once: make([]uint64, words), twice: make([]uint64, words)}
}

// AnchorBytes returns the size of the set of anchors for o, which has some, and texts of
// so many bytes: up to maxBytes, in which more and more anchors share slots.
func AnchorBytes(o Options, textBytes, maxBytes int64) int64 {
	elements := textBytes
	if o.MinLength.In == Tokens {
		elements /= minTokenBytes
	}
	grams := int64(o.MinLength.N - gramOf(o.MinLength) + 1)
	return max(min(elements*2/(grams+1)*slotsPerAnchor*2/8, maxBytes), 16)
}

// HasAnchors tells whether what o looks for has anchors.
func (o Options) HasAnchors() bool { return o.Unit == Substring && gramOf(o.MinLength) > 0 }

// Add adds the anchors of a text, each as often as it occurs.
func (a *Anchors) Add(hashes []uint64) {
	for _, h := range hashes {
		i, bit := a.slot(h)
		a.twice[i] |= a.once[i] & bit
		a.once[i] |= bit
	}
}

// Seal ends the adding.
func (a *Anchors) Seal() { a.once = nil }

// has reports whether an anchor may occur at several places.
func (a *Anchors) has(hash uint64) bool {
	i, bit := a.slot(hash)
	return a.twice[i]&bit != 0
}

// slot returns the bit of a hash and its place. Hashes of anchors are small ones, so
// their bits are spread first.
func (a *Anchors) slot(hash uint64) (i, bit uint64) {
	hi, lo := bits.Mul64(hash*0x9e3779b97f4a7c15, uint64(len(a.twice)))
	return hi, 1 << (lo >> 58)
}

// AnchorFinder finds the anchors of texts for [Anchors]. It belongs to one goroutine.
type AnchorFinder struct {
	in       Measure
	reader   reader
	winnower *winnower
	own      sequence
}

// NewAnchorFinder returns an AnchorFinder for o, which has anchors. Those found under
// one hash are for a [Finder] under the same.
func NewAnchorFinder(o Options, h Hash) *AnchorFinder {
	return &AnchorFinder{in: o.MinLength.In, reader: newReader(), winnower: newWinnower(o.MinLength, h)}
}

// Append appends the hashes of the anchors of text to dst, but of equal ones in a row
// only two: more of them say nothing new.
func (f *AnchorFinder) Append(dst []uint64, text []byte) []uint64 {
	f.reader.sequence(&f.own, f.in, text)
	var last uint64
	inRow := 0
	for a := range f.winnower.walk(&f.own) {
		if a.hash != last {
			last, inRow = a.hash, 0
		}
		if inRow++; inRow <= 2 {
			dst = append(dst, a.hash)
		}
	}
	if f.own.bytes() > 4*LargeText {
		f.own = sequence{} // a giant text must not be paid for ever after
	}
	return dst
}
