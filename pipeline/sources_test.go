package pipeline_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// sourcedCorpus is a folder with JSONL whose documents name sources, or none, with
// bad records, and with text files in folders.
func sourcedCorpus(t testing.TB) (dir string, docs []doc) {
	t.Helper()
	docs = planted(300, 8)
	for i := range docs {
		docs[i].Source = []string{"", "a", "b", "b", "a.jsonl"}[i%5]
	}
	dir = corpusFolder(t, docs)
	for i, name := range []string{"t/x.txt", "t/y.txt", "z.md"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(docs[i].Text+" "), 0o600); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc{ID: name, Text: docs[i].Text})
	}
	return dir, append(docs, doc{ID: "empty"})
}

// slowSources counts what a report says, by a rule written anew.
func slowSources(t testing.TB, f *pipeline.Findings, docs []doc, byField bool) map[string]*pipeline.SourceCounts {
	t.Helper()
	named := map[string]string{}
	for _, d := range docs {
		named[d.ID] = d.Source
	}
	counts := map[string]*pipeline.SourceCounts{}
	at := func(name string) *pipeline.SourceCounts {
		if counts[name] == nil {
			counts[name] = &pipeline.SourceCounts{Name: name}
		}
		return counts[name]
	}
	count := func(id, file string, keep bool) {
		name := file
		if !strings.HasSuffix(file, ".jsonl") {
			name = filepath.ToSlash(filepath.Dir(file))
		}
		if byField && named[id] != "" {
			name = named[id]
		}
		c := at(name)
		c.Read++
		if keep {
			c.Kept++
		} else {
			c.Dropped++
		}
	}
	for c := range f.Clusters() {
		for _, m := range c.Members {
			count(m.ID, m.File, m.Keep)
		}
	}
	for m := range f.Singletons() {
		count(m.ID, m.File, true)
	}
	for _, name := range []string{"a.jsonl", "b.jsonl", "wire/c.jsonl"} {
		c := at(name)
		c.Read++
		c.Quarantined++
	}
	return counts
}

// TestSourcesAddUp holds the counts of sources against a recount of the report, in a
// run and in the run saved, and the guards against the counts.
func TestSourcesAddUp(t *testing.T) {
	t.Parallel()
	dir, docs := sourcedCorpus(t)
	for _, field := range []string{"", "source"} {
		o := pipeline.Options{Inputs: []string{dir}, Preset: pipeline.Edited, Sources: true, Identity: pipeline.Identity{SourceField: field}}
		saved, res := save(t, o)
		again, err := openRun(t, saved).Rethreshold(t.Context(), pipeline.RethresholdOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want := slowSources(t, &res.Findings, docs, field != "")
		for name, f := range map[string]*pipeline.Findings{"run": &res.Findings, "saved": again} {
			got := f.Sources()
			var total pipeline.SourceCounts
			for i, s := range got {
				if i > 0 && got[i-1].Name >= s.Name {
					t.Errorf("%s: %q comes after %q", name, s.Name, got[i-1].Name)
				}
				if want[s.Name] == nil || s != *want[s.Name] {
					t.Errorf("%s by %q: got %+v, want %+v", name, field, s, want[s.Name])
				}
				if s.Read != s.Kept+s.Dropped+s.Quarantined {
					t.Errorf("%s: %+v does not close", name, s)
				}
				total.Read, total.Kept, total.Dropped, total.Quarantined = total.Read+s.Read, total.Kept+s.Kept, total.Dropped+s.Dropped, total.Quarantined+s.Quarantined
			}
			c := f.Counts()
			if len(got) != len(want) || total.Read != c.Records || total.Kept != c.Kept || total.Dropped != c.Pruned || total.Quarantined != c.Quarantined {
				t.Errorf("%s: %d sources with %+v, want %d with %+v", name, len(got), total, len(want), c)
			}
			checkGuards(t, f)
		}
	}
	if s := runDocs(t, pipeline.Options{}, docs[:3]).Sources(); s != nil {
		t.Errorf("nothing asked for sources, got %+v", s)
	}
}

// checkGuards tries limits at, below and above every share there is.
func checkGuards(t *testing.T, f *pipeline.Findings) {
	t.Helper()
	c := f.Counts()
	shares := []float64{float64(c.Pruned) / float64(c.Documents)}
	for _, s := range f.Sources() {
		if s.Dropped > 0 {
			shares = append(shares, float64(s.Dropped)/float64(s.Kept+s.Dropped))
		}
	}
	for _, share := range shares {
		for _, limit := range []float64{share - 1e-9, share, min(1, share+1e-9)} {
			for _, small := range []int64{0, 1, 70} {
				l := pipeline.RemovalLimits{PerSource: limit, SmallSource: small}
				var over []string
				for _, s := range f.Sources() {
					n := s.Kept + s.Dropped
					if small == 0 && n < 20 || n < small {
						continue
					}
					if n > 0 && float64(s.Dropped)/float64(n) > limit {
						over = append(over, s.Name)
					}
				}
				var e *pipeline.RemovalError
				err := f.CheckRemoval(t.Context(), l)
				if errors.As(err, &e) != (len(over) > 0) || e != nil && (e.Sources != len(over) || !slices.Contains(over, e.Source) || float64(e.Removed)/float64(e.Documents) <= limit) {
					t.Errorf("limits %+v: got %v, want %q over them", l, err, over)
				}
			}
			err := f.CheckRemoval(t.Context(), pipeline.RemovalLimits{Total: limit})
			if want := float64(c.Pruned)/float64(c.Documents) > limit; errors.As(err, new(*pipeline.RemovalError)) != want {
				t.Errorf("limit %v of all: got %v, want over it %v", limit, err, want)
			}
		}
	}
}

// TestGuardsSeeATemplateThatEmptiesASource: of 859,092 pages that share a template
// a pipeline kept 2 (marin #6854). The guard says so before anything is written.
func TestGuardsSeeATemplateThatEmptiesASource(t *testing.T) {
	t.Parallel()
	var docs []doc
	header := words("header", 300)
	for i := range 60 {
		docs = append(docs, doc{ID: fmt.Sprint("page", i), Source: "site", Text: join(header, words(fmt.Sprintf("own%dx", i), 8))})
	}
	for i := range 200 {
		docs = append(docs, doc{ID: fmt.Sprint("other", i), Source: "other", Text: join(words(fmt.Sprintf("other%dx", i), 50))})
	}
	res := runDocs(t, pipeline.Options{Identity: pipeline.Identity{SourceField: "source"}}, docs)
	var e *pipeline.RemovalError
	if err := res.CheckRemoval(t.Context(), pipeline.RemovalLimits{Total: 0.6, PerSource: 0.9}); !errors.As(err, &e) || e.Source != "site" || e.Removed != 59 || e.Documents != 60 {
		t.Errorf("got %v, want that 59 of 60 documents of site would go", err)
	}
	if err := res.CheckRemoval(t.Context(), pipeline.RemovalLimits{Total: 0.6}); err != nil {
		t.Errorf("59 of 260 documents go: %v", err)
	}
}

// TestLongNamesOfSourcesAreCut: a hostile corpus may name a source a document, and at
// length.
func TestLongNamesOfSourcesAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("s", 10_000)
	docs := []doc{{ID: "1", Text: "one", Source: long + "a"}, {ID: "2", Text: "two", Source: long + "b"}, {ID: "3", Text: "three", Source: long + "a"}}
	got := runDocs(t, pipeline.Options{Identity: pipeline.Identity{SourceField: "source"}}, docs).Sources()
	if len(got) != 2 || got[0].Read+got[1].Read != 3 || len(got[0].Name) > 260 || got[0].Name == got[1].Name {
		t.Errorf("got %+v, want two sources with short names", got)
	}
}

