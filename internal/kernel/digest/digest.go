// Package digest sums many messages by SHA-256, on a processor without instructions for
// it several times faster than one after the other.
//
// # In and out
//
// In go messages, copies of which a [Queue] collects; out come their sums, in order, the
// same on every processor. A Queue belongs to one goroutine at a time. It holds up to
// 320 KB of messages and 32 bytes for each that was added since the last [Queue.Sums].
//
// # Method
//
// The rounds of SHA-256 (FIPS 180-4) wait for each other, so that one message cannot make
// use of wide registers. Sixteen can with AVX-512, and eight with AVX2: each has a lane
// of 32 bits, and where one ends another begins (Gueron and Krasnov, Simultaneous hashing
// of multiple messages, 2012). All other cases are left to crypto/sha256: the portable
// level, processors with instructions for SHA-256, long messages, since with few of them
// the lanes stay empty, and one that is longer than all others together.
package digest

import "crypto/sha256"

// Size is the number of bytes of a sum.
const Size = sha256.Size

// Queue collects messages to be summed together.
type Queue struct {
	sums [][Size]byte
	lanes
}

// NewQueue returns an empty queue.
func NewQueue() *Queue { return &Queue{lanes: newLanes()} }

// Add adds a message, which it does not keep.
func (q *Queue) Add(message []byte) {
	at := len(q.sums)
	q.sums = append(q.sums, [Size]byte{})
	if len(message) > longest || !q.takes() {
		q.sums[at] = sha256.Sum256(message)
		return
	}
	if q.isFull() {
		q.sum(q.sums)
	}
	q.add(message, at)
}

// Sums returns the sums of all messages added since the last call, in order. They may be
// read until the next Add.
func (q *Queue) Sums() [][Size]byte {
	q.sum(q.sums)
	sums := q.sums
	q.sums = q.sums[:0]
	return sums
}

// longest is the number of bytes of a message up to which it waits for others.
const longest = 64 << 10
