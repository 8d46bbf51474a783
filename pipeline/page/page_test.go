package page

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/shingle"
)

func member(id string, similarity float64, cover string) report.Member {
	m := report.Member{ID: id, Similarity: similarity, CoveredBy: cover, Keep: id == cover, Level: report.LevelNear, Title: "Title of " + id, File: "f.jsonl", Line: 3}
	if m.Keep {
		m.Level = report.LevelRepresentative
	}
	return m
}

// small is a page with one cluster of two.
func small() *Data {
	left, right := Compare([]byte("one two three four five and so on"), []byte("Zero. One two three four five; but then"))
	left.ID, right.ID = "a", "b"
	d := &Data{Program: "doppel test", Inputs: []string{"in/"}, SourcesTotal: 1,
		Sources: []Source{{Name: "site", Documents: 2, Kept: 1, Dropped: 1}},
		Summary: &report.Summary{Fingerprint: "f00", Options: []byte(`{"threshold":0.4}`),
			Settings: report.Settings{Preset: "near", Shingle: "word:5", Similarity: "jaccard", Threshold: 0.4, Clustering: "cover", Keep: "longest", Hashes: 96, Bands: 16, Rows: 6, Recall: 0.99},
			Counts: report.Counts{Files: 1, Records: 3, Quarantined: 1, Documents: 2, Distinct: 2, Candidates: 1, Verified: 1, Clusters: 1, Clustered: 2, LargestCluster: 2,
				Representatives: 1, Kept: 1, Pruned: 1},
			Warnings: []report.Warning{{Code: "x", Message: "look here"}}},
		Sections: []Section{{ID: "clusters", Title: "Clusters", Intro: "The only one.", Clusters: []Cluster{{Number: 1,
			Cluster: report.Cluster{Cluster: "a", Size: 2, Kept: 1, MinSimilarity: 0.5, MeanSimilarity: 0.5,
				Cohesion: report.Cohesion{Texts: 2, Pairs: 1, Density: 1, MinPair: 0.5, MeanPair: 0.5, Diameter: 1, DiameterExact: true},
				Members:  []report.Member{member("a", 1, "a"), member("b", 0.5, "a")}},
			Comparisons: []Comparison{{Left: left, Right: right, Similarity: 0.5}}}}}}}
	d.Similarities.Threshold = 0.4
	d.Similarities.Add(0.5)
	d.Sizes = SizeBins(func(yield func(int) bool) { yield(2) })
	return d
}

func write(t testing.TB, f func(io.Writer, *Data) error, d *Data) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteSaysWhatThereIs(t *testing.T) {
	page := write(t, Write, small())
	for _, want := range []string{
		"1 of 2 documents", "Preset near", "jaccard ≥ 0.4 of word:5", "look here", "2 documents &#43; 1 bad record left out", "1 kept &#43; 1 dropped, in 1 cluster<",
		"0.50 to 0.52: 1 pair<", "share of their runs of 5 words", "2 documents: 1 cluster, 2 documents", "Cluster 1: 2 documents", "Title of b", "0.500", "96 hashes in 16 bands of 6 rows", "f00",
		`id="s0c0p0a1" href="#s0c0p0b1">one two three four five</a>`, `id="s0c0p0b1" href="#s0c0p0a1">One two three four five;</a>`, "50.0%",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("a value was taken for dangerous by the template")
	}
	markdown := write(t, WriteMarkdown, small())
	for _, want := range []string{"# 1 of 2 documents dropped", "look here", "| site | 2 | 1 | 1 | 50.0% | 0 |", "| 1 | 2 | 0.500 | a | Title of a |"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("%q is not in\n%s", want, markdown)
		}
	}
}

// TestWriteStandsAlone: nothing in a page is loaded or runs.
func TestWriteStandsAlone(t *testing.T) {
	page := write(t, Write, small())
	for _, bad := range []string{"<script", "<img", "<iframe", "<link", "@import", "url(", "http:", "https:", "src=", " on"} {
		if regexp.MustCompile(`<[^>]*`+regexp.QuoteMeta(bad)+`[a-z]*=`).MatchString(page) || bad[0] != ' ' && strings.Contains(page, bad) {
			t.Errorf("%q is in the page", bad)
		}
	}
	for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") {
			t.Errorf("link to %q", m[1])
		} else if !strings.Contains(page, `id="`+m[1][1:]+`"`) {
			t.Errorf("link to %q, which is not there", m[1])
		}
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if seen[m[1]] {
			t.Errorf("id %q is there twice", m[1])
		}
		seen[m[1]] = true
	}
}