// TestGuardAllowsTheLimitItself: 0.29 times 100 is less than 29 in floating point.
func TestGuardAllowsTheLimitItself(t *testing.T) {
	t.Parallel()
	for _, goes := range []int{29, 57, 58} {
		var docs []doc
		for i := range 100 {
			docs = append(docs, doc{ID: fmt.Sprint(i), Text: join(words(fmt.Sprintf("own%dx", i%(100-goes)), 20))})
		}
		res := runDocs(t, pipeline.Options{Sources: true}, docs)
		limit := float64(goes) / 100
		if err := res.CheckRemoval(t.Context(), pipeline.RemovalLimits{Total: limit, PerSource: limit}); err != nil {
			t.Errorf("%d of 100 go: %v", goes, err)
		}
		if err := res.CheckRemoval(t.Context(), pipeline.RemovalLimits{Total: limit - 0.001}); err == nil {
			t.Errorf("%d of 100 go, over %v", goes, limit-0.001)
		}
	}
}

// TestGuardsCountWhatIsEmptied: a document of which no word is left is not written.
func TestGuardsCountWhatIsEmptied(t *testing.T) {
	t.Parallel()
	var docs []doc
	for a := range 8 {
		for b := range a {
			docs = append(docs, doc{ID: fmt.Sprint(a, "-", b), Text: join(words(fmt.Sprintf("p%dx", a), 30)) + "\n\n" + join(words(fmt.Sprintf("p%dx", b), 30))})
		}
	}
	res := runDocs(t, pipeline.Options{Sources: true, Identity: pipeline.Identity{Passages: passage.Options{Unit: passage.Paragraph}}}, docs)
	if n := res.Counts().Pruned; n != 0 {
		t.Fatalf("%d documents are near-duplicates", n)
	}
	for _, l := range []pipeline.RemovalLimits{{Total: 0.5}, {PerSource: 0.5}} {
		var e *pipeline.RemovalError
		if err := res.CheckRemoval(t.Context(), l); !errors.As(err, &e) || e.Removed != 21 || e.Emptied != 21 || e.Documents != 28 {
			t.Errorf("limits %+v: got %v, want that 21 of 28 documents would go", l, err)
		}
	}
	if err := res.CheckRemoval(t.Context(), pipeline.RemovalLimits{Total: 0.75, PerSource: 0.75}); err != nil {
		t.Error(err)
	}
}
