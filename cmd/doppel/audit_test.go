package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// memberRow, clusterRow and pairRow are rows of the tables, as somebody else reads them.
type (
	memberRow struct {
		ID, Cluster, Keeper         string
		File, Class, Reason, Source string
		Similarity                  float64
	}
	clusterRow struct {
		Cluster             string
		Size, Kept, Dropped int64
		Min                 float64 `json:"min_similarity"`
		Mean                float64 `json:"mean_similarity"`
	}
	pairRow struct{ Similarity float64 }
)

// lines decodes a file with a JSON object a line, which may be compressed.
func lines[T any](t *testing.T, path string) (all []T) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".zst") {
		d, err := zstd.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		in = d
	}
	for s := bufio.NewScanner(in); s.Scan(); {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v in %s", path, err, s.Bytes())
		}
		all = append(all, v)
	}
	return all
}

// audit is what the records and the tables alone say.
type audit struct {
	records, filtered, documents, quarantined     int64
	distinct, copies, empty                       int64
	clusters, clustered, largest, representatives int64
	kept, singles, dropped, exact, decided        int64
	protected, matched, emptied, trimmed, cut     int64
	pairs, verified                               int64
	bad                                           []int64 // by reason, most first
	reasons                                       string
	sources                                       map[string]pipeline.SourceCounts
}

// auditTables recomputes every figure from members, and holds clusters to it. records
// are the lines of the inputs, and texts the texts by id.
func auditTables(t *testing.T, dir string, records int64, texts map[string]string) *audit {
	t.Helper()
	members := lines[memberRow](t, filepath.Join(dir, "members.jsonl.zst"))
	a := &audit{records: records, filtered: records - int64(len(members)), sources: map[string]pipeline.SourceCounts{}}
	seen, clusters := map[string]bool{}, map[string]*clusterRow{}
	class := map[string]string{}
	for _, m := range members {
		class[m.ID] = m.Class
	}
	for _, m := range members {
		s := a.sources[m.Source]
		s.Name, s.Read = m.Source, s.Read+1
		if m.Class == "quarantined" {
			a.quarantined++
			s.Quarantined++
			a.sources[m.Source] = s
			continue
		}
		a.documents++
		switch text := strings.Join(strings.Fields(strings.ToLower(texts[m.ID])), " "); {
		case !regexp.MustCompile(`\w`).MatchString(text):
			a.empty++
		case seen[text]:
			a.copies++
		default:
			seen[text] = true
			a.distinct++
		}
		c := clusters[m.Cluster]
		if m.Cluster != "" {
			if c == nil {
				c = &clusterRow{Cluster: m.Cluster, Min: 1}
				clusters[m.Cluster] = c
			}
			c.Size++
			a.clustered++
		}
		switch m.Class {
		case "protected":
			a.protected++
			if c != nil {
				a.matched++
				c.Kept++
			}
			continue // is of no source
		case "kept", "singleton", "empty", "emptied":
			a.kept++
			s.Kept++
			if m.Class == "emptied" {
				a.emptied++
			}
			if c != nil {
				a.representatives++
				c.Kept++
			} else if m.Class != "empty" {
				a.singles++
			}
		case "dropped":
			a.dropped++
			s.Dropped++
			switch m.Reason {
			case "exact":
				a.exact++
			case "decision":
				a.decided++
			}
			if c != nil {
				c.Dropped++
				c.Mean += m.Similarity
				c.Min = min(c.Min, m.Similarity)
				if k := class[m.Keeper]; k != "kept" && k != "protected" && k != "emptied" {
					t.Errorf("%s is covered by %s, which is %s", m.ID, m.Keeper, k)
				}
			}
		default:
			t.Errorf("%s is %q", m.ID, m.Class)
		}
		a.sources[m.Source] = s
	}
	a.clusters = int64(len(clusters))
	told := lines[clusterRow](t, filepath.Join(dir, "clusters.jsonl.zst"))
	if len(told) != len(clusters) {
		t.Errorf("%d rows of clusters, and members of %d", len(told), len(clusters))
	}
	for _, c := range told {
		own := clusters[c.Cluster]
		if own.Dropped > 0 {
			own.Mean /= float64(own.Dropped)
		} else {
			own.Mean = 1
		}
		if math.Abs(own.Mean-c.Mean) < 1e-12 {
			own.Mean = c.Mean // summed in another order
		}
		if *own != c {
			t.Errorf("cluster %+v, and by its members it is %+v", c, *own)
		}
		a.largest = max(a.largest, c.Size)
	}
	return a
}

