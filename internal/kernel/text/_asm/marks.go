package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The two bytes of a soft hyphen, and the first of the scripts of India.
const (
	softFirst, softSecond = 0xC2, 0xAD
	indicFirst            = 0xE0
)

const (
	marksSignature = "func(text *byte, n int) (marks uint64)"
	breakSignature = "func(text *byte, n int) (at int)"
)

func marksAVX512() {
	TEXT("marksAVX512", NOSPLIT, marksSignature)
	Doc("marksAVX512 is Marks for n bytes, at least one.")
	Pragma("noescape")
	text := Load(Param("text"), GP64()).(GPVirtual)
	n := Load(Param("n"), GP64()).(GPVirtual)
	less, amp, indic := bytesOf(ZMM, '<'), bytesOf(ZMM, '&'), bytesOf(ZMM, indicFirst)
	first, second := bytesOf(ZMM, softFirst), bytesOf(ZMM, softSecond)
	var found [3]OpmaskVirtual
	for i := range found {
		found[i] = K()
		KXORQ(found[i], found[i], found[i])
	}
	x, y := ZMM(), ZMM()
	block := func() {
		k := K()
		VPCMPEQB(less, x, k)
		KORQ(k, found[0], found[0])
		k = K()
		VPCMPEQB(amp, x, k)
		KORQ(k, found[0], found[0])
		k = K()
		VPCMPEQB(first, x, k)
		VPCMPEQB(second, y, k, k)
		KORQ(k, found[1], found[1])
		k = K()
		VPCMPEQB(indic, x, k)
		KORQ(k, found[2], found[2])
	}

	Label("loop")
	CMPQ(n, U8(64))
	JLE(LabelRef("tail"))
	VMOVDQU8(Mem{Base: text}, x)
	VMOVDQU8(Mem{Base: text, Disp: 1}, y)
	block()
	ADDQ(U8(64), text)
	SUBQ(U8(64), n)
	JMP(LabelRef("loop"))

	Label("tail")
	Comment("The byte behind the last one counts as zero.")
	VMOVDQU8_Z(Mem{Base: text}, lowMask(n), x)
	DECQ(n)
	VMOVDQU8_Z(Mem{Base: text, Disp: 1}, lowMask(n), y)
	block()
	var marks [3]GPVirtual
	for i, k := range found {
		marks[i] = GP64()
		XORL(marks[i].As32(), marks[i].As32())
		KORTESTQ(k, k)
		SETNE(marks[i].As8())
	}
	storeMarks(marks)
}

// storeMarks returns marks, each 0 or 1, as bits.
func storeMarks(marks [3]GPVirtual) {
	LEAQ(Mem{Base: marks[0], Index: marks[1], Scale: 2}, marks[0])
	LEAQ(Mem{Base: marks[0], Index: marks[2], Scale: 4}, marks[0])
	Store(marks[0], Return("marks"))
	VZEROUPPER()
	RET()
}

func marksAVX2() {
	TEXT("marksAVX2", NOSPLIT, marksSignature)
	Doc("marksAVX2 is Marks for n bytes, at least 33.")
	Pragma("noescape")
	text := Load(Param("text"), GP64()).(GPVirtual)
	n := Load(Param("n"), GP64()).(GPVirtual)
	less, amp, indic := bytesOf(YMM, '<'), bytesOf(YMM, '&'), bytesOf(YMM, indicFirst)
	first, second := bytesOf(YMM, softFirst), bytesOf(YMM, softSecond)
	var found [3]VecVirtual
	for i := range found {
		found[i] = YMM()
		VPXOR(found[i], found[i], found[i])
	}
	x := YMM()
	single := func(c VecVirtual, mark int) {
		t := YMM()
		VPCMPEQB(c, x, t)
		VPOR(t, found[mark], found[mark])
	}
	block := func() {
		VMOVDQU(Mem{Base: text}, x)
		single(less, 0)
		single(amp, 0)
		single(indic, 2)
		t, u := YMM(), YMM()
		VPCMPEQB(first, x, t)
		VPCMPEQB(Mem{Base: text, Disp: 1}, second, u)
		VPAND(t, u, t)
		VPOR(t, found[1], found[1])
	}

	Label("loop")
	CMPQ(n, U8(33))
	JL(LabelRef("tail"))
	block()
	ADDQ(U8(32), text)
	SUBQ(U8(32), n)
	JMP(LabelRef("loop"))

	Label("tail")
	Comment("The last 33 bytes, some of them once more, and the last one.")
	LEAQ(Mem{Base: text, Index: n, Scale: 1, Disp: -33}, text)
	block()
	VMOVDQU(Mem{Base: text, Disp: 1}, x)
	single(less, 0)
	single(amp, 0)
	single(indic, 2)
	var marks [3]GPVirtual
	for i, v := range found {
		marks[i] = GP64()
		XORL(marks[i].As32(), marks[i].As32())
		VPTEST(v, v)
		SETNE(marks[i].As8())
	}
	storeMarks(marks)
}

