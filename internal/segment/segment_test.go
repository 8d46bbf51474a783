package segment

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
)

// writeLog writes segments of the given blocks and returns their folder.
func writeLog(t testing.TB, segments [][]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "log")
	l, err := Open(vfs.OS{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, blocks := range segments {
		for _, b := range blocks {
			if err := l.Append([]byte(b)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readLog returns the blocks of a log.
func readLog(t testing.TB, dir string) (blocks []string, damage *Damage) {
	t.Helper()
	l, err := Open(vfs.OS{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	damage, err = l.Replay(func(b []byte) error {
		blocks = append(blocks, string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return blocks, damage
}

var sample = [][]string{{"head"}, {"a", "", strings.Repeat("b", 300)}, {"c"}}

func TestLogGoesOn(t *testing.T) {
	dir := writeLog(t, sample)
	for k := range 3 {
		l, err := Open(vfs.OS{}, dir)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if damage, err := l.Replay(func(b []byte) error { got = append(got, string(b)); return nil }); damage != nil || err != nil {
			t.Fatal(damage, err)
		}
		if want := 5 + k; len(got) != want {
			t.Fatalf("got %d blocks, want %d", len(got), want)
		}
		if err := l.Append(fmt.Append(nil, "more ", k)); err != nil {
			t.Fatal(err)
		}
		if err := l.Seal(); err != nil {
			t.Fatal(err)
		}
		if err := l.Append([]byte("not sealed")); err != nil {
			t.Fatal(err)
		}
		if k == 1 { // else as after a kill
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, damage := readLog(t, dir)
	want := append(slices.Concat(sample...), "more 0", "more 1", "more 2")
	if damage != nil || !slices.Equal(got, want) {
		t.Errorf("got %q (%v), want %q", got, damage, want)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 6 {
		t.Errorf("the folder holds %v (%v), want 6 segments", names, err)
	}
}

// damaged tells whether change, made to a segment of a copy of dir, is found out: no
// block of that segment or a later one is handed out, and the others are.
func damaged(files memory, number int, before []string, content []byte) error {
	path := segmentName(number)
	changed := maps.Clone(files)
	changed[path] = content
	l := &Log{fs: changed}
	for n := range len(files) {
		l.found = append(l.found, uint32(n))
	}
	var got []string
	damage, err := l.Replay(func(b []byte) error { got = append(got, string(b)); return nil })
	switch {
	case err != nil:
		return err
	case damage == nil || damage.Path != path:
		return fmt.Errorf("found %v", damage)
	case !slices.Equal(got, before):
		return fmt.Errorf("handed out %q, want %q", got, before)
	}
	return nil
}

// TestEveryFlippedBit of every segment is found out, and so is a file that is cut
// anywhere, or has one byte more.
func TestEveryFlippedBit(t *testing.T) {
	dir := writeLog(t, sample)
	files := memory{}
	for n := range sample {
		content, err := os.ReadFile(filepath.Join(dir, segmentName(n)))
		if err != nil {
			t.Fatal(err)
		}
		files[segmentName(n)] = content
	}
	tried := 0
	var before []string
	for n := range sample {
		content := files[segmentName(n)]
		check := func(what string, content []byte) {
			t.Helper()
			tried++
			if err := damaged(files, n, before, content); err != nil {
				t.Errorf("segment %d, %s: %v", n, what, err)
			}
		}
		for bit := range 8 * len(content) {
			c := bytes.Clone(content)
			c[bit/8] ^= 1 << (bit % 8)
			check(fmt.Sprintf("bit %d", bit), c)
		}
		for cut := range content {
			check(fmt.Sprintf("cut to %d", cut), content[:cut])
		}
		check("a byte more", append(bytes.Clone(content), 0))
		before = append(before, sample[n]...)
	}
	t.Logf("%d changes", tried)
}

// TestRandomBitsOfALargeSegment are found out one by one.
func TestRandomBitsOfALargeSegment(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	var blocks []string
	for range 20 {
		b := make([]byte, rng.IntN(2000))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		blocks = append(blocks, string(b))
	}
	dir := writeLog(t, [][]string{blocks})
	content, err := os.ReadFile(filepath.Join(dir, "00000000.seg"))
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		bit := rng.IntN(8 * len(content))
		content[bit/8] ^= 1 << (bit % 8)
		if _, err := readSegment(content); !errors.As(err, new(badSegment)) {
			t.Fatalf("seed %d: bit %d: %v", seed, bit, err)
		}
		content[bit/8] ^= 1 << (bit % 8)
	}
	if _, err := readSegment(content); err != nil {
		t.Fatal(err)
	}
}

func segmentName(n int) string { return fmt.Sprintf("%08d.seg", n) }

// readSegment reads the first segment of a log.
func readSegment(content []byte) (blocks [][]byte, err error) {
	l := &Log{fs: memory{segmentName(0): content}}
	_, err = l.read(0, func(b []byte) error {
		blocks = append(blocks, bytes.Clone(b))
		return nil
	})
	return blocks, err
}

func TestSwappedAndMissing(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"swapped": func(dir string) error {
			a, b, c := filepath.Join(dir, "00000001.seg"), filepath.Join(dir, "00000002.seg"), filepath.Join(dir, "x")
			return errors.Join(os.Rename(a, c), os.Rename(b, a), os.Rename(c, b))
		},
		"missing": func(dir string) error { return os.Remove(filepath.Join(dir, "00000001.seg")) },
		"of another log": func(dir string) error {
			other := writeLog(t, [][]string{{"another"}, {"a"}})
			return os.Rename(filepath.Join(other, "00000001.seg"), filepath.Join(dir, "00000001.seg"))
		},
	} {
		dir := writeLog(t, sample)
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		got, damage := readLog(t, dir)
		if damage == nil || !strings.Contains(damage.Error(), "00000001.seg") || !slices.Equal(got, sample[0]) {
			t.Errorf("%s: got %q (%v)", name, got, damage)
		}
		if got, damage := readLog(t, dir); damage != nil || !slices.Equal(got, sample[0]) {
			t.Errorf("%s: a second time, got %q (%v)", name, got, damage)
		}
	}
}

// TestOtherVersionIsRefused and nothing is deleted.
func TestOtherVersionIsRefused(t *testing.T) {
	dir := writeLog(t, sample)
	path := filepath.Join(dir, "00000000.seg")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[8] = Version + 1
	content = append(appendCRC(content[:headerBytes-4:headerBytes-4], 0), content[headerBytes:]...)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := Open(vfs.OS{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Replay(func([]byte) error { return nil }); !errors.Is(err, VersionError(Version+1)) {
		t.Errorf("got error %v", err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 3 {
		t.Errorf("left %v (%v)", names, err)
	}
}

// TestSealSteps pins the protocol.
func TestSealSteps(t *testing.T) {
	faults := &vfstest.Faulty{FS: vfs.OS{}}
	l, err := Open(faults, filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Append([]byte("x")), l.Seal()); err != nil {
		t.Fatal(err)
	}
	want := []string{"mkdir log", "syncDir parent", "list log", "create 00000000.seg.tmp", "write 00000000.seg.tmp", "sync 00000000.seg.tmp",
		"close 00000000.seg.tmp", "rename 00000000.seg.tmp 00000000.seg", "syncDir parent"}
	if got := faults.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls\n got %q\nwant %q", got, want)
	}
}

// TestFailedSealLeavesNoTemporaryFile: a disk that is full gets its space back at once,
// not when the log is opened again.
func TestFailedSealLeavesNoTemporaryFile(t *testing.T) {
	for fault := 4; ; fault++ { // those before are of Open
		dir := filepath.Join(t.TempDir(), "log")
		faults := &vfstest.Faulty{FS: vfs.OS{}, FailAt: fault}
		l, err := Open(faults, dir)
		if err != nil {
			t.Fatal(err)
		}
		err = l.Append([]byte("x"))
		if err == nil {
			err = l.Seal()
		}
		call, struck := faults.Struck()
		if !struck {
			if fault < 9 {
				t.Errorf("only %d calls", fault)
			}
			return
		}
		if !errors.Is(err, vfstest.ErrInjected) {
			t.Errorf("%s: got error %v", call, err)
		}
		if left, err := filepath.Glob(filepath.Join(dir, "*.tmp")); err != nil || len(left) > 0 {
			t.Errorf("%s: left %v (%v)", call, left, err)
		}
	}
}

// FuzzReadSegment: what is not a segment is bad, and a segment is read as it is
// written.
func FuzzReadSegment(f *testing.F) {
	for n := range sample {
		dir := writeLog(f, [][]string{sample[n]})
		content, err := os.ReadFile(filepath.Join(dir, "00000000.seg"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
		f.Add(content[:len(content)/2])
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		blocks, err := readSegment(content)
		if err != nil {
			if !errors.As(err, new(badSegment)) && !errors.As(err, new(VersionError)) {
				t.Fatal(err)
			}
			return
		}
		var all []string
		for _, b := range blocks {
			all = append(all, string(b))
		}
		again, err := os.ReadFile(filepath.Join(writeLog(t, [][]string{all}), "00000000.seg"))
		if len(all) > 0 && (err != nil || !bytes.Equal(again, content)) {
			t.Errorf("%q is not written as it was read (%v)", all, err)
		}
	})
}