// numbers returns the numbers in a text.
func numbers(text string) (all []int64) {
	for _, s := range regexp.MustCompile(`[0-9][0-9,]*`).FindAllString(text, -1) {
		n, err := strconv.ParseInt(strings.ReplaceAll(s, ",", ""), 10, 64)
		if err != nil {
			panic(err)
		}
		all = append(all, n)
	}
	return all
}

// onlyIf is figures that stand somewhere only under a condition.
func onlyIf(is bool, figures ...int64) []int64 {
	if is {
		return figures
	}
	return nil
}

// funnelFigures are the figures of the way from records to what is kept, by row. The
// candidates are in no table.
func (a *audit) funnelFigures(candidates int64) map[string][]int64 {
	rows := map[string][]int64{
		"read":        append([]int64{a.records, a.documents, a.quarantined}, onlyIf(a.filtered > 0, a.filtered)...),
		"documents":   {a.documents, a.distinct, a.copies, a.empty},
		"candidates":  {candidates, a.verified},
		"in clusters": slices.Concat([]int64{a.clustered, a.representatives, a.dropped - a.decided}, onlyIf(a.protected > 0, a.matched), []int64{a.clusters}),
		"kept":        {a.kept, a.representatives, a.singles, a.empty},
		"dropped":     append([]int64{a.dropped, a.documents, a.kept}, onlyIf(a.protected > 0, a.protected)...),
	}
	if a.quarantined > 0 {
		rows["quarantined"] = append([]int64{a.quarantined}, a.bad...)
	}
	if a.decided > 0 {
		rows["by decision"] = []int64{a.decided, a.dropped}
	}
	if a.protected > 0 {
		rows["references"] = []int64{a.protected, a.matched, a.protected - a.matched}
	}
	if a.cut > 0 {
		rows["written"] = []int64{a.kept - a.emptied, a.kept, a.emptied, a.trimmed, a.cut}
	}
	return rows
}

// checkFunnel holds printed rows against it.
func checkFunnel(t *testing.T, where string, printed, want map[string][]int64) {
	t.Helper()
	for name, figures := range want {
		if !slices.Equal(printed[name], figures) {
			t.Errorf("%s: %s says %v, and by the tables it is %v", where, name, printed[name], figures)
		}
	}
	if len(printed) != len(want) {
		t.Errorf("%s: rows %q, want %q", where, slices.Sorted(maps.Keys(printed)), slices.Sorted(maps.Keys(want)))
	}
}

// terminalFunnel reads what run prints.
func terminalFunnel(said string) map[string][]int64 {
	rows := map[string][]int64{}
	for _, m := range regexp.MustCompile(`(?m)^  (read|quarantined|documents|compared|in clusters|by decision|kept|trimmed|written|protected|dropped) +([0-9].*)$`).FindAllStringSubmatch(said, -1) {
		rows[m[1]] = numbers(m[2])
	}
	rows["candidates"], rows["references"] = rows["compared"], rows["protected"]
	if rows["written"] != nil {
		rows["written"] = append(rows["written"], rows["trimmed"]...)
	}
	for _, name := range []string{"compared", "protected", "trimmed"} {
		delete(rows, name)
	}
	maps.DeleteFunc(rows, func(_ string, v []int64) bool { return v == nil })
	return rows
}

// writtenFunnel reads that of summary.md or report.html.
func writtenFunnel(text string) map[string][]int64 {
	rows := map[string][]int64{}
	for name, title := range map[string]string{"read": "Records read", "quarantined": "Bad records", "documents": "Documents", "candidates": "Candidate pairs", "in clusters": "In clusters",
		"references": "References", "by decision": "Dropped by decision", "kept": "Documents kept", "written": "Documents written", "dropped": "Documents dropped"} {
		if m := regexp.MustCompile(`(?m)^(?:<tr><th scope="row">|\| )` + title + `(?:</th><td class="n">| \| )([0-9].*)$`).FindStringSubmatch(text); m != nil {
			rows[name] = numbers(strings.ReplaceAll(m[1], "&#43;", "+"))
		}
	}
	return rows
}

