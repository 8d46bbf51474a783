package pipeline

import "github.com/doppel-dedup/doppel/pipeline/passage"

// Guesses about passages, for the forecast.
const (
	keyBytes       = 24   // of a key or a match in extsort.Triples
	wordBytes      = 6    // of a word with what is around it
	paragraphBytes = 400  // of a paragraph that is long enough to count
	lineBytes      = 100  // likewise of a line
	repeatedShare  = 0.2  // of windows that have an anchor that is repeated
	cutShare       = 0.08 // of keys that are of passages to be cut out
)

// passageBudget is the memory, in bytes, of the stores of a search for passages.
type passageBudget struct {
	Texts, Anchors, Keys, Matches, Edits int64
	// Work is for large texts at work, and for what workers remember.
	Work int64
}

// passageMemory is what the stores of the run have left.
func (p *Plan) passageMemory() int64 {
	if p.Identity.Similarity == Exact {
		return p.Budget.Keys + p.Budget.Sets
	}
	return p.Budget.Keys * 2 / 3 // the keys have served
}

// passageBudget shares that out for texts of up to largest bytes, as far as is known. The
// names of documents are held besides, and half of the anchors while there are keys,
// none with matches alone.
func (p *Plan) passageBudget(largest int64) passageBudget {
	all := p.passageMemory()
	work := max(all*15/100, min(spansWeight*largest, all/2), 1)
	rest := (all - work) / 85
	return passageBudget{
		Texts:   rest * 34,
		Anchors: rest * 20,
		Keys:    rest * 20,
		Matches: rest * 8,
		Edits:   rest * 6,
		Work:    work,
	}
}

// expectPassages returns what a search for passages is expected to store.
func (p *Plan) expectPassages(stats Stats) (x passageBudget) {
	o := p.Identity.Passages
	x.Texts = stats.Bytes
	var keys float64
	switch size := float64(stats.Bytes); {
	case o.Unit == passage.Paragraph:
		keys = size / paragraphBytes
	case o.Unit == passage.Line:
		keys = size / lineBytes
	default:
		elements := size
		if o.MinLength.In == passage.Tokens {
			elements /= wordBytes
		}
		keys = max(0, elements-float64(p.Documents)*float64(o.MinLength.N-1))
		if o.HasAnchors() {
			keys *= repeatedShare
			x.Anchors = passage.AnchorBytes(o, stats.Bytes, p.passageBudget(stats.LargestBytes).Anchors)
		}
	}
	x.Keys = int64(keys * keyBytes)
	x.Matches = int64(keys * cutShare * keyBytes)
	if o.HasAnchors() {
		x.Matches = x.Keys / 2 // most of what has a key is repeated
	}
	return x
}

// foreseePassages adds a search for passages, for which names bytes are held besides.
func (p *Plan) foreseePassages(stats Stats, names int64) (memory, temp int64) {
	if p.Identity.Passages.Unit == passage.None {
		return 0, 0
	}
	x, have := p.expectPassages(stats), p.passageBudget(stats.LargestBytes)
	// Buffers that grow leave what they were before behind.
	memory = names + min(x.Texts, have.Texts) + x.Anchors/2 + min(x.Keys*2, have.Keys) + min(x.Matches*2, have.Matches)
	temp = max(0, x.Texts-have.Texts)
	for _, sorter := range [][2]int64{{x.Keys, have.Keys}, {x.Matches, have.Matches}} {
		if sorter[0] > sorter[1] {
			temp += sorter[0] // all of it goes to the file then
		}
	}
	return memory, temp
}
