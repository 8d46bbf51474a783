package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/page"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// What of the findings stands in a page.
const (
	pageClusters    = 10 // of each section
	pageAllClusters = 25 // all stand in one section if they are no more
	pageMembers     = 12
	pageSources     = 50
)

// PageOptions says what a page tells besides the findings.
type PageOptions struct {
	// Program is the name and version of the program. Default: "doppel".
	Program string
	// Inputs are named on the page as they are given here.
	Inputs []string
	// Edits is what was cut out of kept documents. Default: nothing.
	Edits prune.EditCounts
}

// WritePage writes the findings as one HTML page that stands alone (see package
// page). It shows all clusters if they are few, else the largest, the least similar
// and some at random, without texts; and of at most 50 sources, if they are known (see
// [Findings.Sources]), what became of them.
func (r *Findings) WritePage(w io.Writer, o PageOptions) error {
	d, _, err := r.page(o)
	if err != nil {
		return err
	}
	d.TextsMissing = "Texts are not shown: only names and pairs were saved of this run."
	return page.Write(w, d)
}

// WriteSummary writes what the page tells, without charts and texts, in Markdown.
func (r *Findings) WriteSummary(w io.Writer, o PageOptions) error {
	d, _, err := r.page(o)
	if err != nil {
		return err
	}
	return page.WriteMarkdown(w, d)
}

// WritePage is [Findings.WritePage] with the texts of some dropped documents beside
// those that are kept for them. They are read again from the inputs; where that
// cannot be, the page says so.
func (r *Result) WritePage(ctx context.Context, w io.Writer, o PageOptions) error {
	d, chosen, err := r.Findings.page(o)
	if err != nil {
		return err
	}
	texts, err := r.textsOf(ctx, chosen.documents())
	var changed *corpus.ChangedError
	switch {
	case errors.Is(err, errStreamed), errors.As(err, &changed):
		d.TextsMissing = "Texts are not shown: " + err.Error()
	case err != nil:
		return err
	default:
		r.compareOn(d, chosen, texts)
	}
	if err := r.catalog.Err(); err != nil {
		return err
	}
	return page.Write(w, d)
}

// chosenPair is a dropped document that a page compares with its cover.
type chosenPair struct {
	section, cluster int // place in the page
	member           cluster.Member
}

type chosenPairs []chosenPair

// documents returns all documents of the pairs, ascending and distinct.
func (c chosenPairs) documents() []corpus.ID {
	var ids []corpus.ID
	for _, p := range c {
		ids = append(ids, p.member.ID, p.member.Cover)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// page makes what a page shows but for the texts, and says which are wanted.
func (r *Findings) page(o PageOptions) (*page.Data, chosenPairs, error) {
	d := &page.Data{Program: cmp.Or(o.Program, "doppel"), Inputs: o.Inputs, Summary: r.Summary(),
		Edits: page.Edits{Trimmed: o.Edits.Trimmed, Emptied: o.Edits.Emptied, Characters: o.Edits.CutCharacters}}
	d.Similarities = r.similarities()
	d.Sizes = page.SizeBins(func(yield func(int) bool) {
		for i := range r.clusters {
			yield(len(r.clusters[i].Members))
		}
	})
	r.pageSources(d)
	var chosen chosenPairs
	for _, s := range r.pageSections() {
		section := s.section
		for _, i := range s.clusters {
			section.Clusters = append(section.Clusters, r.pageCluster(i))
			for _, m := range worthComparing(&r.clusters[i]) {
				chosen = append(chosen, chosenPair{len(d.Sections), len(section.Clusters) - 1, m})
			}
		}
		d.Sections = append(d.Sections, section)
	}
	return d, chosen, r.catalog.Err()
}

// similarities counts all verified pairs, those under the threshold too: what a lower
// one would bring.
func (r *Findings) similarities() page.Histogram {
	h := page.Histogram{Threshold: r.plan.Identity.Threshold}
	for _, pairs := range []iter.Seq[verify.Scored]{slices.Values(r.edges), r.weaker} {
		for e := range pairs {
			h.Add(r.plan.Identity.Similarity.ofPair(e, r.sizeOf))
		}
	}
	return h
}

// pageSources fills in what became of the sources, if that is known.
func (r *Findings) pageSources(d *page.Data) {
	all := r.Sources()
	most, others := MostDropped(all, pageSources)
	for _, s := range most {
		d.Sources = append(d.Sources, pageSource(s))
	}
	d.SourcesTotal, d.OtherSources = len(all), pageSource(others)
}

func pageSource(s SourceCounts) page.Source {
	return page.Source{Name: s.Name, Documents: s.Read - s.Quarantined, Kept: s.Kept, Dropped: s.Dropped, Broken: s.Quarantined}
}

// sectionChoice is a section to be and the places of its clusters.
type sectionChoice struct {
	section  page.Section
	clusters []int
}

// pageSections chooses the clusters of a page. The choice hangs on the findings
// alone.
func (r *Findings) pageSections() []sectionChoice {
	n := len(r.clusters)
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if n == 0 {
		return nil
	}
	if n <= pageAllClusters {
		return []sectionChoice{{page.Section{ID: "clusters", Title: "Clusters", Intro: allClusters(n)}, all}}
	}
	largest := all[:pageClusters]
	// At clusters of equal texts the threshold decides nothing.
	unlike := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return r.clusters[i].MinSimilarity == 1 })
	leastSimilar := leastBy(unlike, pageClusters, func(i int) float64 { return r.clusters[i].MinSimilarity })
	shown := append(slices.Clone(largest), leastSimilar...)
	rest := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return slices.Contains(shown, i) })
	// The least hashes are a fair sample, the same for equal findings.
	byHash := func(i int) uint64 { return xxh3.HashString(r.catalog.Key(r.clusters[i].Representative)) }
	sample := slices.Sorted(slices.Values(leastBy(rest, pageClusters, byHash)))
	of := func(what string) string { return fmt.Sprintf("%s of %s.", what, quantity.Of(n, "cluster", "clusters")) }
	choices := []sectionChoice{
		{page.Section{ID: "largest", Title: "The largest clusters", Intro: of("The " + quantity.Number(len(largest)) + " largest")}, largest},
		{page.Section{ID: "border", Title: "The least similar clusters", Intro: of("The "+quantity.Number(len(leastSimilar))+" least similar") + " Here the threshold decides: if these are no duplicates, it is too low."}, leastSimilar},
		{page.Section{ID: "sample", Title: "Clusters at random", Intro: fmt.Sprintf("%s drawn at random from the other %s.", quantity.Number(len(sample)), quantity.Number(len(rest)))}, sample},
	}
	return slices.DeleteFunc(choices, func(c sectionChoice) bool { return len(c.clusters) == 0 })
}

