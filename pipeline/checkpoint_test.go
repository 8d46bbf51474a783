package pipeline

import (
	"reflect"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/idf"
)

// TestJournalHoldsEveryField of a batch that number and storeSets use: whoever adds one to these
// types has to decide here whether the journal must hold it too.
func TestJournalHoldsEveryField(t *testing.T) {
	for _, c := range []struct {
		of   any
		want []string // those that are logged, and then those that are not needed
	}{
		{batch{}, []string{"blockHolder", "in", "digests", "stamps", "noToken", "lens", "titles", "titleAt", "keys", "keyEnd",
			"sigs", "leads", "dropped", "size", "words"}},
		{setBatch{}, []string{"ids", "sets", "setEnd", "keys", "keyEnd", "terms", "termEnd", "figures", "figureEnd", "figureMinima", "figureMinimaEnd",
			"boilerplateCounts", "cut", "passages", "blockHolder", "offsets", "in", "norm"}},
		{boilerplateCounts{}, []string{"shingles", "dropped", "bare"}},
		{idf.Counts{}, []string{"Documents", "Words", "Common", "Terms"}},
		{corpus.Batch{}, []string{"Docs", "Errs", "Blank", "Filtered", "File", "arena", "values"}},
		{corpus.Document{}, []string{"Key", "Fields", "Date", "Source", "Line", "StoredAt", "Offset", "Text", "ASCII", "Size"}},
		{corpus.RecordError{}, []string{"File", "Line", "Offset", "Key", "Code", "Reason", "Fields", "Raw", "Truncated", "Broken"}},
		{corpus.Mark{}, []string{"File", "Offset", "Line", "Hashed", "Hash"}},
	} {
		typ := reflect.TypeOf(c.of)
		var got []string
		for i := range typ.NumField() {
			got = append(got, typ.Field(i).Name)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v has the fields %q, and the journal knows %q: add the others to logBatch and numberAgain, to logSets and batchOf, or here", typ, got, c.want)
		}
	}
}
