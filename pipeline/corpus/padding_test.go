package corpus

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestBehindTheEnd: what may stand behind compressed data, as their own tools have it,
// and what may not.
func TestBehindTheEnd(t *testing.T) {
	a, b := records(0, 3), records(3, 2)
	zeros := func(n int) string { return strings.Repeat("\x00", n) }
	skippable := "\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
	const whole, broken = 0, 1
	for name, c := range map[string]struct {
		file, data string
		docs, bad  int
	}{
		"gzip, a zero":                  {"a.jsonl.gz", pack(t, a, Gzip) + zeros(1), 3, whole},
		"gzip, a block of tape":         {"a.jsonl.gz", pack(t, a, Gzip) + pack(t, b, Gzip) + zeros(10240), 5, whole},
		"gzip, many zeros":              {"a.jsonl.gz", pack(t, a, Gzip) + zeros(1<<20), 3, whole},
		"gzip, empty members":           {"a.jsonl.gz", strings.Repeat(pack(t, "", Gzip), 300) + pack(t, a, Gzip), 3, whole},
		"gzip, zeros and a byte":        {"a.jsonl.gz", pack(t, a, Gzip) + zeros(99) + "x", 3, broken},
		"gzip, zeros between members":   {"a.jsonl.gz", pack(t, a, Gzip) + zeros(512) + pack(t, b, Gzip), 3, broken},
		"gzip, other bytes":             {"a.jsonl.gz", pack(t, a, Gzip) + "some words", 3, broken},
		"gzip, zeros alone":             {"a.jsonl.gz", zeros(512), 0, broken},
		"gzip of CSV":                   {"a.csv.gz", pack(t, "id,text\n1,a\n2,b\n", Gzip) + zeros(512), 2, whole},
		"gzip of a text":                {"a.txt.gz", pack(t, "a text", Gzip) + zeros(512), 1, whole},
		"zstd, a skippable frame":       {"a.jsonl.zst", skippable + pack(t, a, Zstd) + skippable + pack(t, b, Zstd) + skippable, 5, whole},
		"zstd, zeros":                   {"a.jsonl.zst", pack(t, a, Zstd) + zeros(512), 3, broken},
		"xz, padding":                   {"a.jsonl.xz", pack(t, a, Xz) + zeros(8) + pack(t, b, Xz) + zeros(512), 5, whole},
		"xz, padding of a wrong length": {"a.jsonl.xz", pack(t, a, Xz) + zeros(6), 3, broken},
		"bzip2, zeros":                  {"a.jsonl.bz2", pack(t, a, Bzip2) + zeros(512), 3, broken},
	} {
		t.Run(name, func(t *testing.T) {
			got := one(t, c.file, c.data, Options{})
			if len(got.Docs) != c.docs || len(got.Errs) != c.bad {
				t.Errorf("%d documents and %v, want %d and %d bad", len(got.Docs), got.Errs, c.docs, c.bad)
			}
		})
	}
}

// TestMembersCutAnywhere give what one member gives, wherever they and their records end.
func TestMembersCutAnywhere(t *testing.T) {
	all := records(0, 50)
	want := one(t, "a.jsonl", all, Options{})
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var b strings.Builder
		for rest := all; rest != ""; {
			n := min(len(rest), rnd.IntN(500))
			b.WriteString(pack(t, rest[:n], Gzip))
			rest = rest[n:]
		}
		b.WriteString(strings.Repeat("\x00", rnd.IntN(3)*512))
		got := one(t, "a.jsonl.gz", b.String(), Options{})
		for i := range got.Docs {
			got.Docs[i].File = "a.jsonl"
		}
		if !slices.Equal(got.Docs, want.Docs) || len(got.Errs) > 0 {
			t.Fatalf("got %d documents, %v, want %d", len(got.Docs), got.Errs, len(want.Docs))
		}
	}
}
