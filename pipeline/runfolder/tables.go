package runfolder

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/tables"
)

// membersSchema is the table members. Persisted; columns may be added.
func membersSchema() tables.Schema {
	text := func(name, doc string) tables.Column {
		return tables.Column{Name: name, Type: tables.TypeString, Optional: true, Doc: doc}
	}
	repeats := func(name, doc string) tables.Column {
		return tables.Column{Name: name, Type: tables.TypeString, Repeats: true, Doc: doc}
	}
	return tables.Schema{Name: "members", Columns: []tables.Column{
		text("id", "The id of the document; null for a bad record without one."),
		repeats("file", "The input that the record was read from."),
		{Name: "line", Type: tables.TypeInt64, Doc: "Its line, counted from 1; 0 stands for the whole file."},
		{Name: "offset", Type: tables.TypeInt64, Doc: "Its offset in bytes of the decompressed file."},
		repeats("class", "kept, dropped, singleton, empty, emptied (of all that repeats), protected (a reference) or quarantined."),
		text("cluster", "The id of the cluster's representative; null in no cluster."),
		text("keeper", "The id of the kept document that stands for this one, its own if it is kept or emptied; null for a bad record, and with the reason decision."),
		{Name: "similarity", Type: tables.TypeDouble, Optional: true, Doc: "Exact similarity to the keeper, 0 to 1; null where there is none."},
		text("reason", "Why it is not kept: exact, near, emptied, decision (somebody decided to drop it), or what is wrong with the record; null if it is kept."),
		repeats("source", "The source that the document names, else its file, or the folder of a file that is one document."),
	}}
}

func clustersSchema() tables.Schema {
	number := func(name, doc string) tables.Column {
		return tables.Column{Name: name, Type: tables.TypeInt64, Doc: doc}
	}
	share := func(name, doc string) tables.Column {
		return tables.Column{Name: name, Type: tables.TypeDouble, Doc: doc}
	}
	return tables.Schema{Name: "clusters", Columns: []tables.Column{
		{Name: "cluster", Type: tables.TypeString, Doc: "The id of the representative."},
		number("size", "Documents in the cluster."),
		number("kept", "Documents of it that are kept."),
		number("dropped", "Documents of it that a kept one covers."),
		share("min_similarity", "Least similarity of a dropped document to its keeper, 0 to 1."),
		share("mean_similarity", "Mean of these similarities."),
		share("min_pair", "Least similarity of the verified pairs in the cluster, 0 to 1."),
		number("diameter", "Most pairs on the shortest way between two texts of it."),
		{Name: "chain", Type: tables.TypeBool, Doc: "Whether two texts are together although no third one resembles both."},
	}}
}

func pairsSchema() tables.Schema {
	return tables.Schema{Name: "pairs", Columns: []tables.Column{
		{Name: "a", Type: tables.TypeString, Doc: "The id of the document that was read first."},
		{Name: "b", Type: tables.TypeString, Doc: "The id of the other one."},
		{Name: "similarity", Type: tables.TypeDouble, Doc: "Exact similarity, 0 to 1; for containment the larger of the two directions."},
	}}
}

// optional is a text, or null for none.
func optional(s string) tables.Value {
	if s == "" {
		return tables.Null()
	}
	return tables.String(s)
}

// writeMembers writes the table, counts its rows, and holds them against the counts of
// the run and the plan of the pruned corpus, if there is one.
func (f *Folder) writeMembers(ctx context.Context, res *pipeline.Result, plan *prune.Plan) (ClassCounts, error) {
	total, err := f.writeMemberRows(ctx, res)
	if err == nil {
		err = total.check(res.Counts())
	}
	if err == nil && plan != nil {
		err = total.checkPlan(plan.Accounting().Total)
	}
	return total, err
}

