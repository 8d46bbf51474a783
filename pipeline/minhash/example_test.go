package minhash_test

import (
	"fmt"
	"log"

	"github.com/doppel-dedup/doppel/pipeline/minhash"
)

func ExampleSigner() {
	signer, err := minhash.NewSigner(minhash.Classic32, 1024, 1)
	if err != nil {
		log.Fatal(err)
	}
	a := signer.Sign(nil, []uint64{1, 2, 3, 4, 5, 6})
	b := signer.Sign(nil, []uint64{3, 4, 5, 6, 7, 8}) // Jaccard 4/8
	fmt.Printf("%.1f +- %.3f\n", minhash.Estimate(a, b), minhash.StdErr(0.5, signer.Hashes()))
	// Output:
	// 0.5 +- 0.016
}
