package pipeline

// Budget is the memory, in bytes, of the stores that grow with the input. Not all
// are full at the same time: five eighths of Keys at most are left once the bands
// are joined, when the sets are made.
type Budget struct {
	// Names are ids, titles and places of documents.
	Names int64
	// Keys are the band keys, and later the candidate pairs made of them.
	Keys int64
	// Kept are the blocks of inputs that are not read a second time.
	Kept int64
	// Sets are the shingle sets of documents in candidate pairs, and Figures
	// their sets of numbers, if these count.
	Sets, Figures int64
}

// What a run takes whatever its stores do, in bytes.
const (
	baseMemory = 12 << 20 // the program, its tables and the runtime
	// perDocument is held for every document to the end: its leader, length,
	// rank, place and flags, and its slot among the ids. Arrays that grow by a
	// quarter have an eighth to spare.
	perDocument = 58
	// perText is the slot of a document in the table of texts, in pass 1.
	perText = 32
	// blockCopies is how often a block under way is there, with what is made of
	// it.
	blockCopies = 2
)

// perDate is the time of a document, if there is a window.
const perDate = 5

// perDocument is what is held for every document to the end.
func (id Identity) perDocument() int64 {
	if id.Window > 0 {
		return perDocument + perDate
	}
	return perDocument
}

// figureShare is the share of the memory for sets that goes to sets of figures:
// one token in eight, where there are many.
const figureShare = 8

// limitBlocks bounds what is under way between reading and storing: enough for
// every worker to have blocks waiting, where the budget allows. A block counts for
// its size and that of the band keys to come, which outweigh tiny records.
func (p *Plan) limitBlocks(o Options, stats Stats) {
	p.blockWeight = 1
	if stats.RecordBytes > 0 {
		p.blockWeight += float64(8*p.Params.Bands) / blockCopies / float64(stats.RecordBytes)
	}
	enough := float64(int64(2+2*o.Threads)<<20) * p.blockWeight
	p.underWay = max(2<<20, min(int64(enough), o.Memory/32))
}

// splitBudget shares out what the memory leaves for stores. A budget that is too
// small for the documents leaves half of it.
func (p *Plan) splitBudget(o Options, stats Stats) {
	rest := o.Memory - baseMemory - blockCopies*p.underWay - p.Documents*(p.Identity.perDocument()+perText+p.Identity.perSieved(p.Documents))
	rest = max(rest, o.Memory/2) / 100
	p.Budget = Budget{Names: rest * 14, Keys: rest * 42, Sets: rest * 58}
	if p.Identity.setsFirst() {
		p.Budget.Sets = rest * 42 // which are made before the keys are joined
	}
	if stats.Stream || stats.KeptBytes > 0 {
		p.Budget.Kept, p.Budget.Sets = rest*30, rest*30
	}
	if p.Identity.Figures == FiguresApart {
		p.Budget.Figures = p.Budget.Sets / figureShare
		p.Budget.Sets -= p.Budget.Figures
	}
}

// setsFirst tells whether the sets are made before the keys are joined.
func (id Identity) setsFirst() bool { return id.Similarity.weighted() || id.Boilerplate > 0 }
