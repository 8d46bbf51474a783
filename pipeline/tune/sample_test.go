package tune

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// TestSamplerTakesTheLowestHashes: as many as fit, by number and by bytes, whatever
// the order.
func TestSamplerTakesTheLowestHashes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	var docs []corpus.Document
	for i := range 500 {
		docs = append(docs, corpus.Document{Key: fmt.Appendf(nil, "doc-%d", i), Text: []byte(strings.Repeat("x", r.IntN(100)))})
	}
	for _, c := range []struct {
		most     int
		maxBytes int64
	}{{1, 1e6}, {100, 1e6}, {500, 1e6}, {1000, 1e6}, {500, 3000}, {500, 1}} {
		byHash := slices.Clone(docs)
		slices.SortFunc(byHash, func(a, b corpus.Document) int {
			if xxh3.Hash(a.Key) < xxh3.Hash(b.Key) {
				return -1
			}
			return 1
		})
		var want []string
		var bytes int64
		for i, d := range byHash {
			bytes += int64(len(d.Text))
			if i == c.most || bytes > c.maxBytes && i > 0 {
				break
			}
			want = append(want, string(d.Key))
		}
		slices.Sort(want)
		for range 5 {
			r.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
			s := &sampler{most: c.most, maxBytes: c.maxBytes}
			for i := range docs {
				s.add(&docs[i])
			}
			var got []string
			for _, d := range s.docs {
				got = append(got, string(d.key))
			}
			slices.Sort(got)
			if !slices.Equal(got, want) || s.read != 500 {
				t.Fatalf("at most %d documents and %d bytes: got %q, want %q", c.most, c.maxBytes, got, want)
			}
		}
	}
}

// TestSampleReaderGivesWhatWasRead: no character is lost on the way to the run.
func TestSampleReaderGivesWhatWasRead(t *testing.T) {
	want := []sampled{
		{key: []byte(`a"b\`), text: []byte("line\nline\u2028 <&> \x00\x1b \ufffd 你好")},
		{key: []byte("empty"), text: []byte{}},
	}
	dec := json.NewDecoder(&sampleReader{docs: want})
	for _, w := range want {
		var got struct{ ID, Text string }
		if err := dec.Decode(&got); err != nil || got.ID != string(w.key) || got.Text != string(w.text) {
			t.Errorf("got %q, %v, want %q and %q", got, err, w.key, w.text)
		}
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("got %v, want the end", err)
	}
}
