package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// lowerState is what both forms of Lower keep.
type lowerState struct {
	dst, src, n GPVirtual // what is left
	carry       GPVirtual // 1 after a space
}

const lowerSignature = "func(dst, src *byte, n int, afterSpace uint64) (written, read int)"

func lowerParams() lowerState {
	var s lowerState
	s.dst = Load(Param("dst"), GP64()).(GPVirtual)
	s.src = Load(Param("src"), GP64()).(GPVirtual)
	s.n = Load(Param("n"), GP64()).(GPVirtual)
	s.carry = Load(Param("afterSpace"), GP64()).(GPVirtual)
	return s
}

// stop leaves in a new register the bytes of a block that end it: those beyond
// ASCII and white space after white space.
func (s *lowerState) stop(space, beyond GPVirtual) GPVirtual {
	t := GP64()
	LEAQ(Mem{Base: s.carry, Index: space, Scale: 2}, t)
	ANDQ(space, t)
	ORQ(beyond, t)
	return t
}

// advance moves on by the number of bytes in k.
func (s *lowerState) advance(k Op) {
	ADDQ(k, s.dst)
	ADDQ(k, s.src)
	SUBQ(k, s.n)
}

// exception deals with the first bit of stop: it goes to done before a byte
// beyond ASCII, else behind the run of white space and on to loop.
func (s *lowerState) exception(stop, space, beyond GPVirtual, loop, done string) {
	k := GP64()
	TZCNTQ(stop, k)
	s.advance(k)
	BTQ(k, beyond)
	JCS(LabelRef(done))
	Comment("Behind the white space that is one too many.")
	SHRXQ(k, space, space)
	NOTQ(space)
	TZCNTQ(space, k)
	ADDQ(k, s.src)
	SUBQ(k, s.n)
	MOVQ(U32(1), s.carry)
	JMP(LabelRef(loop))
}

func (s *lowerState) results() {
	d, r := GP64(), GP64()
	Load(Param("dst"), d)
	SUBQ(d, s.dst)
	Store(s.dst, Return("written"))
	Load(Param("src"), r)
	SUBQ(r, s.src)
	Store(s.src, Return("read"))
	VZEROUPPER()
	RET()
}

func lowerAVX512() {
	TEXT("lowerAVX512", NOSPLIT, lowerSignature)
	Doc("lowerAVX512 is Lower for n bytes.")
	Pragma("noescape")
	s := lowerParams()
	blank, tab, five := bytesOf(ZMM, ' '), bytesOf(ZMM, '\t'), bytesOf(ZMM, 5)
	a, letters, toLower := bytesOf(ZMM, 'A'), bytesOf(ZMM, 26), bytesOf(ZMM, 'a'-'A')
	x, t := ZMM(), ZMM()
	space, beyond := GP64(), GP64()

	// block changes x and finds its white space and bytes beyond ASCII.
	block := func() {
		control, blanks, isSpace, high, upper := K(), K(), K(), K(), K()
		VPSUBB(tab, x, t)
		VPCMPUB(Imm(1), five, t, control)
		VPCMPEQB(blank, x, blanks)
		KORQ(control, blanks, isSpace)
		KMOVQ(isSpace, space)
		VPMOVB2M(x, high)
		KMOVQ(high, beyond)
		VPSUBB(a, x, t)
		VPCMPUB(Imm(1), letters, t, upper)
		VPADDB(toLower, x, upper, x)
		VMOVDQU8(blank, control, x)
	}

	Label("loop")
	CMPQ(s.n, U8(64))
	JLT(LabelRef("tail"))
	VMOVDQU8(Mem{Base: s.src}, x)
	block()
	Comment("dst has at least as much room as src, so the block fits though not all of it may count.")
	VMOVDQU8(x, Mem{Base: s.dst})
	stop := s.stop(space, beyond)
	TESTQ(stop, stop)
	JNE(LabelRef("stopped"))
	MOVQ(space, s.carry)
	SHRQ(U8(63), s.carry)
	ADDQ(U8(64), s.dst)
	ADDQ(U8(64), s.src)
	SUBQ(U8(64), s.n)
	JMP(LabelRef("loop"))

	Label("stopped")
	s.exception(stop, space, beyond, "loop", "done")

	Label("tail")
	TESTQ(s.n, s.n)
	JE(LabelRef("done"))
	rest := lowMask(s.n)
	VMOVDQU8_Z(Mem{Base: s.src}, rest, x)
	block()
	VMOVDQU8(x, rest, Mem{Base: s.dst})
	stop = s.stop(space, beyond)
	TESTQ(stop, stop)
	JNE(LabelRef("tailStopped"))
	s.advance(s.n)
	JMP(LabelRef("done"))
	Label("tailStopped")
	s.exception(stop, space, beyond, "loop", "done")

	Label("done")
	s.results()
}

func lowerAVX2() {
	TEXT("lowerAVX2", NOSPLIT, lowerSignature)
	Doc("lowerAVX2 is Lower for n bytes, but may also stop when fewer than 32 are left.")
	Pragma("noescape")
	s := lowerParams()
	blank, tab, four := bytesOf(YMM, ' '), bytesOf(YMM, '\t'), bytesOf(YMM, 4)
	a, letters := bytesOf(YMM, 'A'), bytesOf(YMM, 25)
	x, t, u := YMM(), YMM(), YMM()
	space, beyond := GP64(), GP64()

	Label("loop")
	CMPQ(s.n, U8(32))
	JLT(LabelRef("done"))
	VMOVDQU(Mem{Base: s.src}, x)
	VPMOVMSKB(x, beyond.As32())
	Comment("Control characters that are white space become spaces.")
	VPSUBB(tab, x, t)
	VPMINUB(four, t, u)
	VPCMPEQB(t, u, t)
	VPBLENDVB(t, blank, x, x)
	VPCMPEQB(blank, x, t)
	VPMOVMSKB(t, space.As32())
	Comment("Capitals get the bit of small letters, which is that of the space.")
	VPSUBB(a, x, t)
	VPMINUB(letters, t, u)
	VPCMPEQB(t, u, t)
	VPAND(blank, t, t)
	VPOR(t, x, x)
	VMOVDQU(x, Mem{Base: s.dst})
	stop := s.stop(space, beyond)
	Comment("stop has the bits of the block only, for those are all that space and beyond have.")
	TESTL(stop.As32(), stop.As32())
	JNE(LabelRef("stopped"))
	MOVL(space.As32(), s.carry.As32())
	SHRL(U8(31), s.carry.As32())
	ADDQ(U8(32), s.dst)
	ADDQ(U8(32), s.src)
	SUBQ(U8(32), s.n)
	JMP(LabelRef("loop"))

	Label("stopped")
	s.exception(stop, space, beyond, "loop", "done")

	Label("done")
	s.results()
}
