package report

import (
	"fmt"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
)

// BadRecords is how many records are bad for one reason.
type BadRecords struct {
	// Reason is the code of the reason, such as "bad-json"; see corpus.BadCode.
	Reason string `json:"reason"`
	// Records is their number, and Files that of the files that they are in.
	Records int64 `json:"records"`
	Files   int64 `json:"files"`
	// File and Line are where the first one is; Line is 0 for the whole file.
	File string `json:"file"`
	Line int64  `json:"line"`
	// Fields are names of texts in those that have none of the field that was looked
	// for, as far as they are known.
	Fields []string `json:"fields,omitempty"`
}

// BadSum words how the bad records come to their number: "2 bad-json + 1 truncated".
func BadSum(all []BadRecords) string {
	var parts []string
	for _, b := range all {
		parts = append(parts, quantity.Number(b.Records)+" "+b.Reason)
	}
	return strings.Join(parts, " + ")
}

// checkBad returns an error if the reasons do not come to the bad records that were
// counted. Summaries from before there were reasons have none.
func (s *Summary) checkBad() error {
	var sum int64
	for _, b := range s.BadRecords {
		if b.Records < 1 || b.Files < 1 || b.Files > b.Records {
			return fmt.Errorf("%d bad records in %d files, for the reason %q", b.Records, b.Files, b.Reason)
		}
		sum += b.Records
	}
	if len(s.BadRecords) > 0 && sum != s.Counts.Quarantined {
		return fmt.Errorf("the reasons come to %d bad records, and %d were counted", sum, s.Counts.Quarantined)
	}
	return nil
}
