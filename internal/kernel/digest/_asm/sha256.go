package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// lanes writes SHA-256 (FIPS 180-4) of a block of each lane, 32 bits wide, with the
// instructions of one width. The names are those of the standard.
type lanes struct {
	count int // of lanes: 16 or 8
	// words are the last 16 of the schedule, in registers or in memory.
	words [16]Op

	new  func() VecVirtual
	move func(from, to Op)
	// fill loads 16 bytes into each part of x, insert into one.
	fill        func(from Mem, x VecVirtual)
	insert      func(part uint8, from Mem, x VecVirtual)
	addConstant func(k Mem, x VecVirtual)

	// These return a new vector. sum and shifted are the exclusive or of x rotated to the
	// right by each of n, where shifted shifts by the last.
	sum, shifted     func(x Op, n [3]uint8) VecVirtual
	choice, majority func(x, y, z VecVirtual) VecVirtual
}

// The rotations of the four functions of the standard.
var (
	upper0 = [3]uint8{2, 13, 22}
	upper1 = [3]uint8{6, 11, 25}
	lower0 = [3]uint8{7, 18, 3}
	lower1 = [3]uint8{17, 19, 10}
)

// load loads the next block of each lane and turns the blocks about: what was a lane's
// 16 words becomes one lane of 16 vectors. Lane 4*p+j is loaded as part p of one of
// four vectors, so that only parts of 16 bytes are to be turned.
func (l *lanes) load(base Register, at Register, swap Mem) {
	for quarter := range 4 {
		var row [4]VecVirtual
		for j := range row {
			row[j] = l.new()
			for part := range l.count / 4 {
				offset := GP64()
				MOVQ(Mem{Base: at, Disp: 8 * (4*part + j)}, offset)
				from := Mem{Base: base, Index: offset, Scale: 1, Disp: 16 * quarter}
				if part == 0 {
					l.fill(from, row[j])
				} else {
					l.insert(uint8(part), from, row[j])
				}
			}
		}
		for i, x := range l.turn(row) {
			VPSHUFB(swap, x, x)
			l.move(x, l.words[4*quarter+i])
		}
	}
}

// turn turns each part of 16 bytes of four vectors about.
func (l *lanes) turn(r [4]VecVirtual) (w [4]VecVirtual) {
	var t [4]VecVirtual
	for i := range t {
		t[i], w[i] = l.new(), l.new()
	}
	VPUNPCKLDQ(r[1], r[0], t[0])
	VPUNPCKHDQ(r[1], r[0], t[1])
	VPUNPCKLDQ(r[3], r[2], t[2])
	VPUNPCKHDQ(r[3], r[2], t[3])
	VPUNPCKLQDQ(t[2], t[0], w[0])
	VPUNPCKHQDQ(t[2], t[0], w[1])
	VPUNPCKLQDQ(t[3], t[1], w[2])
	VPUNPCKHQDQ(t[3], t[1], w[3])
	return w
}

// extend makes word i of the schedule the one 16 further on.
func (l *lanes) extend(i int) {
	x, inRegister := l.words[i].(VecVirtual)
	if !inRegister {
		x = l.new()
		l.move(l.words[i], x)
	}
	VPADDD(l.words[(i+9)%16], x, x)
	VPADDD(l.shifted(l.words[(i+1)%16], lower0), x, x)
	VPADDD(l.shifted(l.words[(i+14)%16], lower1), x, x)
	if !inRegister {
		l.move(x, l.words[i])
	}
}

// round is one round, which renames the variables instead of moving them.
func (l *lanes) round(v *[8]VecVirtual, word Op, k Mem) {
	a, b, c, d, e, f, g, h := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
	l.addConstant(k, h)
	VPADDD(word, h, h)
	VPADDD(l.choice(e, f, g), h, h)
	VPADDD(l.sum(e, upper1), h, h)
	VPADDD(h, d, d)
	VPADDD(l.majority(a, b, c), h, h)
	VPADDD(l.sum(a, upper0), h, h)
	*v = [8]VecVirtual{h, a, b, c, d, e, f, g}
}

// body writes a function that goes on with the state of each lane by some blocks.
func (l *lanes) body(swap, constants Mem) {
	state := Load(Param("state"), GP64())
	base := Load(Param("base"), GP64())
	at := Load(Param("at"), GP64())
	blocks := Load(Param("blocks"), GP64())
	var v [8]VecVirtual
	for i := range v {
		v[i] = l.new()
	}

	Label("block")
	l.load(base, at, swap)
	for i := range v {
		l.move(l.stateOf(state, i), v[i])
	}
	k, more := GP64(), GP64()
	LEAQ(constants, k)
	rounds := func(extend bool) {
		for i := range 16 {
			if extend {
				l.extend(i)
			}
			l.round(&v, l.words[i], Mem{Base: k, Disp: 4 * i})
		}
		ADDQ(U8(64), k)
	}
	rounds(false)
	MOVQ(U32(3), more)
	Label("rounds")
	rounds(true)
	DECQ(more)
	JNE(LabelRef("rounds"))
	for i := range v {
		VPADDD(l.stateOf(state, i), v[i], v[i])
		l.move(v[i], l.stateOf(state, i))
	}
	ADDQ(U8(64), base)
	DECQ(blocks)
	JNE(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// stateOf is variable i of all lanes: there is room for 16 on either level.
func (l *lanes) stateOf(state Register, i int) Mem { return Mem{Base: state, Disp: 64 * i} }

// swapBytes has the places of bytes for a shuffle that turns big-endian words about.
func swapBytes() Mem {
	m := GLOBL("swap", RODATA|NOPTR)
	for i := range 8 {
		DATA(8*i, U64(0x0405060700010203+uint64(i%2)*0x0808080808080808))
	}
	return m
}

// constantsOfRounds are the standard's: the first 32 bits of the fractional parts of the
// cube roots of the first 64 primes.
func constantsOfRounds() Mem {
	m := GLOBL("constants", RODATA|NOPTR)
	i := 0
	for n := uint64(2); i < 64; n++ {
		if isPrime(n) {
			DATA(4*i, U32(cubeRootFraction(n)))
			i++
		}
	}
	return m
}
