package quantity

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	for _, test := range []struct {
		n               int64
		number, cluster string
	}{
		{0, "0", "0 clusters"},
		{1, "1", "1 cluster"},
		{2, "2", "2 clusters"},
		{11, "11", "11 clusters"},
		{101, "101", "101 clusters"},
		{999, "999", "999 clusters"},
		{1000, "1,000", "1,000 clusters"},
		{1001, "1,001", "1,001 clusters"},
		{999_999, "999,999", "999,999 clusters"},
		{1_000_000, "1,000,000", "1,000,000 clusters"},
		{-1, "-1", "-1 clusters"},
		{-999, "-999", "-999 clusters"},
		{-1000, "-1,000", "-1,000 clusters"},
		{math.MaxInt64, "9,223,372,036,854,775,807", "9,223,372,036,854,775,807 clusters"},
		{math.MinInt64, "-9,223,372,036,854,775,808", "-9,223,372,036,854,775,808 clusters"},
	} {
		if got := Number(test.n); got != test.number {
			t.Errorf("Number(%d) = %q, want %q", test.n, got, test.number)
		}
		if got := Of(test.n, "cluster", "clusters"); got != test.cluster {
			t.Errorf("Of(%d) = %q, want %q", test.n, got, test.cluster)
		}
		if got, want := Noun(test.n, "cluster", "clusters"), test.cluster[len(test.number)+1:]; got != want {
			t.Errorf("Noun(%d) = %q, want %q", test.n, got, want)
		}
	}
	if got, want := Of(1, "file was", "files were")+"; "+Of(2, "file was", "files were"), "1 file was; 2 files were"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestNumberIsTheDigits: without the commas it is what strconv says, and no group but
// the first has other than three digits.
func TestNumberIsTheDigits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		n := int64(random.Uint64()) >> random.IntN(64)
		got := Number(n)
		if digits := strings.ReplaceAll(got, ",", ""); digits != strconv.FormatInt(n, 10) {
			t.Fatalf("Number(%d) = %q", n, got)
		}
		groups := strings.Split(strings.TrimPrefix(got, "-"), ",")
		for i, g := range groups {
			if len(g) > 3 || len(g) < 1 || i > 0 && len(g) != 3 {
				t.Fatalf("Number(%d) = %q: a group of %d digits", n, got, len(g))
			}
		}
	}
}
