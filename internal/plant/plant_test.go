package plant

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func copyOf(d *Document) Document {
	c := *d
	c.Text = slices.Clone(d.Text)
	return c
}

func collect(s Spec) []Document {
	var docs []Document
	for d := range s.All() {
		docs = append(docs, copyOf(d))
	}
	return docs
}

// normalised is the slow and obvious form of what must be equal in exact
// duplicates.
func normalised(text []byte) string {
	return strings.Join(strings.Fields(strings.ToLower(string(text))), " ")
}

func grams(text []byte) map[string]bool {
	var tokens []string
	for w := range strings.FieldsSeq(strings.ToLower(string(text))) {
		if w = strings.Trim(w, "\"'“”’.,;?-—"); w != "" {
			tokens = append(tokens, w)
		}
	}
	set := map[string]bool{}
	for i := 0; i+gramWords <= len(tokens); i++ {
		set[strings.Join(tokens[i:i+gramWords], " ")] = true
	}
	return set
}

func jaccardOf(a, b []byte) float64 {
	x, y := grams(a), grams(b)
	shared := 0
	for g := range x {
		if y[g] {
			shared++
		}
	}
	return float64(shared) / float64(len(x)+len(y)-shared)
}

func TestRelationsAreTrue(t *testing.T) {
	spec := Spec{Documents: 2500, MeanBytes: 1500, Seed: 7, ExactShare: .1, NearShare: .2, FooterShare: .1}
	docs := collect(spec)
	byID := map[string]*Document{}
	for i := range docs {
		if byID[docs[i].ID] != nil {
			t.Fatalf("id %s twice", docs[i].ID)
		}
		byID[docs[i].ID] = &docs[i]
	}
	sums, counts := map[float64]float64{}, map[Kind]int{}
	perLevel := map[float64]int{}
	for i := range docs {
		d := &docs[i]
		of := byID[d.Relation.Of]
		counts[d.Relation.Kind]++
		if of == nil || of.Relation.Kind != Original || of.Cluster() != d.Cluster() {
			t.Fatalf("%s: made of %q, which is no original of the same cluster", d.ID, d.Relation.Of)
		}
		switch d.Relation.Kind {
		case Original:
			if of != d {
				t.Errorf("%s: an original of %s", d.ID, of.ID)
			}
		case Identical:
			if !bytes.Equal(d.Text, of.Text) {
				t.Errorf("%s: not identical to %s", d.ID, of.ID)
			}
		case Restyled:
			if bytes.Equal(d.Text, of.Text) || normalised(d.Text) != normalised(of.Text) {
				t.Errorf("%s: not a restyled %s", d.ID, of.ID)
			}
		case Near:
			if normalised(d.Text) == normalised(of.Text) {
				t.Errorf("%s: equal to %s", d.ID, of.ID)
			}
			if got := jaccardOf(d.Text, of.Text); got != d.Relation.Jaccard {
				t.Errorf("%s: Jaccard %g, stated %g", d.ID, got, d.Relation.Jaccard)
			}
			sums[d.Relation.Level] += d.Relation.Jaccard
			perLevel[d.Relation.Level]++
		}
	}
	for level, n := range perLevel {
		if mean := sums[level] / float64(n); math.Abs(mean-level) > .02 {
			t.Errorf("level %g: mean of %d is %.3f", level, n, mean)
		}
	}
	if len(perLevel) != 3 {
		t.Errorf("levels made: %v", perLevel)
	}
	if n := counts[Identical] + counts[Restyled]; n < 245 || n > 255 || counts[Restyled] < 50 {
		t.Errorf("exact duplicates: %v, want 250", counts)
	}
	if n := counts[Near]; n < 495 || n > 505 {
		t.Errorf("near duplicates: %d, want 500", n)
	}
}

func TestStrangersDiffer(t *testing.T) {
	docs := collect(Spec{Documents: 40, Seed: 3})
	for i := range docs {
		for j := range i {
			if s := jaccardOf(docs[i].Text, docs[j].Text); s > .01 {
				t.Errorf("%s and %s: Jaccard %g", docs[i].ID, docs[j].ID, s)
			}
		}
	}
	with := collect(Spec{Documents: 40, Seed: 3, FooterShare: 1, MeanBytes: 1000})
	shared := 0
	for i := range with {
		for j := range i {
			if jaccardOf(with[i].Text, with[j].Text) > .02 {
				shared++
			}
		}
	}
	if shared < 40*39/2/12 { // one in eight pairs has the same footer
		t.Errorf("%d pairs share a footer", shared)
	}
}

func TestMembersAreScattered(t *testing.T) {
	docs := collect(Spec{Documents: 3000, MeanBytes: 100, Seed: 5, NearShare: .3})
	last, distance, n := map[string]int{}, 0, 0
	for i := range docs {
		if j, ok := last[docs[i].Cluster()]; ok {
			distance += i - j
			n++
		}
		last[docs[i].Cluster()] = i
	}
	if mean := distance / n; mean < 300 {
		t.Errorf("members of a cluster are %d documents apart on average, want hundreds", mean)
	}
}

