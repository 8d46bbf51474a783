package main

import (
	"hash/fnv"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// cuts are the ways of making words of a lower-cased text.
var cuts = [...]func(string) []string{
	strings.Fields,
	func(text string) []string { // the same without the punctuation around them
		words := strings.Fields(text)
		for i, w := range words {
			words[i] = strings.TrimFunc(w, isNoToken)
		}
		return slices.DeleteFunc(words, func(w string) bool { return w == "" })
	},
	func(text string) []string { // runs of letters and numbers
		return strings.FieldsFunc(text, isNoToken)
	},
}

func isNoToken(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// grams is the sorted set of 64-bit hashes of the word 5-grams. A text of fewer words
// is one gram of all of them.
func grams(words []string) []uint64 {
	n := min(5, len(words))
	if n == 0 {
		return nil
	}
	set := make([]uint64, 0, len(words)-n+1)
	for i := 0; i+n <= len(words); i++ {
		h := fnv.New64a()
		for _, w := range words[i : i+n] {
			h.Write([]byte(w))
			h.Write([]byte{0})
		}
		set = append(set, h.Sum64())
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func jaccard(a, b []uint64) float64 {
	shared := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			shared, i, j = shared+1, i+1, j+1
		}
	}
	if len(a)+len(b) == 0 {
		return 1
	}
	return float64(shared) / float64(len(a)+len(b)-shared)
}

// sets are the grams of one text by each way of cutting words.
type sets [len(cuts)][]uint64

func newSets(text string) (s sets) {
	text = strings.ToLower(text)
	for i, cut := range cuts {
		s[i] = grams(cut(text))
	}
	return s
}

// compare says whether two texts must or may be called similar.
func (s *sets) compare(t *sets, threshold float64) (must, may bool) {
	must = true
	for i := range s {
		reached := jaccard(s[i], t[i]) >= threshold
		must, may = must && reached, may || reached
	}
	return must, may
}

// findTruth computes the similarity of all pairs within the families.
func (c *corpus) findTruth() {
	families := map[int32][]int32{}
	for n, f := range c.family {
		families[f] = append(families[f], int32(n))
	}
	c.must, c.may = map[pair]bool{}, map[pair]bool{}
	jobs := make(chan []int32)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for members := range jobs {
				all := make([]sets, len(members))
				for i, n := range members {
					all[i] = newSets(c.texts[n])
				}
				for i, a := range members {
					for j, b := range members[:i] {
						must, may := all[i].compare(&all[j], c.threshold)
						mu.Lock()
						if must {
							c.must[newPair(a, b)] = true
						}
						if may {
							c.may[newPair(a, b)] = true
						}
						mu.Unlock()
					}
				}
			}
		})
	}
	for _, members := range families {
		if len(members) > 1 {
			jobs <- members
		}
	}
	close(jobs)
	wg.Wait()
}

// similarStrangers counts the pairs of different families at the threshold or above,
// with each way of cutting words, by prefix filtering (Bayardo et al. 2007): of sorted
// sets with Jaccard similarity t, the first |A| - ceil(t|A|) + 1 elements share one.
func (c *corpus) similarStrangers() int {
	count := 0
	for cut := range cuts {
		all := make([][]uint64, len(c.texts))
		seen := map[uint64][]int32{}
		for n, text := range c.texts {
			set := grams(cuts[cut](strings.ToLower(text)))
			all[n] = set
			prefix := len(set) - int(math.Ceil(c.threshold*float64(len(set)))) + 1
			candidates := map[int32]bool{}
			for _, g := range set[:min(prefix, len(set))] {
				for _, m := range seen[g] {
					candidates[m] = true
				}
				seen[g] = append(seen[g], int32(n))
			}
			for m := range candidates {
				if c.family[m] != c.family[n] && jaccard(all[m], set) >= c.threshold {
					count++
				}
			}
		}
	}
	return count
}
