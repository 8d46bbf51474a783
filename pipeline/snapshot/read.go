package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Reader reads a snapshot: first its documents, then its pairs.
type Reader struct {
	dir    string
	header Header
	// leads tells of each document read whether it can be in a pair: it leads
	// itself and is not empty.
	leads []bool
}

// Open reads the header of the snapshot at dir, and checks that the other files
// are there.
func Open(dir string) (*Reader, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("snapshot: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("snapshot: %q is no folder, and a saved run is one", dir)
	}
	path := filepath.Join(dir, HeaderName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("snapshot: %q is no saved run: it has no %s", dir, HeaderName)
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	r := &Reader{dir: dir}
	if r.header, err = decodeHeader(data); err != nil {
		return nil, fmt.Errorf("snapshot: %s: %w", path, err)
	}
	for i := range r.header.Files {
		if err := r.find(&r.header.Files[i]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// IsAt tells whether dir looks like a snapshot.
func IsAt(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, HeaderName))
	return err == nil
}

// Header returns the header. The caller must not change it.
func (r *Reader) Header() *Header { return &r.header }

// decodeHeader reads run.json.
func decodeHeader(data []byte) (Header, error) {
	const sumBytes = 32
	tail := len(checksumHead) + sumBytes + len(checksumTail)
	body, found := bytes.CutSuffix(data, []byte(checksumTail))
	if !found || len(data) < tail || string(data[len(data)-tail:][:len(checksumHead)]) != checksumHead {
		return Header{}, errors.New("it does not end with a checksum: it was cut short, or is of another kind")
	}
	body = body[:len(data)-tail]
	if got, want := checksum(body), string(data[len(data)-tail+len(checksumHead):][:sumBytes]); got != want {
		return Header{}, fmt.Errorf("its checksum is %s, and should be %s: it was changed or damaged", got, want)
	}
	// Schema and type first: of another one nothing else need be as here.
	var h Header
	var kind struct {
		Type   string `json:"type"`
		Schema int    `json:"schema"`
	}
	body = append(bytes.Clone(body), "\n}"...)
	if err := json.Unmarshal(body, &kind); err != nil {
		return Header{}, err
	}
	switch {
	case kind.Type != headerType:
		return Header{}, fmt.Errorf("type %q is not %q", kind.Type, headerType)
	case kind.Schema < 1 || kind.Schema > Schema:
		return Header{}, fmt.Errorf("schema %d cannot be read, only schemas 1 to %d: use the version of doppel that wrote it", kind.Schema, Schema)
	}
	if err := json.Unmarshal(body, &h); err != nil {
		return Header{}, err
	}
	return h, h.check()
}

func (h *Header) check() error {
	if !(h.VerifiedFrom > 0 && h.VerifiedFrom <= 1) {
		return fmt.Errorf("verified_from %v is outside (0, 1]", h.VerifiedFrom)
	}
	if !(h.ChancePairs >= 0) || h.IgnoredFiles < 0 || h.BrokenFiles < 0 || h.Undated < 0 {
		return fmt.Errorf("a negative number among chance_pairs %v, ignored_files %d, broken_files %d, undated %d", h.ChancePairs, h.IgnoredFiles, h.BrokenFiles, h.Undated)
	}
	if err := h.Counts.Check(); err != nil {
		return err
	}
	for i, in := range h.Inputs {
		if in.Name == "" || in.Format == corpus.Auto {
			return fmt.Errorf("input %d is %q of format %s", i, in.Name, in.Format)
		}
		if i > 0 && h.Inputs[i-1].Reference && !in.Reference {
			return fmt.Errorf("input %q comes after a reference", in.Name)
		}
		if in.Quarantined < 0 || in.Filtered < 0 {
			return fmt.Errorf("input %q has %d bad records and %d that take no part", in.Name, in.Quarantined, in.Filtered)
		}
	}
	if len(h.Files) != 2 || h.Files[0].Name != DocumentsName || h.Files[1].Name != PairsName {
		return fmt.Errorf("files are %v, want %s and %s", h.Files, DocumentsName, PairsName)
	}
	switch docs, pairs := h.Files[0].Rows, h.Files[1].Rows; {
	case docs != h.Counts.Documents:
		return fmt.Errorf("%d rows of documents, and %d documents", docs, h.Counts.Documents)
	case docs > 1<<32-1:
		return fmt.Errorf("%d documents are too many", docs)
	case pairs < h.Counts.Verified || pairs > h.Counts.Candidates:
		return fmt.Errorf("%d rows of pairs, with %d verified and %d candidates", pairs, h.Counts.Verified, h.Counts.Candidates)
	case int64(len(h.Inputs)) != h.Counts.Files:
		return fmt.Errorf("%d inputs, and %d files were read", len(h.Inputs), h.Counts.Files)
	}
	return nil
}

// find looks for a file of the header.
func (r *Reader) find(f *File) error {
	path := filepath.Join(r.dir, f.Name)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("snapshot: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("snapshot: %s is no regular file", path)
	case info.Size() != f.Bytes:
		return fmt.Errorf("snapshot: %s has %d bytes, and should have %d: it was cut short or changed", path, info.Size(), f.Bytes)
	}
	return nil
}

// Documents yields every document in order. What yield gets is good until it
// returns; its errors end the reading, and so does ctx.
func (r *Reader) Documents(ctx context.Context, yield func(*Document) error) error {
	r.leads = make([]bool, 0, min(r.header.Files[0].Rows, 1<<20)) // more when there are more
	return r.read(ctx, &r.header.Files[0], func(in *lines) error {
		return readDocuments(in, &r.header, &r.leads, yield)
	})
}

// Pairs yields every pair in order; Documents must have been read. It is an error if
// the pairs have other columns.
func (r *Reader) Pairs(ctx context.Context, columns Columns, yield func(Pair) error) error {
	return r.read(ctx, &r.header.Files[1], func(in *lines) error { return readPairs(in, columns, r.leads, yield) })
}

// read checks a file and gives its lines to parse.
func (r *Reader) read(ctx context.Context, f *File, parse func(*lines) error) (err error) {
	path := filepath.Join(r.dir, f.Name)
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum := xxh3.New()
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if got := fmt.Sprintf("%x", sum.Sum128().Bytes()); got != f.Checksum {
		return fmt.Errorf("snapshot: %s: its checksum is %s, and should be %s: it was changed or damaged", path, got, f.Checksum)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	z, err := zstd.NewReader(file, zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return fmt.Errorf("snapshot: %s: %w", path, err)
	}
	defer z.Close()
	in := newLines(ctx, z)
	err = parse(in)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, new(yieldError)):
		return errors.Unwrap(err)
	case err != nil:
		return fmt.Errorf("snapshot: %s: line %d: %w", path, in.n, err)
	case in.rows != f.Rows:
		return fmt.Errorf("snapshot: %s has %d rows, and should have %d", path, in.rows, f.Rows)
	}
	return nil
}

// maxWindow is over what a Writer uses.
const maxWindow = 64 << 20