// TestEveryFigureFollowsFromTheTables: the terminal, its JSON, summary.md, report.html,
// manifest.json, metrics.prom and the pruned corpus say what somebody works out who
// has the inputs and the tables alone.
func TestEveryFigureFollowsFromTheTables(t *testing.T) {
	in, references := manySources(t, 60)
	decisions := decided(t, in)
	for name, more := range map[string][]string{
		"alone":           nil,
		"with references": {"--against", references},
		"filtered":        {"--where", "site"},
		"trimmed":         {"--dedup", "substring", "--min-length", "4"},
		"loose":           {"--preset", "edited", "--clustering", "components", "--against", references, "--where", "id!=3-1"},
		"by source":       {"--keep-per", "source", "--keep", "first"},
		"decided":         {"--decisions", decisions},
		"decided against": {"--decisions", decisions, "--against", references, "--where", "id!=2-2"},
		"verbatim":        {"--preset", "verbatim"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			args := append([]string{"run", "-q", in, "--source-field", "site", "-o", dir}, more...)
			said := command(t, exitQuarantined, args...)
			inputs := []string{in}
			if slices.Contains(more, references) {
				inputs = append(inputs, references)
			}
			records, texts := readTexts(t, inputs)
			a := auditTables(t, dir, records, texts)
			m, err := runfolder.ReadManifest(dir)
			if err != nil {
				t.Fatal(err)
			}
			var threshold float64
			if err := json.Unmarshal(m.Options["threshold"].Value, &threshold); err != nil {
				t.Fatal(err)
			}
			for _, p := range lines[pairRow](t, filepath.Join(dir, "pairs.jsonl.zst")) {
				a.pairs++
				if p.Similarity >= threshold {
					a.verified++
				}
			}
			a.readSpans(t, dir)
			a.readBad(t, dir)
			a.checkManifest(t, m)
			want := a.funnelFigures(m.Counts.Candidates)
			checkFunnel(t, "terminal", terminalFunnel(said), want)
			checkFunnel(t, "summary.md", writtenFunnel(readAll(t, dir, runfolder.SummaryFile)), want)
			page := readAll(t, dir, runfolder.PageFile)
			checkFunnel(t, "report.html", writtenFunnel(page), want)
			a.checkPage(t, page)
			a.checkMetrics(t, readAll(t, dir, runfolder.MetricsFile))
			var told struct {
				Members  runfolder.ClassCounts
				Clusters int64
				Bad      []report.BadRecords `json:"bad_records"`
			}
			if err := json.Unmarshal([]byte(command(t, exitQuarantined, append(args, "--json")...)), &told); err != nil || told.Members != m.Members || told.Clusters != a.clusters || !slices.EqualFunc(told.Bad, m.BadRecords, equalReasons) {
				t.Errorf("--json says %+v, %v", told, err)
			}
			if n := countLines(t, filepath.Join(dir, "data")); n != a.kept-a.emptied+a.filtered {
				t.Errorf("data has %d records, want %d kept - %d emptied + %d filtered", n, a.kept, a.emptied, a.filtered)
			}
		})
	}
}

// readTexts counts the records of JSONL files and returns the texts by id.
func readTexts(t *testing.T, paths []string) (records int64, texts map[string]string) {
	t.Helper()
	texts = map[string]string{}
	for i, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			records++
			var d struct{ ID, Text string }
			if json.Unmarshal([]byte(line), &d) == nil {
				id := d.ID
				if i > 0 {
					id = "ref:" + filepath.Base(path) + ":" + id
				}
				texts[id] = d.Text
			}
		}
	}
	return records, texts
}

func readAll(t *testing.T, dir, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// countLines counts the lines of all files of a folder.
func countLines(t *testing.T, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		n += int64(strings.Count(readAll(t, dir, e.Name()), "\n"))
	}
	return n
}

// readSpans adds up what was cut out.
func (a *audit) readSpans(t *testing.T, dir string) {
	if _, err := os.Stat(filepath.Join(dir, runfolder.SpansFile)); err != nil {
		return
	}
	ids := map[string]bool{}
	for _, s := range lines[struct {
		ID         string
		Characters int64
	}](t, filepath.Join(dir, runfolder.SpansFile)) {
		ids[s.ID] = true
		a.cut += s.Characters
	}
	a.trimmed = int64(len(ids)) - a.emptied
}

