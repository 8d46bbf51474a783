package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

func TestParseWindow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]pipeline.Window{
		"1h": 1, "12h": 12, "24h": 24, "7d": 168, "7": 168, "2w": 336, "36500d": 876000, "876000h": 876000, "5214w": 875952,
	} {
		got, err := pipeline.ParseWindow(text)
		if err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for window, want := range map[pipeline.Window]string{0: "", 1: "1h", 24: "1d", 25: "25h", 336: "14d"} {
		if got := window.String(); got != want {
			t.Errorf("%d is %q, want %q", int64(window), got, want)
		}
	}
	for _, text := range []string{
		"", "0", "0d", "h", "d", "-1d", "+1d", " 7d", "7d ", "7 d", "07d", "1.5d", "1e3", "7D", "7m", "7days", "1d12h", "36501", "876001h", "5215w",
		"99999999999d", "18446744073709551615w", "٧d",
	} {
		if got, err := pipeline.ParseWindow(text); err == nil || !strings.Contains(err.Error(), "for example 12h, 7d or 2w") {
			t.Errorf("%q gives %v, %v", text, got, err)
		}
	}
}

func FuzzParseWindow(f *testing.F) {
	for _, s := range []string{"7d", "12h", "2w", "30", "", "h", "-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := pipeline.ParseWindow(s)
		if err != nil {
			return
		}
		if again, err := pipeline.ParseWindow(w.String()); err != nil || again != w || w < 1 {
			t.Errorf("%q is %d, written %q, read back as %d, %v", s, int64(w), w, int64(again), err)
		}
	})
}

// dated gives documents dates within some weeks; some have none, or one that
// cannot be read.
func dated(docs []doc, seed uint64) []doc {
	r := rand.New(rand.NewPCG(seed, 77))
	start := time.Date(2023, 12, 20, 0, 0, 0, 0, time.UTC)
	for i := range docs {
		at := start.Add(time.Duration(r.IntN(40*24*60)) * time.Minute)
		switch r.IntN(12) {
		case 0:
			docs[i].Date = ""
		case 1:
			docs[i].Date = "soon"
		case 2, 3, 4:
			docs[i].Date = at.Format("2006-01-02")
		default:
			docs[i].Date = at.Format(time.RFC3339)
		}
	}
	return docs
}

// reference are the texts of a test corpus, compared in the slow obvious way.
type reference struct {
	docs   []doc
	first  []int // the first document with each text
	copies map[int][]int
	sets   map[int][]uint64
}

func newReference(docs []doc, spec shingle.Spec) *reference {
	ref := &reference{docs: docs, copies: map[int][]int{}, sets: map[int][]uint64{}}
	firsts := map[shingle.Digest]int{}
	for i, d := range docs {
		norm := shingle.NewNormalizer().Append(nil, []byte(d.Text))
		digest := shingle.DigestOf(norm, 0)
		if _, seen := firsts[digest]; !seen {
			firsts[digest] = i
			ref.first = append(ref.first, i)
			ref.sets[i] = shingle.NewShingler(spec, 0).Append(nil, norm)
		}
		ref.copies[firsts[digest]] = append(ref.copies[firsts[digest]], i)
	}
	return ref
}

// pairs returns the pairs of texts at or above the threshold that also is lets
// through, as pairsOf does.
func (ref *reference) pairs(m verify.Measure, threshold float64, also func(a, b int) bool) (out []string) {
	for i, a := range ref.first {
		for _, b := range ref.first[i+1:] {
			x, y := ref.sets[a], ref.sets[b]
			if m.Similarity(verify.Overlap(x, y), len(x), len(y)) >= threshold && also(a, b) {
				out = append(out, ref.docs[a].ID+" "+ref.docs[b].ID)
			}
		}
	}
	slices.Sort(out)
	return out
}

// within tells whether some copy of a and some copy of b are at most so far apart,
// or have no date.
func (ref *reference) within(span time.Duration) func(a, b int) bool {
	at := func(i int) (time.Time, bool) {
		for _, layout := range []string{time.RFC3339, "2006-01-02"} {
			if when, err := time.Parse(layout, ref.docs[i].Date); err == nil {
				return when, true
			}
		}
		return time.Time{}, false
	}
	return func(a, b int) bool {
		for _, x := range ref.copies[a] {
			for _, y := range ref.copies[b] {
				s, okS := at(x)
				t, okT := at(y)
				if !okS || !okT || s.Sub(t).Abs() <= span {
					return true
				}
			}
		}
		return false
	}
}

