package pipeline

import (
	"slices"
	"strings"

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

// checkInput reports what is wrong with how inputs are to be read.
func (id *Identity) checkInput() error {
	o := corpus.Options{TextField: id.TextField, Where: id.Where, CSV: id.CSV, Encoding: id.Encoding, MaxExpansion: id.MaxExpansion, Format: id.Format}
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
