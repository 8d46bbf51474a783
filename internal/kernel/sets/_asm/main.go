// Command _asm writes the assembly of package sets.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!purego")
	overlapAVX512()
	overlapAVX2()
	matchAVX512()
	matchAVX2()
	prefetch()
	Generate()
}

// doc writes what both versions promise.
func doc(name string) {
	Doc(name+" counts the values that two sorted sets share, or returns early with fewer",
		"than need. It reads na and nb values, at least one of each, and nothing beyond;",
		"need is at least 0 and at most na and nb.")
	Pragma("noescape")
}

// side is one of the two sets: where the next value is and where the set ends.
type side struct {
	at, end GPVirtual
	last    GPVirtual // the last place of a whole block
	bound   GPVirtual // end - 8*need: see giveUp
}

// merger holds the state that both versions share. The shared values found so
// far are counted as a number that falls by 8 for each, so that one LEA adds it
// to an address.
type merger struct {
	a, b side
	n8   GPVirtual // -8 times the values found
}

// load reads the arguments. blockA and blockB are the bytes of a block.
func load(blockA, blockB int) merger {
	m := merger{n8: GP64()}
	need := Load(Param("need"), GP64()).(GPVirtual)
	for _, s := range []struct {
		side     *side
		ptr, len string
		block    int
	}{{&m.a, "a", "na", blockA}, {&m.b, "b", "nb", blockB}} {
		s.side.at = Load(Param(s.ptr), GP64()).(GPVirtual)
		n := Load(Param(s.len), GP64()).(GPVirtual)
		s.side.end, s.side.last, s.side.bound = GP64(), GP64(), GP64()
		LEAQ(Mem{Base: s.side.at, Index: n, Scale: 8}, s.side.end)
		LEAQ(Mem{Base: s.side.end, Disp: -s.block}, s.side.last)
		SUBQ(need, n)
		LEAQ(Mem{Base: s.side.at, Index: n, Scale: 8}, s.side.bound)
	}
	XORQ(m.n8, m.n8)
	return m
}

// giveUp jumps to done if what is left of a set cannot fill the gap to need:
//
//	n + (end-at)/8 < need, or at - 8n > end - 8 need
//
// n8 is the register that holds -8n/scale.
func (m merger) giveUp(n GPVirtual, scale uint8, done string) {
	for _, s := range []side{m.a, m.b} {
		reach := GP64()
		LEAQ(Mem{Base: s.at, Index: n, Scale: scale}, reach)
		CMPQ(reach, s.bound)
		JGT(LabelRef(done))
	}
}

// wholeBlocks jumps to other unless a whole block of each set is left.
func (m merger) wholeBlocks(other string) {
	for _, s := range []side{m.a, m.b} {
		CMPQ(s.at, s.last)
		JHI(LabelRef(other))
	}
}

// advance moves on, without a branch, the set whose block ends with the smaller
// value, or both if the values are equal.
func (m merger) advance(lastA, lastB, nextA, nextB Mem) {
	va, vb, na, nb := GP64(), GP64(), GP64(), GP64()
	MOVQ(lastA, va)
	MOVQ(lastB, vb)
	LEAQ(nextA, na)
	LEAQ(nextB, nb)
	CMPQ(va, vb)
	CMOVQLS(na, m.a.at)
	CMOVQCC(nb, m.b.at)
}

// rest returns the number of values left of s, block at most; it jumps to done if
// there is none.
func (s side) rest(block GPVirtual, done string) GPVirtual {
	n := GP64()
	MOVQ(s.end, n)
	SUBQ(s.at, n)
	JLS(LabelRef(done))
	SHRQ(Imm(3), n)
	CMPQ(n, block)
	CMOVQHI(block, n)
	return n
}

func (m merger) result() {
	NEGQ(m.n8)
	SARQ(Imm(3), m.n8)
	Store(m.n8, ReturnIndex(0))
}

