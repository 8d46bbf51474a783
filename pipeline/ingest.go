package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/shingle"
)

// maxKept is the size in bytes beyond which a batch's buffers are not reused.
const maxKept = 4 << 20

// titleRunes is the length of a document's title in reports.
const titleRunes = 80

// batch is one block of the corpus on its way through pass 1. Its buffers are
// reused; nothing in it outlives the sink.
type batch struct {
	blockHolder
	in corpus.Batch

	// Of each document in in.Docs:
	digests []shingle.Digest // of the normalised text
	stamps  []uint64         // likewise, by which equal digests are confirmed
	noToken []bool
	lens    []uint32 // characters
	titles  []byte   // first words, end to end
	titleAt []int
	keys    []uint64 // that make candidates, end to end; those of empty documents mean nothing
	keyEnd  []int
	sigs    []uint64 // signatures, likewise, if onSignature wants them

	// What number finds out:
	leads   []bool // no other document before has the text
	dropped []int  // documents that are bad records, since their key was taken

	words idf.Counts // of all documents, if words have weights

	size int64 // of a block's data that is not here any more
}

// empty makes b ready for a block. It is called when b has served, so that idle
// ones hold nothing large: a block of countless tiny documents, or a giant one,
// must not be paid for ever after.
func (b *batch) empty() {
	if cap(b.titles) > maxKept || cap(b.keys) > maxKept/8 || cap(b.words.Terms) > maxKept/16 {
		*b = batch{}
	}
	b.block = nil
	b.in.Reset()
	b.digests, b.stamps, b.noToken, b.lens = b.digests[:0], b.stamps[:0], b.noToken[:0], b.lens[:0]
	b.titles, b.titleAt = b.titles[:0], b.titleAt[:0]
	b.keys, b.keyEnd, b.sigs = b.keys[:0], b.keyEnd[:0], b.sigs[:0]
	b.words.Reset()
	b.leads, b.dropped, b.size = b.leads[:0], b.dropped[:0], 0
}

func (b *batch) keysOf(doc int) []uint64 { return partOf(b.keys, b.keyEnd, doc) }

// partOf returns part i of all, where parts end at ends.
func partOf(all []uint64, ends []int, i int) []uint64 {
	from := 0
	if i > 0 {
		from = ends[i-1]
	}
	return all[from:ends[i]]
}

func (b *batch) title(doc int) []byte {
	if doc+1 == len(b.titleAt) {
		return b.titles[b.titleAt[doc]:]
	}
	return b.titles[b.titleAt[doc]:b.titleAt[doc+1]]
}

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

func (j *Job) newReaderWith(keys func(*batch, []byte)) func(*batch) error {
	parser := corpus.NewParser(j.corpus)
	count, flush := func([]byte) {}, func(*batch) {}
	if j.weights != nil {
		count, flush = j.weights.newTally()
	}
	normalizer, digester, stamper := shingle.NewNormalizer(), shingle.NewDigester(j.plan.Identity.Seed), j.secrets.stamper
	var norm []byte
	return func(b *batch) error {
		parser.Parse(b.block, &b.in)
		giant := j.isGiant(b.block) && len(b.in.Docs) == 1
		if giant {
			j.dropBlock(b.block)
		}
		for i := range b.in.Docs {
			d := &b.in.Docs[i]
			norm = normalizer.Append(norm[:0], d.Text)
			length := len(d.Text)
			if !d.ASCII {
				length = kernels.Characters(d.Text)
			}
			b.lens = append(b.lens, uint32(length)) // a record is shorter than 2^32 bytes
			b.titleAt = append(b.titleAt, len(b.titles))
			b.titles = corpus.AppendTitle(b.titles, d.Text, titleRunes)
			if giant && j.capture == nil {
				b.in.DropTexts()
				runtime.GC() // as dropBlock has it
			}
			digester.Add(norm)
			b.stamps = append(b.stamps, stamper.Stamp(norm))
			b.noToken = append(b.noToken, !shingle.HasToken(norm))
			keys(b, norm)
			b.keyEnd = append(b.keyEnd, len(b.keys))
			count(norm)
		}
		flush(b)
		b.digests = digester.Append(b.digests)
		if cap(norm) > maxKept {
			norm = nil // a giant document must not be paid for ever after
		}
		return nil
	}
}

