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
	sipTokensAVX512()
	longest := quads4In("longest", 16)
	hashTokensAVX2(longest)
	sipTokensAVX2(longest)
	rollAVX512()
	marksAVX512()
	marksAVX2()
	breakAVX512()
	breakAVX2()
	continuingAVX2()
	Generate()
}
