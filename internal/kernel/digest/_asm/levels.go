package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func blocksAVX512(swap, constants Mem) {
	TEXT("blocksAVX512", NOSPLIT, "func(state *uint32, base *byte, at *int, blocks int)")
	Doc("blocksAVX512 goes on with 16 messages by so many blocks of 64 bytes, at least one. Variable i of message j is state[16*i+j],",
		"and its next block is at[j] bytes behind base.")
	Pragma("noescape")
	l := &lanes{count: 16, new: ZMM, move: func(from, to Op) { VMOVDQU32(from, to) }}
	for i := range l.words {
		l.words[i] = ZMM()
	}
	l.fill = func(from Mem, x VecVirtual) { VBROADCASTI32X4(from, x) }
	l.insert = func(part uint8, from Mem, x VecVirtual) { VINSERTI32X4(U8(part), from, x, x) }
	l.addConstant = func(k Mem, x VecVirtual) { VPADDD_BCST(k, x, x) }
	three := func(last func(ops ...Op)) func(x Op, n [3]uint8) VecVirtual {
		return func(x Op, n [3]uint8) VecVirtual {
			a, b, c := ZMM(), ZMM(), ZMM()
			VPRORD(U8(n[0]), x, a)
			VPRORD(U8(n[1]), x, b)
			last(U8(n[2]), x, c)
			VPTERNLOGD(U8(0x96), b, c, a) // each of the three against the others
			return a
		}
	}
	l.sum, l.shifted = three(VPRORD), three(VPSRLD)
	ternary := func(table uint8) func(x, y, z VecVirtual) VecVirtual {
		return func(x, y, z VecVirtual) VecVirtual {
			t := ZMM()
			VMOVDQA32(x, t)
			VPTERNLOGD(U8(table), z, y, t)
			return t
		}
	}
	l.choice, l.majority = ternary(0xCA), ternary(0xE8)
	l.body(swap, constants)
}

func blocksAVX2(swap, constants Mem) {
	TEXT("blocksAVX2", 0, "func(state *uint32, base *byte, at *int, blocks int)")
	Doc("blocksAVX2 is as blocksAVX512 for the first 8 messages.")
	Pragma("noescape")
	l := &lanes{count: 8, new: YMM, move: func(from, to Op) { VMOVDQU(from, to) }}
	Comment("The words of the schedule are on the stack, each within a line of the cache.")
	schedule := GP64()
	LEAQ(AllocLocal(16*32+32), schedule)
	ADDQ(U8(31), schedule)
	ANDQ(I8(-32), schedule)
	for i := range l.words {
		l.words[i] = Mem{Base: schedule, Disp: 32 * i}
	}
	l.fill = func(from Mem, x VecVirtual) { VBROADCASTI128(from, x) }
	l.insert = func(part uint8, from Mem, x VecVirtual) { VINSERTI128(U8(part), from, x, x) }
	l.addConstant = func(k Mem, x VecVirtual) {
		t := YMM()
		VPBROADCASTD(k, t)
		VPADDD(t, x, x)
	}
	l.sum = func(x Op, n [3]uint8) VecVirtual {
		s := rotated(x, n[0], nil)
		rotated(x, n[1], s)
		return rotated(x, n[2], s)
	}
	l.shifted = func(w Op, n [3]uint8) VecVirtual {
		x, t := YMM(), YMM()
		VMOVDQU(w, x)
		s := rotated(x, n[0], nil)
		rotated(x, n[1], s)
		VPSRLD(U8(n[2]), x, t)
		VPXOR(t, s, s)
		return s
	}
	l.choice = func(e, f, g VecVirtual) VecVirtual {
		t := YMM()
		VPXOR(f, g, t)
		VPAND(e, t, t)
		VPXOR(g, t, t)
		return t
	}
	l.majority = func(a, b, c VecVirtual) VecVirtual {
		t, u := YMM(), YMM()
		VPOR(a, b, t)
		VPAND(c, t, t)
		VPAND(a, b, u)
		VPOR(u, t, t)
		return t
	}
	l.body(swap, constants)
}

// rotated returns s ^ x rotated right by n bits, in s, or in a new vector if s is nil.
func rotated(x Op, n uint8, s VecVirtual) VecVirtual {
	t := YMM()
	VPSRLD(U8(n), x, t)
	if s == nil {
		s = t
	} else {
		VPXOR(t, s, s)
	}
	u := YMM()
	VPSLLD(U8(32-n), x, u)
	VPXOR(u, s, s)
	return s
}

func shaInstructions() {
	TEXT("shaInstructions", NOSPLIT, "func() bool")
	Doc("shaInstructions reports whether the processor has instructions for SHA-256. It must have AVX2.")
	MOVL(U32(7), EAX)
	XORL(ECX, ECX)
	CPUID()
	SHRL(U8(29), EBX)
	ANDL(U8(1), EBX)
	Store(EBX.As8(), ReturnIndex(0))
	RET()
}
