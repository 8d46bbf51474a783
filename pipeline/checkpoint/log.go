package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/doppel-dedup/doppel/internal/segment"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Log is what the two passes of a run have found out. A nil Log is that of a run
// without a checkpoint: it has nothing and keeps nothing.
type Log struct {
	o      Options
	corpus *corpus.Corpus
	head   Head
	log    *segment.Log
	taken  int // blocks of an earlier run

	counts Counts // nil if nothing is counted
	sets   *setLog

	buf    []byte
	since  int64     // bytes of input, or of pairs, since the last seal
	sealed time.Time // the last time

	// What was found, and is added to:
	mark    corpus.Mark
	digests []uint64 // of the files before the mark, and of all if wasRead
	wasRead bool     // pass 1 had ended
	giants  Giants
	pairs   Pairs
}

// Giants are giant buckets that were chained, the pairs that were compared in them and
// those that were not, and those of the former that are similar.
type Giants struct {
	Buckets            uint64
	Compared, Unlinked int64
	Edges              []verify.Scored
}

// Pairs are candidate pairs: how many the join has offered, how many of these were
// compared, and those that are similar.
type Pairs struct {
	Offered  uint64
	Compared int64
	Edges    []verify.Scored
}

// The kinds of blocks, in their first byte. Persisted, never renumber.
const (
	headBlock   = 1
	batchBlock  = 2
	readBlock   = 3
	giantsBlock = 4
	pairsBlock  = 5
	countsBlock = 6
)

// Counts are what pass 1 counts of batches besides what it numbers, in any order.
type Counts interface {
	// AppendNew appends what was counted since it was called last, or nothing.
	AppendNew(dst []byte) []byte
	// TakeUp adds what AppendNew has appended.
	TakeUp(p []byte) error
}

