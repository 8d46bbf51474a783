package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// server is a store for tests, with faults in front of it.
type server struct {
	*httptest.Server
	backend  gofakes3.Backend
	requests atomic.Int64
	// fault is asked before every request; it may answer in the store's place.
	fault func(w http.ResponseWriter, r *http.Request, n int64) bool
	// cut is the number of bytes after which an answer breaks off, 0 for never.
	cut func(n int64) int
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{backend: s3mem.New()}
	if err := s.backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	inner := gofakes3.New(s.backend).Server()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.requests.Add(1)
		if s.fault != nil && s.fault(w, r, n) {
			return
		}
		if s.cut != nil {
			w = &cutter{ResponseWriter: w, left: s.cut(n)}
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// cutter breaks the connection after some bytes.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.left > 0 && len(p) >= c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left-1])
		if f, ok := c.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	if c.left > 0 {
		c.left -= len(p)
	}
	return c.ResponseWriter.Write(p)
}

func (s *server) put(t testing.TB, key, content string) {
	t.Helper()
	if _, err := s.backend.PutObject("bucket", key, map[string]string{"Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT"}, strings.NewReader(content), int64(len(content)), nil); err != nil {
		t.Fatal(err)
	}
}

func (s *server) get(t testing.TB, key string) string {
	t.Helper()
	o, err := s.backend.GetObject("bucket", key, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(o.Contents)
	if err := errors.Join(err, o.Contents.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (s *server) open(t testing.TB) *Store {
	t.Helper()
	store, err := New(t.Context(), Options{Endpoint: s.URL, Region: "us-east-1", Credentials: &Credentials{Key: "k", Secret: "s"}, Pause: 1})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestReadAndList(t *testing.T) {
	s := newServer(t)
	for _, key := range []string{"a/b.jsonl", "a/c/d.txt", "a/c/e.txt", "ab.txt", "ünï cödé+&.txt", "dot/../x", "a//double"} {
		s.put(t, key, "content of "+key)
	}
	store := s.open(t)
	entries, err := fs.ReadDir(store, "bucket/a")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, fmt.Sprint(e.Name(), e.IsDir()))
	}
	if want := []string{`""false`, "b.jsonlfalse", "ctrue"}; !slices.Equal(names, want) {
		t.Errorf("the folder holds %q, want %q", names, want)
	}
	for _, name := range []string{"bucket/a/b.jsonl", "bucket/ünï cödé+&.txt"} {
		got, err := fs.ReadFile(store, name)
		if err != nil || string(got) != "content of "+name[len("bucket/"):] {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"bucket/none", "none", "bucket/a/b", `bucket/a/""`} {
		if _, err := store.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "../x", "/bucket/x", "bucket/../x"} {
		if _, err := store.Open(name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if info, err := fs.Stat(store, "bucket"); err != nil || !info.IsDir() {
		t.Errorf("bucket: %v, %v", info, err)
	}
	if info, err := fs.Stat(store, "bucket/a/c"); err != nil || !info.IsDir() {
		t.Errorf("bucket/a/c: %v, %v", info, err)
	}
}

// TestListManyKeys over several pages.
func TestListManyKeys(t *testing.T) {
	s := newServer(t)
	for i := range 2345 {
		s.put(t, fmt.Sprintf("many/%04d.txt", i), "x")
	}
	entries, err := fs.ReadDir(s.open(t), "bucket/many")
	if err != nil || len(entries) != 2345 || entries[2344].Name() != "2344.txt" {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}

// TestFaultsDoNotShow: refused requests and connections that break off at any place
// give the same bytes, in a stream and at any place.
func TestFaultsDoNotShow(t *testing.T) {
	content := make([]byte, 300_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	s := newServer(t)
	s.put(t, "big.bin", string(content))
	for name, set := range map[string]func(){
		"every third request is refused": func() {
			s.fault = func(w http.ResponseWriter, _ *http.Request, n int64) bool {
				if n%3 != 0 {
					return false
				}
				http.Error(w, "later", []int{http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusTooManyRequests}[n/3%3])
				return true
			}
		},
		"answers break off": func() { s.cut = func(n int64) int { return 1 + int(n*7919%50_000) } },
		"both, at random": func() {
			s.fault = func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
				if rand.IntN(4) > 0 {
					return false
				}
				panic(http.ErrAbortHandler)
			}
			s.cut = func(int64) int { return 1 + rand.IntN(100_000) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s.fault, s.cut = nil, nil
			set()
			store := s.open(t)
			store.o.Attempts = 40
			f, err := store.Open("bucket/big.bin")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got, err := io.ReadAll(iotest.OneByteReader(io.LimitReader(f, 100)))
			if err != nil || !bytes.Equal(got, content[:100]) {
				t.Fatalf("the first bytes differ: %v", err)
			}
			rest, err := io.ReadAll(f)
			if err != nil || !bytes.Equal(rest, content[100:]) {
				t.Fatalf("%d bytes, %v", len(rest), err)
			}
			at := f.(io.ReaderAt)
			for _, c := range []struct{ off, n int }{{0, 10}, {299_990, 10}, {299_990, 20}, {150_000, 100_000}, {300_000, 1}, {400_000, 1}, {5, 0}} {
				p := make([]byte, c.n)
				n, err := at.ReadAt(p, int64(c.off))
				want := content[min(c.off, len(content)):min(c.off+c.n, len(content))]
				if !bytes.Equal(p[:n], want) || (n < c.n) != (err == io.EOF) || err != nil && err != io.EOF {
					t.Errorf("%d bytes at %d: %d, %v", c.n, c.off, n, err)
				}
			}
		})
	}
}

// TestFaultsThatStay end in an error that names the object, after a number of attempts.
func TestFaultsThatStay(t *testing.T) {
	s := newServer(t)
	s.put(t, "x.txt", "content")
	for status, want := range map[int]string{http.StatusInternalServerError: "s3://bucket/x.txt", http.StatusForbidden: "credentials", http.StatusNotFound: "not exist"} {
		before := s.requests.Load()
		s.fault = func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
			w.WriteHeader(status)
			return true
		}
		_, err := s.open(t).Open("bucket/x.txt")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("status %d: %v", status, err)
		}
		if n := s.requests.Load() - before; n > 20 {
			t.Errorf("status %d: %d requests", status, n)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store, err := New(ctx, Options{Endpoint: s.URL, Region: "us-east-1", Credentials: &Credentials{Key: "k", Secret: "s"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open("bucket/x.txt"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestObjectReplacedWhileRead is an error, never a mixture of two versions.
func TestObjectReplacedWhileRead(t *testing.T) {
	s := newServer(t)
	s.put(t, "x.txt", strings.Repeat("old ", 50_000))
	s.cut = func(int64) int { return 70_000 }
	// The store for tests looks at no If-Match: this one does.
	tag := func() string {
		o, err := s.backend.HeadObject("bucket", "x.txt")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`"%x"`, o.Hash)
	}
	s.fault = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		if match := r.Header.Get("If-Match"); match != "" && match != tag() {
			w.WriteHeader(http.StatusPreconditionFailed)
			return true
		}
		return false
	}
	f, err := s.open(t).Open("bucket/x.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	s.put(t, "x.txt", strings.Repeat("new ", 50_000))
	rest, err := io.ReadAll(f)
	if err == nil || !strings.Contains(err.Error(), "replaced") || strings.Contains(string(rest), "new") {
		t.Errorf("%d bytes, %v", len(rest), err)
	}
}

func TestUpload(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	want := map[string]string{"data/a.jsonl": "a", "data/deep/b.jsonl": strings.Repeat("b", 1<<20), "report.csv": "", "_SUCCESS": "done"}
	for name, content := range want {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	var puts []string
	s.fault = func(w http.ResponseWriter, r *http.Request, n int64) bool {
		if r.Method == http.MethodPut && n%3 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "_SUCCESS") {
			puts = append(puts, fmt.Sprint(s.requests.Load()))
			for name := range want {
				if name != "_SUCCESS" && s.get(t, "out/"+name) != want[name] {
					t.Errorf("%s comes after _SUCCESS", name)
				}
			}
		}
		return false
	}
	store := s.open(t)
	if err := store.CheckTarget("bucket/out"); err != nil {
		t.Fatal(err)
	}
	if err := store.Upload(dir, "bucket/out", []string{"_SUCCESS"}); err != nil {
		t.Fatal(err)
	}
	for name, content := range want {
		if got := s.get(t, "out/"+name); got != content {
			t.Errorf("%s has %d bytes, want %d", name, len(got), len(content))
		}
	}
	if len(puts) == 0 {
		t.Error("_SUCCESS was not uploaded")
	}
	if err := store.CheckTarget("bucket/out"); err == nil {
		t.Error("a folder that is not empty is a target")
	}
}

// TestCorpusInAStore: folders, globs and files of a store are inputs beside those of
// the disk, with connections that break off.
func TestCorpusInAStore(t *testing.T) {
	s := newServer(t)
	s.put(t, "news/a.jsonl", `{"id":"a1","text":"one two"}`+"\n"+`{"id":"a2","text":"three"}`+"\n")
	s.put(t, "news/deep/b.txt", "a text")
	s.put(t, "news/picture.png", "")
	s.cut = func(n int64) int { return int(n*31%7) * 10 }
	local := filepath.Join(t.TempDir(), "c.txt")
	if err := os.WriteFile(local, []byte("on the disk"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, in := range [][]string{{"s3://bucket/news/", local}, {"s3://bucket/n*/**", local}, {"s3://bucket/news/a.jsonl", "s3://bucket/news/deep/b.txt", local}} {
		c, err := corpus.Open(in, corpus.Options{Stores: map[string]fs.FS{"s3": s.open(t)}})
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		parser := corpus.NewParser(c)
		err = c.Scan(t.Context(), func(b *corpus.Block) error {
			var batch corpus.Batch
			parser.Parse(b, &batch)
			for _, d := range batch.Docs {
				texts = append(texts, string(d.Text))
			}
			for _, e := range batch.Errs {
				t.Error(e)
			}
			return nil
		})
		slices.Sort(texts)
		if want := []string{"a text", "on the disk", "one two", "three"}; err != nil || !slices.Equal(texts, want) {
			t.Errorf("%q: %q, %v", in, texts, err)
		}
	}
	if _, err := corpus.Open([]string{"s3://bucket/none/"}, corpus.Options{Stores: map[string]fs.FS{"s3": s.open(t)}}); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := corpus.Open([]string{"gs://bucket/none/"}, corpus.Options{}); err == nil || !strings.Contains(err.Error(), "no store is known") {
		t.Errorf("a store that is not known: %v", err)
	}
}

// TestOddKeysAreTold: objects that cannot be named as files are listed as left out.
func TestOddKeysAreTold(t *testing.T) {
	s := newServer(t)
	for _, key := range []string{"a/b.txt", "a//c.txt", "a/../d.txt", "a/./e.txt"} {
		s.put(t, key, "text")
	}
	c, err := corpus.Open([]string{"s3://bucket/a"}, corpus.Options{Stores: map[string]fs.FS{"s3": s.open(t)}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`s3:/bucket/a/""`, `s3:/bucket/a/"."`, `s3:/bucket/a/".."`}
	if got := c.Ignored(); len(c.Files()) != 1 || !slices.Equal(got, want) {
		t.Errorf("%d files, %q left out, want %q", len(c.Files()), got, want)
	}
}

// TestReadInPieces makes few requests, whatever the order of the pieces.
func TestReadInPieces(t *testing.T) {
	s := newServer(t)
	content := make([]byte, 5<<20+12_345)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range content {
		content[i] = byte(rnd.Uint32())
	}
	s.put(t, "x.bin", string(content))
	open := func() io.ReaderAt {
		f, err := s.open(t).Open("bucket/x.bin")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f.(io.ReaderAt)
	}
	before := s.requests.Load()
	got, err := io.ReadAll(io.NewSectionReader(open(), 0, int64(len(content))))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if n := s.requests.Load() - before; n > 10 {
		t.Errorf("%d requests for %d bytes in order", n, len(content))
	}
	at := open()
	var group errgroup.Group
	for range 4 {
		seed := rnd.Uint64()
		group.Go(func() error {
			rnd := rand.New(rand.NewPCG(seed, 0))
			for range 300 {
				off, n := rnd.IntN(len(content)+100), rnd.IntN(1<<rnd.IntN(22))
				p := make([]byte, n)
				got, err := at.ReadAt(p, int64(off))
				want := content[min(off, len(content)):min(off+n, len(content))]
				if !bytes.Equal(p[:got], want) || err != nil && (err != io.EOF || got == n) {
					return fmt.Errorf("%d bytes at %d: %d, %w", n, off, got, err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// TestStoreThatGoesAway ends a scan: what could not be had are no bad records.
func TestStoreThatGoesAway(t *testing.T) {
	for name, answer := range map[string]int{"500": http.StatusInternalServerError, "the connection": 0, "credentials": http.StatusForbidden} {
		s := newServer(t)
		for i := range 5 {
			s.put(t, fmt.Sprintf("news/%d.jsonl", i), strings.Repeat(`{"text":"one two"}`+"\n", 1000))
		}
		c, err := corpus.Open([]string{"s3://bucket/news"}, corpus.Options{Stores: map[string]fs.FS{"s3": s.open(t)}, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		s.fault = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
			if !strings.Contains(r.URL.Path, "/3.jsonl") {
				return false
			}
			if answer == 0 {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(answer)
			return true
		}
		bad := 0
		err = c.Scan(t.Context(), func(b *corpus.Block) error {
			bad += len(b.Errs)
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "s3://bucket/news/3.jsonl") || bad > 0 {
			t.Errorf("%s: %v, and %d bad records", name, err, bad)
		}
	}
}

// TestUploadThatFails leaves no parts of a large file behind, and is an error even if
// nothing was on its way.
func TestUploadThatFails(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "large.bin"), make([]byte, 17<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	parts := atomic.Int64{}
	s.fault = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		if r.URL.Query().Get("partNumber") != "2" {
			return false
		}
		parts.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
		return true
	}
	store := s.open(t)
	store.o.Attempts = 2
	if err := store.Upload(dir, "bucket/out", nil); err == nil || parts.Load() == 0 {
		t.Errorf("%v after the second part was refused %d times", err, parts.Load())
	}
	left, err := store.client.ListMultipartUploads(t.Context(), "bucket", "", "", "", "", 1000)
	if err != nil || len(left.Uploads) > 0 {
		t.Errorf("%d uploads are left: %v", len(left.Uploads), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store.ctx = ctx
	if err := store.Upload(dir, "bucket/other", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
