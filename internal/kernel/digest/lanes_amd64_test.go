//go:build amd64 && !purego

package digest

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// padded returns text as SHA-256 has it, in the slow way.
func padded(text []byte) []byte {
	p := append(append([]byte{}, text...), 0x80)
	for len(p)%64 != 56 {
		p = append(p, 0)
	}
	return binary.BigEndian.AppendUint64(p, 8*uint64(len(text)))
}

// TestKernelsStayInside runs the kernels themselves on messages between fences, at odd
// offsets of any order, with the state between fences, by one call and by two.
func TestKernelsStayInside(t *testing.T) {
	const seed = 5
	kerneltest.Levels(t, func(t *testing.T, level kernel.Level) {
		l := lanesOf(level)
		if !l.takes() {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		for blocks := 1; blocks < 20; blocks++ {
			size := 64*blocks - 9 - rng.IntN(55)
			for range 4 {
				checkKernel(t, rng, &l, size)
			}
		}
	})
}

// checkKernel gives each lane one of as many texts of a size.
func checkKernel(t *testing.T, rng *rand.Rand, l *lanes, size int) {
	t.Helper()
	blocks := len(padded(make([]byte, size))) / 64
	end, start := kerneltest.Guarded[byte](t, l.count*(64*blocks+3)-3)
	stateEnd, stateStart := kerneltest.Guarded[uint32](t, len(l.state))
	for i, data := range [][]byte{end, start} {
		state := [][]uint32{stateEnd, stateStart}[i]
		at, texts := make([]int, l.count), make([][]byte, l.count)
		for i, lane := range rng.Perm(l.count) {
			at[lane] = i * (64*blocks + 3)
			texts[lane] = randomBytes(rng, size)
			copy(data[at[lane]:], padded(texts[lane]))
			for i, v := range initial {
				state[most*i+lane] = v
			}
		}
		for i := range state {
			if i%most >= l.count {
				state[i] = 0xDEADBEEF
			}
		}
		if first := rng.IntN(blocks); first > 0 {
			l.goOn(&state[0], &data[0], &at[0], first)
			l.goOn(&state[0], &data[64*first], &at[0], blocks-first)
		} else {
			l.goOn(&state[0], &data[0], &at[0], blocks)
		}
		for lane, text := range texts {
			want := sha256.Sum256(text)
			for i := range initial {
				if got := state[most*i+lane]; got != binary.BigEndian.Uint32(want[4*i:]) {
					t.Fatalf("lane %d of %d bytes: variable %d is %x, want %x", lane, size, i, got, want)
				}
			}
		}
		for i, v := range state {
			if i%most >= l.count && v != 0xDEADBEEF {
				t.Fatalf("the state of lane %d was changed", i%most)
			}
		}
	}
}

// TestInstructions asks Linux whether the processor has instructions for SHA-256, for
// which a new queue has no lanes.
func TestInstructions(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || kernel.Best() == kernel.Portable {
		t.Skip("no processor information of Linux, or no AVX2")
	}
	_, flags, _ := strings.Cut(string(info), "\nflags")
	flags, _, _ = strings.Cut(flags, "\n")
	want := slices.Contains(strings.Fields(flags), "sha_ni")
	if got := shaInstructions(); got != want {
		t.Errorf("shaInstructions is %v, /proc/cpuinfo says %v", got, want)
	}
	kerneltest.Levels(t, func(t *testing.T, level kernel.Level) {
		if got := NewQueue().takes(); got != (!want && level > kernel.Portable) {
			t.Errorf("a new queue has lanes: %v", got)
		}
	})
}
