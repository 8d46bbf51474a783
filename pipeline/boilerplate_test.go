package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

const (
	testSites     = 30
	pagesOfSite   = 24 // 3.3% of all pages
	wordsOfPage   = 250
	rateOfCommon  = 0.05
	commonCookies = "we value your privacy and use cookies and similar technologies to measure how our pages are read"
)

// pages makes pages of sites with a header and a footer each that are a share of a
// page's words, and content of random words. Of each site, page 1 is an edit of page
// 0, and page 2 has the content of page 3 of the next site. The groups are those.
func pages(template float64) (docs []doc, groups [][]string) {
	rng := rand.New(rand.NewPCG(3, 14))
	text := func(n int) []string {
		w := make([]string, n)
		for i := range w {
			w[i] = fmt.Sprintf("w%d", rng.IntN(3000))
		}
		return w
	}
	length := int(template * wordsOfPage)
	contents := make([][pagesOfSite][]string, testSites)
	for s := range contents {
		for p := range contents[s] {
			contents[s][p] = text(wordsOfPage - length)
		}
	}
	for s := range contents {
		contents[s][1] = slices.Clone(contents[s][0])
		contents[s][1][20] = "edited"
		contents[s][2] = contents[(s+1)%testSites][3]
	}
	for s := range contents {
		header, footer := text(length/3), text(length-length/3)
		for p, content := range contents[s] {
			docs = append(docs, doc{ID: pageID(s, p), Source: fmt.Sprintf("site%02d", s), Text: join(header, content, footer)})
		}
		groups = append(groups, []string{pageID(s, 0), pageID(s, 1)})
		other := []string{pageID(s, 2), pageID((s+1)%testSites, 3)}
		slices.Sort(other)
		groups = append(groups, other)
	}
	slices.SortFunc(groups, slices.Compare)
	return docs, groups
}

func pageID(site, page int) string { return fmt.Sprintf("s%02dp%02d", site, page) }

// withoutBoilerplate is what the tests run with.
func withoutBoilerplate(s pipeline.Similarity) pipeline.Options {
	return pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Similarity: s, Boilerplate: rateOfCommon, SourceField: "source"}}
}

// TestTemplatesMakeNoClusters: pages of a site do not cluster for what they share,
// and copies among them do. Where the template is over the threshold, the same pages
// cluster unless it is left out.
func TestTemplatesMakeNoClusters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		template   float64
		similarity pipeline.Similarity
		clusters   bool // when nothing is left out
	}{
		{0.4, pipeline.Jaccard, false}, {0.6, pipeline.Jaccard, false}, {0.8, pipeline.Jaccard, true},
		{0.4, pipeline.Containment, false}, {0.6, pipeline.Containment, true}, {0.8, pipeline.Containment, true},
	} {
		docs, want := pages(c.template)
		o := withoutBoilerplate(c.similarity)
		res := runDocs(t, o, docs)
		if got := partition(t, res); !equalGroups(got, want) {
			t.Errorf("%v of pages is template, %s: clusters %v, want those planted", c.template, c.similarity, got)
		}
		if w := warning(res, "boilerplate"); w == "" || res.Summary().Settings.Boilerplate != rateOfCommon {
			t.Errorf("%v of pages is template, %s: the report does not say that it was left out", c.template, c.similarity)
		}
		o.Identity.Boilerplate, o.Identity.SourceField = 0, ""
		if got := runDocs(t, o, docs).Counts().LargestCluster; got >= pagesOfSite-1 != c.clusters {
			t.Errorf("%v of pages is template, %s: with it, the largest cluster has %d pages", c.template, c.similarity, got)
		}
	}
}

func warning(res *pipeline.Result, code string) string {
	for _, w := range res.Warnings() {
		if w.Code == code {
			return w.Message
		}
	}
	return ""
}

