package text

import "encoding/binary"

// Characters returns the number of characters of text, which is valid UTF-8: every byte
// that does not continue a character begins one.
func Characters(text []byte) int { return len(text) - continuing(text) }

// continuingPortable counts the bytes that continue a character, eight at a time.
func continuingPortable(text []byte) int {
	n := 0
	for len(text) >= 8 {
		words := min(len(text)/8, 255) // as many as a byte can count
		var counts uint64              // continuing bytes, by place
		for i := range words {
			v := binary.LittleEndian.Uint64(text[8*i:])
			counts += v >> 7 & ^(v >> 6) & ones // 10xxxxxx
		}
		const even = 0x00ff00ff00ff00ff
		n += int(((counts & even) + counts>>8&even) * 0x0001000100010001 >> 48)
		text = text[8*words:]
	}
	for _, c := range text {
		if c&0xc0 == 0x80 {
			n++
		}
	}
	return n
}