// readBad counts the reasons in the quarantine.
func (a *audit) readBad(t *testing.T, dir string) {
	t.Helper()
	by := map[string]int64{}
	for _, q := range lines[struct{ Code string }](t, filepath.Join(dir, runfolder.QuarantineFile)) {
		by[q.Code]++
	}
	codes := slices.SortedFunc(maps.Keys(by), func(x, y string) int { return cmp.Or(cmp.Compare(by[y], by[x]), cmp.Compare(x, y)) })
	for _, code := range codes {
		a.bad = append(a.bad, by[code])
		a.reasons += fmt.Sprintf("%s=%d;", code, by[code])
	}
	if len(codes) == 0 {
		t.Error("the quarantine has nothing")
	}
}

func equalReasons(x, y report.BadRecords) bool { return x.Reason == y.Reason && x.Records == y.Records }

func (a *audit) checkManifest(t *testing.T, m *runfolder.Manifest) {
	t.Helper()
	reasons := ""
	for _, b := range m.BadRecords {
		reasons += fmt.Sprintf("%s=%d;", b.Reason, b.Records)
	}
	if reasons != a.reasons {
		t.Errorf("the manifest has the reasons %s, and the quarantine %s", reasons, a.reasons)
	}
	want := m.Counts // the rest is in no table
	want.Records, want.Filtered, want.Documents, want.Quarantined = a.records, a.filtered, a.documents, a.quarantined
	want.Distinct, want.ExactCopies, want.Empty = a.distinct, a.copies, a.empty
	want.Clusters, want.Clustered, want.LargestCluster, want.Representatives = a.clusters, a.clustered, a.largest, a.representatives
	want.Kept, want.Singletons, want.Pruned, want.Decided = a.kept, a.singles, a.dropped, a.decided
	want.Protected, want.Matched, want.Verified = a.protected, a.matched, a.verified
	if m.Counts != want {
		t.Errorf("the manifest counts %+v, and by the tables it is %+v", m.Counts, want)
	}
	listed := int64(0)
	for _, s := range m.Sources {
		listed += s.Read
		if s != a.sources[s.Name] {
			t.Errorf("source %+v, and by members it is %+v", s, a.sources[s.Name])
		}
	}
	if m.OtherSources != nil {
		listed += m.OtherSources.Read
	}
	if want := a.records - a.filtered - a.protected; listed != want {
		t.Errorf("the sources have %d records of %d", listed, want)
	}
}

// checkPage checks the tiles, and that charts hold every pair and every cluster.
func (a *audit) checkPage(t *testing.T, page string) {
	t.Helper()
	for tile, want := range map[string]int64{"Records read": a.records, "Kept": a.kept, "Dropped": a.dropped, "Bad records": a.quarantined, "Clusters": a.clusters, "Largest cluster": a.largest} {
		if m := regexp.MustCompile(`<dt>` + tile + `</dt><dd>([0-9,]+)</dd>`).FindStringSubmatch(page); m == nil || figure(t, m[1]) != want {
			t.Errorf("report.html: tile %s is %q, want %d", tile, m, want)
		}
	}
	sum := func(pattern string) (n int64) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
			n += figure(t, m[1])
		}
		return n
	}
	if n := sum(`<tr><td>[0-9.]+ to [0-9.]+</td><td class="n">([0-9,]+)</td></tr>`); n != a.pairs {
		t.Errorf("report.html: the histogram has %d pairs of %d", n, a.pairs)
	}
	if n := sum(`documents: ([0-9,]+) clusters?, `); n != a.clusters {
		t.Errorf("report.html: the sizes have %d clusters of %d", n, a.clusters)
	}
	if n := sum(`clusters?, ([0-9,]+) documents</title>`); n != a.clustered {
		t.Errorf("report.html: the sizes have %d documents of %d", n, a.clustered)
	}
}