// TestSources: a template of 3% of the pages is found if their sources are known,
// by a field, by files or by folders.
func TestSources(t *testing.T) {
	t.Parallel()
	docs, want := pages(0.8)
	files, folders := t.TempDir(), t.TempDir()
	for site := range slices.Chunk(docs, pagesOfSite) {
		folder := filepath.Join(folders, site[0].Source)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		var lines strings.Builder
		for _, d := range site {
			fmt.Fprintf(&lines, `{"id":%q,"text":%q}`+"\n", d.ID, d.Text)
			if err := os.WriteFile(filepath.Join(folder, d.ID+".txt"), []byte(d.Text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(files, site[0].Source+".jsonl"), []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := withoutBoilerplate(pipeline.Jaccard)
	o.Identity.SourceField = ""
	for _, input := range []string{files, folders} {
		o.Inputs = []string{input}
		got := partition(t, run(t, o))
		for _, group := range got {
			for i, id := range group {
				group[i] = strings.TrimSuffix(filepath.Base(id), ".txt")
			}
		}
		if slices.SortFunc(got, slices.Compare); !equalGroups(got, want) {
			t.Errorf("%s: clusters %v, want those planted", input, got)
		}
	}
	if n := runDocs(t, o, docs).Counts().LargestCluster; n < pagesOfSite-1 {
		t.Errorf("without sources, the largest cluster has %d pages: a template of few pages was left out", n)
	}
	o.Identity.SourceField = "nothing"
	if n := runDocs(t, o, docs).Counts().LargestCluster; n < pagesOfSite-1 {
		t.Errorf("with a field that no record has, the largest cluster has %d pages", n)
	}
}

// TestRateOfAll: what pages of all sites share is found by the share of all.
func TestRateOfAll(t *testing.T) {
	t.Parallel()
	var docs []doc
	for i := range 400 {
		d := doc{ID: fmt.Sprint(i), Text: join(words(fmt.Sprintf("a%dx", i), 30))}
		if i%10 == 0 {
			d.Text = commonCookies + " " + d.Text + " " + strings.ToUpper(commonCookies)
		}
		docs = append(docs, d)
	}
	for share, want := range map[float64]bool{0.09: true, 0.11: false} {
		res := runDocs(t, pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Boilerplate: share}}, docs)
		w := warning(res, "boilerplate")
		if strings.Contains(w, "15 shingles are boilerplate") != want || strings.Contains(w, `"we value your privacy`) != want {
			t.Errorf("share %v: warning %q", share, w)
		}
	}
}

// TestExamplesAreOfDifferentTemplates: of a page with what was shown before, only
// the rest is.
func TestExamplesAreOfDifferentTemplates(t *testing.T) {
	t.Parallel()
	var docs []doc
	for site := range 3 {
		for page := range pagesOfSite {
			docs = append(docs, doc{ID: pageID(site, page), Source: fmt.Sprint(site), Text: join(words("notice", 100),
				words(fmt.Sprintf("p%dof%dx", page, site), 30), words(fmt.Sprintf("foot%dx", site), 110), words("notice", 100))})
		}
	}
	w := warning(runDocs(t, withoutBoilerplate(pipeline.Jaccard), docs), "boilerplate")
	if strings.Count(w, ` "`) != 4 || strings.Count(w, ` "foot`) != 3 || strings.Count(w, ` "notice0 `) != 1 {
		t.Errorf("warning %q, want the footer of each site and the notice once", w)
	}
}

// TestBarePages: pages without content are no copies for their template, and no
// page goes for a few words that it has with another. Exact copies are copies.
func TestBarePages(t *testing.T) {
	t.Parallel()
	header, footer := words("head", 60), words("foot", 60)
	var docs []doc
	for i := range 60 {
		docs = append(docs, doc{ID: fmt.Sprintf("bare%02d", i), Text: join(header, []string{fmt.Sprint("page", i/2), "of", "many"}, footer)})
		if i%2 == 1 {
			docs[i].Text += " the end of page " + fmt.Sprint(i)
		}
	}
	docs = append(docs, doc{ID: "copy", Text: strings.ToUpper(docs[0].Text)})
	for i := range 20 {
		docs = append(docs, doc{ID: fmt.Sprint("other", i), Text: join(words(fmt.Sprintf("o%dx", i), 100))})
	}
	o := pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Boilerplate: 0.5}}
	for _, s := range []pipeline.Similarity{pipeline.Jaccard, pipeline.Containment} {
		o.Identity.Similarity = s
		res := runDocs(t, o, docs)
		if got := fmt.Sprint(partition(t, res)); got != "[[bare00 copy]]" || res.Counts().Pruned != 1 {
			t.Errorf("%s: clusters %s, want the copies alone", s, got)
		}
		if w := warning(res, "boilerplate_only"); !strings.HasPrefix(w, "60 texts have") {
			t.Errorf("%s: warning %q", s, w)
		}
	}
	if n := runDocs(t, pipeline.Options{Preset: pipeline.Edited}, docs).Counts().LargestCluster; n < 60 {
		t.Errorf("with the template, the largest cluster has %d pages", n)
	}
}

