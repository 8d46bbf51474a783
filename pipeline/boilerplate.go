package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/boilerplate"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// Where Identity.Boilerplate is set, shingles in too many texts belong to no set; see
// package boilerplate. The sets of all texts are then made before candidates are found.

// boilerplateCounts are of shingles, each once a text, of those of them that are
// boilerplate, and of texts of which too little is left.
type boilerplateCounts struct{ shingles, dropped, bare int64 }

// seeText offers document i of in, whose text is that of leader, to the samples.
func (j *Job) seeText(in *batch, i int, leader corpus.ID) {
	if j.boiler != nil {
		j.boiler.See(in.digests[i], leader, in.block.File, in.in.Docs[i].Source)
	}
}

// makeContent makes the sets of all texts without boilerplate, and their keys.
func (j *Job) makeContent(ctx context.Context) error {
	leaders := j.leaders()
	if err := j.takeUpSets(ctx, leaders); err != nil {
		return err
	}
	if !j.learnt {
		if err := j.learnBoilerplate(ctx); err != nil {
			return err
		}
	}
	if err := j.makeSets(ctx, leaders); err != nil {
		return err
	}
	if j.bucketer != nil {
		j.tempBytes += j.bucketer.FileBytes()
	}
	if j.keyed != nil {
		j.tempBytes += j.keyed.FileBytes()
	}
	return nil
}

// learnBoilerplate reads the sampled texts and finds out what is boilerplate.
func (j *Job) learnBoilerplate(ctx context.Context) (err error) {
	rows := spill.New[uint64](j.plan.Budget.Sets/2, j.options.Temp).In(j.options.tempFS)
	defer func() { err = errors.Join(err, rows.Close()) }()
	if err := j.readSampled(ctx, j.boiler.Sampled(), rows); err != nil {
		return err
	}
	err = j.boiler.Learn(rows, func() *extsort.Sorter {
		return extsort.New(j.plan.Budget.Keys/2, j.options.Temp).In(j.options.tempFS)
	})
	if err != nil {
		return err
	}
	return j.journal.AddLearnt(j.boiler.AppendLearnt(nil))
}

// readSampled stores the sets of the texts with the given ids, in their order.
func (j *Job) readSampled(ctx context.Context, ids []corpus.ID, rows *spill.Store[uint64]) error {
	err := j.readAgain(ctx, ids, j.newFullSetAdder, func(b *setBatch) error {
		from := 0
		for _, end := range b.setEnd {
			if err := rows.Append(b.sets[from:end]); err != nil {
				return err
			}
			from = end
		}
		return nil
	})
	return errors.Join(err, rows.Seal())
}

// newContentAdder returns a function that appends the set of b.norm to b, without
// boilerplate, and the keys of what is left.
func (j *Job) newContentAdder() func(b *setBatch) {
	maker, keys := j.newContentMaker(), j.newSetKeyer()
	return func(b *setBatch) {
		from := len(b.sets)
		sets, all, dropped := maker.appendSet(b.sets, b.norm)
		b.sets = sets
		b.shingles += int64(all)
		b.dropped += int64(dropped)
		if len(sets) == from {
			b.bare++
		} else {
			keys(b, maker.openSet(b.norm))
		}
		b.keyEnd = append(b.keyEnd, len(b.keys))
	}
}

// sum adds what a batch counts, and takes what it shows.
func (j *Job) sum(b *setBatch) {
	if j.weights != nil {
		j.weights.cut += b.cut
	}
	if j.boiler != nil {
		for _, p := range b.passages {
			j.boiler.Show(p.ID, p.Texts)
		}
		c := &j.leftOut
		c.shingles, c.dropped, c.bare = c.shingles+b.shingles, c.dropped+b.dropped, c.bare+b.bare
	}
}

// newExhibitor returns a function that is shown all texts that are compared, and returns
// passages of some that show boilerplate.
func (j *Job) newExhibitor() func(corpus.ID, []byte) []string {
	if j.boiler == nil {
		return func(corpus.ID, []byte) []string { return nil }
	}
	words := passageWords(j.plan.Identity.Shingle)
	return func(id corpus.ID, text []byte) []string { return j.boiler.Passages(id, text, words, j.newComparer) }
}

// boilerplateWarnings says what was left out.
func (j *Job) boilerplateWarnings() (w []report.Warning) {
	if j.boiler == nil || j.boiler.Len() == 0 {
		return nil
	}
	counts := &j.leftOut
	var text strings.Builder
	fmt.Fprintf(&text, "%s boilerplate, %.1f%% of all occurrences, and left out: similarity is that of the rest",
		quantity.Of(j.boiler.Len(), "shingle is", "shingles are"), 100*float64(counts.dropped)/float64(max(counts.shingles, 1)))
	for i, e := range j.boiler.Examples() {
		if i == 0 {
			text.WriteString("; for example")
		} else {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, " %q", e)
	}
	w = append(w, report.Warning{Code: "boilerplate", Message: text.String()})
	if counts.bare > 0 {
		w = append(w, report.Warning{Code: "boilerplate_only", Message: fmt.Sprintf(
			"%s too little but boilerplate to compare: like nothing else but exact copies, and kept", quantity.Of(counts.bare, "text has", "texts have"))})
	}
	return w
}

// describeBoilerplate says what is left out at a share.
func describeBoilerplate(share float64) string {
	return fmt.Sprintf("shingles in more than %.4g%% of the texts, or %.4g%% of those of a source, and in %d at least: left out, so similarity is that of the rest",
		100*share, 100*max(share, boilerplate.OfSource), boilerplate.LeastTexts)
}
