package pipeline

import (
	"runtime"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
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
