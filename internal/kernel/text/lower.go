package text

import (
	"encoding/binary"
	"math/bits"
)

// Lower normalises the ASCII text that src starts with: dst gets its letters in
// lower case and one space for every run of white space (\t \n \v \f \r and
// space), none for a run at the start if afterSpace is true. It stops at the
// first byte beyond ASCII, or else at the end, and returns the numbers of bytes
// written and read. White space before a byte beyond ASCII counts as read.
//
// dst must be as long as src, or Lower panics; dst[written:len(src)] holds
// anything afterwards. The two must not overlap.
func Lower(dst, src []byte, afterSpace bool) (written, read int) {
	if len(dst) < len(src) {
		panic("text: no room for Lower")
	}
	return lower(dst[:len(src):len(src)], src, afterSpace)
}

func lowerPortable(dst, src []byte, afterSpace bool) (written, read int) {
	var before uint64 // 0x80 after a space
	if afterSpace {
		before = 0x80
	}
	i, j := 0, 0
	for i+8 <= len(src) {
		n, space := lowerPlain(dst[j:], src[i:], before)
		i, j, before = i+n, j+n, space
		if i+8 > len(src) {
			break
		}
		// A byte beyond ASCII carries, but only into bytes behind it, and
		// what those become does not matter.
		w := binary.LittleEndian.Uint64(src[i:])
		control := (w + (0x80-'\t')*ones) &^ (w + (0x80-'\r'-1)*ones) & highs
		v := w&^(control<<1-control>>7) | control>>2
		spaces := ^((v ^ ' '*ones) + 0x7f*ones) & highs
		upper := (v + (0x80-'A')*ones) &^ (v + (0x80-'Z'-1)*ones) & highs
		binary.LittleEndian.PutUint64(dst[j:], v|upper>>2)
		stop := w&highs | spaces&(spaces<<8|before)
		if stop == 0 {
			before = spaces >> 56
			i += 8
			j += 8
			continue
		}
		k := bits.TrailingZeros64(stop) / 8
		i += k
		j += k
		if src[i] >= 0x80 {
			return j, i
		}
		for i < len(src) && isSpace(src[i]) {
			i++
		}
		before = 0x80
	}
	for ; i < len(src) && src[i] < 0x80; i++ {
		c := src[i]
		if isSpace(c) {
			if before != 0 {
				continue
			}
			c = ' '
		}
		before = 0
		if c == ' ' {
			before = 0x80
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst[j] = c
		j++
	}
	return j, i
}

// lowerPlain writes the letters that src starts with in lower case, sixteen bytes at a
// time, up to some that have a control character, two spaces or a byte beyond ASCII. It
// returns how many bytes that are, and 0x80 if they end in a space.
//
// That is what nearly all of a text is, and takes half the steps.
//
//go:noinline
func lowerPlain(dst, src []byte, before uint64) (n int, space uint64) {
	dst = dst[:len(src)]
	for ; n <= len(src)-16; n += 16 {
		v, w := binary.LittleEndian.Uint64(src[n:n+8]), binary.LittleEndian.Uint64(src[n+8:n+16])
		// Without such bytes, none of what follows borrows or carries.
		x, y := v-' '*ones, w-' '*ones
		s, t := ^(x+0x7f*ones)&highs, ^(y+0x7f*ones)&highs
		if (x|v|y|w)&highs|s&(s<<8|before)|t&(t<<8|s>>56) != 0 {
			break
		}
		before = t >> 56
		const from, behind = (0x80 - 'A' + ' ') * ones, (0x80 - 'Z' - 1 + ' ') * ones
		binary.LittleEndian.PutUint64(dst[n:n+8], v|((x+from)^(x+behind))&highs>>2)
		binary.LittleEndian.PutUint64(dst[n+8:n+16], w|((y+from)^(y+behind))&highs>>2)
	}
	return n, before
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
