package corpus

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/zeebo/xxh3"
)

// jsonl cuts the stream into blocks that end at the end of a line. buf holds
// what was read and is in no block yet.
func (r *reader) jsonl() error {
	r.hash = xxh3.New()
	defer func() { r.digest = r.hash.Sum64() }()
	buf, err := r.fill(r.buffer(0))
	if what := foreign(buf); what != "" {
		return r.fail(&CodedError{BadFormat, errors.New(what)})
	}
	for err == nil {
		cut := bytes.LastIndexByte(buf, '\n') + 1
		if first := bytes.IndexByte(buf, '\n') + 1; first > 2*r.c.o.blockSize {
			cut = first // a long line has a block of its own
		}
		if cut > 0 {
			rest := append(r.buffer(len(buf)-cut), buf[cut:]...)
			if err := r.lines(buf[:cut]); err != nil {
				return err
			}
			buf = rest
		} else if buf, err = r.longLine(buf); err != nil {
			break
		}
		buf, err = r.fill(buf)
	}
	if err == io.EOF {
		return r.lines(buf)
	}
	return r.broken(buf, err)
}

// longest is the length of a line, with its end, that may be within the limit.
func (r *reader) longest() int64 { return r.c.o.MaxRecord + int64(len("\r\n")) }

// buffer returns an empty buffer with room for more than n bytes.
func (r *reader) buffer(n int) []byte {
	if p, _ := r.c.buffers.Get().(*[]byte); p != nil && cap(*p) > n {
		return (*p)[:0]
	}
	return make([]byte, 0, max(r.c.o.blockSize, n+n/2+1))
}

// fill reads until buf is full or there is an error.
func (r *reader) fill(buf []byte) ([]byte, error) {
	start := len(buf)
	var err error
	for len(buf) < cap(buf) && err == nil {
		var n int
		n, err = r.in.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
	}
	if r.hash != nil {
		_, _ = r.hash.Write(buf[start:]) // a hash takes everything
	}
	if ctxErr := r.ctx.Err(); ctxErr != nil {
		err = ctxErr
	}
	return buf, err
}

// lines sends data, whole lines, as one block, or as several if a line in it is
// over the limit. data is not the reader's any more.
func (r *reader) lines(data []byte) error {
	pool := &r.c.buffers
	if int64(len(data)) > r.c.o.MaxRecord {
		pool = nil // blocks share the buffer
		for at := 0; at < len(data); {
			n := bytes.IndexByte(data[at:], '\n') + 1
			if n == 0 {
				n = len(data) - at
			}
			line := data[at : at+n]
			if int64(len(trimEOL(line))) <= r.c.o.MaxRecord {
				at += n
				continue
			}
			b := r.block(data[:at], pool)
			b.Errs = []*RecordError{r.recordError(r.line, r.overLimit(), trimEOL(line))}
			r.advance(line)
			if err := r.send(b); err != nil {
				return err
			}
			data, at = data[at+n:], 0
		}
	}
	if len(data) == 0 {
		return nil
	}
	return r.send(r.block(data, pool))
}

// block returns the block of the next bytes of the file and advances over them.
func (r *reader) block(data []byte, pool *sync.Pool) *Block {
	if cap(data) > 2*r.c.o.blockSize {
		pool = nil // a giant record must not be paid for ever after
	}
	b := &Block{Line: r.line, Offset: r.offset, Data: data[:len(data):len(data)], pool: pool}
	if pool != nil {
		b.Data = data
	}
	r.advance(data)
	return b
}

func (r *reader) advance(data []byte) {
	r.line += int64(bytes.Count(data, []byte{'\n'}))
	r.move(data)
}

func (r *reader) move(data []byte) {
	r.offset += int64(len(data))
	r.passed.pass(data)
}

// skipLine sends the error for a line over the limit, of which parts are the
// beginning, and reads to its end without keeping it. It returns what was read
// after it.
func (r *reader) skipLine(parts [][]byte) ([]byte, error) {
	if len(parts[0]) <= maxRaw {
		parts = [][]byte{joined(parts)}
	}
	b := &Block{Line: r.line, Offset: r.offset}
	b.Errs = []*RecordError{r.recordError(r.line, r.overLimit(), parts[0])}
	last := len(parts) - 1
	for _, p := range parts[:last] {
		r.move(p)
	}
	rest, err := r.passLine(parts[last])
	if err := r.send(b); err != nil {
		return nil, err
	}
	return rest, err
}

// passLine reads to the end of a line of which buf is the beginning, and returns
// what was read after it.
func (r *reader) passLine(buf []byte) ([]byte, error) {
	for {
		r.move(buf)
		var err error
		buf, err = r.fill(buf[:0])
		if end := bytes.IndexByte(buf, '\n') + 1; end > 0 {
			r.advance(buf[:end])
			return append(buf[:0], buf[end:]...), err
		}
		if err != nil {
			r.move(buf)
			return buf[:0], err
		}
	}
}

// broken ends a file that cannot be read on: its whole lines are records, and
// the place where it breaks off is an error.
func (r *reader) broken(buf []byte, err error) error {
	if stop := r.stop(err); stop != nil {
		return stop
	}
	cut := bytes.LastIndexByte(buf, '\n') + 1
	rest := bytes.Clone(buf[cut:])
	if err := r.lines(buf[:cut]); err != nil {
		return err
	}
	e := r.recordError(r.line, err, rest)
	e.Broken = true
	return r.send(&Block{Errs: []*RecordError{e}})
}
