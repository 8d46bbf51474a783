package passage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSnap(t *testing.T) {
	const family = "👩‍👩‍👧" // one character for a reader, of five code points
	for _, tt := range []struct {
		text  string
		b     Boundary
		spans []Span
		want  [][2]int
	}{
		{"plain text", AtCharacter, []Span{{Start: 2, End: 5}}, [][2]int{{2, 5}}},
		{"a\r\nb", AtCharacter, []Span{{Start: 2, End: 4}}, [][2]int{{3, 4}}},
		{"e\u0301te\u0301", AtCharacter, []Span{{Start: 1, End: 5}}, [][2]int{{3, 4}}},
		{"a" + family + "b", AtCharacter, []Span{{Start: 3, End: 9}}, nil},
		{"a" + family + "b", AtCharacter, []Span{{Start: 0, End: 9}}, [][2]int{{0, 1}}},
		// Two that meet inside a character cut it out together.
		{"a" + family + "b", AtCharacter, []Span{{Start: 0, End: 9}, {Start: 9, End: len(family) + 2}}, [][2]int{{0, len(family) + 1}, {len(family) + 1, len(family) + 2}}},
		{"One here. Two here. Three.", AtSentence, []Span{{Start: 4, End: 22}}, [][2]int{{10, 20}}},
		{"One here. Two here. Three.", AtSentence, []Span{{Start: 4, End: 15}, {Start: 15, End: 26}}, [][2]int{{10, 20}, {20, 26}}},
		{"One here. Two here. Three.", AtSentence, []Span{{Start: 1, End: 9}, {Start: 12, End: 25}}, nil},
	} {
		spans := slices.Clone(tt.spans)
		spans = spans[:snap(spans, []byte(tt.text), tt.b)]
		var got [][2]int
		for _, s := range spans {
			got = append(got, [2]int{s.Start, s.End})
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q, %v by %s: got %v, want %v", tt.text, tt.spans, tt.b, got, tt.want)
		}
	}
}

// TestSnapCutsWholeSegments holds snap to the obvious way: of every run of spans that
// touch, the segments that are wholly in it go.
func TestSnapCutsWholeSegments(t *testing.T) {
	pieces := []string{"a", "e\u0301", "👩‍👩‍👧", "\r\n", ". ", "B c", "日", "! ", "\u0301"}
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		text := ""
		for range rng.IntN(15) {
			text += pieces[rng.IntN(len(pieces))]
		}
		var spans []Span
		gone := make([]bool, len(text))
		for at := 0; at < len(text); {
			start := at + rng.IntN(4)*rng.IntN(2)
			end := min(start+1+rng.IntN(9), len(text))
			if start >= end {
				break
			}
			spans = append(spans, Span{Start: start, End: end})
			for i := start; i < end; i++ {
				gone[i] = true
			}
			at = end
		}
		b := Boundary(rng.IntN(2))
		want := make([]bool, len(text))
		var bounds []int
		for list := boundaries([]byte(text), b); len(bounds) < list.Len(); {
			bounds = append(bounds, list.At(len(bounds)))
		}
		for i := 1; i < len(bounds); i++ {
			whole := !slices.Contains(gone[bounds[i-1]:bounds[i]], false)
			for k := bounds[i-1]; k < bounds[i]; k++ {
				want[k] = whole
			}
		}
		before := fmt.Sprint(spans)
		got := make([]bool, len(text))
		end := 0
		for _, s := range spans[:snap(spans, []byte(text), b)] {
			if s.Start < end {
				t.Fatalf("seed %d: spans overlap", seed)
			}
			for end = s.Start; end < s.End; end++ {
				got[end] = true
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %q, %s by %s", seed, text, before, b)
		}
	}
}

func TestOptionsSayWhatIsWrong(t *testing.T) {
	for _, o := range []Options{
		{MinCount: 3}, {Unit: 9}, {Unit: Line, MinCount: 1}, {Unit: Line, MinLength: Length{N: 3}}, {Unit: Line, Cut: AtSentence},
		{Unit: Substring, MinChars: 3}, {Unit: Substring, MinLength: Length{N: -1}}, {Unit: Paragraph, Keep: 7}, {Unit: Paragraph, MinChars: -1},
	} {
		if err := o.Defaults().Validate(); err == nil {
			t.Errorf("%+v is valid", o)
		}
	}
	for s, want := range map[string]Length{"50": {50, Tokens}, "200B": {200, Bytes}} {
		if got, err := ParseLength(s); err != nil || got != want || got.String() != s {
			t.Errorf("length %q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "B", "0", "-3", "3C", "1e3"} {
		if l, err := ParseLength(s); err == nil {
			t.Errorf("length %q is %v", s, l)
		}
	}
}