func TestLengths(t *testing.T) {
	var bytes int
	docs := collect(Spec{Documents: 2000, MeanBytes: 1000, Seed: 2})
	for i := range docs {
		bytes += len(docs[i].Text)
	}
	if mean := bytes / len(docs); mean < 950 || mean > 1060 {
		t.Errorf("mean length %d, want about 1000", mean)
	}
}

func TestEveryCountAndShare(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 999, 1000, 1001} {
		for _, share := range []float64{0, .1, .5, .95} {
			s := Spec{Documents: n, MeanBytes: 100, ExactShare: share / 2, NearShare: share / 2, Seed: uint64(n)}
			docs := collect(s)
			copies := 0
			for i := range docs {
				if docs[i].Relation.Kind != Original {
					copies++
				}
				if j := docs[i].Relation.Jaccard; !(j >= 0 && j <= 1) {
					t.Fatalf("%d documents, share %g: Jaccard %g", n, share, j)
				}
			}
			if want := share * float64(n); math.Abs(float64(copies)-want) > 2+want/100 {
				t.Errorf("%d documents, share %g: %d duplicates", n, share, copies)
			}
		}
	}
}

func TestPermutation(t *testing.T) {
	for n := 1; n < 400; n++ {
		p := newPermutation(n, 9)
		seen := make([]bool, n)
		for i := range n {
			v := p.at(i)
			if v < 0 || v >= n || seen[v] || p.inverse(v) != i {
				t.Fatalf("n=%d: %d -> %d -> %d", n, i, v, p.inverse(v))
			}
			seen[v] = true
		}
	}
}

// TestPinned fails when a change alters corpora that figures were measured on.
func TestPinned(t *testing.T) {
	h := sha256.New()
	s := Spec{Documents: 300, Seed: 1, ExactShare: .1, NearShare: .2, FooterShare: .2}
	if _, err := s.Write(h, h, h); err != nil {
		t.Fatal(err)
	}
	const want = "bdbcb4d9d92c40c7586b9052d0d9efbaac4ce92eb4a33a0cb2ab873b9d4f90ff"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the corpus changed: sha256 %s, want %s", got, want)
	}
}

func TestWrite(t *testing.T) {
	s := Spec{Documents: 500, MeanBytes: 300, Seed: 4, ExactShare: .1, NearShare: .1}
	var docs, truth, relations bytes.Buffer
	stats, err := s.Write(&docs, &truth, &relations)
	if err != nil {
		t.Fatal(err)
	}
	if stats.Documents != 500 || stats.Bytes != int64(docs.Len()) ||
		stats.Originals+stats.Identical+stats.Restyled+stats.Near != 500 {
		t.Errorf("stats %+v, %d bytes", stats, docs.Len())
	}
	clusters, err := csv.NewReader(&truth).ReadAll()
	if err != nil || len(clusters) != 501 || clusters[0][0] != "id" {
		t.Fatalf("truth: %d rows, %v", len(clusters), err)
	}
	related, err := csv.NewReader(&relations).ReadAll()
	if err != nil || len(related) != 1+500-stats.Originals {
		t.Fatalf("relations: %d rows, %v", len(related), err)
	}
	dec := json.NewDecoder(&docs)
	i := 0
	for d := range s.All() {
		var got Record
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got != (Record{ID: d.ID, Text: string(d.Text), Source: d.Source, Date: d.Date}) || clusters[i+1][0] != d.ID || clusters[i+1][1] != d.Cluster() {
			t.Fatalf("document %d: %+v", i, got)
		}
		i++
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("after the last document: %v", err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{}, ""},
		{Spec{Documents: -1, MeanBytes: 5}, "plant: -1 documents are outside 1 to 1e9\nplant: mean length of 5 bytes is outside 100 to 2^30"},
		{Spec{ExactShare: .5, NearShare: .5}, "plant: shares of 0.5 exact and 0.5 near duplicates are outside 0 to .95 together"},
		{Spec{NearShare: math.NaN()}, "plant: shares of 0 exact and NaN near duplicates are outside 0 to .95 together"},
		{Spec{Levels: []float64{1}}, "plant: level 1 is outside 0 to 1"},
		{Spec{Levels: []float64{}}, "plant: levels are empty"},
		{Spec{FooterShare: 2}, "plant: footer share 2 is outside 0 to 1"},
	} {
		got := ""
		if err := c.spec.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: got %q, want %q", c.spec, got, c.want)
		}
	}
}

func TestKindString(t *testing.T) {
	for k, want := range map[Kind]string{Original: "original", Near: "near", Identical: "identical", Restyled: "restyled", 0: "plant.Kind(0)"} {
		if k.String() != want {
			t.Errorf("got %q, want %q", k.String(), want)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	s := Spec{Documents: 2000, Seed: 1, ExactShare: .05, NearShare: .1}
	for b.Loop() {
		stats, err := s.Write(io.Discard, io.Discard, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(stats.Bytes)
	}
}
