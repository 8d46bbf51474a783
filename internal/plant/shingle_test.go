package plant

import (
	"testing"

	"github.com/doppel-dedup/doppel/shingle"
)

// TestRelationsAgreeWithShingle holds the generator's own view of tokens and
// exact duplicates to that of the package that decides.
func TestRelationsAgreeWithShingle(t *testing.T) {
	spec, err := shingle.ParseSpec("word:5")
	if err != nil {
		t.Fatal(err)
	}
	normalizer, shingler := shingle.NewNormalizer(), shingle.NewShingler(spec, 0)
	type view struct {
		set    map[uint64]bool
		digest shingle.Digest
	}
	views := map[string]view{}
	docs := collect(Spec{Documents: 1200, MeanBytes: 800, Seed: 11, ExactShare: .15, NearShare: .2, FooterShare: .1})
	for i := range docs {
		normalised := normalizer.Append(nil, docs[i].Text)
		v := view{map[uint64]bool{}, shingle.DigestOf(normalised, 0)}
		for _, h := range shingler.Append(nil, normalised) {
			v.set[h] = true
		}
		views[docs[i].ID] = v
	}
	for i := range docs {
		r := docs[i].Relation
		a, b := views[docs[i].ID], views[r.Of]
		if (a.digest == b.digest) != (r.Kind != Near) {
			t.Errorf("%s, %v of %s: equal after normalising is %t", docs[i].ID, r.Kind, r.Of, a.digest == b.digest)
		}
		shared := 0
		for h := range a.set {
			if b.set[h] {
				shared++
			}
		}
		if got := float64(shared) / float64(len(a.set)+len(b.set)-shared); got != r.Jaccard {
			t.Errorf("%s, %v of %s: Jaccard %g, stated %g", docs[i].ID, r.Kind, r.Of, got, r.Jaccard)
		}
	}
}
