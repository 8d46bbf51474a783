package shingle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

func TestParseSpec(t *testing.T) {
	for _, unit := range []Unit{Word, Char} {
		for n := 1; n <= MaxN; n++ {
			want := Spec{unit, n}
			got, err := ParseSpec(want.String())
			if err != nil || got != want {
				t.Errorf("ParseSpec(%q) = %v, %v", want, got, err)
			}
			if err := want.Validate(); err != nil {
				t.Error(err)
			}
		}
	}
	for in, want := range map[string]string{
		"":                          `shingle: spec "" is not of the form word:N or char:N`,
		"word":                      `shingle: spec "word" is not of the form word:N or char:N`,
		"line:5":                    `shingle: spec "line:5": unit "line" is neither word nor char`,
		"Word:5":                    `shingle: spec "Word:5": unit "Word" is neither word nor char`,
		"word:":                     `shingle: spec "word:": "" is not a number`,
		"word:05":                   `shingle: spec "word:05": "05" is not a number`,
		"word:+5":                   `shingle: spec "word:+5": "+5" is not a number`,
		"word:5 ":                   `shingle: spec "word:5 ": "5 " is not a number`,
		"word:0":                    `shingle: spec "word:0": N is 0, must be 1 to 64`,
		"char:65":                   `shingle: spec "char:65": N is 65, must be 1 to 64`,
		"char:-1":                   `shingle: spec "char:-1": N is -1, must be 1 to 64`,
		"char:99999999999999999999": `shingle: spec "char:99999999999999999999": "99999999999999999999" is not a number`,
	} {
		if _, err := ParseSpec(in); err == nil || err.Error() != want {
			t.Errorf("ParseSpec(%q): error %v, want %s", in, err, want)
		}
	}
	if err := (Spec{}).Validate(); err == nil || err.Error() != `shingle: spec "unit(0):0": unit is neither word nor char` {
		t.Errorf("zero Spec: error %v", err)
	}
}

func TestSpecAsJSON(t *testing.T) {
	want := Spec{Char, 7}
	data, err := json.Marshal(want)
	if err != nil || string(data) != `"char:7"` {
		t.Fatalf("Marshal = %s, %v", data, err)
	}
	var got Spec
	if err := json.Unmarshal(data, &got); err != nil || got != want {
		t.Errorf("Unmarshal = %v, %v, want %v", got, err, want)
	}
	if err := json.Unmarshal([]byte(`"char:0"`), &got); err == nil || got != want {
		t.Errorf("after Unmarshal of a bad spec: %v, %v, want %v and an error", got, err, want)
	}
}

func TestNewShinglerRefusesZeroSpec(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("NewShingler(Spec{}, 0) does not panic")
		}
	}()
	NewShingler(Spec{}, 0)
}

// TestSetGolden pins the hashes: if it fails, Version must change.
func TestSetGolden(t *testing.T) {
	tests := []struct {
		spec, text string
		want       Set
	}{
		{"word:2", "The quick brown fox", Set{0x4851159f56f83f79, 0x6fe730fdbdb211f1, 0xb99b219c823e0fc1}},
		{"word:5", "The quick brown fox", Set{0x5ca6507aff686616}},
		{"word:1", "internationalise", Set{0x6e8a9d9182b24532}},
		{"word:1", "internationalisation", Set{0x9b6dab163e406f64}},
		{"char:3", "你好 ab", Set{0x34492590a97c39dd, 0x8c3546231648fffe, 0xf367e1415629f816}},
		{"word:1", "你好 ab", Set{0x4b15b2ed1b4ffca9, 0x75b6b980fdb21648, 0xdaf73f3a7bc95545}},
	}
	for _, tt := range tests {
		if got := setOf(tt.spec, tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%s of %q is %#v, want %#v", tt.spec, tt.text, got, tt.want)
		}
	}
	if VersionOf(7) == VersionOf(0) || VersionOf(7) != VersionOf(8) {
		t.Errorf("versions are %q, %q and %q", VersionOf(0), VersionOf(7), VersionOf(8))
	}
	spec := Spec{Word, 2}
	if got, want := NewShingler(spec, 7).Append(nil, []byte("the quick brown fox")), (Set{0x70cfa47430fbaf34, 0x717d1683cb3aa93a, 0xf39157df88a44c34}); !slices.Equal(got, want) {
		t.Errorf("seed 7: %s is %#v, want %#v", spec, got, want)
	}
	for seed, want := range map[int64]string{
		0: "2830e9c6299d0ff9ab2ec4cf7e8d85d2",
		1: "9ecb36561341d18eb65484e833efea61", // as sha256sum has it
		7: "9ecb36561341d18eb65484e833efea61",
	} {
		if got := DigestOf([]byte("the quick brown fox"), seed).String(); got != want {
			t.Errorf("seed %d: digest is %s, want %s", seed, got, want)
		}
	}
}