// allClusters introduces n clusters where none is left out.
func allClusters(n int) string {
	return quantity.Noun(n, "The only one.", "All "+quantity.Of(n, "cluster", "clusters")+", the largest first.")
}

// leastBy returns the n elements with the least values, the least first; of equal
// values the lesser element.
func leastBy[V cmp.Ordered](all []int, n int, value func(int) V) []int {
	type valued struct {
		at    int
		value V
	}
	least := make([]valued, 0, n+1)
	for _, i := range all {
		v := valued{i, value(i)}
		at, _ := slices.BinarySearchFunc(least, v, func(x, y valued) int {
			return cmp.Or(cmp.Compare(x.value, y.value), cmp.Compare(x.at, y.at))
		})
		if least = slices.Insert(least, at, v); len(least) > n {
			least = least[:n]
		}
	}
	out := make([]int, len(least))
	for i, v := range least {
		out[i] = v.at
	}
	return out
}

// pageCluster returns cluster i with its first members.
func (r *Findings) pageCluster(i int) page.Cluster {
	c := &r.clusters[i]
	part := *c
	part.Members = slices.Clone(c.Members[:min(pageMembers, len(c.Members))])
	for k := range part.Members { // a cover that is not shown has no name here
		if m := part.Members[k]; !slices.ContainsFunc(part.Members, func(o cluster.Member) bool { return o.ID == m.Cover }) {
			at := slices.IndexFunc(c.Members, func(o cluster.Member) bool { return o.ID == m.Cover })
			part.Members = append(part.Members, c.Members[at])
		}
	}
	out := page.Cluster{Number: i + 1}
	r.fill(&out.Cluster, &part, map[corpus.ID]string{})
	out.More = len(c.Members) - len(part.Members)
	out.Size, out.Kept = len(c.Members), 0
	for k := range c.Members {
		if c.Members[k].Kept {
			out.Kept++
		}
	}
	return out
}

// worthComparing returns the dropped member that is least like its cover, and, of
// three distinct ones or more, the one in the middle: none if all are copies.
func worthComparing(c *cluster.Cluster) []cluster.Member {
	var near []cluster.Member
	for _, m := range c.Members {
		if !m.Kept && !m.Exact {
			near = append(near, m)
		}
	}
	slices.SortStableFunc(near, func(a, b cluster.Member) int { return cmp.Compare(a.Similarity, b.Similarity) })
	switch {
	case len(near) == 0:
		return nil
	case len(near) < 3:
		return near[:1]
	}
	return []cluster.Member{near[0], near[len(near)/2]}
}

// compareOn puts the texts of the chosen pairs side by side on the page.
func (r *Findings) compareOn(d *page.Data, chosen chosenPairs, texts map[corpus.ID][]byte) {
	for _, p := range chosen {
		left, right := page.Compare(texts[p.member.Cover], texts[p.member.ID])
		kept, dropped := r.member(p.member.Cover, report.LevelRepresentative), r.member(p.member.ID, report.LevelNear)
		left.ID, left.Place = kept.ID, pagePlace(kept)
		right.ID, right.Place = dropped.ID, pagePlace(dropped)
		c := &d.Sections[p.section].Clusters[p.cluster]
		c.Comparisons = append(c.Comparisons, page.Comparison{Left: left, Right: right, Similarity: p.member.Similarity})
	}
}

// pagePlace returns where a document stands, "" where its id says so.
func pagePlace(m report.Member) string {
	place := fmt.Sprintf("%s:%d", m.File, m.Line)
	if m.ID == place || m.ID == m.File {
		return ""
	}
	return place
}