func (f *Folder) writeMemberRows(ctx context.Context, res *pipeline.Result) (total ClassCounts, err error) {
	files := map[string]int{}
	for i, in := range res.Inputs() {
		files[in.Name] = i
	}
	f.records = make([]ClassCounts, len(files))
	err = f.writeTable(membersSchema(), func(put func(...tables.Value) error) error {
		return res.Members(ctx, func(r *pipeline.MemberRow) error {
			if err := errors.Join(f.records[files[r.File]].add(r.Class), total.add(r.Class)); err != nil {
				return err
			}
			return put(memberValues(r)...)
		})
	})
	for i, in := range res.Inputs() {
		f.records[i].filter(in.Filtered)
		total.filter(in.Filtered)
	}
	return total, err
}

func memberValues(r *pipeline.MemberRow) []tables.Value {
	similarity := tables.Null()
	if r.Keeper != "" {
		similarity = tables.Float(r.Similarity)
	}
	return []tables.Value{optional(r.ID), tables.String(r.File), tables.Int(r.Line), tables.Int(r.Offset), tables.String(string(r.Class)),
		optional(r.Cluster), optional(r.Keeper), similarity, optional(r.Reason), tables.String(r.Source)}
}

func clusterValues(r *pipeline.ClusterRow) []tables.Value {
	return []tables.Value{tables.String(r.Cluster), tables.Int(r.Size), tables.Int(r.Kept), tables.Int(r.Dropped),
		tables.Float(r.MinSimilarity), tables.Float(r.MeanSimilarity), tables.Float(r.MinPair), tables.Int(r.Diameter), tables.Bool(r.Chain)}
}

func (f *Folder) writeClusters(ctx context.Context, res *pipeline.Result) error {
	return f.writeTable(clustersSchema(), func(put func(...tables.Value) error) error {
		return res.ClusterRows(ctx, func(r *pipeline.ClusterRow) error {
			return put(clusterValues(r)...)
		})
	})
}

func (f *Folder) writePairs(ctx context.Context, res *pipeline.Result) error {
	return f.writeTable(pairsSchema(), func(put func(...tables.Value) error) error {
		return res.PairRows(ctx, func(r *pipeline.PairRow) error {
			return put(tables.String(r.A), tables.String(r.B), tables.Float(r.Similarity))
		})
	})
}

// writeTable writes a table in its two forms, from one pass over its rows.
func (f *Folder) writeTable(s tables.Schema, fill func(put func(...tables.Value) error) error) error {
	lines, err := f.newTable(s, jsonlEnding, tables.NewJSONL)
	if err != nil {
		return err
	}
	columns, err := f.newTable(s, parquetEnding, tables.NewParquet)
	if err != nil {
		return errors.Join(err, lines.file.Abort())
	}
	err = fill(func(row ...tables.Value) error {
		lines.rows++
		columns.rows++
		if err := lines.to.Append(row...); err != nil {
			return err
		}
		return columns.to.Append(row...)
	})
	for _, t := range []*table{lines, columns} {
		if err == nil {
			err = f.finish(t)
		}
		err = errors.Join(err, t.file.Abort()) // nothing, after a commit
	}
	return err
}

// table is one form of a table, being written.
type table struct {
	name string
	file *atomicfile.File
	sum  *summed
	to   tables.Writer
	rows int64
}

func (f *Folder) newTable(s tables.Schema, ending string, open func(io.Writer, tables.Schema) (tables.Writer, error)) (*table, error) {
	t := &table{name: s.Name + ending}
	var err error
	if t.file, err = atomicfile.CreateIn(f.spec.sys, filepath.Join(f.dir, t.name)); err != nil {
		return nil, err
	}
	t.sum = newSummed(t.file)
	if t.to, err = open(t.sum, s); err != nil {
		return nil, errors.Join(err, t.file.Abort())
	}
	return t, nil
}

// finish ends a table and puts it in its place.
func (f *Folder) finish(t *table) error {
	if err := t.to.Close(); err != nil {
		return err
	}
	if err := t.file.Commit(); err != nil {
		return err
	}
	return f.appeared(t.name, t.sum.output(t.name, t.rows))
}
