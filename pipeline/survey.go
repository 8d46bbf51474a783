package pipeline

import (
	"math"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Bounds of the sample that the forecast is made from.
const (
	sampleFiles = 4
	sampleBytes = 256 << 10
	// samplePlaces is at how many places records are measured.
	samplePlaces = 128
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

// surveyOf samples the input, which will be compared as o.Identity says.
func surveyOf(c *corpus.Corpus, o Options) survey {
	id := o.Identity
	s := survey{samples: c.Sample(sampleFiles, sampleBytes)}
	background := newBackground(id)
	seen := sampleSums{ratios: containerRatios{}}
	parser := corpus.NewParser(c)
	var batch corpus.Batch
	for _, sample := range s.samples {
		batch.Reset()
		parser.Parse(sample.Block, &batch)
		seen.add(c, sample, &batch)
		for i := range batch.Docs {
			background.add(batch.Docs[i].Text)
		}
	}
	s.stats = seen.stats(c)
	s.stats.LargestBytes = max(seen.largest, c.Largest(samplePlaces, o.giantBytes()))
	s.stats.Background = background.similarities()
	return s
}

// sampleSums add up what is in samples.
type sampleSums struct {
	bytes, records     float64 // of files with records
	docs, names        float64
	compressed, stored float64 // bytes, of compressed files
	ratios             containerRatios
	largest            int64  // record
	title              []byte // scratch
}

// add adds a sample of c, of which batch was made.
func (s *sampleSums) add(c *corpus.Corpus, sample corpus.Sample, batch *corpus.Batch) {
	file := &c.Files()[sample.Block.File]
	isContainer := c.IsContainer(sample.Block.File)
	if isContainer {
		s.ratios.add(file.Format, sample)
	} else if file.Compression != corpus.None {
		s.compressed += float64(len(sample.Block.Data))
		s.stored += float64(sample.Stored)
	}
	if file.Format == corpus.JSONL || isContainer {
		s.records += float64(len(batch.Docs) + len(batch.Errs))
		s.bytes += float64(len(sample.Block.Data))
	}
	s.docs += float64(len(batch.Docs))
	for i := range batch.Docs {
		s.largest = max(s.largest, batch.Docs[i].Size)
		s.title = corpus.AppendTitle(s.title[:0], batch.Docs[i].Text, titleRunes)
		s.names += float64(len(batch.Docs[i].Key) + len(s.title) + 8)
	}
}

// stats concludes from the samples on all of c.
func (s *sampleSums) stats(c *corpus.Corpus) (stats Stats) {
	record, name, ratio := float64(guessedRecordBytes), float64(guessedNameBytes), float64(guessedRatio)
	if s.records > 0 {
		record = max(1, s.bytes/s.records)
	}
	if s.docs > 0 {
		name = s.names / s.docs
	}
	if s.stored > 0 {
		ratio = s.compressed / s.stored
	}
	for i, f := range c.Files() {
		size := f.Size
		if c.IsContainer(i) {
			size = int64(float64(size) * s.ratios.of(f.Format))
		} else if f.Compression != corpus.None {
			size = int64(float64(size) * ratio)
		}
		stats.Bytes += size
		stats.Stream = stats.Stream || f.Path == corpus.StdinPath
		if !c.Rereadable(i) {
			stats.KeptBytes += size
		}
		if f.Format.IsWhole() {
			stats.Documents++
		} else {
			stats.Documents += int64(math.Ceil(float64(size) / record))
		}
	}
	if stats.Documents > 0 {
		stats.RecordBytes = max(1, stats.Bytes/stats.Documents)
	}
	stats.NameBytes = int64(float64(stats.Documents) * name)
	return stats
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
