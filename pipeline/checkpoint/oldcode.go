package checkpoint

import (
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// oldCodes are the codes of bad records in checkpoints from before there were codes, by
// how their reasons begin or what is in them: a run that goes on from there is as one
// that was never stopped.
var oldCodes = []struct {
	prefix, inside string
	code           corpus.BadCode
}{
	{"", "expands beyond the limit", corpus.TooMuchGrowth},
	{"", "is over the limit of", corpus.TooLarge},
	{"", "was already used at", corpus.DuplicateID},
	{"", "unexpected EOF", corpus.CutShort},
	{"", "bytes of its content are missing", corpus.CutShort},
	{"invalid JSON", "", corpus.BadJSON},
	{"the record is ", "want an object", corpus.BadJSON},
	{"invalid UTF-8", "", corpus.BadEncoding},
	{"the content is not all", "", corpus.BadEncoding},
	{"the content is no HTTP", "", corpus.BadWARC},
	{"the content is ", "", corpus.BadFormat},
	{"field", "missing", corpus.NoTextField},
	{"the header names no field", "", corpus.NoTextField},
	{"field", ", want a string", corpus.BadField},
	{"the page has no text", "", corpus.NoPageText},
	{"the reference has no letter", "", corpus.NoWords},
	{"no CSV", "", corpus.BadCSV},
	{"the record has ", " fields, want ", corpus.BadCSV},
	{"a quote is opened", "", corpus.BadCSV},
	{"the Content-Length", "", corpus.BadWARC},
	{"no WARC record", "", corpus.BadWARC},
	{"open: ", "", corpus.UnreadableFile},
}

// oldCode returns the code that the reason has now.
func oldCode(reason string) corpus.BadCode {
	for _, o := range oldCodes {
		if strings.HasPrefix(reason, o.prefix) && strings.Contains(reason, o.inside) {
			return o.code
		}
	}
	return corpus.BadOther
}
