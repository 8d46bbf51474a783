package snapshot

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Columns says what is stored of a pair.
type Columns bool

// The first line of the pairs tells which columns follow.
const (
	WithoutFigures Columns = false
	WithFigures    Columns = true
)

// head returns the first line of the pairs.
func (c Columns) head() string {
	if c == WithFigures {
		return "a,b,overlap,figures"
	}
	return "a,b,overlap"
}

// Writer writes a snapshot. Use it as an [atomicfile.Dir]: create, defer Abort,
// fill, Commit. What it writes depends on what it is given alone.
type Writer struct {
	dir  *atomicfile.Dir
	docs *stream
	line []byte // of docs

	pairs   *stream
	columns Columns
	row     []byte
}

// Create starts a snapshot that will be at path, which must not exist or be an
// empty folder.
func Create(path string, columns Columns) (*Writer, error) { return CreateIn(vfs.OS{}, path, columns) }

// CreateIn is [Create] in another file system.
func CreateIn(sys vfs.FS, path string, columns Columns) (*Writer, error) {
	dir, err := atomicfile.CreateDirIn(sys, path)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	w := &Writer{dir: dir, columns: columns}
	if w.docs, err = newStream(dir, DocumentsName); err == nil {
		w.pairs, err = newStream(dir, PairsName)
	}
	if err == nil {
		_, err = w.pairs.z.Write([]byte(columns.head() + "\n"))
	}
	if err != nil {
		return nil, errors.Join(err, w.Abort())
	}
	return w, nil
}

// Document writes the next document.
func (w *Writer) Document(d *Document) error {
	if int64(d.N) != w.docs.rows {
		panic(fmt.Sprintf("snapshot: document %d in place of %d", d.N, w.docs.rows))
	}
	w.docs.rows++
	w.line = append(d.appendTo(w.line[:0]), '\n')
	_, err := w.docs.z.Write(w.line)
	return err
}

// Pair writes the next pair. Pairs come in ascending order.
func (w *Writer) Pair(e Pair) error {
	w.row = strconv.AppendUint(w.row[:0], uint64(e.Pair.A), 10)
	w.row = strconv.AppendUint(append(w.row, ','), uint64(e.Pair.B), 10)
	w.row = strconv.AppendUint(append(w.row, ','), uint64(e.Overlap), 10)
	if w.columns == WithFigures {
		w.row = strconv.AppendUint(append(w.row, ','), uint64(e.Figures), 10)
	}
	w.row = append(w.row, '\n')
	w.pairs.rows++
	_, err := w.pairs.z.Write(w.row)
	return err
}

// Commit adds the header and puts the snapshot in its place. It fills in the
// header's type, schema and files.
func (w *Writer) Commit(h Header) error {
	h.Type, h.Schema, h.Files = headerType, Schema, nil
	for _, s := range []*stream{w.docs, w.pairs} {
		f, err := s.finish()
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		h.Files = append(h.Files, f)
	}
	data, err := encodeHeader(&h)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	out, err := w.dir.Create(HeaderName)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	_, err = out.Write(data)
	if err = errors.Join(err, out.Close()); err == nil {
		err = w.dir.Commit()
	}
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

// Abort removes what was written. After Commit it does nothing.
func (w *Writer) Abort() error {
	var errs []error
	for _, s := range []*stream{w.docs, w.pairs} {
		if s != nil {
			errs = append(errs, s.drop())
		}
	}
	return errors.Join(append(errs, w.dir.Abort())...)
}

// checksumHead begins the last field of the header.
const checksumHead = ",\n  \"checksum\": \""

// checksumTail ends the header.
const checksumTail = "\"\n}\n"

// encodeHeader returns the bytes of run.json.
func encodeHeader(h *Header) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(h); err != nil {
		return nil, err
	}
	data := bytes.TrimSuffix(out.Bytes(), []byte("\n}\n"))
	sum := checksum(data)
	return append(append(append(data, checksumHead...), sum...), checksumTail...), nil
}

func checksum(data []byte) string {
	sum := xxh3.Hash128(data).Bytes()
	return hex.EncodeToString(sum[:])
}

// stream is a compressed file being written.
type stream struct {
	name string
	rows int64
	file io.WriteCloser
	z    *zstd.Encoder
	sum  *xxh3.Hasher
	size int64
}

func newStream(dir *atomicfile.Dir, name string) (*stream, error) {
	file, err := dir.Create(name)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	s := &stream{name: name, file: file, sum: xxh3.New()}
	// One goroutine, so that the bytes do not depend on the number of threads.
	if s.z, err = zstd.NewWriter((*stored)(s), zstd.WithEncoderConcurrency(1)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

// stored is the end of a stream behind the compressor.
type stored stream

// Write counts, sums up and stores.
func (s *stored) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	s.sum.Write(p) // a hash takes everything
	return s.file.Write(p)
}

func (s *stream) finish() (File, error) {
	if err := s.z.Close(); err != nil {
		return File{}, err
	}
	err := s.file.Close()
	s.file = nil
	sum := s.sum.Sum128().Bytes()
	return File{Name: s.name, Rows: s.rows, Bytes: s.size, Checksum: hex.EncodeToString(sum[:])}, err
}

// drop closes what finish did not.
func (s *stream) drop() error {
	if s.file == nil {
		return nil
	}
	s.z.Reset(nil) // what it holds is not wanted
	return s.file.Close()
}
