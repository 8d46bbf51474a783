package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bandKeys512 takes 8 bands at a time, one a lane. Their rows come by one load a
// lane, which is a broadcast under the lane's mask: gathers take three times as
// long on processors whose microcode guards them.
func bandKeys512() {
	TEXT("bandKeysAVX512", NOSPLIT, "func(dst []uint64, sig []uint64, rows int)")
	Doc("bandKeysAVX512 is BandKeys.")
	Pragma("noescape")
	dst := Load(Param("dst").Base(), GP64())
	left := Load(Param("dst").Len(), GP64())
	sig := Load(Param("sig").Base(), GP64())
	stride := Load(Param("rows"), GP64()) // of a band, in bytes
	SHLQ(Imm(3), stride)
	three := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, three)

	b := bands{row: splat(keyRow), a: splat(finishA), b: splat(finishB)}
	start, step := ZMM(), splat(8*keyBand%(1<<64))
	x, first := GP64(), GP64()
	MOVQ(U64(keyBand), first)
	XORL(x.As32(), x.As32())
	Comment("Where the hashes of 8 bands start; a lane a time.")
	one := K()
	for lane := range 8 {
		ADDQ(first, x)
		lowLane(lane, one)
		VPBROADCASTQ(x, one, start)
	}
	for lane := range b.lanes {
		b.lanes[lane] = K()
		lowLane(lane+1, b.lanes[lane])
	}

	CMPQ(left, Imm(8))
	JB(LabelRef("tail"))
	Label("bands")
	h := b.keys("row", start, sig, stride, three)
	VMOVDQU64(h, Mem{Base: dst})
	VPADDQ(step, start, start)
	ADDQ(Imm(64), dst)
	LEAQ(Mem{Base: sig, Index: stride, Scale: 8}, sig)
	SUBQ(Imm(8), left)
	CMPQ(left, Imm(8))
	JAE(LabelRef("bands"))
	Label("tail")
	TESTQ(left, left)
	JZ(LabelRef("done"))
	Comment("Lanes beyond the last band load nothing.")
	inside := GP64()
	MOVQ(U32(0xff), inside)
	BZHIQ(left, inside, inside)
	for lane := range b.lanes {
		bit := GP64()
		MOVQ(inside, bit)
		ANDQ(U32(1<<(lane+1)), bit)
		KMOVQ(bit, b.lanes[lane])
	}
	h = b.keys("tailRow", start, sig, stride, three)
	KMOVQ(inside, b.lanes[0])
	VMOVDQU64(h, b.lanes[0], Mem{Base: dst})
	Label("done")
	VZEROUPPER()
	RET()
}

// lowLane sets k to the bit of the lane.
func lowLane(lane int, k reg.Register) {
	bit := GP64()
	MOVQ(U32(1<<lane), bit)
	KMOVQ(bit, k)
}

// bands holds what does not change from one group of 8 bands to the next.
type bands struct {
	row, a, b reg.VecVirtual
	lanes     [7]reg.Register // masks of the lanes but the first
}

// keys returns the keys of the 8 bands from sig on.
func (b *bands) keys(label string, start, sig, stride, three reg.Register) reg.VecVirtual {
	h, v, t := ZMM(), ZMM(), ZMM()
	VMOVDQA64(start, h)
	p, q, end := GP64(), GP64(), GP64()
	MOVQ(sig, p)
	LEAQ(Mem{Base: sig, Index: stride, Scale: 4}, q)
	LEAQ(Mem{Base: sig, Index: stride, Scale: 1}, end)
	Label(label)
	VPBROADCASTQ(Mem{Base: p}, v)
	for i, m := range []Mem{
		{Base: p, Index: stride, Scale: 1}, {Base: p, Index: stride, Scale: 2}, {Base: p, Index: three, Scale: 1},
		{Base: q}, {Base: q, Index: stride, Scale: 1}, {Base: q, Index: stride, Scale: 2}, {Base: q, Index: three, Scale: 1},
	} {
		VPBROADCASTQ(m, b.lanes[i], v)
	}
	VPXORQ(v, h, h)
	VPMULLQ(b.row, h, h)
	VPSRLQ(U8(32), h, t)
	VPXORQ(t, h, h)
	ADDQ(Imm(8), p)
	ADDQ(Imm(8), q)
	CMPQ(p, end)
	JB(LabelRef(label))
	for _, factor := range []reg.Register{b.a, b.b, nil} {
		VPSRLQ(U8(33), h, t)
		VPXORQ(t, h, h)
		if factor != nil {
			VPMULLQ(factor, h, h)
		}
	}
	return h
}
