package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/pflag"
)

// randomSeed is the value that asks for a seed that nobody knows.
const randomSeed = "random"

// addSeed registers the number behind the hash functions. The default is fixed, so that
// a run can be repeated. Who writes texts for a known seed can make them meet in a
// bucket, and for 0 make two count as copies; random takes a seed that nobody could know.
func addSeed(fs *pflag.FlagSet, seed *int64) {
	addValue(fs, seed, "seed", "NUMBER", "0", "number that fixes the hash functions; random for one that nobody can know beforehand, which the plan and the report tell: for a corpus whose authors may write texts to be compared in vain", parseSeed)
}

// parseSeed reads a number, or makes one of "random".
func parseSeed(s string) (int64, error) {
	if s == randomSeed {
		var b [8]byte
		rand.Read(b[:]) // cannot fail
		return int64(binary.LittleEndian.Uint64(b[:]) >> 1), nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number and not random", s)
	}
	return n, nil
}

// settleSeed returns the arguments of a run with the number in place of "random", so that
// the run goes on with the seed that it began with.
func settleSeed(args []string, fs *pflag.FlagSet, seed int64) []string {
	if f := fs.Lookup("seed"); f == nil || f.Value.String() != randomSeed {
		return args
	}
	number := strconv.FormatInt(seed, 10)
	args = slices.Clone(args)
	settled := false
	for i, arg := range args {
		switch {
		case arg == "--seed="+randomSeed:
			args[i], settled = "--seed="+number, true
		case arg == randomSeed && i > 0 && args[i-1] == "--seed":
			args[i], settled = number, true
		}
	}
	if settled {
		return args
	}
	end := slices.Index(args, "--") // it came from a file or the environment
	if end < 0 {
		end = len(args)
	}
	return slices.Insert(args, end, "--seed="+number)
}
