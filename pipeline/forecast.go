package pipeline

import (
	"fmt"
	"time"

	"github.com/doppel-dedup/doppel/pipeline/boilerplate"
	"github.com/doppel-dedup/doppel/pipeline/idf"
)

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
	p.memory, p.inputBytes, p.largest = o.Memory, stats.Bytes, stats.LargestBytes
	p.limitBlocks(o, stats)
	p.splitBudget(o, stats)
	p.expect(stats)
	if !stats.Stream {
		p.forecast(o, stats)
	}
}

// expect predicts the sizes of the stores.
func (p *Plan) expect(stats Stats) {
	id, x := &p.Identity, &p.Expected
	x.Names = stats.NameBytes + p.Documents*12
	if id.Similarity == Exact {
		return
	}
	x.Kept = stats.KeptBytes
	switch candidates := id.candidates(p.Documents); {
	case id.Similarity.weighted():
		x.Sets = int64(float64(stats.Bytes) * rowBytes(id.Features))
		if candidates == KeyTerms {
			x.Keys = p.Documents * int64(id.KeyTerms*(id.KeyTerms-1)/2) * 12
		}
	case candidates == AllPairs:
		x.Sets = stats.Bytes * 4 / 3
	case candidates == SampledShingles:
		x.Sets = stats.Bytes * 4 / 3
		x.Keys = stats.Bytes / 6 / sampledOne * 12
	default:
		shared := 1.0
		if id.Boilerplate == 0 {
			shared -= (1 - usuallyShared) * (1 - p.byChance)
		}
		x.Sets = int64(float64(stats.Bytes) * shared * 4 / 3) // a word of 6 bytes gives one 8-byte shingle
		x.Keys = p.Documents * int64(4+8*p.Params.Bands)
	}
	if id.Figures == FiguresApart {
		x.Figures = x.Sets / figureShare
	}
}

// forecast concludes from the sizes of the stores on memory and temporary files.
func (p *Plan) forecast(o Options, stats Stats) {
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
	if stats.LargestBytes > o.giantBytes() {
		p.Forecast.Memory = max(p.Forecast.Memory, p.giantNeeds(stats.LargestBytes))
	}
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
			bytes += 1
		case idf.WordsAndPairs:
			bytes += 2.5
		case idf.SkipPairs:
			bytes += 0.5 * float64(s.Window)
		}
	}
	return bytes
}

// forecastTime measures pass 1 on the sample and concludes on the rest: the
// second pass does as much for the documents in candidate pairs, and joining
// takes its time for each band key.
func (j *Job) forecastTime(s survey) {
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