// Open takes up what an earlier run of head over c has left, or begins. take gets the
// batches that were logged, in their order; each is good until it returns. counts, which
// may be nil, gets what was counted of these.
func Open(o Options, head Head, c *corpus.Corpus, take func(*Batch) error, counts Counts) (*Log, error) {
	o = o.withDefaults()
	log, err := segment.Open(o.FS, o.Dir)
	if err != nil {
		return nil, err
	}
	l := &Log{o: o, corpus: c, head: head, log: log, counts: counts, sealed: time.Now()}
	if err := l.replay(take); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// replay takes up what there is, or logs the head.
func (l *Log) replay(take func(*Batch) error) error {
	damage, err := l.log.Replay(func(block []byte) error {
		l.taken++
		return l.takeUp(block, take)
	})
	if err != nil {
		return l.o.refused(err)
	}
	if damage != nil {
		l.o.Tell(fmt.Sprintf("damaged checkpoint, %v", damage))
	}
	if l.taken > 0 {
		return nil
	}
	b, err := json.Marshal(l.head)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := l.log.Append(append([]byte{headBlock}, b...)); err != nil {
		return err
	}
	return l.seal()
}

// TakenUp tells whether an earlier run has left something.
func (l *Log) TakenUp() bool { return l != nil && l.taken > 0 }

// takeUp takes one block of the log.
func (l *Log) takeUp(block []byte, take func(*Batch) error) error {
	d := decoder{rest: block}
	var err error
	switch kind := d.byte(); kind {
	case headBlock:
		return l.compare(d.rest)
	case batchBlock:
		if b := l.decodeBatch(&d); !d.bad {
			err = take(b)
		}
	case readBlock:
		l.takeDigests(&d)
		l.wasRead = true
	case giantsBlock:
		g := &l.giants
		g.Buckets += d.uvarint()
		g.Compared += int64(d.uvarint())
		g.Unlinked += int64(d.uvarint())
		g.Edges = d.edges(g.Edges)
	case pairsBlock:
		p := &l.pairs
		p.Offered += d.uvarint()
		p.Compared += int64(d.uvarint())
		p.Edges = d.edges(p.Edges)
	case countsBlock:
		d.bad = l.counts == nil || l.counts.TakeUp(d.rest) != nil
		d.rest = nil
	default:
		d.bad = true
	}
	if err == nil && (d.bad || len(d.rest) > 0) {
		err = l.senseless()
	}
	return err
}

// senseless is the error of a block that is whole, and not as it should be.
func (l *Log) senseless() error {
	return fmt.Errorf("checkpoint: a block in %q has a good checksum and makes no sense: delete the folder", l.o.Dir)
}

// compare refuses a log that belongs to another run, and takes its keys.
func (l *Log) compare(head []byte) error {
	var version struct { // first: of another one nothing else need be as here
		Version int `json:"version"`
	}
	if err := json.Unmarshal(head, &version); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if version.Version != Version {
		changes := []Change{{"version of the checkpoint", fmt.Sprint(version.Version), fmt.Sprint(Version)}}
		return &Error{Dir: l.o.Dir, Changes: changes, OtherVersion: true}
	}
	var was Head
	if err := json.Unmarshal(head, &was); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	changes, err := l.head.changes(was)
	switch {
	case err != nil:
		return err
	case len(changes) > 0:
		return &Error{Dir: l.o.Dir, Changes: changes}
	case len(was.Stamp) != len(l.head.Stamp) || (was.Words == 0) != (l.head.Words == 0):
		return l.senseless()
	}
	l.head.Keys = was.Keys
	return nil
}

// Keys returns those of what was logged, and of what is to come.
func (l *Log) Keys() Keys { return l.head.Keys }

// From returns where pass 1 goes on, and the digests of the files before that.
func (l *Log) From() (corpus.Mark, []uint64) {
	switch {
	case l == nil:
		return corpus.Mark{}, nil
	case l.wasRead:
		return corpus.Mark{File: len(l.digests)}, l.digests
	}
	return l.mark, l.digests
}

// keptBuffer is the size in bytes beyond which a buffer is not used again.
const keptBuffer = 8 << 20

// AddBatch logs a batch of pass 1.
func (l *Log) AddBatch(b *Batch) error {
	if l == nil {
		return nil
	}
	l.buf = l.appendBatch(append(l.buf[:0], batchBlock), b)
	err := l.log.Append(l.buf)
	if cap(l.buf) > keptBuffer {
		l.buf = nil
	}
	if err != nil {
		return err
	}
	return l.passed(b.Bytes)
}

// passed seals a segment if it is time to.
func (l *Log) passed(bytes int64) error {
	if l.since += bytes; l.since < l.o.Every && time.Since(l.sealed) < l.o.Interval {
		return nil
	}
	return l.seal()
}

// seal ends the segment, with what was counted of the batches in it.
func (l *Log) seal() error {
	l.since, l.sealed = 0, time.Now()
	if l.counts != nil {
		if l.buf = l.counts.AppendNew(append(l.buf[:0], countsBlock)); len(l.buf) > 1 {
			if err := l.log.Append(l.buf); err != nil {
				return err
			}
		}
	}
	return l.log.Seal()
}

// EndRead logs the end of pass 1, or that it was stopped by err, which it returns, or
// makes an [*Error] if an input was changed.
func (l *Log) EndRead(err error) error {
	if l == nil {
		return err
	}
	if err != nil {
		return l.Stop(l.changed(err))
	}
	if l.wasRead {
		return l.checkDigests()
	}
	l.buf = l.appendDigests(append(l.buf[:0], readBlock), len(l.corpus.Files()))
	if err := l.log.Append(l.buf); err != nil {
		return err
	}
	l.wasRead = true
	return l.seal()
}

// checkDigests compares the inputs with those that the pairs in the log are of.
func (l *Log) checkDigests() error {
	for i, f := range l.corpus.Files() {
		if got := l.corpus.Digest(i); got != l.digests[i] {
			return &Error{Dir: l.o.Dir, Changes: []Change{digestChange(f.Name, l.digests[i], got)}}
		}
	}
	return nil
}

func digestChange(name string, was, is uint64) Change {
	return Change{fmt.Sprintf("input %q", name), fmt.Sprintf("of digest %016x", was), fmt.Sprintf("of digest %016x", is)}
}

// changed makes a Error of an input that does not begin as it did.
func (l *Log) changed(err error) error {
	var changed *corpus.ChangedError
	if !errors.As(err, &changed) {
		return err
	}
	return &Error{Dir: l.o.Dir, Changes: []Change{{fmt.Sprintf("input %q", changed.File), fmt.Sprintf("of digest %016x up to byte %d", l.mark.Hash, l.mark.Hashed), "of another digest there"}}}
}

// Stop seals what there is when a run was stopped by err, which it returns.
func (l *Log) Stop(err error) error {
	if l == nil || err == nil {
		return err
	}
	if sealErr := l.seal(); sealErr != nil && !errors.Is(err, sealErr) {
		return errors.Join(err, sealErr)
	}
	return err
}

// Close drops what was not sealed.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.sets.close(), l.log.Close())
}
