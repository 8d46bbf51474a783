package corpus

import (
	"bytes"
	"context"
	"io"
	"sync"
)

// queue is the way of a file's blocks from its reader to the scan.
type queue struct {
	blocks chan *Block
	// begun is closed when the scan has come to the file; before is then the number of
	// blocks of files before it.
	begun  chan struct{}
	before int64
}

// tally counts the blocks that were released.
type tally struct {
	mu       sync.Mutex
	released int64
	wake     chan struct{} // closed when there is one more; nil if nobody waits
}

func (t *tally) add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.released++
	if t.wake != nil {
		close(t.wake)
		t.wake = nil
	}
}

// wait returns when n blocks have been released.
func (t *tally) wait(ctx context.Context, n int64) error {
	for {
		t.mu.Lock()
		if t.released >= n {
			t.mu.Unlock()
			return ctx.Err()
		}
		if t.wake == nil {
			t.wake = make(chan struct{})
		}
		wake := t.wake
		t.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// admit waits, before a record of at least size bytes is read, until no block is in
// use, if it is a giant. All blocks before it have been handed on then, so that nobody
// waits for it.
func (r *reader) admit(size int64) error { return r.admitAt(r.line, size) }

// admitAt is admit for the record of a line, or of a number in a container.
func (r *reader) admitAt(line, size int64) error {
	o := &r.c.o
	if o.Giant == 0 || size <= o.Giant {
		return nil
	}
	select {
	case <-r.queue.begun:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	if err := r.tally.wait(r.ctx, r.queue.before+r.sent); err != nil || o.OnGiant == nil {
		return err
	}
	return o.OnGiant(&r.c.files[r.index], line, size)
}

// partBytes is the size of the parts in which a record of unknown size is read.
const partBytes = 1 << 20

// readParts reads in parts, behind those there are, until done says of a part that it is
// enough, limit bytes are there, or there is an error.
func (r *reader) readParts(parts [][]byte, limit int64, done func(part []byte) bool) ([][]byte, error) {
	var size int64
	for _, p := range parts {
		size += int64(len(p))
	}
	admitted := r.c.o.Giant == 0
	for {
		part, err := r.fill(make([]byte, 0, min(partBytes, max(int64(r.c.o.blockSize), size))))
		parts, size = append(parts, part), size+int64(len(part))
		if err != nil || size >= limit || done(part) {
			return parts, err
		}
		if !admitted && size > r.c.o.Giant {
			admitted = true
			if err := r.admit(size); err != nil {
				return parts, &fault{err}
			}
		}
	}
}

// longLine reads on a line of which buf, in which it does not end, is the beginning. It
// returns the line with what was read behind it, or, of one over the limit, what was
// read behind it.
func (r *reader) longLine(buf []byte) ([]byte, error) {
	if rest, ok := r.restOfLine(int64(len(buf))); ok {
		size := int64(len(buf)) + rest
		if size <= r.longest() {
			if err := r.admit(size); err != nil {
				return nil, &fault{err}
			}
			return r.fill(append(make([]byte, 0, size+1), buf...)) // one more finds the end of the file
		}
		if len(buf) > maxRaw {
			return r.skipLine([][]byte{buf})
		}
	}
	ends := func(part []byte) bool { return bytes.IndexByte(part, '\n') >= 0 }
	parts, err := r.readParts([][]byte{buf}, r.longest(), ends)
	if err == nil && !ends(parts[len(parts)-1]) {
		return r.skipLine(parts)
	}
	return joined(parts), err
}

// joined returns parts end to end, with none of them held.
func joined(parts [][]byte) []byte {
	if len(parts) == 1 {
		return parts[0]
	}
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	all := make([]byte, 0, size)
	for i := range parts {
		all = append(all, parts[i]...)
		parts[i] = nil
	}
	return all
}

// restOfLine returns how many bytes, behind the first n that belong to no block yet, are
// of the same line, with its end, if the file can be looked at without reading it.
// Beyond the limit it stops counting.
func (r *reader) restOfLine(n int64) (rest int64, ok bool) {
	if r.at == nil {
		return 0, false
	}
	part := make([]byte, r.c.o.blockSize)
	for r.ctx.Err() == nil {
		got, err := r.at.ReadAt(part, r.offset+n+rest)
		if i := bytes.IndexByte(part[:got], '\n') + 1; i > 0 {
			return rest + int64(i), true
		}
		rest += int64(got)
		switch {
		case err == io.EOF, n+rest > r.longest():
			return rest, true
		case err != nil:
			return 0, false // which reading finds out, too
		}
	}
	return 0, false
}
