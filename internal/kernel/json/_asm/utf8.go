package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What may be wrong with a byte and the one before it: each is a bit that all
// three tables must have for the pair (Keiser and Lemire 2021, table 8).
const (
	tooShort     = 1 << iota // 11______ 0_______, 11______ 11______
	tooLong                  // 0_______ 10______
	overlong3                // 11100000 100_____
	tooLarge                 // 11110100 1001____, and more
	surrogate                // 11101101 101_____
	overlong2                // 1100000_ 10______
	tooLarge1000             // 11110101 1000____, and more
	twoConts                 // 10______ 10______
	overlong4    = tooLarge1000
	carry        = tooShort | tooLong | twoConts // of any low half of a first byte
)

// The tables by the high and the low half of the first byte, and by the high half
// of the second.
var (
	byFirstHigh = [16]byte{
		tooLong, tooLong, tooLong, tooLong, tooLong, tooLong, tooLong, tooLong,
		twoConts, twoConts, twoConts, twoConts,
		tooShort | overlong2,
		tooShort,
		tooShort | overlong3 | surrogate,
		tooShort | tooLarge | tooLarge1000 | overlong4,
	}
	byFirstLow = [16]byte{
		carry | overlong3 | overlong2 | overlong4,
		carry | overlong2,
		carry, carry,
		carry | tooLarge,
		carry | tooLarge | tooLarge1000, carry | tooLarge | tooLarge1000, carry | tooLarge | tooLarge1000,
		carry | tooLarge | tooLarge1000, carry | tooLarge | tooLarge1000, carry | tooLarge | tooLarge1000,
		carry | tooLarge | tooLarge1000, carry | tooLarge | tooLarge1000,
		carry | tooLarge | tooLarge1000 | surrogate,
		carry | tooLarge | tooLarge1000, carry | tooLarge | tooLarge1000,
	}
	bySecondHigh = [16]byte{
		tooShort, tooShort, tooShort, tooShort, tooShort, tooShort, tooShort, tooShort,
		tooLong | overlong2 | twoConts | overlong3 | tooLarge1000 | overlong4,
		tooLong | overlong2 | twoConts | overlong3 | tooLarge,
		tooLong | overlong2 | twoConts | surrogate | tooLarge,
		tooLong | overlong2 | twoConts | surrogate | tooLarge,
		tooShort, tooShort, tooShort, tooShort,
	}
)

// load returns a register with the table in each of its 16-byte lanes.
func (v vectors) load(name string, t [16]byte) reg.VecVirtual {
	m := GLOBL(name+suffix(v), RODATA|NOPTR)
	for i, b := range t {
		DATA(i, U8(b))
	}
	r := v.new()
	if v.size == 64 {
		VBROADCASTI32X4(m, r)
	} else {
		VBROADCASTI128(m, r)
	}
	return r
}

func suffix(v vectors) string {
	if v.size == 64 {
		return "AVX512"
	}
	return "AVX2"
}

func (v vectors) move(m Mem, r reg.VecVirtual) {
	if v.size == 64 {
		VMOVDQU8(m, r)
	} else {
		VMOVDQU(m, r)
	}
}

func (v vectors) or(a Op, b, r reg.VecVirtual) {
	if v.size == 64 {
		VPORQ(a, b, r)
	} else {
		VPOR(a, b, r)
	}
}

func (v vectors) and(a, b, r reg.VecVirtual) {
	if v.size == 64 {
		VPANDQ(a, b, r)
	} else {
		VPAND(a, b, r)
	}
}

func (v vectors) xor(a, b, r reg.VecVirtual) {
	if v.size == 64 {
		VPXORQ(a, b, r)
	} else {
		VPXOR(a, b, r)
	}
}

// highest sets the zero flag if no byte of r has its highest bit.
func (v vectors) highest(r reg.VecVirtual) {
	if v.size == 64 {
		k := K()
		VPMOVB2M(r, k)
		KORTESTQ(k, k)
		return
	}
	x := GP32()
	VPMOVMSKB(r, x)
	TESTL(x, x)
}

func utf8Blocks(name string, v vectors) {
	TEXT(name, NOSPLIT, "func(p []byte) bool")
	Pragma("noescape")
	Doc(name + " reports whether the whole blocks of p[3:] are valid, given that p[:3] ends with a whole character; the last one may be cut off.")
	at, left := GP64(), GP64()
	Load(Param("p").Base(), at)
	Load(Param("p").Len(), left)
	ADDQ(U8(3), at)
	SUBQ(U8(3), left)
	firstHigh := v.load("utf8FirstHigh", byFirstHigh)
	firstLow := v.load("utf8FirstLow", byFirstLow)
	secondHigh := v.load("utf8SecondHigh", bySecondHigh)
	half, top := v.splat(0x0f), v.splat(0x80)
	third, fourth := v.splat(0xe0-0x80), v.splat(0xf0-0x80)
	bad := v.zero()
	cur, prev, a, b := v.new(), v.new(), v.new(), v.new()
	before := func(n int) Mem { return Mem{Base: at, Disp: -n} }
	const many = 4

	Label("ascii")
	Comment("Four blocks at once. No character is open here: this is the start, or the byte before is ASCII.")
	CMPQ(left, U32(many*v.size))
	JB(LabelRef("loop"))
	v.move(before(0), a)
	for i := 1; i < many; i++ {
		v.or(Mem{Base: at, Disp: i * v.size}, a, a)
	}
	v.highest(a)
	JNZ(LabelRef("loop"))
	ADDQ(U32(many*v.size), at)
	SUBQ(U32(many*v.size), left)
	JMP(LabelRef("ascii"))

	Label("loop")
	CMPQ(left, U8(v.size))
	JB(LabelRef("done"))
	v.move(before(0), cur)
	v.move(before(3), prev)
	v.or(cur, prev, a)
	v.highest(a)
	JZ(LabelRef("skip"))

	VPSUBUSB(fourth, prev, a) // 0x80 and more where the fourth byte of a character stands
	v.move(before(2), prev)
	VPSUBUSB(third, prev, b)
	v.or(b, a, a)
	v.and(top, a, a)

	v.move(before(1), prev)
	VPSRLW(Imm(4), prev, b)
	v.and(half, b, b)
	v.and(half, prev, prev)
	VPSHUFB(b, firstHigh, b)
	VPSHUFB(prev, firstLow, prev)
	v.and(prev, b, b)
	VPSRLW(Imm(4), cur, cur)
	v.and(half, cur, cur)
	VPSHUFB(cur, secondHigh, cur)
	v.and(cur, b, b)
	v.xor(a, b, b)
	v.or(b, bad, bad)
	ADDQ(Imm(uint64(v.size)), at)
	SUBQ(Imm(uint64(v.size)), left)
	JMP(LabelRef("loop"))

	Label("skip")
	ADDQ(Imm(uint64(v.size)), at)
	SUBQ(Imm(uint64(v.size)), left)
	JMP(LabelRef("ascii"))

	Label("done")
	ok := GP8()
	if v.size == 64 {
		k := K()
		VPTESTMB(bad, bad, k)
		KORTESTQ(k, k)
	} else {
		VPTEST(bad, bad)
	}
	SETEQ(ok)
	Store(ok, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