// TestSmallClustersAreNoBoilerplate: nineteen near-duplicates are no template, how
// large a share of the corpus they ever are; and a template of many more pages than
// a sample has is one.
func TestSmallClustersAreNoBoilerplate(t *testing.T) {
	t.Parallel()
	var docs []doc
	for i := range 22 {
		docs = append(docs, doc{ID: fmt.Sprintf("v%02d", i), Text: join(words("same", 100), words(fmt.Sprintf("own%dx", i), 20))})
	}
	o := withoutBoilerplate(pipeline.Jaccard)
	if n := runDocs(t, o, docs[:19]).Counts().LargestCluster; n != 19 {
		t.Errorf("19 versions of a text make a cluster of %d", n)
	}
	if n := runDocs(t, o, docs).Counts().LargestCluster; n != 0 {
		t.Errorf("22 pages of a template make a cluster of %d", n)
	}
	for i := range 400 {
		docs = append(docs, doc{ID: fmt.Sprint(i), Source: "large", Text: join(words("large", 80), words(fmt.Sprintf("a%dx", i), 20))})
	}
	for i := range 8000 {
		docs = append(docs, doc{ID: fmt.Sprint("z", i), Text: fmt.Sprintf("z%d y%d x%d", i, i, i), Source: fmt.Sprint(i)})
	}
	if n := runDocs(t, o, docs).Counts().LargestCluster; n != 0 {
		t.Errorf("400 pages of a template, in a source of more than are sampled, make a cluster of %d", n)
	}
}

// TestLargeCorpusIsSampled: shares of more texts than are sampled.
func TestLargeCorpusIsSampled(t *testing.T) {
	t.Parallel()
	var docs []doc
	for i := range 36_000 {
		text := fmt.Sprintf("a%d b%d c%d d%d", i, i, i, i)
		if i%10 == 0 {
			text += " a passage of one in ten"
		}
		if i%22 == 0 {
			text += " another of one in twentytwo"
		}
		docs = append(docs, doc{ID: fmt.Sprint(i), Text: text})
	}
	res := runDocs(t, withoutBoilerplate(pipeline.Jaccard), docs)
	if w := warning(res, "boilerplate"); !strings.HasPrefix(w, "4 shingles are boilerplate") || !strings.Contains(w, `for example "a passage of one in ten"`) {
		t.Errorf("warning %q, want the passage of a tenth alone", w)
	}
}