// TestSeedsHaveOneOrder: the hashes of two seeds stand for the same shingles, one by one.
func TestSeedsHaveOneOrder(t *testing.T) {
	texts := append(slices.Clone(scripts), strings.Repeat("all work and no play makes ", 3000), strings.Repeat("世", longChunk), "")
	for _, spec := range []Spec{{Word, 1}, {Word, 5}, {Char, 5}, {Word, 60}} {
		for _, text := range texts {
			normalised := []byte(normalise(text))
			a, b := NewShingler(spec, 0).AppendAll(nil, normalised), NewShingler(spec, 7).AppendAll(nil, normalised)
			if len(a) != len(b) {
				t.Fatalf("%s of %.60q: %d and %d shingles", spec, text, len(a), len(b))
			}
			other, back := map[uint64]uint64{}, map[uint64]uint64{}
			for i := range a {
				if h, ok := other[a[i]]; ok && h != b[i] {
					t.Fatalf("%s of %.60q: one shingle has two hashes at %d", spec, text, i)
				}
				if h, ok := back[b[i]]; ok && h != a[i] {
					t.Fatalf("%s of %.60q: two shingles have one hash at %d", spec, text, i)
				}
				other[a[i]], back[b[i]] = b[i], a[i]
			}
		}
	}
}

func TestCharStringOfTokens(t *testing.T) {
	equal := [][2]string{
		{"foo-bar", "foo … bar"},
		{"«foo» (bar)", "foo bar"},
		{"你好", "你好!"},
		{"abc 🎉 def", "abc def"},
	}
	for _, p := range equal {
		if !slices.Equal(setOf("char:3", p[0]), setOf("char:3", p[1])) {
			t.Errorf("char:3 sets of %q and %q differ", p[0], p[1])
		}
	}
	for _, p := range [][2]string{{"foobar", "foo bar"}, {"你好", "你 好"}, {"你，好", "你好"}} {
		if slices.Equal(setOf("char:3", p[0]), setOf("char:3", p[1])) {
			t.Errorf("char:3 sets of %q and %q are equal", p[0], p[1])
		}
	}
	if got := len(setOf("char:2", "你好 ab")); got != 4 { // 你好 好_ _a ab
		t.Errorf("char:2 set has %d shingles, want 4", got)
	}
}

// checkSets compares the sets of a text by many specs with the slow ones.
func checkSets(t *testing.T, text string, specs ...Spec) {
	t.Helper()
	normalised := []byte(normalise(text))
	seeds := someSeeds
	if len(text) > chunkSize {
		seeds = seeds[:1+len(text)%2] // for some texts: the slow way takes its time
	}
	for i := range len(specs) * len(seeds) {
		spec, seed := specs[i/len(seeds)], seeds[i%len(seeds)]
		want := slowSet(seed, spec, string(normalised))
		prefix := Set{9, 3, 9}
		got := NewShingler(spec, seed).Append(slices.Clone(prefix), normalised)
		if !slices.Equal(got[:3], prefix) || !slices.Equal(got[3:], want) {
			t.Fatalf("%s set of %q is %x, want %x", spec, text, got[3:], want)
		}
		all := NewShingler(spec, seed).AppendAll(slices.Clone(prefix), normalised)
		if !slices.Equal(all[:3], prefix) || !slices.Equal(all[3:], slowAll(seed, spec, string(normalised))) {
			t.Fatalf("%s shingles of %q are %x, want %x", spec, text, all[3:], slowAll(seed, spec, string(normalised)))
		}
		if HasToken(normalised) != (len(want) > 0) {
			t.Fatalf("HasToken(%q) = %v, but its %s set has %d elements", text, len(want) == 0, spec, len(want))
		}
	}
}

