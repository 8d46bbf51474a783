package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// addFormatFlags registers how files of all formats are read, and which records take
// part.
func addFormatFlags(cmd *cobra.Command, o *pipeline.Options) {
	fs, id := cmd.Flags(), &o.Identity
	fs.Var(&conditions{id}, "where", "take only records for which this holds: FIELD, FIELD=VALUE, FIELD!=VALUE, FIELD>=N (or <=, >, <); give it again for more")
	addValue(fs, &id.CSV.Delimiter, "csv-delimiter", "CHAR", "", "character between CSV fields, or the word tab (default: as the header shows; a tab in TSV)", parseDelimiter)
	header := fs.VarPF(&headerFlag{&id.CSV.NoHeader}, "csv-header", "", "whether CSV files begin with the names of their fields; without, these are 1, 2, ...")
	header.NoOptDefVal = "true"
	fs.BoolVar(&id.CSV.LazyQuotes, "csv-lazy-quotes", false, "take quotes inside CSV fields as they are, instead of as bad records")
	addValue(fs, &id.Encoding, "encoding", "NAME", corpus.EncodingAuto, "of text and HTML files without a byte order mark: auto (as a page says, else UTF-8) or a name such as windows-1252", corpus.ParseEncoding)
	addValue(fs, &id.MaxExpansion, "max-expansion", "TIMES", strconv.Itoa(corpus.DefaultMaxExpansion), "how many times its size a compressed file may have; what is behind is not read", parseTimes)
	addValue(fs, &o.MaxBad, "max-bad", "N|SHARE", "", "stop with exit code 4, and write nothing, if more records are bad: a number, or a share such as 1%", pipeline.ParseBadLimit)
	complete(cmd, "encoding", "auto", "utf-8", "windows-1252", "shift_jis", "gbk")
	complete(cmd, "csv-delimiter", ",", ";", "tab", "|")
}

// parseDelimiter reads a character, or the name of the tab.
func parseDelimiter(s string) (string, error) {
	if s == "tab" {
		return "\t", nil
	}
	return s, nil
}

// conditions is the flag that adds a condition each time.
type conditions struct{ id *pipeline.Identity }

func (c *conditions) String() string     { return "" }
func (c *conditions) Type() string       { return "CONDITION" }
func (c *conditions) Set(s string) error { return c.id.AddCondition(s) }

// headerFlag is true unless its destination is.
type headerFlag struct{ none *bool }

func (h *headerFlag) String() string { return strconv.FormatBool(h.none == nil || !*h.none) }
func (h *headerFlag) Type() string   { return "bool" }

func (h *headerFlag) Set(s string) error {
	has, err := strconv.ParseBool(s)
	*h.none = !has
	return err
}

// parseTimes reads a whole number from 1 on.
func parseTimes(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a whole number from 1 on", s)
	}
	return n, nil
}
