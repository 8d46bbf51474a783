package pipeline_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
)

// scopedDocs is a corpus with copies within and across sources, and references of
// which some are copies of it, under ids that it has too.
func scopedDocs(seed uint64) (docs, refs []doc) {
	r := rand.New(rand.NewPCG(seed, 77))
	all := planted(160, seed)
	for i := range all {
		all[i].Source = string(rune('a' + r.IntN(3)))
		if i > 0 && r.IntN(5) == 0 {
			all[i].Text = all[r.IntN(i)].Text
		}
	}
	refs = slices.Clone(all[120:])
	for i := range refs {
		refs[i].ID = all[i].ID
		if i%3 == 0 {
			refs[i].Text = all[3*i].Text + " and a few words more"
		}
	}
	return all[:120], refs
}

// scopeCase is a way in which documents may go in favour of others.
type scopeCase struct {
	name             string
	keepPer          string
	isolate, against bool
}

var scopeCases = []scopeCase{
	{name: "plain"}, {name: "keep-per", keepPer: "source"}, {name: "isolate", isolate: true}, {name: "against", against: true},
	{name: "keep-per against", keepPer: "source", against: true}, {name: "isolate against", isolate: true, against: true},
}

func (c *scopeCase) options(t testing.TB, docs, refs []doc) pipeline.Options {
	o := pipeline.Options{Preset: pipeline.Edited, Inputs: []string{writeJSONL(t, docs)},
		Identity: pipeline.Identity{KeepPer: c.keepPer, Isolate: c.isolate, SourceField: "source"}}
	if c.against {
		o.Against = []string{writeJSONL(t, refs)}
	}
	return o
}

// mayGo is the rule, written anew; references have the source "".
func (c *scopeCase) mayGo(m, by doc) bool {
	switch {
	case isRef(m):
		return false
	case isRef(by) || c.keepPer == "" && !c.isolate:
		return true
	}
	return (m.Source == by.Source) == (c.keepPer != "")
}

func isRef(d doc) bool { return strings.HasPrefix(d.ID, "ref:corpus.jsonl:") }

// TestScopesByBruteForce recomputes from the texts that whoever goes may go, and has
// a cover; where clusters are those of components, also that whoever stays must.
func TestScopesByBruteForce(t *testing.T) {
	t.Parallel()
	const threshold = 0.5
	for _, c := range scopeCases {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(c.name, seed), func(t *testing.T) {
				t.Parallel()
				docs, refs := scopedDocs(seed)
				o := c.options(t, docs, refs)
				o.Identity.Threshold, o.Identity.Candidates, o.Identity.Clustering = threshold, pipeline.AllPairs, cluster.Components
				res := run(t, o)
				checkScope(t, &c, res, docs, refs, threshold)
				dir := filepath.Join(t.TempDir(), "pruned")
				o.Reread = true
				acc, err := run(t, o).Prune(t.Context(), dir)
				if err != nil {
					t.Fatal(err)
				}
				files, err := os.ReadDir(filepath.Join(dir, "data"))
				kept := readLines[doc](t, filepath.Join(dir, "data", "corpus.jsonl"))
				if n := res.Counts(); err != nil || len(files) != 1 || acc.Total.Protected != n.Protected || acc.Total.Kept != n.Kept || int64(len(kept)) != n.Kept {
					t.Errorf("pruned to %v with %d documents, %+v, %v; the report counts %+v", files, len(kept), acc.Total, err, n)
				}
				if c.against != (acc.Total.Protected == int64(len(refs))) {
					t.Errorf("%d references, %d protected", len(refs), acc.Total.Protected)
				}
			})
		}
	}
}

