// Command accuracy measures what docs/accuracy.md tells, and writes its figures
// and tables:
//
//	go -C bench/accuracy run . -data ../../../shared/data
//	go -C bench/accuracy run . -only curves,oracle
//
// Figures are SVG files in -out; tables go into -page, between two marks that
// carry the part's name. Equal results give equal bytes. The labelled sets are
// not part of the repository; the parts edits and hard make their own texts. The
// part edits also runs two other tools, which bench/peers/run installs:
//
//	bench/peers/run --peers rensa,datasketch --sizes 200 --rounds 1 --cores 1 --work DIR
//	go -C bench/accuracy run . -only edits -peers DIR
//
// With -peers none they are left out. The command ends with an error, after it
// has written what it measured, where a promise is broken: a false pair, a
// document given up without a cover, recall below its target by more than chance.
//
// It is a module of its own, so that the plotting library is none of doppel's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// parts are what can be asked for, in the order of the page.
var parts = []struct {
	name string
	run  func(context.Context, *bench) error
}{
	{"curves", curves},
	{"oracle", oracle},
	{"pr", precisionRecall},
	{"methods", methods},
	{"edits", edits},
	{"stress", stress},
	{"causes", causes},
	{"hard", hard},
	{"containment", containment},
	{"seeds", seedMargins},
	{"story", story},
	{"keyterms", keyTerms},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	b := newBench()
	flags := flag.NewFlagSet("accuracy", flag.ContinueOnError)
	flags.StringVar(&b.data, "data", "../../../shared/data", "folder of the labelled sets")
	flags.StringVar(&b.out, "out", "../../docs/accuracy", "folder for the figures")
	flags.StringVar(&b.page, "page", "../../docs/accuracy.md", "page for the tables")
	flags.StringVar(&b.peers, "peers", filepath.Join(os.TempDir(), "doppel-peers"), "work folder of bench/peers/run, or none")
	only := flags.String("only", strings.Join(names, ","), "parts to run")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted := strings.Split(*only, ",")
	for _, w := range wanted {
		if !slices.Contains(names, w) {
			return fmt.Errorf("no part is called %q; there are %s", w, strings.Join(names, ", "))
		}
	}
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	var errs []error
	for _, p := range parts {
		if !slices.Contains(wanted, p.name) {
			continue
		}
		start := time.Now()
		fmt.Fprintf(os.Stderr, "%s ...\n", p.name)
		if err := p.run(ctx, b); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
		}
		fmt.Fprintf(os.Stderr, "%s: %.0f s\n", p.name, time.Since(start).Seconds())
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}
