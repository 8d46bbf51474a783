package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// sipLanes writes SipHash-1-3 of the 16 bytes of each lane, with the instructions of
// one width.
type sipLanes struct {
	new      func() VecVirtual
	fill     func(x Op) VecVirtual // every lane of a new vector
	xor, add func(ops ...Op)
	rotate   func(n uint8, x VecVirtual)

	initial      [4]VecVirtual
	length, ones Op // every lane of them
}

// The constants that SipHash begins with.
var sipInitial = [4]uint64{0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573}

// What SipHash adds for the length of 16 bytes, and before the end.
const (
	sipLength = 16 << 56
	sipOnes   = 0xff
)

// before loads the key.
func (s *sipLanes) before() {
	keys := [2]Register{Load(Param("k0"), GP64()), Load(Param("k1"), GP64())}
	for i, c := range sipInitial {
		x := GP64()
		MOVQ(U64(c), x)
		XORQ(keys[i%2], x)
		s.initial[i] = s.fill(x)
	}
}

// hash returns the hashes of the lanes.
func (s *sipLanes) hash(lo, hi VecVirtual) VecVirtual {
	var v [4]VecVirtual
	block := func(x Op) {
		s.xor(x, v[3], v[3])
		s.round(v)
		s.xor(x, v[0], v[0])
	}
	for i := range v {
		v[i] = s.new()
		if i == 3 {
			s.xor(lo, s.initial[i], v[i])
		} else {
			copyTo(s.initial[i], v[i])
		}
	}
	s.round(v)
	s.xor(lo, v[0], v[0])
	block(hi)
	block(s.length)
	s.xor(s.ones, v[2], v[2])
	for range 3 {
		s.round(v)
	}
	s.xor(v[1], v[0], v[0])
	s.xor(v[3], v[2], v[2])
	s.xor(v[2], v[0], v[0])
	return v[0]
}

func (s *sipLanes) round(v [4]VecVirtual) {
	s.add(v[1], v[0], v[0])
	s.add(v[3], v[2], v[2])
	s.rotate(13, v[1])
	s.rotate(16, v[3])
	s.xor(v[0], v[1], v[1])
	s.xor(v[2], v[3], v[3])
	s.rotate(32, v[0])
	s.add(v[1], v[2], v[2])
	s.add(v[3], v[0], v[0])
	s.rotate(17, v[1])
	s.rotate(21, v[3])
	s.xor(v[2], v[1], v[1])
	s.xor(v[0], v[3], v[3])
	s.rotate(32, v[2])
}

// copyTo copies a vector of either width.
func copyTo(from, to VecVirtual) {
	if from.Size() == 64 {
		VMOVDQA64(from, to)
		return
	}
	VMOVDQA(from, to)
}

func sipTokensAVX512() {
	TEXT("sipTokensAVX512", NOSPLIT, "func(dst *uint64, text *byte, size int, edges *uint32, n int, k0, k1 uint64) int")
	Doc("sipTokensAVX512 is as hashTokensAVX512 with another seed.")
	s := &sipLanes{
		new: ZMM,
		fill: func(x Op) VecVirtual {
			v := ZMM()
			VPBROADCASTQ(x, v)
			return v
		},
		xor: VPXORQ, add: VPADDQ,
		rotate: func(n uint8, x VecVirtual) { VPROLQ(U8(n), x, x) },
	}
	eightTokens(func() {
		s.before()
		s.length, s.ones = quadsOf(sipLength), quadsOf(sipOnes)
	}, s.hash)
}

func sipTokensAVX2(longest Mem) {
	TEXT("sipTokensAVX2", NOSPLIT, "func(dst *uint64, text *byte, size int, edges *uint32, n int, k0, k1 uint64) int")
	Doc("sipTokensAVX2 is as hashTokensAVX2 with another seed.")
	by16 := rotateBy16()
	s := &sipLanes{
		new:    YMM,
		length: quads4In("sipLength", sipLength), ones: quads4In("sipOnes", sipOnes),
		fill: func(x Op) VecVirtual {
			v := YMM()
			VMOVQ(x, v.AsX())
			VPBROADCASTQ(v.AsX(), v)
			return v
		},
		xor: func(ops ...Op) { VPXOR(ops[0], ops[1], ops[2]) }, add: VPADDQ,
		rotate: func(n uint8, x VecVirtual) {
			switch n {
			case 16:
				VPSHUFB(by16, x, x)
			case 32:
				VPSHUFD(U8(0xB1), x, x)
			default:
				t := YMM()
				VPSRLQ(U8(64-n), x, t)
				VPSLLQ(U8(n), x, x)
				VPOR(t, x, x)
			}
		},
	}
	fourTokens(longest, s.before, s.hash)
}

// rotateBy16 has the places of bytes for a shuffle that rotates eight of them left by
// two.
func rotateBy16() Mem {
	m := GLOBL("by16", RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(0x0504030201000706+uint64(i%2)*0x0808080808080808))
	}
	return m
}
