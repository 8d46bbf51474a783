package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const unescapeSignature = "func(dst, src []byte) (written, read int, nonASCII bool)"

// escapes is the table unescapes of unescape.go.
var escapes = map[int]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\\': '\\', '/': '/'}

func escapeTable() Mem {
	if table.Symbol.Name == "" {
		table = GLOBL("unescapesOfASCII", RODATA|NOPTR)
		for i := range 128 {
			DATA(i, U8(escapes[i]))
		}
	}
	return table
}

var table Mem

// cursor is where the copy stands.
type cursor struct {
	dst, src reg.GPVirtual // the next byte
	left     reg.GPVirtual // bytes of src
	seen     reg.GPVirtual // the highest bits of the bytes before stops
	table    reg.GPVirtual
}

func newCursor() cursor {
	c := cursor{GP64(), GP64(), GP64(), GP64(), GP64()}
	Load(Param("dst").Base(), c.dst)
	Load(Param("src").Base(), c.src)
	Load(Param("src").Len(), c.left)
	XORQ(c.seen, c.seen)
	LEAQ(escapeTable(), c.table)
	return c
}

// step moves over n bytes that were copied.
func (c cursor) step(n Op) {
	ADDQ(n, c.dst)
	ADDQ(n, c.src)
	SUBQ(n, c.left)
}

// escape copies the two-byte escape that the next byte begins and goes to loop,
// or to done if it begins none. The next byte must be there if left is not 0.
func (c cursor) escape(loop, done string) {
	b := GP32()
	CMPQ(c.left, U8(2))
	JB(LabelRef(done))
	CMPB(Mem{Base: c.src}, U8('\\'))
	JNE(LabelRef(done))
	MOVBLZX(Mem{Base: c.src, Disp: 1}, b)
	CMPL(b, U32(128))
	JAE(LabelRef(done))
	MOVBLZX(Mem{Base: c.table, Index: b.As64(), Scale: 1}, b)
	TESTL(b, b)
	JZ(LabelRef(done))
	MOVB(b.As8(), Mem{Base: c.dst})
	INCQ(c.dst)
	ADDQ(U8(2), c.src)
	SUBQ(U8(2), c.left)
	JMP(LabelRef(loop))
}

// results stores what the function returns; more holds highest bits, too.
func (c cursor) results(more func()) {
	more()
	base := GP64()
	Load(Param("dst").Base(), base)
	SUBQ(base, c.dst)
	Store(c.dst, ReturnIndex(0))
	Load(Param("src").Base(), base)
	SUBQ(base, c.src)
	Store(c.src, ReturnIndex(1))
	b := GP8()
	TESTQ(c.seen, c.seen)
	SETNE(b)
	Store(b, ReturnIndex(2))
	VZEROUPPER()
	RET()
}

func unescape512() {
	TEXT("unescapeAVX512", NOSPLIT, unescapeSignature)
	Pragma("noescape")
	Doc("unescapeAVX512 is Unescape.")
	c := newCursor()
	quote, backslash, space := avx512.splat('"'), avx512.splat('\\'), avx512.splat(' ')
	seen, v := avx512.zero(), ZMM()
	stop, control, rest := K(), K(), K()

	compare := func() {
		k := K()
		VPCMPEQB(quote, v, stop)
		VPCMPEQB(backslash, v, k)
		VPCMPUB(U8(1), space, v, control) // less than
		KORQ(k, stop, stop)
	}

	Label("loop")
	CMPQ(c.left, U8(64))
	JB(LabelRef("tail"))
	VMOVDQU8(Mem{Base: c.src}, v)
	VMOVDQU8(v, Mem{Base: c.dst})
	compare()
	KORTESTQ(control, stop)
	JNZ(LabelRef("stop"))
	VPORQ(v, seen, seen)
	c.step(Imm(64))
	JMP(LabelRef("loop"))

	Comment("The bytes behind the end are read as zeros, which are control characters.")
	Label("tail")
	mask := GP64()
	MOVQ(I64(-1), mask)
	BZHIQ(c.left, mask, mask)
	KMOVQ(mask, rest)
	VMOVDQU8_Z(Mem{Base: c.src}, rest, v)
	VMOVDQU8(v, rest, Mem{Base: c.dst})
	compare()

	Label("stop")
	KORQ(control, stop, stop)
	n, high := GP64(), GP64()
	KMOVQ(stop, n)
	TZCNTQ(n, n)
	VPMOVB2M(v, stop)
	KMOVQ(stop, high)
	BZHIQ(n, high, high)
	ORQ(high, c.seen)
	c.step(n)
	c.escape("loop", "done")

	Label("done")
	c.results(func() {
		VPMOVB2M(seen, stop)
		KMOVQ(stop, high)
		ORQ(high, c.seen)
	})
}

func unescape256() {
	TEXT("unescapeAVX2", NOSPLIT, unescapeSignature)
	Pragma("noescape")
	Doc("unescapeAVX2 is Unescape, but may stop anywhere in the last 31 bytes of src.")
	c := newCursor()
	quote, backslash, control := avx2.splat('"'), avx2.splat('\\'), avx2.splat(0x1f)
	seen, v, a, b := avx2.zero(), YMM(), YMM(), YMM()
	n, high := GP64(), GP64()

	Label("loop")
	CMPQ(c.left, U8(32))
	JB(LabelRef("done"))
	VMOVDQU(Mem{Base: c.src}, v)
	VMOVDQU(v, Mem{Base: c.dst})
	VPCMPEQB(quote, v, a)
	VPCMPEQB(backslash, v, b)
	VPOR(b, a, a)
	VPMINUB(control, v, b)
	VPCMPEQB(b, v, b)
	VPOR(b, a, a)
	VPMOVMSKB(a, n.As32())
	TESTL(n.As32(), n.As32())
	JNZ(LabelRef("stop"))
	VPOR(v, seen, seen)
	c.step(Imm(32))
	JMP(LabelRef("loop"))

	Label("stop")
	TZCNTL(n.As32(), n.As32())
	VPMOVMSKB(v, high.As32())
	BZHIQ(n, high, high)
	ORQ(high, c.seen)
	c.step(n)
	c.escape("loop", "done")

	Label("done")
	c.results(func() {
		VPMOVMSKB(seen, high.As32())
		ORQ(high, c.seen)
	})
}
