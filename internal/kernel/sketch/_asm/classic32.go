package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The frame of the kernels of Classic32.
const (
	offMins    = 0                        // 32-bit minima
	offLow     = offMins + 4*maxPositions // lower halves of the mixed elements
	lowerFrame = offLow + 4*chunk
)

const maxUint32 = 1<<32 - 1

// lower is a kernel of Classic32 under construction.
type lower struct {
	lanes int
	new   func() reg.VecVirtual

	dst, set, a, b reg.Register
	k, n           reg.Register
	f              reg.Register
}

func (l *lower) begin(name string) {
	TEXT(name, 0, "func(dst []uint64, set []uint64, a *uint32, b *uint32)")
	Doc(name + " is Classic32.")
	Pragma("noescape")
	l.dst = Load(Param("dst").Base(), GP64())
	l.k = Load(Param("dst").Len(), GP64())
	l.set = Load(Param("set").Base(), GP64())
	l.n = Load(Param("set").Len(), GP64())
	l.a = Load(Param("a"), GP64())
	l.b = Load(Param("b"), GP64())
	l.f = frame(lowerFrame)

	least, i := l.new(), GP64()
	if l.lanes == 16 {
		ones(least)
	} else {
		VPCMPEQD(least, least, least)
	}
	XORL(i.As32(), i.As32())
	Label("clear")
	VMOVDQU_(l.lanes, least, Mem{Base: l.f, Index: i, Scale: 4, Disp: offMins})
	ADDQ(Imm(uint64(l.lanes)), i)
	CMPQ(i, l.k)
	JB(LabelRef("clear"))
}

// VMOVDQU_ moves a whole vector of 8 or 16 lanes of 32 bits.
func VMOVDQU_(lanes int, from, to Op) {
	if lanes == 16 {
		VMOVDQU32(from, to)
	} else {
		VMOVDQU(from, to)
	}
}

// chunks calls mix for each chunk of the set, and lowers the minima of all
// functions to it. mix writes the lower halves of the mixed elements, advances
// the set and returns the end of what it wrote.
func (l *lower) chunks(vectors []int, mix func(count reg.GPVirtual) (end reg.Register)) {
	Label("chunk")
	count := GP64()
	MOVQ(U32(chunk), count)
	CMPQ(l.n, count)
	CMOVQLT(l.n, count)
	SUBQ(count, l.n)
	end := mix(count)
	at := GP64() // function
	XORL(at.As32(), at.As32())
	left := GP64()
	for _, v := range vectors {
		label := fmt.Sprintf("by%d", v)
		Label(label)
		MOVQ(l.k, left)
		SUBQ(at, left)
		if v > 1 {
			// All but the last vector are full.
			CMPQ(left, U32(uint32((v-1)*l.lanes)))
		} else {
			CMPQ(left, Imm(0))
		}
		JLE(LabelRef(label + "Done"))
		l.functions(label, v, at, end)
		ADDQ(U32(uint32(v*l.lanes)), at)
		JMP(LabelRef(label))
		Label(label + "Done")
	}
	TESTQ(l.n, l.n)
	JNZ(LabelRef("chunk"))
}

// functions lowers v vectors of minima. Constants and minima stay in registers.
func (l *lower) functions(label string, v int, at, end reg.Register) {
	a, b, least := make([]reg.VecVirtual, v), make([]reg.VecVirtual, v), make([]reg.VecVirtual, v)
	for i := range v {
		a[i], b[i], least[i] = l.new(), l.new(), l.new()
		disp := 4 * l.lanes * i
		VMOVDQU_(l.lanes, Mem{Base: l.a, Index: at, Scale: 4, Disp: disp}, a[i])
		VMOVDQU_(l.lanes, Mem{Base: l.b, Index: at, Scale: 4, Disp: disp}, b[i])
		VMOVDQU_(l.lanes, Mem{Base: l.f, Index: at, Scale: 4, Disp: disp + offMins}, least[i])
	}
	p := GP64()
	LEAQ(Mem{Base: l.f, Disp: offLow}, p)
	Label(label + "Element")
	x := l.new()
	VPBROADCASTD(Mem{Base: p}, x)
	ADDQ(Imm(4), p)
	for i := range v {
		h := l.new()
		VPMULLD(a[i], x, h)
		VPADDD(b[i], h, h)
		VPMINUD(h, least[i], least[i])
	}
	CMPQ(p, end)
	JB(LabelRef(label + "Element"))
	for i := range v {
		VMOVDQU_(l.lanes, least[i], Mem{Base: l.f, Index: at, Scale: 4, Disp: 4*l.lanes*i + offMins})
	}
}

func classic512() {
	l := &lower{lanes: 16, new: ZMM}
	l.begin("classic32AVX512")
	m, fill := newMixer(), ZMM()
	VPBROADCASTQ(Mem{Base: l.set}, fill)
	l.chunks([]int{8, 4, 2, 1}, func(count reg.GPVirtual) reg.Register {
		end := GP64()
		LEAQ(Mem{Base: l.f, Disp: offLow}, end)
		eights("mix", l.set, count, fill, func(x reg.VecVirtual) {
			m.mix(x)
			y := YMM()
			VPMOVQD(x, y)
			VMOVDQU(y, Mem{Base: end})
			ADDQ(Imm(32), end)
		})
		return end
	})
	Comment("Widen.")
	p := GP64()
	LEAQ(Mem{Base: l.f, Disp: offMins}, p)
	Label("widen")
	z := ZMM()
	VPMOVZXDQ(Mem{Base: p}, z)
	CMPQ(l.k, Imm(8))
	JBE(LabelRef("last"))
	VMOVDQU64(z, Mem{Base: l.dst})
	ADDQ(Imm(64), l.dst)
	ADDQ(Imm(32), p)
	SUBQ(Imm(8), l.k)
	JMP(LabelRef("widen"))
	Label("last")
	VMOVDQU64(z, lowBits(l.k), Mem{Base: l.dst})
	VZEROUPPER()
	RET()
}

func classic256() {
	l := &lower{lanes: 8, new: YMM}
	l.begin("classic32AVX2")
	ca, cb := GP64(), GP64()
	MOVQ(U64(mixA), ca)
	MOVQ(U64(mixB), cb)
	l.chunks([]int{4, 2, 1}, func(count reg.GPVirtual) reg.Register {
		end := GP64()
		LEAQ(Mem{Base: l.f, Disp: offLow}, end)
		Label("mix")
		x, t := GP64(), GP64()
		MOVQ(Mem{Base: l.set}, x)
		for _, step := range []struct {
			shift  uint64
			factor reg.Register
		}{{30, ca}, {27, cb}, {31, nil}} {
			MOVQ(x, t)
			SHRQ(Imm(step.shift), t)
			XORQ(t, x)
			if step.factor != nil {
				IMULQ(step.factor, x)
			}
		}
		MOVL(x.As32(), Mem{Base: end})
		ADDQ(Imm(8), l.set)
		ADDQ(Imm(4), end)
		SUBQ(Imm(1), count)
		JNZ(LabelRef("mix"))
		return end
	})
	Comment("Widen.")
	i, v := GP64(), GP64()
	XORL(i.As32(), i.As32())
	Label("widen")
	MOVL(Mem{Base: l.f, Index: i, Scale: 4, Disp: offMins}, v.As32())
	MOVQ(v, Mem{Base: l.dst, Index: i, Scale: 8})
	ADDQ(Imm(1), i)
	CMPQ(i, l.k)
	JB(LabelRef("widen"))
	VZEROUPPER()
	RET()
}
