package text

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

const longest = 300

// What the checks work on, one after the other.
var dataRegion, roomRegion, edgesRegion kerneltest.Region

// guarded runs f on copies of data that end and that begin at a fence, next to
// room for n values at a fence likewise.
func guarded[T, U uint8 | uint32 | uint64](tb testing.TB, data []T, n int, f func(data []T, room []U)) {
	end, start := kerneltest.Slices[T](tb, &dataRegion, len(data))
	roomEnd, roomStart := kerneltest.Slices[U](tb, &roomRegion, n)
	copy(end, data)
	copy(start, data)
	f(end, roomEnd)
	f(start, roomStart)
	if !slices.Equal(start, data) || !slices.Equal(end, data) {
		tb.Fatal("input was changed")
	}
}

func checkLower(tb testing.TB, src []byte) {
	tb.Helper()
	guarded(tb, src, len(src), func(src, dst []byte) {
		for _, after := range []bool{false, true} {
			want, wantRead := slowLower(src, after)
			written, read := Lower(dst, src, after)
			if read != wantRead || !bytes.Equal(dst[:written], want) {
				tb.Fatalf("%v: Lower(%q, %v) = %q, %d read; want %q, %d", kernel.Active(), src, after, dst[:written], read, want, wantRead)
			}
		}
	})
}

func checkWords(tb testing.TB, text []byte) {
	tb.Helper()
	n := Blocks(len(text))
	guarded(tb, text, 2*n, func(text []byte, maps []uint64) {
		words, beyond := maps[:n], maps[n:]
		if len(text)%2 == 0 {
			words, beyond = beyond, words // so that either stands at a fence
		}
		for i := range maps {
			maps[i] = 0xDEADBEEFDEADBEEF
		}
		nonASCII, connectors := Words(words, beyond, text)
		for i := range 64 * n {
			inside := i < len(text)
			wantWord, wantBeyond := inside && slowWord(text, i), inside && text[i] >= 0x80
			if bit(words, i) != wantWord || bit(beyond, i) != wantBeyond {
				tb.Fatalf("%v: Words(%q): byte %d is word %v, beyond %v; want %v, %v",
					kernel.Active(), text, i, bit(words, i), bit(beyond, i), wantWord, wantBeyond)
			}
		}
		want := slices.ContainsFunc(text, func(c byte) bool { return c >= 0x80 })
		if under := bytes.IndexByte(text, '_') >= 0; nonASCII != want || connectors != under {
			tb.Fatalf("%v: Words(%q) = %v, %v; want %v, %v", kernel.Active(), text, nonASCII, connectors, want, under)
		}
	})
}

func checkEdges(tb testing.TB, words []uint64) {
	tb.Helper()
	words = slices.Clone(words)
	if len(words) > 0 {
		words[len(words)-1] &^= 1 << 63
	}
	want := slowEdges(words)
	guarded(tb, words, 64*len(words), func(words []uint64, dst []uint32) {
		if n := Edges(dst, words); !slices.Equal(dst[:n], want) {
			tb.Fatalf("%v: Edges(%x) = %d, want %d", kernel.Active(), words, dst[:n], want)
		}
	})
}

// seededKeys are the keys that hashes are checked by: those of two seeds and of another.
func seededKeys(seed int64) []*Key { return []*Key{NewKey(0), NewKey(1), NewKey(seed)} }

func checkHashTokens(tb testing.TB, text []byte, edges []uint32, seed int64) {
	tb.Helper()
	for _, k := range seededKeys(seed) {
		checkHashTokensBy(tb, k, text, edges)
	}
}

// checkMemo has met what all tests before have hashed.
var checkMemo Memo

func checkHashTokensBy(tb testing.TB, k *Key, text []byte, edges []uint32) {
	tb.Helper()
	for _, m := range []*Memo{nil, &checkMemo, &checkMemo} {
		checkHashTokensWith(tb, k, text, edges, m)
	}
}

func checkHashTokensWith(tb testing.TB, k *Key, text []byte, edges []uint32, m *Memo) {
	tb.Helper()
	n := len(edges) / 2
	edgesEnd, edgesStart := kerneltest.Slices[uint32](tb, &edgesRegion, len(edges))
	copy(edgesEnd, edges)
	copy(edgesStart, edges)
	guarded(tb, text, n, func(text []byte, dst []uint64) {
		for _, edges := range [][]uint32{edgesEnd, edgesStart} {
			clear(dst)
			k.HashTokens(dst, text, edges, m)
			for i, got := range dst {
				token := text[edges[2*i]:edges[2*i+1]]
				if want := slowHash(k, token); got != want {
					tb.Fatalf("%v: hash %d of %d is %x for %q by %+v, want %x", kernel.Active(), i, n, got, token, *k, want)
				}
			}
		}
	})
}

