package pipeline

import (
	"fmt"
	"runtime"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/shingle"
)

// Giant documents are those that would not fit into the budget a few times over: two of
// them are never worked on at once, and what has served of one is given back before more
// is made of it. See [corpus.Options.Giant].

// giantBytes returns the size of a record from which on it is a giant.
func (o Options) giantBytes() int64 { return max(2<<20, o.Memory/32) }

// isGiant tells whether a block is that of a giant record.
func (j *Job) isGiant(b *corpus.Block) bool { return b.Size() > j.options.giantBytes() }

// dropBlock drops the data of a giant's block, which was parsed, unless it will be put
// aside.
func (j *Job) dropBlock(b *corpus.Block) {
	if j.keeps(b.File) {
		return
	}
	b.Forget()
	// Nobody but the garbage collector gives memory back, and it would let what comes
	// next come on top. It takes a thousandth of what is done with a giant.
	runtime.GC()
}

// giantNeeds returns the memory, in bytes, that a run needs for a record of a size: it is
// there as it is stored and as text, as text and in normal form, and in normal form with
// what is made of that; or two sets of shingles are compared.
func (p *Plan) giantNeeds(size int64) int64 {
	copies := 2.3
	switch id := &p.Identity; {
	case id.Passages.Unit == passage.Substring && id.Passages.MinLength.In == passage.Tokens:
		copies = 7
	case id.Passages.Unit != passage.None:
		copies = 3.5
	case id.Similarity == Exact:
	case id.Similarity.weighted():
		copies = 12 // and two lists of features, of 16 bytes a word each
	case id.Shingle.Unit == shingle.Char:
		copies = 1 + 8
	}
	return 2*baseMemory + int64(copies*float64(size))
}

// GiantDoubt says that the largest record that was seen needs more memory than the
// budget, and what to do, "" if it does not.
func (p *Plan) GiantDoubt() string {
	if need := p.giantNeeds(p.largest); p.largest > p.memory/32 && need > p.memory/10*11 {
		return "the largest record seen, of " + p.doubt(p.largest)
	}
	return ""
}

// doubt is what GiantDoubt says of a record of a size.
func (p *Plan) doubt(size int64) string {
	need := p.giantNeeds(size)
	return fmt.Sprintf("%v, needs about %v of memory, more than the budget of %v: the run goes beyond it for such records, one at a time; give --memory %dMiB, or leave them out with --max-record",
		Bytes(size), Bytes(need), Bytes(p.memory), need>>20)
}

// meetGiant is told of a giant before it is read.
func (j *Job) meetGiant(f *corpus.File, line, size int64) error {
	need := j.plan.giantNeeds(size)
	if machine := machineMemory(); need > machine {
		return fmt.Errorf("%s:%d: a record of %v needs about %v of memory, and this machine, or its container, has %v: give it more, or leave such records out with --max-record",
			f.Name, line, Bytes(size), Bytes(need), Bytes(machine))
	}
	if j.told == 0 {
		said := j.plan.giantNeeds(j.plan.largest)
		j.told = max(j.plan.memory/10*11, said+said/4)
	}
	if need > j.told {
		if j.told = need + need/4; j.options.OnGiant != nil {
			j.options.OnGiant(fmt.Sprintf("%s:%d: a record of %s", f.Name, line, j.plan.doubt(size)))
		}
	}
	return nil
}
