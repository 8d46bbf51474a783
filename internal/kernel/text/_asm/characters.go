package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Read as signed numbers, the bytes that continue a character are those below this one.
const firstOther = 0xC0

func continuingAVX2() {
	TEXT("continuingAVX2", NOSPLIT, "func(text *byte, blocks int) int")
	Doc("continuingAVX2 counts the bytes of so many blocks of 32, at least one, that continue a character.")
	Pragma("noescape")
	text := Load(Param("text"), GP64()).(GPVirtual)
	blocks := Load(Param("blocks"), GP64()).(GPVirtual)
	limit := bytesOf(YMM, firstOther)
	count := GP64()
	XORL(count.As32(), count.As32())

	Label("loop")
	x, bits := YMM(), GP64()
	VPCMPGTB(Mem{Base: text}, limit, x)
	VPMOVMSKB(x, bits.As32())
	POPCNTL(bits.As32(), bits.As32())
	ADDQ(bits, count)
	ADDQ(U8(32), text)
	DECQ(blocks)
	JNE(LabelRef("loop"))

	Store(count, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
