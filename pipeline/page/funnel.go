package page

import (
	"fmt"

	"github.com/doppel-dedup/doppel/internal/quantity"
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
	row := func(name string, n int64, format string, args ...any) {
		stages = append(stages, stage{name, quantity.Number(n), fmt.Sprintf(format, args...)})
	}
	documents := func(n int64) string { return quantity.Of(n, "document", "documents") }
	wordless := func() string { return quantity.Number(c.Empty) + " without a letter or number" }
	filtered := ""
	if c.Filtered > 0 {
		filtered = " + " + quantity.Of(c.Filtered, "filtered, which takes no part and stays", "filtered, which take no part and stay")
	}
	row("Records read", c.Records, "%s + %s left out%s", documents(c.Documents), quantity.Of(c.Quarantined, "bad record", "bad records"), filtered)
	if bad := d.Summary.BadRecords; len(bad) > 0 {
		row("Bad records", c.Quarantined, "%s", report.BadSum(bad))
	}
	row("Documents", c.Documents, "%s + %s + %s", quantity.Of(c.Distinct, "distinct text", "distinct texts"),
		quantity.Of(c.ExactCopies, "exact copy", "exact copies"), wordless())
	row("Candidate pairs", c.Candidates, "compared exactly; %s similar enough", quantity.Of(c.Verified, "is", "are"))
	references := ""
	if c.Protected > 0 {
		references = fmt.Sprintf(" + %s of the references", quantity.Number(c.Matched))
	}
	row("In clusters", c.Clustered, "%s kept + %s dropped%s, in %s", quantity.Number(c.Representatives), quantity.Number(c.Pruned-c.Decided),
		references, quantity.Of(c.Clusters, "cluster", "clusters"))
	if c.Protected > 0 {
		row("References", c.Protected, "%s in clusters + %s in none; %s", quantity.Number(c.Matched), quantity.Number(c.Protected-c.Matched),
			quantity.Noun(c.Protected, "it stays and is not written", "they stay and are not written"))
		references = " - " + quantity.Of(c.Protected, "reference", "references")
	}
	if c.Decided > 0 {
		row("Dropped by decision", c.Decided, "of %s dropped, whether or not a kept one covers %s", documents(c.Pruned), quantity.Noun(c.Decided, "it", "them"))
	}
	row("Documents kept", c.Kept, "%s of clusters + %s in none + %s", quantity.Number(c.Representatives), quantity.Number(c.Singletons), wordless())
	if e.Characters > 0 {
		row("Documents written", c.Kept-e.Emptied, "%s kept - %s of which no word was left; %s trimmed; %s cut out", quantity.Number(c.Kept), quantity.Number(e.Emptied),
			quantity.Of(e.Trimmed, "is", "are"), quantity.Of(e.Characters, "character was", "characters were"))
	}
	row("Documents dropped", c.Pruned, "%s - %s kept%s", documents(c.Documents), quantity.Number(c.Kept), references)
	return stages
}
