package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func edgesAVX512() {
	TEXT("edgesAVX512", NOSPLIT, "func(dst *uint32, words *uint64, n int) int")
	Doc("edgesAVX512 is Edges for n words, at least one.")
	Pragma("noescape")
	dst := Load(Param("dst"), GP64()).(GPVirtual)
	words := Load(Param("words"), GP64())
	n := Load(Param("n"), GP64())
	places := GLOBL("places", RODATA|NOPTR)
	for i := range 64 {
		DATA(4*i, U32(uint32(i)))
	}
	var index [4]VecVirtual
	for i := range index {
		index[i] = ZMM()
		VMOVDQU32(places.Offset(64*i), index[i])
	}
	step, r := ZMM(), GP32()
	MOVL(U32(64), r)
	VPBROADCASTD(r, step)
	last := GP64()
	XORL(last.As32(), last.As32())

	Label("loop")
	w, t := GP64(), GP64()
	MOVQ(Mem{Base: words}, w)
	LEAQ(Mem{Base: last, Index: w, Scale: 2}, t)
	MOVQ(w, last)
	SHRQ(U8(63), last)
	XORQ(w, t)
	Comment("16 bits at a time; the store writes 16 places, of which as many count as there are bits.")
	for i, v := range index {
		k, found, count := K(), ZMM(), GP32()
		KMOVW(t.As32(), k)
		MOVWLZX(t.As16(), count)
		POPCNTL(count, count)
		VPCOMPRESSD_Z(v, k, found)
		VMOVDQU32(found, Mem{Base: dst})
		LEAQ(Mem{Base: dst, Index: count.As64(), Scale: 4}, dst)
		if i < len(index)-1 {
			SHRQ(U8(16), t)
		}
		VPADDD(step, v, v)
	}
	ADDQ(U8(8), words)
	DECQ(n)
	JNE(LabelRef("loop"))

	begin := Load(Param("dst"), GP64())
	SUBQ(begin, dst)
	SHRQ(U8(2), dst)
	Store(dst, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

func edgesAVX2() {
	TEXT("edgesAVX2", NOSPLIT, "func(dst *uint32, words *uint64, n int) int")
	Doc("edgesAVX2 is Edges for n words, at least one.")
	Pragma("noescape")
	dst := Load(Param("dst"), GP64()).(GPVirtual)
	words := Load(Param("words"), GP64())
	n := Load(Param("n"), GP64())
	table := GP64()
	LEAQ(placesInByte(), table)
	base, step, r := YMM(), YMM(), GP32()
	VPXOR(base, base, base)
	MOVL(U32(8), r)
	VMOVD(r, step.AsX())
	VPBROADCASTD(step.AsX(), step)
	last := GP64()
	XORL(last.As32(), last.As32())

	Label("loop")
	w, t := GP64(), GP64()
	MOVQ(Mem{Base: words}, w)
	LEAQ(Mem{Base: last, Index: w, Scale: 2}, t)
	MOVQ(w, last)
	SHRQ(U8(63), last)
	XORQ(w, t)
	Comment("8 bits at a time; the store writes 8 places, of which as many count as there are bits.")
	for i := range 8 {
		set, count, found := GP64(), GP32(), YMM()
		MOVBLZX(t.As8(), set.As32())
		POPCNTL(set.As32(), count)
		VPMOVZXBD(Mem{Base: table, Index: set, Scale: 8}, found)
		VPADDD(base, found, found)
		VMOVDQU(found, Mem{Base: dst})
		LEAQ(Mem{Base: dst, Index: count.As64(), Scale: 4}, dst)
		VPADDD(step, base, base)
		if i < 7 {
			SHRQ(U8(8), t)
		}
	}
	ADDQ(U8(8), words)
	DECQ(n)
	JNE(LabelRef("loop"))

	begin := Load(Param("dst"), GP64())
	SUBQ(begin, dst)
	SHRQ(U8(2), dst)
	Store(dst, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// placesInByte is a table of the places of the bits set in each byte, and zeros behind.
func placesInByte() Mem {
	m := GLOBL("placesInByte", RODATA|NOPTR)
	for set := range 256 {
		var places uint64
		for bit, n := 0, 0; bit < 8; bit++ {
			if set>>bit&1 != 0 {
				places |= uint64(bit) << (8 * n)
				n++
			}
		}
		DATA(8*set, U64(places))
	}
	return m
}
