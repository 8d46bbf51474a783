package plant

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// TB is the part of testing.TB that [Dataset] and [Records] need. An interface
// of our own keeps package testing out of the command that writes corpora.
type TB interface {
	Helper()
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Dataset returns the paths of docs.jsonl.zst and truth.csv of the labelled set
// called name; truth is "" for a set that has none.
//
// Sets are looked for in $DOPPEL_DATA, or else in ../shared/data beside the
// module. When the set is not there the test is skipped, or fails if
// DOPPEL_REQUIRE_DATA=1, so that a CI that should have the data cannot pass by
// skipping.
func Dataset(tb TB, name string) (docs, truth string) {
	tb.Helper()
	dir, err := dataDir()
	if err != nil {
		tb.Fatalf("plant: %v", err)
		return "", ""
	}
	docs = filepath.Join(dir, name, "docs.jsonl.zst")
	if _, err := os.Stat(docs); err != nil {
		if os.Getenv("DOPPEL_REQUIRE_DATA") == "1" {
			tb.Fatalf("plant: labelled set %q: %v (DOPPEL_REQUIRE_DATA=1)", name, err)
			return "", "" // a testing.TB does not come here, a stand-in does
		}
		tb.Skipf("labelled set %q is not at %s; set DOPPEL_DATA to the folder of the sets", name, docs)
		return "", ""
	}
	truth = filepath.Join(dir, name, "truth.csv")
	if _, err := os.Stat(truth); err != nil {
		truth = ""
	}
	return docs, truth
}

// Records returns the documents of the labelled set called name in file order,
// on the terms of [Dataset]. It reads the whole set into memory.
func Records(tb TB, name string) []Record {
	tb.Helper()
	docs, _ := Dataset(tb, name)
	if docs == "" {
		return nil
	}
	records, err := ReadRecords(docs)
	if err != nil {
		tb.Fatalf("plant: %v", err)
	}
	return records
}

// ReadRecords returns the documents of a zstd-compressed JSONL file, in order.
func ReadRecords(path string) ([]Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing to lose
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer z.Close()
	dec := json.NewDecoder(bufio.NewReaderSize(z, 1<<20))
	var records []Record
	for {
		var r Record
		switch err := dec.Decode(&r); {
		case errors.Is(err, io.EOF):
			return records, nil
		case err != nil:
			return nil, fmt.Errorf("%s: record %d: %w", path, len(records)+1, err)
		}
		records = append(records, r)
	}
}

// dataDir returns the folder of the labelled sets, which need not exist.
func dataDir() (string, error) {
	if dir := os.Getenv("DOPPEL_DATA"); dir != "" {
		return dir, nil
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "..", "shared", "data"), nil
}

// moduleRoot walks up from the working folder, which for a test is its
// package's, to the one that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working folder")
		}
		dir = parent
	}
}
