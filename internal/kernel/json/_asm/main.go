// Command asm writes the assembly of the package json for AVX2 and AVX-512.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!purego")
	unescape256()
	unescape512()
	utf8Blocks("utf8BlocksAVX2", avx2)
	utf8Blocks("utf8BlocksAVX512", avx512)
	Generate()
}

// vectors is what a level's registers are called.
type vectors struct {
	size int
	new  func() reg.VecVirtual
}

var (
	avx2   = vectors{32, YMM}
	avx512 = vectors{64, ZMM}
)

// splat returns a register with b in every byte.
func (v vectors) splat(b uint8) reg.VecVirtual {
	r := v.new()
	x := GP32()
	MOVL(U32(uint32(b)*0x01010101), x)
	if v.size == 64 {
		VPBROADCASTD(x, r)
		return r
	}
	VMOVD(x, r.AsX())
	VPBROADCASTD(r.AsX(), r)
	return r
}

// zero returns a register of zeros.
func (v vectors) zero() reg.VecVirtual {
	r := v.new()
	if v.size == 64 {
		VPXORQ(r, r, r)
	} else {
		VPXOR(r, r, r)
	}
	return r
}
