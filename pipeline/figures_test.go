package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// matches returns reports of n matches, made from one template: their numbers
// differ and little else. Every fifth is a copy of the one before with another
// last word, so of the same figures.
func matches(n int, seed uint64) []doc {
	r := rand.New(rand.NewPCG(seed, 5))
	prose := join(words("prose", 30))
	prose = strings.Map(func(c rune) rune { // words without a digit
		if c >= '0' && c <= '9' {
			return 'q' + c - '0'
		}
		return c
	}, prose)
	var docs []doc
	for i := range n {
		d := doc{ID: fmt.Sprintf("match%04d", i)}
		if i%5 == 4 {
			d.Text = strings.Replace(docs[i-1].Text, "tonight", "yesterday", 1)
		} else {
			d.Text = fmt.Sprintf("%s home side beat the guests %d to %d before %d spectators in the stadium with %d shots in minute %d tonight",
				prose, r.IntN(60), 100+r.IntN(60), 10_000+r.IntN(50_000), 200+r.IntN(60), 300+r.IntN(90))
		}
		docs = append(docs, d)
	}
	return docs
}

// slowFigures are the words of a text that hold a digit.
func slowFigures(text string) (figures []string) {
	for _, w := range strings.Fields(text) {
		if strings.ContainsAny(w, "0123456789") {
			figures = append(figures, w)
		}
	}
	slices.Sort(figures)
	return slices.Compact(figures)
}

// agree compares figures in the slow obvious way.
func agree(a, b []string, m verify.Measure, threshold float64) bool {
	shared := 0
	for _, f := range a {
		if slices.Contains(b, f) {
			shared++
		}
	}
	whole := len(a) + len(b) - shared
	if m == verify.Containment {
		whole = len(a)
	}
	return whole == 0 || float64(shared)/float64(whole) >= threshold
}

// TestFiguresKeepMatchReportsApart: at preset loose one template is one cluster;
// with figures apart only true copies are together, in a giant bucket too.
func TestFiguresKeepMatchReportsApart(t *testing.T) {
	t.Parallel()
	for _, maxBucket := range []int{0, 5, 100_000} {
		docs := matches(600, 1)
		id := pipeline.Identity{Threshold: 0.6, MaxBucket: maxBucket}
		ignored := runDocs(t, pipeline.Options{Preset: pipeline.Loose, Identity: id}, docs)
		if c := ignored.Counts(); c.LargestCluster < 100 {
			t.Errorf("bucket %d: without figures the largest cluster is %d: no template", maxBucket, c.LargestCluster)
		}
		id.Figures = pipeline.FiguresApart
		res := runDocs(t, pipeline.Options{Preset: pipeline.Loose, Identity: id}, docs)
		if (maxBucket == 100_000) != (res.Counts().GiantBuckets == 0) {
			t.Errorf("bucket %d: %d giant buckets", maxBucket, res.Counts().GiantBuckets)
		}
		groups := partition(t, res)
		if len(groups) != len(docs)/5 {
			t.Errorf("bucket %d: %d clusters, want %d", maxBucket, len(groups), len(docs)/5)
		}
		for _, g := range groups {
			var a, b int
			if len(g) == 2 {
				fmt.Sscanf(g[0]+" "+g[1], "match%d match%d", &a, &b)
			}
			if b%5 != 4 || a != b-1 {
				t.Errorf("bucket %d: %v are together", maxBucket, g)
			}
		}
	}
}

// TestFiguresInAGiantBucket: where texts meet in one band and nowhere else, the few
// with the same figures still find each other.
func TestFiguresInAGiantBucket(t *testing.T) {
	t.Parallel()
	docs := matches(1000, 7)
	res := runDocs(t, pipeline.Options{Preset: pipeline.Loose, Identity: pipeline.Identity{
		Threshold: 0.6, Bands: 1, Rows: 1, MaxBucket: 4, Figures: pipeline.FiguresApart}}, docs)
	c := res.Counts()
	if c.GiantBuckets == 0 || c.Candidates > 100*c.Documents {
		t.Fatalf("%d giant buckets, %d compared, want some and a hundred a document at most", c.GiantBuckets, c.Candidates)
	}
	if want := int64(len(docs) / 5); c.LargestCluster != 2 || c.Clusters < want-want/20 || c.Clusters > want {
		t.Errorf("%d clusters, the largest of %d, want %d of two", c.Clusters, c.LargestCluster, want)
	}
}