func breakAVX512() {
	TEXT("breakAVX512", NOSPLIT, breakSignature)
	Doc("breakAVX512 is Break for n bytes, at least three.")
	Pragma("noescape")
	text := Load(Param("text"), GP64()).(GPVirtual)
	n := Load(Param("n"), GP64()).(GPVirtual)
	hyphen, blank := bytesOf(ZMM, '-'), bytesOf(ZMM, ' ')
	Comment("text is before the byte looked at, n the number of those that are left.")
	SUBQ(U8(2), n)
	before, x, behind := ZMM(), ZMM(), ZMM()
	k := K()
	test := func() {
		VPCMPEQB(hyphen, x, k)
		VPCMPEQB(blank, behind, k, k)
		VPCMPUB(Imm(4), blank, before, k, k)
		KORTESTQ(k, k)
	}

	Label("loop")
	CMPQ(n, U8(64))
	JLT(LabelRef("tail"))
	VMOVDQU8(Mem{Base: text}, before)
	VMOVDQU8(Mem{Base: text, Disp: 1}, x)
	VMOVDQU8(Mem{Base: text, Disp: 2}, behind)
	test()
	JNE(LabelRef("found"))
	ADDQ(U8(64), text)
	SUBQ(U8(64), n)
	JMP(LabelRef("loop"))

	Label("tail")
	rest := lowMask(n)
	VMOVDQU8_Z(Mem{Base: text}, rest, before)
	VMOVDQU8_Z(Mem{Base: text, Disp: 1}, rest, x)
	VMOVDQU8_Z(Mem{Base: text, Disp: 2}, rest, behind)
	test()
	JNE(LabelRef("found"))
	noBreak()

	Label("found")
	bits := GP64()
	KMOVQ(k, bits)
	storeBreak(text, bits)
}

// noBreak returns -1.
func noBreak() {
	none := GP64()
	MOVQ(I32(-1), none)
	Store(none, Return("at"))
	VZEROUPPER()
	RET()
}

// storeBreak returns the place of the first of bits, which stand for the bytes from
// the one behind text on.
func storeBreak(text, bits GPVirtual) {
	at, begin := GP64(), GP64()
	TZCNTQ(bits, at)
	Load(Param("text"), begin)
	SUBQ(begin, text)
	LEAQ(Mem{Base: text, Index: at, Scale: 1, Disp: 1}, at)
	Store(at, Return("at"))
	VZEROUPPER()
	RET()
}

func breakAVX2() {
	TEXT("breakAVX2", NOSPLIT, breakSignature)
	Doc("breakAVX2 is Break for n bytes, at least 34.")
	Pragma("noescape")
	text := Load(Param("text"), GP64()).(GPVirtual)
	n := Load(Param("n"), GP64()).(GPVirtual)
	hyphen, blank := bytesOf(YMM, '-'), bytesOf(YMM, ' ')
	Comment("text is before the byte looked at, n the number of those that are left.")
	SUBQ(U8(2), n)
	bits := GP64()
	test := func() {
		x, before, behind := YMM(), YMM(), YMM()
		VPCMPEQB(Mem{Base: text, Disp: 1}, hyphen, x)
		VPCMPEQB(Mem{Base: text, Disp: 2}, blank, behind)
		VPCMPEQB(Mem{Base: text}, blank, before)
		VPAND(x, behind, x)
		VPANDN(x, before, x)
		VPMOVMSKB(x, bits.As32())
		TESTL(bits.As32(), bits.As32())
		JNE(LabelRef("found"))
	}

	Label("loop")
	CMPQ(n, U8(32))
	JLT(LabelRef("tail"))
	test()
	ADDQ(U8(32), text)
	SUBQ(U8(32), n)
	JMP(LabelRef("loop"))

	Label("tail")
	Comment("The last 32, some of them once more.")
	LEAQ(Mem{Base: text, Index: n, Scale: 1, Disp: -32}, text)
	test()
	noBreak()

	Label("found")
	storeBreak(text, bits)
}
