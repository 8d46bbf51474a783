package pipeline_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// openToApply opens a saved run with the contents of its documents.
func openToApply(t testing.TB, dir string) *pipeline.SavedRun {
	t.Helper()
	s, err := pipeline.OpenRun(dir, pipeline.SavedOptions{Temp: t.TempDir(), Memory: 16 << 20, Contents: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// logOf makes a log of events, as it is read from a file.
func logOf(t testing.TB, events ...decision.Event) *decision.Log {
	t.Helper()
	log, text := &decision.Log{}, []byte(nil)
	for _, e := range events {
		var err error
		if text, err = e.Append(text, log); err != nil {
			t.Fatal(err)
		}
		if log, err = decision.Read(strings.NewReader(string(text)), "log"); err != nil {
			t.Fatal(err)
		}
	}
	return log
}

// kin are documents of which many resemble one another, some are equal, and some have
// no word.
func kin(r *rand.Rand, n int) []doc {
	docs := make([]doc, n)
	for i := range docs {
		docs[i] = doc{ID: fmt.Sprintf("d%02d", i), Source: string(rune('A' + r.IntN(3)))}
		var words []string
		if i > 0 && r.IntN(4) > 0 { // of another one
			words = strings.Fields(docs[r.IntN(i)].Text)
			for k := r.IntN(4); k > 0 && len(words) > 0; k-- {
				words[r.IntN(len(words))] = fmt.Sprintf("x%d", r.IntN(1000))
			}
		} else if r.IntN(8) > 0 {
			for range 12 {
				words = append(words, fmt.Sprintf("w%d", r.IntN(1000)))
			}
		}
		docs[i].Text = strings.Join(words, " ")
	}
	return docs
}

// verdicts are what somebody decided, by index of document.
type verdicts struct {
	keep, drop map[int]bool
	apart      map[[2]int]bool
	events     []decision.Event
}

// decideAtRandom makes decisions, some of which are undone again. Drops are of texts:
// of all documents that have it.
func decideAtRandom(r *rand.Rand, docs []doc, content func(ids ...string) []string) verdicts {
	v := verdicts{map[int]bool{}, map[int]bool{}, map[[2]int]bool{}, nil}
	for range r.IntN(8) {
		i, k := r.IntN(len(docs)), r.IntN(len(docs))
		e := decision.Event{Action: []decision.Action{decision.Keep, decision.Drop, decision.NotDuplicate}[r.IntN(3)], IDs: []string{docs[i].ID}}
		if e.Action == decision.NotDuplicate {
			e.IDs = append(e.IDs, docs[k].ID)
		}
		if docs[i].Text == docs[k].Text && e.Action == decision.NotDuplicate || docs[i].Text == "" {
			continue
		}
		if e.Content = nil; r.IntN(2) == 0 || e.Action == decision.Drop {
			e.Content = content(e.IDs...)
		}
		v.events = append(v.events, e)
		if r.IntN(5) == 0 {
			v.events = append(v.events, decision.Event{Action: decision.Undo, Undo: len(v.events)})
			continue
		}
		switch e.Action {
		case decision.Keep:
			v.keep[i] = true
			delete(v.drop, i)
		case decision.Drop:
			for same := range docs {
				if docs[same].Text == docs[i].Text {
					v.drop[same] = true
					delete(v.keep, same)
				}
			}
		case decision.NotDuplicate:
			for a := range docs {
				for b := range docs {
					if docs[a].Text == docs[i].Text && docs[b].Text == docs[k].Text {
						v.apart[[2]int{a, b}], v.apart[[2]int{b, a}] = true, true
					}
				}
			}
		}
	}
	return v
}

// pairwise holds the exact similarity of every two texts, 2 for equal ones.
func pairwise(docs []doc, res *pipeline.Result) [][]float64 {
	leader, at := map[string]int{}, map[string]int{}
	for i, d := range docs {
		at[d.ID] = i
		if _, seen := leader[d.Text]; !seen {
			leader[d.Text] = i
		}
	}
	of := map[[2]int]float64{}
	for p := range res.Pairs() {
		of[[2]int{at[p.A], at[p.B]}], of[[2]int{at[p.B], at[p.A]}] = p.Similarity, p.Similarity
	}
	out := make([][]float64, len(docs))
	for i, a := range docs {
		out[i] = make([]float64, len(docs))
		for k, b := range docs {
			if out[i][k] = of[[2]int{leader[a.Text], leader[b.Text]}]; a.Text == b.Text && a.Text != "" {
				out[i][k] = 2
			}
		}
	}
	return out
}

// slowCover is the obvious way to decide: in keep order, whoever nothing kept stands
// for is kept; then each of the others goes to the most similar. It returns the keeper
// of each document, -1 for what is dropped by decision.
func slowCover(docs []doc, similarity [][]float64, v verdicts) []int {
	order := make([]int, len(docs))
	for i := range order {
		order[i] = i
	}
	last := func(i int) int {
		if v.keep[i] {
			return 0
		}
		return 1
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(len(docs[b].Text), len(docs[a].Text)), cmp.Compare(docs[a].ID, docs[b].ID))
	})
	var kept []int
	covers := func(k, i int) bool { return similarity[i][k] > 0 && !v.apart[[2]int{i, k}] }
	keeper := make([]int, len(docs))
	for _, i := range order {
		if !v.drop[i] && (v.keep[i] || !slices.ContainsFunc(kept, func(k int) bool { return covers(k, i) })) {
			kept = append(kept, i)
		}
	}
	for i := range docs {
		keeper[i] = i
		if v.drop[i] {
			keeper[i] = -1
		}
		if v.drop[i] || slices.Contains(kept, i) {
			continue
		}
		best := -1.0
		for _, k := range kept {
			if covers(k, i) && similarity[i][k] > best {
				best, keeper[i] = similarity[i][k], k
			}
		}
	}
	return keeper
}

// rowsOf returns the rows of members by id.
func rowsOf(t testing.TB, f *pipeline.Findings) map[string]pipeline.MemberRow {
	t.Helper()
	rows := map[string]pipeline.MemberRow{}
	if err := f.Members(t.Context(), func(r *pipeline.MemberRow) error { rows[r.ID] = *r; return nil }); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestDecisionsKeepThePromise: under random decisions about random small corpora, the
// documents that stay, and who stands for the others, are those of a slow obvious
// reference. So what is kept by decision stays, what is dropped goes, and nothing else
// goes but in favour of a kept document, by a verified pair that counts.
func TestDecisionsKeepThePromise(t *testing.T) {
	t.Parallel()
	const trials = 150
	decided, orphans := 0, 0
	for seed := range uint64(trials) {
		r := rand.New(rand.NewPCG(seed, 1))
		docs := kin(r, 6+r.IntN(24))
		id := pipeline.Identity{Candidates: pipeline.AllPairs, Threshold: 0.3, Clustering: cluster.Cover}
		if r.IntN(3) == 0 {
			id.Clustering = cluster.Components
		}
		dir, res := save(t, pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Preset: pipeline.Edited, Identity: id})
		s := openToApply(t, dir)
		v := decideAtRandom(r, docs, func(ids ...string) []string {
			c, err := s.Contents(t.Context(), ids)
			if err != nil {
				t.Fatal(err)
			}
			return c
		})
		got, err := s.Apply(t.Context(), pipeline.ApplyOptions{Decisions: logOf(t, v.events...)})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		rows := rowsOf(t, &got.Findings)
		similarity := pairwise(docs, res)
		want, before := slowCover(docs, similarity, v), slowCover(docs, similarity, verdicts{})
		for i, d := range docs {
			keeper := ""
			if want[i] >= 0 {
				keeper = docs[want[i]].ID
			}
			if rows[d.ID].Keeper != keeper {
				t.Errorf("seed %d: %q has the keeper %q, want %q\n%+v", seed, d.ID, rows[d.ID].Keeper, keeper, v.events)
			}
			if want[i] == -1 {
				decided++
			} else if v.drop[before[i]] {
				orphans++
			}
		}
		if c := got.Counts(); c.Check() != nil || c.Decided != int64(len(v.drop)) {
			t.Errorf("seed %d: %d dropped by decision: %+v, %v", seed, len(v.drop), c, c.Check())
		}
		if _, err := got.PlanPrune(nil); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	if decided < trials/2 || orphans < trials/10 {
		t.Errorf("%d documents dropped, %d of them had stood for others: the test sees nothing", decided, orphans)
	}
}

// TestDroppedIsAsIfNotThere: under every method and scope, the clusters after drops are
// those of a run on the corpus without these documents.
func TestDroppedIsAsIfNotThere(t *testing.T) {
	t.Parallel()
	dropped := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		docs := kin(r, 40)
		id := pipeline.Identity{Candidates: pipeline.AllPairs, Threshold: 0.3, SourceField: "source",
			Clustering: []cluster.Method{cluster.Cover, cluster.Components, cluster.Average, cluster.Community}[seed%4]}
		switch seed % 3 {
		case 1:
			id.KeepPer = pipeline.KeepPerSource
		case 2:
			id.Similarity = pipeline.Containment
		}
		o := pipeline.Options{Preset: pipeline.Edited, Identity: id, Inputs: []string{writeJSONL(t, docs)}}
		dir, _ := save(t, o)
		goes := docs[r.IntN(len(docs))]
		for goes.Text == "" {
			goes = docs[r.IntN(len(docs))]
		}
		// By id alone it is that document, whose copies stay.
		got, err := openToApply(t, dir).Apply(t.Context(), pipeline.ApplyOptions{Decisions: logOf(t, decision.Event{Action: decision.Drop, IDs: []string{goes.ID}})})
		if err != nil {
			t.Fatal(err)
		}
		o.Inputs = []string{writeJSONL(t, slices.DeleteFunc(slices.Clone(docs), func(d doc) bool { return d.ID == goes.ID }))}
		if got, want := clusterLines(t, &got.Findings), clusterLines(t, &run(t, o).Findings); got != want {
			t.Errorf("seed %d: without %s\n%s", seed, goes.ID, firstDifference(got, want))
		} else if strings.Contains(got, "near") {
			dropped++
		}
	}
	if dropped < 20 {
		t.Errorf("%d corpora with clusters: the test sees nothing", dropped)
	}
}

// clusterLines returns the clusters of the report, without lines of the input, which
// a document that is missing would shift.
func clusterLines(t testing.TB, f *pipeline.Findings) string {
	t.Helper()
	var out strings.Builder
	for c := range f.Clusters() {
		for i := range c.Members {
			c.Members[i].Line = 0
		}
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	return out.String()
}

// TestDecisionsFollowTheText into a run with other ids and another order.
func TestDecisionsFollowTheText(t *testing.T) {
	t.Parallel()
	docs := kin(rand.New(rand.NewPCG(1, 3)), 40)
	o := pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Candidates: pipeline.AllPairs, Threshold: 0.3}}
	o.Inputs = []string{writeJSONL(t, docs)}
	dir, res := save(t, o)
	s := openToApply(t, dir)
	var p report.Cluster
	for c := range res.Clusters() {
		p = *c
		break
	}
	keeper, other := p.Members[0].ID, p.Members[len(p.Members)-1].ID
	contents, err := s.Contents(t.Context(), []string{keeper, other})
	if err != nil {
		t.Fatal(err)
	}
	log := logOf(t, decision.Event{Action: decision.Drop, IDs: []string{keeper}, Content: contents[:1]},
		decision.Event{Action: decision.Keep, IDs: []string{other}, Content: contents[1:]},
		decision.Event{Action: decision.Keep, IDs: []string{"of another corpus"}, Content: []string{strings.Repeat("0", 32)}})
	renamed := slices.Clone(docs)
	slices.Reverse(renamed)
	for i := range renamed {
		renamed[i].ID = "new-" + renamed[i].ID
	}
	o.Inputs = []string{writeJSONL(t, renamed)}
	dir, _ = save(t, o)
	got, err := openToApply(t, dir).Apply(t.Context(), pipeline.ApplyOptions{Decisions: log})
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, &got.Findings)
	if r := rows["new-"+keeper]; r.Class != pipeline.ClassDropped || r.Reason != pipeline.ReasonDecision {
		t.Errorf("%+v, want it dropped", r)
	}
	if r := rows["new-"+other]; r.Keeper != "new-"+other {
		t.Errorf("%+v, want it kept", r)
	}
	codes := map[string]bool{}
	for _, w := range got.Warnings() {
		codes[w.Code] = true
	}
	if !codes["decided"] || !codes["decided_elsewhere"] {
		t.Errorf("warnings %+v", got.Warnings())
	}
	if got.Summary().Fingerprint == res.Plan().Fingerprint {
		t.Error("decisions are not in the fingerprint")
	}
}

