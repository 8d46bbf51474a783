package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// command runs doppel, wants the exit code and returns standard output.
func command(t *testing.T, want int, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != want {
		t.Fatalf("%q: exit code %d, want %d\n%s", args, code, want, &stderr)
	}
	return stdout.String()
}

// manySources writes a corpus of n sites, with a bad record and an empty document, and
// references of which one is in a cluster.
func manySources(t *testing.T, n int) (corpus, references string) {
	t.Helper()
	var b bytes.Buffer
	for i := range n {
		for k := range 3 + i%4 {
			fmt.Fprintf(&b, `{"id":"%d-%d","site":"site %d","text":"the text of number %d, and of nothing else there is, said %d by one two"}`+"\n", i, k, i, i, k/3)
		}
	}
	b.WriteString("no record\n{\"id\":\"x\",\"body\":\"a text\"}\n{\"id\":\"y\",\"body\":\"b\",\"url\":\"c\"}\n{\"id\":\"nothing\",\"text\":\"...\"}\n")
	dir := t.TempDir()
	corpus, references = filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "ref.jsonl")
	for path, content := range map[string]string{
		corpus:     b.String(),
		references: `{"id":"a","text":"the text of number 1, and of nothing else there is, said 0 by one two"}` + "\n" + `{"id":"b","text":"like nothing else"}` + "\n{}\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return corpus, references
}

// TestFunnelNumbers: nouns go with their numbers, and thousands are set apart.
func TestFunnelNumbers(t *testing.T) {
	for _, test := range []struct {
		name   string
		counts report.Counts
		edits  prune.EditCounts
		want   string
	}{
		{"one of each", report.Counts{Records: 3, Documents: 1, Quarantined: 1, Filtered: 1, Distinct: 1, ExactCopies: 1, Candidates: 1, Verified: 1, Clusters: 1, Pruned: 1, Decided: 1, Kept: 1},
			prune.EditCounts{Trimmed: 1, CutCharacters: 1}, `
  read                  3 records = 1 document + 1 quarantined + 1 filtered
  documents             1 = 1 distinct text + 1 exact copy + 0 empty
  compared              1 candidate pair, of which 1 verified
  in clusters           0 = 0 kept + 0 dropped, in 1 cluster
  by decision           1 of 1 dropped, whether or not a kept one covers it
  kept                  1 = 0 of clusters + 0 in none + 0 empty
  trimmed               1 of the kept; 1 character was cut out
  written               0 = 1 kept - 0 of which no word was left
  dropped               1 = 1 document - 1 kept
`},
		{"many", report.Counts{Records: 10000, Documents: 5000, Quarantined: 4000, Filtered: 1000, Distinct: 2000, ExactCopies: 3000, Candidates: 1234567, Verified: 2000,
			Clustered: 6000, Clusters: 1000, Representatives: 1500, Pruned: 4500, Decided: 2000, Kept: 1500},
			prune.EditCounts{Trimmed: 1001, CutCharacters: 20000}, `
  read             10,000 records = 5,000 documents + 4,000 quarantined + 1,000 filtered
  documents         5,000 = 2,000 distinct texts + 3,000 exact copies + 0 empty
  compared      1,234,567 candidate pairs, of which 2,000 verified
  in clusters       6,000 = 1,500 kept + 2,500 dropped, in 1,000 clusters
  by decision       2,000 of 4,500 dropped, whether or not a kept one covers them
  kept              1,500 = 1,500 of clusters + 0 in none + 0 empty
  trimmed           1,001 of the kept; 20,000 characters were cut out
  written               0 = 1,500 kept - 0 of which no word was left
  dropped           4,500 = 5,000 documents - 1,500 kept
`},
	} {
		var b bytes.Buffer
		printFunnel(&printer{w: &b}, &runfolder.Manifest{Counts: test.counts, Passages: &test.edits})
		if got := "\n" + b.String(); got != test.want {
			t.Errorf("%s: got%s\nwant%s", test.name, got, test.want)
		}
	}
}

// figure reads the first number of a text.
func figure(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.ReplaceAll(regexp.MustCompile(`[0-9][0-9,]*`).FindString(text), ",", ""), 10, 64)
	if err != nil {
		t.Fatalf("no number in %q: %v", text, err)
	}
	return n
}

// addsUp works out "12 words + 3 words - 4 words" and holds it against a total.
func addsUp(t *testing.T, total int64, sum string) {
	t.Helper()
	got := int64(0)
	for _, part := range strings.Split(sum, " + ") {
		for k, term := range strings.Split(part, " - ") {
			if k == 0 {
				got += figure(t, term)
			} else {
				got -= figure(t, term)
			}
		}
	}
	if got != total {
		t.Errorf("%d is not %s", total, sum)
	}
}

