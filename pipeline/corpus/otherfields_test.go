package corpus

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestErrorsNameTheFieldsOfTables: where a table has no text, its errors say what else it
// has, as far as that can be told.
func TestErrorsNameTheFieldsOfTables(t *testing.T) {
	t.Parallel()
	wide, told := []string{"text2", "", strings.Repeat("x", maxOtherFieldName+1)}, []string{"text2"}
	for i := range 20 {
		wide = append(wide, fmt.Sprint("column", i), fmt.Sprint("column", i))
		told = append(told, fmt.Sprint("column", i))
	}
	for _, tt := range []struct {
		name, data string
		o          Options
		want       []string
	}{
		{"a.csv", "id,body,title\n1,x,y\n", Options{}, []string{"id", "body", "title"}},
		{"a.tsv", "id\tbo\"\"dy\n1\tx\n", Options{CSV: CSVOptions{LazyQuotes: true}}, []string{"id", "bo\"\"dy"}},
		{"a.csv", "\ufeff\"bo\"\"\ndy\";a\r\n1;2\r\n", Options{TextField: "title,x"}, []string{"bo\"\ndy", "a"}},
		{"a.csv", "1,x\n", Options{CSV: CSVOptions{NoHeader: true}}, []string{"1", "2"}},
		{"a.csv", "1,x,y\n", Options{TextField: "4,5", CSV: CSVOptions{NoHeader: true}}, []string{"1", "2", "3"}},
		{"a.csv", strings.Join(wide, ",") + "\n", Options{}, told[:maxOtherFields]},
		{"a.csv", "id,text\n1\n", Options{}, nil},   // of another kind
		{"a.jsonl", `{"body":"x"}`, Options{}, nil}, // the record tells
	} {
		tt.o.FS = tree{tt.name: tt.data}.fs()
		c := mustOpen(t, []string{tt.name}, tt.o)
		p, seen := NewParser(c), 0
		err := c.Scan(t.Context(), func(b *Block) error {
			var batch Batch
			p.Parse(b, &batch)
			for _, e := range batch.Errs {
				if seen++; !slices.Equal(e.Fields, tt.want) {
					t.Errorf("%q: %v has the fields %q, want %q", tt.data, e, e.Fields, tt.want)
				}
			}
			return nil
		})
		if err != nil || seen != 1 {
			t.Errorf("%q: %d errors, %v", tt.data, seen, err)
		}
	}
}
