package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func rollAVX512() {
	TEXT("rollAVX512", NOSPLIT, "func(h *uint64, count int, weights *uint64, n int, salt uint64)")
	Doc("rollAVX512 writes count shingles of n tokens over h, with the weights of the first n-1 tokens.")
	Pragma("noescape")
	h := Load(Param("h"), GP64())
	count := Load(Param("count"), GP64()).(GPVirtual)
	weights := Load(Param("weights"), GP64())
	n := Load(Param("n"), GP64())
	salt := Load(Param("salt"), GP64())
	golden := GP64()
	MOVQ(U64(addend), golden)
	ADDQ(golden, salt)
	start := ZMM()
	VPBROADCASTQ(salt, start)
	m := newMixer()
	DECQ(n)
	k := K()
	KXNORB(k, k, k)
	sum, t, j := ZMM(), ZMM(), GP64()

	Label("loop")
	CMPQ(count, U8(8))
	JGE(LabelRef("whole"))
	TESTQ(count, count)
	JE(LabelRef("done"))
	rest := lowMask(count)
	KMOVB(rest, k)
	MOVQ(U32(8), count)
	Label("whole")
	VPADDQ_Z(Mem{Base: h, Index: n, Scale: 8}, start, k, sum)
	XORL(j.As32(), j.As32())
	CMPQ(j, n)
	JE(LabelRef("summed"))
	Label("sum")
	VMOVDQU64_Z(Mem{Base: h, Index: j, Scale: 8}, k, t)
	VPMULLQ_BCST(Mem{Base: weights, Index: j, Scale: 8}, t, t)
	VPADDQ(t, sum, sum)
	INCQ(j)
	CMPQ(j, n)
	JNE(LabelRef("sum"))
	Label("summed")
	m.mix(sum)
	VMOVDQU64(sum, k, Mem{Base: h})
	ADDQ(U8(64), h)
	SUBQ(U8(8), count)
	JMP(LabelRef("loop"))

	Label("done")
	VZEROUPPER()
	RET()
}
