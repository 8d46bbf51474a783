// Command minhashlsh is the peer github.com/ekzhu/minhash-lsh: it reads JSONL, signs
// and indexes word 5-grams, and writes the pairs.
//
// It is a module of its own, so that building and testing doppel do not see it. The
// number of threads is GOMAXPROCS.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	minhashlsh "github.com/ekzhu/minhash-lsh"
)

const seed = 1

type document struct {
	ID        string `json:"id"`
	Text      string `json:"text"`
	signature []uint64
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: minhashlsh INPUT OUTPUT matched|defaults")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "minhashlsh:", err)
		os.Exit(1)
	}
}

func run(input, output, setting string) error {
	// The constructors take no bands and rows: of 96 hashes and 0.6 they make 16 bands
	// of 6 rows. 64-bit band keys, since the library's default cuts hashes to 32.
	hashes, threshold, newIndex := 96, .6, minhashlsh.NewMinhashLSH64
	if setting == "defaults" {
		hashes, threshold, newIndex = 128, .8, minhashlsh.NewMinhashLSH
	}
	index := newIndex(hashes, threshold)
	if k, l := index.Params(); setting == "matched" && (k != 6 || l != 16) {
		return fmt.Errorf("%d bands of %d rows instead of 16 of 6", l, k)
	}
	docs, err := sign(input, hashes)
	if err != nil {
		return err
	}
	for i := range docs {
		index.Add(i, docs[i].signature)
	}
	index.Index()
	return write(output, docs, query(index, docs, setting == "matched"))
}

// sign reads the documents and signs them, one goroutine a thread.
func sign(input string, hashes int) ([]document, error) {
	data, err := os.ReadFile(input)
	if err != nil {
		return nil, err
	}
	lines := bytes.Split(bytes.TrimRight(data, "\n"), []byte("\n"))
	docs := make([]document, len(lines))
	errs := make([]error, len(lines))
	each(len(lines), func(i int) {
		if errs[i] = json.Unmarshal(lines[i], &docs[i]); errs[i] == nil {
			docs[i].signature = signature(docs[i].Text, hashes)
			docs[i].Text = ""
		}
	})
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", input, i+1, err)
		}
	}
	return docs, nil
}

func signature(text string, hashes int) []uint64 {
	words := strings.Fields(strings.ToLower(text))
	m := minhashlsh.NewMinhash(seed, hashes)
	n := min(5, len(words))
	var gram []byte
	for i := 0; n > 0 && i+n <= len(words); i++ {
		gram = gram[:0]
		for _, w := range words[i : i+n] {
			gram = append(append(gram, w...), ' ')
		}
		m.Push(gram)
	}
	return m.Signature()
}

// query returns for each document the earlier ones that share a bucket with it. The
// library returns candidates; with check the agreement of the signatures decides.
func query(index *minhashlsh.MinhashLSH, docs []document, check bool) [][]int {
	near := make([][]int, len(docs))
	each(len(docs), func(i int) {
		for _, key := range index.Query(docs[i].signature) {
			j := key.(int)
			if j < i && (!check || agreement(docs[i].signature, docs[j].signature) >= .8) {
				near[i] = append(near[i], j)
			}
		}
	})
	return near
}

func agreement(a, b []uint64) float64 {
	equal := 0
	for i := range a {
		if a[i] == b[i] {
			equal++
		}
	}
	return float64(equal) / float64(len(a))
}

func each(n int, f func(i int)) {
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

func write(output string, docs []document, near [][]int) error {
	f, err := os.Create(output)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "#pairs")
	for i, js := range near {
		for _, j := range js {
			fmt.Fprintf(w, "%s\t%s\n", docs[j].ID, docs[i].ID)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
