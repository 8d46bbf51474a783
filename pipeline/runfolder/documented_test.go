package runfolder

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// TestEveryValueIsDocumented: where the documents and the tables list the values of a
// column or field, they list them all.
func TestEveryValueIsDocumented(t *testing.T) {
	doc := func(name string) string {
		content, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(string(content)), " ")
	}
	column := func(name string) string {
		for _, c := range membersSchema().Columns {
			if c.Name == name {
				return c.Doc
			}
		}
		t.Fatalf("there is no column %q", name)
		return ""
	}
	classes := texts(pipeline.ClassKept, pipeline.ClassDropped, pipeline.ClassSingleton, pipeline.ClassEmpty, pipeline.ClassProtected,
		pipeline.ClassEmptied, pipeline.ClassQuarantined)
	reasons := append(texts(report.LevelExact, report.LevelNear), string(pipeline.ClassEmptied), pipeline.ReasonDecision)
	levels := texts(report.LevelRepresentative, report.LevelExact, report.LevelNear, report.LevelProtected, report.LevelSingleton)
	actions := texts(decision.Keep, decision.Drop, decision.NotDuplicate, decision.Undo)
	var rules, kinds []string
	for r := prune.Exact; r <= prune.Decided; r++ {
		rules = append(rules, r.String())
	}
	for u := passage.Paragraph; u <= passage.Substring; u++ {
		kinds = append(kinds, u.String())
	}
	for _, c := range []struct {
		what, in, from, to, quote string
		values                    []string
	}{
		{"class in docs/tables.md", doc("tables.md"), "`class` (", ")", "", classes},
		{"reason in docs/tables.md", doc("tables.md"), "`reason` (", ")", "", reasons},
		{"class in docs/formats.md", doc("formats.md"), "`class` is", "doppel why RUN ID", "`", classes},
		{"reason in docs/formats.md", doc("formats.md"), "`reason` is", "have no row", "`", reasons},
		{"level in docs/formats.md", doc("formats.md"), "`level`:", "With `--against` reference documents are members", "`", slices.Concat(levels[:3], levels[4:])},
		{"level of references in docs/formats.md", doc("formats.md"), "With `--against` reference documents are members", "their name", "`", levels[3:4]},
		{"rule in docs/formats.md", doc("formats.md"), "`rule` (", ")", "`", rules},
		{"kind in docs/formats.md", doc("formats.md"), "`kind` (", ")", "`", kinds},
		{"action in docs/formats.md", doc("formats.md"), "| action | meaning |", "`content` has", "`", actions},
		{"code in docs/formats.md", doc("formats.md"), "| code | the record |", "### HTML", "`", texts(corpus.BadCodes()...)},
		{"class in members", column("class"), "", "", "", classes},
		{"reason in members", column("reason"), "", "", "", reasons},
	} {
		_, part, found := strings.Cut(c.in, c.from)
		if c.to != "" {
			part, _, _ = strings.Cut(part, c.to)
		}
		if !found || len(c.values) == 0 {
			t.Errorf("%s: nothing behind %q", c.what, c.from)
		}
		for _, value := range c.values {
			word := regexp.MustCompile(`(^|[^a-z_-])` + c.quote + regexp.QuoteMeta(value) + c.quote + `($|[^a-z_-])`)
			if !word.MatchString(part) {
				t.Errorf("%s does not name %q: %s", c.what, value, part)
			}
		}
	}
}

func texts[S ~string](values ...S) (all []string) {
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}
