package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/spf13/pflag"
)

// addSeed registers the number behind the hash functions. The default is fixed, so that
// a run can be repeated. Who writes texts for a known seed can make them meet in a
// bucket; random takes a seed that nobody could know.
func addSeed(fs *pflag.FlagSet, seed *int64) {
	addValue(fs, seed, "seed", "NUMBER", "0", "number that fixes the hash functions; random for one that nobody can know beforehand, which the plan and the report tell", parseSeed)
}

// parseSeed reads a number, or makes one of "random".
func parseSeed(s string) (int64, error) {
	if s == "random" {
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
