package pipeline

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// Figures says what numbers count for, besides being words like others. Texts made
// from one template, such as match reports, weather or share prices, differ in
// little else. The names are persisted.
//
// The figures of a text are its distinct tokens that hold a digit. Under
// FiguresApart a pair counts only if its figures are alike too, to the threshold:
// by Jaccard similarity, or for containment by the share that the other text has.
// Two texts without figures are. That keeps edits apart too that correct figures, or
// add some, such as a dated byline: it is for corpora of templates. Exact copies stay
// together.
type Figures uint8

const (
	// FiguresIgnore makes no difference between numbers and words.
	FiguresIgnore Figures = iota
	// FiguresApart keeps texts apart whose figures differ.
	FiguresApart
)

var figureNames = []string{"ignore", "apart"}

// String returns the name ParseFigures reads.
func (f Figures) String() string {
	if int(f) < len(figureNames) {
		return figureNames[f]
	}
	return fmt.Sprintf("figures(%d)", uint8(f))
}

// MarshalText writes the name.
func (f Figures) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (f *Figures) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFigures(string(text))
	return err
}

// ParseFigures reads ignore or apart.
func ParseFigures(name string) (Figures, error) {
	for i, n := range figureNames {
		if n == name {
			return Figures(i), nil
		}
	}
	return 0, fmt.Errorf("pipeline: figures %q are unknown, want ignore or apart", name)
}

// figuresBy names the similarity by which figures are compared.
func (id Identity) figuresBy() Similarity {
	if id.Similarity == Containment {
		return Containment
	}
	return Jaccard
}

// newFigureAdder returns a function that appends the figures of b.norm to b, sorted and
// distinct, by the secret hash function, and their minima by that of the seed.
func (j *Job) newFigureAdder() func(*setBatch) {
	secret, open := shingle.NewTermer(j.secrets.words), shingle.NewTermer(j.plan.Identity.Seed)
	var figures []uint64
	return func(b *setBatch) {
		from := len(b.figures)
		b.figures = secret.AppendFigures(b.figures, b.norm)
		mine := b.figures[from:]
		slices.Sort(mine)
		b.figures = b.figures[:from+len(slices.Compact(mine))]
		b.figureEnd = append(b.figureEnd, len(b.figures))
		if figures = open.AppendFigures(figures[:0], b.norm); len(figures) > 0 {
			least := minima(figures)
			b.figureMinima = append(b.figureMinima, least[:]...)
		}
		b.figureMinimaEnd = append(b.figureMinimaEnd, len(b.figureMinima))
		if cap(figures) > maxKept/8 {
			figures = nil
		}
	}
}

// figureStores hold what counts of the figures of documents: the sets that are compared,
// and rows of minima, which make groups of giant buckets. These hang on the seed, as do
// the groups, and the sets on no function that is known.
type figureStores struct{ sets, minima *verify.SetStore }

func newFigureStores(memory int64, temp string, fs vfs.TempFS) *figureStores {
	return &figureStores{verify.NewSetStore(memory/2, temp).In(fs), verify.NewSetStore(memory/2, temp).In(fs)}
}

func (f *figureStores) fileBytes() int64 { return f.sets.FileBytes() + f.minima.FileBytes() }
func (f *figureStores) seal() error      { return errors.Join(f.sets.Seal(), f.minima.Seal()) }
func (f *figureStores) close() error     { return errors.Join(f.sets.Close(), f.minima.Close()) }

// put stores what newFigureAdder has made of the document at place i of b.
func (f *figureStores) put(b *setBatch, i int) error {
	id := b.ids[i]
	return errors.Join(f.sets.Put(id, partOf(b.figures, b.figureEnd, i)), f.minima.Put(id, partOf(b.figureMinima, b.figureMinimaEnd, i)))
}

// SharedFigures are the distinct numbers of two texts.
type SharedFigures struct {
	A      int `json:"a"`
	B      int `json:"b"`
	Shared int `json:"shared"`
	// Agree tells whether they are alike enough; for containment in each direction
	// in which the texts are.
	Agree bool `json:"agree"`
}

// compareFigures compares the figures of two normalised texts.
func (e *Explanation) compareFigures(j *Job, normA, normB []byte) *SharedFigures {
	id, add := j.plan.Identity, j.newFigureAdder()
	a, b := setBatch{norm: normA}, setBatch{norm: normB}
	add(&a)
	add(&b)
	agree := id.Similarity.Measure().FiguresAgree
	aInB, bInA := agree(a.figures, b.figures, id.Threshold), agree(b.figures, a.figures, id.Threshold)
	if id.Similarity == Containment {
		aInB, bInA = aInB || e.AInB < id.Threshold, bInA || e.BInA < id.Threshold
	}
	return &SharedFigures{A: len(a.figures), B: len(b.figures), Shared: verify.Overlap(a.figures, b.figures), Agree: aInB && bInA}
}

// figureKeys is the number of keys of a document's figures: figures of Jaccard
// similarity s share one with probability 1-(1-s)^figureKeys.
const figureKeys = 8

// byFigures adds to each list of documents those groups of it whose figures have a
// minimum in common, as MinHash has it (Broder 1997): in a giant bucket of one
// template those with the same figures are few, and would be lost among others. All
// groups keep the order of their list.
func (j *Job) byFigures(lists [][]corpus.ID) ([][]corpus.ID, error) {
	if j.figures == nil {
		return lists, nil
	}
	out := slices.Clone(lists)
	for _, list := range lists {
		groups, err := j.figureGroups(list)
		if err != nil {
			return nil, err
		}
		for _, places := range groups {
			group := make([]corpus.ID, len(places))
			for i, at := range places {
				group[i] = list[at]
			}
			out = append(out, group)
		}
	}
	return out, nil
}

// figureGroups returns the groups of a list as ascending places in it, each once,
// of two members or more and not the whole list.
func (j *Job) figureGroups(list []corpus.ID) (groups [][]int, err error) {
	var columns [figureKeys]map[uint64][]int
	for i := range columns {
		columns[i] = map[uint64][]int{}
	}
	var buf []uint64
	for place, id := range list {
		row, err := j.figures.minima.Get(id, buf)
		if err != nil {
			return nil, err
		}
		least := minima(nil)
		copy(least[:], row)
		for i, key := range least {
			columns[i][key] = append(columns[i][key], place)
		}
		buf = slices.Grow(buf[:0], len(row))
	}
	for _, column := range columns {
		for _, places := range column {
			if n := len(places); n > 1 && n < len(list) {
				groups = append(groups, places)
			}
		}
	}
	slices.SortFunc(groups, slices.Compare)
	return slices.CompactFunc(groups, slices.Equal), nil
}

// minima returns the least of the figures under each of figureKeys orders, the same
// for all documents without any.
func minima(figures []uint64) (least [figureKeys]uint64) {
	for i := range least {
		least[i] = math.MaxUint64
		for _, x := range figures {
			high, low := bits.Mul64(x&^0xFFFF^figureSeeds[i], 0x9E3779B97F4A7C15) // of terms, which have 48 bits
			least[i] = min(least[i], high^low)
		}
	}
	return least
}

// figureSeeds give the orders. Persisted by the reports that they decide.
var figureSeeds = func() (seeds [figureKeys]uint64) {
	x := uint64(0)
	for i := range seeds {
		x += 0x9E3779B97F4A7C15 // splitmix64 (Steele, Lea and Flood 2014)
		z := (x ^ x>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		seeds[i] = z ^ z>>31
	}
	return seeds
}()
