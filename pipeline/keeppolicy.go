package pipeline

import (
	"encoding/binary"
	"slices"

	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// keepPolicy reads Keep, which looks for sources where SourceField says.
func (id Identity) keepPolicy() (cluster.KeepPolicy, error) {
	p, err := cluster.ParseKeepPolicy(id.Keep)
	if err != nil {
		return p, err
	}
	return p.WithSourceField(id.SourceField), nil
}

// held lists the fields that a saved run holds: those of the policy, and the source.
func (id Identity) held(keep cluster.KeepPolicy) []string {
	fields := slices.Clone(keep.Fields())
	if id.SourceField != "" && !slices.Contains(fields, id.SourceField) {
		fields = append(fields, id.SourceField)
	}
	return fields
}

// heldOf returns the contents of the fields that a saved run holds, good until the
// next call.
func (j *Job) heldOf(d *corpus.Document) [][]byte {
	policy := len(j.keep.Fields())
	clear(j.held)
	copy(j.held, d.Fields) // a text has none
	if len(j.held) > policy {
		j.held[policy] = d.Source
	}
	return j.held
}

// keepContent stores the digest of the text of document i of b, if it is wanted; that of a copy or of no token is left empty.
func (j *Job) keepContent(b *batch, i int, leads bool) error {
	if j.contents == nil {
		return nil
	}
	if !leads || b.noToken[i] {
		return j.contents.Append(nil)
	}
	return j.contents.Append(b.digests[i][:])
}

// fieldStore holds the contents of named fields, in the order of documents.
type fieldStore struct {
	names []string
	rows  *spill.Store[byte]
	row   []byte
}

func newFieldStore(names []string, memory int64, temp string, fs vfs.TempFS) *fieldStore {
	return &fieldStore{names: names, rows: spill.New[byte](memory, temp).In(fs)}
}

// missing returns a field that a policy looks at and the store does not hold, "" if
// there is none. That of a source comes last, for files stand for sources too.
func (s *fieldStore) missing(keep cluster.KeepPolicy) string {
	found := ""
	for _, f := range keep.Fields() {
		if slices.Contains(s.names, f) {
			continue
		}
		if found = f; f != keep.BySource() {
			break
		}
	}
	return found
}

// append adds those of the next document: each as its length plus 1 and its bytes,
// or 0 if it is not there.
func (s *fieldStore) append(fields [][]byte) error {
	s.row = s.row[:0]
	for _, f := range fields {
		if f == nil {
			s.row = append(s.row, 0)
			continue
		}
		s.row = append(binary.AppendUvarint(s.row, uint64(len(f))+1), f...)
	}
	return s.rows.Append(s.row)
}

// get returns those of a document, good until the next call; none may be fewer than
// were asked for.
func (s *fieldStore) get(id corpus.ID) (fields [][]byte, err error) {
	row, err := s.rows.Get(int(id), s.row)
	if err != nil {
		return nil, err
	}
	for len(row) > 0 {
		n, size := binary.Uvarint(row)
		row = row[size:]
		if n == 0 {
			fields = append(fields, nil)
			continue
		}
		fields, row = append(fields, row[:n-1:n-1]), row[n-1:]
	}
	return fields, nil
}
