package pipeline_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// wholeRuns are runs of all kinds, each over a small corpus.
func wholeRuns(t *testing.T) (runs []wholeRun) {
	mixed := formatsCorpus(t, 300, 6)
	crowd := filepath.Dir(writeJSONL(t, crowded(2200, 200)))
	few := filepath.Dir(writeJSONL(t, crowded(250, 40)))
	quilt := filepath.Dir(writeJSONL(t, planted(220, 4)))
	add := func(name, inputs string, o pipeline.Options, files ...string) {
		o.Containers, o.Threads, o.Reread, o.Sources = containers(), 2, true, true
		runs = append(runs, wholeRun{name, files, inputs, func(temp, out string, fs vfs.TempFS) (string, error) {
			return pruneWhole(t, o, temp, out, fs)
		}})
	}
	for _, in := range []struct {
		file   string
		format corpus.Format
		files  []string
	}{
		{"a.csv", corpus.CSV, nil}, {"b.csv.gz", corpus.CSV, nil}, {"c.tsv.xz", corpus.TSV, nil},
		{"d.jsonl.bz2", corpus.JSONL, nil}, {"f.jsonl.zst", corpus.JSONL, nil},
		{"g.parquet", corpus.Parquet, []string{"container"}}, {"i.warc.gz", corpus.WARC, nil},
	} {
		runs = append(runs, overStdin(t, filepath.Join(mixed, in.file), in.format, append(in.files, "stdin")))
	}
	add("files of all formats", mixed, pipeline.Options{Inputs: []string{mixed}}, "spill")
	add("a store without reading at places", mixed, pipeline.Options{Inputs: []string{"g.parquet", "h.warc", "e.jsonl.xz"}, FS: straight{os.DirFS(mixed)}}, "container")
	add("edited", crowd, pipeline.Options{Inputs: []string{crowd}, Preset: pipeline.Edited, Save: true}, "sort", "bands", "spill")
	add("boilerplate", few, pipeline.Options{Inputs: []string{few}, Preset: pipeline.Edited, Identity: pipeline.Identity{Boilerplate: 0.2}}, "sort", "spill")
	add("containment with figures", few, pipeline.Options{Inputs: []string{few}, Identity: pipeline.Identity{Similarity: pipeline.Containment, Threshold: 0.8, Figures: pipeline.FiguresApart}}, "spill")
	add("story", few, pipeline.Options{Inputs: []string{few}, Preset: pipeline.Story, Identity: pipeline.Identity{Candidates: pipeline.KeyTerms}}, "bands", "spill")
	add("verbatim", few, pipeline.Options{Inputs: []string{few}, Preset: pipeline.Verbatim}, "spill")
	add("references", few, pipeline.Options{Inputs: []string{few}, Against: []string{filepath.Join(mixed, "f.jsonl.zst")}}, "spill")
	add("decisions", few, pipeline.Options{Inputs: []string{few}, Decisions: logOf(t, decision.Event{Action: decision.Drop, IDs: []string{"crowd-3"}}, decision.Event{Action: decision.Keep, IDs: []string{"crowd-5"}})}, "spill")
	for _, p := range []struct {
		name  string
		o     passage.Options
		files []string
	}{
		{"paragraphs", passage.Options{Unit: passage.Paragraph}, nil},
		{"lines", passage.Options{Unit: passage.Line, MinChars: 5}, nil},
		{"substrings of words", passage.Options{Unit: passage.Substring, MinLength: passage.Length{N: 12, In: passage.Tokens}}, []string{"sort"}},
		{"substrings of bytes", passage.Options{Unit: passage.Substring, MinLength: passage.Length{N: 60, In: passage.Bytes}}, []string{"sort"}},
	} {
		add(p.name, quilt, pipeline.Options{Inputs: []string{quilt}, Identity: pipeline.Identity{Passages: p.o}}, append(p.files, "spill")...)
	}
	runs = append(runs, decontaminated(t, quilt, passage.Mask), decontaminated(t, quilt, passage.Drop))
	return append(runs, savedRuns(t, few, quilt)...)
}

// crowded are planted documents, and as many near-copies of one more as make more
// candidate pairs than the least sorter holds.
func crowded(n, copies int) []doc {
	var docs []doc
	for d := range (plant.Spec{Documents: n, MeanBytes: 150, Seed: 5, ExactShare: 0.1, NearShare: 0.2}).All() {
		docs = append(docs, doc{ID: d.ID, Text: string(d.Text), Source: d.Source, Date: d.Date})
	}
	base := words("same", 60)
	for i := range copies {
		base[i%60] = fmt.Sprintf("other%d", i)
		docs = append(docs, doc{ID: fmt.Sprintf("crowd-%d", i), Text: join(base, words(fmt.Sprint(i, "own"), 3)), Source: "S"})
		base[i%60] = fmt.Sprintf("same%d", i%60)
	}
	return docs
}

// straight is a file system of files that are read from the beginning to the end alone.
type straight struct{ fs.FS }

func (s straight) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return struct{ fs.File }{f}, nil
}

// overStdin is a run over a file that comes in by standard input.
func overStdin(t *testing.T, path string, format corpus.Format, files []string) wholeRun {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o := pipeline.Options{Inputs: []string{corpus.StdinPath}, Containers: containers(), Threads: 2, Reread: true, Identity: pipeline.Identity{Format: format}}
	return wholeRun{"standard input " + filepath.Base(path), files, filepath.Dir(path), func(temp, out string, fs vfs.TempFS) (string, error) {
		o := o
		o.Stdin = bytes.NewReader(content)
		return pruneWhole(t, o, temp, out, fs)
	}}
}

