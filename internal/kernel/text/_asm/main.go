// Command _asm generates the assembly of package text: see its go:generate line.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	lowerAVX512()
	lowerAVX2()
	wordsAVX512()
	wordsAVX2()
	edgesAVX512()
	edgesAVX2()
	hashTokensAVX512()
	hashTokensAVX2()
	rollAVX512()
	Generate()
}
