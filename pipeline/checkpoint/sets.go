package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/segment"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Sets are what a second reading has made of a block of the corpus, for the documents of
// it that were wanted.
type Sets struct {
	IDs []corpus.ID // ascending, behind those of the blocks before
	// Columns are rows of each document, as many columns in each block of a log, of
	// which some may be left out.
	Columns []Column
	// Counts are added up, as many in each block.
	Counts []int64
	// Passages are what was found in the texts of some documents.
	Passages []Passages
}

// Column is a row for each document, end to end. Without Ends it is left out.
type Column struct {
	Values []uint64
	Ends   []int
}

// Passages are what was found in the text of a document.
type Passages struct {
	ID    corpus.ID
	Texts []string
}

// setsDir is the folder of the second log, inside that of the first.
const setsDir = "sets"

// The kinds of blocks of the second log, in their first byte. Persisted, never renumber.
const (
	tieBlock      = 1
	learntBlock   = 2
	setsBlock     = 3
	valuesBlock   = 4
	setsDoneBlock = 5
)

// valuesInBlock is how many values a block has at most, since a text may have very many.
const valuesInBlock = 1 << 17

// setLog is the second log. It is read only when pass 1 has ended, and what it has is
// too much to be held.
type setLog struct {
	log    *segment.Log
	since  int64
	sealed time.Time
	blocks int // of an earlier run
	done   bool
	want   []*Column // columns of the sets being read that lack values
	sets   Sets
}

func (s *setLog) close() error {
	if s == nil {
		return nil
	}
	return s.log.Close()
}

// OpenSets takes up what an earlier run has left of its second reading, or begins with
// that. Pass 1 must have ended. learnt gets what AddLearnt has logged, and take what
// AddSets has, in their order; what they get is good until they return.
func (l *Log) OpenSets(learnt func([]byte) error, take func(*Sets) error) error {
	if l == nil || l.o.NoSets || l.sets != nil {
		return nil
	}
	dir := filepath.Join(l.o.Dir, setsDir)
	err := l.readSets(dir, learnt, take)
	var other errOtherRun
	if errors.As(err, &other) {
		l.o.Tell(fmt.Sprintf("damaged checkpoint, %s is of another run: it is not used", dir))
		if err = errors.Join(l.sets.close(), l.o.FS.RemoveAll(dir)); err == nil {
			err = l.readSets(dir, learnt, take)
		}
	}
	return err
}

// errOtherRun is a second log that does not belong to the first, whose head was lost.
type errOtherRun struct{}

func (errOtherRun) Error() string { return "checkpoint: sets of another run" }

func (l *Log) readSets(dir string, learnt func([]byte) error, take func(*Sets) error) error {
	log, err := segment.Open(l.o.FS, dir)
	if err != nil {
		return err
	}
	l.sets = &setLog{log: log, sealed: time.Now()}
	damage, err := log.Replay(func(block []byte) error {
		l.sets.blocks++
		return l.takeSets(block, learnt, take)
	})
	switch {
	case err != nil:
		return l.o.refused(err)
	case damage != nil:
		l.o.Tell(fmt.Sprintf("damaged checkpoint, %v", damage))
	case len(l.sets.want) > 0:
		return l.senseless()
	}
	if l.sets.blocks > 0 {
		return nil
	}
	return log.Append(append([]byte{tieBlock}, l.tie()...))
}

// tie returns what the second log has of the first: the hash of its keys, which no other
// run has, and of the inputs.
func (l *Log) tie() []byte {
	tied := binary.LittleEndian.AppendUint64(slices.Clone(l.head.Stamp), uint64(l.head.Words))
	for _, digest := range l.digests {
		tied = binary.LittleEndian.AppendUint64(tied, digest)
	}
	sum := xxh3.Hash128(tied).Bytes()
	return sum[:]
}

// takeSets takes one block of the second log.
func (l *Log) takeSets(block []byte, learnt func([]byte) error, take func(*Sets) error) error {
	s := l.sets
	d := decoder{rest: block}
	kind := d.byte()
	if (len(s.want) > 0) != (kind == valuesBlock) || (s.blocks == 1) != (kind == tieBlock) {
		return l.senseless()
	}
	switch kind {
	case tieBlock:
		if !bytes.Equal(l.tie(), d.rest) {
			return errOtherRun{}
		}
		return nil
	case learntBlock:
		return learnt(d.rest)
	case setsBlock:
		s.takeSets(&d)
	case valuesBlock:
		s.takeValues(&d)
	case setsDoneBlock:
		s.done = true
	default:
		d.bad = true
	}
	if d.bad || len(d.rest) > 0 {
		return l.senseless()
	}
	if len(s.want) == 0 && (kind == setsBlock || kind == valuesBlock) {
		return take(&s.sets)
	}
	return nil
}

// SetsDone tells whether a second reading had come to its end.
func (l *Log) SetsDone() bool { return l != nil && l.sets != nil && l.sets.done }

