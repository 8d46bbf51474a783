package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// bytesOf fills every byte of a new vector with c.
func bytesOf(new func() VecVirtual, c byte) VecVirtual {
	v, r := new(), GP32()
	MOVL(U32(uint32(c)), r)
	if v.Size() == 64 {
		VPBROADCASTB(r, v)
		return v
	}
	VMOVD(r, v.AsX())
	VPBROADCASTB(v.AsX(), v)
	return v
}

// quadsOf fills every eight bytes of a new ZMM with x.
func quadsOf(x uint64) VecVirtual {
	v, r := ZMM(), GP64()
	MOVQ(U64(x), r)
	VPBROADCASTQ(r, v)
	return v
}

// lowMask returns the mask of the n lowest bits, n <= 64.
func lowMask(n GPVirtual) OpmaskVirtual {
	bits, k := GP64(), K()
	MOVQ(I64(-1), bits)
	BZHIQ(n, bits, bits)
	KMOVQ(bits, k)
	return k
}
