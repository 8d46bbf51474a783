package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/shingle"
)

// value is a flag whose text is read by one of the library's parsers, so that
// a bad value is a usage error that says what would be right.
type value[T any] struct {
	dst   *T
	parse func(string) (T, error)
	text  string
	kind  string
}

func (v *value[T]) String() string { return v.text }
func (v *value[T]) Type() string   { return v.kind }

func (v *value[T]) Set(s string) error {
	parsed, err := v.parse(s)
	if err != nil {
		return err
	}
	*v.dst, v.text = parsed, s
	return nil
}

// addValue registers a parsed flag. The default shown is text; the destination
// is left alone until the flag is given.
func addValue[T any](fs *pflag.FlagSet, dst *T, name, kind, text, usage string, parse func(string) (T, error)) {
	fs.Var(&value[T]{dst: dst, parse: parse, kind: kind, text: text}, name, usage)
}

// addInputFlags registers what every verb that reads a corpus understands.
func addInputFlags(cmd *cobra.Command, o *pipeline.Options) {
	fs, id := cmd.Flags(), &o.Identity
	fs.StringVar(&id.TextField, "text-field", corpus.DefaultTextField, "field that holds the text, dots for nesting; several with commas are joined, missing ones left out")
	fs.StringVar(&id.IDField, "id-field", corpus.DefaultIDField, "field that holds the id; without one it is file:line")
	fs.StringVar(&id.SourceField, "source-field", "", "field that holds the source (default: the file, or the folder of text files)")
	addValue(fs, &id.Format, "input-format", "FORMAT", "auto", "by file name (auto), or one for all: "+strings.Join(corpus.FormatNames()[1:], ", "), corpus.ParseFormat)
	addValue(fs, &id.MaxRecord, "max-record", "SIZE", "64MiB", "longest record accepted", parseBytes)
	addValue(fs, &o.OnError, "on-error", "POLICY", "skip", "what a bad record does: skip (counted, quarantined) or stop", pipeline.ParseErrorPolicy)
	addFormats(cmd, o)
	fs.IntVar(&o.Threads, "threads", 0, "worker threads (default: one per CPU)")
	addValue(fs, &o.Memory, "memory", "SIZE", "", "memory budget, e.g. 2GiB (default: 60% of the machine)", parseBytes)
	fs.StringVar(&o.Temp, "temp", "", "folder for temporary files (default: the system's)")
	addFormatFlags(cmd, o)
	complete(cmd, "input-format", corpus.FormatNames()...)
	complete(cmd, "on-error", "skip", "stop")
}

