// Package textdiff compares two token sequences for a reader: which tokens stay,
// which change ([Diff]), and which passages the two have in common wherever they
// stand ([Shared]).
//
// Tokens may be of any comparable type; in doppel they are normalised words,
// and the positions that come out lead back to byte spans of the original
// texts. Both functions are pure, may be called from many goroutines, and take
// memory linear in the input.
//
// Diff follows E. W. Myers, "An O(ND) Difference Algorithm and Its Variations"
// (1986), in linear space. It is the right view on two versions of one text: it
// keeps order and finds the fewest insertions and deletions. On texts that
// share little it aligns stray common words, and its time grows with the
// product of length and difference; so the search for one split is given up
// after a number of edits that grows with the square root of the length, and
// the farthest point reached is taken, as GNU diff does. Results of long and
// very different texts are therefore valid but not always minimal. Time is
// bounded by O(N^1.5).
//
// Shared is greedy string tiling (M. J. Wise, "String Similarity via Greedy
// String Tiling and Running Karp-Rabin Matching", 1993), known from JPlag: take
// the longest passage that both have in common, set it aside, and go on with
// the rest. It does not mind moved paragraphs and stays meaningful where two
// reports of one event share a quotation and nothing else. Passages are found
// by an index of n-grams, not by trying all places.
//
// Note: patience diff (unique common words as anchors) reads well on source
// code, whose lines are often unique; of the words of a text most are not.
package textdiff

// Span is a stretch of A and the stretch of B that answers to it: tokens
// [AStart, AEnd) and [BStart, BEnd). Equal stretches have equal tokens and thus
// equal lengths. Otherwise tokens were replaced, deleted (nothing in B) or
// inserted (nothing in A).
type Span struct {
	AStart, AEnd, BStart, BEnd int
	Equal                      bool
}

// intern numbers the tokens of a and b, equal ones alike, so that what follows
// compares integers.
func intern[T comparable](a, b []T) (x, y []int32) {
	numbers := make(map[T]int32)
	number := func(tokens []T) []int32 {
		out := make([]int32, len(tokens))
		for i, t := range tokens {
			n, ok := numbers[t]
			if !ok {
				n = int32(len(numbers))
				numbers[t] = n
			}
			out[i] = n
		}
		return out
	}
	return number(a), number(b)
}
