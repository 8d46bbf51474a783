// Package ascending keeps a list of numbers that never decrease in two bits a number
// or so, where these grow about as fast as their count: places in a text, say.
//
// Number i is written as a one, behind as many zeros as it is greater than number i-1
// (Elias, Efficient storage and retrieval by content and address of static files,
// 1974). A list of n numbers up to m takes n+m bits, and a bit a number for finding
// them. It may be read from many goroutines while nobody appends.
package ascending

import "math/bits"

// sampled is how many numbers there are for each one whose place is written down.
const sampled = 64

// List is a list of numbers from 0 on that never decrease. The zero value is empty.
type List struct {
	words  []uint64
	size   int   // bits in use
	places []int // of the ones of numbers 0, sampled, 2*sampled, ...
	len    int
	last   int
}

// New returns an empty list with room for n numbers up to last.
func New(n, last int) *List {
	return &List{words: make([]uint64, 0, (n+last)/64+1), places: make([]int, 0, n/sampled+1)}
}

// Len returns the number of numbers.
func (l *List) Len() int { return l.len }

// Append appends v, which is not less than the last number.
func (l *List) Append(v int) {
	if v < l.last {
		panic("ascending: a number that is less than the one before")
	}
	at := l.size + v - l.last
	l.last, l.size = v, at+1
	for at/64 >= len(l.words) {
		l.words = append(l.words, 0)
	}
	l.words[at/64] |= 1 << (at % 64)
	if l.len%sampled == 0 {
		l.places = append(l.places, at)
	}
	l.len++
}

// Repeat appends the last number n more times.
func (l *List) Repeat(n int) {
	for ; n > 0; n -= 64 {
		k := min(n, 64)
		l.put(^uint64(0)>>(64-k), k)
	}
}

// Count appends n numbers, each by one greater than the one before.
func (l *List) Count(n int) {
	l.last += max(n, 0)
	for ; n > 0; n -= 32 {
		k := min(n, 32)
		l.put(0xaaaaaaaaaaaaaaaa>>(64-2*k), 2*k)
	}
}

// AppendFrom appends numbers from up to to-1 of a list. The first is not less than the
// last number of l.
func (l *List) AppendFrom(of *List, from, to int) {
	if from >= to {
		return
	}
	l.Append(of.At(from))
	at, end := of.place(from)+1, of.place(to-1)+1
	l.last = end - to
	for ; at < end; at += 64 {
		k := min(end-at, 64)
		l.put(of.bits(at)&(^uint64(0)>>(64-k)), k)
	}
}

// At returns number i.
func (l *List) At(i int) int { return l.place(i) - i }

// Cursor walks over a list from one number on.
type Cursor struct {
	words []uint64 // from the current one on
	rest  uint64   // of the current one
	at    int      // of the current one's lowest bit, less the number of the next one
}

// From returns a cursor whose next number is number i, which there is.
func (l *List) From(i int) Cursor {
	place := l.place(i)
	word := place / 64
	return Cursor{l.words[word:], l.words[word] &^ (1<<(place%64) - 1), 64*word - i}
}

// Next returns the next number, which there must be.
func (c *Cursor) Next() int {
	for c.rest == 0 {
		c.words = c.words[1:]
		c.rest = c.words[0]
		c.at += 64
	}
	v := c.at + bits.TrailingZeros64(c.rest)
	c.rest &= c.rest - 1
	c.at--
	return v
}

// Reset empties the list and keeps its memory.
func (l *List) Reset() {
	*l = List{words: l.words[:0], places: l.places[:0]}
}

// put appends n bits, the lowest first; those from n on are zero.
func (l *List) put(b uint64, n int) {
	for need := (l.size + n + 63) / 64; len(l.words) < need; {
		l.words = append(l.words, 0)
	}
	word, shift := l.size/64, l.size%64
	l.words[word] |= b << shift
	if shift+n > 64 {
		l.words[word+1] |= b >> (64 - shift)
	}
	for ones := bits.OnesCount64(b); ones > 0; {
		// The next number whose place is wanted, if it is among these.
		skip := (sampled - l.len%sampled) % sampled
		if skip >= ones {
			l.len += ones
			break
		}
		l.len, ones = l.len+skip, ones-skip
		for ; skip > 0; skip-- {
			b &= b - 1
		}
		l.places = append(l.places, l.size+bits.TrailingZeros64(b))
		l.len, ones, b = l.len+1, ones-1, b&(b-1)
	}
	l.size += n
}

// bits returns 64 bits from at on, zeros behind the end.
func (l *List) bits(at int) uint64 {
	word, shift := at/64, at%64
	b := l.words[word] >> shift
	if shift > 0 && word+1 < len(l.words) {
		b |= l.words[word+1] << (64 - shift)
	}
	return b
}

// place returns where the one of number i is.
func (l *List) place(i int) int {
	at := l.places[i/sampled]
	word, rest := at/64, i%sampled
	b := l.words[word] &^ (1<<(at%64) - 1)
	for n := bits.OnesCount64(b); n <= rest; n = bits.OnesCount64(b) {
		rest -= n
		word++
		b = l.words[word]
	}
	for ; rest > 0; rest-- {
		b &= b - 1
	}
	return 64*word + bits.TrailingZeros64(b)
}

// Bytes returns the memory that the list takes.
func (l *List) Bytes() int { return 8 * (cap(l.words) + cap(l.places)) }
