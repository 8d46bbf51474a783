// Command _asm generates the assembly of package digest: see its go:generate line.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	swap, constants := swapBytes(), constantsOfRounds()
	blocksAVX512(swap, constants)
	blocksAVX2(swap, constants)
	shaInstructions()
	Generate()
}
