package pipeline

import (
	"context"
	"errors"
	"runtime"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// ingest is pass 1: corpus blocks become documents with IDs, exact copies are
// told apart, and each distinct text leaves the keys that make candidates.
//
//	scan -> parse, normalise, digest, shingle, sign -> number, find copies, store
//	                      (parallel)                          (in order)
//
// A document goes through all of the parallel stage before the next one does, so
// that its text stays in the nearest cache. Copies are signed for nothing, since
// only their number tells that they are copies; that costs less than handing
// every text on to a stage of its own.
func (j *Job) ingest(ctx context.Context) error {
	if j.weights != nil && j.weights.counted == nil {
		j.weights.begin(false)
	}
	err := stream(ctx, j, func(ctx context.Context, send func(*corpus.Block, func(*batch)) error) error {
		mark, digests := j.journal.From()
		return j.corpus.ScanFrom(ctx, mark, digests, func(block *corpus.Block) error { return send(block, func(*batch) {}) })
	}, j.newReader, func(b *batch) error {
		if err := j.number(b); err != nil {
			return err
		}
		if j.weights != nil {
			j.weights.add(&b.words)
		}
		j.report(StageRead)
		return j.logBatch(b)
	})
	if err := j.journal.EndRead(err); err != nil {
		return err
	}
	return j.seal()
}

// newReader returns one worker's function that turns a block into documents,
// each with the digest of its text and the keys that make candidates.
func (j *Job) newReader() func(*batch) error {
	return j.newReaderWith(j.newKeyer())
}

// newReaderWith is newReader with another function that appends a document's keys.
func (j *Job) newReaderWith(keys func(*batch, []byte)) func(*batch) error {
	r := &batchReader{
		job: j, parser: corpus.NewParser(j.corpus), keys: keys, count: func([]byte) {}, flush: func(*batch) {},
		normalizer: shingle.NewNormalizer(), digester: shingle.NewDigester(j.plan.Identity.Seed), stamper: j.secrets.stamper,
	}
	if j.weights != nil {
		r.count, r.flush = j.weights.newTally()
	}
	return r.read
}

// batchReader is one worker of pass 1. Its buffers are used again for the next block.
type batchReader struct {
	job        *Job
	parser     *corpus.Parser
	normalizer *shingle.Normalizer
	digester   *shingle.Digester
	stamper    *kernels.Stamper
	keys       func(*batch, []byte) // appends the keys of a normalised text
	count      func([]byte)         // counts its words, if they have weights
	flush      func(*batch)         // gives the counts to the batch
	norm       []byte
}

// read makes the documents of b's block.
func (r *batchReader) read(b *batch) error {
	j := r.job
	r.parser.Parse(b.block, &b.in)
	giant := j.isGiant(b.block) && len(b.in.Docs) == 1
	if giant {
		j.dropBlock(b.block)
	}
	for i := range b.in.Docs {
		r.document(b, &b.in.Docs[i], giant)
	}
	r.flush(b)
	b.digests = r.digester.Append(b.digests)
	if cap(r.norm) > maxKept {
		r.norm = nil // a giant document must not be paid for ever after
	}
	return nil
}

// document appends to b what is known of document d. The text of a giant one is
// dropped as soon as it is normalised.
func (r *batchReader) document(b *batch, d *corpus.Document, giant bool) {
	r.norm = r.normalizer.Append(r.norm[:0], d.Text)
	length := len(d.Text)
	if !d.ASCII {
		length = kernels.Characters(d.Text)
	}
	b.lens = append(b.lens, uint32(length)) // a record is shorter than 2^32 bytes
	b.titleAt = append(b.titleAt, len(b.titles))
	b.titles = corpus.AppendTitle(b.titles, d.Text, titleRunes)
	if giant && r.job.capture == nil {
		b.in.DropTexts()
		runtime.GC() // as dropBlock has it
	}
	r.digester.Add(r.norm)
	b.stamps = append(b.stamps, r.stamper.Stamp(r.norm))
	b.noToken = append(b.noToken, !shingle.HasToken(r.norm))
	r.keys(b, r.norm)
	b.keyEnd = append(b.keyEnd, len(b.keys))
	r.count(r.norm)
}

// seal ends pass 1: the stores become readable.
func (j *Job) seal() error {
	if err := errors.Join(j.kept.Seal(), j.catalog.Seal(), j.bad.Seal()); err != nil {
		return err
	}
	if j.sources != nil {
		j.sources.addBad(j.badInFile)
		j.source = j.sources.of
	}
	j.sides = j.sidesOf(j.plan.Identity)
	if err := j.options.MaxBad.exceededShare(j.counts.Quarantined, j.counts.Documents); err != nil {
		return err
	}
	if j.dates != nil {
		j.window = j.dates.window(j.plan.Identity.Window)
	}
	j.tempBytes = j.kept.FileBytes() + j.catalog.FileBytes() + j.bad.FileBytes()
	if j.bucketer != nil {
		j.tempBytes += j.bucketer.FileBytes()
	}
	if j.keyed != nil {
		j.tempBytes += j.keyed.FileBytes()
	}
	if j.fields != nil {
		j.tempBytes += j.fields.rows.FileBytes()
		if err := j.fields.rows.Seal(); err != nil {
			return err
		}
	}
	if j.contents != nil {
		j.tempBytes += j.contents.FileBytes()
		if err := j.contents.Seal(); err != nil {
			return err
		}
	}
	return j.catalog.Err()
}
