package main

import (
	"encoding/binary"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A class of bytes has a bit for each pair of a set of high and one of low
// nibbles: a byte is in it if it is in both tables.
const (
	letterOdd  = 1 << iota // A to O
	letterEven             // P to Z
	digit
	underscore
	colon
	semicolon
	comma
	point // full stop and apostrophe

	classLetter    = letterOdd | letterEven
	classMidLetter = colon | point
	classMidNumber = semicolon | comma | point
)

// nibbleTables writes the two tables, four times each.
func nibbleTables() (low, high Mem) {
	var l, h [16]byte
	h[2] = comma | point
	h[3] = digit | colon | semicolon
	h[4], h[6] = letterOdd, letterOdd
	h[5], h[7] = letterEven|underscore, letterEven
	for n := range l {
		if n >= 1 {
			l[n] |= letterOdd
		}
		if n <= 0xA {
			l[n] |= letterEven
		}
		if n <= 9 {
			l[n] |= digit
		}
	}
	l[0x7] |= point // '
	l[0xA] |= colon
	l[0xB] |= semicolon
	l[0xC] |= comma
	l[0xE] |= point
	l[0xF] |= underscore
	return table("lowNibbles", l), table("highNibbles", h)
}

func table(name string, t [16]byte) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 4 {
		DATA(16*i, U64(binary.LittleEndian.Uint64(t[:8])))
		DATA(16*i+8, U64(binary.LittleEndian.Uint64(t[8:])))
	}
	return m
}

// nextTable writes the classes of single bytes: 1 for a letter, 2 for a digit.
func nextTable() Mem {
	var t [256]byte
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			t[c] = 1
		case '0' <= c && c <= '9':
			t[c] = 2
		}
	}
	m := GLOBL("nextClass", RODATA|NOPTR)
	for i := 0; i < len(t); i += 8 {
		DATA(i, U64(binary.LittleEndian.Uint64(t[i:])))
	}
	return m
}

var low, high, next Mem

// wordsState is what both forms of Words keep.
type wordsState struct {
	words, beyond, text GPVirtual // of the next block
	lastLetter          GPVirtual // 1 if the byte before the block is a letter
	lastDigit           GPVirtual // 1 if it is a digit
}

func wordsParams() wordsState {
	var s wordsState
	s.words = Load(Param("words"), GP64()).(GPVirtual)
	s.beyond = Load(Param("beyond"), GP64()).(GPVirtual)
	s.text = Load(Param("text"), GP64()).(GPVirtual)
	s.lastLetter, s.lastDigit = GP64(), GP64()
	XORL(s.lastLetter.As32(), s.lastLetter.As32())
	XORL(s.lastDigit.As32(), s.lastDigit.As32())
	return s
}

// nextClass loads the class of the byte behind the block.
func (s *wordsState) nextClass() GPVirtual {
	class, at := GP64(), GP64()
	LEAQ(next, at)
	MOVBQZX(Mem{Base: s.text, Disp: 64}, class)
	MOVBQZX(Mem{Base: at, Index: class, Scale: 1}, class)
	return class
}

// between leaves in mid its bits that have one of around on either side, and
// moves last on to the next block. after is 1<<63 or 0, for the byte behind.
func between(mid, around, last, after GPVirtual) {
	t := GP64()
	LEAQ(Mem{Base: last, Index: around, Scale: 2}, t)
	ANDQ(t, mid)
	MOVQ(around, last)
	SHRQ(U8(63), last)
	MOVQ(around, t)
	SHRQ(U8(1), t)
	ORQ(after, t)
	ANDQ(t, mid)
}

// finish puts the classes of a block together and stores them.
func (s *wordsState) finish(letters, digits, under, midLetters, midNumbers, beyond, class GPVirtual) {
	w, after := GP64(), GP64()
	MOVQ(letters, w)
	ORQ(digits, w)
	ORQ(under, w)
	MOVQ(class, after)
	SHLQ(U8(63), after)
	between(midLetters, letters, s.lastLetter, after)
	ORQ(midLetters, w)
	SHRQ(U8(1), class)
	SHLQ(U8(63), class)
	between(midNumbers, digits, s.lastDigit, class)
	ORQ(midNumbers, w)
	MOVQ(w, Mem{Base: s.words})
	MOVQ(beyond, Mem{Base: s.beyond})
	ADDQ(U8(8), s.words)
	ADDQ(U8(8), s.beyond)
	ADDQ(U8(64), s.text)
}