func checkRoll(tb testing.TB, h []uint64, n int, salt uint64) {
	tb.Helper()
	for _, k := range seededKeys(int64(salt)) {
		want := slowRoll(k, h, n, salt)
		end, start := kerneltest.Slices[uint64](tb, &roomRegion, len(h))
		for _, room := range [][]uint64{end, start} {
			copy(room, h)
			if count := k.Roll(room, n, salt); !slices.Equal(room[:count], want) {
				tb.Fatalf("%v: Roll(%x, %d, %x) by %+v = %x, want %x", kernel.Active(), h, n, salt, *k, room[:count], want)
			}
		}
	}
}

// tokensOf returns the places of the tokens of text by the slow way, those of one
// byte and longer ones.
func tokensOf(text []byte) []uint32 {
	words := make([]uint64, Blocks(len(text)))
	for i := range text {
		if slowWord(text, i) {
			words[i/64] |= 1 << (i % 64)
		}
	}
	return slowEdges(words)
}

func TestKernels(t *testing.T) {
	const seed = 1
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(seed, 0))
		rounds := 8
		if testing.Short() {
			rounds = 2
		}
		for n := range longest + 1 {
			for range rounds {
				text := sample(rng, n)
				checkLower(t, text)
				checkWords(t, text)
				checkHashTokens(t, text, tokensOf(text), rng.Int64())
				h := make([]uint64, 1+n)
				for i := range h {
					h[i] = rng.Uint64() | -(rng.Uint64() & 1)
				}
				checkEdges(t, h[:n/16])
				checkRoll(t, h, 1+rng.IntN(min(len(h), 20)), rng.Uint64())
			}
		}
	})
}

// TestLowerStopsAnywhere puts each byte at each place of a few blocks.
func TestLowerStopsAnywhere(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		for at := range 140 {
			for c := range 256 {
				src := bytes.Repeat([]byte{'Q'}, 150)
				src[at] = byte(c)
				src[at/2] = ' '
				want, wantRead := slowLower(src, false)
				dst := make([]byte, len(src))
				written, read := Lower(dst, src, false)
				if read != wantRead || !bytes.Equal(dst[:written], want) {
					t.Fatalf("Lower(%q) = %q, %d; want %q, %d", src, dst[:written], read, want, wantRead)
				}
			}
		}
	})
}

// TestWordsAroundBlocks tries all triples of kinds of bytes where blocks meet.
func TestWordsAroundBlocks(t *testing.T) {
	const kinds = "aZ09_'.,:;- \x80"
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		text := bytes.Repeat([]byte{'x'}, 200)
		words, beyond := make([]uint64, Blocks(len(text))), make([]uint64, Blocks(len(text)))
		for _, at := range []int{0, 30, 31, 32, 61, 62, 63, 64, 126, 127, 197} {
			for k := range len(kinds) * len(kinds) * len(kinds) {
				text[at], text[at+1], text[at+2] = kinds[k%13], kinds[k/13%13], kinds[k/169]
				Words(words, beyond, text)
				for i := max(at-2, 0); i < min(at+5, len(text)); i++ {
					if bit(words, i) != slowWord(text, i) {
						t.Fatalf("byte %d of %q in %q is word %v", i, text[at:at+3], text, bit(words, i))
					}
				}
			}
		}
	})
}

func TestHashTokensOfEveryLength(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		for n := 1; n < 40; n++ {
			for count := range 20 {
				text := bytes.Repeat(append(bytes.Repeat([]byte{0xff}, n), ' '), count)
				checkHashTokens(t, text, slowEdgesOf(n, count), int64(n))
			}
		}
	})
}

func slowEdgesOf(n, count int) (edges []uint32) {
	for i := range count {
		edges = append(edges, uint32(i*(n+1)), uint32(i*(n+1)+n))
	}
	return edges
}

