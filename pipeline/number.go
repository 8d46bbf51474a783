package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// number gives the documents of b their IDs, in order, finds the first document
// with each text, and stores what later stages need. A document whose key was
// seen before is a bad record.
func (j *Job) number(b *batch) error {
	j.places.add(b.block)
	before := j.catalog.Len()
	file := &j.corpus.Files()[b.block.File]
	for i := range b.in.Docs {
		if file.Reference && !j.takeReference(b, i) {
			continue
		}
		if err := j.numberDocument(b, i, file); err != nil {
			return err
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

// numberDocument is number for document i of b, which is from file.
func (j *Job) numberDocument(b *batch, i int, file *corpus.File) error {
	d := &b.in.Docs[i]
	id, err := j.catalog.Add(b.block.File, d, b.title(i))
	if err != nil {
		var dup *corpus.DuplicateKeyError
		if !errors.As(err, &dup) {
			return err
		}
		b.in.Errs = append(b.in.Errs, j.duplicateKey(b, d, dup))
		b.leads, b.dropped = append(b.leads, false), append(b.dropped, i)
		return nil
	}
	leader, err := j.leaderOf(b, i, id)
	if err != nil {
		return err
	}
	j.leader = append(j.leader, leader)
	b.leads = append(b.leads, leader == id)
	j.places.addDocument(d)
	j.empty = append(j.empty, b.noToken[i])
	j.lens = append(j.lens, b.lens[i])
	if err := j.addFields(b, i, id, file); err != nil {
		return err
	}
	if err := j.keepContent(b, i, leader == id); err != nil {
		return err
	}
	if want, ok := j.capture[string(d.Key)]; ok {
		want.id, want.text, want.found = id, slices.Clone(d.Text), true
	}
	return nil
}

// addFields stores what document i of b says of itself beside its text, as far as the
// options want it: its date, source, rank and fields. Its leader is known.
func (j *Job) addFields(b *batch, i int, id corpus.ID, file *corpus.File) error {
	d := &b.in.Docs[i]
	if j.dates != nil {
		j.dates.add(j.leader[id], d.Date)
	}
	if len(d.Source) > 0 {
		j.sourced++
	}
	if j.sources != nil {
		j.sources.add(b.block.File, d.Source)
	}
	var ok bool
	j.ranks, ok = j.keep.AppendRanks(j.ranks, cluster.DocInfo{ID: id, Key: d.Key, Fields: d.Fields, FileName: file.Name, TextLen: int(b.lens[i]), Protected: file.Reference})
	if !ok && !file.Reference {
		j.counts.Unranked++
	}
	if j.fields == nil {
		return nil
	}
	return j.fields.append(j.heldOf(d))
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
