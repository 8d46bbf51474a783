package pipeline

import (
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// spellInput gives what says how inputs are read its one spelling.
func (id *Identity) spellInput() {
	if name, err := corpus.ParseEncoding(id.Encoding); err == nil {
		id.Encoding = name
	}
	if id.Encoding == corpus.EncodingAuto {
		id.Encoding = ""
	}
	conditions := strings.Split(id.Where, "\n")
	slices.Sort(conditions) // all must hold, in any order
	id.Where = strings.Join(slices.Compact(conditions), "\n")
	if id.MaxExpansion == corpus.DefaultMaxExpansion {
		id.MaxExpansion = 0
	}
}

// readOptions returns how inputs are read, as far as results hang on it. fields are
// those that the keep policy looks at.
func (id *Identity) readOptions(fields []string) corpus.Options {
	return corpus.Options{TextField: id.TextField, IDField: id.IDField, Fields: fields, DateField: id.DateField,
		SourceField: id.SourceField, Format: id.Format, MaxRecord: id.MaxRecord,
		Where: id.Where, CSV: id.CSV, Encoding: id.Encoding, MaxExpansion: id.MaxExpansion}
}

// checkInput reports what is wrong with how inputs are to be read.
func (id *Identity) checkInput() error {
	o := id.readOptions(nil)
	o.MaxRecord = 0 // Validate has a word on it
	return o.Validate()
}

// pageTextOf returns the version of what makes text of the pages of c, if it has any.
func (o *Options) pageTextOf(c *corpus.Corpus) string {
	if c.HasPages() {
		return o.PageText.Version
	}
	return ""
}

// AddCondition adds one that records must meet to take part; see [corpus.Options].
func (id *Identity) AddCondition(s string) error {
	condition, err := corpus.ParseCondition(s)
	if err != nil {
		return err
	}
	id.Where = strings.TrimPrefix(id.Where+"\n"+condition, "\n")
	return nil
}

// openInputs looks up the inputs, of which a scan will tell onGiant of giants.
func (o *Options) openInputs(keep cluster.KeepPolicy, onGiant func(f *corpus.File, line, size int64) error) (*corpus.Corpus, error) {
	read := o.Identity.readOptions(keep.Fields())
	read.Threads = o.Threads
	read.Stdin, read.FS, read.Stores = o.Stdin, o.FS, o.Stores
	read.Containers, read.PageText = o.Containers, o.PageText
	read.References = o.Against
	read.SpoolStdin, read.TempDir, read.TempFS = o.Reread, o.Temp, o.tempFS
	read.Marks = o.Checkpoint != nil
	read.Sums = o.Sums
	read.Giant, read.OnGiant = o.giantBytes(), onGiant
	return corpus.Open(o.Inputs, read)
}