// overlapAVX512 compares 8 values of a with 8 of b at once: each of b's is
// broadcast from memory, which costs no shuffle, and each comparison keeps only
// the lanes of a that none before it has met.
func overlapAVX512() {
	TEXT("overlapAVX512", NOSPLIT, "func(a, b *uint64, na, nb, need int) int")
	doc("overlapAVX512")
	m := load(64, 64)
	const notEqual = 4

	Label("blocks")
	m.wholeBlocks("rest")
	PREFETCHT0(Mem{Base: m.a.at, Disp: 256})
	PREFETCHT0(Mem{Base: m.b.at, Disp: 256})
	va := ZMM()
	VMOVDQU64(Mem{Base: m.a.at}, va)
	missed := [2]OpmaskVirtual{K(), K()}
	for i := range 8 {
		b, k := Mem{Base: m.b.at, Disp: 8 * i}, missed[i/4]
		if i%4 == 0 {
			VPCMPQ_BCST(Imm(notEqual), b, va, k)
		} else {
			VPCMPQ_BCST(Imm(notEqual), b, va, k, k)
		}
	}
	KANDB(missed[0], missed[1], missed[0])
	count := GP64()
	KMOVB(missed[0], count.As32())
	m.advance(Mem{Base: m.a.at, Disp: 56}, Mem{Base: m.b.at, Disp: 56},
		Mem{Base: m.a.at, Disp: 64}, Mem{Base: m.b.at, Disp: 64})
	POPCNTL(count.As32(), count.As32())
	LEAQ(Mem{Base: m.n8, Index: count, Scale: 8, Disp: -64}, m.n8)
	m.giveUp(m.n8, 1, "done")
	JMP(LabelRef("blocks"))

	// Fewer than 8 values are left of one set. Missing lanes of a are masked out,
	// those of b repeat its last value.
	Label("rest")
	eight, ones := GP64(), GP64()
	MOVL(U32(8), eight.As32())
	MOVL(U32(0xff), ones.As32())
	Label("partial")
	na := m.a.rest(eight, "done")
	nb := m.b.rest(eight, "done")
	ka, kb, bits := K(), K(), GP64()
	BZHIQ(na, ones, bits)
	KMOVB(bits.As32(), ka)
	BZHIQ(nb, ones, bits)
	KMOVB(bits.As32(), kb)
	pa, vb := ZMM(), ZMM()
	VMOVDQU64_Z(Mem{Base: m.a.at}, ka, pa)
	VPBROADCASTQ(Mem{Base: m.b.at, Index: nb, Scale: 8, Disp: -8}, vb)
	VMOVDQU64(Mem{Base: m.b.at}, kb, vb)
	VPCMPQ(Imm(notEqual), vb, pa, ka, ka)
	for i := range 7 {
		turned := ZMM()
		VALIGNQ(Imm(uint64(i+1)), vb, vb, turned)
		VPCMPQ(Imm(notEqual), turned, pa, ka, ka)
	}
	count = GP64()
	KMOVB(ka, count.As32())
	POPCNTL(count.As32(), count.As32())
	SUBQ(na, count)
	LEAQ(Mem{Base: m.n8, Index: count, Scale: 8}, m.n8)
	m.advance(Mem{Base: m.a.at, Index: na, Scale: 8, Disp: -8}, Mem{Base: m.b.at, Index: nb, Scale: 8, Disp: -8},
		Mem{Base: m.a.at, Index: na, Scale: 8}, Mem{Base: m.b.at, Index: nb, Scale: 8})
	m.giveUp(m.n8, 1, "done")
	JMP(LabelRef("partial"))

	Label("done")
	VZEROUPPER()
	m.result()
	RET()
}