var someSpecs = []Spec{{Word, 1}, {Word, 2}, {Word, 3}, {Word, 5}, {Word, 64}, {Char, 1}, {Char, 5}, {Char, 9}, {Char, 64}}

func TestSetEqualsSlowSet(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, text := range scripts {
			checkSets(t, text, someSpecs...)
		}
		checkSets(t, strings.Join(scripts, " "), someSpecs...)
		checkSets(t, strings.Repeat(strings.Join(scripts, " ")+" ", 20), someSpecs...)
		for n := range 140 {
			checkSets(t, strings.Repeat("ab c ", n), someSpecs...)
		}
		for size := range 2 * len("internationalisation") {
			checkSets(t, strings.Repeat(strings.Repeat("z", size)+" a ", 9), someSpecs...)
		}
		for _, unit := range []string{"世", "a.", "l’été"} { // no space for longer than a chunk
			long := strings.Repeat(unit, longChunk/len(unit)+9)
			checkSets(t, long, someSpecs...)
			checkSets(t, "a b "+long+" c d", someSpecs...)
		}
	})
}

func TestSetEqualsSlowSetOnSoup(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		spec := Spec{rapid.SampledFrom([]Unit{Word, Char}).Draw(rt, "unit"), rapid.IntRange(1, MaxN).Draw(rt, "n")}
		text := soup(rapid.IntRange(0, 400).Draw(rt, "length"), func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "rune") })
		checkSets(t, text, spec)
	})
}

func TestShinglerMayBeUsedAgain(t *testing.T) {
	for _, spec := range someSpecs {
		s := NewShingler(spec, 0)
		for _, text := range append(scripts, scripts...) {
			normalised := []byte(normalise(text))
			if got, want := s.Append(nil, normalised), slowSet(0, spec, string(normalised)); !slices.Equal(got, want) {
				t.Fatalf("%s set of %q is %x, want %x", spec, text, got, want)
			}
		}
	}
}

func TestSpecsShareNoShingle(t *testing.T) {
	seen := make(map[uint64]string)
	for _, unit := range []Unit{Word, Char} {
		for n := 1; n <= MaxN; n++ {
			spec := Spec{unit, n}
			for _, text := range []string{"a", "a b c d e", strings.Join(scripts, " ")} {
				for _, h := range slowSet(0, spec, normalise(text)) {
					name := fmt.Sprint(spec, len(text))
					if other, ok := seen[h]; ok && !strings.HasPrefix(other, spec.String()) {
						t.Fatalf("%s and %s share shingle %x", name, other, h)
					}
					seen[h] = name
				}
			}
		}
	}
}

func TestShinglerDoesNotAllocate(t *testing.T) {
	text := []byte(strings.Repeat("The “quick” brown fox can’t jump: naïve, 世界 _ ", 300))
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, spec := range []Spec{{Word, 5}, {Char, 5}} {
			n, s, seeded := NewNormalizer(), NewShingler(spec, 0), NewShingler(spec, 7)
			var (
				normalised []byte
				set        Set
			)
			if allocs := testing.AllocsPerRun(5, func() {
				normalised = n.Append(normalised[:0], text)
				set = s.AppendAll(set[:0], normalised)
				set = s.Append(set[:0], normalised)
				set = seeded.AppendAll(set[:0], normalised)
				DigestOf(normalised, 7)
			}); allocs != 0 {
				t.Errorf("%s: %v allocations", spec, allocs)
			}
		}
	})
}

// TestHashesAreUniform checks that each bit of the hashes of unlike and of very
// similar shingles is set in half of them, within 5 standard errors.
func TestHashesAreUniform(t *testing.T) {
	const n = 20000
	var text bytes.Buffer
	for i := range n {
		fmt.Fprintf(&text, "%d ", i)
	}
	for _, spec := range []string{"word:1", "word:5", "char:9"} {
		set := setOf(spec, text.String())
		var ones [64]int
		for _, h := range set {
			for h != 0 {
				ones[bits.TrailingZeros64(h)]++
				h &= h - 1
			}
		}
		for bit, count := range ones {
			// The standard error of a count is sqrt(len/4).
			if d := 2*count - len(set); d*d > 25*len(set) {
				t.Errorf("%s: bit %d is set in %d of %d hashes", spec, bit, count, len(set))
			}
		}
	}
}