// TestFiguresAgreeWithBruteForce, for measures of sets.
func TestFiguresAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	docs := matches(150, 2)
	for i, d := range planted(150, 8) {
		if i%3 == 0 {
			d.Text += fmt.Sprint(" ", i%7, " of ", 20+i%2)
		}
		docs = append(docs, d)
	}
	docs = append(docs, doc{ID: "part", Text: docs[0].Text[:250]})
	for i := range docs {
		docs[i].Text = strings.ToLower(docs[i].Text)
	}
	ref := newReference(docs, shingle.Spec{Unit: shingle.Word, N: 3})
	for measure, similarity := range map[verify.Measure]pipeline.Similarity{verify.Jaccard: pipeline.Jaccard, verify.Containment: pipeline.Containment} {
		const threshold = 0.6
		all := ref.pairs(measure, threshold, func(int, int) bool { return true })
		want := ref.pairs(measure, threshold, func(a, b int) bool {
			x, y := slowFigures(docs[a].Text), slowFigures(docs[b].Text)
			sa, sb := ref.sets[a], ref.sets[b]
			shared := verify.Overlap(sa, sb)
			return (measure.Directed(shared, len(sa), len(sb)) < threshold || agree(x, y, measure, threshold)) &&
				(measure.Directed(shared, len(sb), len(sa)) < threshold || agree(y, x, measure, threshold))
		})
		if len(want) < 30 || len(want) >= len(all) {
			t.Fatalf("%v: %d of %d pairs agree in figures", measure, len(want), len(all))
		}
		for _, candidates := range []pipeline.Candidates{pipeline.AllPairs, pipeline.CandidatesAuto} {
			id := pipeline.Identity{Similarity: similarity, Threshold: threshold, Candidates: candidates, Figures: pipeline.FiguresApart, MaxBucket: 100_000}
			if similarity == pipeline.Jaccard && candidates != pipeline.AllPairs {
				id.Bands, id.Rows = 200, 1
			}
			res := runDocs(t, pipeline.Options{Preset: pipeline.Loose, Identity: id}, docs)
			if got := pairsOf(t, res); !slices.Equal(got, want) {
				t.Errorf("%v, candidates %v: %d pairs, want %d of %d", measure, candidates, len(got), len(want), len(all))
			}
		}
	}
}

// TestFiguresOfStories: a weighted similarity looks at figures too.
func TestFiguresOfStories(t *testing.T) {
	t.Parallel()
	docs := matches(60, 3)
	id := pipeline.Identity{Threshold: 0.3, Weights: idf.Background}
	if got := len(pairsOf(t, runDocs(t, pipeline.Options{Preset: pipeline.Story, Identity: id}, docs))); got < 100 {
		t.Fatalf("%d pairs without figures: no template", got)
	}
	id.Figures = pipeline.FiguresApart
	res := runDocs(t, pipeline.Options{Preset: pipeline.Story, Identity: id}, docs)
	var want [][]string
	for i := 4; i < len(docs); i += 5 {
		want = append(want, []string{docs[i-1].ID, docs[i].ID})
	}
	if got := partition(t, res); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("clusters %v, want %v", got, want)
	}
}

func TestParseFigures(t *testing.T) {
	t.Parallel()
	for _, f := range []pipeline.Figures{pipeline.FiguresIgnore, pipeline.FiguresApart} {
		if got, err := pipeline.ParseFigures(f.String()); err != nil || got != f {
			t.Errorf("%v is read back as %v, %v", f, got, err)
		}
	}
	if _, err := pipeline.ParseFigures("alike"); err == nil || !strings.Contains(err.Error(), "ignore or apart") {
		t.Errorf("alike: %v", err)
	}
	if got := pipeline.Figures(9).String(); got != "figures(9)" {
		t.Errorf("an unknown one is %q", got)
	}
}

// TestFiguresInOtherVerbs: a query and an explanation keep to them too.
func TestFiguresInOtherVerbs(t *testing.T) {
	t.Parallel()
	docs := matches(10, 6)
	o := pipeline.Options{Preset: pipeline.Loose, Inputs: []string{writeJSONL(t, docs)}, Temp: t.TempDir(),
		Identity: pipeline.Identity{Threshold: 0.5, Figures: pipeline.FiguresApart, Bands: 100, Rows: 1}}
	prepare := func() *pipeline.Job {
		j, err := pipeline.Prepare(o)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	s, err := pipeline.NewSearcher(t.Context(), prepare())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found, err := s.Find([]byte(strings.Replace(docs[3].Text, "tonight", "late", 1)))
	if err != nil || len(found) != 2 || found[0].ID[:5] != "match" || found[0].ID+found[1].ID != "match0003match0004" {
		t.Errorf("found %+v, %v, want match 3 and its copy", found, err)
	}
	for _, c := range []struct {
		b, want  string
		together bool
	}{
		{docs[1].ID, "their figures differ (5 and 5 numbers, 0 in both)", false},
		{docs[4].ID, "together: jaccard 0.9", true},
	} {
		e, err := pipeline.Explain(t.Context(), prepare(), docs[3].ID, c.b)
		if err != nil || e.Together != c.together || !strings.Contains(e.Verdict, c.want) {
			t.Errorf("%s: %v, %q, want %q", c.b, err, e.Verdict, c.want)
		}
	}
}