func checkScope(t *testing.T, c *scopeCase, res *pipeline.Result, docs, refs []doc, threshold float64) {
	t.Helper()
	all := map[string]doc{}
	for _, d := range docs {
		all[d.ID] = d
	}
	if c.against {
		for _, d := range refs {
			d.ID = "ref:corpus.jsonl:" + d.ID
			all[d.ID] = d
		}
	}
	sets := map[string]map[uint64]bool{}
	for id, d := range all {
		sets[id] = textSet(res.Plan().Identity.Shingle, d.Text)
	}
	pruned := prunedIDs(t, res)
	gone := func(id string) bool { _, found := slices.BinarySearch(pruned, id); return found }
	seen := 0
	for cl := range res.Clusters() {
		for _, m := range cl.Members {
			if seen++; m.Keep {
				continue
			}
			got := jaccard(sets[m.ID], sets[m.CoveredBy])
			if gone(m.CoveredBy) || !c.mayGo(all[m.ID], all[m.CoveredBy]) || got < threshold || got != m.Similarity {
				t.Errorf("%s goes in favour of %s at %v, reported %v", m.ID, m.CoveredBy, got, m.Similarity)
			}
		}
	}
	if len(pruned) == 0 || seen == len(pruned) {
		t.Fatalf("%d of %d go: the test tests nothing", len(pruned), seen)
	}
	before := func(a, b doc) bool { // longest first, references before all
		return cmp.Or(cmp.Compare(fmt.Sprint(isRef(b)), fmt.Sprint(isRef(a))), cmp.Compare(utf8.RuneCountInString(b.Text), utf8.RuneCountInString(a.Text)), cmp.Compare(a.ID, b.ID)) < 0
	}
	for id, m := range all {
		for by, k := range all {
			if id != by && !gone(id) && !gone(by) && before(k, m) && c.mayGo(m, k) && jaccard(sets[id], sets[by]) >= threshold {
				if c.isolate && m.Text == k.Text {
					continue
				}
				t.Errorf("%s stays, and %s before it covers it", id, by)
			}
		}
	}
}

// TestScopesDoNotChangeWithThreadsMemoryOrOrder is the promise of determinism where
// sources and references count, with candidates of every kind.
func TestScopesDoNotChangeWithThreadsMemoryOrOrder(t *testing.T) {
	t.Parallel()
	docs, refs := scopedDocs(9)
	for _, c := range scopeCases[1:] {
		for _, method := range []cluster.Method{cluster.Cover, cluster.Average} {
			o := c.options(t, docs, refs)
			o.Identity.Clustering = method
			o.Identity.Keep = "regex:7,longest,max:n"
			want := run(t, o)
			for _, other := range []pipeline.Options{{Threads: 1}, {Threads: 7, Memory: 16 << 20}} {
				p := o
				p.Threads, p.Memory = other.Threads, other.Memory
				if got := reportOf(t, run(t, p)); got != reportOf(t, want) {
					t.Errorf("%s, %v, %d threads:\n%s", c.name, method, p.Threads, firstDifference(got, reportOf(t, want)))
				}
			}
			mixed := slices.Clone(docs)
			rand.New(rand.NewPCG(1, 1)).Shuffle(len(mixed), func(i, k int) { mixed[i], mixed[k] = mixed[k], mixed[i] })
			p := c.options(t, mixed, refs)
			p.Identity.Clustering, p.Identity.Keep = method, o.Identity.Keep
			if got := prunedIDs(t, run(t, p)); !slices.Equal(got, prunedIDs(t, want)) {
				t.Errorf("%s, %v: the order of the input shows in what goes", c.name, method)
			}
		}
	}
}

// TestSavedScopesAreFreshRuns: a run with references, or across sources, can be saved
// and clustered again, under other keep policies too.
func TestSavedScopesAreFreshRuns(t *testing.T) {
	t.Parallel()
	docs, refs := scopedDocs(4)
	for _, c := range scopeCases {
		o := c.options(t, docs, refs)
		o.Identity.Candidates, o.Identity.Threshold = pipeline.AllPairs, 0.3
		dir, _ := save(t, o)
		for _, keep := range []string{"longest", "protected,source:b>a,first"} {
			again, err := openRun(t, dir).Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: 0.6, Keep: keep})
			if err != nil {
				t.Fatal(err)
			}
			p := o
			p.Identity.Threshold, p.Identity.Keep = 0.6, keep
			if got, want := body(t, again), body(t, &run(t, p).Findings); got != want {
				t.Errorf("%s, %s: %s", c.name, keep, firstDifference(got, want))
			}
		}
	}
	o := scopeCases[2].options(t, docs, refs)
	dir, _ := save(t, o)
	if err := openRun(t, dir).Validate(pipeline.RethresholdOptions{KeepPer: "source"}); err == nil || !strings.Contains(err.Error(), "isolated") {
		t.Errorf("one of each source of an isolated run: %v", err)
	}
}