// TestBoilerplateOfBruteForce counts in how many texts shingles are, and compares
// all texts without those in too many.
func TestBoilerplateOfBruteForce(t *testing.T) {
	t.Parallel()
	docs := planted(500, 31)
	for i := range docs { // too few texts of each for a sample
		docs[i].Source = fmt.Sprint("source", i%9)
		if i%9 < 3 {
			docs[i].Text += fmt.Sprintf(" this is the footer of source number %d and of no other source", i%9)
		}
		phrase := "two" // of five texts of the source, or the others
		if i/9%5 >= 2 {
			phrase = "three"
		}
		docs[i].Text += " " + join(words(fmt.Sprintf("%s%dx", phrase, i%9), 6))
	}
	for _, name := range []string{"word:3", "char:7"} {
		spec, err := shingle.ParseSpec(name)
		if err != nil {
			t.Fatal(err)
		}
		want, boilerplate := bruteForce(docs, spec)
		for _, candidates := range []pipeline.Candidates{pipeline.AllPairs, pipeline.MinHash, pipeline.SampledShingles} {
			o := withoutBoilerplate(pipeline.Jaccard)
			o.Identity.Candidates, o.Identity.Shingle = candidates, spec
			res := runDocs(t, o, docs)
			if w := warning(res, "boilerplate"); !strings.HasPrefix(strings.ReplaceAll(w, ",", ""), fmt.Sprintf("%d shingles are boilerplate", boilerplate)) || boilerplate < 10 {
				t.Errorf("%s by %s: %d shingles are boilerplate, warning %q", spec, candidates, boilerplate, w)
			}
			found := 0
			for p := range res.Pairs() {
				found++
				if similarity := want[p.A+" "+p.B]; similarity != p.Similarity {
					t.Errorf("%s by %s: pair %v, want similarity %v", spec, candidates, p, similarity)
				}
			}
			if least := len(want) * 97 / 100; found < least || candidates == pipeline.AllPairs && found != len(want) || found == 0 {
				t.Errorf("%s by %s: %d pairs of %d", spec, candidates, found, len(want))
			}
		}
	}
}

// bruteForce returns the similarities from 0.5 on of pairs of texts without
// boilerplate, and how many shingles are boilerplate.
func bruteForce(docs []doc, spec shingle.Spec) (pairs map[string]float64, boilerplate int) {
	type group struct {
		texts map[string]bool
		in    map[uint64]int
	}
	groups := map[string]*group{"": {map[string]bool{}, map[uint64]int{}}}
	sets, first := map[string]shingle.Set{}, map[string]string{}
	var texts []string
	for _, d := range docs {
		norm := shingle.NewNormalizer().Append(nil, []byte(d.Text))
		text := string(norm)
		if first[text] == "" {
			first[text], sets[text] = d.ID, shingle.NewShingler(spec, 0).Append(nil, norm)
			texts = append(texts, text)
		}
		if groups[d.Source] == nil {
			groups[d.Source] = &group{map[string]bool{}, map[uint64]int{}}
		}
		for _, name := range []string{"", d.Source} {
			g := groups[name]
			if !g.texts[text] {
				g.texts[text] = true
				for _, h := range sets[text] {
					g.in[h]++
				}
			}
		}
	}
	common := map[uint64]bool{}
	for name, g := range groups {
		share := 0.5
		if name == "" {
			share = rateOfCommon
		}
		for h, n := range g.in {
			if n >= 20 && float64(n) > share*float64(len(g.texts)) {
				common[h] = true
			}
		}
	}
	left := map[string]shingle.Set{}
	for text, set := range sets {
		rest := slices.DeleteFunc(slices.Clone(set), func(h uint64) bool { return common[h] })
		if len(rest) >= 16 || len(rest) >= len(set)-len(rest) {
			left[text] = rest
		}
	}
	pairs = map[string]float64{}
	for i, a := range texts {
		for _, b := range texts[i+1:] {
			if s := verify.Jaccard.Similarity(verify.Overlap(left[a], left[b]), len(left[a]), len(left[b])); s >= 0.5 {
				pairs[first[a]+" "+first[b]] = s
			}
		}
	}
	return pairs, len(common)
}

