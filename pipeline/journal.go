package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/doppel-dedup/doppel/internal/segment"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// journal is the checkpoint of a run: a log of what its two passes have found out.
// All that pass 1 leaves is a function of the batches that Job.number gets, in their
// order; so they are logged, and a run goes on by numbering them again. Pass 2 logs
// verified pairs, with how many candidates are done, which come in a fixed order.
//
// A nil journal is that of a run without a checkpoint.
type journal struct {
	o   Checkpoint
	job *Job
	log *segment.Log

	buf    []byte
	since  int64     // bytes of input, or of pairs, since the last seal
	sealed time.Time // the last time

	// What was found, and is added to:
	mark    corpus.Mark
	digests []uint64 // of the files before the mark, and of all if wasRead
	wasRead bool     // pass 1 had ended
	giants  giantsDone
	pairs   pairsDone
}

// giantsDone are the giant buckets that were chained.
type giantsDone struct {
	buckets            uint64
	compared, unlinked int64
	edges              []verify.Scored
}

// pairsDone are the candidate pairs that were compared.
type pairsDone struct {
	offered  uint64 // before the window
	compared int64
	edges    []verify.Scored
}

// The kinds of blocks, in their first byte. Persisted, never renumber.
const (
	headBlock   = 1
	batchBlock  = 2
	readBlock   = 3
	giantsBlock = 4
	pairsBlock  = 5
)

// openJournal takes up what an earlier run has left, or begins.
func (j *Job) openJournal() error {
	if j.options.Checkpoint == nil {
		return nil
	}
	if j.capture != nil {
		return errNoCheckpoint
	}
	o := j.options.Checkpoint.withDefaults()
	log, err := segment.Open(o.fs, o.Dir)
	if err != nil {
		return err
	}
	l := &journal{o: o, job: j, log: log, sealed: time.Now()}
	j.journal = l
	j.again = make([]bool, len(j.corpus.Files()))
	blocks := 0
	damage, err := log.Replay(func(block []byte) error {
		blocks++
		return l.takeUp(block)
	})
	if err != nil {
		return o.refused(err)
	}
	if damage != nil {
		o.Tell(fmt.Sprintf("damaged checkpoint, %v", damage))
	}
	if blocks == 0 {
		return l.begin()
	}
	o.Tell(fmt.Sprintf("taken up where an earlier run was stopped: %s, %d candidate pairs compared",
		plural(j.counts.Documents, "document", "documents"), l.pairs.offered))
	return nil
}

// begin logs the head.
func (l *journal) begin() error {
	h, err := l.job.head()
	if err != nil {
		return err
	}
	b, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("pipeline: %w", err)
	}
	if err := l.log.Append(append([]byte{headBlock}, b...)); err != nil {
		return err
	}
	return l.seal()
}

// takeUp takes one block of the log.
func (l *journal) takeUp(block []byte) error {
	d := decoder{rest: block}
	var err error
	switch kind := d.byte(); kind {
	case headBlock:
		return l.compare(d.rest)
	case batchBlock:
		err = l.takeBatch(&d)
	case readBlock:
		l.takeDigests(&d)
		l.wasRead = true
	case giantsBlock:
		g := &l.giants
		g.buckets += d.uvarint()
		g.compared += int64(d.uvarint())
		g.unlinked += int64(d.uvarint())
		g.edges = d.edges(g.edges)
	case pairsBlock:
		p := &l.pairs
		p.offered += d.uvarint()
		p.compared += int64(d.uvarint())
		p.edges = d.edges(p.edges)
	default:
		d.bad = true
	}
	if err == nil && (d.bad || len(d.rest) > 0) {
		err = fmt.Errorf("pipeline: a block in %q has a good checksum and makes no sense: delete the folder", l.o.Dir)
	}
	return err
}

