package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The frame of fssAVX512.
const (
	offValues = 0                          // least value of each bin in the round that reached it
	offMixed  = offValues + 8*maxPositions // mixed elements of a chunk
	offHits   = offMixed + 8*chunk         // values: of a chunk, or those that hit an open bin and a vector beyond
	offPlaces = offHits + 8*chunk + 64     // addresses of the bins' values, in the first round
	fssFrame  = offPlaces + 8*chunk
)

// round is a pointer to a Round and its constants in all lanes.
type round struct {
	p    reg.GPVirtual
	a, b reg.VecVirtual
}

func (r round) load() {
	VPBROADCASTQ(Mem{Base: r.p}, r.a)
	VPBROADCASTQ(Mem{Base: r.p, Disp: offB}, r.b)
}

// The fields of a Round after the first, and its size.
const (
	offB       = 8
	offInverse = 16
	roundSize  = 24
)

// value returns the values of the mixed elements y.
func (r round) value(y reg.Register) reg.VecVirtual {
	u := ZMM()
	VPMULLQ(r.a, y, u)
	VPADDQ(r.b, u, u)
	return u
}

func fss512() {
	TEXT("fssAVX512", 0, "func(dst []uint64, set []uint64, rounds *uint64, open *[16]uint64) (left int)")
	Doc("fssAVX512 is FSS but for the last k rounds: it returns the number of bins that they must fill, and sets their bits in open, which is zero.")
	Pragma("noescape")
	dst := Load(Param("dst").Base(), GP64())
	k := Load(Param("dst").Len(), GP64())
	open := Load(Param("open"), GP64())
	r := round{GP64(), ZMM(), ZMM()}
	Load(Param("rounds"), r.p)
	r.load()
	f := frame(fssFrame)

	m := newMixer()
	zk, fill := ZMM(), ZMM()
	VPBROADCASTQ(k, zk)
	VPBROADCASTQ(Mem{Base: Load(Param("set").Base(), GP64())}, fill)

	Comment("No bin has a value.")
	i := GP64()
	none := ZMM()
	ones(none)
	XORL(i.As32(), i.As32())
	Label("clear")
	VMOVDQU64(none, Mem{Base: f, Index: i, Scale: 8, Disp: offValues})
	ADDQ(Imm(8), i)
	CMPQ(i, k)
	JB(LabelRef("clear"))

	fssFirst(f, m, fill, zk, r)
	left := fssOpen(f, dst, k, open, none, r)

	Comment("Later rounds.")
	last := GP64()
	LEAQ(Mem{Base: k, Index: k, Scale: 2}, last)
	LEAQ(Mem{Base: r.p, Index: last, Scale: 8}, last)
	Label("round")
	TESTQ(left, left)
	JZ(LabelRef("done"))
	ADDQ(Imm(roundSize), r.p)
	CMPQ(r.p, last)
	JAE(LabelRef("done"))
	r.load()
	fssRound(f, dst, k, open, left, m, fill, zk, r)
	JMP(LabelRef("round"))

	Label("done")
	Store(left, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// fssFirst lowers the values of all bins to those of all elements in the first
// round. The mixed elements stay if there is no more than a chunk.
func fssFirst(f reg.Register, m mixer, fill, zk reg.Register, r round) {
	Comment("First round: the values of a chunk and where their bins are, then the minima, without a branch.")
	values := ZMM()
	VPBROADCASTQ(f, values)
	from := Load(Param("set").Base(), GP64())
	rest := Load(Param("set").Len(), GP64())
	Label("first")
	count, end := GP64(), GP64()
	MOVQ(U32(chunk), count)
	CMPQ(rest, count)
	CMOVQLT(rest, count)
	SUBQ(count, rest)
	XORL(end.As32(), end.As32())
	eights("firstMix", from, count, fill, func(y reg.VecVirtual) {
		m.mix(y)
		VMOVDQU64(y, Mem{Base: f, Index: end, Scale: 1, Disp: offMixed})
		u, bin := r.value(y), ZMM()
		VMOVDQU64(u, Mem{Base: f, Index: end, Scale: 1, Disp: offHits})
		VPSRLQ(U8(32), u, bin)
		VPMULUDQ(zk, bin, bin)
		VPSRLQ(U8(32), bin, bin)
		VPSLLQ(U8(3), bin, bin)
		VPADDQ(values, bin, bin)
		VMOVDQU64(bin, Mem{Base: f, Index: end, Scale: 1, Disp: offPlaces})
		ADDQ(Imm(64), end)
	})
	fssMinima(f, end, 8)
	TESTQ(rest, rest)
	JNZ(LabelRef("first"))
}

// fssOpen turns the values into elements, sets the bits of the bins that have
// none and returns their number.
func fssOpen(f, dst, k, open reg.Register, none reg.VecVirtual, r round) reg.GPVirtual {
	Comment("Elements of the bins that were reached; the others are open.")
	zi := ZMM()
	VPBROADCASTQ(Mem{Base: r.p, Disp: offInverse}, zi)
	left, at, rest := GP64(), GP64(), GP64()
	XORL(left.As32(), left.As32())
	XORL(at.As32(), at.As32())
	MOVQ(k, rest)
	Label("open")
	count, all := GP64(), GP64()
	MOVQ(U32(8), count)
	CMPQ(rest, count)
	CMOVQLT(rest, count)
	MOVQ(count, all)
	inside, bare := lowBits(all), K()
	u, y := ZMM(), ZMM()
	VMOVDQU64(Mem{Base: f, Index: at, Scale: 8, Disp: offValues}, u)
	VPSUBQ(r.b, u, y)
	VPMULLQ(zi, y, y)
	VPCMPEQQ(none, u, inside, bare)
	VMOVDQA64(none, bare, y)
	VMOVDQU64(y, inside, Mem{Base: dst, Index: at, Scale: 8})
	bits, group := GP64(), GP64()
	KMOVB(bare, bits.As32())
	MOVQ(at, group)
	SHRQ(Imm(3), group)
	MOVB(bits.As8(), Mem{Base: open, Index: group, Scale: 1})
	POPCNTQ(bits, bits)
	ADDQ(bits, left)
	ADDQ(Imm(8), at)
	SUBQ(count, rest)
	JNZ(LabelRef("open"))
	return left
}

// fssRound throws all elements once more.
func fssRound(f, dst, k, open, left reg.Register, m mixer, fill, zk reg.Register, r round) {
	Comment("The open bins as they are before the round.")
	low, high, one := ZMM(), ZMM(), splat(1)
	VMOVDQU64(Mem{Base: open}, low)
	VMOVDQU64(Mem{Base: open, Disp: 64}, high)
	from := Load(Param("set").Base(), GP64())
	rest := Load(Param("set").Len(), GP64())
	Label("chunk")
	count := GP64()
	MOVQ(U32(chunk), count)
	CMPQ(rest, count)
	CMOVQLT(rest, count)
	SUBQ(count, rest)
	size := GP64() // bytes of the mixed chunk, filled up to whole vectors
	LEAQ(Mem{Base: count, Disp: 7}, size)
	SHRQ(Imm(3), size)
	SHLQ(Imm(6), size)
	CMPQ(Load(Param("set").Len(), GP64()), U32(chunk))
	JBE(LabelRef("mixed"))
	mixed := GP64()
	XORL(mixed.As32(), mixed.As32())
	eights("again", from, count, fill, func(y reg.VecVirtual) {
		m.mix(y)
		VMOVDQU64(y, Mem{Base: f, Index: mixed, Scale: 1, Disp: offMixed})
		ADDQ(Imm(64), mixed)
	})
	Label("mixed")

	Comment("Collect the values that hit an open bin.")
	at, hits := GP64(), GP64()
	XORL(at.As32(), at.As32())
	XORL(hits.As32(), hits.As32())
	Label("throw")
	y := ZMM()
	VMOVDQU64(Mem{Base: f, Index: at, Scale: 1, Disp: offMixed}, y)
	u := r.value(y)
	bin, word := ZMM(), ZMM()
	VPSRLQ(U8(32), u, bin)
	VPMULUDQ(zk, bin, bin)
	VPSRLQ(U8(37), bin, word)
	VPSRLQ(U8(32), bin, bin)
	VPERMI2D(high, low, word)
	VPRORVD(bin, word, word) // the bin's bit comes down; the count is taken modulo 32
	hit, bits := K(), GP64()
	VPTESTMQ(one, word, hit)
	packed := ZMM()
	VPCOMPRESSQ_Z(u, hit, packed)
	VMOVDQU64(packed, Mem{Base: f, Index: hits, Scale: 8, Disp: offHits})
	KMOVB(hit, bits.As32())
	POPCNTQ(bits, bits)
	ADDQ(bits, hits)
	ADDQ(Imm(64), at)
	CMPQ(at, size)
	JB(LabelRef("throw"))

	fssHits(f, dst, k, open, left, r.p, hits)
	Label("nextChunk")
	TESTQ(rest, rest)
	JNZ(LabelRef("chunk"))
}

// fssMinima lowers the values of the bins to those before end, some at a time.
func fssMinima(f, end reg.Register, some int) {
	at := GP64()
	XORL(at.As32(), at.As32())
	Label("firstMin")
	for j := range some {
		// Addresses without an index leave a store to the third port.
		place, u, least := GP64(), GP64(), GP64()
		MOVQ(Mem{Base: f, Index: at, Scale: 1, Disp: offPlaces + 8*j}, place)
		MOVQ(Mem{Base: f, Index: at, Scale: 1, Disp: offHits + 8*j}, u)
		MOVQ(Mem{Base: place}, least)
		CMPQ(u, least)
		CMOVQCS(u, least)
		MOVQ(least, Mem{Base: place})
	}
	ADDQ(U32(uint32(8*some)), at)
	CMPQ(at, end)
	JB(LabelRef("firstMin"))
}

// fssHits lowers the bins that were hit. It closes them for the next round; the
// vectors have the open ones of this round. Elements are written anew with each
// lower value, which needs no second pass.
func fssHits(f, dst, k, open, left, round, hits reg.Register) {
	Comment("Lower the bins that were hit, and close them for the next round.")
	TESTQ(hits, hits)
	JZ(LabelRef("nextChunk"))
	Label("hit")
	v, b, least := GP64(), GP64(), GP64()
	MOVQ(Mem{Base: f, Index: hits, Scale: 8, Disp: offHits - 8}, v)
	CMPQ(v, I8(-1))
	JEQ(LabelRef("nextHit")) // the mark of an empty bin
	MOVQ(v, b)
	SHRQ(Imm(32), b)
	IMULQ(k, b)
	SHRQ(Imm(32), b)
	MOVQ(Mem{Base: f, Index: b, Scale: 8, Disp: offValues}, least)
	CMPQ(v, least)
	CMOVQCS(v, least)
	MOVQ(least, Mem{Base: f, Index: b, Scale: 8, Disp: offValues})
	SUBQ(Mem{Base: round, Disp: offB}, least)
	IMULQ(Mem{Base: round, Disp: offInverse}, least)
	MOVQ(least, Mem{Base: dst, Index: b, Scale: 8})
	group, openBits := GP64(), GP64()
	MOVQ(b, group)
	SHRQ(Imm(6), group)
	MOVQ(Mem{Base: open, Index: group, Scale: 8}, openBits)
	BTRQ(b, openBits)
	SBBQ(Imm(0), left)
	MOVQ(openBits, Mem{Base: open, Index: group, Scale: 8})
	Label("nextHit")
	SUBQ(Imm(1), hits)
	JNZ(LabelRef("hit"))
}
