package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// Boilerplate is what many documents have without being copies of each other:
// headers, footers, menus, notices. Where Identity.Boilerplate is set, shingles in
// too many texts belong to no set:
//
//	pass 1             -> a sample of the texts, and of those of each source
//	sampled texts      -> in how many each shingle is -> boilerplate
//	second reading     -> sets without it -> keys -> candidates -> pass 2
//
// Note: sets leave out the boilerplate of all sources, not of their own alone.
// So all similarities are of one kind, a page copied to another site loses the
// same as its original, and it does not matter which of two equal texts came first.
//
// Note: a count-min sketch in place of the sample would count too much by the mean
// of its cells: 143 in 2^21 for a million texts of 300 shingles. All that a source
// of 286 texts or fewer has would be in more than half of them. Exact counts of a
// sample are right at any size.

const (
	// boilerplateTexts is the number of texts that boilerplate is in: clusters
	// of fewer are never touched.
	boilerplateTexts = 20
	// boilerplateOfSource is the share of a source's texts that have its
	// boilerplate, if the limit of all texts is not higher still. A template is on
	// nearly all pages of its site; the names and phrases of a site's topics are
	// on a third at most.
	boilerplateOfSource = 0.5
	// leastBoilerplate is the least limit: of the sample, a thousandth is 33 texts.
	leastBoilerplate = 0.001
	// leastLeft is the number of shingles, of about a dozen words, that must be
	// left of a text that is mostly boilerplate: a date or a page number that two
	// templates have in common makes them no copies.
	leastLeft = 16
)

// Sizes of samples. In that of a source, the share of a shingle has a standard
// error of 4.4% at most; in that of all texts, of 0.1% at a share of 5%.
const (
	sampledTexts    = 1 << sampleBits
	sampledOfSource = 128
)

// boilerplate is what Identity.Boilerplate needs. Its sets are read by many
// goroutines once they are made.
type boilerplate struct {
	share  float64
	inFile []uint64 // the source of a file's documents, if they name none

	all      textSample
	bySource map[uint64]*textSample

	set      shingleSet
	examples []*example

	counts boilerplateCounts
}

// boilerplateCounts are of shingles, each once a text, of those of them that are
// boilerplate, and of texts of which too little is left.
type boilerplateCounts struct{ shingles, dropped, bare int64 }

func newBoilerplate(share float64, files []corpus.File) *boilerplate {
	b := &boilerplate{share: share, inFile: make([]uint64, len(files)),
		all: textSample{size: sampledTexts}, bySource: map[uint64]*textSample{}}
	for i, f := range files {
		place := f.Path
		if f.Format.IsWhole() {
			place = filepath.Dir(f.Path)
		}
		b.inFile[i] = xxh3.HashString("file " + place)
	}
	return b
}

// seeText offers document i of batch, whose text is that of leader, to the samples.
func (j *Job) seeText(in *batch, i int, leader corpus.ID) {
	b := j.boiler
	if b == nil {
		return
	}
	file, d, digest := in.block.File, &in.in.Docs[i], in.digests[i]
	source := b.inFile[file]
	if len(d.Source) > 0 {
		source = xxh3.Hash(d.Source)
	}
	of := b.bySource[source]
	if of == nil {
		of = &textSample{size: sampledOfSource}
		b.bySource[source] = of
	}
	of.add(digest, leader)
	b.all.add(digest, leader)
}

