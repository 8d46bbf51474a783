//go:build amd64 && !purego

package digest

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

//go:generate go run -modfile=../../../go.tools.mod ./_asm -out digest_amd64.s -stubs digest_amd64_asm.go -pkg digest

const (
	blockSize = 64
	// most is the number of lanes that there is room for.
	most = 16
	// mostBlocks is how many blocks of each lane one call of assembly may take, in which
	// the runtime cannot stop it.
	mostBlocks = 64
	// full is the number of bytes that may wait before another message is added: it is to
	// stay in the second cache.
	full = 256 << 10
)

// initial is the state that SHA-256 begins with.
var initial = [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}

// message is one that waits: size bytes from start, whose padding follows, and where its
// sum belongs.
type message struct{ start, size, sum int }

// blocks is the number of blocks that m is with its padding: a byte and its length.
func (m *message) blocks() int { return (m.size + 1 + 8 + blockSize - 1) / blockSize }

// lanes is what a queue has for summing messages together. Without any, it takes none.
type lanes struct {
	count   int // of lanes
	goOn    func(state *uint32, base *byte, at *int, blocks int)
	padded  []byte // the messages that wait, as SHA-256 has them
	waiting []message

	// Of each lane:
	state [8 * most]uint32 // variable i of lane j at most*i+j
	at    [most]int        // where in padded the next block is
	left  [most]int        // blocks to go; 0 for an idle lane
	of    [most]int        // where its sum belongs
}

// newLanes returns the lanes that are fastest on this processor.
func newLanes() lanes {
	if kernel.Best() == kernel.Portable || shaInstructions() {
		return lanes{}
	}
	return lanesOf(kernel.Active())
}

func lanesOf(l kernel.Level) lanes {
	switch l {
	case kernel.AVX512:
		return lanes{count: 16, goOn: blocksAVX512}
	case kernel.AVX2:
		return lanes{count: 8, goOn: blocksAVX2}
	}
	return lanes{}
}

func (l *lanes) takes() bool  { return l.count > 0 }
func (l *lanes) isFull() bool { return len(l.padded) >= full }

// add lets a message wait.
func (l *lanes) add(text []byte, sum int) {
	m := message{start: len(l.padded), size: len(text), sum: sum}
	l.padded = append(append(l.padded, text...), 0x80)
	end := m.start + blockSize*m.blocks()
	l.padded = append(l.padded, make([]byte, end-8-len(l.padded))...)
	l.padded = binary.BigEndian.AppendUint64(l.padded, 8*uint64(m.size))
	l.waiting = append(l.waiting, m)
}

// sum sums all messages that wait. Long ones go first, so that lanes end together.
func (l *lanes) sum(sums [][Size]byte) {
	slices.SortFunc(l.waiting, func(a, b message) int { return cmp.Compare(b.size, a.size) })
	rest := l.waiting
	for total := len(l.padded) / blockSize; len(rest) > 0 && 2*rest[0].blocks() > total; rest = rest[1:] {
		m := &rest[0]
		sums[m.sum] = sha256.Sum256(l.padded[m.start:][:m.size])
		total -= m.blocks()
	}
	for lane := range l.count {
		rest = l.begin(lane, rest)
	}
	for blocks := l.least(); blocks > 0; blocks = l.least() {
		l.goOn(&l.state[0], &l.padded[0], &l.at[0], blocks)
		for lane, left := range l.left[:l.count] {
			if left == 0 {
				continue
			}
			l.at[lane] += blockSize * blocks
			if l.left[lane] = left - blocks; left == blocks {
				l.end(lane, sums)
				rest = l.begin(lane, rest)
			}
		}
	}
	l.padded, l.waiting = l.padded[:0], l.waiting[:0]
}

// begin gives a lane the first of the messages, if any, and returns the others. An idle
// lane goes over any memory, which is that of the first messages.
func (l *lanes) begin(lane int, rest []message) []message {
	l.at[lane], l.left[lane] = 0, 0
	if len(rest) == 0 {
		return nil
	}
	m := &rest[0]
	l.at[lane], l.left[lane], l.of[lane] = m.start, m.blocks(), m.sum
	for i, v := range initial {
		l.state[most*i+lane] = v
	}
	return rest[1:]
}

// least returns how many blocks all lanes can go on that are not idle; 0 if all are.
func (l *lanes) least() int {
	least := math.MaxInt
	for _, left := range l.left[:l.count] {
		if left > 0 {
			least = min(least, left)
		}
	}
	if least == math.MaxInt {
		return 0
	}
	return min(least, mostBlocks)
}

// end writes the sum of a lane.
func (l *lanes) end(lane int, sums [][Size]byte) {
	sum := &sums[l.of[lane]]
	for i := range initial {
		binary.BigEndian.PutUint32(sum[4*i:], l.state[most*i+lane])
	}
}
