package formats

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// WriteRowGroups writes a Parquet file with the columns id and text in groups row groups,
// of rows rows each. A text is over 256 KiB, so that it fills a block of the corpus. The
// first rows of all groups have one text, and all others their own.
func WriteRowGroups(path string, groups, rows int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	type row struct {
		ID   string `parquet:"id"`
		Text string `parquet:"text,zstd"`
	}
	w := parquet.NewGenericWriter[row](f)
	rnd := rand.New(rand.NewPCG(1, 2))
	for group := range groups {
		for i := range rows {
			text := strings.Repeat("the same in every group ", 12_000)
			if i > 0 {
				text = randomWords(rnd, 270<<10)
			}
			if _, err := w.Write([]row{{fmt.Sprintf("%d-%d", group, i), text}}); err != nil {
				return errors.Join(err, f.Close())
			}
		}
		if err := w.Flush(); err != nil { // ends the row group
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(w.Close(), f.Close())
}

func randomWords(rnd *rand.Rand, bytes int) string {
	var b strings.Builder
	for b.Len() < bytes {
		fmt.Fprintf(&b, "word%d ", rnd.IntN(1<<20))
	}
	return b.String()
}
