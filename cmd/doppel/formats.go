package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
	"github.com/doppel-dedup/doppel/pipeline/corpus/warc"
	"github.com/doppel-dedup/doppel/pipeline/corpus/webpage"
)

// containers are the kinds of files, besides text and lines, that doppel reads.
func containers() []corpus.Container { return []corpus.Container{parquet.Container{}, warc.New()} }

// addFormats makes the containers known, and registers how pages are read.
func addFormats(cmd *cobra.Command, o *pipeline.Options) {
	o.Containers = containers()
	o.PageText = pageText(webpage.Main)
	addValue(cmd.Flags(), &o.PageText, "html", "TEXT", "main", "what is read of an HTML page: main (the article), all (all that is shown) or raw (the page as it is)", parseHTML)
	complete(cmd, "html", "main", "all", "raw")
}

func pageText(m webpage.Mode) corpus.PageText {
	return corpus.PageText{Version: m.Version(), Extract: m.Text}
}

func parseHTML(s string) (corpus.PageText, error) {
	switch s {
	case "main":
		return pageText(webpage.Main), nil
	case "all":
		return pageText(webpage.All), nil
	case "raw":
		return corpus.PageText{}, nil
	}
	return corpus.PageText{}, fmt.Errorf("%q is none of main, all and raw", s)
}
