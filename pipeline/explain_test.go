package pipeline_test

import (
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
)

// TestExplainVerdicts: each reason why two documents are, or are not, together.
func TestExplainVerdicts(t *testing.T) {
	t.Parallel()
	base := words("base", 200)
	chain := words("chain", 260)
	input := writeJSONL(t, []doc{
		{ID: "a", Text: join(base)},
		{ID: "copy", Text: strings.ToUpper(join(base))},
		{ID: "near", Text: join(base, words("end", 5))},
		{ID: "far", Text: join(base[:120], words("far", 60))},
		{ID: "foreign", Text: join(words("foreign", 100))},
		{ID: "empty", Text: "..."},
		{ID: "c1", Text: join(chain[:200])},
		{ID: "c2", Text: join(chain[15:215])},
		{ID: "c3", Text: join(chain[30:230])},
		{ID: "part", Text: join(base[:150])},
	})
	near := pipeline.Identity{Bands: 100, Rows: 1}
	for _, c := range []struct {
		name, a, b string
		preset     pipeline.Preset
		identity   pipeline.Identity
		together   bool
		want       string
	}{
		{"copies", "a", "copy", pipeline.Near, near, true, "together: their normalised texts are equal"},
		{"similar", "a", "near", pipeline.Near, near, true, "together: jaccard 0.97"},
		{"compared and too different", "a", "far", pipeline.Near, near, false, "apart: a band brought them together, but jaccard"},
		{"never compared", "a", "foreign", pipeline.Near, near, false, "and no band brought them together"},
		{"an empty one", "a", "empty", pipeline.Near, near, false, "without a letter or number"},
		{"only equal texts count", "a", "near", pipeline.Verbatim, pipeline.Identity{}, false, "only equal ones count"},
		{"missed by the bands", "a", "far", pipeline.Near, pipeline.Identity{Threshold: 0.3, Bands: 1, Rows: 60}, false, "but no band brought them together; at this similarity that happens with probability 1.0000"},
		{"a chain", "c1", "c3", pipeline.Near, pipeline.Identity{Bands: 100, Rows: 1, Clustering: cluster.Components}, true, "together, though jaccard 0.7"},
		{"inside", "part", "a", pipeline.Near, pipeline.Identity{Bands: 100, Rows: 1, Similarity: pipeline.Containment}, true, "together: containment of A in B 1.0000"},
	} {
		j, err := pipeline.Prepare(pipeline.Options{Inputs: []string{input}, Preset: c.preset, Identity: c.identity, Temp: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		e, err := pipeline.Explain(t.Context(), j, c.a, c.b)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if e.Together != c.together || !strings.Contains(e.Verdict, c.want) {
			t.Errorf("%s: together %t, %q, want %t and %q", c.name, e.Together, e.Verdict, c.together, c.want)
		}
		if c.preset == pipeline.Near && c.name == "similar" && (len(e.Bands) < 90 || e.BandCount != 100 || e.Shared == 0 || len(e.Passages) != 1 || len(e.Alignment) != 2) {
			t.Errorf("%s: %d of %d bands, %d shared, %d passages, %d stretches", c.name, len(e.Bands), e.BandCount, e.Shared, len(e.Passages), len(e.Alignment))
		}
	}
	j, err := pipeline.Prepare(pipeline.Options{Inputs: []string{input}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.Explain(t.Context(), j, "a", "nobody"); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("an unknown id: %v", err)
	}
}

// TestExplainKnowsReferences: what they cover, that they stay, and what is not compared.
func TestExplainKnowsReferences(t *testing.T) {
	t.Parallel()
	base := words("base", 200)
	input := writeJSONL(t, []doc{
		{ID: "a", Text: join(base), Source: "x"},
		{ID: "copy", Text: strings.ToUpper(join(base)), Source: "x"},
		{ID: "near", Text: join(base, words("end", 5)), Source: "x"},
		{ID: "other", Text: join(base, words("other", 4)), Source: "y"},
		{ID: "of ref", Text: join(base, words("ref", 3)), Source: "x"},
	})
	against := writeJSONL(t, []doc{{ID: "r1", Text: join(base, words("ref", 3))}, {ID: "r2", Text: join(base, words("ref", 6))}})
	const r1, r2 = "ref:corpus.jsonl:r1", "ref:corpus.jsonl:r2"
	stays := "; " + r1 + " is a reference, and references are never pruned"
	isolated := pipeline.Identity{Isolate: true, SourceField: "source"}
	apart := "references, and what has the text of one, are not compared with one another"
	for _, c := range []struct {
		a, b     string
		identity pipeline.Identity
		against  bool
		want     string
	}{
		{"near", r1, pipeline.Identity{}, true, "together: jaccard 0.96" + "*" + stays},
		{"of ref", r1, pipeline.Identity{}, true, "together: their normalised texts are equal" + stays},
		{r1, r2, pipeline.Identity{}, true, apart},
		{r2, "of ref", pipeline.Identity{}, true, apart},
		{r2, "of ref", isolated, true, apart},
		{"near", "a", isolated, false, "they are of one source, and pairs within a source do not count"},
		{"a", "copy", isolated, false, "their normalised texts are equal, but they are of one source, and pairs within a source do not count"},
		{"a", "copy", pipeline.Identity{}, true, "together: their normalised texts are equal"},
		{"near", "other", isolated, false, "together: jaccard 0.9"},
	} {
		o := pipeline.Options{Inputs: []string{input}, Identity: c.identity, Temp: t.TempDir()}
		o.Identity.Bands, o.Identity.Rows = 100, 1
		if c.against {
			o.Against = []string{against}
		}
		j, err := pipeline.Prepare(o)
		if err != nil {
			t.Fatal(err)
		}
		e, err := pipeline.Explain(t.Context(), j, c.a, c.b)
		if err != nil {
			t.Fatal(err)
		}
		begin, end, _ := strings.Cut(c.want, "*")
		if !strings.Contains(e.Verdict, begin) || !strings.Contains(e.Verdict, end) || e.B.Reference != strings.HasPrefix(c.b, "ref:") || e.B.Reference && !e.B.Keep {
			t.Errorf("%s and %s: %q, %+v, want %q", c.a, c.b, e.Verdict, e.B, c.want)
		}
		if e.OneSide != (strings.Contains(c.want, "do not count") || c.want == apart) {
			t.Errorf("%s and %s: one side %t", c.a, c.b, e.OneSide)
		}
	}
	j, err := pipeline.Prepare(pipeline.Options{Inputs: []string{input}, Against: []string{against}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.Explain(t.Context(), j, "a", "r1"); err == nil || !strings.Contains(err.Error(), "the id of a reference is ref:FILE:ID") {
		t.Errorf("an id without its file: %v", err)
	}
	if j, err = pipeline.Prepare(pipeline.Options{Inputs: []string{input}, Against: []string{against}}); err != nil {
		t.Fatal(err)
	}
	s, err := pipeline.NewSearcher(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found, err := s.Find([]byte(join(base)))
	if err != nil || len(found) != 7 {
		t.Fatalf("%d found, %v, want all seven", len(found), err)
	}
	for _, m := range found {
		if m.Reference != strings.HasPrefix(m.ID, "ref:") {
			t.Errorf("%+v", m)
		}
	}
}

// TestSearcherAgreesWithClusters: what a query finds are the verified partners
// that a run finds for the same text, with its copies.
func TestSearcherAgreesWithClusters(t *testing.T) {
	t.Parallel()
	docs := planted(600, 60)
	o := pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Preset: pipeline.Edited, Temp: t.TempDir()}
	partners := map[string]map[string]bool{}
	for p := range run(t, o).Pairs() {
		for _, pair := range [][2]string{{p.A, p.B}, {p.B, p.A}} {
			if partners[pair[0]] == nil {
				partners[pair[0]] = map[string]bool{}
			}
			partners[pair[0]][pair[1]] = true
		}
	}
	j, err := pipeline.Prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := pipeline.NewSearcher(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	asked := 0
	for _, d := range docs {
		want := partners[d.ID]
		if want == nil {
			continue
		}
		asked++
		matches, err := s.Find([]byte(d.Text))
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, m := range matches {
			found[m.ID] = true
		}
		if !found[d.ID] {
			t.Errorf("%s does not find itself", d.ID)
		}
		for id := range want {
			if !found[id] {
				t.Errorf("%s does not find %s", d.ID, id)
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d documents had partners", asked)
	}
}