func TestRollOfEveryLength(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		for n := 1; n <= 64; n++ {
			for size := n; size < n+20; size++ {
				h := make([]uint64, size)
				for i := range h {
					h[i] = Mix(uint64(i))
				}
				checkRoll(t, h, n, 1<<64-1)
			}
		}
	})
}

func TestRollPanics(t *testing.T) {
	for _, n := range []int{-1, 0, 3} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Roll of 2 hashes, %d at a time, does not panic", n)
				}
			}()
			NewKey(0).Roll(make([]uint64, 2), n, 0)
		}()
	}
}

func TestKernelsPanicWithoutRoom(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		for name, f := range map[string]func(){
			"Lower":      func() { Lower(make([]byte, 9), make([]byte, 10), false) },
			"Words":      func() { Words(make([]uint64, 1), make([]uint64, 2), make([]byte, 64)) },
			"beyond":     func() { Words(make([]uint64, 2), make([]uint64, 1), make([]byte, 64)) },
			"Edges":      func() { Edges(make([]uint32, 127), make([]uint64, 2)) },
			"HashTokens": func() { NewKey(0).HashTokens(make([]uint64, 1), make([]byte, 64), make([]uint32, 4), nil) },
			// Capacity is no room: what lies there belongs to others.
			"Lower, capacity":      func() { Lower(make([]byte, 9, 99), make([]byte, 10), false) },
			"Words, capacity":      func() { Words(make([]uint64, 1, 9), make([]uint64, 2), make([]byte, 64)) },
			"beyond, capacity":     func() { Words(make([]uint64, 2), make([]uint64, 1, 9), make([]byte, 64)) },
			"Edges, capacity":      func() { Edges(make([]uint32, 127, 999), make([]uint64, 2)) },
			"HashTokens, capacity": func() { NewKey(0).HashTokens(make([]uint64, 1, 9), make([]byte, 64), make([]uint32, 4), nil) },
		} {
			if !panics(f) {
				t.Errorf("%s does not panic", name)
			}
		}
	})
}

// panics reports whether f does, other than by a fault in memory.
func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}

// TestHashTokensOutsideText gives one token in the middle of others a place that is
// not in text or has its end before its start.
func TestHashTokensOutsideText(t *testing.T) {
	const size, count = 200, 16
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		guarded(t, make([]byte, size), count, func(text []byte, dst []uint64) {
			for at := range count {
				for _, token := range [][2]uint32{
					{size - 1, size + 1}, {size, size + 1}, {size + 100, size + 101}, {1<<32 - 2, 1<<32 - 1},
					{size + 100, 1}, {1<<32 - 1, 0}, {9, 8}, {1<<31 + 8, 8}, {8, 1<<31 + 8},
				} {
					edges := slowEdgesOf(5, count)
					edges[2*at], edges[2*at+1] = token[0], token[1]
					for _, k := range seededKeys(2) {
						for _, m := range []*Memo{nil, new(Memo)} {
							if !panics(func() { k.HashTokens(dst, text, edges, m) }) {
								t.Errorf("token %d at %d: no panic", at, token)
							}
						}
					}
				}
			}
		})
	})
}

// TestHashTokensInAnyOrder has tokens that lie in text but not in order.
func TestHashTokensInAnyOrder(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		rng := rand.New(rand.NewPCG(3, 0))
		text := sample(rng, 100)
		for range 1000 {
			edges := make([]uint32, 2*rng.IntN(40))
			for i := 0; i < len(edges); i += 2 {
				edges[i] = uint32(rng.IntN(len(text)))
				edges[i+1] = edges[i] + 1 + uint32(rng.IntN(min(20, len(text)-int(edges[i]))))
			}
			checkHashTokens(t, text, edges, rng.Int64())
		}
	})
}

// TestEdgesAtEveryBit has the most places that words can have, which is all the
// room there is.
func TestEdgesAtEveryBit(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		for n := 1; n <= 4; n++ {
			words := make([]uint64, n)
			for _, word := range []uint64{0x5555555555555555, 0xAAAAAAAAAAAAAAAA} {
				for i := range words {
					words[i] = word
				}
				if places := len(slowEdges(words)); word&1 != 0 && places != 64*n {
					t.Fatalf("%d places in %d words", places, n)
				}
				checkEdges(t, words)
			}
		}
	})
}

