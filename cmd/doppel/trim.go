package main

import (
	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// addPassageFlags registers what is cut out of documents.
func addPassageFlags(cmd *cobra.Command, o *passage.Options) {
	fs := cmd.Flags()
	addValue(fs, &o.Unit, "dedup", "UNIT", "", "cut out what occurs more than once: paragraph, line or substring", passage.ParseUnit)
	fs.IntVar(&o.MinCount, "min-count", 0, "how often a unit must occur (default 2)")
	addValue(fs, &o.Keep, "dedup-keep", "POLICY", "first", "which occurrences stay: first or none", passage.ParseKeep)
	fs.IntVar(&o.MinChars, "dedup-min-chars", 0, "characters under which a paragraph or line stays however often it occurs (default 40)")
	addValue(fs, &o.MinLength, "min-length", "LENGTH", "", "shortest substring, in words (50) or bytes (200B) (default 50)", passage.ParseLength)
	addValue(fs, &o.Cut, "cut", "PLACE", "character", "where substrings are cut: at any character, or sentence", passage.ParseBoundary)
	complete(cmd, "dedup", "paragraph", "line", "substring")
	complete(cmd, "dedup-keep", "first", "none")
	complete(cmd, "cut", "character", "sentence")
}

func newTrim(a *app) *cobra.Command {
	var o pipeline.Options
	var dir string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "trim INPUT... --dedup UNIT -o DIR",
		Short: "Cut paragraphs, lines or passages that repeat out of a corpus",
		Long: `Finds paragraphs, lines or runs of words that occur more than once in a corpus, in
different documents or in one, and writes a copy of it without the repetitions to DIR,
which must be new or empty and not inside an input:

  DIR/data/              the records, with nothing changed but their text
  DIR/spans.jsonl        each passage cut out: where it was, and where it stands first
  DIR/removed.jsonl      documents of which no word was left
  DIR/quarantine.jsonl   bad records
  DIR/accounting.json    where every record ended, by file and in total

Units are equal if their normalised texts are. "doppel prune --dedup UNIT" does the
same to what is left once near-duplicate documents are gone.`,
		Example: `  doppel trim news/ --dedup paragraph -o trimmed/
  doppel trim crawl.jsonl.zst --dedup line --min-count 10 --dedup-keep none -o trimmed/
  doppel trim corpus.jsonl --dedup substring --min-length 50 --dry-run`,
		Args: inputsOrUsage(1, "trim needs an input: a folder, a file, or - for standard input"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			if o.Identity.Passages.Unit == passage.None {
				return usagef("trim needs --dedup: paragraph, line or substring")
			}
			if dir == "" && !dryRun {
				return usagef("trim needs -o DIR, or --dry-run to see what it would do")
			}
			o.Inputs, o.Reread, o.Preset = args, true, pipeline.Verbatim
			o.Identity.Passages.Scope = passage.Alone
			return a.prune(cmd, o, pruneTo{dir: dir, dryRun: dryRun, what: "trimmed"}, guards{})
		}),
	}
	addPassageFlags(cmd, &o.Identity.Passages)
	addInputFlags(cmd, &o)
	cmd.Flags().StringVarP(&dir, "output", "o", "", "folder for the trimmed corpus")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be done and write nothing")
	addSpaceFlag(cmd, &a.spaceUnchecked)
	return cmd
}

// describeEdits returns what was done below whole documents, "" if nothing was.
func describeEdits(p *printer, c prune.EditCounts) {
	if c.Emptied > 0 {
		p.printf("  emptied      %10s   of the pruned: no word was left\n", quantity.Number(c.Emptied))
	}
	if c.Contaminated > 0 {
		p.printf("  contaminated %10s   of the pruned\n", quantity.Number(c.Contaminated))
	}
	if c.CutCharacters > 0 {
		p.printf("  trimmed      %10s   of the kept; %s cut out\n", quantity.Number(c.Trimmed), quantity.Of(c.CutCharacters, "character was", "characters were"))
	}
}
