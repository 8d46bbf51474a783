package corpus

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// rows is a container whose records stand in lines: a number, a tab and an object.
// A line with "!" is a bad record, one with "X" breaks the file.
type rows struct{ format Format }

func (r rows) Format() Format { return r.format }

func (r rows) Open(_ context.Context, f *Stored, _ ContainerOptions) (Records, error) {
	whole := make([]byte, f.Size)
	if _, err := f.ReadAt(whole, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if bytes.HasPrefix(whole, []byte("no rows")) {
		return nil, errors.New("the magic number is missing")
	}
	return &rowReader{in: bufio.NewReader(bytes.NewReader(whole))}, nil
}

func (r rows) Select(ctx context.Context, f *Stored, w io.Writer, keep func(int64) bool) error {
	in := &rowReader{in: bufio.NewReader(f.Reader)}
	for {
		rec, err := in.Next()
		var bad *RecordError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &bad):
			if !keep(bad.Line) {
				continue
			}
		case err != nil:
			return err
		case !keep(rec.Number):
			continue
		}
		if _, err := w.Write(in.line); err != nil {
			return err
		}
	}
}

type rowReader struct {
	in   *bufio.Reader
	line []byte
	at   int64
}

func (r *rowReader) Next() (ContainerRecord, error) {
	var err error
	if r.line, err = r.in.ReadBytes('\n'); err != nil {
		return ContainerRecord{}, err
	}
	number, object, _ := strings.Cut(strings.TrimSuffix(string(r.line), "\n"), "\t")
	rec := ContainerRecord{Offset: r.at, JSON: []byte(object)}
	r.at += int64(len(r.line))
	if _, err := fmt.Sscan(number, &rec.Number); err != nil {
		return ContainerRecord{}, err
	}
	switch object {
	case "!":
		return rec, &RecordError{Line: rec.Number, Offset: rec.Offset, Reason: "the row is bad", Raw: r.line}
	case "X":
		return rec, errors.New("the page is torn")
	}
	return rec, nil
}

func (r *rowReader) Close() error { return nil }

func rowFile(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

// TestContainer: records of a container come through with their own numbers and
// offsets, bad ones in order, whatever the size of blocks and wherever it is read.
func TestContainer(t *testing.T) {
	t.Parallel()
	data := rowFile(`1	{"id":"a","text":"x"}`, `2	!`, `3	{"text":"y"}`, `7	{"text":5}`, `8	{"id":"b","text":"z"}`, `9	!`, `11	!`, `12	X`, `13	{"text":"behind"}`)
	want := content{
		Docs: []doc{
			{File: "t.parquet", Key: "a", Text: "x", Line: 1, Offset: 0, Size: 21},
			{File: "t.parquet", Key: "t.parquet:3", Text: "y", Line: 3, Offset: 22, Size: 12},
			{File: "t.parquet", Key: "b", Text: "z", Line: 8, Offset: 46, Size: 21},
		},
		Errs: []bad{
			{"t.parquet", 2, 24, "", "the row is bad"},
			{"t.parquet", 7, 43, "t.parquet:7", `field "text" is a number, want a string`},
			{"t.parquet", 9, 80, "", "the row is bad"},
			{"t.parquet", 11, 84, "", "the row is bad"},
			{"t.parquet", 12, 0, "", "the page is torn"},
		},
	}
	dir := tree{"t.parquet": data}.write(t)
	for _, o := range []Options{{}, {FS: tree{"t.parquet": data}.fs()}, {blockSize: 1}, {blockSize: 30}} {
		o.Containers = []Container{rows{Parquet}}
		in := dir
		if o.FS != nil {
			in = "."
		}
		c := mustOpen(t, []string{in}, o)
		if got := readAll(t, c); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v:\n%+v\nwant\n%+v", o, got, want)
		}
		if !c.Rereadable(0) || !c.IsContainer(0) {
			t.Error("the file is not known as a container on the disk")
		}
		if c.BytesRead() < int64(len(data)) {
			t.Errorf("%d bytes read of %d", c.BytesRead(), len(data))
		}
		checkReread(t, c, want.Docs)
	}
}

// checkReread finds every document again by its offset.
func checkReread(t *testing.T, c *Corpus, docs []doc) {
	t.Helper()
	p := NewParser(c)
	var batch Batch
	found := 0
	err := c.Rescan(context.Background(), func(int) bool { return true }, func(b *Block) error {
		defer b.Release()
		for _, d := range docs {
			if d.Offset < b.Offset || d.Offset >= b.Offset+int64(len(b.Data)) {
				continue
			}
			batch.Reset()
			if err := p.ParseAt(c.NewBlock(b.File, b.Offset, bytes.Clone(b.Data)), d.Offset, &batch); err != nil {
				return err
			}
			if got := string(batch.Docs[0].Text); got != d.Text {
				t.Errorf("document %s is %q when read again, was %q", d.Key, got, d.Text)
			}
			found++
		}
		return nil
	})
	if err != nil || found != len(docs) {
		t.Errorf("%d of %d documents found again: %v", found, len(docs), err)
	}
}

