package runfolder

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/tables"
)

// TestVerifyFindsAFlippedBitInEachFile, a missing one and one too many, and names it.
func TestVerifyFindsAFlippedBitInEachFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	m := asked{Options: pipeline.Options{Inputs: []string{corpusFile(t, 60)}}}.mustDo(t, dir)
	v, err := Verify(t.Context(), dir, 0)
	if err != nil || v.Members != m.Members || v.Files != int64(len(m.Outputs)+3) {
		t.Fatalf("verified %+v, %v, want %+v", v, err, m.Members)
	}
	tried := 0
	for _, name := range slices.Sorted(maps.Keys(vfstest.Files(t, dir))) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		damaged := func(how string) {
			t.Helper()
			if _, err := Verify(t.Context(), dir, 0); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s %s: %v", name, how, err)
			}
		}
		for _, at := range []int{0, len(whole) / 2, len(whole) - 1} {
			if len(whole) == 0 {
				break // the decisions
			}
			tried++
			flipped := slices.Clone(whole)
			flipped[at] ^= 4
			write(t, path, string(flipped))
			damaged("with a bit flipped")
		}
		if len(whole) > 0 {
			write(t, path, string(whole[:len(whole)-1]))
			damaged("cut short")
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		damaged("taken away")
		write(t, path, string(whole))
	}
	if tried < 3*15 {
		t.Errorf("%d bits were flipped, want three in each of 15 files", tried)
	}
	for _, name := range []string{"data/more.jsonl", "saved/more"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		write(t, path, "x")
		if _, err := Verify(t.Context(), dir, 0); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Verify(t.Context(), dir, 0); err != nil {
		t.Errorf("as it was: %v", err)
	}
}

// TestVerifyLooksBehindTheDigests: a folder whose digests are right may still not add
// up.
func TestVerifyLooksBehindTheDigests(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 60)
	for name, c := range map[string]struct {
		change func(*pipeline.MemberRow) bool // false drops the row
		counts func(*Manifest)
		want   string
	}{
		"nothing":     {want: ""},
		"no keeper":   {change: func(r *pipeline.MemberRow) bool { r.Keeper += "x"; return true }, want: "which is not kept"},
		"too unlike":  {change: func(r *pipeline.MemberRow) bool { r.Similarity = 0.79; return true }, want: "under the threshold 0.8"},
		"a row less":  {change: func(*pipeline.MemberRow) bool { return false }, want: "the run counted"},
		"other class": {change: func(r *pipeline.MemberRow) bool { r.Class = pipeline.ClassSingleton; return true }, want: "the run counted"},
		"new class":   {change: func(r *pipeline.MemberRow) bool { r.Class = "lost"; return true }, want: `class "lost" is unknown`},
		"by input":    {counts: func(m *Manifest) { m.Inputs[0].Records.Kept++ }, want: "the inputs' records come to"},
		"threshold":   {counts: func(m *Manifest) { delete(m.Options, "threshold") }, want: "option threshold"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "run")
			m := asked{Options: pipeline.Options{Inputs: []string{input}}}.mustDo(t, dir)
			if c.change != nil {
				rewriteMembers(t, dir, c.change)
			}
			if c.counts != nil {
				c.counts(m)
			}
			reseal(t, dir, m)
			_, err := Verify(t.Context(), dir, 0)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// rewriteMembers changes the first dropped row of the table.
func rewriteMembers(t *testing.T, dir string, change func(*pipeline.MemberRow) bool) {
	t.Helper()
	path := filepath.Join(dir, "members.jsonl.zst")
	var rows []pipeline.MemberRow
	v := &verifier{ctx: t.Context(), dir: dir}
	if err := v.rows(path, func(r *pipeline.MemberRow) error { rows = append(rows, *r); return nil }); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(rows, func(r pipeline.MemberRow) bool { return r.Class == pipeline.ClassDropped })
	if !change(&rows[i]) {
		rows = slices.Delete(rows, i, i+1)
	}
	err := writeAtomic(vfs.OS{}, path, func(w io.Writer) error {
		table, err := tables.NewJSONL(w, membersSchema())
		for _, r := range rows {
			err = errors.Join(err, table.Append(tables.String(r.ID), tables.String(r.File), tables.Int(r.Line), tables.Int(r.Offset), tables.String(string(r.Class)),
				optional(r.Cluster), optional(r.Keeper), tables.Float(r.Similarity), optional(r.Reason), tables.String(r.Source)))
		}
		return errors.Join(err, table.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// reseal makes all digests right again.
func reseal(t *testing.T, dir string, m *Manifest) {
	t.Helper()
	f := &Folder{dir: dir, spec: Spec{sys: vfs.OS{}}}
	for i, o := range m.Outputs {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(o.Name)))
		if err != nil {
			t.Fatal(err)
		}
		sum := newSummed(io.Discard)
		if _, err := sum.Write(content); err != nil {
			t.Fatal(err)
		}
		m.Outputs[i] = sum.output(o.Name, o.Rows)
	}
	success := ""
	for _, name := range []string{ManifestFile, MetricsFile, TimingsFile} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		o, err := f.put(name, 0, func(w io.Writer) error {
			if name == ManifestFile {
				return writeJSON(w, m)
			}
			_, err := w.Write(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		success += o.SHA256 + "  " + name + "\n"
	}
	write(t, filepath.Join(dir, SuccessFile), success)
}

// TestVerifyRefusesWhatIsNoFinishedRun.
func TestVerifyRefusesWhatIsNoFinishedRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Verify(t.Context(), dir, 0); err == nil || !strings.Contains(err.Error(), "no finished run") {
		t.Errorf("an empty folder: %v", err)
	}
	for content, want := range map[string]string{"": "has no digest of", "x\n": "is no digest", strings.Repeat("0", 64) + "  data/x\n": "is no digest"} {
		write(t, filepath.Join(dir, SuccessFile), content)
		if _, err := Verify(t.Context(), dir, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := StatusOf(t.TempDir(), "host"); err == nil || !strings.Contains(err.Error(), "holds no run") {
		t.Errorf("status of an empty folder: %v", err)
	}
}

// TestVerifyMembersOfAnotherTable: a table that is no table is an error with its row.
func TestVerifyMembersOfAnotherTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "members.jsonl.zst")
	f, err := atomicfile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("no zstd")); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	v := &verifier{ctx: t.Context()}
	if err := v.rows(path, func(*pipeline.MemberRow) error { return nil }); err == nil || !strings.Contains(err.Error(), "row 1") {
		t.Errorf("got %v", err)
	}
}
