package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// quads4Of fills every eight bytes of a new YMM with x.
func quads4Of(x uint64) VecVirtual {
	v, r := YMM(), GP64()
	MOVQ(U64(x), r)
	VMOVQ(r, v.AsX())
	VPBROADCASTQ(v.AsX(), v)
	return v
}

// quads4In is quads4Of in memory, for there are no more than 16 registers.
func quads4In(name string, x uint64) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(x))
	}
	return m
}

// A factor is a multiplier of 64-bit numbers, whole and its upper half.
type factor struct{ whole, upper VecVirtual }

func newFactor(x uint64) factor { return factor{quads4Of(x), quads4Of(x >> 32)} }

// mul multiplies x modulo 2^64, for which AVX2 has no instruction: both halves of
// x by the lower half of the factor, and the lower half of x by the upper one.
func (f factor) mul(x VecVirtual) {
	t, u := YMM(), YMM()
	VPSRLQ(U8(32), x, t)
	VPMULUDQ(f.whole, t, t)
	VPMULUDQ(f.upper, x, u)
	VPADDQ(u, t, t)
	VPSLLQ(U8(32), t, t)
	VPMULUDQ(f.whole, x, x)
	VPADDQ(t, x, x)
}

// xorShift is x ^= x >> n.
func xorShift(n uint8, x VecVirtual) {
	t := YMM()
	VPSRLQ(U8(n), x, t)
	VPXOR(t, x, x)
}

// mix4 is Mix without its addition.
func mix4(first, second factor, x VecVirtual) {
	xorShift(30, x)
	first.mul(x)
	xorShift(27, x)
	second.mul(x)
	xorShift(31, x)
}

func hashTokensAVX2(longest Mem) {
	TEXT("hashTokensAVX2", NOSPLIT, "func(dst *uint64, text *byte, size int, edges *uint32, n int) int")
	Doc("hashTokensAVX2 is as hashTokensAVX512 with four tokens at a time.")
	var (
		golden                Mem
		weight, first, second factor
	)
	fourTokens(longest, func() {
		golden = quads4In("golden", addend)
		weight, first, second = newFactor(weightOfUpper), newFactor(firstFactor), newFactor(secondFactor)
	}, func(lo, hi VecVirtual) VecVirtual {
		weight.mul(hi)
		VPADDQ(golden, lo, lo)
		VPADDQ(hi, lo, lo)
		mix4(first, second, lo)
		return lo
	})
}

// fourTokens is eightTokens for four.
func fourTokens(longest Mem, before func(), hash func(lo, hi VecVirtual) VecVirtual) {
	Pragma("noescape")
	dst := Load(Param("dst"), GP64())
	text := Load(Param("text"), GP64())
	limit := Load(Param("size"), GP64())
	edges := Load(Param("edges"), GP64())
	n := Load(Param("n"), GP64())
	Comment("A token must start at or before limit, which is negative in a text of less than 16 bytes.")
	SUBQ(U8(16), limit)
	c64, c128 := quads4Of(64), quads4Of(128)
	before()

	Label("loop")
	SUBQ(U8(4), n)
	JLT(LabelRef("done"))
	e, size, t := YMM(), YMM(), YMM()
	VMOVDQU(Mem{Base: edges}, e)
	VPSRLQ(U8(32), e, size)
	VPSLLQ(U8(32), e, t)
	VPSRLQ(U8(32), t, t)
	VPSUBQ(t, size, size)
	Comment("A size below zero is one too long: VTESTPD looks at the highest bits.")
	VPCMPGTQ(longest, size, t)
	VPOR(size, t, t)
	VTESTPD(t, t)
	JNE(LabelRef("done"))
	Comment("Every start counts, not only the last: see hashTokensAVX512.")
	var at [4]GPVirtual
	for i := range at {
		at[i] = GP64()
		MOVL(Mem{Base: edges, Disp: 8 * i}, at[i].As32())
		CMPQ(at[i], limit)
		JGT(LabelRef("done"))
	}
	var pairs [2]VecVirtual
	for odd := range pairs {
		v := YMM()
		VMOVDQU(Mem{Base: text, Index: at[odd], Scale: 1}, v.AsX())
		VINSERTI128(U8(1), Mem{Base: text, Index: at[odd+2], Scale: 1}, v, v)
		pairs[odd] = v
	}
	lo, hi := YMM(), YMM()
	VPUNPCKLQDQ(pairs[1], pairs[0], lo)
	VPUNPCKHQDQ(pairs[1], pairs[0], hi)
	Comment("Keep the token's bytes: shifts saturate at 0 and give 0 from 64 on.")
	VPSLLQ(U8(3), size, size)
	VPSUBUSW(size, c64, t)
	VPSLLVQ(t, lo, lo)
	VPSRLVQ(t, lo, lo)
	VPSUBUSW(size, c128, t)
	VPSLLVQ(t, hi, hi)
	VPSRLVQ(t, hi, hi)
	VMOVDQU(hash(lo, hi), Mem{Base: dst})
	ADDQ(U8(32), dst)
	ADDQ(U8(32), edges)
	JMP(LabelRef("loop"))

	Label("done")
	begin := Load(Param("dst"), GP64())
	SUBQ(begin, dst)
	SHRQ(U8(3), dst)
	Store(dst, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
