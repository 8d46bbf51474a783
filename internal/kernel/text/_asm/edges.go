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
	last, base := GP64(), GP32()
	XORL(last.As32(), last.As32())
	XORL(base, base)

	Label("loop")
	w, t, count, out := GP64(), GP64(), GP64(), GP64()
	MOVQ(Mem{Base: words}, w)
	LEAQ(Mem{Base: last, Index: w, Scale: 2}, t)
	MOVQ(w, last)
	SHRQ(U8(63), last)
	XORQ(w, t)
	POPCNTQ(t, count)
	MOVQ(dst, out)
	LEAQ(Mem{Base: dst, Index: count, Scale: 4}, dst)
	places := func(n int) {
		for i := range n {
			at := GP64()
			TZCNTQ(t, at)
			BLSRQ(t, t)
			ADDL(base, at.As32())
			MOVL(at.As32(), Mem{Base: out, Disp: 4 * i})
		}
		ADDQ(U8(4*n), out)
	}
	Comment("So many places, whether there are as many bits or not, that it is rarely worth a branch.")
	places(16)
	Label("more")
	CMPQ(out, dst)
	JAE(LabelRef("next"))
	places(8)
	JMP(LabelRef("more"))
	Label("next")
	ADDL(U8(64), base)
	ADDQ(U8(8), words)
	DECQ(n)
	JNE(LabelRef("loop"))

	begin := Load(Param("dst"), GP64())
	SUBQ(begin, dst)
	SHRQ(U8(2), dst)
	Store(dst, ReturnIndex(0))
	RET()
}
