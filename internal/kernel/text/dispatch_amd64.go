//go:build amd64 && !purego

package text

import (
	"unsafe"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

func lower(dst, src []byte, afterSpace bool) (written, read int) {
	part := src
	if len(src) > mostBytes {
		part = src[:mostBytes]
	}
	var after uint64
	if afterSpace {
		after = 1
	}
	d, s := unsafe.SliceData(dst), unsafe.SliceData(src)
	switch kernel.Active() {
	case kernel.AVX512:
		written, read = lowerAVX512(d, s, len(part), after)
	case kernel.AVX2:
		written, read = lowerAVX2(d, s, len(part), after)
		if read < len(part) && part[read] < 0x80 {
			w, r := lowerPortable(dst[written:], part[read:], isAfterSpace(dst[:written], afterSpace))
			written, read = written+w, read+r
		}
	default:
		return lowerPortable(dst, src, afterSpace)
	}
	if read == mostBytes && len(src) > mostBytes {
		return lowerMore(dst, src, written, read, afterSpace)
	}
	return written, read
}

// lowerMore goes on with lower behind the first mostBytes.
func lowerMore(dst, src []byte, written, read int, afterSpace bool) (int, int) {
	for {
		part := src[read:min(len(src), read+mostBytes)]
		w, r := lower(dst[written:], part, isAfterSpace(dst[:written], afterSpace))
		written, read = written+w, read+r
		if r < len(part) || read == len(src) {
			return written, read
		}
	}
}

// isAfterSpace is Lower's afterSpace for what follows the text written, given what
// it was at the start of that.
func isAfterSpace(written []byte, atStart bool) bool {
	if len(written) == 0 {
		return atStart
	}
	return written[len(written)-1] == ' '
}

func wordBitmaps(words, beyond []uint64, text []byte) (nonASCII, connectors bool) {
	w, b, t := &words[0], &beyond[0], unsafe.SliceData(text)
	switch kernel.Active() {
	case kernel.AVX512:
		n, c := wordsAVX512(w, b, t, len(text))
		return n != 0, c != 0
	case kernel.AVX2:
		// The block with the last byte, and one without any, is left.
		blocks := (len(text) - 1) / 64
		if blocks <= 0 {
			break
		}
		n, c := wordsAVX2(w, b, t, blocks)
		nonASCII, connectors = wordsPortable(words, beyond, text, blocks)
		return nonASCII || n != 0, connectors || c != 0
	}
	return wordsPortable(words, beyond, text, 0)
}

func edges(dst []uint32, words []uint64) int {
	level := kernel.Active()
	switch {
	case level == kernel.Portable || len(words) == 0:
		return edgesPortable(dst, words)
	case level == kernel.AVX2:
		return edgesAVX2(&dst[0], &words[0], len(words))
	}
	return edgesAVX512(&dst[0], &words[0], len(words))
}

func (k *Key) hashTokens(dst []uint64, text []byte, edges []uint32, m *Memo) {
	level := kernel.Active()
	if level == kernel.Portable {
		k.hashTokensPortable(dst, text, edges, m)
		return
	}
	for len(dst) > 0 {
		n := k.hashMost(level, dst[:min(len(dst), mostHashes)], text, edges)
		// What they stop before are a few tokens, at the end or with a long
		// one among them, or after mostHashes any.
		end := min(n+8, len(dst))
		k.hashTokensPortable(dst[n:end], text, edges[2*n:], nil)
		dst, edges = dst[end:], edges[2*end:]
	}
}

// hashMost hashes the first tokens, as far as a kernel comes, and returns how many.
func (k *Key) hashMost(level kernel.Level, dst []uint64, text []byte, edges []uint32) int {
	d, t, e := unsafe.SliceData(dst), unsafe.SliceData(text), unsafe.SliceData(edges)
	switch {
	case level == kernel.AVX512 && k.seeded:
		return sipTokensAVX512(d, t, len(text), e, len(dst), k.k0, k.k1)
	case level == kernel.AVX512:
		return hashTokensAVX512(d, t, len(text), e, len(dst))
	case k.seeded:
		return sipTokensAVX2(d, t, len(text), e, len(dst), k.k0, k.k1)
	}
	return hashTokensAVX2(d, t, len(text), e, len(dst))
}

// roll sums up to mostSummed tokens for each shingle anew, eight shingles at once,
// where that is faster than rolling. With AVX2, which cannot multiply numbers of 64
// bits, it is so for none that matters.
func (k *Key) roll(h []uint64, n int, salt uint64) {
	if kernel.Active() < kernel.AVX512 || n > mostSummed {
		k.rollPortable(h, n, salt)
		return
	}
	// A shingle takes the place of its first token, which no later one has.
	for len(h) >= n {
		count := min(len(h)-n+1, mostHashes)
		rollAVX512(&h[0], count, &k.weights[mostSummed-n], n, salt)
		h = h[count:]
	}
}
