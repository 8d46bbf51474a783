package main

import "math/big"

func isPrime(n uint64) bool { return new(big.Int).SetUint64(n).ProbablyPrime(0) }

// cubeRootFraction returns the first 32 bits behind the point of the cube root of n: the
// root of n * 2^96, found bit by bit, below its whole part.
func cubeRootFraction(n uint64) uint32 {
	cube := new(big.Int).Lsh(new(big.Int).SetUint64(n), 96)
	root := new(big.Int)
	for bit := 36; bit >= 0; bit-- {
		root.SetBit(root, bit, 1)
		if new(big.Int).Exp(root, big.NewInt(3), nil).Cmp(cube) > 0 {
			root.SetBit(root, bit, 0)
		}
	}
	return uint32(root.Uint64())
}
