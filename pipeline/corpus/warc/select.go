package warc

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Select writes the file without the documents and bad records that are not kept, and
// without the request and metadata records that belong to no document but those.
func (container) Select(ctx context.Context, f *corpus.Stored, w io.Writer, keep func(number int64) bool) error {
	in, err := newInput(ctx, f)
	if err != nil {
		return err
	}
	defer in.close()
	in.keep = true
	cuts, err := plan(in, keep)
	if err != nil {
		return err
	}
	out := &selection{in: in, w: w, cuts: cuts}
	return out.write()
}

// place is a run of the stream, without its end.
type place struct{ start, end int64 }

// plan reads the whole file and returns what goes, in order and apart.
func plan(in *input, keep func(int64) bool) ([]place, error) {
	s := scanner{in: in}
	l := links{gone: idSet{}, here: idSet{}}
	var cuts []place
	for {
		rec, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		at := place{rec.start, rec.end}
		switch {
		case rec.class == other:
			l.other(rec, at)
		case keep(rec.number):
			l.here.document(rec)
		default:
			l.gone.document(rec)
			cuts = append(cuts, at)
		}
	}
	cuts = append(cuts, l.cuts()...)
	slices.SortFunc(cuts, func(a, b place) int { return cmp.Compare(a.start, b.start) })
	return cuts, nil
}

// idSet holds hashes of record ids: of documents, and of the records that they say
// belong to them.
type idSet map[xxh3.Uint128]bool

func (s idSet) document(rec *record) {
	s[hashID(bareID(rec.header.get("WARC-Record-ID")))] = true
	for _, id := range rec.header.ids("WARC-Concurrent-To") {
		s[hashID(id)] = true
	}
}

func hashID(id string) xxh3.Uint128 { return xxh3.HashString128(id) }

// links says which records belong to which documents.
type links struct {
	gone, here idSet
	companions []companion
}

// companion is a request or metadata record.
type companion struct {
	at  place
	ids []xxh3.Uint128 // its own, and those of the records it belongs to
}

func (l *links) other(rec *record, at place) {
	h := &rec.header
	switch strings.ToLower(h.get("WARC-Type")) {
	case "request", "metadata":
	default:
		return
	}
	c := companion{at: at}
	ids := append([]string{bareID(h.get("WARC-Record-ID"))}, h.ids("WARC-Concurrent-To")...)
	for _, id := range append(ids, h.ids("WARC-Refers-To")...) {
		if id != "" {
			c.ids = append(c.ids, hashID(id))
		}
	}
	l.companions = append(l.companions, c)
}

// cuts returns the companions of documents that are gone, unless they also are those
// of one that is here.
func (l *links) cuts() []place {
	var cuts []place
	for _, c := range l.companions {
		in := func(s idSet) bool { return slices.ContainsFunc(c.ids, func(id xxh3.Uint128) bool { return s[id] }) }
		if in(l.gone) && !in(l.here) {
			cuts = append(cuts, c.at)
		}
	}
	return cuts
}

// selection writes what stays.
type selection struct {
	in   *input
	w    io.Writer
	cuts []place // those that may reach into the members to come
}

func (s *selection) write() error {
	for _, m := range s.in.members {
		for len(s.cuts) > 0 && s.cuts[0].end <= m.start {
			s.cuts = s.cuts[1:]
		}
		if err := s.member(m); err != nil {
			return err
		}
	}
	return nil
}

func (s *selection) member(m member) error {
	pieces := s.pieces(m)
	switch {
	case s.in.codec == nil:
		return s.copyPlain(pieces)
	case !m.damaged && (m.start == m.end || len(pieces) == 1 && pieces[0] == place{m.start, m.end}):
		return s.copy(io.NewSectionReader(s.in.file, m.stored, m.storedEnd-m.stored))
	case len(pieces) == 0:
		return nil
	}
	return s.compress(m, pieces)
}

// pieces returns what stays of a member's content.
func (s *selection) pieces(m member) []place {
	var pieces []place
	at := m.start
	for _, c := range s.cuts {
		if c.start >= m.end {
			break
		}
		if c.start > at {
			pieces = append(pieces, place{at, c.start})
		}
		at = max(at, c.end)
	}
	if at < m.end {
		pieces = append(pieces, place{at, m.end})
	}
	return pieces
}

func (s *selection) copyPlain(pieces []place) error {
	for _, p := range pieces {
		if err := s.copy(io.NewSectionReader(s.in.file, p.start, p.end-p.start)); err != nil {
			return err
		}
	}
	return nil
}

func (s *selection) copy(r io.Reader) error { return s.copyTo(s.w, r) }

func (s *selection) copyTo(w io.Writer, r io.Reader) error {
	_, err := io.Copy(w, &checked{r, s.in})
	return err
}

// compress writes what stays of a member as a member of its own.
func (s *selection) compress(m member, pieces []place) error {
	r, err := s.in.codec.open(m.stored)
	if err != nil {
		return err
	}
	z, err := s.compressor()
	if err != nil {
		return err
	}
	at := m.start
	for _, p := range pieces {
		if _, err := io.CopyN(io.Discard, &checked{r, s.in}, p.start-at); err != nil {
			return errors.Join(err, z.Close())
		}
		if err := s.copyTo(z, io.LimitReader(r, p.end-p.start)); err != nil {
			return errors.Join(err, z.Close())
		}
		at = p.end
	}
	return z.Close()
}

func (s *selection) compressor() (io.WriteCloser, error) {
	if _, ok := s.in.codec.(*gzipCodec); ok {
		return gzip.NewWriter(s.w), nil
	}
	return zstd.NewWriter(s.w, zstd.WithEncoderConcurrency(1))
}

// checked stops reading when the context ends.
type checked struct {
	r  io.Reader
	in *input
}

func (c *checked) Read(p []byte) (int, error) {
	if err := c.in.broken(nil); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
