package corpus

import "testing"

// TestCSVWithCRAlone: a file whose lines end in carriage returns is one line, the header,
// and was read as a table without records, of which nobody was told.
func TestCSVWithCRAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		data      string
		noHeader  bool
		docs, bad int
	}{
		{"id,text,n\r1,a,2\r2,b,3\r", false, 0, 1},
		{"id,text\r1,a\r2,b", false, 0, 1}, // whose header has no field "text" either
		{"\"id\",text,n\r1,a,2\r", false, 0, 1},
		{"1,a\r2,b\r", true, 0, 1},
		{"id,text,n\r\r\n1,a,2\r\r\n", false, 1, 0}, // CR CR LF, as some programs write
		{"id,\"te\rxt\",text\n1,a,b\n", false, 1, 0},
		{"id,text\n1,a\rb\n", false, 1, 0},
		{"1,a\rb\n", true, 1, 0},
		{"1,a\r", true, 1, 0},
		{"id,text\r", false, 0, 0},
	} {
		o := Options{CSV: CSVOptions{NoHeader: tt.noHeader}}
		if tt.noHeader {
			o.TextField = "2"
		}
		got := one(t, "a.csv", tt.data, o)
		if len(got.Docs) != tt.docs || len(got.Errs) != tt.bad || tt.bad > 0 && got.Errs[0].Reason != errCR.Error() {
			t.Errorf("%q: %+v, want %d documents and %d bad", tt.data, got, tt.docs, tt.bad)
		}
	}
	got := readAll(t, mustOpen(t, []string{"."}, Options{FS: tree{"a.csv": "id,text\r1,a\r"}.fs()}))
	if len(got.Errs) != 1 {
		t.Errorf("in a folder it is left out as a table without texts: %+v", got)
	}
}