// TestPrintedFiguresAddUp works every sum out again from what is printed: by run, by the
// table of cluster, in the summary and on the page.
func TestPrintedFiguresAddUp(t *testing.T) {
	in, references := manySources(t, 60)
	for name, c := range map[string]struct {
		more         []string // arguments
		lines, pages int      // sums that are said, and that a page has
		trim         []string // arguments of run alone
	}{
		"alone":           {nil, 11, 6, nil},
		"with references": {[]string{"--against", references}, 12, 7, nil},
		"filtered":        {[]string{"--where", "site"}, 11, 5, nil},
		"trimmed":         {nil, 12, 7, []string{"--dedup", "substring", "--min-length", "4"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			args := append([]string{"-q", in, "--source-field", "site"}, c.more...)
			do := slices.Concat([]string{"run", "-o", dir}, args, c.trim)
			said := command(t, exitQuarantined, do...)
			table := command(t, exitQuarantined, append([]string{"cluster", "--quarantine", filepath.Join(t.TempDir(), "bad"), "--page", filepath.Join(t.TempDir(), "page.html")}, args...)...)
			sums := 0
			for _, line := range strings.Split(said+table[strings.LastIndex(table, "\nread"):], "\n") {
				if left, right, ok := strings.Cut(line, "= "); ok && !strings.Contains(line, ">=") {
					addsUp(t, figure(t, left), strings.TrimSuffix(right, "\n"))
					sums++
				}
			}
			if sums != c.lines {
				t.Errorf("%d lines with sums, want %d, in\n%s%s", sums, c.lines, said, table)
			}
			columnsAddUp(t, said)
			checkSummary(t, dir, c.pages)
			command(t, exitDone, "verify", dir)
			if again := command(t, exitQuarantined, do...); again != said {
				t.Errorf("said again:\n%s\nnot\n%s", again, said)
			}
		})
	}
}

// columnsAddUp checks the sources: across and down.
func columnsAddUp(t *testing.T, said string) {
	t.Helper()
	var down [4]int64
	rows := regexp.MustCompile(`(?m)^  (.*\S) +([0-9]+) +([0-9]+) +([0-9]+) +([0-9]+)$`).FindAllStringSubmatch(said, -1)
	if len(rows) != 7 || rows[0][1] != "site 11" || !strings.HasSuffix(rows[5][1], " others") || rows[6][1] != "all" {
		t.Fatalf("rows %q in\n%s", rows, said)
	}
	for _, row := range rows {
		addsUp(t, figure(t, row[2]), strings.Join(row[3:], " + "))
		for i := range down {
			if row[1] != "all" {
				down[i] += figure(t, row[i+2])
			} else if n := figure(t, row[i+2]); n != down[i] {
				t.Errorf("column %d comes to %d, not %d", i, down[i], n)
			}
		}
	}
}

// checkSummary checks the same in summary.md and report.html.
func checkSummary(t *testing.T, dir string, sums int) {
	t.Helper()
	for file, row := range map[string]string{
		runfolder.SummaryFile: `(?m)^\| ([^|]*) \| ([0-9,]+) \| ([^|]*[+-] [^|]*) \|$`,
		runfolder.PageFile:    `<tr><th scope="row">([^<]*)</th><td class="n">([0-9,]+)</td><td>([^<]*[+-] [^<]*)</td></tr>`,
	} {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(content), "&#43;", "+")
		rows := regexp.MustCompile(row).FindAllStringSubmatch(text, -1)
		if len(rows) != sums {
			t.Fatalf("%s: %d rows with sums, want %d", file, len(rows), sums)
		}
		for _, r := range rows {
			sum, _, _ := strings.Cut(r[3], "; ")
			sum, _, _ = strings.Cut(sum, ", in ")
			addsUp(t, figure(t, r[2]), sum)
		}
		sources := regexp.MustCompile(`(?m)^(?:\| |<tr><th scope="row">(?:<bdi>)?)([^|<]*)(?: \| |(?:</bdi>)?</th><td class="n">)([0-9,]+)(?: \| |</td><td class="n">)([0-9,]+)(?: \| |</td><td class="n">)([0-9,]+)(?: \| |</td><td class="n">)[^%]*% ?(?:\| |</td><td class="n">)([0-9,]+)`).FindAllStringSubmatch(text, -1)
		if len(sources) != 51 || !strings.Contains(sources[50][1], "all others") {
			t.Fatalf("%s: %d rows of sources: %q", file, len(sources), sources)
		}
		var documents, dropped int64
		for _, s := range sources {
			addsUp(t, figure(t, s[2]), s[3]+" + "+s[4])
			documents, dropped = documents+figure(t, s[2]), dropped+figure(t, s[4])
		}
		m, err := runfolder.ReadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		if documents != m.Counts.Documents-m.Counts.Protected || dropped != m.Counts.Pruned {
			t.Errorf("%s: sources of %d documents, %d dropped, and the counts are %+v", file, documents, dropped, m.Counts)
		}
	}
}
