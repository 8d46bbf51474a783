// Package kernel decides which implementation of doppel's inner loops runs.
//
// The loops themselves live in the packages below this one, by what they work
// on: json (strings), text (letter case, word boundaries, hashes of tokens and
// shingles), digest (SHA-256 of many texts), sketch (signatures, band keys) and sets
// (intersections). Each kernel is there as a
// portable Go function, which is its specification, and, where that pays, as
// assembly for AVX2 and AVX-512 that is generated with avo from the programs in
// the _asm folders (go generate). All implementations of a kernel give the same
// bits for every input, so the choice changes no result, only time.
//
// The choice is made once, when the program starts: the best [Level] that the
// processor has, or the one that the environment variable DOPPEL_CPU names.
// Programs built with the tag purego, or for other processors than x86-64, have
// the portable functions only.
//
// The variable is read before main, which is too early for the cache of go test to
// take note of it. Tests that use package kerneltest make up for that; those of
// other packages need -count=1 to run on another level than the last time.
package kernel

import (
	"fmt"
	"os"
)

// Variable is the environment variable that forces a level: purego, avx2 or
// avx512.
const Variable = "DOPPEL_CPU"

// Level is a set of instructions that kernels may use. Levels are ordered: each
// includes the ones before it.
type Level uint8

// The levels.
const (
	// Portable is plain Go.
	Portable Level = iota
	// AVX2 is AVX2 with BMI1, BMI2 and POPCNT.
	AVX2
	// AVX512 is AVX2 and AVX-512 F, BW, DQ, VL and CD.
	AVX512
)

var names = [...]string{Portable: "purego", AVX2: "avx2", AVX512: "avx512"}

// String returns the name that [Variable] takes.
func (l Level) String() string {
	if int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// Active is the level in use. Kernels read it at every call; only tests change
// it, by [Use].
func Active() Level { return active }

// Best returns the best level that this program has and this processor runs.
func Best() Level { return best }

var (
	best           = detect()
	active, forced = choose(os.Getenv(Variable))
)

// Err says what is wrong with the value of [Variable], if anything is. A command
// reports it; the level is then the best one.
func Err() error { return forced }

// choose returns the level that the variable's value asks for.
func choose(value string) (Level, error) {
	if value == "" {
		return best, nil
	}
	for l, name := range names {
		if name != value {
			continue
		}
		if Level(l) > best {
			return best, fmt.Errorf("%s=%s: this program on this processor has no more than %v", Variable, value, best)
		}
		return Level(l), nil
	}
	return best, fmt.Errorf("%s=%s: want purego, avx2 or avx512", Variable, value)
}

// Use changes the level and returns a function that changes it back. It is for
// tests and benchmarks: no kernel may run meanwhile. It panics if the level is
// above [Best].
func Use(l Level) (restore func()) {
	if l > best {
		panic(fmt.Sprintf("kernel: level %v is above %v", l, best))
	}
	before := active
	active = l
	return func() { active = before }
}