// number gives the documents of b their IDs, in order, finds the first document
// with each text, and stores what later stages need. A document whose key was
// seen before is a bad record.
func (j *Job) number(b *batch) error {
	j.places.add(b.block)
	before := j.catalog.Len()
	file := &j.corpus.Files()[b.block.File]
	name := file.Name
	for i := range b.in.Docs {
		d := &b.in.Docs[i]
		if file.Reference && !j.takeReference(b, i) {
			continue
		}
		id, err := j.catalog.Add(b.block.File, d, b.title(i))
		if err != nil {
			var dup *corpus.DuplicateKeyError
			if !errors.As(err, &dup) {
				return err
			}
			b.in.Errs = append(b.in.Errs, j.duplicateKey(b, d, dup))
			b.leads, b.dropped = append(b.leads, false), append(b.dropped, i)
			continue
		}
		leader, err := j.leaderOf(b, i, id)
		if err != nil {
			return err
		}
		j.leader = append(j.leader, leader)
		b.leads = append(b.leads, leader == id)
		if j.dates != nil {
			j.dates.add(leader, d.Date)
		}
		if j.sources != nil {
			j.sources.add(b.block.File, d.Source)
		}
		j.places.addDocument(d)
		j.empty = append(j.empty, b.noToken[i])
		j.lens = append(j.lens, b.lens[i])
		var ok bool
		j.ranks, ok = j.keep.AppendRanks(j.ranks, cluster.DocInfo{ID: id, Key: d.Key, Fields: d.Fields, FileName: name, TextLen: int(b.lens[i]), Protected: file.Reference})
		if !ok && !file.Reference {
			j.counts.Unranked++
		}
		if j.fields != nil {
			if err := j.fields.append(j.heldOf(d)); err != nil {
				return err
			}
		}
		if err := j.keepContent(b, i, leader == id); err != nil {
			return err
		}
		if want, ok := j.capture[string(d.Key)]; ok {
			want.id, want.text, want.found = id, slices.Clone(d.Text), true
		}
	}
	if err := j.quarantine(b); err != nil {
		return err
	}
	j.counts.Documents += int64(j.catalog.Len() - before)
	j.counts.Quarantined += int64(len(b.in.Errs))
	j.counts.Blank += b.in.Blank
	j.counts.Filtered += b.in.Filtered
	j.filteredInFile[b.block.File] += b.in.Filtered
	j.counts.Bytes += b.block.Size() + b.size
	return j.keepBlock(b.block)
}

// leaderOf returns the first document with the text of document i of b, which
// may be i itself; then its signature is stored. A document without a token is
// nobody's copy: it leads itself and has no signature.
func (j *Job) leaderOf(b *batch, i int, id corpus.ID) (corpus.ID, error) {
	if b.noToken[i] {
		j.counts.Empty++
		return id, nil
	}
	if j.plan.Identity.documentsApart() {
		j.counts.Distinct++
		return id, nil
	}
	if leader, seen := j.texts.add(textKeyOf(b.digests[i], b.stamps[i]), id); seen {
		j.counts.ExactCopies++
		j.seeText(b, i, leader)
		return leader, nil
	}
	j.seeText(b, i, id)
	j.counts.Distinct++
	return id, j.addKeys(b, i, id)
}

// addKeys hands what makes candidates of document i of b to whoever wants it: the
// searcher's index, or the buckets.
func (j *Job) addKeys(b *batch, i int, id corpus.ID) error {
	switch {
	case j.boiler != nil: // the second reading makes them
		return nil
	case j.onSignature != nil:
		k := j.signer.Hashes()
		return j.onSignature(id, b.sigs[i*k:(i+1)*k])
	case j.bucketer != nil:
		return j.bucketer.Add(id, b.keysOf(i))
	case j.keyed != nil:
		return j.keyed.AddKeys(id, b.keysOf(i))
	}
	return nil
}

func (j *Job) duplicateKey(b *batch, d *corpus.Document, dup *corpus.DuplicateKeyError) *corpus.RecordError {
	file, line, _ := j.catalog.Location(dup.First)
	files := j.corpus.Files()
	return b.block.Error(files[b.block.File].Name, d, corpus.DuplicateID, fmt.Sprintf("id %q was already used at %s:%d", d.Key, files[file].Name, line))
}

// quarantine stores the bad records of b in the order of the input.
func (j *Job) quarantine(b *batch) error {
	slices.SortStableFunc(b.in.Errs, func(x, y *corpus.RecordError) int {
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Offset, y.Offset))
	})
	for _, e := range b.in.Errs {
		if j.options.OnError == Stop {
			return e
		}
		line, err := e.MarshalJSON()
		if err != nil {
			return err
		}
		if err := j.bad.Append(line); err != nil {
			return err
		}
		j.badInFile[b.block.File]++
		j.badReasons.add(b.block.File, e)
		if err := j.options.MaxBad.exceeded(int64(j.bad.Len()), e); err != nil {
			return err
		}
		if e.Broken {
			j.brokenFiles++
		}
		if j.options.OnBadRecord != nil {
			j.options.OnBadRecord(e)
		}
	}
	return nil
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