func wordsAVX512() {
	TEXT("wordsAVX512", NOSPLIT, "func(words, beyond *uint64, text *byte, n int) (nonASCII, connectors uint64)")
	Doc("wordsAVX512 is Words for n bytes.")
	Pragma("noescape")
	low, high = nibbleTables()
	next = nextTable()
	s := wordsParams()
	n := Load(Param("n"), GP64()).(GPVirtual)
	lows, highs, nibble := ZMM(), ZMM(), bytesOf(ZMM, 0x0f)
	VMOVDQU64(low, lows)
	VMOVDQU64(high, highs)
	isLetter, isDigit, isUnder := bytesOf(ZMM, classLetter), bytesOf(ZMM, digit), bytesOf(ZMM, underscore)
	isMidLetter, isMidNumber := bytesOf(ZMM, classMidLetter), bytesOf(ZMM, classMidNumber)
	nonASCII, connectors := K(), K()
	KXORQ(nonASCII, nonASCII, nonASCII)
	KXORQ(connectors, connectors, connectors)
	x, h := ZMM(), ZMM()

	block := func(class GPVirtual) {
		VPSRLW(U8(4), x, h)
		VPANDQ(nibble, h, h)
		VPSHUFB(h, highs, h)
		k := K()
		VPMOVB2M(x, k)
		KORQ(k, nonASCII, nonASCII)
		beyond := GP64()
		KMOVQ(k, beyond)
		Comment("A byte beyond ASCII has its highest bit set, for which the shuffle gives zero.")
		VPSHUFB(x, lows, x)
		test := func(class VecVirtual) GPVirtual {
			k, r := K(), GP64()
			VPTESTMB(class, h, k)
			KMOVQ(k, r)
			return r
		}
		VPANDQ(x, h, h)
		under := GP64()
		k = K()
		VPTESTMB(isUnder, h, k)
		KORQ(k, connectors, connectors)
		KMOVQ(k, under)
		s.finish(test(isLetter), test(isDigit), under, test(isMidLetter), test(isMidNumber), beyond, class)
	}

	Label("loop")
	CMPQ(n, U8(64))
	JLE(LabelRef("tail"))
	VMOVDQU8(Mem{Base: s.text}, x)
	block(s.nextClass())
	SUBQ(U8(64), n)
	JMP(LabelRef("loop"))

	Label("tail")
	Comment("A last block of 64 bytes is followed by one of none.")
	rest := lowMask(n)
	VMOVDQU8_Z(Mem{Base: s.text}, rest, x)
	class := GP64()
	XORL(class.As32(), class.As32())
	block(class)
	SUBQ(U8(64), n)
	JEQ(LabelRef("tail"))

	result := GP64()
	KMOVQ(nonASCII, result)
	Store(result, Return("nonASCII"))
	KMOVQ(connectors, result)
	Store(result, Return("connectors"))
	VZEROUPPER()
	RET()
}

func wordsAVX2() {
	TEXT("wordsAVX2", NOSPLIT, "func(words, beyond *uint64, text *byte, blocks int) (nonASCII, connectors uint64)")
	Doc("wordsAVX2 is Words for so many blocks of 64 bytes, at least one, with a byte behind the last.")
	Pragma("noescape")
	s := wordsParams()
	blocks := Load(Param("blocks"), GP64()).(GPVirtual)
	lows, highs, nibble, zero := YMM(), YMM(), bytesOf(YMM, 0x0f), YMM()
	VMOVDQU(low, lows)
	VMOVDQU(high, highs)
	VPXOR(zero, zero, zero)
	isLetter := bytesOf(YMM, classLetter)
	isMidLetter, isMidNumber := bytesOf(YMM, classMidLetter), bytesOf(YMM, classMidNumber)
	nonASCII, connectors := YMM(), YMM()
	VPXOR(nonASCII, nonASCII, nonASCII)
	VPXOR(connectors, connectors, connectors)

	Label("loop")
	class := s.nextClass()
	var half [2]VecVirtual
	beyond := GP64()
	join := func(a, b GPVirtual) {
		SHLQ(U8(32), b)
		ORQ(b, a)
	}
	upperHalf := GP64()
	for i := range half {
		x, h := YMM(), YMM()
		VMOVDQU(Mem{Base: s.text, Disp: 32 * i}, x)
		VPOR(x, nonASCII, nonASCII)
		VPMOVMSKB(x, []GPVirtual{beyond, upperHalf}[i].As32())
		VPSRLW(U8(4), x, h)
		VPAND(nibble, h, h)
		VPSHUFB(h, highs, h)
		VPSHUFB(x, lows, x)
		VPAND(x, h, h)
		half[i] = h
	}
	join(beyond, upperHalf)
	// single moves the one bit of a class to the top of its byte.
	single := func(bit int) GPVirtual {
		var r [2]GPVirtual
		for i, h := range half {
			t := YMM()
			r[i] = GP64()
			VPSLLW(U8(7-bit), h, t)
			if bit == 3 {
				VPOR(t, connectors, connectors)
			}
			VPMOVMSKB(t, r[i].As32())
		}
		join(r[0], r[1])
		return r[0]
	}
	several := func(class VecVirtual) GPVirtual {
		var r [2]GPVirtual
		for i, h := range half {
			t := YMM()
			r[i] = GP64()
			VPAND(class, h, t)
			VPCMPEQB(zero, t, t)
			VPMOVMSKB(t, r[i].As32())
		}
		join(r[0], r[1])
		NOTQ(r[0])
		return r[0]
	}
	s.finish(several(isLetter), single(2), single(3), several(isMidLetter), several(isMidNumber), beyond, class)
	DECQ(blocks)
	JNE(LabelRef("loop"))

	result := GP64()
	VPMOVMSKB(nonASCII, result.As32())
	Store(result, Return("nonASCII"))
	VPMOVMSKB(connectors, result.As32())
	Store(result, Return("connectors"))
	VZEROUPPER()
	RET()
}
