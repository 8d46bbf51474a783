// Package text holds the inner loops between a text and its shingle hashes.
//
//	text -Lower-> normalised -Words-> bitmap -Edges-> tokens -HashTokens-> -Roll-> shingle hashes
//
// What comes in and goes out is memory of the caller: bytes of text, bitmaps
// with one bit for each byte (bit i%64 of word i/64 stands for text[i]), places
// of tokens as pairs of numbers, and hashes. Nothing is allocated and nothing
// kept, so all functions may run at once on different memory. None reads or
// writes beyond the lengths of the slices it is given; those that need room say
// how much and panic without it.
//
// A Memo remembers words for where no kernel hashes them by a secret key.
//
// Marks and Break find in one pass each what a text rarely has and what takes more than
// that: markup and words broken at line ends. Characters counts.
//
// The kernels do what plain ASCII needs. They tell the caller where there is
// more to it (characters beyond ASCII, underscores), for the rules of Unicode
// are known to package shingle alone.
//
// Every function has a portable form in Go, which is its specification, and runs
// as AVX2 or AVX-512 code where that is faster; [kernel.Active] chooses. The
// bitmaps and the flattening of their bits follow Langdale and Lemire, Parsing
// gigabytes of JSON per second, 2019; the polynomial over token hashes is that
// of Karp and Rabin, Efficient randomized pattern-matching algorithms, 1987.
package text

// The runtime cannot stop a goroutine in assembly, for a garbage collection, say,
// and would keep all others waiting. So no call of it takes more than this; Lower,
// HashTokens, Roll, Marks, Break and Characters make several for more. Words and Edges
// do not: their callers give them a few KB at a time, since that is faster anyway.
const (
	mostBytes  = 64 << 10
	mostHashes = 16 << 10
)

//go:generate go run -modfile=../../../go.tools.mod ./_asm -out text_amd64.s -stubs text_amd64_asm.go -pkg text