// AddLearnt logs what the second reading goes by, before any sets.
func (l *Log) AddLearnt(p []byte) error {
	if l == nil || l.sets == nil {
		return nil
	}
	if err := l.sets.log.Append(append([]byte{learntBlock}, p...)); err != nil {
		return err
	}
	return l.sealSets()
}

// AddSets logs sets, of a block of so many bytes.
func (l *Log) AddSets(s *Sets, bytes int64) error {
	if l == nil || l.sets == nil {
		return nil
	}
	log := l.sets.log
	l.buf = s.appendTo(append(l.buf[:0], setsBlock))
	if err := log.Append(l.buf); err != nil {
		return err
	}
	for _, c := range s.Columns {
		for rest := c.Values; len(rest) > 0; {
			n := min(len(rest), valuesInBlock)
			l.buf = appendValues(append(l.buf[:0], valuesBlock), rest[:n])
			if err := log.Append(l.buf); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	if l.sets.since += bytes; l.sets.since < l.o.Every && time.Since(l.sets.sealed) < l.o.Interval {
		return nil
	}
	return l.sealSets()
}

func (l *Log) sealSets() error {
	l.sets.since, l.sets.sealed = 0, time.Now()
	return l.sets.log.Seal()
}

// EndSets logs the end of the second reading, or that it was stopped by err, which it
// returns. Sets of an input that has changed are dropped.
func (l *Log) EndSets(err error) error {
	if l == nil || l.sets == nil {
		return err
	}
	if err == nil && !l.sets.done {
		l.sets.done = true
		err = l.sets.log.Append([]byte{setsDoneBlock})
	}
	var after error
	if errors.As(err, new(*corpus.ChangedError)) {
		after = errors.Join(l.sets.close(), l.o.FS.RemoveAll(filepath.Join(l.o.Dir, setsDir)))
	} else {
		after = l.sealSets()
	}
	if err == nil || after != nil && !errors.Is(err, after) {
		err = errors.Join(err, after)
	}
	return err
}

// appendTo appends all but the values.
func (s *Sets) appendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s.IDs)))
	last := corpus.ID(0)
	for _, id := range s.IDs {
		dst = binary.AppendUvarint(dst, uint64(id-last))
		last = id
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.Columns)))
	for _, c := range s.Columns {
		dst = append(dst, asByte(len(c.Ends) > 0))
		from := 0
		for _, end := range c.Ends {
			dst = binary.AppendUvarint(dst, uint64(end-from))
			from = end
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.Counts)))
	for _, n := range s.Counts {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.Passages)))
	for _, p := range s.Passages {
		dst = binary.AppendUvarint(dst, uint64(p.ID))
		dst = binary.AppendUvarint(dst, uint64(len(p.Texts)))
		for _, text := range p.Texts {
			dst = appendBytes(dst, []byte(text))
		}
	}
	return dst
}

// takeSets reads what appendTo has written; d.bad tells whether it could.
func (l *setLog) takeSets(d *decoder) {
	s := &l.sets
	s.IDs, s.Counts, s.Passages = s.IDs[:0], s.Counts[:0], nil
	last := uint64(0)
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		last += d.uvarint()
		d.bad = d.bad || last > 1<<32-1
		s.IDs = append(s.IDs, corpus.ID(last))
	}
	columns := d.uvarint()
	if d.bad = d.bad || columns > 64; d.bad {
		return
	}
	for len(s.Columns) < int(columns) {
		s.Columns = append(s.Columns, Column{})
	}
	s.Columns = s.Columns[:columns]
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Values, c.Ends = c.Values[:0], c.Ends[:0]; cap(c.Values) > keptBuffer/8 {
			c.Values = nil
		}
		if d.byte() == 0 {
			continue
		}
		end := uint64(0)
		for range s.IDs {
			n := d.uvarint()
			if d.bad = d.bad || n > 1<<32-1; d.bad {
				return
			}
			end += n
			c.Ends = append(c.Ends, int(end))
		}
		if end > 0 {
			l.want = append(l.want, c)
		}
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		s.Counts = append(s.Counts, int64(d.uvarint()))
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		p := Passages{ID: corpus.ID(d.uvarint())}
		for k := d.uvarint(); k > 0 && !d.bad; k-- {
			p.Texts = append(p.Texts, string(d.bytes()))
		}
		s.Passages = append(s.Passages, p)
	}
}

func appendValues(dst []byte, values []uint64) []byte {
	for _, v := range values {
		dst = binary.LittleEndian.AppendUint64(dst, v)
	}
	return dst
}

// takeValues reads values into the first column that lacks some.
func (l *setLog) takeValues(d *decoder) {
	c := l.want[0]
	lacks := c.Ends[len(c.Ends)-1] - len(c.Values)
	if n := len(d.rest) / 8; n == 0 || n > lacks || len(d.rest)%8 != 0 {
		d.bad = true
		return
	}
	for ; len(d.rest) > 0; d.rest = d.rest[8:] {
		c.Values = append(c.Values, binary.LittleEndian.Uint64(d.rest))
	}
	if len(c.Values) == c.Ends[len(c.Ends)-1] {
		l.want = l.want[1:]
	}
}
