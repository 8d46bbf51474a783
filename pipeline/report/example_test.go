package report_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/report"
)

func ExampleNewWriter() {
	original := report.Member{
		ID: "000.txt", Similarity: 1, CoveredBy: "000.txt", Keep: true, Level: report.LevelRepresentative,
		Title: "The minister met his guests in Moscow on Thursday", File: "000.txt", Line: 1,
	}
	edited := report.Member{
		ID: "001.txt", Similarity: 0.91, CoveredBy: "000.txt", Level: report.LevelNear,
		Title: "The minister met the guests in Moscow on Thursday", File: "001.txt", Line: 1,
	}
	w := report.NewWriter(report.Table, os.Stdout, report.Options{Keep: "longest"})
	err := w.Cluster(&report.Cluster{
		Cluster: "000.txt", Size: 2, Kept: 1, MinSimilarity: 0.91, MeanSimilarity: 0.91,
		Members: []report.Member{original, edited},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = w.Finish(&report.Summary{
		Settings: report.Settings{Shingle: "word:5", Similarity: "jaccard", Threshold: 0.8, Bands: 16, Rows: 6, Recall: 0.9922},
		Counts: report.Counts{
			Files: 5, Records: 5, Documents: 5, Distinct: 5, Candidates: 1, Verified: 1,
			Clusters: 1, Clustered: 2, LargestCluster: 2, Representatives: 1, Singletons: 3, Kept: 4, Pruned: 1,
		},
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1. 2 documents, similarity 0.910, keep 1 (longest)
	//    keep         000.txt  The minister met his guests in Moscow on Thursday
	//    drop  0.910  001.txt  The minister met the guests in Moscow on Thursday
	//
	// read     5 records in 5 files = 5 documents + 0 quarantined
	//          5 documents = 5 distinct texts + 0 exact copies + 0 empty
	// compare  1 candidate pair, 1 verified at jaccard >= 0.8 of word:5 (16 bands x 6 rows, recall there 0.992)
	// group    1 cluster of 2 documents
	// keep     4 documents = 1 representative + 3 singletons + 0 empty
	// drop     1 document = 2 in clusters - 1 representative
}

func ExampleRead() {
	const stored = `{"type":"summary","schema":1,"fingerprint":"","settings":{"similarity":"jaccard"},"counts":{"records":1,"documents":1,"distinct":1,"singletons":1,"kept":1}}`
	err := report.Read(strings.NewReader(stored), report.NewWriter(report.CSV, os.Stdout, report.Options{}))
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// cluster,id,representative,similarity,keep,level,chain
}
