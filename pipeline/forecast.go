package pipeline

import (
	"fmt"
	"math"
	"time"

	"github.com/doppel-dedup/doppel/pipeline/boilerplate"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/idf"
)

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

// Forecast is what a run is expected to take. It is good to a factor of two
// where about the usual share of documents is in candidate pairs.
type Forecast struct {
	// Memory is the peak of the process, in bytes, and Temp the size of its
	// temporary files. Memory is 0 if nothing is known of the input.
	Memory, Temp int64
	// Time is 0 if nothing of the input could be sampled.
	Time time.Duration
}

// Known reports whether there is a forecast: nobody knows what standard input
// will bring.
func (f Forecast) Known() bool { return f.Memory > 0 }

// String says it in a few words.
func (f Forecast) String() string {
	if !f.Known() {
		return "none, for nothing is known of standard input"
	}
	s := fmt.Sprintf("about %s of memory", Bytes(f.Memory))
	if f.Temp > 0 {
		s += fmt.Sprintf(", %s of temporary files", Bytes(f.Temp))
	}
	switch {
	case f.Time == 0:
		return s
	case f.Time < 5*time.Second:
		return s + ", some seconds"
	case f.Time < 2*time.Minute:
		return s + ", " + f.Time.Round(time.Second).String()
	}
	return s + ", " + f.Time.Round(time.Minute).String()
}

// usuallyShared is the share of documents that are taken to be in a candidate
// pair, besides those that meet by chance: corpora have between 5% and 60%.
const usuallyShared = 0.3

// provide shares out the memory and forecasts what the stores will take.
func (p *Plan) provide(o Options, stats Stats) {
	p.memory, p.inputBytes = o.Memory, stats.Bytes
	p.limitBlocks(o, stats)
	p.splitBudget(o, stats)
	p.Expected.Names = stats.NameBytes + p.Documents*12
	switch id := p.Identity; {
	case id.Similarity == Exact:
	case id.Similarity.weighted():
		p.Expected.Sets = int64(float64(stats.Bytes) * rowBytes(id.Features))
		if id.candidates(p.Documents) == KeyTerms {
			p.Expected.Keys = p.Documents * int64(id.KeyTerms*(id.KeyTerms-1)/2) * 12
		}
		p.Expected.Kept = stats.KeptBytes
	case id.candidates(p.Documents) == AllPairs:
		p.Expected.Sets = stats.Bytes * 4 / 3
		p.Expected.Kept = stats.KeptBytes
	case id.candidates(p.Documents) == SampledShingles:
		p.Expected.Sets = stats.Bytes * 4 / 3
		p.Expected.Keys = stats.Bytes / 6 / sampledOne * 12
		p.Expected.Kept = stats.KeptBytes
	default:
		shared := 1.0
		if id.Boilerplate == 0 {
			shared -= (1 - usuallyShared) * (1 - p.byChance)
		}
		p.Expected.Sets = int64(float64(stats.Bytes) * shared * 4 / 3) // a word of 6 bytes gives one 8-byte shingle
		p.Expected.Keys = p.Documents * int64(4+8*p.Params.Bands)
		p.Expected.Kept = stats.KeptBytes
	}
	if p.Identity.Figures == FiguresApart {
		p.Expected.Figures = p.Expected.Sets / figureShare
	}
	if stats.Stream {
		return
	}
	x, have := &p.Expected, &p.Budget
	over := func(expected, budget int64) int64 { return max(0, expected-budget) }
	names := min(x.Names, have.Names) + p.Documents*p.Identity.perDocument()
	first := names + p.Documents*perText + min(x.Keys, have.Keys/2) + min(x.Kept, have.Kept)
	second := names + min(x.Sets, have.Sets) + min(x.Figures, have.Figures) + min(x.Keys, have.Keys)/2 + min(x.Kept, have.Kept)
	if p.Identity.setsFirst() {
		second += min(x.Keys, have.Keys)/2 + p.Documents*p.Identity.perSieved(p.Documents)
	}
	// Records may be longer than blocks, and one a worker is never held up.
	blocks := max(p.underWay, stats.RecordBytes*int64(2*o.Threads+4))
	third, passagesTemp := p.foreseePassages(stats, names)
	p.Forecast.Memory = baseMemory + blockCopies*min(int64(float64(stats.Bytes)*p.blockWeight), blocks) + max(first, second, third)*9/8
	if p.Identity.Boilerplate > 0 { // the sample's sets, and sorting them
		sampled := min(stats.Bytes, boilerplate.SampledTexts*stats.RecordBytes) * 4 / 3
		p.Forecast.Memory += min(sampled, have.Sets/2) + min(2*sampled, have.Keys/2)
	}
	p.Forecast.Temp = over(x.Names, have.Names) + over(x.Kept, have.Kept) + over(x.Sets, have.Sets) + over(x.Figures, have.Figures)
	if x.Keys > have.Keys/2 {
		p.Forecast.Temp += x.Keys // all of them go to the file then
	}
	p.Forecast.Temp += passagesTemp
}

// rowBytes is the size of weighted rows for a byte of text: words come once, and one
// in three is a content word with a pair for each of those within its window.
func rowBytes(features idf.Features) float64 {
	bytes := 0.0
	for _, s := range features.Sections() {
		switch s.Kind {
		case idf.Words:
			bytes += 0.8
		case idf.WordsAndPairs:
			bytes += 2
		case idf.SkipPairs:
			bytes += 0.4 * float64(s.Window)
		}
	}
	return bytes
}

// Bounds of the sample that the forecast is made from.
const (
	sampleFiles = 4
	sampleBytes = 256 << 10
)

