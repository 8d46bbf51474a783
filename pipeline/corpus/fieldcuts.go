package corpus

import (
	"cmp"
	"math"
	"slices"
)

// TextPart is a string of a record that is its text, or one of those that its text is
// joined of.
type TextPart struct {
	// Start and End say where it stands in the record.
	Start, End int
	// Cuts is what is cut out of its content.
	Cuts []Cut

	size int // of the content in bytes
}

// textParts returns the strings of a record that something is cut out of, in the order
// of the record, if the cuts are in its text; the last cut may be too long.
func (p *Parser) textParts(raw []byte, cuts []Cut) ([]TextPart, bool) {
	defer p.json.release()
	if checkUTF8(raw) != (badness{}) || p.json.read(raw) != (badness{}) {
		return nil, false
	}
	p.parts = p.parts[:0]
	for _, i := range p.texts {
		literal := p.json.fields[i].value
		switch kind := kindOfJSON(literal); {
		case kind == kindString:
		case len(p.texts) > 1 && (kind == kindMissing || kind == kindNull):
			continue
		default:
			return nil, false
		}
		// literal is a part of raw, so what is behind its start tells where that is.
		start := cap(raw) - cap(literal)
		part := TextPart{Start: start, End: start + len(literal), size: math.MaxInt}
		if len(p.texts) > 1 {
			p.text = appendUnquoted(p.text[:0], literal)
			part.size = len(p.text)
		}
		p.parts = append(p.parts, part)
	}
	if cap(p.text) > maxKept {
		p.text = nil // a giant record must not be paid for ever after
	}
	return shareCuts(p.parts, cuts)
}

// shareCuts shares out the cuts in a text among its parts, which come in the order of
// the text, and returns those that get some in the order of the record. What stands
// between two parts is in no record: a cut across it takes the end of the one and
// the beginning of the next. It reports false if the cuts are not inside the text.
func shareCuts(parts []TextPart, cuts []Cut) ([]TextPart, bool) {
	if len(cuts) == 0 {
		return nil, true
	}
	last := cuts[len(cuts)-1].End
	if len(parts) == 1 {
		parts[0].Cuts = cuts
		return parts, last <= parts[0].size
	}
	at := 0
	for i := range parts {
		p := &parts[i]
		if at > 0 && p.size > 0 {
			at += len(textGap)
		}
		p.Cuts = cutsWithin(cuts, at, at+p.size)
		at += p.size
	}
	parts = slices.DeleteFunc(parts, func(p TextPart) bool { return len(p.Cuts) == 0 })
	slices.SortStableFunc(parts, func(a, b TextPart) int { return cmp.Compare(a.Start, b.Start) })
	return mergeParts(parts), last <= at
}

// cutsWithin returns what cuts take of text[start:end], counted from start.
func cutsWithin(cuts []Cut, start, end int) (within []Cut) {
	from, _ := slices.BinarySearchFunc(cuts, start, func(c Cut, at int) int { return cmp.Compare(c.End, at+1) })
	for _, c := range cuts[from:] {
		if c.Start >= end {
			break
		}
		if c.Start, c.End = max(c.Start, start), min(c.End, end); c.Start < c.End {
			within = append(within, Cut{c.Start - start, c.End - start})
		}
	}
	return within
}

// mergeParts makes one of parts that are the same string, which is in the text more than
// once: it loses what it loses in any place.
func mergeParts(parts []TextPart) []TextPart {
	merged := parts[:0]
	for _, p := range parts {
		last := len(merged) - 1
		if last < 0 || merged[last].Start != p.Start {
			merged = append(merged, p)
			continue
		}
		merged[last].Cuts = mergeCuts(append(merged[last].Cuts, p.Cuts...))
	}
	return merged
}

// mergeCuts returns cuts in any order as ascending ones that do not overlap.
func mergeCuts(cuts []Cut) []Cut {
	slices.SortFunc(cuts, func(a, b Cut) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	merged := cuts[:1]
	for _, c := range cuts[1:] {
		if last := &merged[len(merged)-1]; c.Start < last.End {
			last.End = max(last.End, c.End)
		} else {
			merged = append(merged, c)
		}
	}
	return merged
}
