package tune

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// maxSampleBytes bounds the texts of a sample. It is no part of the memory budget:
// what is drawn must not depend on the machine.
const maxSampleBytes = 512 << 20

// sampler draws documents by a hash of their ids: those with the lowest ones. So the
// same documents are drawn on every machine, and in every order of the files.
type sampler struct {
	most     int   // documents
	maxBytes int64 // of their texts

	docs  sampleHeap
	bytes int64
	// limit is the hash of the lowest document that was turned away: beyond it
	// nothing is taken, so that the sample does not depend on the order.
	limit uint64
	full  bool

	read, bad int64
	wanted    map[string][]byte // texts of labelled documents, nil until seen
}

// sampled is a document of a sample.
type sampled struct {
	hash      uint64
	number    int64 // in reading order
	key, text []byte
}

// sampleHeap has the document with the highest hash on top.
type sampleHeap []sampled

func (h sampleHeap) Len() int      { return len(h) }
func (h sampleHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *sampleHeap) Push(x any)   { *h = append(*h, x.(sampled)) }

func (h sampleHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[j].hash, h[i].hash), cmp.Compare(h[j].number, h[i].number)) < 0
}

func (h *sampleHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// draw reads the corpus of j and leaves the sample in docs, in reading order.
func (s *sampler) draw(ctx context.Context, j *pipeline.Job) error {
	c, o := j.Corpus(), j.Options()
	progress := pipeline.Progress{Stage: pipeline.StageRead}
	for _, f := range c.Files() {
		progress.InputTotal += f.Size
	}
	parser := corpus.NewParser(c)
	var batch corpus.Batch
	err := c.Scan(ctx, func(b *corpus.Block) error {
		batch.Reset()
		parser.Parse(b, &batch)
		b.Release()
		for _, e := range batch.Errs {
			if o.OnError == pipeline.Stop {
				return e
			}
			s.bad++
			if o.OnBadRecord != nil {
				o.OnBadRecord(e)
			}
		}
		for i := range batch.Docs {
			s.add(&batch.Docs[i])
		}
		if o.Progress != nil {
			progress.Documents, progress.InputBytes = s.read, c.BytesRead()
			o.Progress(progress)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(s.docs, func(a, b sampled) int { return cmp.Compare(a.number, b.number) })
	return nil
}

func (s *sampler) add(d *corpus.Document) {
	s.read++
	if text, ok := s.wanted[string(d.Key)]; ok && text == nil {
		s.wanted[string(d.Key)] = append([]byte{}, d.Text...)
	}
	hash := xxh3.Hash(d.Key)
	if s.full && hash >= s.limit {
		return
	}
	heap.Push(&s.docs, sampled{hash, s.read, slices.Clone(d.Key), slices.Clone(d.Text)})
	s.bytes += int64(len(d.Text))
	for len(s.docs) > s.most || s.bytes > s.maxBytes && len(s.docs) > 1 {
		out := heap.Pop(&s.docs).(sampled)
		s.bytes -= int64(len(out.text))
		s.limit, s.full = out.hash, true
	}
}

// texts maps the ids of the sample to their texts. Of equal ids the first counts,
// as in a run.
func (s *sampler) texts() map[string][]byte {
	m := make(map[string][]byte, len(s.docs))
	for _, d := range s.docs {
		if _, ok := m[string(d.key)]; !ok {
			m[string(d.key)] = d.text
		}
	}
	return m
}

// reader returns the sample as JSONL, as a run reads it.
func (s *sampler) reader() io.Reader { return &sampleReader{docs: s.docs} }

type sampleReader struct {
	docs []sampled
	buf  bytes.Buffer
}

// Read encodes one document at a time.
func (r *sampleReader) Read(p []byte) (int, error) {
	if r.buf.Len() == 0 {
		if len(r.docs) == 0 {
			return 0, io.EOF
		}
		r.buf.Reset()
		err := json.NewEncoder(&r.buf).Encode(map[string]string{
			corpus.DefaultIDField: string(r.docs[0].key), corpus.DefaultTextField: string(r.docs[0].text)})
		if err != nil {
			return 0, err
		}
		r.docs = r.docs[1:]
	}
	return r.buf.Read(p)
}
