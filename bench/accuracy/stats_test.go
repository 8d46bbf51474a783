package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

// TestWilson compares with values of R's prop.test(correct = FALSE).
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int64
		low, high float64
	}{
		{0, 0, 0, 1},
		{0, 10, 0, .2775},
		{10, 10, .7225, 1},
		{5, 10, .2366, .7634},
		{990, 1000, .9817, .9946},
	} {
		low, high := wilson(c.k, c.n)
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

func TestDecimals(t *testing.T) {
	for _, c := range []struct {
		v    float64
		n    int
		want string
	}{{1, 3, "1"}, {.99999, 3, "0.999"}, {.5, 3, "0.5"}, {0, 2, "0"}, {.12345, 3, "0.123"}, {.0004, 3, "0"}} {
		if got := decimals(c.v, c.n); got != c.want {
			t.Errorf("%v: got %s, want %s", c.v, got, c.want)
		}
	}
}

func TestBetween(t *testing.T) {
	page := "a\n<!-- table x: begin -->\nold\n<!-- table x: end -->\nb\n"
	got, err := between(page, "x", "new\n")
	want := "a\n<!-- table x: begin -->\n\nnew\n\n<!-- table x: end -->\nb\n"
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if again, err := between(got, "x", "new\n"); err != nil || again != want {
		t.Errorf("again: got %q, %v", again, err)
	}
	if _, err := between(page, "y", ""); err == nil {
		t.Error("a table without marks was put somewhere")
	}
}

// TestFigureIsDeterministic draws one figure of everything twice.
func TestFigureIsDeterministic(t *testing.T) {
	files := []string{filepath.Join(t.TempDir(), "a.svg"), filepath.Join(t.TempDir(), "b.svg")}
	var drawn []string
	for _, file := range files {
		p := newPanel("title", "x", "y")
		shares(&p.Y)
		f := &figure{width: 300, height: 200, panels: [][]*plot.Plot{{p}}}
		for i, l := range looks {
			f.addKey(string(rune('a'+i)), addMeasured(p, points{counted(float64(i), 3, 10), counted(float64(i)+1, 5, 10)}, l, true)...)
		}
		p.Add(heat{[][]float64{{.1, .9}, {-1, 1}}})
		if err := f.write(file); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		drawn = append(drawn, string(text))
	}
	if drawn[0] != drawn[1] {
		t.Error("one figure gave two files")
	}
	if n := strings.Count(drawn[0], "<text textLength="); n < 10 || n != strings.Count(drawn[0], "<text ") {
		t.Errorf("%d texts have a length of %d", n, strings.Count(drawn[0], "<text "))
	}
}

// TestEditedCorpus: cells hold what they say, and reports go to the right ones.
func TestEditedCorpus(t *testing.T) {
	c := makeEdited()
	if want := 10 * len(editRates); len(c.cells) != want || len(c.records) != 2*want*copiesPerCell {
		t.Fatalf("%d cells and %d documents", len(c.cells), len(c.records))
	}
	f := c.newFindings()
	for _, pair := range [][2]int{{0, 1}, {3, 2}, {0, 2}, {0, 2 * copiesPerCell}} {
		if err := c.report(f, c.records[pair[0]].ID, c.records[pair[1]].ID); err != nil {
			t.Fatal(err)
		}
	}
	if f.recall(c.cells[0]) != 2 || f.recall(c.cells[1]) != 0 || f.wrong[0] != 2 || f.wrong[1] != 1 {
		t.Errorf("found %d and %d, wrong %v", f.recall(c.cells[0]), f.recall(c.cells[1]), f.wrong[:2])
	}
	if err := c.report(f, "nobody", c.records[0].ID); err == nil {
		t.Error("a document that is not there was accepted")
	}
}