func TestPeerBug03_ShortTextsDiffer(t *testing.T) {
	texts := []string{"alpha beta", "beta alpha", "gamma delta", "alpha", "alpha alpha", "alpha alpha alpha", "a", "5"}
	for _, spec := range []string{"word:3", "word:5", "char:20"} {
		for i, a := range texts {
			if n := len(setOf(spec, a)); n != 1 {
				t.Errorf("%s: %q has %d shingles, want 1", spec, a, n)
			}
			for _, b := range texts[:i] {
				if slices.Equal(setOf(spec, a), setOf(spec, b)) {
					t.Errorf("%s: %q and %q have equal sets", spec, a, b)
				}
			}
			if !slices.Equal(setOf(spec, a), setOf(spec, strings.ToUpper(a)+" . . .")) {
				t.Errorf("%s: set of %q depends on case or punctuation", spec, a)
			}
		}
	}
}

func TestPeerBug05_EmptyTextsHaveNoSet(t *testing.T) {
	for _, text := range []string{"", " ", "\n\t", ". . .", "—", "🎉", "\u200b", "\ufeff", "_", "\u0301"} {
		for _, spec := range []string{"word:1", "word:5", "char:1", "char:5"} {
			if got := setOf(spec, text); got != nil {
				t.Errorf("%s: set of %q is %x, want none", spec, text, got)
			}
		}
		if HasToken([]byte(normalise(text))) {
			t.Errorf("HasToken(%q) is true", text)
		}
	}
}

func TestPeerBug06_ShortTextsDoNotCrash(t *testing.T) {
	for n := range 12 {
		for _, unit := range []string{"a", "a ", "世", "é ", "\x00", " "} {
			checkSets(t, strings.Repeat(unit, n), someSpecs...)
		}
	}
}

// TestPeerBug16_EditChangesFewShingles inserts, deletes and substitutes one
// word at every position: at most N shingles go and at most N come.
func TestPeerBug16_EditChangesFewShingles(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 0))
	words := make([]string, 60)
	for i := range words {
		words[i] = fmt.Sprintf("w%d", rng.IntN(1e9))
	}
	text := func(parts ...[]string) string { return strings.Join(slices.Concat(parts...), " ") }
	const n = 5
	original := setOf("word:5", text(words))
	for i := range words {
		for name, edited := range map[string]string{
			"insert":     text(words[:i], []string{"new"}, words[i:]),
			"delete":     text(words[:i], words[i+1:]),
			"substitute": text(words[:i], []string{"new"}, words[i+1:]),
		} {
			set := setOf("word:5", edited)
			worst := float64(len(original)-n) / float64(len(original)+n)
			if j := jaccard(original, set); j < worst || j == 1 {
				t.Errorf("%s at %d: Jaccard %.3f, want %.3f or more", name, i, j, worst)
			}
		}
	}
}

func TestPeerBug24_NumbersAreKept(t *testing.T) {
	a := "Arsenal beat Chelsea 2 - 1 on 14.5.2023 before 60,704 people"
	b := "Arsenal beat Chelsea 3 - 0 on 15.5.2023 before 60,260 people"
	if normalise(a) == normalise(b) {
		t.Error("texts that differ in numbers have equal normal forms")
	}
	for _, number := range []string{"2", "1", "14.5.2023", "60,704"} {
		if !slices.Contains(tokensOf(a), number) {
			t.Errorf("number %q is not among the tokens %q", number, tokensOf(a))
		}
	}
	for _, spec := range []string{"word:1", "word:3", "char:5"} {
		if j := jaccard(setOf(spec, a), setOf(spec, b)); j > 0.7 {
			t.Errorf("%s: Jaccard is %.2f though all numbers differ", spec, j)
		}
	}
}

func FuzzShingle(f *testing.F) {
	for i, text := range scripts {
		f.Add(text, i%2 == 0, uint8(i))
	}
	f.Fuzz(func(t *testing.T, text string, byWord bool, n uint8) {
		spec := Spec{Char, int(n)%MaxN + 1}
		if byWord {
			spec.Unit = Word
		}
		for l := kernel.Portable; l <= kernel.Best(); l++ {
			restore := kernel.Use(l)
			checkTokens(t, text)
			checkSets(t, text, spec)
			restore()
		}
	})
}