// TestGiants crosses the borders between calls of assembly.
func TestGiants(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	var texts [][]byte
	for _, size := range []int{mostBytes - 1, mostBytes, mostBytes + 1, 2*mostBytes + 40, 3*mostBytes + 1} {
		for _, c := range []string{"A", " ", "\n", "Ab  c", " \nA"} {
			text := bytes.Repeat([]byte(c), size/len(c)+1)[:size]
			texts = append(texts, text)
			for at := mostBytes - 2; at <= mostBytes+2 && at < size; at++ {
				for _, other := range []byte{' ', 'B', 0x80} {
					changed := slices.Clone(text)
					changed[at] = other
					texts = append(texts, changed)
				}
			}
		}
	}
	for range 5 {
		texts = append(texts, bytes.Repeat(append(sample(rng, 999), ' '), 200))
	}
	const long = "sixteenbytesandmore"
	var words []byte
	for len(words) < 20*mostHashes {
		words = append(words, long[:1+rng.IntN(17+rng.IntN(2))]...)
		words = append(words, ' ')
	}
	edges := tokensOf(words)
	short := tokensOf(bytes.Repeat([]byte("ab "), 2*mostHashes+13))
	h := make([]uint64, 2*mostHashes+20)
	for i := range h {
		h[i] = rng.Uint64()
	}
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		for _, text := range texts {
			checkLower(t, text)
		}
		checkHashTokens(t, words, edges, rng.Int64())
		checkHashTokens(t, bytes.Repeat([]byte("ab "), 2*mostHashes+13), short, rng.Int64())
		for _, n := range []int{1, 2, 5, 10, 11} {
			for _, shingles := range []int{mostHashes - 1, mostHashes, mostHashes + 1, 2 * mostHashes, 2*mostHashes + 9} {
				checkRoll(t, h[:shingles+n-1], n, 7)
			}
		}
	})
}

func TestKernelsDoNotAllocate(t *testing.T) {
	text := bytes.Repeat([]byte("The quick brown fox, "), 20)
	dst, h := make([]byte, len(text)), make([]uint64, 200)
	words, beyond := make([]uint64, Blocks(len(text))), make([]uint64, Blocks(len(text)))
	places := make([]uint32, 64*len(words))
	keys := seededKeys(2)
	memos := make([]Memo, len(keys))
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		if n := testing.AllocsPerRun(10, func() {
			Lower(dst, text, false)
			Words(words, beyond, text)
			n := Edges(places, words)
			for i, k := range keys {
				k.HashTokens(h, text, places[:n], nil)
				k.HashTokens(h, text, places[:n], &memos[i])
				k.Roll(h[:n/2], 5, 1)
			}
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// onLevels runs f on every live level.
func onLevels(f func()) {
	for l := kernel.Portable; l <= kernel.Best(); l++ {
		restore := kernel.Use(l)
		f()
		restore()
	}
}

func addSamples(f *testing.F) {
	rng := rand.New(rand.NewPCG(2, 0))
	for n := range 200 {
		f.Add(sample(rng, n))
	}
}

func FuzzLower(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, text []byte) { onLevels(func() { checkLower(t, text) }) })
}

func FuzzWords(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, text []byte) { onLevels(func() { checkWords(t, text) }) })
}

// numbers returns data as numbers of eight bytes.
func numbers(data []byte) []uint64 {
	var h []uint64
	for ; len(data) > 0; data = data[min(8, len(data)):] {
		var x uint64
		for i, c := range data[:min(8, len(data))] {
			x |= uint64(c) << (8 * i)
		}
		h = append(h, x)
	}
	return h
}

func FuzzEdges(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, data []byte) { onLevels(func() { checkEdges(t, numbers(data)) }) })
}

func FuzzHashTokens(f *testing.F) {
	rng := rand.New(rand.NewPCG(2, 0))
	for n := range 200 {
		f.Add(sample(rng, n), rng.Int64()-1<<62)
	}
	f.Fuzz(func(t *testing.T, text []byte, seed int64) {
		onLevels(func() { checkHashTokens(t, text, tokensOf(text), seed) })
	})
}

func FuzzRoll(f *testing.F) {
	rng := rand.New(rand.NewPCG(2, 0))
	for n := range uint8(100) {
		f.Add(sample(rng, 8*int(n)), n, rng.Uint64())
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint8, salt uint64) {
		h := numbers(data)
		if n == 0 || int(n) > len(h) {
			return
		}
		onLevels(func() { checkRoll(t, h, int(n), salt) })
	})
}