// TestHostileNamesAndTexts stand in the page as text.
func TestHostileNamesAndTexts(t *testing.T) {
	for _, evil := range []string{
		`</p><script>alert(1)</script>`, `" onmouseover="alert(1)`, `javascript:alert(1)`, "\u202eevil\u2066", "\x1b]0;x\x07", `<!--`, `]]>`, "a|b\n# head", "{{.}}", "`code` <b> [x](javascript:y) ![i](http://h/p.png)",
	} {
		d := small()
		d.Inputs, d.Sources[0].Name, d.Summary.Settings.Keep, d.TextsMissing, d.Program = []string{evil}, evil, evil, evil, evil
		d.Summary.Warnings[0].Message = evil
		c := &d.Sections[0].Clusters[0]
		for i := range c.Members {
			c.Members[i].ID, c.Members[i].Title, c.Members[i].File = evil, evil, evil
		}
		for _, side := range []*Side{&c.Comparisons[0].Left, &c.Comparisons[0].Right} {
			side.ID, side.Place, side.Runs = evil, evil, []Run{{Text: evil, Passage: 1}, {Text: evil}}
		}
		page := write(t, Write, d)
		if strings.Contains(page, "<script") || strings.ContainsAny(page, "\u202e\u2066\x1b\x07") || regexp.MustCompile(`<[^>]* onmouse[^>]*>`).MatchString(stripQuoted(page)) {
			t.Errorf("%q acts in the page", evil)
		}
		markdown := write(t, WriteMarkdown, d)
		if strings.ContainsAny(markdown, "\u202e\u2066\x1b\x07<") || regexp.MustCompile(`(^|[^\\])\]\(`).MatchString(markdown) || strings.Contains(markdown, "\n# head") {
			t.Errorf("%q acts in\n%s", evil, markdown)
		}
	}
}

// stripQuoted takes the values of attributes out.
func stripQuoted(page string) string {
	return regexp.MustCompile(`="[^"]*"`).ReplaceAllString(page, "=")
}

// TestWriteIsSmall: the most that a page may hold stays small.
func TestWriteIsSmall(t *testing.T) {
	d := small()
	var a, b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&a, "word%d ", i)
		fmt.Fprintf(&b, "word%d ", i/7*7+i%5)
	}
	c := d.Sections[0].Clusters[0]
	c.Comparisons = nil
	for range 2 {
		left, right := Compare([]byte(a.String()), []byte(b.String()))
		c.Comparisons = append(c.Comparisons, Comparison{Left: left, Right: right})
	}
	d.Sections = nil
	for i := range 3 {
		s := Section{ID: fmt.Sprint("s", i)}
		for range 10 {
			s.Clusters = append(s.Clusters, c)
		}
		d.Sections = append(d.Sections, s)
	}
	if n := len(write(t, Write, d)); n > 2<<20 {
		t.Errorf("the page has %d bytes", n)
	}
}

// TestHeadingsGoDownOneByOne, so that who jumps from one to the next misses none.
func TestHeadingsGoDownOneByOne(t *testing.T) {
	last := 0
	for _, m := range regexp.MustCompile(`<h([1-6])[ >]`).FindAllStringSubmatch(write(t, Write, small()), -1) {
		level := int(m[1][0] - '0')
		if level > last+1 {
			t.Errorf("h%d comes after h%d", level, last)
		}
		last = level
	}
	if last == 0 {
		t.Error("no headings")
	}
}

// TestHistogramEdges: a similarity at the edge of a bin is in the bin that begins there,
// so that a pair at the threshold is none below it.
func TestHistogramEdges(t *testing.T) {
	for i := range HistogramBins {
		var h Histogram
		h.Add(float64(i) / HistogramBins)
		h.Add(float64(i+1)/HistogramBins - 1e-9)
		if h.Counts[i] != 2 {
			t.Errorf("bin %d has not its edges: %v", i, h.Counts)
		}
	}
	var h Histogram
	h.Add(1)
	if h.Counts[HistogramBins-1] != 1 {
		t.Errorf("1 is not in the last bin")
	}
}

