package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// factor is a 64-bit factor in each of four lanes, and its upper half in the
// lower halves of another register: AVX2 multiplies lower halves only.
type factor struct{ all, upper reg.VecVirtual }

func newFactor() factor { return factor{YMM(), YMM()} }

// load makes m the factor.
func (c factor) load(m Mem) {
	VPBROADCASTQ(m, c.all)
	VPSRLQ(U8(32), c.all, c.upper)
}

// splat makes v the factor.
func (c factor) splat(v uint64) {
	x := GP64()
	MOVQ(U64(v), x)
	VMOVQ(x, c.all.AsX())
	VPBROADCASTQ(c.all.AsX(), c.all)
	VPSRLQ(U8(32), c.all, c.upper)
}

// mul multiplies the lanes of x.
func (c factor) mul(x reg.Register) {
	s, t := YMM(), YMM()
	VPSRLQ(U8(32), x, t)
	VPMULUDQ(c.all, t, t)
	VPMULUDQ(c.upper, x, s)
	VPADDQ(s, t, t)
	VPSLLQ(U8(32), t, t)
	VPMULUDQ(c.all, x, x)
	VPADDQ(t, x, x)
}

// mixer256 holds the constants of Mix.
type mixer256 struct{ a, b factor }

func (m mixer256) mix(x reg.Register) {
	t := YMM()
	VPSRLQ(U8(30), x, t)
	VPXOR(t, x, x)
	m.a.mul(x)
	VPSRLQ(U8(27), x, t)
	VPXOR(t, x, x)
	m.b.mul(x)
	VPSRLQ(U8(31), x, t)
	VPXOR(t, x, x)
}

// round256 is round for four lanes.
type round256 struct {
	p reg.GPVirtual
	a factor
	b reg.VecVirtual
}

func (r round256) load() {
	r.a.load(Mem{Base: r.p})
	VPBROADCASTQ(Mem{Base: r.p, Disp: offB}, r.b)
}

// below returns all ones in the lanes under n.
func below(lane Mem, n reg.Register) reg.VecVirtual {
	mask := YMM()
	VMOVQ(n, mask.AsX())
	VPBROADCASTQ(mask.AsX(), mask)
	VPCMPGTQ(lane, mask, mask)
	return mask
}

// fours is eights for four lanes.
func fours(label string, lane Mem, from, n, fill reg.Register, body func(x reg.VecVirtual)) {
	CMPQ(n, Imm(4))
	JB(LabelRef(label + "Tail"))
	Label(label)
	x := YMM()
	VMOVDQU(Mem{Base: from}, x)
	body(x)
	ADDQ(Imm(32), from)
	SUBQ(Imm(4), n)
	CMPQ(n, Imm(4))
	JAE(LabelRef(label))
	TESTQ(n, n)
	JZ(LabelRef(label + "End"))
	Label(label + "Tail")
	x = YMM()
	inside := below(lane, n)
	// The vector may reach beyond the set into memory that is not there: VPMASKMOVQ
	// does not fault for elements that are not selected. Intel and AMD promise it,
	// and all compilers rely on it for the ends of vectorised loops.
	VPMASKMOVQ(Mem{Base: from}, inside, x)
	VPBLENDVB(inside, x, fill, x)
	LEAQ(Mem{Base: from, Index: n, Scale: 8}, from)
	body(x)
	Label(label + "End")
}

