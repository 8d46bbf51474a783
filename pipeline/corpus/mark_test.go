package corpus

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// after returns the documents and errors that a scan from a mark on gives.
func after(t *testing.T, c *Corpus, m Mark, digests []uint64) (docs, errs []string, err error) {
	t.Helper()
	p := NewParser(c)
	err = c.ScanFrom(context.Background(), m, digests, func(b *Block) error {
		var batch Batch
		p.Parse(b, &batch)
		for _, d := range batch.Docs {
			docs = append(docs, fmt.Sprintf("%d:%d:%d %s %s", b.File, d.Line, d.Offset, d.Key, d.Text))
		}
		for _, e := range batch.Errs {
			errs = append(errs, fmt.Sprintf("%v at %d %q %v %v", e, e.Offset, e.Raw, e.Truncated, e.Broken))
		}
		b.Release()
		return nil
	})
	return docs, errs, err
}

func markedFiles(t *testing.T) tree {
	long := `{"text":"` + strings.Repeat("long ", 1200) + "\"}\n"
	lines := "\ufeff" + records(0, 20) + "\n  \n" + long + records(20, 23) + "{bad\n" + long + long + records(23, 60)
	// Of tables all records are marked by their number: those at the beginning are bad,
	// more than wait in a block, and others between.
	var table strings.Builder
	table.WriteString("id,text\n")
	for i := range 400 {
		switch {
		case i < 300 || i%9 == 0:
			fmt.Fprintf(&table, "%d,bad,fields\n", i)
		default:
			fmt.Fprintf(&table, "r%d,\"a record, number %d\"\n", i, i)
		}
	}
	few := "id,text\n1,2,3\n" + "a,one\nb,two\nc,\"broken off"
	return tree{
		"k.csv": table.String(), "l.csv.gz": gz(t, few), "m.csv.zst": zst(t, table.String())[:300], "n.csv": few, "o.csv": "id,text\n1,2,3\n",
		"p.tsv": strings.ReplaceAll(few, ",", "\t"), "q.csv": strings.Replace(few, "a,one", "1,2,3\na,one", 1),
		"a.jsonl": lines, "b.jsonl.gz": gz(t, lines), "c.jsonl.zst": zst(t, lines)[:300], "d.txt": "a text", "e.txt": "",
		"f.jsonl": "", "g.jsonl": strings.TrimSuffix(lines, "\n"), "h.jsonl": long, "i.jsonl.gz": "no gzip", "j.jsonl": records(100, 110),
	}
}

// TestScanFrom every mark gives what a whole scan gives behind it, however the blocks
// are cut, and the same digests.
func TestScanFrom(t *testing.T) {
	files := markedFiles(t)
	marks := 0
	for _, size := range []int{128, 1000, 1 << 18} {
		c := mustOpen(t, []string{"."}, Options{FS: files.fs(), MaxRecord: 5000, Marks: true, Threads: 2, blockSize: size})
		type step struct {
			mark       Mark
			digests    []uint64
			docs, errs int
		}
		steps := []step{{}}
		p := NewParser(c)
		if err := c.Scan(context.Background(), func(b *Block) error {
			s := step{mark: b.Mark(), docs: steps[len(steps)-1].docs, errs: steps[len(steps)-1].errs}
			for i := range b.File {
				s.digests = append(s.digests, c.Digest(i))
			}
			var batch Batch
			p.Parse(b, &batch)
			s.docs, s.errs = s.docs+len(batch.Docs), s.errs+len(batch.Errs)
			steps = append(steps, s)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		allDocs, allErrs, err := after(t, c, Mark{}, nil)
		if err != nil || len(allDocs) < 100 || len(allErrs) < 10 {
			t.Fatal(err, len(allDocs), len(allErrs))
		}
		for _, other := range []int{200, 1 << 18} {
			for _, s := range steps {
				marks++
				again := mustOpen(t, []string{"."}, Options{FS: files.fs(), MaxRecord: 5000, Marks: true, blockSize: other})
				docs, errs, err := after(t, again, s.mark, s.digests)
				if err != nil {
					t.Fatalf("blocks of %d, mark %+v: %v", size, s.mark, err)
				}
				if want := allDocs[s.docs:]; len(docs)+len(want) > 0 && !reflect.DeepEqual(docs, want) {
					t.Fatalf("blocks of %d and %d, mark %+v: documents\n got %.300q\nwant %.300q", size, other, s.mark, docs, want)
				}
				if want := allErrs[s.errs:]; len(errs)+len(want) > 0 && !reflect.DeepEqual(errs, want) {
					t.Fatalf("blocks of %d and %d, mark %+v: errors\n got %.300q\nwant %.300q", size, other, s.mark, errs, want)
				}
				for i := range c.Files() {
					if again.Digest(i) != c.Digest(i) {
						t.Fatalf("mark %+v: digest of file %d is %x, want %x", s.mark, i, again.Digest(i), c.Digest(i))
					}
				}
			}
		}
	}
	if marks < 100 {
		t.Errorf("only %d marks", marks)
	}
}

// TestScanFromFindsChanges before the mark: no block is yielded.
func TestScanFromFindsChanges(t *testing.T) {
	files := tree{"a.jsonl": records(0, 60)}
	c := mustOpen(t, []string{"."}, Options{FS: files.fs(), Marks: true, blockSize: 300})
	var marks []Mark
	if err := c.Scan(context.Background(), func(b *Block) error {
		marks = append(marks, b.Mark())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, m := range marks {
		for _, at := range []int64{0, m.Offset / 2, m.Offset - 1} {
			content := []byte(files["a.jsonl"])
			content[at] ^= 1
			for _, changed := range []string{string(content), string(content[:m.Offset-1])} {
				c := mustOpen(t, []string{"."}, Options{FS: tree{"a.jsonl": changed}.fs(), Marks: true})
				docs, errs, err := after(t, c, m, nil)
				if !errors.As(err, new(*ChangedError)) || len(docs)+len(errs) > 0 {
					t.Errorf("byte %d changed, mark %+v: %d documents, error %v", at, m, len(docs), err)
				}
			}
		}
	}
	if len(marks) < 5 {
		t.Errorf("only %d marks", len(marks))
	}
}
