package corpus

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// packer packs the records of a container into blocks.
type packer struct {
	r     *reader
	named FieldNames // nil if it does not know
	block *Block     // being filled; nil if none is
	last  int64      // number of the last record
}

// next takes one record, or returns why there is none: io.EOF after the last one and
// after the place where the file breaks off.
func (p *packer) next(records Records) error {
	if err := p.r.ctx.Err(); err != nil {
		return err
	}
	rec, err := records.Next()
	var bad *RecordError
	switch {
	case err == nil:
		return p.add(&rec)
	case err == io.EOF:
		return io.EOF
	case errors.As(err, &bad):
		p.last = max(p.last, bad.Line)
		e := *bad
		e.File = p.r.c.files[p.r.index].Name
		e.setRaw(bad.Raw)
		e.Truncated = e.Truncated || bad.Truncated
		if err := p.fail(&e); err != nil || !e.Broken {
			return err
		}
		return io.EOF
	}
	if stop := p.r.stop(err); stop != nil {
		return stop
	}
	e := p.r.recordError(p.last+1, err, nil)
	e.Offset, e.Broken = 0, true
	var cut *cutError
	if errors.As(err, &cut) {
		e.Line, e.Offset = cut.line, cut.offset
		e.setRaw(cut.raw)
	}
	if err := p.fail(e); err != nil {
		return err
	}
	return io.EOF
}

// maxErrs is how many bad records, of up to maxRaw bytes each, wait in a block: a file
// may hold nothing else.
const maxErrs = 256

// fail adds an error, which comes after the records of the block.
func (p *packer) fail(e *RecordError) error {
	if p.block == nil {
		p.block = &Block{}
	}
	p.block.Errs = append(p.block.Errs, e)
	if len(p.block.Errs) < maxErrs {
		return nil
	}
	return p.flush()
}

// add puts a record behind the others, in a new block if this one is full or ends
// with an error.
func (p *packer) add(rec *ContainerRecord) error {
	name := p.r.c.files[p.r.index].Name
	if bytes.IndexByte(rec.JSON, '\n') >= 0 || rec.Number <= p.last {
		return fmt.Errorf("corpus: %s: record %d after %d: the reader of %s files is at fault", name, rec.Number, p.last, p.r.c.files[p.r.index].Format)
	}
	p.last = rec.Number
	if int64(len(rec.JSON)) > p.r.c.o.MaxRecord {
		e := p.r.recordError(rec.Number, p.r.overLimit(), rec.JSON)
		e.Offset = rec.Offset
		return p.fail(e)
	}
	if b := p.block; b != nil && (len(b.Errs) > 0 || len(b.Data)+len(rec.JSON) >= p.r.c.o.blockSize) {
		if err := p.flush(); err != nil {
			return err
		}
	}
	if err := p.r.admitAt(rec.Number, int64(len(rec.JSON))); err != nil {
		return err
	}
	if p.block == nil {
		p.block = &Block{Data: p.r.buffer(len(rec.JSON))}
	}
	b := p.block
	b.Data = append(append(b.Data, rec.JSON...), '\n')
	b.places = append(b.places, place{rec.Number, rec.Offset})
	return nil
}

// flush sends the block being filled.
func (p *packer) flush() error {
	b := p.block
	if b == nil {
		return nil
	}
	p.block = nil
	_, _ = p.r.hash.Write(b.Data) // a hash takes everything
	full := p.r.block(b.Data, &p.r.c.buffers)
	full.Errs, full.places = b.Errs, b.places
	if p.named != nil {
		full.fields = p.r.c.otherFields(p.named.FieldNames())
	}
	return p.r.send(full)
}