// TestSizeLabelsHaveRoom: labels of neighbours do not run into one another, however
// large the clusters are.
func TestSizeLabelsHaveRoom(t *testing.T) {
	const character = 7.0 // width at 12 px, generously
	for _, largest := range []int{2, 8, 64, 256, 4000, 70_000, 1_000_000} {
		bins := SizeBins(func(yield func(int) bool) { yield(largest) })
		for i := range bins {
			bins[i].Clusters = int64(largest)
		}
		c := sizeBars(bins)
		room := float64(chartWidth) / float64(max(len(bins), wideBins))
		for i := range c.Bars {
			for _, label := range []string{c.Bars[i].Label, c.Marks[i].Label} {
				if n := float64(len([]rune(label))) * character; n > room {
					t.Errorf("%q takes %v of %v with %d bins", label, n, room, len(bins))
				}
			}
		}
	}
}

// TestMeaning: every similarity is told in words.
func TestMeaning(t *testing.T) {
	for want, s := range map[string]report.Settings{
		"runs of 5 words that both have":        {Similarity: "jaccard", Shingle: "word:5"},
		"share of the words of one":             {Similarity: "containment", Shingle: "word:1"},
		"their runs of 4 characters that both":  {Similarity: "jaccard", Shingle: "char:4"},
		"rare words weigh more than common one": {Similarity: "cosine", Shingle: "word:1*skip:20"},
		"the same but for case":                 {Similarity: "exact"},
		"by the words that both use":            {Similarity: "weighted-jaccard", Shingle: "word:1"},
	} {
		if got := meaning(&s); !strings.Contains(got, want) {
			t.Errorf("%v: %q has not %q", s, got, want)
		}
	}
}

func TestSizeBins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(2, 3000), 1, 50).Draw(t, "sizes")
		bins := SizeBins(func(yield func(int) bool) {
			for _, n := range sizes {
				yield(n)
			}
		})
		var clusters, documents, sum int64
		for i, b := range bins {
			if i > 0 && b.From != bins[i-1].To+1 {
				t.Fatalf("gap before %s", b.Name())
			}
			clusters, documents = clusters+b.Clusters, documents+b.Documents
		}
		for _, n := range sizes {
			sum += int64(n)
		}
		if clusters != int64(len(sizes)) || documents != sum || bins[len(bins)-1].Clusters == 0 {
			t.Fatalf("%v give %v", sizes, bins)
		}
	})
}

// TestCompareKeepsTheTexts: what is not skipped is the text, the same passages are on
// both sides, and every word is shown or counted.
func TestCompareKeepsTheTexts(t *testing.T) {
	words := []string{"sun", "moon", "tide", "rises", "falls", "naïve", "and", "the", "Ünder", "Ж", "日本", "7"}
	text := func(t *rapid.T, name string) string {
		parts := rapid.SliceOfN(rapid.SampledFrom(words), 0, 200).Draw(t, name)
		return strings.Join(parts, rapid.SampledFrom([]string{" ", ", ", "\n", "  -- "}).Draw(t, name+" space"))
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := text(t, "a"), text(t, "b")
		left, right := Compare([]byte(a), []byte(b))
		passages := map[int]int{}
		for side, whole := range map[*Side]string{&left: a, &right: b} {
			n, rest, all := 0, strings.TrimLeftFunc(whole, unicode.IsSpace), true
			for _, r := range side.Runs {
				if r.Skipped > 0 {
					n, all = n+r.Skipped, false
					continue
				}
				n += len(shingle.Segments([]byte(r.Text)))
				passages[r.Passage]++
				if all {
					if !strings.HasPrefix(rest, r.Text) {
						t.Fatalf("%q is not what %q goes on with", r.Text, rest)
					}
					rest = rest[len(r.Text):]
				}
			}
			if want := len(shingle.Segments([]byte(whole))); n != want {
				t.Fatalf("%d of %d words shown or counted in %q", n, want, whole)
			}
			if all && len(side.Runs) > 0 && rest != "" {
				t.Fatalf("%q is left out", rest)
			}
		}
	})
}

func TestCompareCutsLongTexts(t *testing.T) {
	long := bytes.Repeat([]byte("Ж"), comparedBytes)
	left, right := Compare(long, []byte("Ж"))
	if !left.Cut || right.Cut {
		t.Errorf("cut: %t and %t", left.Cut, right.Cut)
	}
}
