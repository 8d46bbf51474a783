// Command asm writes the assembly of the package sketch for AVX2 and AVX-512.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!purego")
	fss512()
	fss256()
	classic512()
	classic256()
	bandKeys512()
	Generate()
}

// The numbers of the Go files.
const (
	maxPositions = 1024
	chunk        = 512 // elements that are mixed at a time
	keyRow       = 0x9fb21c651e98df25
	keyBand      = 0xc2b2ae3d27d4eb4f
	finishA      = 0xff51afd7ed558ccd
	finishB      = 0xc4ceb9fe1a85ec53
	mixA         = 0xbf58476d1ce4e5b9
	mixB         = 0x94d049bb133111eb
)

// frame returns a pointer to size bytes of the frame, aligned to 64. A frame has
// no zeros to begin with, which buffers on the Go side would be filled with.
func frame(size int) reg.Register {
	Comment("Scratch memory, aligned.")
	base := GP64()
	LEAQ(AllocLocal(size+64), base)
	ADDQ(Imm(63), base)
	ANDQ(I32(-64), base)
	return base
}

// splat returns a register with v in each 64-bit lane.
func splat(v uint64) reg.VecVirtual {
	x, z := GP64(), ZMM()
	MOVQ(U64(v), x)
	VPBROADCASTQ(x, z)
	return z
}

// ones sets all bits of z.
func ones(z reg.VecVirtual) { VPTERNLOGD(U8(0xff), z, z, z) }

// lowBits returns a mask of the n lowest bits, n from 1 to 8.
func lowBits(n reg.Register) reg.Register {
	x, y, k := GP64(), GP64(), K()
	MOVQ(U32(0xff), x)
	BZHIQ(n, x, y)
	KMOVQ(y, k)
	return k
}

// mixer holds the constants of Mix.
type mixer struct{ a, b reg.VecVirtual }

func newMixer() mixer { return mixer{splat(mixA), splat(mixB)} }

// mix replaces each lane of x by its Mix.
func (m mixer) mix(x reg.Register) {
	t := ZMM()
	VPSRLQ(U8(30), x, t)
	VPXORQ(t, x, x)
	VPMULLQ(m.a, x, x)
	VPSRLQ(U8(27), x, t)
	VPXORQ(t, x, x)
	VPMULLQ(m.b, x, x)
	VPSRLQ(U8(31), x, t)
	VPXORQ(t, x, x)
}

// eights calls body for each 8 of the n elements at from, which it moves to their
// end. The last vector is filled up with fill, an element of the set, since
// repeated elements change no signature. It returns the number of elements with
// those. n is at least 1 and gets lost.
func eights(label string, from, n, fill reg.Register, body func(x reg.VecVirtual)) {
	CMPQ(n, Imm(8))
	JB(LabelRef(label + "Tail"))
	Label(label)
	x := ZMM()
	VMOVDQU64(Mem{Base: from}, x)
	body(x)
	ADDQ(Imm(64), from)
	SUBQ(Imm(8), n)
	CMPQ(n, Imm(8))
	JAE(LabelRef(label))
	TESTQ(n, n)
	JZ(LabelRef(label + "End"))
	Label(label + "Tail")
	x = ZMM()
	VMOVDQA64(fill, x)
	VMOVDQU64(Mem{Base: from}, lowBits(n), x)
	LEAQ(Mem{Base: from, Index: n, Scale: 8}, from)
	body(x)
	Label(label + "End")
}