func (a *audit) checkMetrics(t *testing.T, metrics string) {
	t.Helper()
	for name, want := range map[string]int64{"records": a.records, "documents": a.documents, "quarantined_records": a.quarantined, "filtered_records": a.filtered,
		"emptied_documents": a.emptied, "empty_documents": a.empty, "distinct_texts": a.distinct, "exact_copies": a.copies, "verified_pairs": a.verified,
		"clusters": a.clusters, "largest_cluster_documents": a.largest, "kept_documents": a.kept, "dropped_documents": a.dropped, "decided_documents": a.decided, "protected_documents": a.protected} {
		if m := regexp.MustCompile(`(?m)^doppel_run_` + name + ` ([0-9]+)$`).FindStringSubmatch(metrics); m == nil || figure(t, m[1]) != want {
			t.Errorf("metrics.prom: %s is %q, want %d", name, m, want)
		}
	}
	reasons := ""
	for _, m := range regexp.MustCompile(`(?m)^doppel_run_bad_records\{reason="(.*)"\} ([0-9]+)$`).FindAllStringSubmatch(metrics, -1) {
		reasons += m[1] + "=" + m[2] + ";"
	}
	if reasons != a.reasons {
		t.Errorf("metrics.prom has the reasons %q, want %q", reasons, a.reasons)
	}
}

// decided makes a log of decisions about manySources.
func decided(t *testing.T, in string) (log string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	command(t, exitQuarantined, "run", "-q", in, "--no-data", "-o", dir)
	decide(t, dir)
	return filepath.Join(dir, runfolder.DecisionsFile)
}

// decide decides about documents of manySources: one stays that would go, some go, and a
// pair does not count.
func decide(t *testing.T, dir string) {
	t.Helper()
	for _, d := range [][]string{{"keep", "2-1"}, {"drop", "3-3"}, {"drop", "5-0"}, {"not-duplicate", "7-0", "7-3"}} {
		command(t, exitDone, append([]string{"decide", "-q", dir}, d...)...)
	}
}

// TestAppliedFiguresFollowFromTheTables does so where people decided.
func TestAppliedFiguresFollowFromTheTables(t *testing.T) {
	in, references := manySources(t, 12)
	dir, out := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "out")
	command(t, exitQuarantined, "run", "-q", in, "--against", references, "--source-field", "site", "-o", dir)
	decide(t, dir)
	said := command(t, exitQuarantined, "apply", "-q", dir, "-o", out)
	records, texts := readTexts(t, []string{in, references})
	a := auditTables(t, out, records, texts)
	if a.decided == 0 || a.copies == 0 || a.protected == 0 {
		t.Fatalf("too little is there to be told: %+v", a)
	}
	var acc prune.Accounting
	if err := json.Unmarshal([]byte(readAll(t, out, prune.AccountingFile)), &acc); err != nil {
		t.Fatal(err)
	}
	total := acc.Total
	got := []int64{total.Read, total.Kept, total.Pruned, total.Exact, total.Near, total.Decided, total.Quarantined, total.Protected, total.Representatives, total.Singletons, total.Empty}
	want := []int64{a.records, a.kept, a.dropped, a.exact, a.dropped - a.exact - a.decided, a.decided, a.quarantined, a.protected, a.representatives, a.singles, a.empty}
	if !slices.Equal(got, want) {
		t.Errorf("the accounting has %v, and by members it is %v", got, want)
	}
	for name, figures := range map[string][]int64{"read": {a.records}, "kept": {a.kept}, "pruned": {a.dropped, a.exact, a.dropped - a.exact - a.decided}, "quarantined": {a.quarantined}, "by decision": {a.decided}, "protected": {a.protected}} {
		if m := regexp.MustCompile(`(?m)^  ` + name + ` +(.*)$`).FindStringSubmatch(said); m == nil || !slices.Equal(numbers(m[1]), figures) {
			t.Errorf("%s is %q, want %d, in\n%s", name, m, figures, said)
		}
	}
	if n := len(lines[memberRow](t, filepath.Join(out, prune.RemovedFile))); int64(n) != a.dropped {
		t.Errorf("%d removals, want %d", n, a.dropped)
	}
	if n := countLines(t, filepath.Join(out, "data")); n != a.kept {
		t.Errorf("data has %d records, want %d", n, a.kept)
	}
	reported := lines[report.Summary](t, filepath.Join(out, runfolder.ReportFile))
	c := reported[len(reported)-1].Counts
	if counts := fmt.Sprint(c.Records, c.Documents, c.Kept, c.Pruned, c.Decided, c.Clusters, c.Clustered, c.Protected, c.Matched); counts !=
		fmt.Sprint(a.records, a.documents, a.kept, a.dropped, a.decided, a.clusters, a.clustered, a.protected, a.matched) {
		t.Errorf("the report counts %+v, and by members it is %+v", c, a)
	}
}
