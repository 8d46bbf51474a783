package warc

import (
	"bytes"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// The records of a file of which texts are being made: how many for each slot, and how
// many bytes beyond which no more are added.
const (
	aheadRecords = 4
	aheadBytes   = 16 << 20
	// A larger buffer is not kept: a giant record must not be paid for ever after.
	keptBuffer = 1 << 20
)

// records yields the documents of a file. Finding them is done by Next, making texts of
// them by up to cap(slots) goroutines of all files.
type records struct {
	s     scanner
	text  texter
	slots chan struct{}

	queue []*job // in order
	bytes int    // of their contents
	err   error  // why no more come
	last  *job   // the one that Next returned
	idle  []*job // for their buffers
}

// job is a document, or a bad record, on its way.
type job struct {
	rec      record // its raw and content are in the buffers
	media    string
	buf, raw []byte
	json     bytes.Buffer
	err      error         // why it is no document
	done     chan struct{} // closed when json or err is there; nil if they are
}

// Next returns the next document.
func (r *records) Next() (corpus.ContainerRecord, error) {
	if r.last != nil {
		r.release(r.last)
		r.last = nil
	}
	for r.err == nil && r.hasRoom() {
		r.find()
	}
	if len(r.queue) == 0 {
		return corpus.ContainerRecord{}, r.err
	}
	j := r.queue[0]
	r.queue = slices.Delete(r.queue, 0, 1)
	r.bytes -= len(j.rec.content)
	r.last = j
	j.wait()
	if err := r.s.in.ctx.Err(); err != nil {
		return corpus.ContainerRecord{}, err
	}
	switch {
	case j.rec.class == bad:
		return corpus.ContainerRecord{}, recordError(&j.rec, j.rec.code, j.rec.reason)
	case j.err != nil:
		return corpus.ContainerRecord{}, recordError(&j.rec, corpus.BadCodeOf(j.err), j.err.Error())
	}
	return corpus.ContainerRecord{Number: j.rec.number, Offset: j.rec.stored, JSON: j.json.Bytes()}, nil
}

// FieldNames implements [corpus.FieldNames]: in every file the text is in the same one.
func (r *records) FieldNames() []string { return []string{"text"} }

// hasRoom reports whether another record may wait.
func (r *records) hasRoom() bool {
	return len(r.queue) == 0 || len(r.queue) < aheadRecords*cap(r.slots) && r.bytes < aheadBytes && cap(r.slots) > 1
}

// find puts the next record in the queue, if it is one of those that Next returns.
func (r *records) find() {
	rec, err := r.s.next()
	if err != nil {
		r.err = err
		return
	}
	if rec.class == other {
		return
	}
	j := r.newJob()
	j.rec = *rec
	j.raw = append(j.raw[:0], rec.raw...)
	j.rec.raw = j.raw
	if rec.class == document {
		j.media = r.s.media()
		j.buf, r.s.buf = r.s.buf, j.buf // with the content
		r.start(j)
	}
	r.queue = append(r.queue, j)
	r.bytes += len(j.rec.content)
}

// start makes the document of a job, or has it made.
func (r *records) start(j *job) {
	if cap(r.slots) < 2 {
		j.err = r.text.document(&j.json, &j.rec, j.media)
		return
	}
	j.done = make(chan struct{})
	go func() {
		defer close(j.done)
		select {
		case r.slots <- struct{}{}:
		case <-r.s.in.ctx.Done(): // Next will tell
			return
		}
		defer func() { <-r.slots }()
		j.err = r.text.document(&j.json, &j.rec, j.media)
	}()
}

func (j *job) wait() {
	if j.done != nil {
		<-j.done
	}
}

// newJob returns a job without content, perhaps with buffers of an earlier one.
func (r *records) newJob() *job {
	n := len(r.idle) - 1
	if n < 0 {
		return &job{}
	}
	j := r.idle[n]
	r.idle = r.idle[:n]
	return j
}

// release keeps a job for its buffers.
func (r *records) release(j *job) {
	j.rec, j.err, j.done = record{}, nil, nil
	if cap(j.buf) > keptBuffer {
		j.buf = nil
	}
	if j.json.Cap() > keptBuffer {
		j.json = bytes.Buffer{}
	}
	r.idle = append(r.idle, j)
}

// Close ends the reading.
func (r *records) Close() error {
	for _, j := range r.queue {
		j.wait()
	}
	r.s.in.close()
	return nil
}