// overlapAVX2 compares 8 values of a, in two registers, with 4 of b.
func overlapAVX2() {
	TEXT("overlapAVX2", NOSPLIT, "func(a, b *uint64, na, nb, need int) int")
	doc("overlapAVX2")
	m := load(64, 32)

	Label("blocks")
	m.wholeBlocks("rest")
	PREFETCHT0(Mem{Base: m.a.at, Disp: 256})
	PREFETCHT0(Mem{Base: m.b.at, Disp: 256})
	va := [2]VecVirtual{YMM(), YMM()}
	VMOVDQU(Mem{Base: m.a.at}, va[0])
	VMOVDQU(Mem{Base: m.a.at, Disp: 32}, va[1])
	var found [2]VecVirtual
	for i := range 4 {
		vb := YMM()
		VPBROADCASTQ(Mem{Base: m.b.at, Disp: 8 * i}, vb)
		for h := range found {
			if i == 0 {
				found[h] = YMM()
				VPCMPEQQ(vb, va[h], found[h])
				continue
			}
			equal := YMM()
			VPCMPEQQ(vb, va[h], equal)
			VPOR(equal, found[h], found[h])
		}
	}
	m.advance(Mem{Base: m.a.at, Disp: 56}, Mem{Base: m.b.at, Disp: 24},
		Mem{Base: m.a.at, Disp: 64}, Mem{Base: m.b.at, Disp: 32})
	// Packed to half the width, a lane that was met is four bytes of ones.
	count := GP64()
	VPACKSSDW(found[1], found[0], found[0])
	VPMOVMSKB(found[0], count.As32())
	POPCNTL(count.As32(), count.As32())
	ADDL(count.As32(), count.As32())
	SUBQ(count, m.n8)
	m.giveUp(m.n8, 1, "done")
	JMP(LabelRef("blocks"))

	// Less than a block is left of one set. Missing lanes of a are masked out, those
	// of b repeat its last value.
	Label("rest")
	four, lanes := GP64(), YMM()
	MOVL(U32(4), four.As32())
	VMOVDQU(laneNumbers(), lanes)
	Label("partial")
	na := m.a.rest(four, "done")
	nb := m.b.rest(four, "done")
	maskA, maskB, pa, vb, last := YMM(), YMM(), YMM(), YMM(), YMM()
	for _, s := range []struct {
		n    GPVirtual
		mask VecVirtual
	}{{na, maskA}, {nb, maskB}} {
		// Not MOVQ, whose old encoding among VEX instructions costs a merge with or
		// a change to the saved upper halves of registers, twice a turn.
		VMOVQ(s.n, s.mask.AsX())
		VPBROADCASTQ(s.mask.AsX(), s.mask)
		VPCMPGTQ(lanes, s.mask, s.mask)
	}
	// Both vectors may reach beyond their set into memory that is not there:
	// VPMASKMOVQ does not fault for elements that are not selected. Intel and AMD
	// promise it, and all compilers rely on it for the ends of vectorised loops.
	VPMASKMOVQ(Mem{Base: m.a.at}, maskA, pa)
	VPMASKMOVQ(Mem{Base: m.b.at}, maskB, vb)
	VPBROADCASTQ(Mem{Base: m.b.at, Index: nb, Scale: 8, Disp: -8}, last)
	VPBLENDVB(maskB, vb, last, vb)
	met := YMM()
	VPCMPEQQ(vb, pa, met)
	for i := range 3 {
		equal := YMM()
		VPERMQ(Imm([]uint64{0x39, 0x4e, 0x93}[i]), vb, equal)
		VPCMPEQQ(equal, pa, equal)
		VPOR(equal, met, met)
	}
	VPAND(maskA, met, met)
	count = GP64()
	VMOVMSKPD(met, count.As32())
	POPCNTL(count.As32(), count.As32())
	SHLL(Imm(3), count.As32())
	SUBQ(count, m.n8)
	m.advance(Mem{Base: m.a.at, Index: na, Scale: 8, Disp: -8}, Mem{Base: m.b.at, Index: nb, Scale: 8, Disp: -8},
		Mem{Base: m.a.at, Index: na, Scale: 8}, Mem{Base: m.b.at, Index: nb, Scale: 8})
	m.giveUp(m.n8, 1, "done")
	JMP(LabelRef("partial"))

	Label("done")
	VZEROUPPER()
	m.result()
	RET()
}

// laneNumbers is the constant 0, 1, 2, 3.
func laneNumbers() Mem {
	g := GLOBL("lanes", RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(i))
	}
	return g
}

// prefetch asks for every cache line that holds a part of the set: it steps from
// the beginning of the first line, not from that of the set, which would miss the
// last line of most sets.
func prefetch() {
	TEXT("prefetch", NOSPLIT, "func(p *uint64, n int)")
	Doc("prefetch asks for the cache lines of n values at p. It reads none of them.")
	Pragma("noescape")
	at := Load(Param("p"), GP64()).(GPVirtual)
	end := Load(Param("n"), GP64()).(GPVirtual)
	LEAQ(Mem{Base: at, Index: end, Scale: 8}, end)
	CMPQ(at, end)
	JCC(LabelRef("ready"))
	ANDQ(I8(-64), at)
	Label("lines")
	PREFETCHT1(Mem{Base: at})
	ADDQ(Imm(64), at)
	CMPQ(at, end)
	JCS(LabelRef("lines"))
	Label("ready")
	RET()
}