// addLevelFlags registers what decides likeness. The defaults come from the
// preset, so they are named in the preset's line and not shown as values.
func addLevelFlags(cmd *cobra.Command, o *pipeline.Options, preset pipeline.Preset) {
	fs, id := cmd.Flags(), &o.Identity
	o.Preset = preset
	addValue(fs, &o.Preset, "preset", "NAME", string(preset), "level of likeness: "+pipeline.PresetNames(), pipeline.ParsePreset)
	addValue(fs, &id.Shingle, "shingle", "SPEC", "", "word:N or char:N (default: the preset's)", shingle.ParseSpec)
	addValue(fs, &id.Similarity, "similarity", "KIND", "", "exact, jaccard, containment, cosine or weighted-jaccard (default: the preset's)", pipeline.ParseSimilarity)
	addValue(fs, &id.Threshold, "threshold", "SHARE", "", "similarity from which documents count as near-duplicates (default: the preset's)", parseShare)
	addValue(fs, &id.Recall, "recall", "SHARE", "", "share of the pairs at the threshold to find (default: the preset's)", parseShare)
	fs.IntVar(&id.MaxHashes, "max-hashes", 0, "longest signature that recall may cost (default: the preset's)")
	fs.IntVar(&id.Bands, "bands", 0, "bands, with --rows, instead of those that --recall chooses")
	fs.IntVar(&id.Rows, "rows", 0, "rows of a band, with --bands")
	addValue(fs, &id.Candidates, "candidates", "METHOD", "auto", "how pairs to compare are found: auto, minhash, all, key-terms or sampled-shingles", pipeline.ParseCandidates)
	addValue(fs, &id.Features, "features", "SPEC", "", "what weighted similarities weigh: word:1, word:1-2, skip:N, or a product with * (default: the preset's)", idf.ParseFeatures)
	addValue(fs, &id.Weights, "weights", "SOURCE", "auto", "where the weights of words come from: auto, background (bundled, English) or corpus", idf.ParseKind)
	fs.IntVar(&id.KeyTerms, "key-terms", 0, "key terms of a document that make candidates (default: the preset's)")
	fs.StringVar(&id.DateField, "date-field", "", "field with the document's date, for --window")
	addValue(fs, &id.Window, "window", "TIME", "", "never compare documents dated further apart, e.g. 12h, 7d or 2w; copies of a text stay together, and a cluster may span more through chains", pipeline.ParseWindow)
	addValue(fs, &id.Figures, "figures", "POLICY", "ignore", "what numbers count for: ignore (words like others) or apart (texts whose numbers differ are no near-duplicates)", pipeline.ParseFigures)
	fs.IntVar(&id.MaxBucket, "max-bucket", 0, "distinct texts in a bucket beyond which it is chained, not compared in full (default 250)")
	addValue(fs, &id.Boilerplate, "boilerplate", "SHARE", "", "leave shingles out that are in more than this share of the texts, or in more than half of a source's, and in 20: similarity and threshold, and so what a kept document covers, are of the rest (default: nothing is left out)", parseShare)
	addValue(fs, &id.Family, "hash-family", "NAME", minhash.FSS.String(), "hash functions: fss, classic32 or classic", minhash.ParseFamily)
	addSeed(fs, &id.Seed)
	addValue(fs, &id.Clustering, "clustering", "METHOD", "", "cover (stars around kept documents), components, average (link) or community (default: the preset's)", cluster.ParseMethod)
	fs.StringVar(&id.Keep, "keep", "longest", keepUsage)
	complete(cmd, "preset", strings.Split(pipeline.PresetNames(), ", ")...)
	complete(cmd, "shingle", "word:3", "word:5", "char:5")
	complete(cmd, "similarity", "exact", "jaccard", "containment", "cosine", "weighted-jaccard")
	complete(cmd, "candidates", "auto", "minhash", "all", "key-terms", "sampled-shingles")
	complete(cmd, "weights", "auto", "background", "corpus")
	complete(cmd, "window", "12h", "7d", "2w")
	complete(cmd, "figures", "ignore", "apart")
	complete(cmd, "hash-family", "fss", "classic32", "classic")
	complete(cmd, "clustering", "cover", "components", "average", "community")
	complete(cmd, "keep", keepCompletions...)
}

// complete lets the shell complete the values of a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was not registered: a fault of this package
	}
}

// parseShare reads a number in (0, 1].
func parseShare(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v <= 0 || v > 1 {
		return 0, fmt.Errorf("%q is not a number above 0 and up to 1", s)
	}
	return v, nil
}

// parseBytes reads a size such as 512, 64MiB, 2GiB, 1.5GB or 300k.
func parseBytes(s string) (int64, error) {
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit := strings.ToLower(strings.TrimSpace(s[len(digits):]))
	factor, known := map[string]float64{
		"": 1, "b": 1,
		"k": 1 << 10, "kib": 1 << 10, "kb": 1e3,
		"m": 1 << 20, "mib": 1 << 20, "mb": 1e6,
		"g": 1 << 30, "gib": 1 << 30, "gb": 1e9,
		"t": 1 << 40, "tib": 1 << 40, "tb": 1e12,
	}[unit]
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known || v <= 0 || v*factor > 1<<62 {
		return 0, fmt.Errorf("%q is not a size, want for example 64MiB or 2GiB", s)
	}
	return int64(v * factor), nil
}

// inputsOrUsage is the argument check of verbs that read a corpus.
func inputsOrUsage(atLeast int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < atLeast {
			return usageError{errors.New(what)}
		}
		if slices.Contains(args, "") {
			return usagef("an argument is empty: is a variable unset?")
		}
		return nil
	}
}
