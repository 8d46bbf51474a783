package plant

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// HardCase is a small corpus on which a search for near-duplicates may do what
// nobody wants, and what should come of it at a Jaccard similarity of 0.8 over
// word 5-grams.
type HardCase struct {
	Name      string
	Documents []HardDocument

	// Together are the clusters, each of two documents or more, by ID; what is
	// in none of them stands alone.
	Together [][]string

	// Why says what makes it come out like this.
	Why string
}

// HardDocument is a document of a hard case.
type HardDocument struct{ ID, Text string }

// HardCases makes the cases anew. They take about 30 MB, most of it for the texts
// of 10 MB.
func HardCases() []HardCase {
	return []HardCase{
		pages(40, false), pages(60, false), pages(95, true),
		tables(), correctedTable(), licences(), shortTexts(), repeatedWord(), longTexts(), emptyTexts(),
	}
}

// streamHard is a stream of random numbers beside those of plant.go.
const streamHard = 65

// pageWords is the length of a page, in words.
const pageWords = 600

// pages makes ten pages of which some percent are one template, half of it in
// front of the page's own text and half behind.
func pages(template int, together bool) HardCase {
	r := newRand(uint64(template), streamHard, 0)
	shared := pageWords * template / 100
	head, foot := appendWords(nil, r, shared/2), appendWords(nil, r, shared-shared/2)
	c := HardCase{Name: fmt.Sprintf("pages, %d%% one template", template)}
	for i := range 10 {
		own := appendWords(nil, r, pageWords-shared)
		c.add(fmt.Sprintf("page-%d", i), string(bytes.Join([][]byte{head, own, foot}, []byte("\n\n"))))
	}
	c.Why = fmt.Sprintf("a share t of template leaves strangers at t/(2-t), here about %.2f", float64(template)/float64(200-template))
	if together {
		c.Together = [][]string{c.ids()}
		c.Why += ": from t = 8/9 pages are copies in the eyes of any word measure; cut templates off before"
	}
	return c
}

func (c *HardCase) add(id, text string) {
	c.Documents = append(c.Documents, HardDocument{id, text})
}

func (c *HardCase) ids() []string {
	var ids []string
	for _, d := range c.Documents {
		ids = append(ids, d.ID)
	}
	return ids
}

// table is 40 rows of a label, which all tables have, and three figures.
func table(r *random) []string {
	var rows []string
	for i := range 40 {
		figures := make([]string, 3)
		for k := range figures {
			figures[k] = strconv.Itoa(1 + r.below(99999))
		}
		label := vocabulary().draw(newRand(uint64(i), streamHard, 1))
		rows = append(rows, fmt.Sprintf("%s | %s", label, strings.Join(figures, " | ")))
	}
	return rows
}

func tables() HardCase {
	c := HardCase{Name: "tables of one layout, other figures",
		Why: "every five words in a row hold a figure, so strangers share nothing"}
	r := newRand(0, streamHard, 2)
	for i := range 10 {
		c.add(fmt.Sprintf("table-%d", i), strings.Join(table(r), "\n"))
	}
	return c
}

func correctedTable() HardCase {
	rows := table(newRand(0, streamHard, 3))
	c := HardCase{Name: "a table, and the same with two figures corrected", Together: [][]string{{"first", "corrected"}},
		Why: "a figure is in five shingles of some 156"}
	c.add("first", strings.Join(rows, "\n"))
	for _, i := range []int{10, 30} {
		label, _, _ := strings.Cut(rows[i], " | ")
		rows[i] = label + rows[i][len(label):strings.LastIndex(rows[i], "|")] + "| 100000"
	}
	c.add("corrected", strings.Join(rows, "\n"))
	return c
}

const licence = `You may use, copy, change and pass on this work, alone or with other works, for any purpose and without a fee, as
long as the following holds. Every copy names the people who made the work, as they are named here, and comes with the
text of this licence. A changed copy says that it was changed, by whom and on which day, in a place where a reader will
find it. %s The names of the people who made the work must not be used to recommend what was made of it unless they have
agreed in writing. The work comes as it is. The people who made it do not promise that it is fit for anything, that it is
free of faults or that it harms no right of others, and they do not pay for damage that comes of using it or of not being
able to use it, as far as the law allows this. Where a part of this licence is void, the rest of it stands. Who breaks
this licence loses the rights that it gives, and gets them back by keeping to it within thirty days.`

const ownLicence = `This collection is lent to readers, not given. It is free to look at in our rooms and on our pages. Copies for
study at home are free of charge; copies for print, broadcast or sale need a contract with the archive, which sets the price
by the number of copies. Photographs carry the mark of the archive, and it stays on them. Whoever finds an error in a caption
is asked to write to the keeper. The archive answers for nothing but its own intent and gross neglect.`

func licences() HardCase {
	c := HardCase{Name: "licences that differ in a clause or in one word", Together: [][]string{{"may-sell", "may-not-sell", "silent-on-sale"}},
		Why: "words that turn the meaning round are few; verbatim keeps every variant"}
	c.add("may-sell", fmt.Sprintf(licence, "You may sell copies."))
	c.add("may-not-sell", fmt.Sprintf(licence, "You may not sell copies."))
	c.add("silent-on-sale", fmt.Sprintf(licence, ""))
	c.add("another", ownLicence)
	return c
}

func shortTexts() HardCase {
	c := HardCase{Name: "texts of one to seven words", Together: [][]string{{"yes", "yes-again"}, {"thanks", "thanks-again"}},
		Why: "fewer than five words are one shingle: equal words or nothing in common"}
	for _, d := range []HardDocument{
		{"yes", "Yes"}, {"yes-again", "yes!"}, {"no", "No"},
		{"thanks", "Thank you"}, {"thanks-again", "(thank you)"}, {"many-thanks", "Thank you very much"},
		{"page-12", "See page 12"}, {"page-13", "See page 13"},
		{"monday", "The shop is closed on Monday"}, {"sunday", "The shop is closed on Sunday"},
		{"open", "The shop is open on Monday, too"},
	} {
		c.add(d.ID, d.Text)
	}
	return c
}

func repeatedWord() HardCase {
	c := HardCase{Name: "one word again and again", Together: [][]string{{"200-times", "3000-times"}},
		Why: "shingles make a set: how often one comes does not count"}
	c.add("200-times", strings.Repeat("again ", 200))
	c.add("3000-times", strings.Repeat("again ", 3000))
	c.add("three-times", "again again again")
	return c
}

// longBytes is the length of a long text.
const longBytes = 10_000_000

func longTexts() HardCase {
	c := HardCase{Name: "texts of 10 MB", Together: [][]string{{"long", "edited"}},
		Why: "one word in a hundred edited leaves 0.91, half of a text 0.5"}
	long := appendText(nil, newRand(0, streamHard, 4), longBytes)
	c.add("long", string(long))
	c.add("edited", string(Edits{Substitute: .01, Seed: 1}.Append(nil, long)))
	c.add("half", string(long[:len(long)/2]))
	c.add("stranger", string(appendText(nil, newRand(0, streamHard, 5), longBytes)))
	return c
}

func emptyTexts() HardCase {
	c := HardCase{Name: "texts without a letter or number",
		Why: "they are like nothing, not even one another; counted, and kept"}
	for _, d := range []HardDocument{{"nothing", ""}, {"nothing-again", ""}, {"space", " \n\t "}, {"marks", "?! … — ***"}, {"smile", "🙂🙂"}} {
		c.add(d.ID, d.Text)
	}
	return c
}