// compare refuses a log that belongs to another run.
func (l *journal) compare(head []byte) error {
	var version struct { // first: of another one nothing else need be as here
		Version int `json:"version"`
	}
	if err := json.Unmarshal(head, &version); err != nil {
		return fmt.Errorf("pipeline: %w", err)
	}
	if version.Version != CheckpointVersion {
		changes := []Change{{"version of the checkpoint", fmt.Sprint(version.Version), fmt.Sprint(CheckpointVersion)}}
		return &CheckpointError{Dir: l.o.Dir, Changes: changes, OtherVersion: true}
	}
	var was runHead
	if err := json.Unmarshal(head, &was); err != nil {
		return fmt.Errorf("pipeline: %w", err)
	}
	now, err := l.job.head()
	if err != nil {
		return err
	}
	changes, err := now.changes(was)
	if err == nil && len(changes) > 0 {
		err = &CheckpointError{Dir: l.o.Dir, Changes: changes}
	}
	return err
}

// from returns where pass 1 goes on.
func (l *journal) from() (corpus.Mark, []uint64) {
	switch {
	case l == nil || l.countsWords():
		return corpus.Mark{}, nil
	case l.wasRead:
		return corpus.Mark{File: len(l.digests)}, l.digests
	}
	return l.mark, l.digests
}

// countsWords tells whether pass 1 cannot be taken up.
func (l *journal) countsWords() bool { return l.job.weights != nil }

// addBatch logs a batch that was numbered.
func (l *journal) addBatch(b *batch) error {
	if l == nil || l.countsWords() {
		return nil
	}
	l.buf = l.appendBatch(append(l.buf[:0], batchBlock), b)
	err := l.log.Append(l.buf)
	if cap(l.buf) > maxKept {
		l.buf = nil
	}
	if err != nil {
		return err
	}
	return l.passed(int64(len(b.block.Data)))
}

// passed seals a segment if it is time to.
func (l *journal) passed(bytes int64) error {
	if l.since += bytes; l.since < l.o.Every && time.Since(l.sealed) < l.o.Interval {
		return nil
	}
	return l.seal()
}

func (l *journal) seal() error {
	l.since, l.sealed = 0, time.Now()
	return l.log.Seal()
}

// endRead logs the end of pass 1, or that it was stopped by err, which it returns.
func (l *journal) endRead(err error) error {
	if l == nil {
		return err
	}
	if err != nil {
		return l.stop(l.changed(err))
	}
	if l.wasRead {
		return l.checkDigests()
	}
	l.buf = l.appendDigests(append(l.buf[:0], readBlock), len(l.job.corpus.Files()))
	if err := l.log.Append(l.buf); err != nil {
		return err
	}
	return l.seal()
}

// checkDigests compares the inputs with those that the pairs in the log are of.
func (l *journal) checkDigests() error {
	for i, f := range l.job.corpus.Files() {
		if got := l.job.corpus.Digest(i); got != l.digests[i] {
			return &CheckpointError{Dir: l.o.Dir, Changes: []Change{digestChange(f.Name, l.digests[i], got)}}
		}
	}
	return nil
}

func digestChange(name string, was, is uint64) Change {
	return Change{fmt.Sprintf("input %q", name), fmt.Sprintf("of digest %016x", was), fmt.Sprintf("of digest %016x", is)}
}

// changed makes a CheckpointError of an input that does not begin as it did.
func (l *journal) changed(err error) error {
	var changed *corpus.ChangedError
	if !errors.As(err, &changed) {
		return err
	}
	return &CheckpointError{Dir: l.o.Dir, Changes: []Change{{fmt.Sprintf("input %q", changed.File), fmt.Sprintf("of digest %016x up to byte %d", l.mark.Hash, l.mark.Hashed), "of another digest there"}}}
}

// stop seals what there is when a run was stopped by err, which it returns.
func (l *journal) stop(err error) error {
	if l == nil || err == nil {
		return err
	}
	if sealErr := l.seal(); sealErr != nil && !errors.Is(err, sealErr) {
		return errors.Join(err, sealErr)
	}
	return err
}

// close drops what was not sealed.
func (l *journal) close() error {
	if l == nil {
		return nil
	}
	return l.log.Close()
}