// TestBoilerplateIsTheSameHoweverItIsCounted: on any number of threads, within any
// memory, from a pipe and in any order.
func TestBoilerplateIsTheSameHoweverItIsCounted(t *testing.T) {
	t.Parallel()
	docs, _ := pages(0.6)
	docs = append(docs, planted(2000, 12)...)
	for i := range 150 { // copies in other sources
		d := docs[7*i]
		d.ID, d.Source = "copy"+d.ID, "site03"
		docs = append(docs, d)
	}
	for _, s := range []pipeline.Similarity{pipeline.Jaccard, pipeline.Containment} {
		o := withoutBoilerplate(s)
		o.Inputs, o.Threads = []string{writeJSONL(t, docs)}, 1
		first := run(t, o)
		want := reportOf(t, first)
		for _, c := range []struct {
			threads int
			memory  int64
		}{{2, 0}, {7, 0}, {3, 16 << 20}} {
			o.Threads, o.Memory = c.threads, c.memory
			if got := reportOf(t, run(t, o)); got != want {
				t.Errorf("%s, %+v: the report differs\n%s", s, c, firstDifference(got, want))
			}
		}
		content, err := os.ReadFile(o.Inputs[0])
		if err != nil {
			t.Fatal(err)
		}
		piped := o
		piped.Inputs, piped.Stdin, piped.Memory = []string{"-"}, bytes.NewReader(content), 16<<20
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		if _, err := z.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		compressed := o
		compressed.Inputs = []string{writeFile(t, "corpus.jsonl.gz", zipped.String())}
		wanted, said := facts(t, first), fmt.Sprint(first.Warnings())
		check := func(what string, res *pipeline.Result) {
			if got := facts(t, res); got != wanted {
				t.Errorf("%s, %s: clusters differ\n%s", s, what, firstDifference(got, wanted))
			}
			if got := fmt.Sprint(res.Warnings()); got != said {
				t.Errorf("%s, %s: warnings differ\n got %s\nwant %s", s, what, got, said)
			}
		}
		check("from a pipe", run(t, piped))
		check("compressed", run(t, compressed))
		o.Identity.Keep = "longest"
		rng := rand.New(rand.NewPCG(8, 8))
		shuffled := slices.Clone(docs)
		rng.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		check("shuffled", runDocs(t, o, shuffled))
	}
}

