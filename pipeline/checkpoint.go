package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// checkCheckpoint tells why the options take no checkpoint.
func (o *Options) checkCheckpoint() error {
	switch {
	case o.Checkpoint == nil:
		return nil
	case slices.Contains(o.allInputs(), corpus.StdinPath):
		return errors.New("pipeline: a run over standard input cannot go on where it was stopped, so it takes no checkpoint: give the input as a file")
	case o.KeepCandidates:
		return errors.New("pipeline: candidate pairs that are kept are in no checkpoint")
	}
	return o.Checkpoint.Validate()
}

// errNoCheckpoint is returned where texts are wanted, which no checkpoint has.
var errNoCheckpoint = errors.New("pipeline: only a run can go on after it was stopped: leave the checkpoint out")

// openJournal takes up what an earlier run has left, or begins.
func (j *Job) openJournal() error {
	o := j.options.Checkpoint
	if o == nil {
		return nil
	}
	if j.capture != nil {
		return errNoCheckpoint
	}
	identity, err := json.Marshal(j.plan.Identity)
	if err != nil {
		return fmt.Errorf("pipeline: %w", err)
	}
	j.again = make([]bool, len(j.corpus.Files()))
	var counts checkpoint.Counts
	if j.weights != nil {
		j.weights.begin(true)
		counts = j.weights
	}
	keys := j.secrets.keys(j.plan.Identity.setsFirst())
	head := checkpoint.NewHead(identity, keys, j.pairsFrom(), j.corpus)
	if j.journal, err = checkpoint.Open(*o, head, j.corpus, j.numberAgain, counts); err == nil {
		j.secrets.takeUp(j.journal.Keys())
	}
	if err == nil && j.journal.TakenUp() && o.Tell != nil {
		o.Tell(fmt.Sprintf("taken up where an earlier run was stopped: %s, %s compared",
			quantity.Of(j.counts.Documents, "document", "documents"), quantity.Of(int64(j.journal.Pairs().Offered), "candidate pair", "candidate pairs")))
	}
	return err
}

// maxLogged is the number of documents beyond which a batch to be logged is not used
// again.
const maxLogged = 8192

// logBatch logs a batch that was numbered.
func (j *Job) logBatch(b *batch) error {
	if j.journal == nil {
		return nil
	}
	out := &j.logged
	*out = checkpoint.Batch{File: b.block.File, Offset: b.block.Offset, Bytes: b.block.Size(), Blank: b.in.Blank, Filtered: b.in.Filtered,
		Mark: b.block.Mark(), Documents: out.Documents[:0], Errs: b.in.Errs}
	dropped := b.dropped
	for i := range b.in.Docs {
		if len(dropped) > 0 && dropped[0] == i {
			dropped = dropped[1:]
			continue
		}
		d := checkpoint.Document{Document: b.in.Docs[i], NoToken: b.noToken[i], Characters: b.lens[i], Digest: b.digests[i], Stamp: b.stamps[i], Title: b.title(i)}
		if b.leads[i] {
			d.Keys = b.keysOf(i)
		}
		out.Documents = append(out.Documents, d)
	}
	err := j.journal.AddBatch(out)
	if clear(out.Documents); len(out.Documents) > maxLogged { // which would keep the block
		out.Documents = nil
	}
	return err
}

// numberAgain numbers a batch of the log.
func (j *Job) numberAgain(from *checkpoint.Batch) error {
	b := &batch{size: from.Bytes}
	b.hold(j.corpus.NewBlock(from.File, from.Offset, nil))
	b.in.Blank, b.in.Filtered, b.in.Errs = from.Blank, from.Filtered, from.Errs
	for i := range from.Documents {
		d := &from.Documents[i]
		b.in.Docs = append(b.in.Docs, d.Document)
		b.noToken, b.lens, b.digests = append(b.noToken, d.NoToken), append(b.lens, d.Characters), append(b.digests, d.Digest)
		b.stamps = append(b.stamps, d.Stamp)
		b.titleAt, b.titles = append(b.titleAt, len(b.titles)), append(b.titles, d.Title...)
		b.keys = append(b.keys, d.Keys...)
		b.keyEnd = append(b.keyEnd, len(b.keys))
	}
	j.again[from.File] = true
	return j.number(b)
}
