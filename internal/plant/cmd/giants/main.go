// Command giants writes a corpus of giant documents among usual ones, for measurements
// of memory:
//
//	go run ./internal/plant/cmd/giants -kind jsonl -count 2 -bytes 80000000 -small 10000 DIR
//
// bench/giantdocs.sh measures with it.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/doppel-dedup/doppel/internal/plant/formats"
)

func main() {
	var g formats.Giants
	flag.StringVar(&g.Kind, "kind", "jsonl", "what giants are stored as: "+strings.Join(formats.GiantKinds(), ", "))
	flag.IntVar(&g.Count, "count", 2, "number of giants")
	flag.IntVar(&g.Bytes, "bytes", 80_000_000, "size of each giant's text")
	flag.IntVar(&g.Small, "small", 10_000, "number of other documents, of about 2,000 bytes")
	flag.Parse()
	if flag.NArg() != 1 || g.Small < 1 {
		flag.Usage()
		os.Exit(2)
	}
	err := os.MkdirAll(flag.Arg(0), 0o755)
	if err == nil {
		err = formats.WriteGiants(flag.Arg(0), g)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