// TestExplainAndQueryLeaveBoilerplateOut as the run does.
func TestExplainAndQueryLeaveBoilerplateOut(t *testing.T) {
	t.Parallel()
	docs, _ := pages(0.8)
	header := strings.Fields(docs[0].Text)[:60]
	bare := doc{ID: "bare", Source: docs[0].Source, Text: join(header)}
	docs = append(docs, bare)
	for _, s := range []pipeline.Similarity{pipeline.Jaccard, pipeline.Containment} {
		o := withoutBoilerplate(s)
		o.Inputs, o.Temp = []string{writeJSONL(t, docs)}, t.TempDir()
		similarity := map[string]float64{}
		for p := range run(t, o).Pairs() {
			similarity[p.A+" "+p.B] = p.Similarity
		}
		explain := func(a, b string) *pipeline.Explanation {
			job, err := pipeline.Prepare(o)
			if err != nil {
				t.Fatal(err)
			}
			e, err := pipeline.Explain(t.Context(), job, a, b)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		of := func(e *pipeline.Explanation) float64 {
			if s == pipeline.Containment {
				return max(e.AInB, e.BInA)
			}
			return e.Jaccard
		}
		e := explain("s00p00", "s00p01")
		if of(e) != similarity["s00p00 s00p01"] || !e.Together || e.A.Boilerplate < 150 || e.A.Shingles > 60 {
			t.Errorf("%s: edited page explained as %+v, similarity %v", s, e, similarity["s00p00 s00p01"])
		}
		if e := explain("s00p00", "s00p05"); of(e) > 0.1 || e.Together || !strings.Contains(e.Verdict, "below the threshold") {
			t.Errorf("%s: pages of one site explained as %+v", s, e)
		}
		if e := explain("bare", "s00p05"); !strings.Contains(e.Verdict, "too little but boilerplate") || e.A.Shingles != 0 || e.A.Boilerplate != 58 {
			t.Errorf("%s: a page without content explained as %+v", s, e)
		}
		job, err := pipeline.Prepare(o)
		if err != nil {
			t.Fatal(err)
		}
		searcher, err := pipeline.NewSearcher(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		defer searcher.Close()
		found := func(text string) string {
			matches, err := searcher.Find([]byte(text))
			if err != nil {
				return err.Error()
			}
			ids := ""
			for _, m := range matches {
				ids += m.ID + " "
				if want := similarity["s00p00 s00p01"]; m.ID == "s00p01" && m.Similarity != want {
					t.Errorf("%s: found at %v, verified at %v", s, m.Similarity, want)
				}
			}
			return ids
		}
		if got := found(docs[0].Text); got != "s00p00 s00p01 " {
			t.Errorf("%s: a page finds %s", s, got)
		}
		if got := found(bare.Text); got != "bare " {
			t.Errorf("%s: a page without content finds %s", s, got)
		}
		if got := found(join(header[1:])); !strings.Contains(got, "too little of the text is left") {
			t.Errorf("%s: a text that is boilerplate finds %s", s, got)
		}
	}
}

func TestBoilerplateOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		preset pipeline.Preset
		id     pipeline.Identity
		want   string // of the error; "" is none
	}{
		{pipeline.Near, pipeline.Identity{Boilerplate: 0.001}, ""},
		{pipeline.Near, pipeline.Identity{Boilerplate: 1, SourceField: "host"}, ""},
		{pipeline.Near, pipeline.Identity{Boilerplate: 0.0001}, "boilerplate 0.0001 is outside 0.001 to 1"},
		{pipeline.Near, pipeline.Identity{Boilerplate: -0.1}, "boilerplate -0.1"},
		{pipeline.Near, pipeline.Identity{Boilerplate: 1.1}, "boilerplate 1.1"},
		{pipeline.Verbatim, pipeline.Identity{Boilerplate: 0.1}, "similarity exact has none"},
		{pipeline.Story, pipeline.Identity{Boilerplate: 0.1}, "similarity cosine has none"},
		{pipeline.Near, pipeline.Identity{SourceField: "host"}, ""},
	} {
		o := pipeline.Options{Inputs: []string{"x"}, Preset: c.preset, Identity: c.id}
		err := o.Defaults().Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: error %v, want %q", c, err, c.want)
		}
	}
}

// TestBoilerplateIsForecast: all sets are stored, and the plan says what is left out.
func TestBoilerplateIsForecast(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(15_000, 51))
	job, err := pipeline.Prepare(pipeline.Options{Inputs: []string{input}, Memory: 16 << 20, Temp: t.TempDir(), Identity: pipeline.Identity{Boilerplate: 0.05}})
	if err != nil {
		t.Fatal(err)
	}
	plan := *job.Plan()
	res, err := job.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if f, came := plan.Forecast, res.TempBytes(); f.Temp > 2*came || came > 2*f.Temp || f.Time <= 0 {
		t.Errorf("temporary files of %d bytes and %v forecast, came %d bytes", f.Temp, f.Time, came)
	}
	if s := plan.String(); !strings.Contains(s, "boilerplate: shingles in more than 5% of the texts") {
		t.Errorf("plan:\n%s", s)
	}
}

// TestReportWithoutBoilerplateSaysSo in the table; where nothing is left out,
// nothing is said.
func TestReportWithoutBoilerplateSaysSo(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]bool{0.05: true, 0: false} {
		res := runDocs(t, pipeline.Options{Identity: pipeline.Identity{Boilerplate: share}}, planted(50, 1))
		var b bytes.Buffer
		if err := res.WriteReport(&b, report.Table, pipeline.ReportOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "of word:5 without boilerplate"); got != want {
			t.Errorf("share %v:\n%s", share, &b)
		}
		if got := strings.Contains(reportOf(t, res), "boilerplate"); got != want {
			t.Errorf("share %v: boilerplate in the report: %t, want %t", share, got, want)
		}
	}
}
