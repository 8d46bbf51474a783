package pipeline_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// TestReportShowsChains: twenty texts in a row, each like the next two, and a copy
// of one. Their 5-word sets have 196 values, of which neighbours share 186 and the
// next ones 176.
func TestReportShowsChains(t *testing.T) {
	t.Parallel()
	all := words("link", 200+20*10)
	docs := []doc{{ID: "copy", Text: join(all[:200])}}
	for i := range 20 {
		docs = append(docs, doc{ID: fmt.Sprintf("%02d", i), Text: join(all[i*10 : i*10+200])})
	}
	everyPair := pipeline.Identity{Bands: 100, Rows: 1, Clustering: cluster.Components}
	res := runDocs(t, pipeline.Options{Identity: everyPair}, docs)
	want := report.Cohesion{
		Texts: 20, Pairs: 19 + 18, Density: 37.0 / 190, MinPair: 176.0 / 216, MeanPair: (19*186.0/206 + 18*176.0/216) / 37,
		Diameter: 10, DiameterExact: true, Chain: true,
	}
	for c := range res.Clusters() {
		got := c.Cohesion
		if math.Abs(got.MeanPair-want.MeanPair) > 1e-12 {
			t.Errorf("mean %v, want %v", got.MeanPair, want.MeanPair)
		}
		if got.MeanPair = want.MeanPair; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if counts := res.Counts(); counts.Clusters != 1 || counts.LargestShare() != 1 {
		t.Errorf("%d clusters, the largest with a share of %v, want one with all", counts.Clusters, counts.LargestShare())
	}
	var table bytes.Buffer
	if err := res.WriteReport(&table, report.Table, pipeline.ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table.String(), "1. 21 documents, chain of 11, ") {
		t.Errorf("no chain of 11 in\n%s", table.String())
	}

	everyPair.Clustering = cluster.Cover
	for c := range runDocs(t, pipeline.Options{Identity: everyPair}, docs).Clusters() {
		if c.Chain || c.Diameter > 2 || c.Texts < 2 {
			t.Errorf("a star with cohesion %+v", c.Cohesion)
		}
	}
}
