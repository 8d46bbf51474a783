package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// allRows returns the rows that a method such as Members yields.
func allRows[R any](t testing.TB, each func(context.Context, func(*R) error) error) []R {
	t.Helper()
	var rows []R
	if err := each(t.Context(), func(r *R) error {
		rows = append(rows, *r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestMembersSayWhatTheReportSays of every document, and have each record once.
func TestMembersSayWhatTheReportSays(t *testing.T) {
	t.Parallel()
	docs := families(1)
	docs = append(docs, docs[3], doc{ID: "e1", Text: "!!!"}, doc{ID: "copy", Text: docs[0].Text})
	input := writeJSONL(t, docs)
	res := run(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Loose, Sums: true})
	rows := allRows(t, res.Members)
	want := map[string]pipeline.MemberRow{}
	for c := range res.Clusters() {
		for _, m := range c.Members {
			row := pipeline.MemberRow{ID: m.ID, File: m.File, Line: m.Line, Class: pipeline.ClassKept, Cluster: c.Cluster, Keeper: m.CoveredBy, Similarity: m.Similarity}
			if !m.Keep {
				row.Class, row.Reason = pipeline.ClassDropped, string(m.Level)
			}
			want[m.ID] = row
		}
	}
	for m := range res.Singletons() {
		row := pipeline.MemberRow{ID: m.ID, File: m.File, Line: m.Line, Class: pipeline.ClassSingleton, Keeper: m.ID, Similarity: 1}
		if m.ID == "e1" {
			row.Class = pipeline.ClassEmpty
		}
		want[m.ID] = row
	}
	bad := 0
	for i, got := range rows {
		if got.Class == pipeline.ClassQuarantined {
			bad++
			if !strings.Contains(got.Reason, "already used") || got.ID != "d3" || got.Keeper != "" || i != len(rows)-1 || got.Line != int64(len(docs)-2) {
				t.Errorf("bad record %+v", got)
			}
			continue
		}
		if got.Source != "corpus.jsonl" || i > 0 && got.Offset == 0 {
			t.Errorf("document %+v", got)
		}
		got.Source, got.Offset = "", 0
		if got != want[got.ID] {
			t.Errorf("got %+v, want %+v", got, want[got.ID])
		}
		delete(want, got.ID)
	}
	if bad != 1 || len(want) != 0 || int64(len(rows)) != res.Counts().Records {
		t.Errorf("%d bad records, %d documents without a row, %d rows of %d records", bad, len(want), len(rows), res.Counts().Records)
	}
	if in := res.Inputs(); len(in) != 1 || !in[0].Known || in[0].Quarantined != 1 || in[0].Path != input {
		t.Errorf("inputs %+v", in)
	}
}

// TestClusterRowsSayWhatTheReportSays, cluster by cluster.
func TestClusterRowsSayWhatTheReportSays(t *testing.T) {
	t.Parallel()
	res := runDocs(t, pipeline.Options{Preset: pipeline.Loose}, families(2))
	var rows []pipeline.ClusterRow
	if err := res.ClusterRows(t.Context(), func(r *pipeline.ClusterRow) error {
		rows = append(rows, *r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	i := 0
	for c := range res.Clusters() {
		want := rowOf(c)
		if i >= len(rows) || rows[i] != want {
			t.Fatalf("cluster %d: want %+v, rows %+v", i, want, rows)
		}
		i++
	}
	if i == 0 || i != len(rows) {
		t.Errorf("%d rows of %d clusters", len(rows), i)
	}
}

func rowOf(c *report.Cluster) pipeline.ClusterRow {
	return pipeline.ClusterRow{Cluster: c.Cluster, Size: int64(c.Size), Kept: int64(c.Kept), Dropped: int64(c.Size - c.Kept),
		MinSimilarity: c.MinSimilarity, MeanSimilarity: c.MeanSimilarity, MinPair: c.MinPair, Diameter: int64(c.Diameter), Chain: c.Chain}
}

// TestRowsEndWithTheirErrors: the yield's own, and the context's cause.
func TestRowsEndWithTheirErrors(t *testing.T) {
	t.Parallel()
	res := runDocs(t, pipeline.Options{Preset: pipeline.Loose}, append(families(2), doc{ID: "d1", Text: "again"}))
	mine := errors.New("mine")
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(mine)
	for name, walk := range map[string]func(context.Context) error{
		"members": func(ctx context.Context) error {
			return res.Members(ctx, func(*pipeline.MemberRow) error { return mine })
		},
		"clusters": func(ctx context.Context) error {
			return res.ClusterRows(ctx, func(*pipeline.ClusterRow) error { return mine })
		},
		"pairs": func(ctx context.Context) error {
			return res.PairRows(ctx, func(*pipeline.PairRow) error { return mine })
		},
		"bad records": func(ctx context.Context) error {
			return res.Members(ctx, func(r *pipeline.MemberRow) error {
				if r.Class == pipeline.ClassQuarantined {
					return mine
				}
				return nil
			})
		},
	} {
		for _, ctx := range []context.Context{t.Context(), ended} {
			if err := walk(ctx); !errors.Is(err, mine) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if !slices.IsSortedFunc(allRows(t, res.Members)[:10], func(a, b pipeline.MemberRow) int { return int(a.Line - b.Line) }) {
		t.Error("documents are not in reading order")
	}
}
