package shingle_test

import (
	"fmt"

	"github.com/doppel-dedup/doppel/shingle"
)

func Example() {
	spec, err := shingle.ParseSpec("word:3")
	if err != nil {
		panic(err)
	}
	normalizer, shingler := shingle.NewNormalizer(), shingle.NewShingler(spec, 0)
	for _, text := range []string{
		"The ministers met in Moscow on 20 December.",
		"the  MINISTERS met in Moscow — on 20 December",
		"你好",
		" — ",
	} {
		normalised := normalizer.Append(nil, []byte(text))
		set := shingler.Append(nil, normalised)
		fmt.Printf("%q has %d shingles\n", normalised, len(set))
	}
	// Output:
	// "the ministers met in moscow on 20 december." has 6 shingles
	// "the ministers met in moscow - on 20 december" has 6 shingles
	// "你好" has 1 shingles
	// "-" has 0 shingles
}

func ExampleSegments() {
	text := "It’s 3.5 km — to 東京"
	for _, s := range shingle.Segments([]byte(text)) {
		fmt.Printf("%d-%d %s\n", s.Start, s.End, s.Norm)
	}
	// Output:
	// 0-6 it's
	// 7-10 3.5
	// 11-13 km
	// 18-20 to
	// 21-24 東
	// 24-27 京
}

func ExampleWritten() {
	text := []byte("“Café”, the DÉJÀ-vu…")
	segments := shingle.Segments(text)
	fmt.Printf("%q as %s\n", shingle.Norms(segments)[:2], shingle.Written(text, segments[:2]))
	// Output:
	// ["café" "the"] as Café”, the
}
