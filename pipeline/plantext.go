package pipeline

import (
	"fmt"
	"math"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// String is the plan as a person reads it, a few lines ending in a newline.
func (p *Plan) String() string {
	var b strings.Builder
	id := p.Identity
	if id.Items != (passage.ItemOptions{}) {
		return fmt.Sprintf("plan: look for evaluation items by %s in a row, %s documents that have %.3g of one (%s)\n",
			quantity.Of(id.Items.Words, "word", "words"), id.Items.Action, id.Items.Containment, id.Normalizer)
	}
	if id.Passages.Scope == passage.Alone {
		fmt.Fprintf(&b, "plan: cut out %s (%s)\n", id.Passages, id.Normalizer)
		p.foresee(&b)
		return b.String()
	}
	if id.Similarity == Exact {
		fmt.Fprintf(&b, "plan: same normalised text (%s); no shingles, no signatures\n", id.Normalizer)
		id.describePassages(&b)
		if id.Passages.Unit != passage.None {
			p.foresee(&b)
		}
		return b.String()
	}
	id.describeLikeness(&b)
	if p.Params.Bands == 0 {
		fmt.Fprintf(&b, "      candidates: %s\n", id.unsigned())
	} else {
		p.describeBands(&b)
	}
	p.foresee(&b)
	return b.String()
}

// describeLikeness writes what is compared, and what else has a say.
func (id Identity) describeLikeness(b *strings.Builder) {
	unit := id.unit() + " shingles"
	if id.Similarity.weighted() {
		unit = id.unit() + " weights"
	}
	fmt.Fprintf(b, "plan: %s, %s >= %v, verified exactly; clusters by %s, keep %s\n",
		unit, id.Similarity, id.Threshold, id.Clustering, id.Keep)
	id.describePassages(b)
	if id.Boilerplate > 0 {
		fmt.Fprintf(b, "      boilerplate: %s\n", describeBoilerplate(id.Boilerplate))
	}
	if id.Window > 0 {
		fmt.Fprintf(b, "      only texts whose %q is at most %v apart are compared\n", id.DateField, id.Window)
	}
	if id.Figures == FiguresApart {
		fmt.Fprintf(b, "      texts whose numbers differ are apart: %s of the numbers >= %v too\n", id.figuresBy(), id.Threshold)
	}
}

// describeBands writes how candidates are found by signatures.
func (p *Plan) describeBands(b *strings.Builder) {
	id := &p.Identity
	fmt.Fprintf(b, "      %s (%s, seed %d), bands x rows %d x %d: recall at the threshold %.4f\n",
		quantity.Of(p.Params.Hashes(), "hash", "hashes"), id.Family, id.Seed, p.Params.Bands, p.Params.Rows, p.Recall)
	b.WriteString("      S-curve:")
	for i, c := range p.Curve {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, " %v%% at %.3f", c.Probability*100, c.Similarity)
	}
	b.WriteByte('\n')
	if p.Forecast.Known() {
		fmt.Fprintf(b, "      %s expected, and %s of unrelated ones\n", quantity.Of(p.Documents, "document", "documents"), p.chancePairs())
	}
}

// chancePairs are the candidate pairs expected of unrelated documents, in words.
func (p *Plan) chancePairs() string {
	switch n := p.Candidates; {
	case n < 0.5:
		return "no candidate pair"
	case n < 1e6:
		return "about " + quantity.Of(int64(math.Round(n)), "candidate pair", "candidate pairs")
	default:
		return fmt.Sprintf("about %s million candidate pairs", quantity.Number(int64(math.Round(n/1e6))))
	}
}

// describePassages writes what is cut out of the documents that stay, if anything is.
func (id Identity) describePassages(b *strings.Builder) {
	if id.Passages.Unit != passage.None {
		fmt.Fprintf(b, "      of what stays, cut out %s\n", id.Passages)
	}
}

// foresee writes what the run will take.
func (p *Plan) foresee(b *strings.Builder) {
	fmt.Fprintf(b, "      forecast: %v\n", p.Forecast)
	if doubt := p.GiantDoubt(); doubt != "" {
		fmt.Fprintf(b, "      %s\n", doubt)
	} else if p.Forecast.Memory > p.memory/10*11 {
		fmt.Fprintf(b, "      that is over the memory budget of %s, which is too small for so many documents\n", Bytes(p.memory))
	}
	if s := p.spills(); s != "" {
		fmt.Fprintf(b, "      over the memory budget, so partly in temporary files: %s\n", s)
	}
}

// spills names the stores expected to outgrow their budget.
func (p *Plan) spills() string {
	var names []string
	for _, s := range []struct {
		name           string
		expected, have int64
	}{
		{"blocks to read again", p.Expected.Kept, p.Budget.Kept},
		{"sets", p.Expected.Sets, p.Budget.Sets},
		{"figures", p.Expected.Figures, p.Budget.Figures},
		{"band keys", p.Expected.Keys, p.Budget.Keys / 2},
		{"names", p.Expected.Names, p.Budget.Names},
	} {
		if s.expected > s.have {
			names = append(names, s.name)
		}
	}
	return strings.Join(names, ", ")
}
