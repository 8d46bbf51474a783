package verify

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestRowShared(t *testing.T) {
	a := rowOf(terms{1: 10, 2: 5, 3: 7, 4: 100, 9: 65535}, terms{8: 1})
	b := rowOf(terms{1: 3, 2: 6, 3: 1, 5: 100, 9: 65535}, terms{8: 2})
	want := []SharedEntry{{1, 10, 3}, {2, 5, 6}, {3, 7, 1}, {9, 65535, 65535}}
	if got := RowShared(a, b, 0); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := RowShared(a, b, 1), []SharedEntry{{8, 1, 2}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := slices.Concat(RowShared(a, nil, 0), RowShared(a, b, 2)); len(got) != 0 {
		t.Errorf("got %v of rows without the section", got)
	}
	for trial := range uint64(100) {
		r := rand.New(rand.NewPCG(trial, 6))
		x := randomTerms(r, r.IntN(60), 200)
		y := edited(r, x, r.IntN(30), 200)
		var want []SharedEntry
		for h, w := range x {
			if y[h] > 0 {
				want = append(want, SharedEntry{h, uint16(w), uint16(y[h])})
			}
		}
		slices.SortFunc(want, func(a, b SharedEntry) int {
			return cmp.Compare(a.Hash, b.Hash)
		})
		if got := RowShared(rowOf(x), rowOf(y), 0); !slices.Equal(got, want) {
			t.Fatalf("trial %d: got %v, want %v", trial, got, want)
		}
	}
}
