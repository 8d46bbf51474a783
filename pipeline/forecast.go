package pipeline

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Budget is the memory, in bytes, of the stores that grow with the input. Kept
// and Sets are never full at the same time: the blocks put aside in pass 1 are
// dropped once the sets are made from them.
type Budget struct {
	// Names are ids, titles and places of documents.
	Names int64
	// Keys are the band keys, and later the candidate pairs made of them.
	Keys int64
	// Kept are the blocks of inputs that are not read a second time.
	Kept int64
	// Sets are the shingle sets of documents in candidate pairs.
	Sets int64
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

// underWay bounds the bytes of the blocks between reading and storing.
func underWay(o Options) int64 {
	return max(2<<20, min(int64(2+2*o.Threads)<<20, o.Memory/32))
}

// splitBudget shares out what the memory leaves for stores. A budget that is too
// small for the documents leaves a quarter of it.
func splitBudget(o Options, documents int64) Budget {
	rest := o.Memory - baseMemory - blockCopies*underWay(o) - documents*(perDocument+perText)
	rest = max(rest, o.Memory/4) / 100
	return Budget{Names: rest * 14, Keys: rest * 42, Kept: rest * 36, Sets: rest * 48}
}

// Forecast is what a run is expected to take. It is good to a factor of two
// where about the usual share of documents is in candidate pairs.
type Forecast struct {
	// Memory is the peak of the process, in bytes, and Temp the size of its
	// temporary files.
	Memory, Temp int64
	// Time is 0 if nothing of the input could be sampled.
	Time time.Duration
}

// String says it in a few words.
func (f Forecast) String() string {
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
	p.Budget = splitBudget(o, p.Documents)
	p.Expected.Names = stats.NameBytes + p.Documents*12
	if p.Identity.Similarity != Exact {
		chance := 2 * p.Candidates / float64(max(p.Documents, 1))
		shared := 1 - (1-usuallyShared)*math.Exp(-chance)
		p.Expected.Sets = int64(float64(stats.Bytes) * shared * 4 / 3) // a word of 6 bytes gives one 8-byte shingle
		p.Expected.Keys = p.Documents * int64(4+8*p.Params.Bands)
		p.Expected.Kept = stats.KeptBytes
	}
	x, have := &p.Expected, &p.Budget
	over := func(expected, budget int64) int64 { return max(0, expected-budget) }
	names := min(x.Names, have.Names) + p.Documents*perDocument
	first := names + p.Documents*perText + min(x.Keys, have.Keys/2) + min(x.Kept, have.Kept)
	second := names + min(x.Sets, have.Sets) + min(x.Keys, have.Keys)/2
	p.Forecast.Memory = baseMemory + blockCopies*min(stats.Bytes, underWay(o)) + max(first, second)*9/8
	p.Forecast.Temp = over(x.Names, have.Names) + over(x.Kept, have.Kept) + over(x.Sets, have.Sets)
	if x.Keys > have.Keys/2 {
		p.Forecast.Temp += x.Keys // all of them go to the file then
	}
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

// surveyOf samples the input.
func surveyOf(c *corpus.Corpus) survey {
	s := survey{samples: c.Sample(context.Background(), sampleFiles, sampleBytes)}
	var seen struct{ bytes, records, names, compressed, stored float64 }
	parser := corpus.NewParser(c)
	var batch corpus.Batch
	var title []byte
	for _, sample := range s.samples {
		if c.Files()[sample.Block.File].Compression != corpus.None {
			seen.compressed += float64(len(sample.Block.Data))
			seen.stored += float64(sample.Stored)
		}
		batch.Reset()
		parser.Parse(sample.Block, &batch)
		seen.records += float64(len(batch.Docs) + len(batch.Errs))
		seen.bytes += float64(len(sample.Block.Data))
		for i := range batch.Docs {
			title = corpus.AppendTitle(title[:0], batch.Docs[i].Text, titleRunes)
			seen.names += float64(len(batch.Docs[i].Key) + len(title) + 8)
		}
	}
	record, name, ratio := float64(guessedRecordBytes), float64(guessedNameBytes), float64(guessedRatio)
	if seen.records > 0 {
		record, name = max(1, seen.bytes/seen.records), seen.names/seen.records
	}
	if seen.stored > 0 {
		ratio = seen.compressed / seen.stored
	}
	for i, f := range c.Files() {
		size := f.Size
		if f.Compression != corpus.None {
			size = int64(float64(size) * ratio)
		}
		s.stats.Bytes += size
		if !c.Rereadable(i) {
			s.stats.KeptBytes += size
		}
		if f.Format == corpus.Text {
			s.stats.Documents++
		} else {
			s.stats.Documents += int64(math.Ceil(float64(size) / record))
		}
	}
	s.stats.NameBytes = int64(float64(s.stats.Documents) * name)
	return s
}

// forecastTime measures pass 1 on the sample and concludes on the rest: the
// second pass does as much for the documents in candidate pairs, and joining
// takes its time for each band key.
func (j *Job) forecastTime(s survey) {
	read := j.newReader()
	b := new(batch)
	var bytes int
	var took time.Duration
	for _, sample := range s.samples {
		for round := range 2 {
			b.reset(sample.Block)
			start := time.Now()
			if err := read(b); err != nil {
				return
			}
			if round > 0 { // the first one fills tables and caches
				bytes, took = bytes+len(sample.Block.Data), took+time.Since(start)
			}
		}
	}
	if bytes == 0 {
		return
	}
	perByte := float64(took) / float64(bytes)
	shared := float64(j.plan.Expected.Sets) * 3 / 4
	keys := float64(j.plan.Documents) * float64(j.plan.Params.Bands)
	work := perByte*(float64(s.stats.Bytes)+shared) + keys*joinKeyTime + float64(j.plan.Documents)*perDocumentTime
	j.plan.Forecast.Time = time.Duration(work / float64(j.options.Threads))
}

// Nanoseconds for a band key in the join, and for numbering, storing and
// reporting a document, on a machine of 2020.
const (
	joinKeyTime     = 40
	perDocumentTime = 1500
)
