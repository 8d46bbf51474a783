package page

import (
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/report"
)

// TestFunnelNumbers: nouns and verbs go with their numbers, and thousands are set apart.
func TestFunnelNumbers(t *testing.T) {
	many := report.Counts{Records: 12006, Documents: 9005, Quarantined: 2001, Filtered: 1000, Distinct: 5000, ExactCopies: 3005, Empty: 1000, Candidates: 7000, Verified: 6000,
		Protected: 1002, Matched: 1001, Representatives: 2000, Pruned: 4003, Decided: 1001, Clustered: 6003, Clusters: 1999, Kept: 4000, Singletons: 1000}
	ones := report.Counts{Records: 3, Documents: 1, Quarantined: 1, Filtered: 1, Distinct: 1, ExactCopies: 1, Candidates: 1, Verified: 1,
		Protected: 1, Pruned: 1, Decided: 1, Clusters: 1, Kept: 1}
	for _, test := range []struct {
		name   string
		counts report.Counts
		edits  Edits
		want   []stage
	}{
		{"none", report.Counts{}, Edits{}, []stage{
			{"Records read", "0", "0 documents + 0 bad records left out"},
			{"Documents", "0", "0 distinct texts + 0 exact copies + 0 without a letter or number"},
			{"Candidate pairs", "0", "compared exactly; 0 are similar enough"},
			{"In clusters", "0", "0 kept + 0 dropped, in 0 clusters"},
			{"Documents kept", "0", "0 of clusters + 0 in none + 0 without a letter or number"},
			{"Documents dropped", "0", "0 documents - 0 kept"},
		}},
		{"one of each", ones, Edits{Trimmed: 1, Characters: 1}, []stage{
			{"Records read", "3", "1 document + 1 bad record left out + 1 filtered, which takes no part and stays"},
			{"Documents", "1", "1 distinct text + 1 exact copy + 0 without a letter or number"},
			{"Candidate pairs", "1", "compared exactly; 1 is similar enough"},
			{"In clusters", "0", "0 kept + 0 dropped + 0 of the references, in 1 cluster"},
			{"References", "1", "0 in clusters + 1 in none; it stays and is not written"},
			{"Dropped by decision", "1", "of 1 document dropped, whether or not a kept one covers it"},
			{"Documents kept", "1", "0 of clusters + 0 in none + 0 without a letter or number"},
			{"Documents written", "1", "1 kept - 0 of which no word was left; 1 is trimmed; 1 character was cut out"},
			{"Documents dropped", "1", "1 document - 1 kept - 1 reference"},
		}},
		{"many", many, Edits{Trimmed: 2000, Emptied: 1000, Characters: 1234567}, []stage{
			{"Records read", "12,006", "9,005 documents + 2,001 bad records left out + 1,000 filtered, which take no part and stay"},
			{"Documents", "9,005", "5,000 distinct texts + 3,005 exact copies + 1,000 without a letter or number"},
			{"Candidate pairs", "7,000", "compared exactly; 6,000 are similar enough"},
			{"In clusters", "6,003", "2,000 kept + 3,002 dropped + 1,001 of the references, in 1,999 clusters"},
			{"References", "1,002", "1,001 in clusters + 1 in none; they stay and are not written"},
			{"Dropped by decision", "1,001", "of 4,003 documents dropped, whether or not a kept one covers them"},
			{"Documents kept", "4,000", "2,000 of clusters + 1,000 in none + 1,000 without a letter or number"},
			{"Documents written", "3,000", "4,000 kept - 1,000 of which no word was left; 2,000 are trimmed; 1,234,567 characters were cut out"},
			{"Documents dropped", "4,003", "9,005 documents - 4,000 kept - 1,002 references"},
		}},
	} {
		got := funnel(&Data{Summary: &report.Summary{Counts: test.counts}, Edits: test.edits})
		for i := range max(len(got), len(test.want)) {
			var g, w stage
			if i < len(got) {
				g = got[i]
			}
			if i < len(test.want) {
				w = test.want[i]
			}
			if g != w {
				t.Errorf("%s: row %d: got %q, want %q", test.name, i, g, w)
			}
		}
	}
}
