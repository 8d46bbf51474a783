package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// repeated reads as one byte, n times.
type repeated struct {
	b byte
	n int64
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), r.n)]
	for i := range p {
		p[i] = r.b
	}
	r.n -= int64(len(p))
	return len(p), nil
}

// writeBomb writes a file that expands to size bytes between two good records.
func writeBomb(t *testing.T, path string, size int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var w io.WriteCloser
	if strings.HasSuffix(path, ".gz") {
		w, err = gzip.NewWriterLevel(f, gzip.BestSpeed)
	} else {
		w, err = zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	}
	if err != nil {
		t.Fatal(err)
	}
	var in io.Reader = io.MultiReader(strings.NewReader(goodA+"\n"), &repeated{'!', size}, strings.NewReader("\n"+goodB+"\n"))
	if strings.Contains(path, ".warc") {
		in = io.MultiReader(strings.NewReader(wet("urn:a", "a good page")+wet("urn:b", "x")[:90]), &repeated{'x', size})
	}
	_, err = io.Copy(w, in)
	if err := errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// peakOf runs the command in a process of its own and returns its exit code and the
// most memory it had, in bytes, as the kernel saw it.
func peakOf(t *testing.T, args ...string) (code int, peak int64, said string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := &exec.Cmd{Path: self, Args: append([]string{"doppel"}, args...), Stderr: &stderr} // see TestMain
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatal("the system does not tell the memory of a process")
	}
	return cmd.ProcessState.ExitCode(), usage.Maxrss << 10, stderr.String()
}

// TestBombs: small files that expand to 256 MiB (4 GiB with DOPPEL_LONG) make one bad
// record, cost no memory, and leave the records around them alone.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("expands much")
	}
	size := int64(256 << 20)
	if os.Getenv("DOPPEL_LONG") == "1" {
		size = 4 << 30
	}
	for _, c := range []struct {
		name  string
		bad   int
		stays []string
	}{
		{"x.jsonl.gz", 1, []string{goodA, goodB}},
		{"x.jsonl.zst", 2, []string{goodA}}, // it is cut off by --max-expansion too
		{"x.txt.gz", 1, nil},
		{"x.txt.zst", 1, nil},
		{"x.warc.gz", 1, []string{"a good page"}},
		{"x.warc.zst", 1, []string{"a good page"}},
		{"x.html.gz", 1, nil},
		{"x.csv.gz", 1, nil},
	} {
		dir := t.TempDir()
		path, out := filepath.Join(dir, c.name), filepath.Join(dir, "out")
		writeBomb(t, path, size)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		code, peak, said := peakOf(t, "prune", "-q", "--max-record", "4MiB", "--threads", "2", "--temp", dir, path, "-o", out)
		t.Logf("%s: %d KiB for %d MiB, exit code %d, peak %d MiB", c.name, info.Size()>>10, size>>20, code, peak>>20)
		if code != exitQuarantined || peak > 100<<20 {
			t.Errorf("%s: exit code %d, peak %d MiB, want %d and at most 100\n%s", c.name, code, peak>>20, exitQuarantined, said)
			continue
		}
		if bad := linesOf(t, filepath.Join(out, "quarantine.jsonl")); len(bad) != c.bad {
			t.Errorf("%s: %d bad records, want %d: %.300q", c.name, len(bad), c.bad, bad)
		}
		for _, text := range c.stays {
			if !strings.Contains(dataOf(t, out), text) {
				t.Errorf("%s: %q did not stay", c.name, text)
			}
		}
	}
}

// TestWindowOfZstd: a frame that asks for a window of a gigabyte is not given one.
func TestWindowOfZstd(t *testing.T) {
	dir := t.TempDir()
	// RFC 8878: magic, a descriptor without a size, a window of 2^(10+20) bytes, and one
	// raw block, the last, of one byte.
	frame := "\x28\xb5\x2f\xfd\x00\xa0\x09\x00\x00x"
	writeTree(t, dir, map[string]string{"x.jsonl.zst": frame, "x.txt.zst": frame, "good.jsonl": goodA + "\n"})
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"prune", dir, "-o", dir + ".out"}, nil, &stdout, &stderr)
	if code != exitQuarantined || strings.Count(stderr.String(), "window size exceeded") != 2 {
		t.Errorf("exit code %d, want %d and two errors of the window\n%s", code, exitQuarantined, &stderr)
	}
}
