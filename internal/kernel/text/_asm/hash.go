package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// mixer holds the multipliers of Mix; the first addend is the caller's.
type mixer struct{ first, second VecVirtual }

// The constants of Mix and HashToken.
const (
	addend        = 0x9E3779B97F4A7C15
	firstFactor   = 0xBF58476D1CE4E5B9
	secondFactor  = 0x94D049BB133111EB
	weightOfUpper = 0xC2B2AE3D27D4EB4F
)

func newMixer() mixer {
	return mixer{quadsOf(firstFactor), quadsOf(secondFactor)}
}

// mix is Mix without its addition.
func (m mixer) mix(x VecVirtual) {
	t := ZMM()
	VPSRLQ(U8(30), x, t)
	VPXORQ(t, x, x)
	VPMULLQ(m.first, x, x)
	VPSRLQ(U8(27), x, t)
	VPXORQ(t, x, x)
	VPMULLQ(m.second, x, x)
	VPSRLQ(U8(31), x, t)
	VPXORQ(t, x, x)
}

func hashTokensAVX512() {
	TEXT("hashTokensAVX512", NOSPLIT, "func(dst *uint64, text *byte, size int, edges *uint32, n int) int")
	Doc("hashTokensAVX512 is HashTokens with the seed 0 for n tokens of a text of size bytes, as far as it comes: it stops before eight",
		"tokens of which one is longer than 16 bytes or starts within the last 15 bytes of text, and before the last n%8, and returns",
		"the number done.")
	var (
		m              mixer
		weight, golden VecVirtual
	)
	eightTokens(func() {
		weight, golden = quadsOf(weightOfUpper), quadsOf(addend)
		m = newMixer()
	}, func(lo, hi VecVirtual) VecVirtual {
		VPMULLQ(weight, hi, hi)
		VPADDQ(golden, lo, lo)
		VPADDQ(hi, lo, lo)
		m.mix(lo)
		return lo
	})
}

// eightTokens writes the body of a function that hashes tokens, eight at a time, of
// their lower and upper eight bytes. before comes before the loop.
func eightTokens(before func(), hash func(lo, hi VecVirtual) VecVirtual) {
	Pragma("noescape")
	dst := Load(Param("dst"), GP64())
	text := Load(Param("text"), GP64())
	limit := Load(Param("size"), GP64())
	edges := Load(Param("edges"), GP64())
	n := Load(Param("n"), GP64())
	Comment("A token must start at or before limit, which is negative in a text of less than 16 bytes.")
	SUBQ(U8(16), limit)
	lastStart := ZMM()
	VPBROADCASTQ(limit, lastStart)
	ones, start32 := quadsOf(1<<64-1), quadsOf(1<<32-1)
	c16, c64, c128 := quadsOf(16), quadsOf(64), quadsOf(128)
	before()

	Label("loop")
	SUBQ(U8(8), n)
	JLT(LabelRef("done"))
	e, start, size := ZMM(), ZMM(), ZMM()
	VMOVDQU64(Mem{Base: edges}, e)
	VPANDQ(start32, e, start)
	VPSRLQ(U8(32), e, size)
	VPSUBQ(start, size, size)
	Comment("Every start counts, not only the last, and a size below zero is one too long: nothing is read outside",
		"text, whatever the caller took for tokens.")
	tooLong, tooLate := K(), K()
	VPCMPUQ(Imm(6), c16, size, tooLong)
	VPCMPQ(Imm(6), lastStart, start, tooLate)
	KORTESTB(tooLate, tooLong)
	JNE(LabelRef("done"))
	Comment("The tokens' first 16 bytes, those with even numbers apart from those with odd ones. This is loads of",
		"single registers since gathers are slow where processors are guarded against Downfall.")
	var pairs [2]VecVirtual
	for odd := range pairs {
		v := ZMM()
		for lane := range 4 {
			at := GP64()
			MOVL(Mem{Base: edges, Disp: 8 * (2*lane + odd)}, at.As32())
			token := Mem{Base: text, Index: at, Scale: 1}
			if lane == 0 {
				VMOVDQU(token, v.AsX())
			} else {
				VINSERTI64X2(U8(uint8(lane)), token, v, v)
			}
		}
		pairs[odd] = v
	}
	lo, hi := ZMM(), ZMM()
	VPUNPCKLQDQ(pairs[1], pairs[0], lo)
	VPUNPCKHQDQ(pairs[1], pairs[0], hi)
	Comment("Keep the token's bytes: shifts saturate at 0 and give 0 from 64 on.")
	VPSLLQ(U8(3), size, size)
	shift := ZMM()
	VPSUBUSW(size, c64, shift)
	VPSRLVQ(shift, ones, shift)
	VPANDQ(shift, lo, lo)
	shift = ZMM()
	VPSUBUSW(size, c128, shift)
	VPSRLVQ(shift, ones, shift)
	VPANDQ(shift, hi, hi)
	VMOVDQU64(hash(lo, hi), Mem{Base: dst})
	ADDQ(U8(64), dst)
	ADDQ(U8(64), edges)
	JMP(LabelRef("loop"))

	Label("done")
	begin := Load(Param("dst"), GP64())
	SUBQ(begin, dst)
	SHRQ(U8(3), dst)
	Store(dst, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