// pruneWhole runs, writes all there is to be written, and prunes to the folder out.
func pruneWhole(t *testing.T, o pipeline.Options, temp, out string, fs vfs.TempFS) (got string, err error) {
	res, err := smallStores(t, o, temp, fs)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	var b strings.Builder
	if err := writeFindings(t, &b, res); err != nil {
		return "", err
	}
	if o.Save {
		dir := filepath.Join(t.TempDir(), "saved")
		if err := res.Save(t.Context(), pipeline.SaveOptions{Dir: dir}); err != nil {
			return "", err
		}
		b.WriteString(contents(t, dir))
	}
	if _, err := res.Prune(t.Context(), out); err != nil {
		return "", err
	}
	return b.String(), res.WriteSpans(&b)
}

// writeFindings writes report, tables and quarantine.
func writeFindings(t *testing.T, w io.Writer, res *pipeline.Result) error {
	enc := json.NewEncoder(w)
	return errors.Join(
		res.WriteReport(w, report.JSONL, pipeline.ReportOptions{Singletons: true}),
		res.WriteQuarantine(w),
		res.Members(t.Context(), func(row *pipeline.MemberRow) error { return enc.Encode(row) }),
		res.PairRows(t.Context(), func(row *pipeline.PairRow) error { return enc.Encode(row) }))
}

// decontaminated is a run without the documents, or their parts, that are in items.
func decontaminated(t *testing.T, inputs string, action passage.Action) wholeRun {
	var docs []doc
	for i, d := range planted(40, 4) {
		w := strings.Fields(d.Text)
		docs = append(docs, doc{ID: fmt.Sprint("item", i), Text: strings.Join(w[:min(len(w), 40)], " ")})
	}
	items, err := pipeline.ReadItems(t.Context(), pipeline.ItemSource{Inputs: []string{writeJSONL(t, docs)}}, passage.ItemOptions{Action: action})
	if err != nil {
		t.Fatal(err)
	}
	o := pipeline.Options{Inputs: []string{inputs}, Preset: pipeline.Verbatim, Threads: 2, Reread: true, Identity: pipeline.Identity{Items: items.Options()}}
	return wholeRun{"decontaminate " + action.String(), []string{"spill"}, inputs, func(temp, out string, fs vfs.TempFS) (_ string, err error) {
		res, err := smallStores(t, o, temp, fs)
		if err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, res.Close()) }()
		found, err := res.FindItems(t.Context(), items)
		if err != nil {
			return "", err
		}
		_, err = found.WriteCorpus(t.Context(), out)
		return fmt.Sprint(found.Documents(), found.Benchmarks()), errors.Join(err, found.Close())
	}}
}

// savedRuns cluster saved runs again, at another threshold and with decisions.
func savedRuns(t *testing.T, few, quilt string) []wholeRun {
	saved, _ := save(t, pipeline.Options{Inputs: []string{few}, Preset: pipeline.Edited, Identity: pipeline.Identity{Keep: "max:score"}})
	o := pipeline.Options{Inputs: []string{filepath.Join(quilt, "corpus.jsonl")}, Sources: true,
		Identity: pipeline.Identity{Passages: passage.Options{Unit: passage.Substring, MinLength: passage.Length{N: 12, In: passage.Tokens}}}}
	cut, _ := save(t, o)
	log := logOf(t, decision.Event{Action: decision.Drop, IDs: []string{planted(220, 4)[7].ID}})
	return []wholeRun{
		{"rethreshold", []string{"spill"}, saved, func(temp, out string, fs vfs.TempFS) (string, error) {
			return rethresholdWhole(t, saved, temp, out, fs)
		}},
		{"apply decisions", []string{"spill", "sort"}, cut, func(temp, out string, fs vfs.TempFS) (string, error) {
			return applyWhole(t, cut, o.Inputs[0], log, temp, out, fs)
		}},
	}
}

// openSmall opens a saved run that holds nearly nothing in memory.
func openSmall(dir, temp string, fs vfs.TempFS) (*pipeline.SavedRun, error) {
	o := pipeline.SavedOptions{Temp: temp, Memory: storesOf, Contents: true}
	o.SetTempFS(fs)
	return pipeline.OpenRun(dir, o)
}

func rethresholdWhole(t *testing.T, dir, temp, out string, fs vfs.TempFS) (_ string, err error) {
	s, err := openSmall(dir, temp, fs)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	f, err := s.Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: 0.9})
	if err == nil {
		err = f.WriteReport(&b, report.JSONL, pipeline.ReportOptions{Singletons: true})
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return "", err
	}
	return "", errors.Join(os.Mkdir(out, 0o755), os.WriteFile(filepath.Join(out, "report.jsonl"), b.Bytes(), 0o644))
}

func applyWhole(t *testing.T, dir, input string, log *decision.Log, temp, out string, fs vfs.TempFS) (_ string, err error) {
	s, err := openSmall(dir, temp, fs)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	to := pipeline.ApplyOptions{Keep: "max:year,first", Decisions: log} // a field that is not saved
	to.Inputs = inputsAgain(t, fieldOptions(t, s, to), input)
	a, err := s.Apply(t.Context(), to)
	if err != nil {
		return "", err
	}
	plan, err := a.PlanTrim(t.Context(), inputsAgain(t, s.ReadOptions(), input))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := a.WriteSpans(&b); err != nil {
		return "", err
	}
	_, err = plan.Write(t.Context(), prune.WriteOptions{Dir: out, Quarantine: a.BadRecords()})
	return b.String(), err
}
