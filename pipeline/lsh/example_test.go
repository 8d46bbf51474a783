package lsh_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
)

func ExampleTune() {
	p, err := lsh.Tune(0.8, 0.99, 128)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p)
	for _, s := range []float64{0.3, 0.5, 0.8} {
		fmt.Printf("a pair of similarity %v is found with probability %.4f\n", s, p.CandidateProb(s))
	}
	// Output:
	// 16 bands x 6 rows
	// a pair of similarity 0.3 is found with probability 0.0116
	// a pair of similarity 0.5 is found with probability 0.2227
	// a pair of similarity 0.8 is found with probability 0.9923
}

func ExampleBucketer() {
	p := lsh.Params{Bands: 16, Rows: 6}
	signer, err := minhash.NewSigner(minhash.Classic32, p.Hashes(), 1)
	if err != nil {
		log.Fatal(err)
	}
	bucketer, err := lsh.NewBucketer(p, lsh.BucketerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer bucketer.Close()

	sets := [][]uint64{{1, 2, 3, 4}, {50, 60, 70, 80}, {1, 2, 3, 4}}
	for i, set := range sets {
		keys := lsh.AppendBandKeys(nil, signer.Sign(nil, set), p)
		if err := bucketer.Add(corpus.ID(i), keys); err != nil {
			log.Fatal(err)
		}
	}
	found, err := bucketer.Join(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer found.Close()
	fmt.Println("documents", slices.Collect(found.Documents()))
	_, err = found.Pairs(context.Background(), func(pairs []corpus.Pair) error {
		fmt.Println("pairs", pairs)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// documents [0 2]
	// pairs [{0 2}]
}