// TestOnlyTheNewDataIsPruned: where one set must stay as it is and only what
// is new may go, others prune both (Curator #1466) or drop what lies across two
// corpora (text-dedup #42).
func TestOnlyTheNewDataIsPruned(t *testing.T) {
	t.Parallel()
	old := []doc{{ID: "1", Text: join(words("w", 40))}, {ID: "2", Text: join(words("w", 40))}, {ID: "3", Text: join(words("o", 40))}}
	fresh := []doc{{ID: "1", Text: join(words("w", 40), []string{"more"})}, {ID: "4", Text: join(words("n", 40))}}
	o := pipeline.Options{Inputs: []string{writeJSONL(t, fresh)}, Against: []string{writeJSONL(t, old)}}
	res := run(t, o)
	if got := prunedIDs(t, res); !slices.Equal(got, []string{"1"}) {
		t.Errorf("%q go, want 1 of the new data alone", got)
	}
	if got := clusterWith(t, res, "1"); !slices.Equal(got, []string{"1", "ref:corpus.jsonl:1", "ref:corpus.jsonl:2"}) {
		t.Errorf("document 1 is with %q", got)
	}
	o.Against = o.Inputs
	if _, err := pipeline.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "both an input and a reference") {
		t.Errorf("a corpus against itself: %v", err)
	}
	o.Against, o.Identity.Isolate, o.Identity.KeepPer = nil, true, "source"
	if _, err := pipeline.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "choose one") {
		t.Errorf("isolate and keep per source: %v", err)
	}
}

// TestPeerBug07_EveryCopyOfAReferenceGoes: datatrove removes only one copy of what its
// index has.
func TestPeerBug07_EveryCopyOfAReferenceGoes(t *testing.T) {
	t.Parallel()
	text := join(words("w", 40))
	docs := []doc{{ID: "other", Text: join(words("o", 40))}}
	var want []string
	for i := range 300 { // more than a bucket lists in full
		docs = append(docs, doc{ID: fmt.Sprintf("copy%03d", i), Text: text}, doc{ID: fmt.Sprintf("near%03d", i), Text: text + fmt.Sprint(" w", i)})
		want = append(want, fmt.Sprintf("copy%03d", i), fmt.Sprintf("near%03d", i))
	}
	slices.Sort(want)
	for _, isolate := range []bool{false, true} {
		o := pipeline.Options{Against: []string{writeJSONL(t, []doc{{ID: "copy000", Text: text}})}, Identity: pipeline.Identity{Isolate: isolate}}
		if got := prunedIDs(t, runDocs(t, o, docs)); !slices.Equal(got, want) {
			t.Errorf("isolated %v: %d go, want all %d", isolate, len(got), len(want))
		}
	}
}

// TestPeerBug11_ScopesAreIdempotent: a second run, over what the first one kept,
// removes nothing.
func TestPeerBug11_ScopesAreIdempotent(t *testing.T) {
	t.Parallel()
	for _, c := range scopeCases {
		docs, refs := scopedDocs(5)
		o := c.options(t, docs, refs)
		pruned := prunedIDs(t, run(t, o))
		rest := slices.DeleteFunc(slices.Clone(docs), func(d doc) bool { _, gone := slices.BinarySearch(pruned, d.ID); return gone })
		if again := prunedIDs(t, run(t, c.options(t, rest, refs))); len(pruned) == 0 || len(again) > 0 {
			t.Errorf("%s: %d went, and then %q", c.name, len(pruned), again)
		}
	}
}
