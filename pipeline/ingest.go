package pipeline

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/shingle"
)

// maxKept is the size in bytes beyond which a batch's buffers are not reused.
const maxKept = 8 << 20

// underWay bounds the bytes of the blocks between reading and storing; a block
// takes about five times its size with all that is made of it.
func underWay(threads int) int64 { return int64(8+4*threads) << 20 }

// titleRunes is the length of a document's title in reports.
const titleRunes = 80

// batch is one block of the corpus on its way through pass 1. Its buffers are
// reused; nothing in it outlives the final sink.
type batch struct {
	block *corpus.Block
	in    corpus.Batch

	norm    []byte // normalised texts, end to end
	normEnd []int
	digests []shingle.Digest
	empty   []bool   // has no token
	lens    []uint32 // characters
	titles  []byte   // first words, end to end
	titleAt []int

	first   corpus.ID // ID of the first document kept
	keep    []int     // documents that got an ID, as positions in in.Docs
	leaders []int     // of those, the first with their normalised text

	sets   []uint64 // shingle sets of the leaders, end to end
	setEnd []int
	keys   []uint64 // their band keys, likewise
	sigs   []uint64 // their signatures, likewise, if onSignature wants them
}

func (b *batch) reset(block *corpus.Block) {
	if cap(b.norm) > maxKept || cap(b.sets) > maxKept/8 {
		*b = batch{} // a giant document must not be paid for ever after
	}
	b.block = block
	b.in.Reset()
	b.norm, b.normEnd, b.digests = b.norm[:0], b.normEnd[:0], b.digests[:0]
	b.empty, b.lens = b.empty[:0], b.lens[:0]
	b.titles, b.titleAt = b.titles[:0], b.titleAt[:0]
	b.keep, b.leaders = b.keep[:0], b.leaders[:0]
	b.sets, b.setEnd, b.sigs, b.keys = b.sets[:0], b.setEnd[:0], b.sigs[:0], b.keys[:0]
}

func (b *batch) normalised(doc int) []byte {
	start := 0
	if doc > 0 {
		start = b.normEnd[doc-1]
	}
	return b.norm[start:b.normEnd[doc]]
}

func (b *batch) title(doc int) []byte {
	if doc+1 == len(b.titleAt) {
		return b.titles[b.titleAt[doc]:]
	}
	return b.titles[b.titleAt[doc]:b.titleAt[doc+1]]
}

func (b *batch) set(leader int) []uint64 {
	start := 0
	if leader > 0 {
		start = b.setEnd[leader-1]
	}
	return b.sets[start:b.setEnd[leader]]
}

