package digest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// queueOf returns a queue with the lanes of a level, also on a processor that is faster
// without them.
func queueOf(l kernel.Level) *Queue { return &Queue{lanes: lanesOf(l)} }

// checkSums adds the messages to q and compares all sums with those of crypto/sha256.
func checkSums(tb testing.TB, q *Queue, messages [][]byte) {
	tb.Helper()
	for _, m := range messages {
		q.Add(m)
	}
	sums := q.Sums()
	if len(sums) != len(messages) {
		tb.Fatalf("%v: %d sums of %d messages", kernel.Active(), len(sums), len(messages))
	}
	for i, m := range messages {
		if want := sha256.Sum256(m); sums[i] != want {
			tb.Fatalf("%v: sum %d of %d, of %d bytes, is %x, want %x", kernel.Active(), i, len(messages), len(m), sums[i], want)
		}
	}
}

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n+7)
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:], rng.Uint64())
	}
	return b[:n]
}

// TestEveryLength has each length up to a few blocks, around the borders of padding, in
// every lane.
func TestEveryLength(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	var messages [][]byte
	for n := range 5*64 + 2 {
		messages = append(messages, randomBytes(rng, n), bytes.Repeat([]byte{0xff}, n), make([]byte, n))
	}
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		q := queueOf(l)
		for first := range 20 {
			checkSums(t, q, messages[first:])
		}
		for n := range 321 { // as many of one length as there are lanes, and one more or less
			for count := 15; count <= 17; count++ {
				checkSums(t, q, messages[3*n:min(3*n+count, len(messages))])
			}
		}
	})
}

// TestFewMessages has every number of messages up to more than there are lanes, of unlike
// lengths, of which some outweigh all others.
func TestFewMessages(t *testing.T) {
	const seed = 2
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		rng := rand.New(rand.NewPCG(seed, 0))
		q := queueOf(l)
		for count := range 40 {
			for range rounds {
				var messages [][]byte
				for range count {
					messages = append(messages, randomBytes(rng, rng.IntN(1<<rng.IntN(14))))
				}
				checkSums(t, q, messages)
			}
		}
	})
}

// TestManyAndLong goes over what a queue holds, what a message may have to wait, and what
// one call of assembly does.
func TestManyAndLong(t *testing.T) {
	const seed = 3
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		rng := rand.New(rand.NewPCG(seed, 0))
		q := queueOf(l)
		var messages [][]byte
		for _, n := range []int{longest - 1, longest, longest + 1, 3 * longest, 64*64 - 9, 64*64 - 8, 64 * 64, 64*64 + 1} {
			messages = append(messages, randomBytes(rng, n), randomBytes(rng, n))
		}
		for range 600 {
			messages = append(messages, randomBytes(rng, rng.IntN(2000)))
		}
		for range 3 {
			rng.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
			checkSums(t, q, messages)
		}
		checkSums(t, q, nil)
	})
}

// TestPublished holds the sums to those of the standard's examples.
func TestPublished(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		q := queueOf(l)
		q.Add([]byte("abc"))
		q.Add([]byte("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
		for i, want := range []uint64{0xba7816bf8f01cfea, 0x248d6a61d20638b8} {
			if got := binary.BigEndian.Uint64(q.Sums()[i][:]); got != want {
				t.Errorf("sum %d begins with %x, want %x", i, got, want)
			}
			q.Add([]byte("abc"))
			q.Add([]byte("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
		}
	})
}

// TestAddKeepsNothing overwrites each message once it is added.
func TestAddKeepsNothing(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		q := queueOf(l)
		for i := range 50 {
			text := bytes.Repeat([]byte{byte(i)}, 100)
			q.Add(text)
			clear(text)
		}
		for i, sum := range q.Sums() {
			if want := sha256.Sum256(bytes.Repeat([]byte{byte(i)}, 100)); sum != want {
				t.Fatalf("sum %d is %x, want %x", i, sum, want)
			}
		}
	})
}

func TestQueueDoesNotAllocate(t *testing.T) {
	text := bytes.Repeat([]byte("text "), 200)
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		q := queueOf(l)
		if n := testing.AllocsPerRun(5, func() {
			for i := range 600 {
				q.Add(text[i:])
			}
			q.Sums()
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// FuzzSums cuts data into messages of the lengths that cuts has, over and over.
func FuzzSums(f *testing.F) {
	rng := rand.New(rand.NewPCG(4, 0))
	for n := range 60 {
		f.Add(randomBytes(rng, n*n), randomBytes(rng, n%9))
	}
	f.Fuzz(func(t *testing.T, data, cuts []byte) {
		var messages [][]byte
		for i := 0; len(data) > 0 && len(cuts) > 0; i++ {
			n := min(int(cuts[i%len(cuts)]), len(data))
			messages, data = append(messages, data[:n]), data[n:]
			if n == 0 {
				data = data[1:]
			}
		}
		messages = append(messages, data)
		for l := kernel.Portable; l <= kernel.Best(); l++ {
			restore := kernel.Use(l)
			checkSums(t, queueOf(l), messages)
			restore()
		}
	})
}

// BenchmarkSums sums a block's worth of texts of one size.
func BenchmarkSums(b *testing.B) {
	for name, size := range map[string]int{"200 bytes": 200, "2 KB": 1900, "20 KB": 20_000, "60 KB": 60_000} {
		b.Run(name, func(b *testing.B) {
			texts := make([][]byte, 250_000/size)
			for i := range texts {
				texts[i] = make([]byte, size-i%7*size/20)
			}
			kerneltest.BenchmarkLevels(b, func(b *testing.B) {
				q := queueOf(kernel.Active())
				bytes := 0
				for b.Loop() {
					bytes = 0
					for _, text := range texts {
						q.Add(text)
						bytes += len(text)
					}
					q.Sums()
				}
				b.SetBytes(int64(bytes))
			})
		})
	}
}
