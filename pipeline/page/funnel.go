package page

import (
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline/report"
)

// stage is a row of the way from records to what is kept: a number, and what it is
// the sum or the difference of.
type stage struct {
	Name, Number, OfWhich string
}

// funnel returns the stages. Where figures are joined by plus and minus signs they
// come to the number of the row.
func funnel(d *Data) []stage {
	c, e := &d.Summary.Counts, &d.Edits
	var stages []stage
	row := func(name string, n int64, format string, args ...int64) {
		figures := make([]any, len(args))
		for i, a := range args {
			figures[i] = report.Thousands(a)
		}
		stages = append(stages, stage{name, report.Thousands(n), fmt.Sprintf(format, figures...)})
	}
	if c.Filtered == 0 {
		row("Records read", c.Records, "%s documents + %s bad records left out", c.Documents, c.Quarantined)
	} else {
		row("Records read", c.Records, "%s documents + %s bad records left out + %s filtered, which take no part and stay", c.Documents, c.Quarantined, c.Filtered)
	}
	if bad := d.Summary.BadRecords; len(bad) > 0 {
		stages = append(stages, stage{"Bad records", report.Thousands(c.Quarantined), report.BadSum(bad)})
	}
	row("Documents", c.Documents, "%s distinct texts + %s exact copies + %s without a letter or number", c.Distinct, c.ExactCopies, c.Empty)
	row("Candidate pairs", c.Candidates, "compared exactly; %s are similar enough", c.Verified)
	if c.Protected == 0 {
		row("In clusters", c.Clustered, "%s kept + %s dropped, in %s clusters", c.Representatives, c.Pruned-c.Decided, c.Clusters)
	} else {
		row("In clusters", c.Clustered, "%s kept + %s dropped + %s of the references, in %s clusters", c.Representatives, c.Pruned-c.Decided, c.Matched, c.Clusters)
		row("References", c.Protected, "%s in clusters + %s in none; they stay and are not written", c.Matched, c.Protected-c.Matched)
	}
	if c.Decided > 0 {
		row("Dropped by decision", c.Decided, "of %s documents dropped, whether or not a kept one covers them", c.Pruned)
	}
	row("Documents kept", c.Kept, "%s of clusters + %s in none + %s without a letter or number", c.Representatives, c.Singletons, c.Empty)
	if e.Characters > 0 {
		row("Documents written", c.Kept-e.Emptied, "%s kept - %s of which no word was left; %s are trimmed; %s characters were cut out", c.Kept, e.Emptied, e.Trimmed, e.Characters)
	}
	if c.Protected == 0 {
		row("Documents dropped", c.Pruned, "%s documents - %s kept", c.Documents, c.Kept)
	} else {
		row("Documents dropped", c.Pruned, "%s documents - %s kept - %s references", c.Documents, c.Kept, c.Protected)
	}
	return stages
}
