// Command doppel finds duplicate and near-duplicate documents, says why, and
// prunes them without losing a text that nothing else covers. Run doppel --help.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
