// Command plant writes a synthetic corpus with known duplicates, for
// measurements at sizes for which there is no labelled text:
//
//	go run ./internal/plant/cmd/plant -n 100000 -seed 1 -o corpus.jsonl -truth truth.csv
//
// The same flags give the same bytes on every machine. What is planted, and how,
// is told by package plant. Existing files are replaced.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/doppel-dedup/doppel/internal/plant"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// options are the flags.
type options struct {
	spec                   plant.Spec
	docs, truth, relations string
}

func run(args []string, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, err)
		return 2
	}
	s, err := write(o)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	fmt.Fprintf(stderr, "%d documents, %d bytes: %d originals, %d identical, %d restyled, %d near\n",
		s.Documents, s.Bytes, s.Originals, s.Identical, s.Restyled, s.Near)
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var levels string
	f := flag.NewFlagSet("plant", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&o.spec.Documents, "n", 1000, "number of documents")
	f.IntVar(&o.spec.MeanBytes, "bytes", 2000, "mean length of a text in bytes")
	f.Uint64Var(&o.spec.Seed, "seed", 1, "choice among corpora of equal shape")
	f.Float64Var(&o.spec.ExactShare, "exact", .05, "share of documents equal to another after normalising")
	f.Float64Var(&o.spec.NearShare, "near", .1, "share of edited copies")
	f.Float64Var(&o.spec.FooterShare, "footer", .05, "share of originals that end in a standard footer")
	f.StringVar(&levels, "levels", "0.95,0.85,0.7", "word 5-gram Jaccard similarities of edited copies")
	f.StringVar(&o.docs, "o", "corpus.jsonl", "file for the documents")
	f.StringVar(&o.truth, "truth", "truth.csv", "file for the clusters")
	f.StringVar(&o.relations, "relations", "", "file for what each duplicate was made from (default none)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("plant: argument %q is not a flag", f.Arg(0))
	}
	for l := range strings.SplitSeq(levels, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(l), 64)
		if err != nil {
			return o, fmt.Errorf("plant: level %q is not a number", l)
		}
		o.spec.Levels = append(o.spec.Levels, v)
	}
	return o, o.spec.Validate()
}

func write(o options) (plant.Stats, error) {
	var files []*os.File
	create := func(name string) (io.Writer, error) {
		f, err := os.Create(name)
		files = append(files, f) // a nil file closes with an error that repeats err's
		return f, err
	}
	docs, err1 := create(o.docs)
	truth, err2 := create(o.truth)
	var relations io.Writer
	var err3 error
	if o.relations != "" {
		relations, err3 = create(o.relations)
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return plant.Stats{}, err
	}
	s, err := o.spec.Write(docs, truth, relations)
	for _, f := range files {
		err = errors.Join(err, f.Close())
	}
	return s, err
}