// makeContent makes the sets of all texts without boilerplate, and their keys.
func (j *Job) makeContent(ctx context.Context) error {
	if err := j.learnBoilerplate(ctx); err != nil {
		return err
	}
	if err := j.makeSets(ctx, j.leaders()); err != nil {
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
	b := j.boiler
	samples := []*textSample{&b.all}
	for _, s := range b.bySource {
		if s.settle(); len(s.texts) >= boilerplateTexts {
			samples = append(samples, s)
		}
	}
	b.bySource = nil
	texts := union(samples)
	ids := idsOf(texts)
	rows := spill.New[uint64](j.plan.Budget.Sets/2, j.options.Temp).In(j.options.tempFS)
	defer func() { err = errors.Join(err, rows.Close()) }()
	if err := j.readSampled(ctx, ids, rows); err != nil {
		return err
	}
	for i, s := range samples {
		limit := b.share
		if i > 0 {
			limit = max(limit, boilerplateOfSource)
		}
		sorter := extsort.New(j.plan.Budget.Keys/2, j.options.Temp).In(j.options.tempFS)
		err := b.count(s, ids, rows, sorter, limit)
		if err := errors.Join(err, sorter.Close()); err != nil {
			return err
		}
	}
	b.all = textSample{}
	return b.choose(texts, rows)
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

// count finds the shingles in more than a share of a sample. ids are those of
// rows, and ascend.
func (b *boilerplate) count(s *textSample, ids []corpus.ID, rows *spill.Store[uint64], sorter *extsort.Sorter, share float64) error {
	var buf, members []uint64
	for i, t := range s.texts {
		row, _ := slices.BinarySearch(ids, t.id)
		set, err := rows.Get(row, buf[:0])
		if err != nil {
			return err
		}
		members = members[:0]
		for _, h := range set {
			members = append(members, h&^sampleMask|uint64(i))
		}
		if err := sorter.AddAll(members); err != nil {
			return err
		}
		if rows.View(row) == nil {
			buf = set
		}
	}
	limit := share * float64(len(s.texts))
	last, n := uint64(0), 0
	settle := func() {
		if n >= boilerplateTexts && float64(n) > limit {
			b.set.add(last)
		}
	}
	err := sorter.Sort(func(batch []uint64) error {
		for _, m := range batch {
			if h := m | sampleMask; h != last {
				settle()
				last, n = h, 0
			}
			n++
		}
		return nil
	})
	settle()
	return err
}

// without removes boilerplate from a set, in place. It returns what is left, which
// is nothing if that would be too little, and how many shingles are boilerplate.
func (b *boilerplate) without(set []uint64) (left []uint64, dropped int) {
	left = set[:0]
	for _, h := range set {
		if !b.set.has(h) {
			left = append(left, h)
		}
	}
	dropped = len(set) - len(left)
	if len(left) < leastLeft && len(left) < dropped {
		left = left[:0]
	}
	return left, dropped
}

// newContentAdder returns a function that appends the set of b.norm to b, without
// boilerplate, and the keys of what is left.
func (j *Job) newContentAdder() func(b *setBatch) {
	shingler, keys := j.newShingler(), j.newSetKeyer()
	return func(b *setBatch) {
		from := len(b.sets)
		b.sets = shingler.Append(b.sets, b.norm)
		all := len(b.sets) - from
		left, dropped := j.boiler.without(b.sets[from:])
		b.sets = b.sets[:from+len(left)]
		b.shingles += int64(all)
		b.dropped += int64(dropped)
		if len(left) == 0 {
			b.bare++
		}
		keys(b, left)
		b.keyEnd = append(b.keyEnd, len(b.keys))
	}
}

// sum adds what a batch counts.
func (j *Job) sum(b *setBatch) {
	if j.boiler != nil {
		c := &j.boiler.counts
		c.shingles, c.dropped, c.bare = c.shingles+b.shingles, c.dropped+b.dropped, c.bare+b.bare
	}
}

// content returns the shingles of a normalised text that are compared, and how many
// are boilerplate.
func (j *Job) content(norm []byte) (set []uint64, dropped int) {
	set = j.newShingler().Append(nil, norm)
	if j.boiler == nil {
		return set, 0
	}
	return j.boiler.without(set)
}

// warnings says what was left out.
func (b *boilerplate) warnings() (w []report.Warning) {
	if b.set.used == 0 {
		return nil
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s boilerplate, %.1f%% of all occurrences, and left out: similarity is that of the rest",
		plural(int64(b.set.used), "shingle is", "shingles are"), 100*float64(b.counts.dropped)/float64(max(b.counts.shingles, 1)))
	for i, e := range b.shown() {
		if i == 0 {
			text.WriteString("; for example")
		} else {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, " %q", e)
	}
	w = append(w, report.Warning{Code: "boilerplate", Message: text.String()})
	if b.counts.bare > 0 {
		w = append(w, report.Warning{Code: "boilerplate_only", Message: fmt.Sprintf(
			"%s too little but boilerplate to compare: like nothing else but exact copies, and kept", plural(b.counts.bare, "text has", "texts have"))})
	}
	return w
}

// describeBoilerplate says what is left out at a share.
func describeBoilerplate(share float64) string {
	return fmt.Sprintf("shingles in more than %.4g%% of the texts, or %.4g%% of those of a source, and in %d at least: left out, so similarity is that of the rest",
		100*share, 100*max(share, boilerplateOfSource), boilerplateTexts)
}