func fss256() {
	// Entry m moves the 64-bit lanes whose bits are set in m to the front.
	pack := GLOBL("pack", RODATA|NOPTR)
	for m := range 16 {
		at := 0
		for lane := range 4 {
			if m>>lane&1 != 0 {
				DATA(32*m+8*at, U64(uint64(2*lane)|uint64(2*lane+1)<<32))
				at++
			}
		}
		for ; at < 4; at++ {
			DATA(32*m+8*at, U64(0))
		}
	}
	lane := GLOBL("lane", RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(uint64(i)))
	}

	TEXT("fssAVX2", 0, "func(dst []uint64, set []uint64, rounds *uint64, open *[16]uint64) (left int)")
	Doc("fssAVX2 is fssAVX512 for at most 256 bins.")
	Pragma("noescape")
	dst := Load(Param("dst").Base(), GP64())
	k := Load(Param("dst").Len(), GP64())
	open := Load(Param("open"), GP64())
	r := round256{GP64(), newFactor(), YMM()}
	Load(Param("rounds"), r.p)
	r.load()
	f := frame(fssFrame)

	m := mixer256{newFactor(), newFactor()}
	m.a.splat(mixA)
	m.b.splat(mixB)
	zk, fill := YMM(), YMM()
	VMOVQ(k, zk.AsX())
	VPBROADCASTQ(zk.AsX(), zk)
	VPBROADCASTQ(Mem{Base: Load(Param("set").Base(), GP64())}, fill)

	Comment("No bin has a value.")
	i := GP64()
	none := YMM()
	VPCMPEQQ(none, none, none)
	XORL(i.As32(), i.As32())
	Label("clear")
	VMOVDQU(none, Mem{Base: f, Index: i, Scale: 8, Disp: offValues})
	VMOVDQU(none, Mem{Base: f, Index: i, Scale: 8, Disp: offValues + 32})
	ADDQ(Imm(8), i)
	CMPQ(i, k)
	JB(LabelRef("clear"))

	fssFirst256(f, lane, m, fill, zk, r)
	left := fssOpen256(f, dst, k, open, lane, r)

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
	fssRound256(f, dst, k, open, left, lane, pack, m, fill, zk, r)
	JMP(LabelRef("round"))

	Label("done")
	Store(left, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// fssFirst256 is fssFirst for four lanes.
func fssFirst256(f reg.Register, lane Mem, m mixer256, fill, zk reg.Register, r round256) {
	Comment("First round: the values of a chunk and where their bins are, then the minima, without a branch.")
	values := YMM()
	VMOVQ(f, values.AsX())
	VPBROADCASTQ(values.AsX(), values)
	from := Load(Param("set").Base(), GP64())
	rest := Load(Param("set").Len(), GP64())
	Label("first")
	count, end := GP64(), GP64()
	MOVQ(U32(chunk), count)
	CMPQ(rest, count)
	CMOVQLT(rest, count)
	SUBQ(count, rest)
	XORL(end.As32(), end.As32())
	fours("firstMix", lane, from, count, fill, func(y reg.VecVirtual) {
		m.mix(y)
		VMOVDQU(y, Mem{Base: f, Index: end, Scale: 1, Disp: offMixed})
		r.a.mul(y)
		VPADDQ(r.b, y, y)
		VMOVDQU(y, Mem{Base: f, Index: end, Scale: 1, Disp: offHits})
		VPSRLQ(U8(32), y, y)
		VPMULUDQ(zk, y, y)
		VPSRLQ(U8(32), y, y)
		VPSLLQ(U8(3), y, y)
		VPADDQ(values, y, y)
		VMOVDQU(y, Mem{Base: f, Index: end, Scale: 1, Disp: offPlaces})
		ADDQ(Imm(32), end)
	})
	fssMinima(f, end, 4)
	TESTQ(rest, rest)
	JNZ(LabelRef("first"))
}

// fssOpen256 is fssOpen for four lanes.
func fssOpen256(f, dst, k, open reg.Register, lane Mem, r round256) reg.GPVirtual {
	Comment("Elements of the bins that were reached; the others are open.")
	inverse, none := newFactor(), YMM()
	inverse.load(Mem{Base: r.p, Disp: offInverse})
	VPCMPEQQ(none, none, none)
	left, at, rest := GP64(), GP64(), GP64()
	XORL(left.As32(), left.As32())
	XORL(at.As32(), at.As32())
	MOVQ(k, rest)
	Label("open")
	bits := GP64()
	for half := range 2 {
		u, bare := YMM(), YMM()
		VMOVDQU(Mem{Base: f, Index: at, Scale: 8, Disp: offValues + 32*half}, u)
		VPCMPEQQ(none, u, bare)
		VPSUBQ(r.b, u, u)
		inverse.mul(u)
		VPOR(bare, u, u)
		n := GP64()
		LEAQ(Mem{Base: rest, Disp: -4 * half}, n)
		inside := below(lane, n)
		// Lanes beyond the bins are neither written nor a fault: see fours.
		VPMASKMOVQ(u, inside, Mem{Base: dst, Index: at, Scale: 8, Disp: 32 * half})
		VPAND(inside, bare, bare)
		if half == 0 {
			VMOVMSKPD(bare, bits.As32())
			continue
		}
		upper := GP64()
		VMOVMSKPD(bare, upper.As32())
		SHLQ(Imm(4), upper)
		ORQ(upper, bits)
	}
	group := GP64()
	MOVQ(at, group)
	SHRQ(Imm(3), group)
	MOVB(bits.As8(), Mem{Base: open, Index: group, Scale: 1})
	POPCNTQ(bits, bits)
	ADDQ(bits, left)
	ADDQ(Imm(8), at)
	SUBQ(Imm(8), rest)
	JG(LabelRef("open"))
	return left
}

// fssRound256 is fssRound for four lanes and 256 bins.
func fssRound256(f, dst, k, open, left reg.Register, lane, pack Mem, m mixer256, fill, zk reg.Register, r round256) {
	Comment("The open bins as they are before the round.")
	bins := YMM()
	VMOVDQU(Mem{Base: open}, bins)
	from := Load(Param("set").Base(), GP64())
	rest := Load(Param("set").Len(), GP64())
	Label("chunk")
	count := GP64()
	MOVQ(U32(chunk), count)
	CMPQ(rest, count)
	CMOVQLT(rest, count)
	SUBQ(count, rest)
	size := GP64() // bytes of the mixed chunk, filled up to whole vectors
	LEAQ(Mem{Base: count, Disp: 3}, size)
	SHRQ(Imm(2), size)
	SHLQ(Imm(5), size)
	CMPQ(Load(Param("set").Len(), GP64()), U32(chunk))
	JBE(LabelRef("mixed"))
	mixed := GP64()
	XORL(mixed.As32(), mixed.As32())
	fours("again", lane, from, count, fill, func(y reg.VecVirtual) {
		m.mix(y)
		VMOVDQU(y, Mem{Base: f, Index: mixed, Scale: 1, Disp: offMixed})
		ADDQ(Imm(32), mixed)
	})
	Label("mixed")

	Comment("Collect the values that hit an open bin.")
	at, hits, table := GP64(), GP64(), GP64()
	LEAQ(pack, table)
	XORL(at.As32(), at.As32())
	XORL(hits.As32(), hits.As32())
	Label("throw")
	u := YMM()
	VMOVDQU(Mem{Base: f, Index: at, Scale: 1, Disp: offMixed}, u)
	r.a.mul(u)
	VPADDQ(r.b, u, u)
	bin, word := YMM(), YMM()
	VPSRLQ(U8(32), u, bin)
	VPMULUDQ(zk, bin, bin)
	VPSRLQ(U8(37), bin, word)
	VPERMD(bins, word, word)
	// The bin's place in its word, from 0 to 31, alone in the lane: shifted by it,
	// the bit comes down.
	VPSLLQ(U8(27), bin, bin)
	VPSRLQ(U8(59), bin, bin)
	VPSRLVQ(bin, word, word)
	VPSLLQ(U8(63), word, word)
	hit := GP64()
	VMOVMSKPD(word, hit.As32())
	bits, order := GP64(), YMM()
	POPCNTQ(hit, bits)
	SHLQ(Imm(5), hit)
	VMOVDQU(Mem{Base: table, Index: hit, Scale: 1}, order)
	VPERMD(u, order, u)
	VMOVDQU(u, Mem{Base: f, Index: hits, Scale: 8, Disp: offHits})
	ADDQ(bits, hits)
	ADDQ(Imm(32), at)
	CMPQ(at, size)
	JB(LabelRef("throw"))
	fssHits(f, dst, k, open, left, r.p, hits)
	Label("nextChunk")
	TESTQ(rest, rest)
	JNZ(LabelRef("chunk"))
}
