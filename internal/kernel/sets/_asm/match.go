package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// matchDoc writes what both versions of matching promise.
func matchDoc(name, room string) {
	Doc(name+" notes at atA and atB the places of values that two sorted sets share, and returns",
		"their number n and how many values of either set it has passed. It ends when those of a",
		"are limit or more, or when less than a block is left of a set: 8 values. It reads",
		"na and nb values and writes up to limit+"+room+" places to either list.")
	Pragma("noescape")
}

// matcher walks over two sets and writes places.
type matcher struct {
	merger
	startA, startB, stop GPVirtual // where a and b begin, and the place of a to stop at
	outA, outB, n        GPVirtual
}

// loadMatcher reads the arguments.
func loadMatcher() matcher {
	m := matcher{stop: GP64(), n: GP64(), startA: GP64(), startB: GP64()}
	for _, s := range []struct {
		side     *side
		start    GPVirtual
		ptr, len string
	}{{&m.a, m.startA, "a", "na"}, {&m.b, m.startB, "b", "nb"}} {
		s.side.at = Load(Param(s.ptr), GP64()).(GPVirtual)
		n := Load(Param(s.len), GP64()).(GPVirtual)
		s.side.last = GP64()
		LEAQ(Mem{Base: s.side.at, Index: n, Scale: 8, Disp: -64}, s.side.last)
		MOVQ(s.side.at, s.start)
	}
	limit := Load(Param("limit"), GP64()).(GPVirtual)
	LEAQ(Mem{Base: m.startA, Index: limit, Scale: 8}, m.stop)
	m.outA = Load(Param("atA"), GP64()).(GPVirtual)
	m.outB = Load(Param("atB"), GP64()).(GPVirtual)
	XORQ(m.n, m.n)
	return m
}

// goOn jumps to done where matching ends.
func (m matcher) goOn(done string) {
	m.wholeBlocks(done)
	CMPQ(m.a.at, m.stop)
	JCC(LabelRef(done))
}

// place returns, in a register of 32 bits, the place of what s points at.
func place(at, start GPVirtual) GPVirtual {
	p := GP64()
	MOVQ(at, p)
	SUBQ(start, p)
	SHRQ(Imm(3), p)
	return p
}

func (m matcher) matched() {
	Store(m.n, ReturnIndex(0))
	Store(place(m.a.at, m.startA), ReturnIndex(1))
	Store(place(m.b.at, m.startB), ReturnIndex(2))
}

// matchAVX512 compares 8 values of a with 8 of b. Where some are equal, which is rare
// in most pairs, it compares the other way round too: the lanes met of either side are
// as many, and in the same order.
func matchAVX512() {
	TEXT("matchAVX512", NOSPLIT, "func(a, b *uint64, na, nb, limit int, atA, atB *uint32) (n, passedA, passedB int)")
	matchDoc("matchAVX512", "16")
	m := loadMatcher()
	lanes := YMM()
	VMOVDQU(laneNumbers32(), lanes)

	Label("blocks")
	m.goOn("done")
	PREFETCHT0(Mem{Base: m.a.at, Disp: 256})
	PREFETCHT0(Mem{Base: m.b.at, Disp: 256})
	va := ZMM()
	VMOVDQU64(Mem{Base: m.a.at}, va)
	missed := missedBy(m.b.at, va)
	KORTESTB(missed, missed)
	JCC(LabelRef("some")) // not all missed
	m.advance(Mem{Base: m.a.at, Disp: 56}, Mem{Base: m.b.at, Disp: 56},
		Mem{Base: m.a.at, Disp: 64}, Mem{Base: m.b.at, Disp: 64})
	JMP(LabelRef("blocks"))

	Label("some")
	vb := ZMM()
	VMOVDQU64(Mem{Base: m.b.at}, vb)
	missedB := missedBy(m.a.at, vb)
	for _, s := range []struct {
		missed         OpmaskVirtual
		at, start, out GPVirtual
	}{{missed, m.a.at, m.startA, m.outA}, {missedB, m.b.at, m.startB, m.outB}} {
		met, places := K(), YMM()
		KNOTB(s.missed, met)
		VPBROADCASTD(place(s.at, s.start).As32(), places)
		VPADDD(lanes, places, places)
		VPCOMPRESSD_Z(places, met, places)
		VMOVDQU(places, Mem{Base: s.out, Index: m.n, Scale: 4})
	}
	count := GP64()
	KMOVB(missed, count.As32())
	XORL(U32(0xff), count.As32())
	POPCNTL(count.As32(), count.As32())
	ADDQ(count, m.n)
	m.advance(Mem{Base: m.a.at, Disp: 56}, Mem{Base: m.b.at, Disp: 56},
		Mem{Base: m.a.at, Disp: 64}, Mem{Base: m.b.at, Disp: 64})
	JMP(LabelRef("blocks"))

	Label("done")
	VZEROUPPER()
	m.matched()
	RET()
}