// ingest is pass 1: corpus blocks become documents with IDs, exact copies are
// told apart, and each distinct text leaves its shingle set and band keys.
//
//	scan -> parse, normalise, digest -> number, find copies -> shingle, sign -> store
//	          (parallel)                  (in order)            (parallel)     (in order)
func (j *Job) ingest(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	free := make(chan *batch, 8*j.options.Threads)
	blocks := make(chan *batch)
	limit := underWay(j.options.Threads)
	room := semaphore.NewWeighted(limit)
	g.Go(func() error {
		defer close(blocks)
		return j.corpus.Scan(ctx, func(block *corpus.Block) error {
			// Blocks are let in, and stored, in order, so the first one waits
			// for nobody behind it.
			if err := room.Acquire(ctx, min(int64(len(block.Data)), limit)); err != nil {
				return err
			}
			b := takeBatch(free)
			b.reset(block)
			select {
			case blocks <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	parsed := ordered(ctx, g, j.options.Threads, blocks, j.newReader)
	numbered := make(chan *batch)
	g.Go(func() error {
		defer close(numbered)
		for b := range parsed {
			if err := j.number(b); err != nil {
				return err
			}
			select {
			case numbered <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	signed := ordered(ctx, g, j.options.Threads, numbered, j.newSigner)
	g.Go(func() error {
		for b := range signed {
			size := min(int64(len(b.block.Data)), limit)
			if err := j.store(b); err != nil {
				return err
			}
			room.Release(size)
			select {
			case free <- b:
			default:
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return j.seal()
}

func takeBatch(free chan *batch) *batch {
	select {
	case b := <-free:
		return b
	default:
		return new(batch)
	}
}

// newReader returns one worker's function that parses a block and normalises
// its texts.
func (j *Job) newReader() func(*batch) error {
	parser := corpus.NewParser(j.corpus)
	normalizer := shingle.NewNormalizer()
	return func(b *batch) error {
		parser.Parse(b.block, &b.in)
		for i := range b.in.Docs {
			d := &b.in.Docs[i]
			start := len(b.norm)
			b.norm = normalizer.Append(b.norm, d.Text)
			b.normEnd = append(b.normEnd, len(b.norm))
			b.digests = append(b.digests, shingle.DigestOf(b.norm[start:]))
			b.empty = append(b.empty, !shingle.HasToken(b.norm[start:]))
			b.lens = append(b.lens, characters(d.Text))
			b.titleAt = append(b.titleAt, len(b.titles))
			b.titles = corpus.AppendTitle(b.titles, d.Text, titleRunes)
		}
		return nil
	}
}

// characters counts the characters of text, which is valid UTF-8, eight bytes at
// a time: every byte that does not continue a character begins one. A record is
// shorter than 2^32 bytes.
func characters(text []byte) uint32 {
	const top, low = 0x8080808080808080, 0x0101010101010101
	n := len(text)
	for len(text) >= 8 {
		v := binary.LittleEndian.Uint64(text)
		continues := v & top & (^v << 1) // 10xxxxxx
		n -= int((continues >> 7 * low) >> 56)
		text = text[8:]
	}
	for _, c := range text {
		if c&0xc0 == 0x80 {
			n--
		}
	}
	return uint32(n)
}

// number gives the documents of b their IDs, in order, and finds the first
// document with each text. A document whose key was seen before is a bad record.
func (j *Job) number(b *batch) error {
	b.first = corpus.ID(j.catalog.Len())
	name := j.corpus.Files()[b.block.File].Name
	for i := range b.in.Docs {
		d := &b.in.Docs[i]
		id, err := j.catalog.Add(b.block.File, d, b.title(i))
		if err != nil {
			var dup *corpus.DuplicateKeyError
			if !errors.As(err, &dup) {
				return err
			}
			b.in.Errs = append(b.in.Errs, j.duplicateKey(b, d, dup))
			continue
		}
		b.keep = append(b.keep, i)
		j.leader = append(j.leader, j.leaderOf(b, i, id))
		j.empty = append(j.empty, b.empty[i])
		j.lens = append(j.lens, b.lens[i])
		rank, ok := j.keep.Rank(cluster.DocInfo{ID: id, Field: d.Field, FileName: name, TextLen: int(b.lens[i])})
		j.ranks = append(j.ranks, rank)
		if !ok {
			j.counts.Unranked++
		}
		if want, ok := j.capture[string(d.Key)]; ok {
			want.id, want.text, want.found = id, slices.Clone(d.Text), true
		}
	}
	return j.quarantine(b)
}

// leaderOf returns the first document with the text of document i of b, which
// may be i itself. A document without a token is nobody's copy: it leads itself
// and is not shingled.
func (j *Job) leaderOf(b *batch, i int, id corpus.ID) corpus.ID {
	if b.empty[i] {
		j.counts.Empty++
		return id
	}
	if leader, seen := j.texts[b.digests[i]]; seen {
		j.counts.ExactCopies++
		return leader
	}
	j.texts[b.digests[i]] = id
	j.counts.Distinct++
	b.leaders = append(b.leaders, i)
	return id
}

func (j *Job) duplicateKey(b *batch, d *corpus.Document, dup *corpus.DuplicateKeyError) *corpus.RecordError {
	file, line, _ := j.catalog.Location(dup.First)
	files := j.corpus.Files()
	return b.block.Error(files[b.block.File].Name, d, fmt.Sprintf("id %q was already used at %s:%d", d.Key, files[file].Name, line))
}

// quarantine stores the bad records of b in the order of the input.
func (j *Job) quarantine(b *batch) error {
	slices.SortStableFunc(b.in.Errs, func(x, y *corpus.RecordError) int { return cmp.Compare(x.Offset, y.Offset) })
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
		if e.Broken {
			j.brokenFiles++
		}
		if j.options.OnBadRecord != nil {
			j.options.OnBadRecord(e)
		}
	}
	return nil
}

// newSigner returns one worker's function that shingles and signs the leaders
// of a batch.
func (j *Job) newSigner() func(*batch) error {
	if j.signer == nil {
		return func(*batch) error { return nil }
	}
	shingler := shingle.NewShingler(j.plan.Identity.Shingle)
	sig := make(minhash.Signature, j.signer.Hashes())
	return func(b *batch) error {
		for _, i := range b.leaders {
			start := len(b.sets)
			b.sets = shingler.Append(b.sets, b.normalised(i))
			b.setEnd = append(b.setEnd, len(b.sets))
			sig = j.signer.Sign(sig, b.sets[start:])
			b.keys = lsh.AppendBandKeys(b.keys, sig, j.plan.Params)
			if j.onSignature != nil {
				b.sigs = append(b.sigs, sig...)
			}
		}
		return nil
	}
}

// store keeps what pass 2 needs of a batch. Every document has a row in the
// set store; those of copies and of empty documents are empty.
func (j *Job) store(b *batch) error {
	leader := 0
	for k, doc := range b.keep {
		var set []uint64
		if leader < len(b.leaders) && b.leaders[leader] == doc {
			if j.signer != nil {
				set = b.set(leader)
				if err := j.addSignature(b, b.first+corpus.ID(k), leader); err != nil {
					return err
				}
			}
			leader++
		}
		if err := j.sets.Append(set); err != nil {
			return err
		}
	}
	j.counts.Documents += int64(len(b.keep))
	j.counts.Quarantined += int64(len(b.in.Errs))
	j.counts.Blank += b.in.Blank
	j.counts.Bytes += int64(len(b.block.Data))
	j.report(StageRead)
	b.block.Release()
	b.block = nil
	return nil
}

// addSignature hands the n-th signature of a batch to whoever wants it: the
// searcher's index, or the buckets.
func (j *Job) addSignature(b *batch, id corpus.ID, n int) error {
	if j.onSignature != nil {
		k := j.signer.Hashes()
		return j.onSignature(id, b.sigs[n*k:(n+1)*k])
	}
	bands := j.plan.Params.Bands
	return j.bucketer.Add(id, b.keys[n*bands:(n+1)*bands])
}

// seal ends pass 1: the stores become readable and the keep order is known.
func (j *Job) seal() error {
	if err := errors.Join(j.sets.Seal(), j.catalog.Seal(), j.bad.Seal()); err != nil {
		return err
	}
	j.tempBytes = j.sets.FileBytes() + j.catalog.FileBytes() + j.bad.FileBytes()
	if j.bucketer != nil {
		j.tempBytes += j.bucketer.FileBytes()
	}
	j.order = cluster.NewOrder(j.ranks, j.lens, j.catalog.Key)
	j.place = make([]uint32, len(j.leader))
	for i, leader := range j.leader {
		at := j.order.Position(corpus.ID(i))
		if corpus.ID(i) == leader || at < j.place[leader] {
			j.place[leader] = at // a leader comes before its copies
		}
	}
	return j.catalog.Err()
}
