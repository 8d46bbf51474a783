package page

import (
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/report"
)

// meaning says in a sentence or two, for who has never met the terms, what the
// similarity of a report is.
func meaning(s *report.Settings) string {
	what, isPlain := plainShingle(s.Shingle)
	switch {
	case s.Similarity == "exact":
		return "Two documents are duplicates if their texts are the same but for case, width and white space."
	case s.Similarity == "jaccard" && isPlain:
		return "The similarity of two texts is the share of their " + what + " that both have, of all that either has: 1 if they have all in common, 0 if none."
	case s.Similarity == "containment" && isPlain:
		return "The similarity of two texts is the share of the " + what + " of one that the other has too, of the two shares the larger: 1 if one text has all of the other, 0 if they have none in common."
	case s.Similarity == "cosine" || s.Similarity == "weighted-jaccard":
		return "The similarity of two texts is by the words that both use, where rare words weigh more than common ones: 1 for the same words, 0 for none in common."
	}
	return ""
}

// plainShingle says what a shingle such as word:5 is.
func plainShingle(spec string) (what string, ok bool) {
	for unit, name := range map[string]string{"word:": "word", "char:": "character"} {
		switch n, ok := strings.CutPrefix(spec, unit); {
		case !ok:
		case n == "1":
			return name + "s", true
		default:
			return "runs of " + n + " " + name + "s", true
		}
	}
	return "", false
}