func pairsOf(t *testing.T, res *pipeline.Result) (out []string) {
	t.Helper()
	for p := range res.Pairs() {
		out = append(out, p.A+" "+p.B)
	}
	slices.Sort(out)
	return out
}

// TestWindowAgreesWithBruteForce: no pair outside the window is a pair, and none
// inside is lost, whether pairs are listed or all are compared; copies stay
// together.
func TestWindowAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	spec := shingle.Spec{Unit: shingle.Word, N: 3}
	for seed := range uint64(3) {
		docs := dated(planted(350, 60+seed), seed)
		ref := newReference(docs, spec)
		everywhere := ref.pairs(verify.Jaccard, 0.5, func(int, int) bool { return true })
		for _, window := range []pipeline.Window{5, 3 * 24, 14 * 24} {
			want := ref.pairs(verify.Jaccard, 0.5, ref.within(time.Duration(window)*time.Hour))
			if len(want) < 20 || len(want) == len(everywhere) {
				t.Fatalf("seed %d: %d of %d pairs inside %v", seed, len(want), len(everywhere), window)
			}
			for _, id := range []pipeline.Identity{{Candidates: pipeline.AllPairs}, {Bands: 200, Rows: 1, MaxBucket: 100_000}} {
				id.DateField, id.Window = "date", window
				res := runDocs(t, pipeline.Options{Preset: pipeline.Edited, Identity: id}, docs)
				if got := pairsOf(t, res); !slices.Equal(got, want) {
					t.Errorf("seed %d, window %v, candidates %v: %d pairs, want %d", seed, window, id.Candidates, len(got), len(want))
				}
				together := map[string]int{}
				for i, cluster := range partition(t, res) {
					for _, id := range cluster {
						together[id] = i + 1
					}
				}
				for _, copies := range ref.copies {
					for _, c := range copies[1:] {
						if together[docs[c].ID] == 0 || together[docs[c].ID] != together[docs[copies[0]].ID] {
							t.Errorf("seed %d: copies %s and %s are apart", seed, docs[c].ID, docs[copies[0]].ID)
						}
					}
				}
			}
		}
	}
}

// TestWindowOverAGiantBucket: chained through runs, a template's texts have no pair
// outside the window, and hardly more stay than if all pairs are compared.
func TestWindowOverAGiantBucket(t *testing.T) {
	t.Parallel()
	head, tail := words("head", 40), words("tail", 40)
	var docs []doc
	for i := range 600 {
		docs = append(docs, doc{ID: fmt.Sprintf("%04d", i), Text: join(head, []string{fmt.Sprintf("item%d", i)}, tail)})
	}
	docs = dated(docs, 9)
	ref := newReference(docs, shingle.Spec{Unit: shingle.Word, N: 3})
	inside := ref.pairs(verify.Jaccard, 0.5, ref.within(3*24*time.Hour))
	id := pipeline.Identity{DateField: "date", Window: 3 * 24}
	chained := runDocs(t, pipeline.Options{Preset: pipeline.Edited, Identity: id}, docs)
	id.MaxBucket = 100_000
	full := runDocs(t, pipeline.Options{Preset: pipeline.Edited, Identity: id}, docs)
	if got := pairsOf(t, full); !slices.Equal(got, inside) {
		t.Errorf("in full: %d pairs, want %d", len(got), len(inside))
	}
	for _, p := range pairsOf(t, chained) {
		if _, found := slices.BinarySearch(inside, p); !found {
			t.Fatalf("%s is outside the window", p)
		}
	}
	c, f := chained.Counts(), full.Counts()
	if c.GiantBuckets == 0 || c.Kept > f.Kept+f.Kept/5+2 || c.Candidates > 10*c.GiantBuckets*c.Documents {
		t.Errorf("chained: %d giant buckets, %d kept, %d compared; in full %d kept", c.GiantBuckets, c.Kept, c.Candidates, f.Kept)
	}
}

