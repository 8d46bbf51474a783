package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/termtext"
)

func TestTable(t *testing.T) {
	d := sample()
	d.Summary.Settings = Settings{Shingle: "word:5", Similarity: "jaccard", Threshold: 0.8, Bands: 16, Rows: 6, Recall: 0.99218}
	d.Summary.Warnings = []Warning{{"x", "a bucket was too large\x1b[2J"}}
	got := string(d.bytes(t, Table, Options{Keep: "longest"}))
	want := `1. 3 documents, similarity 0.873 to 1.000, keep 1 (longest)
   keep         a  Putin receives Hamas in Moscow
   drop  exact  b  Putin receives Hamas in Moscow
   drop  0.873  c  Kremlin: Hamas leaders arrive

2. 2 documents, similarity 0.999, keep 1 (longest)
   keep         x/1  Eins
   drop  0.999  x/2  Zwei

In no cluster
   keep         s1  Alone
   keep         s2  Alone
   keep         e  Alone

read     10 records in 1 file = 8 documents + 2 quarantined
          8 documents = 6 distinct texts + 1 exact copy + 1 empty
compare   9 candidate pairs, 3 verified at jaccard >= 0.8 of word:5 (16 bands x 6 rows, recall there 0.992)
group     2 clusters of 5 documents, the largest of 3
keep      5 documents = 2 representatives + 2 singletons + 1 empty
drop      3 documents = 5 in clusters - 2 representatives
warning: a bucket was too large\x1b[2J
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTableColor(t *testing.T) {
	got := string(sample().bytes(t, Table, Options{Color: true}))
	for _, want := range []string{bold + "1. 3 documents", green + "keep" + reset, red + "drop" + reset} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestTableStars: members follow the kept document that covers them.
func TestTableStars(t *testing.T) {
	d := &document{Clusters: []Cluster{newCluster(keep("a", ""), keep("b", ""), drop("c", "b", 0.9, ""), drop("d", "a", 0.8, ""), drop("e", "b", 1, ""))}}
	got := string(d.finish(0, 0).bytes(t, Table, Options{}))
	want := `1. 5 documents, similarity 0.800 to 1.000, keep 2
   keep         a
   drop  0.800  d
   keep         b
   drop  0.900  c
   drop  exact  e
`
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestTableChains: a chain is named as one, with its length in texts.
func TestTableChains(t *testing.T) {
	row := newCluster(keep("a", ""), drop("b", "a", 0.9, ""), keep("c", ""), drop("d", "c", 0.9, ""))
	d := &document{Clusters: []Cluster{row.chain(true), row.chain(false), row, newCluster(row.Members[:3]...).chain(true)}}
	got := string(d.finish(0, 0).bytes(t, Table, Options{}))
	for _, want := range []string{
		"1. 4 documents, chain of 4, similarity 0.900, keep 2\n",
		"2. 4 documents, chain of 4 or more, similarity 0.900, keep 2\n",
		"3. 4 documents, similarity 0.900, keep 2\n",
		"4. 3 documents, similarity 0.900, keep 2\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	rows := string(d.bytes(t, CSV, Options{}))
	if n := strings.Count(rows, ",true\n"); n != 8 {
		t.Errorf("%d rows of chains, want 8:\n%s", n, rows)
	}
}

func TestTableManyMembers(t *testing.T) {
	ms := []Member{keep("kept", "")}
	for i := range 1500 {
		ms = append(ms, drop(fmt.Sprint(i), "kept", 1, ""))
	}
	d := (&document{Clusters: []Cluster{newCluster(ms...)}}).finish(0, 0)
	for limit, c := range map[int]struct {
		lines int
		more  string
	}{0: {12, "… and 1,489 more"}, 3: {3, "… and 1,498 more"}, 1500: {1501, ""}, -1: {1501, ""}} {
		got := string(d.bytes(t, Table, Options{Members: limit}))
		if n := strings.Count(got, "\n   keep") + strings.Count(got, "\n   drop"); n != c.lines {
			t.Errorf("limit %d: %d members shown, want %d", limit, n, c.lines)
		}
		if !strings.Contains(got, c.more) || c.more == "" && strings.Contains(got, "more") {
			t.Errorf("limit %d: want %q in\n%.2000s", limit, c.more, got)
		}
	}
}

// TestTableAligned: titles begin in one column whatever the script of the ids.
func TestTableAligned(t *testing.T) {
	ids := []string{"plain", "文件二", "e\u0301te\u0301", "한글", "👩‍🚒", "🇫🇷"}
	ms := []Member{keep(ids[0], "TITLE")}
	for _, id := range ids[1:] {
		ms = append(ms, drop(id, ids[0], 0.9, "TITLE"))
	}
	d := (&document{Clusters: []Cluster{newCluster(ms...)}}).finish(0, 0)
	found := 0
	for line := range strings.Lines(string(d.bytes(t, Table, Options{}))) {
		before, _, ok := strings.Cut(line, "TITLE")
		if !ok {
			continue
		}
		found++
		if got := termtext.Columns(before); got != len("   keep  0.000  123456  ") {
			t.Errorf("the title begins at column %d in %q", got, line)
		}
	}
	if found != len(ids) {
		t.Errorf("%d titles, want %d", found, len(ids))
	}
}

func TestDecimals(t *testing.T) {
	for s, want := range map[float64]string{0: "0.000", 0.0005: "0.001", 0.57: "0.570", 0.8734: "0.873", 0.99951: "0.999", 1: "1.000"} {
		if got := Decimals(s); got != want {
			t.Errorf("Decimals(%v) = %s, want %s", s, got, want)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range []Format{Table, JSONL, CSV} {
		if got, err := ParseFormat(f.String()); err != nil || got != f {
			t.Errorf("ParseFormat(%q) = %v, %v", f.String(), got, err)
		}
	}
	for _, s := range []string{"", "json", "Table", "format(3)"} {
		if _, err := ParseFormat(s); err == nil {
			t.Errorf("format %q was taken", s)
		}
	}
}

// TestTableCutsLongLists and says what it leaves out; the summary counts all.
func TestTableCutsLongLists(t *testing.T) {
	d := sample()
	all := string(d.bytes(t, Table, Options{}))
	got := string(d.bytes(t, Table, Options{Clusters: 1, Singletons: 1}))
	for _, want := range []string{"1. 3 documents", "… and 1 cluster more, all in", "In no cluster\n   keep         s1", "   … and 2 more\n", "2 clusters of 5 documents"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, gone := range []string{"2. 2 documents", "s2"} {
		if strings.Contains(got, gone) || !strings.Contains(all, gone) {
			t.Errorf("%q: shown in full %t, cut %t", gone, strings.Contains(all, gone), strings.Contains(got, gone))
		}
	}
}
