package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonum.org/v1/plot"
)

// operationGroups lists the groups of edited documents: by operation, then level,
// those of two operations last.
func operationGroups(by map[string]*tally) []string {
	var groups []string
	for _, g := range slices.Sorted(maps.Keys(by)) {
		if by[g].pairs > 0 && g != twoOperations {
			groups = append(groups, g)
		}
	}
	return append(groups, twoOperations)
}

// operations says what each operation does, and so what a gap comes of.
var operations = map[string]string{
	"boil_large": "long boilerplate added", "boil_small": "short boilerplate added", "byline": "a byline added",
	"copy": "nothing", "entities": "HTML entities left in", "fullwidth": "wide letters", "head": "only the first part kept",
	"homoglyph": "letters of other alphabets that look alike", "html": "HTML tags left in", "hyphenate": "words hyphenated at line ends",
	"lower": "lower case", "middle": "only the middle kept", "mojibake": "read in a wrong encoding", "nbsp": "spaces that do not break",
	"nfd": "letters and marks apart", "nfkd_strip": "marks over letters removed", "nopunct": "punctuation removed",
	"numbers": "figures changed", "ocr": "characters misread", "oneline": "line ends removed", "parashuffle": "paragraphs in another order",
	"reflow": "lines broken elsewhere", "sentdrop": "sentences left out", "sentshuffle": "sentences in another order",
	"smart": "typographic quotes and dashes", "tail": "only the last part kept", "upper": "upper case",
	"wblock": "a run of words from another text", "wdel": "words deleted", "wins": "words inserted",
	"wmix": "words deleted, inserted and substituted", "wsub": "words substituted", "zerowidth": "invisible characters inside words",
}

func operationsTable(groups []string, by map[string]*tally) *table {
	head := []string{"operation", "what it does", "pairs", "median word:5", "word:3"}
	for _, p := range copyPresets {
		head = append(head, "`"+string(p)+"`")
	}
	t := newTable(append(head, "missed at the threshold or above", "precision, where below 1")...)
	for _, g := range groups {
		x := by[g]
		name, _, _ := strings.Cut(g, " ")
		row := []string{g, operations[name], count(x.pairs), decimals(median(x.five), 3), decimals(median(x.three), 3)}
		var missed, precision []string
		for _, p := range copyPresets {
			preset := string(p)
			row = append(row, share(x.found[preset], x.pairs))
			if n := x.missed[preset]; n > 0 {
				missed = append(missed, fmt.Sprintf("%s %d", preset, n))
			}
			if x.wrong[preset] > 0 {
				precision = append(precision, preset+" "+share(x.right[preset], x.right[preset]+x.wrong[preset]))
			}
		}
		t.row(append(row, orNone(missed), orNone(precision))...)
	}
	return t
}

func languagesTable(by map[string]*tally) *table {
	head := []string{"language", "pairs", "median word:5", "word:3"}
	for _, p := range copyPresets {
		head = append(head, "`"+string(p)+"`: recall", "precision")
	}
	t := newTable(head...)
	for _, l := range slices.Sorted(maps.Keys(by)) {
		x := by[l]
		row := []string{languageName(l), count(x.pairs), decimals(median(x.five), 3), decimals(median(x.three), 3)}
		for _, p := range copyPresets {
			preset := string(p)
			row = append(row, shareWithInterval(x.found[preset], x.pairs), share(x.right[preset], x.right[preset]+x.wrong[preset]))
		}
		t.row(row...)
	}
	return t
}

func languageName(code string) string {
	if code == "xx" {
		return "others"
	}
	return code
}

// singletonsTable shows the documents that belong to nobody: how many of them
// were reported with any other document.
func singletonsTable(s *stressed, by map[string]*tally) *table {
	documents := map[string]int64{}
	for _, d := range s.strata {
		documents[d.group()]++
		if d.operation != digest {
			documents[strangers]++
		}
	}
	head := []string{"documents", "number"}
	for _, p := range copyPresets {
		head = append(head, "merged at `"+string(p)+"`")
	}
	t := newTable(head...)
	for _, g := range []struct{ group, name string }{
		{"single", "singletons"}, {"single+boiler", "singletons with shared boilerplate"}, {digest, "digests of two other documents"}, {strangers, "all but digests, with a stranger that is no digest"},
	} {
		row := []string{g.name, count(documents[g.group])}
		for _, p := range copyPresets {
			row = append(row, count(len(at(by, g.group).merged[string(p)])))
		}
		t.row(row...)
	}
	return t
}

func languagesFigure(by map[string]*tally) *figure {
	p := newPanel("", "language", "share of edited copies found")
	languages := slices.Sorted(maps.Keys(by))
	var labels []string
	for _, l := range languages {
		labels = append(labels, fmt.Sprintf("%s (%d)", languageName(l), by[l].pairs))
	}
	names(&p.X, labels)
	shares(&p.Y)
	f := &figure{width: 680, height: 320, panels: [][]*plot.Plot{{p}}}
	for n, preset := range copyPresets {
		var data points
		for i, l := range languages {
			data = append(data, counted(float64(i)+.13*float64(n-2), by[l].found[string(preset)], by[l].pairs))
		}
		f.addKey(string(preset), addMeasured(p, data, looks[n], false)...)
	}
	return f
}
