package corpus

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/plant"
)

// TestCatalogAgainstMap: with any split between memory and file, the catalog
// says of each document what a plain slice and a map say.
func TestCatalogAgainstMap(t *testing.T) {
	for _, budget := range []int64{0, 500, 20_000, 1 << 30} {
		rng := rand.New(rand.NewPCG(3, uint64(budget)))
		dir := t.TempDir()
		c := NewCatalog(budget, dir)
		type row struct {
			file                   int
			line, offset, storedAt int64
			key, title             string
		}
		var want []row
		ids := map[string]ID{}
		duplicates := 0
		for i := range 3000 {
			r := row{rng.IntN(300), rng.Int64N(1 << 40), rng.Int64(), rng.Int64(), fmt.Sprint("k", rng.IntN(4000)), strings.Repeat("é", rng.IntN(40))}
			if i%2 == 0 {
				r.storedAt = r.offset // as of files that are no containers
			}
			if i == 0 {
				r.key = strings.Repeat("long", 10_000)
			}
			id, err := c.Add(r.file, &Document{Key: []byte(r.key), Line: r.line, Offset: r.offset, StoredAt: r.storedAt}, []byte(r.title))
			first, taken := ids[r.key]
			var dup *DuplicateKeyError
			switch {
			case taken && (!errors.As(err, &dup) || dup.First != first || dup.Key != r.key):
				t.Fatalf("budget %d: key %q of document %d was added again: %v", budget, r.key, first, err)
			case taken:
				duplicates++
			case err != nil || int(id) != len(want):
				t.Fatalf("budget %d: document %d got ID %d (%v)", budget, len(want), id, err)
			default:
				ids[r.key] = id
				want = append(want, r)
			}
		}
		if err := c.Seal(); err != nil {
			t.Fatal(err)
		}
		if c.Len() != len(want) || duplicates < 500 {
			t.Fatalf("%d documents, want %d; %d duplicates", c.Len(), len(want), duplicates)
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for i, w := range want {
					id := ID(i)
					file, line, storedAt := c.Location(id)
					_, offset := c.BlockOffset(id)
					found, ok := c.Find(w.key)
					if got := (row{file, line, offset, storedAt, c.Key(id), c.Entry(id).Title}); got != w || !ok || found != id {
						t.Errorf("budget %d: document %d is %+v, found as %d; want %+v", budget, i, got, found, w)
						return
					}
				}
			})
		}
		wg.Wait()
		if _, ok := c.Find("no such key"); ok {
			t.Error("a key that was not added is found")
		}
		if budget == 0 && c.FileBytes() == 0 || budget == 1<<30 && c.FileBytes() != 0 {
			t.Errorf("budget %d: %d bytes in the file", budget, c.FileBytes())
		}
		if c.MemoryBytes() > budget+64*int64(len(want))+12*1024 {
			t.Errorf("budget %d: %d bytes in memory for %d documents", budget, c.MemoryBytes(), len(want))
		}
		if c.Err() != nil {
			t.Error(c.Err())
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("Close left %v", left)
		}
	}
}

// TestCatalogReportsItsFile: an error of the temporary file is kept, not
// panicked.
func TestCatalogReportsItsFile(t *testing.T) {
	dir := t.TempDir()
	c := NewCatalog(0, dir)
	if _, ok := c.Find("a"); ok {
		t.Error("an empty catalog finds a key")
	}
	for _, key := range []string{"a", "b"} {
		if _, err := c.Add(1, &Document{Key: []byte(key)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Seal(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(plant.ScratchFile(t, dir), 3); err != nil {
		t.Fatal(err)
	}
	if got := c.Key(1); got != "" || c.Err() == nil {
		t.Errorf("key %q, error %v", got, c.Err())
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	c = NewCatalog(0, "/nonexistent-folder")
	if _, err := c.Add(1, &Document{Key: []byte("a")}, nil); err == nil {
		t.Error("no error for a missing folder")
	}
}

func TestTitle(t *testing.T) {
	tests := []struct {
		text string
		max  int
		want string
	}{
		{"", 10, ""},
		{" \n\t ", 10, ""},
		{"Hello", 10, "Hello"},
		{"  Hello,\r\n\t world  ", 20, "Hello, world"},
		{"Hello, world", 12, "Hello, world"},
		{"Hello, world!", 12, "Hello,…"},
		{"Hello, world  ", 12, "Hello, world"},
		{"one two three four", 10, "one two…"},
		{"one two three four", 8, "one two…"},
		{"one two three four", 7, "one tw…"},
		{"Donaudampfschifffahrt", 10, "Donaudamp…"},
		{"a Donaudampfschifffahrt", 10, "a Donauda…"},
		{"你好世界你好世界", 4, "你好世…"},
		{"\x1b[31mred\x00\u202e\ufeff \ufffd text", 40, "[31mred text"},
		{"e\u0301te\u0301", 80, "e\u0301te\u0301"},
		{"\u2028line\u2029separators\u0085x", 80, "line separators x"},
		{"x", 0, "…"},
	}
	for _, tt := range tests {
		if got := string(AppendTitle(nil, []byte(tt.text), tt.max)); got != tt.want {
			t.Errorf("AppendTitle(%q, %d) = %q, want %q", tt.text, tt.max, got, tt.want)
		}
	}
}

func FuzzTitle(f *testing.F) {
	f.Add([]byte("one two three four"), 10)
	f.Add([]byte("\xff\x1b[0m你好 \u202e"), 3)
	f.Fuzz(func(t *testing.T, text []byte, maxRunes int) {
		maxRunes = 1 + abs(maxRunes%100)
		got := AppendTitle(nil, text, maxRunes)
		if !utf8.Valid(got) || utf8.RuneCount(got) > maxRunes {
			t.Errorf("AppendTitle(%q, %d) = %q", text, maxRunes, got)
		}
		for _, r := range string(got) {
			if r < 0x20 || r == 0x7f || r == '\u202e' {
				t.Errorf("AppendTitle(%q, %d) = %q holds %U", text, maxRunes, got, r)
			}
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func TestRecordErrorJSON(t *testing.T) {
	e := &RecordError{File: "news.jsonl", Line: 1841, Offset: 77, Key: "k", Code: NoTextField, Reason: `field "text" is missing`}
	if got, want := e.Error(), `news.jsonl:1841: field "text" is missing`; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if got, want := (&RecordError{File: "a.gz", Reason: "open: x"}).Error(), "a.gz: open: x"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	tests := []struct {
		raw, want string
	}{
		{`<a href="x">`, `"raw":"<a href=\"x\">"`},
		{"", `"raw":""`},
		{"a\xff", `"raw_base64":"Yf8="`},
		{strings.Repeat("é", maxRaw), `"raw":"` + strings.Repeat("é", maxRaw/2) + `","truncated":true`},
		{"x" + strings.Repeat("é", maxRaw), `"raw":"x` + strings.Repeat("é", maxRaw/2-1) + `","truncated":true`},
		{strings.Repeat("\xff", maxRaw) + "\x80", `"truncated":true`},
	}
	for _, tt := range tests {
		e.setRaw([]byte(tt.raw))
		got, err := e.MarshalJSON()
		prefix := `{"file":"news.jsonl","line":1841,"offset":77,"id":"k","reason":"field \"text\" is missing","code":"no-text-field",`
		if err != nil || !json.Valid(got) || !strings.HasPrefix(string(got), prefix) || !strings.HasSuffix(string(got), tt.want+"}") {
			t.Errorf("got %s (%v), want %s...%s}", got, err, prefix, tt.want)
		}
		e.Truncated = false
	}
}
