package sketch

import (
	"fmt"
	"math"
)

// Funcs32 are the constants of [Classic32]. The zero value has no functions: see
// [NewFuncs32].
type Funcs32 struct {
	// Both are filled up to a multiple of lanes32, so that kernels take whole
	// vectors; what the functions beyond k give is thrown away.
	a, b []uint32
	k    int
}

// lanes32 is the number of functions in the largest vector.
const lanes32 = 16

// NewFuncs32 returns k functions, 1 to [MaxPositions], whose constants a, made
// odd, and b are the upper and the lower half of what next returns. Persisted
// through signatures: never change it.
func NewFuncs32(k int, next func() uint64) Funcs32 {
	if k < 1 || k > MaxPositions {
		panic(fmt.Sprintf("sketch: %d functions", k))
	}
	room := (k + lanes32 - 1) / lanes32 * lanes32
	f := Funcs32{make([]uint32, room), make([]uint32, room), k}
	for i := range k {
		v := next()
		f.a[i], f.b[i] = uint32(v>>32)|1, uint32(v)
	}
	return f
}

// Len returns the number of functions.
func (f Funcs32) Len() int { return f.k }

// At returns the value of function i for the element x.
func (f Funcs32) At(i int, x uint64) uint32 { return f.a[i]*uint32(Mix(x)) + f.b[i] }

// Classic32 sets each dst[i] to the minimum of f.At(i, x) over the elements x of
// set; the upper half is zero. set must not be empty, and dst has one position a
// function.
func Classic32(dst, set []uint64, f Funcs32) {
	if len(dst) != f.k || f.k == 0 || len(set) == 0 {
		panic(fmt.Sprintf("sketch: %d elements, %d positions and %d functions", len(set), len(dst), f.k))
	}
	classic32(dst, set, f)
}

// chunk32 is the number of mixed elements that stay in the first-level cache
// while all functions pass over them.
const chunk32 = 512

func classic32Portable(dst, set []uint64, f Funcs32) {
	for i := range dst {
		dst[i] = math.MaxUint32
	}
	var buf [chunk32]uint32
	for len(set) > 0 {
		mixed := buf[:min(len(set), chunk32)]
		for i := range mixed {
			mixed[i] = uint32(Mix(set[i]))
		}
		set = set[len(mixed):]
		i := 0
		for ; i+2 <= len(dst); i += 2 {
			lowerTwo((*[2]uint64)(dst[i:]), (*[2]uint32)(f.a[i:]), (*[2]uint32)(f.b[i:]), mixed)
		}
		if i < len(dst) {
			// The array of constants is even, so there is a second function.
			pair := [2]uint64{dst[i], math.MaxUint32}
			lowerTwo(&pair, (*[2]uint32)(f.a[i:]), (*[2]uint32)(f.b[i:]), mixed)
			dst[i] = pair[0]
		}
	}
}

// lowerTwo runs two functions over xs. Their constants and minima stay in
// registers, and the comparison is a branch: a minimum over n elements changes
// about ln n times, so the branch is nearly always predicted, whereas an
// unsigned conditional move is two instructions on many machines.
//
// It must not be inlined: among the caller's variables, the compiler runs out of
// registers and reloads constants in the loop.
//
//go:noinline
func lowerTwo(m *[2]uint64, a, b *[2]uint32, xs []uint32) {
	a0, b0, a1, b1 := a[0], b[0], a[1], b[1]
	m0, m1 := uint32(m[0]), uint32(m[1])
	for _, x := range xs {
		h0 := a0*x + b0
		h1 := a1*x + b1
		if h0 < m0 || h1 < m1 {
			m0, m1 = min(m0, h0), min(m1, h1)
		}
	}
	m[0], m[1] = uint64(m0), uint64(m1)
}