// TestDecisionsThatCannotBe name the line and the id.
func TestDecisionsThatCannotBe(t *testing.T) {
	t.Parallel()
	docs := []doc{{ID: "a", Text: "one two three four five six"}, {ID: "b", Text: "One TWO three four five six"}, {ID: "e", Text: "..."}}
	dir, _ := save(t, pipeline.Options{Preset: pipeline.Edited, Inputs: []string{writeJSONL(t, docs)}})
	s := openToApply(t, dir)
	for _, c := range []struct {
		e    decision.Event
		want string
	}{
		{decision.Event{Action: decision.Keep, IDs: []string{"nobody"}}, `log:2: document "nobody" is not in the run`},
		{decision.Event{Action: decision.Drop, IDs: []string{"e"}}, `log:2: document "e" has no letter`},
		{decision.Event{Action: decision.NotDuplicate, IDs: []string{"a", "b"}}, `log:2: documents "a" and "b" have the same text`},
	} {
		log := logOf(t, decision.Event{Action: decision.Keep, IDs: []string{"a"}}, c.e)
		if _, err := s.Apply(t.Context(), pipeline.ApplyOptions{Decisions: log}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.e, err, c.want)
		}
		if _, err := s.Decidable(t.Context(), c.e); err == nil {
			t.Errorf("%+v can be decided", c.e)
		}
	}
	all := logOf(t, decision.Event{Action: decision.Drop, IDs: []string{"a", "b"}})
	got, err := s.Apply(t.Context(), pipeline.ApplyOptions{Decisions: all})
	if err != nil {
		t.Fatal(err)
	}
	if w := got.Warnings(); !slices.ContainsFunc(w, func(w report.Warning) bool { return w.Code == "emptied_clusters" }) {
		t.Errorf("warnings %+v, want that of a cluster nothing stays", w)
	}
	if _, err := openRun(t, "../internal/compat/testdata/saved-run-1").Apply(t.Context(), pipeline.ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "older version") {
		t.Errorf("a run of schema 1: %v", err)
	}
}