// TestWindowOfCopies: a text is as near as the nearest of its copies, and a copy
// without a date is near everything.
func TestWindowOfCopies(t *testing.T) {
	t.Parallel()
	text, other := join(words("base", 100)), join(words("base", 98))
	for _, c := range []struct {
		name     string
		dates    []string // of copies of one text
		date     string   // of another one
		together bool
		undated  bool
	}{
		{"inside", []string{"2024-01-01"}, "2024-01-08", true, false},
		{"a minute outside", []string{"2024-01-01"}, "2024-01-08T00:01:00Z", false, false},
		{"months apart", []string{"2024-01-01"}, "2024-05-01", false, false},
		{"near the last copy", []string{"2024-01-01", "2024-05-02", "2024-05-03"}, "2024-05-01", true, false},
		{"between the copies", []string{"2024-01-01", "2024-05-03"}, "2024-03-01", false, false},
		{"a copy without a date", []string{"2024-01-01", "2024-05-03", ""}, "2030-03-01", true, true},
		{"first without a date", []string{"never", "2024-05-03"}, "2030-03-01", true, true},
		{"before 1970", []string{"1969-12-31T23:59:30Z"}, "1970-01-07T23:59:40Z", true, false},
		{"after every date", []string{"9999-12-31"}, "2024-01-01", true, true},
	} {
		var docs []doc
		for i, date := range c.dates {
			docs = append(docs, doc{ID: fmt.Sprint("copy", i), Text: text, Date: date})
		}
		docs = append(docs, doc{ID: "other", Text: other, Date: c.date})
		res := runDocs(t, pipeline.Options{Identity: pipeline.Identity{DateField: "date", Window: 7 * 24}}, docs)
		want := len(docs) - 1
		if c.together {
			want++
		}
		if got := len(clusterWith(t, res, "copy0")); got != max(want, 1) {
			t.Errorf("%s: a cluster of %d, want %d", c.name, got, want)
		}
		warned := slices.ContainsFunc(res.Warnings(), func(w report.Warning) bool {
			return w.Code == "undated" && strings.HasPrefix(w.Message, `1 document has no usable date in "date"`)
		})
		if warned != c.undated {
			t.Errorf("%s: warnings %v", c.name, res.Warnings())
		}
	}
}

// TestWindowAndFiguresAreDeterministic: threads and memory change nothing.
func TestWindowAndFiguresAreDeterministic(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, dated(append(planted(250, 3), matches(200, 4)...), 5))
	for _, preset := range []pipeline.Preset{pipeline.Loose, pipeline.Story} {
		for _, maxBucket := range []int{0, 4} {
			var want string
			for _, o := range []pipeline.Options{{Threads: 1}, {Threads: 7}, {Threads: 3, Memory: 16 << 20}} {
				o.Inputs, o.Preset = []string{input}, preset
				o.Identity = pipeline.Identity{DateField: "date", Window: 48, Figures: pipeline.FiguresApart, MaxBucket: maxBucket}
				got := reportOf(t, run(t, o))
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%s, %d threads, memory %d: the report differs\n%s", preset, o.Threads, o.Memory, firstDifference(got, want))
				}
			}
			if !strings.Contains(want, `"window":"2d"`) || !strings.Contains(want, `"figures":"apart"`) {
				t.Errorf("the report does not tell its settings:\n%s", want[max(0, len(want)-1500):])
			}
		}
	}
}

func TestWindowOptionsThatContradict(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]pipeline.Options{
		"must be given together":      {Identity: pipeline.Identity{Window: 24}},
		`date field "d" and a window`: {Identity: pipeline.Identity{DateField: "d"}},
		"outside 1h to 36500d":        {Identity: pipeline.Identity{DateField: "d", Window: 36501 * 24}},
		"window -1h is outside":       {Identity: pipeline.Identity{DateField: "d", Window: -1}},
		"stay together whatever":      {Preset: pipeline.Verbatim, Identity: pipeline.Identity{DateField: "d", Window: 1}},
		"figures 2 are unknown":       {Identity: pipeline.Identity{Figures: 2}},
	} {
		o.Inputs = []string{"x"}
		if err := o.Defaults().Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one that says %q", err, want)
		}
	}
}
