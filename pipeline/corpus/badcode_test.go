package corpus

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestBadCodes: every kind of bad record has its own code.
func TestBadCodes(t *testing.T) {
	packed := gz(t, strings.Repeat(`{"text":"a b c"}`+"\n", 100))
	bomb := gz(t, strings.Repeat(strings.Repeat(" ", 100)+"\n", 400<<10))
	c := mustOpen(t, []string{"."}, Options{FS: tree{
		"a.jsonl":      "{\n" + `[1]` + "\n" + `{"text":"` + "\xff" + `"}` + "\n" + `{"body":"x"}` + "\n" + `{"text":1}` + "\n" + `{"id":[],"text":"x"}` + "\n",
		"b.jsonl":      `{"text":"` + strings.Repeat("x", 2000) + `"}` + "\n",
		"c.csv":        "id,text\n1\n" + `2,"a"b` + "\n",
		"d.jsonl.gz":   packed[:len(packed)-10],
		"e.jsonl.gz":   packed[:20] + "\xff\xff\xff\xff" + packed[24:],
		"f.jsonl.gz":   "this is no gzip data",
		"g.txt":        packed,
		"h.txt":        "\xff",
		"i.jsonl.gz":   bomb,
		"j.jsonl":      packed,
		"k.html":       "%PDF-1.4",
		"l.csv":        "id,body\n1,x\n",
		"m.csv":        packed,
		"n.csv":        "id,text\n1," + strings.Repeat("x", 2000) + "\n",
		"o.jsonl.zst":  "",
		"p.txt":        strings.Repeat("x", 2000),
		"q.jsonl":      "\xff\xfe",
		"r.jsonl.zst":  "\x28\xb5\x2f\xfd",
		"s.jsonl":      "",
		"t.csv":        "id,text\n\"1,x\n",
		"u.jsonl.bz2":  "BZh9",
		"v.parquet.gz": "",
	}.fs(), MaxRecord: 1000, MaxExpansion: 20, PageText: PageText{Version: "t/1", Extract: func([]byte, string) (string, error) { return "", errors.New("no page") }}})
	got := map[string][]BadCode{}
	p := NewParser(c)
	err := c.Scan(context.Background(), func(b *Block) error {
		var batch Batch
		p.Parse(b, &batch)
		for _, e := range batch.Errs {
			got[e.File] = append(got[e.File], e.Code)
			if !slices.Contains(BadCodes(), e.Code) {
				t.Errorf("%v has the code %q", e, e.Code)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]BadCode{
		"a.jsonl": {BadJSON, BadJSON, BadEncoding, NoTextField, BadField, BadField}, "b.jsonl": {TooLarge},
		"c.csv": {BadCSV, BadCSV}, "d.jsonl.gz": {CutShort}, "e.jsonl.gz": {Damaged}, "f.jsonl.gz": {Damaged}, "g.txt": {BadFormat},
		"h.txt": {BadEncoding}, "i.jsonl.gz": {TooMuchGrowth}, "j.jsonl": {BadFormat}, "k.html": {NoPageText}, "m.csv": {BadFormat},
		"n.csv": {TooLarge}, "p.txt": {TooLarge}, "q.jsonl": {BadFormat}, "r.jsonl.zst": {CutShort}, "t.csv": {BadCSV}, "u.jsonl.bz2": {CutShort},
	} {
		if !slices.Equal(got[file], want) {
			t.Errorf("%s: codes %q, want %q", file, got[file], want)
		}
	}
}