// missedBy returns the lanes of v that are none of the 8 values at p.
func missedBy(p GPVirtual, v VecVirtual) OpmaskVirtual {
	const notEqual = 4
	missed := [2]OpmaskVirtual{K(), K()}
	for i := range 8 {
		value, k := Mem{Base: p, Disp: 8 * i}, missed[i/4]
		if i%4 == 0 {
			VPCMPQ_BCST(Imm(notEqual), value, v, k)
		} else {
			VPCMPQ_BCST(Imm(notEqual), value, v, k, k)
		}
	}
	KANDB(missed[0], missed[1], missed[0])
	return missed[0]
}

// matchAVX2 compares 8 values of a, in two registers, with 4 of b, and looks for each
// value of a that was met where it is among the 4.
func matchAVX2() {
	TEXT("matchAVX2", NOSPLIT, "func(a, b *uint64, na, nb, limit int, atA, atB *uint32) (n, passedA, passedB int)")
	matchDoc("matchAVX2", "8")
	m := loadMatcher()

	Label("blocks")
	m.goOn("done")
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
	met, upper := GP64(), GP64()
	VMOVMSKPD(found[0], met.As32())
	VMOVMSKPD(found[1], upper.As32())
	SHLL(Imm(4), upper.As32())
	ORL(upper.As32(), met.As32())
	JZ(LabelRef("next"))
	fromA, fromB := place(m.a.at, m.startA), place(m.b.at, m.startB)
	vb := YMM()
	VMOVDQU(Mem{Base: m.b.at}, vb)

	Label("matches")
	lane, value, hit := GP64(), YMM(), GP64()
	TZCNTL(met.As32(), lane.As32())
	VPBROADCASTQ(Mem{Base: m.a.at, Index: lane, Scale: 8}, value)
	VPCMPEQQ(value, vb, value)
	VMOVMSKPD(value, hit.As32())
	TZCNTL(hit.As32(), hit.As32())
	ADDL(fromA.As32(), lane.As32())
	ADDL(fromB.As32(), hit.As32())
	MOVL(lane.As32(), Mem{Base: m.outA, Index: m.n, Scale: 4})
	MOVL(hit.As32(), Mem{Base: m.outB, Index: m.n, Scale: 4})
	INCQ(m.n)
	BLSRL(met.As32(), met.As32())
	JNZ(LabelRef("matches"))

	Label("next")
	m.advance(Mem{Base: m.a.at, Disp: 56}, Mem{Base: m.b.at, Disp: 24},
		Mem{Base: m.a.at, Disp: 64}, Mem{Base: m.b.at, Disp: 32})
	JMP(LabelRef("blocks"))

	Label("done")
	VZEROUPPER()
	m.matched()
	RET()
}

// laneNumbers32 is the constant 0 to 7, each in 32 bits.
func laneNumbers32() Mem {
	g := GLOBL("lanes32", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(uint32(i)))
	}
	return g
}
