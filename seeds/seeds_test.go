package seeds

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io/fs"
	"testing"
)

// pinned holds the SHA-256 of every article as it was received.
var pinned = map[string]string{
	"000_6cc9cd58440914a4.txt": "e34cb1cac3028335076c72a10c22d16bea1a5faf945dfdc464d2bfd5936bd58a",
	"001_611cf8fc74704ec0.txt": "64132461ace4560eff6cacb8e83d406e8260b72bacb6f09d617d1f1d9f2eff08",
	"002_200e7f99c6b5dcc2.txt": "595226c9234b4ae72f75ad433da27ef42f8b5c1b3e8f3893c56b595ee7c90532",
	"003_d5e8a0246e74781b.txt": "a7d879205589fb1fbf612ed706c9ae9d9efddefe8d307f2508e84496a0beaa6b",
	"004_11cfc1119cf92189.txt": "73211b85ff747b0cba0c3dbc2128a8af96af034f52975f2b8fb9c4af47d63807",
}

func TestArticlesAreUnchanged(t *testing.T) {
	names, err := fs.Glob(FS, "*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != len(pinned) {
		t.Fatalf("FS holds %d articles %q, want %d", len(names), names, len(pinned))
	}
	for _, name := range names {
		data, err := fs.ReadFile(FS, name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:]); got != pinned[name] {
			t.Errorf("%s: SHA-256 is %s, want %s", name, got, pinned[name])
		}
	}
}

func TestTruthNamesEveryArticleOnce(t *testing.T) {
	f, err := FS.Open(Truth)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 || rows[0][0] != "id" || rows[0][1] != "cluster" {
		t.Fatalf("%s: header is not id,cluster: %q", Truth, rows)
	}
	cluster := make(map[string]string)
	sizes := make(map[string]int)
	for _, row := range rows[1:] {
		if _, known := pinned[row[0]]; !known {
			t.Errorf("%s names %q, which is no article", Truth, row[0])
		}
		if _, twice := cluster[row[0]]; twice {
			t.Errorf("%s names %q twice", Truth, row[0])
		}
		cluster[row[0]] = row[1]
		sizes[row[1]]++
	}
	if len(cluster) != len(pinned) {
		t.Errorf("%s names %d articles, want %d", Truth, len(cluster), len(pinned))
	}
	for name := range pinned {
		want := 1
		if name < "003" {
			want = 3
		}
		if got := sizes[cluster[name]]; got != want {
			t.Errorf("%s is in cluster %q of %d articles, want %d", name, cluster[name], got, want)
		}
	}
}
