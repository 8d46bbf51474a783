package pipeline

import (
	"encoding/binary"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// appendDigests appends those of the files up to one that are not in the log yet,
// and counts them as being there.
func (l *journal) appendDigests(dst []byte, file int) []byte {
	dst = binary.AppendUvarint(dst, uint64(max(0, file-len(l.digests))))
	for i := len(l.digests); i < file; i++ {
		digest := l.job.corpus.Digest(i)
		l.digests = append(l.digests, digest)
		dst = binary.LittleEndian.AppendUint64(dst, digest)
	}
	return dst
}

func (l *journal) takeDigests(d *decoder) {
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		l.digests = append(l.digests, d.uint64())
	}
}

// appendBatch appends what number takes of b: all that a batch holds but texts, and
// what is made for nothing, such as keys of copies.
func (l *journal) appendBatch(dst []byte, b *batch) []byte {
	dst = l.appendDigests(dst, b.block.File)
	m := b.block.Mark()
	for _, v := range []uint64{uint64(b.block.File), uint64(b.block.Offset), uint64(len(b.block.Data)), uint64(b.in.Blank),
		uint64(b.in.Filtered), uint64(m.Offset), uint64(m.Line), uint64(m.Hashed)} {
		dst = binary.AppendUvarint(dst, v)
	}
	dst = binary.LittleEndian.AppendUint64(dst, m.Hash)
	dst = binary.AppendUvarint(dst, uint64(len(b.in.Docs)-len(b.dropped)))
	dropped := b.dropped
	for i := range b.in.Docs {
		if len(dropped) > 0 && dropped[0] == i {
			dropped = dropped[1:]
			continue
		}
		dst = b.appendDocument(dst, i)
	}
	dst = binary.AppendUvarint(dst, uint64(len(b.in.Errs)))
	for _, e := range b.in.Errs {
		dst = appendRecordError(dst, e)
	}
	return dst
}

func (b *batch) appendDocument(dst []byte, i int) []byte {
	d := &b.in.Docs[i]
	dst = append(dst, asByte(b.noToken[i]))
	dst = appendBytes(dst, d.Key)
	dst = binary.AppendUvarint(dst, uint64(d.Line))
	dst = binary.AppendUvarint(dst, uint64(d.Offset-b.block.Offset))
	dst = binary.AppendUvarint(dst, uint64(d.StoredAt))
	dst = binary.AppendUvarint(dst, uint64(b.lens[i]))
	dst = append(dst, b.digests[i][:]...)
	dst = appendBytes(dst, b.title(i))
	dst = appendValue(appendValue(dst, d.Date), d.Source)
	dst = binary.AppendUvarint(dst, uint64(len(d.Fields)))
	for _, value := range d.Fields {
		dst = appendValue(dst, value)
	}
	var keys []uint64
	if b.leads[i] {
		keys = b.keysOf(i)
	}
	dst = binary.AppendUvarint(dst, uint64(len(keys)))
	for _, key := range keys {
		dst = binary.LittleEndian.AppendUint64(dst, key)
	}
	return dst
}

func appendRecordError(dst []byte, e *corpus.RecordError) []byte {
	dst = binary.AppendUvarint(dst, uint64(e.Line))
	dst = binary.AppendUvarint(dst, uint64(e.Offset))
	for _, s := range []string{e.Key, e.Reason, string(e.Raw)} {
		dst = appendBytes(dst, []byte(s))
	}
	return append(dst, asByte(e.Truncated), asByte(e.Broken))
}

func asByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendBytes(dst, p []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(p))), p...)
}

// appendValue appends the value of a field, which may be nil.
func appendValue(dst, value []byte) []byte {
	if value == nil {
		return append(dst, 0)
	}
	return append(binary.AppendUvarint(dst, uint64(len(value))+1), value...)
}

func (d *decoder) value() []byte {
	n := d.uvarint()
	if n == 0 {
		return nil
	}
	return d.take(n - 1)
}

// takeBatch numbers a batch of the log.
func (l *journal) takeBatch(d *decoder) error {
	b := l.decodeBatch(d)
	if d.bad {
		return nil
	}
	l.job.again[b.block.File] = true
	return l.job.number(b)
}

// decodeBatch reads what appendBatch has written; d.bad tells whether it could.
func (l *journal) decodeBatch(d *decoder) *batch {
	l.takeDigests(d)
	b := new(batch)
	file, offset, size := int(d.uvarint()), int64(d.uvarint()), int64(d.uvarint())
	if d.bad || file >= len(l.job.corpus.Files()) {
		d.bad = true
		return b
	}
	b.hold(l.job.corpus.NewBlock(file, offset, nil))
	b.size, b.in.Blank, b.in.Filtered = size, int64(d.uvarint()), int64(d.uvarint())
	l.mark = corpus.Mark{File: file, Offset: int64(d.uvarint()), Line: int64(d.uvarint()), Hashed: int64(d.uvarint()), Hash: d.uint64()}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		b.takeDocument(d)
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		b.in.Errs = append(b.in.Errs, takeRecordError(d, l.job.corpus.Files()[file].Name))
	}
	return b
}

func (b *batch) takeDocument(d *decoder) {
	b.noToken = append(b.noToken, d.byte() == 1)
	doc := corpus.Document{Key: d.bytes(), Line: int64(d.uvarint()), Offset: b.block.Offset + int64(d.uvarint()), StoredAt: int64(d.uvarint())}
	b.lens = append(b.lens, uint32(d.uvarint()))
	b.digests = append(b.digests, [16]byte(d.take(16)))
	b.titleAt = append(b.titleAt, len(b.titles))
	b.titles = append(b.titles, d.bytes()...)
	doc.Date, doc.Source = d.value(), d.value()
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		doc.Fields = append(doc.Fields, d.value())
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		b.keys = append(b.keys, d.uint64())
	}
	b.keyEnd = append(b.keyEnd, len(b.keys))
	b.in.Docs = append(b.in.Docs, doc)
}

func takeRecordError(d *decoder, file string) *corpus.RecordError {
	e := &corpus.RecordError{File: file, Line: int64(d.uvarint()), Offset: int64(d.uvarint()),
		Key: string(d.bytes()), Reason: string(d.bytes()), Raw: slices.Clone(d.bytes())}
	e.Truncated, e.Broken = d.byte() == 1, d.byte() == 1
	return e
}

// decoder reads what the journal has written; bad is set where it cannot.
type decoder struct {
	rest []byte
	bad  bool
}

// take returns the next n bytes, zeros if there are not so many.
func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return make([]byte, min(n, 16))
	}
	p := d.rest[:n:n]
	d.rest = d.rest[n:]
	return p
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) byte() byte     { return d.take(1)[0] }
func (d *decoder) uint32() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }
func (d *decoder) uint64() uint64 { return binary.LittleEndian.Uint64(d.take(8)) }
func (d *decoder) bytes() []byte  { return d.take(d.uvarint()) }
