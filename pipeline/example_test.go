package pipeline_test

import (
	"context"
	"fmt"
	"log"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/seeds"
)

// The main job as a library: read articles, find those that report one event,
// and say what would be kept.
func Example() {
	res, err := pipeline.Run(context.Background(), pipeline.Options{
		FS: seeds.FS, Inputs: []string{"*.txt"}, Preset: pipeline.Story,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer res.Close()
	for c := range res.Clusters() {
		for _, m := range c.Members {
			fmt.Printf("keep=%-5t %.3f %s\n", m.Keep, m.Similarity, m.ID)
		}
	}
	// Output:
	// keep=true  1.000 000_6cc9cd58440914a4.txt
	// keep=false 0.382 002_200e7f99c6b5dcc2.txt
	// keep=false 0.505 001_611cf8fc74704ec0.txt
	// keep=true  1.000 003_d5e8a0246e74781b.txt
	// keep=false 0.200 004_11cfc1119cf92189.txt
}
