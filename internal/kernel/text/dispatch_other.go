//go:build !amd64 || purego

package text

func lower(dst, src []byte, afterSpace bool) (written, read int) {
	return lowerPortable(dst, src, afterSpace)
}

func wordBitmaps(words, beyond []uint64, text []byte) (nonASCII, connectors bool) {
	return wordsPortable(words, beyond, text, 0)
}

func edges(dst []uint32, words []uint64) int { return edgesPortable(dst, words) }

func (k *Key) hashTokens(dst []uint64, text []byte, edges []uint32, m *Memo) {
	k.hashTokensPortable(dst, text, edges, m)
}

func (k *Key) roll(h []uint64, n int, salt uint64) { k.rollPortable(h, n, salt) }
