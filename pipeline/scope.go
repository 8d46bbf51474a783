package pipeline

import (
	"math"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Reference documents come from Options.Against: they are read after the corpus, so
// that its numbers do not hang on them, take part in everything, and are never
// pruned or written. Identity.KeepPer and Identity.Isolate say which documents may go
// in favour of which.

// KeepPerSource is the value of [Identity.KeepPer] that keeps one document of each
// source.
const KeepPerSource = "source"

// scope returns what sources count for.
func (id Identity) scope() cluster.Scope {
	switch {
	case id.Isolate:
		return cluster.OtherSources
	case id.KeepPer == KeepPerSource:
		return cluster.OwnSource
	}
	return cluster.AnySource
}

// asksForSources tells whether results hang on the sources of documents.
func (id Identity) asksForSources() bool {
	return id.SourceField != "" || id.scope() != cluster.AnySource
}

// noReference is the first of no references.
const noReference corpus.ID = math.MaxUint32

// referenceSide is the side of references; sources are numbered from 0.
const referenceSide = verify.Mixed - 1

// referenceKey returns the key of a reference: that of the file, and its own unless
// this was made of the file's name.
func referenceKey(file string, key []byte) []byte {
	if len(key) >= len(file) && string(key[:len(file)]) == file {
		return key
	}
	return append(append([]byte(file), ':'), key...)
}

// sidesOf returns the sides that the identity keeps apart, nil if there are none. A
// text that a reference has is on the side of references: its copies go anyway.
func (d *documents) sidesOf(id Identity) *verify.Sides {
	if !id.Isolate && d.references == noReference {
		return nil
	}
	s := &verify.Sides{Of: make([]uint32, len(d.leader))}
	for i, leader := range d.leader {
		side := verify.Mixed
		switch {
		case corpus.ID(i) >= d.references:
			side = referenceSide
		case id.Isolate:
			side = d.source[i]
		}
		switch of := &s.Of[leader]; {
		case int(leader) == i || side == referenceSide:
			*of = side
		case *of != side && *of != referenceSide:
			*of = verify.Mixed
		}
	}
	return s
}

// isReference tells whether a document is a reference.
func (d *documents) isReference(id corpus.ID) bool { return id >= d.references }

// allInputs are the inputs and the references.
func (o Options) allInputs() []string {
	return append(o.Inputs[:len(o.Inputs):len(o.Inputs)], o.Against...)
}

// firstIf is the rank by which references come before all others.
func firstIf(reference bool) int64 {
	if reference {
		return 1
	}
	return 0
}

// takeReference gives document i of b, of a file of references, its key. It makes a bad
// record of one without a token, and returns false.
func (j *Job) takeReference(b *batch, i int) bool {
	name, d := j.corpus.Files()[b.block.File].Name, &b.in.Docs[i]
	if d.Key = referenceKey(name, d.Key); b.noToken[i] {
		b.in.Errs = append(b.in.Errs, b.block.Error(name, d, corpus.NoWords, "the reference has no letter or number, so nothing can match it"))
		b.leads, b.dropped = append(b.leads, false), append(b.dropped, i)
		return false
	}
	j.references = min(j.references, corpus.ID(j.catalog.Len()))
	return true
}