// Guesses where there is no sample.
const (
	guessedRecordBytes = 2500
	guessedRatio       = 4
	guessedNameBytes   = 110
)

// survey is what a sample of the input says.
type survey struct {
	samples []corpus.Sample
	stats   Stats
}

// surveyOf samples the input, which will be compared as id says.
func surveyOf(c *corpus.Corpus, id Identity) survey {
	s := survey{samples: c.Sample(sampleFiles, sampleBytes)}
	background := newBackground(id)
	ratios := containerRatios{}
	var seen struct{ bytes, records, docs, names, compressed, stored float64 }
	parser := corpus.NewParser(c)
	var batch corpus.Batch
	var title []byte
	for _, sample := range s.samples {
		if c.IsContainer(sample.Block.File) {
			ratios.add(c.Files()[sample.Block.File].Format, sample)
		} else if c.Files()[sample.Block.File].Compression != corpus.None {
			seen.compressed += float64(len(sample.Block.Data))
			seen.stored += float64(sample.Stored)
		}
		batch.Reset()
		parser.Parse(sample.Block, &batch)
		if c.Files()[sample.Block.File].Format == corpus.JSONL || c.IsContainer(sample.Block.File) {
			seen.records += float64(len(batch.Docs) + len(batch.Errs))
			seen.bytes += float64(len(sample.Block.Data))
		}
		seen.docs += float64(len(batch.Docs))
		for i := range batch.Docs {
			title = corpus.AppendTitle(title[:0], batch.Docs[i].Text, titleRunes)
			seen.names += float64(len(batch.Docs[i].Key) + len(title) + 8)
			background.add(batch.Docs[i].Text)
		}
	}
	s.stats.Background = background.similarities()
	record, name, ratio := float64(guessedRecordBytes), float64(guessedNameBytes), float64(guessedRatio)
	if seen.records > 0 {
		record = max(1, seen.bytes/seen.records)
	}
	if seen.docs > 0 {
		name = seen.names / seen.docs
	}
	if seen.stored > 0 {
		ratio = seen.compressed / seen.stored
	}
	for i, f := range c.Files() {
		size := f.Size
		if c.IsContainer(i) {
			size = int64(float64(size) * ratios.of(f.Format))
		} else if f.Compression != corpus.None {
			size = int64(float64(size) * ratio)
		}
		s.stats.Bytes += size
		s.stats.Stream = s.stats.Stream || f.Path == corpus.StdinPath
		if !c.Rereadable(i) {
			s.stats.KeptBytes += size
		}
		if f.Format.IsWhole() {
			s.stats.Documents++
		} else {
			s.stats.Documents += int64(math.Ceil(float64(size) / record))
		}
	}
	if s.stats.Documents > 0 {
		s.stats.RecordBytes = max(1, s.stats.Bytes/s.stats.Documents)
	}
	s.stats.NameBytes = int64(float64(s.stats.Documents) * name)
	return s
}

// containerRatios are the bytes of records and those that they are stored in, as
// sampled, of containers by format.
type containerRatios map[corpus.Format][2]float64

func (r containerRatios) add(f corpus.Format, s corpus.Sample) {
	seen := r[f]
	r[f] = [2]float64{seen[0] + float64(len(s.Block.Data)), seen[1] + float64(s.Stored)}
}

// of returns how much larger the records of a format are than their files.
func (r containerRatios) of(f corpus.Format) float64 {
	if seen := r[f]; seen[1] > 0 {
		return seen[0] / seen[1]
	}
	return 1
}

// forecastTime measures pass 1 on the sample and concludes on the rest: the
// second pass does as much for the documents in candidate pairs, and joining
// takes its time for each band key.
func (j *Job) forecastTime(s survey) {
	if j.weights != nil {
		defer j.weights.forget() // the sample will be read again with the rest
	}
	read := j.newReaderWith(j.newTextKeyer())
	b := new(batch)
	var bytes int
	var took time.Duration
	for _, sample := range s.samples {
		for round := range 2 {
			b.empty()
			b.block = sample.Block
			start := time.Now()
			if err := read(b); err != nil {
				return
			}
			if round > 0 { // the first one fills tables and caches
				bytes, took = bytes+len(sample.Block.Data), took+time.Since(start)
			}
		}
	}
	if bytes == 0 || s.stats.Stream {
		return
	}
	perByte := float64(took) / float64(bytes)
	shared := float64(j.plan.Expected.Sets) * 3 / 4
	if j.boiler != nil {
		shared += float64(min(s.stats.Bytes, boilerplate.SampledTexts*s.stats.RecordBytes))
	}
	keys := float64(j.plan.Expected.Keys) / 12
	if j.plan.Params.Bands > 0 {
		keys = float64(j.plan.Documents) * float64(j.plan.Params.Bands)
	}
	work := perByte*(float64(s.stats.Bytes)+shared) + keys*joinKeyTime + float64(j.plan.Documents)*perDocumentTime
	if n := float64(j.plan.Documents); j.plan.Identity.candidates(j.plan.Documents) == AllPairs {
		work += n * n / 2 * comparisonTime
	}
	spill := float64(j.plan.Forecast.Temp) * spillTime // by one goroutine
	j.plan.Forecast.Time = time.Duration(work/float64(j.options.Threads) + spill)
}

// Nanoseconds for a band key in the join, for numbering, storing and reporting a
// document, for writing and reading a byte of temporary files, and for a comparison
// of all pairs, on a machine of 2020.
const (
	joinKeyTime     = 40
	perDocumentTime = 1500
	spillTime       = 4
	comparisonTime  = 4000 // of two weighted rows
)