func TestContainerFromStandardInput(t *testing.T) {
	t.Parallel()
	data := rowFile(`1	{"text":"x"}`, `2	{"text":"y"}`)
	for _, stored := range []string{data, gz(t, data)} {
		o := Options{Format: WARC, Containers: []Container{rows{WARC}}, Stdin: strings.NewReader(stored), SpoolStdin: true, TempDir: t.TempDir()}
		c := mustOpen(t, []string{"-"}, o)
		first := readAll(t, c)
		if len(first.Docs) != 2 || first.Docs[1].Key != "stdin.warc:2" || len(first.Errs) > 0 {
			t.Fatalf("read %+v", first)
		}
		digest := c.Digest(0)
		if again := readAll(t, c); !reflect.DeepEqual(first, again) || c.Digest(0) != digest {
			t.Errorf("read again %+v", again)
		}
		var out bytes.Buffer
		if err := c.Select(context.Background(), 0, &out, func(n int64) bool { return n == 2 }); err != nil || out.String() != rowFile(`2	{"text":"y"}`) {
			t.Errorf("selected %q, %v", &out, err)
		}
	}
}

func TestContainerThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	got := one(t, "t.pq", "no rows", Options{Containers: []Container{rows{Parquet}}})
	want := content{Errs: []bad{{"t.pq", 0, 0, "", "the magic number is missing"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestContainerAtFault: what a Container must not do ends the scan.
func TestContainerAtFault(t *testing.T) {
	t.Parallel()
	o := Options{FS: tree{"t.pq": rowFile(`2	{"text":"x"}`, `2	{"text":"y"}`)}.fs(), Containers: []Container{rows{Parquet}}}
	err := mustOpen(t, []string{"t.pq"}, o).Scan(context.Background(), func(*Block) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "t.pq: record 2 after 2") {
		t.Errorf("error %v", err)
	}
}

func TestContainerRecordOverLimit(t *testing.T) {
	t.Parallel()
	data := rowFile(`1	{"text":"0123456789"}`, `2	{"text":"y"}`)
	got := one(t, "t.pq", data, Options{MaxRecord: 15, Containers: []Container{rows{Parquet}}})
	if len(got.Docs) != 1 || got.Docs[0].Line != 2 || len(got.Errs) != 1 || !strings.Contains(got.Errs[0].Reason, "--max-record") {
		t.Errorf("%+v", got)
	}
}

func TestContainerSample(t *testing.T) {
	t.Parallel()
	o := Options{FS: tree{"t.pq": rowFile(`1	!`, `2	{"text":"x"}`, `3	{"text":"y"}`)}.fs(), Containers: []Container{rows{Parquet}}}
	c := mustOpen(t, []string{"t.pq"}, o)
	for _, size := range []int{1, 1000} {
		samples := c.Sample(4, size)
		var batch Batch
		NewParser(c).Parse(samples[0].Block, &batch)
		if want := min(2, size); len(samples) != 1 || len(batch.Docs) != want || batch.Docs[0].Line != 2 || samples[0].Stored < 1 {
			t.Errorf("a sample of %d bytes: %+v, documents %+v", size, samples, batch.Docs)
		}
	}
}

func TestPageText(t *testing.T) {
	t.Parallel()
	o := Options{PageText: PageText{Version: "t/1", Extract: func(page []byte, _ string) (string, error) {
		if len(page) == 0 {
			return "", errors.New("it is empty")
		}
		return strings.ToUpper(string(page)), nil
	}}}
	o.FS = tree{"a.html": "<p>x", "b.htm": "", "c.txt": "y", "d.html.gz": gz(t, "<b>z")}.fs()
	c := mustOpen(t, []string{"."}, o)
	got := readAll(t, c)
	if !c.HasPages() || len(got.Docs) != 3 || got.Docs[0].Text != "<P>X" || got.Docs[1].Text != "y" || got.Docs[2].Text != "<B>Z" {
		t.Errorf("%+v", got)
	}
	if len(got.Errs) != 1 || got.Errs[0].Reason != "the page has no text: it is empty" {
		t.Errorf("%+v", got.Errs)
	}
}

// TestBadRowsDoNotPileUp: a file that holds little else than bad records comes in
// blocks of a bounded number of them, all of them, and in order.
func TestBadRowsDoNotPileUp(t *testing.T) {
	t.Parallel()
	const n = 5000
	var data strings.Builder
	for i := range n {
		object := "!"
		if i%1700 == 1699 {
			object = `{"text":"x"}`
		}
		fmt.Fprintf(&data, "%d\t%s\n", i+1, object)
	}
	o := Options{FS: tree{"t.pq": data.String()}.fs(), Containers: []Container{rows{Parquet}}, Marks: true}
	c := mustOpen(t, []string{"t.pq"}, o)
	p := NewParser(c)
	docs, last := 0, int64(0)
	scan := func(b *Block) error {
		defer b.Release()
		var batch Batch
		p.Parse(b, &batch)
		if len(batch.Errs) > maxErrs {
			t.Errorf("a block with %d bad records, want at most %d", len(batch.Errs), maxErrs)
		}
		docs += len(batch.Docs)
		for _, e := range batch.Errs {
			if e.Line <= last {
				t.Errorf("record %d after %d", e.Line, last)
			}
			last = e.Line
		}
		if m := b.Mark(); m.Line <= last {
			t.Errorf("the mark is at record %d, behind %d", m.Line, last)
		}
		return nil
	}
	if err := c.Scan(t.Context(), scan); err != nil || docs != n/1700 || last != n {
		t.Errorf("%d documents, the last bad record %d, %v", docs, last, err)
	}
}
