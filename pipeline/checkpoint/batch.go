package checkpoint

import (
	"encoding/binary"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// appendDigests appends those of the files up to one that are not in the log yet,
// and counts them as being there.
func (l *Log) appendDigests(dst []byte, file int) []byte {
	dst = binary.AppendUvarint(dst, uint64(max(0, file-len(l.digests))))
	for i := len(l.digests); i < file; i++ {
		digest := l.corpus.Digest(i)
		l.digests = append(l.digests, digest)
		dst = binary.LittleEndian.AppendUint64(dst, digest)
	}
	return dst
}

func (l *Log) takeDigests(d *decoder) {
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		l.digests = append(l.digests, d.uint64())
	}
}

// Batch is a block of the corpus as pass 1 hands it on: all that this found but texts,
// and what was made for nothing, such as keys of copies.
type Batch struct {
	File int
	// Offset is that of the block in its decompressed file, and Bytes its size. Mark is
	// the place behind it.
	Offset, Bytes   int64
	Blank, Filtered int64 // records
	Mark            corpus.Mark
	Documents       []Document
	Errs            []*corpus.RecordError // in any order
}

// Document is a document of a batch.
type Document struct {
	corpus.Document // without Text, ASCII and Size
	NoToken         bool
	Characters      uint32
	Digest          shingle.Digest
	Stamp           uint64 // of the text, by the key in the head
	Title           []byte
	Keys            []uint64 // that make candidates
}

// appendBatch appends b.
func (l *Log) appendBatch(dst []byte, b *Batch) []byte {
	dst = l.appendDigests(dst, b.File)
	m := b.Mark
	for _, v := range []uint64{uint64(b.File), uint64(b.Offset), uint64(b.Bytes), uint64(b.Blank),
		uint64(b.Filtered), uint64(m.Offset), uint64(m.Line), uint64(m.Hashed)} {
		dst = binary.AppendUvarint(dst, v)
	}
	dst = binary.LittleEndian.AppendUint64(dst, m.Hash)
	dst = binary.AppendUvarint(dst, uint64(len(b.Documents)))
	for i := range b.Documents {
		dst = b.Documents[i].appendTo(dst, b.Offset)
	}
	dst = binary.AppendUvarint(dst, uint64(len(b.Errs)))
	for _, e := range b.Errs {
		dst = appendRecordError(dst, e)
	}
	return dst
}

// appendTo appends d, of a block that begins at an offset.
func (d *Document) appendTo(dst []byte, block int64) []byte {
	dst = append(dst, asByte(d.NoToken))
	dst = appendBytes(dst, d.Key)
	dst = binary.AppendUvarint(dst, uint64(d.Line))
	dst = binary.AppendUvarint(dst, uint64(d.Offset-block))
	dst = binary.AppendUvarint(dst, uint64(d.StoredAt))
	dst = binary.AppendUvarint(dst, uint64(d.Characters))
	dst = append(dst, d.Digest[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, d.Stamp)
	dst = appendBytes(dst, d.Title)
	dst = appendValue(appendValue(dst, d.Date), d.Source)
	dst = binary.AppendUvarint(dst, uint64(len(d.Fields)))
	for _, value := range d.Fields {
		dst = appendValue(dst, value)
	}
	dst = binary.AppendUvarint(dst, uint64(len(d.Keys)))
	for _, key := range d.Keys {
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
	flags := asByte(e.Truncated) | badNumber(e.Code)<<1
	if e.Fields != nil {
		flags |= hasFields
	}
	dst = append(dst, flags, asByte(e.Broken))
	if e.Fields != nil {
		dst = binary.AppendUvarint(dst, uint64(len(e.Fields)))
	}
	for _, name := range e.Fields {
		dst = appendBytes(dst, []byte(name))
	}
	return dst
}

// hasFields is set in the flags of an error with names of fields behind it. Programs from
// before take it for a code that they do not know.
const hasFields = 0x80

// badNumber is the place of a code among all; 0 is also what there was before codes.
func badNumber(code corpus.BadCode) byte {
	return byte(max(0, slices.Index(corpus.BadCodes(), code)))
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

// decodeBatch reads what appendBatch has written; d.bad tells whether it could. The
// batch has parts of what is read.
func (l *Log) decodeBatch(d *decoder) *Batch {
	l.takeDigests(d)
	b := &Batch{File: int(d.uvarint()), Offset: int64(d.uvarint()), Bytes: int64(d.uvarint())}
	if d.bad || b.File >= len(l.corpus.Files()) {
		d.bad = true
		return b
	}
	b.Blank, b.Filtered = int64(d.uvarint()), int64(d.uvarint())
	b.Mark = corpus.Mark{File: b.File, Offset: int64(d.uvarint()), Line: int64(d.uvarint()), Hashed: int64(d.uvarint()), Hash: d.uint64()}
	l.mark = b.Mark
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		b.Documents = append(b.Documents, takeDocument(d, b.Offset))
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		b.Errs = append(b.Errs, takeRecordError(d, l.corpus.Files()[b.File].Name))
	}
	return b
}

// takeDocument reads what appendTo has written.
func takeDocument(d *decoder, block int64) (doc Document) {
	doc.NoToken, doc.Key = d.byte() == 1, d.bytes()
	doc.Line, doc.Offset, doc.StoredAt = int64(d.uvarint()), block+int64(d.uvarint()), int64(d.uvarint())
	doc.Characters = uint32(d.uvarint())
	doc.Digest, doc.Stamp = shingle.Digest(d.take(16)), d.uint64()
	doc.Title, doc.Date, doc.Source = d.bytes(), d.value(), d.value()
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		doc.Fields = append(doc.Fields, d.value())
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		doc.Keys = append(doc.Keys, d.uint64())
	}
	return doc
}

func takeRecordError(d *decoder, file string) *corpus.RecordError {
	e := &corpus.RecordError{File: file, Line: int64(d.uvarint()), Offset: int64(d.uvarint()),
		Key: string(d.bytes()), Reason: string(d.bytes()), Raw: slices.Clone(d.bytes())}
	flags := d.byte()
	e.Truncated, e.Broken = flags&1 == 1, d.byte() == 1
	if flags&hasFields != 0 {
		e.Fields = []string{}
		for n := d.uvarint(); n > 0 && !d.bad; n-- {
			e.Fields = append(e.Fields, string(d.bytes()))
		}
		flags &^= hasFields
	}
	if codes := corpus.BadCodes(); int(flags>>1) < len(codes) {
		e.Code = codes[flags>>1]
		if flags>>1 == 0 {
			e.Code = oldCode(e.Reason)
		}
	} else {
		d.bad = true
	}
	return e
}

// decoder reads what a Log has written; bad is set where it cannot.
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
