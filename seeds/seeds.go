// Package seeds holds five news articles and the clusters that they form.
//
// They are the project's reference case: three reports (000, 001, 002) of the
// meetings held in Moscow on 19 and 20 December 2024, and two pieces (003,
// 004) on Sergey Lavrov and India's seat in the United Nations Security
// Council, which share a subject but neither text nor event. Clustering them
// must put the first three together and leave the other two alone.
//
// What comes out is FS, a read-only file system with the articles, one text
// file each, byte for byte as they were received (UTF-8, line ends and stray
// characters included), and beside them the expected clusters under the name
// Truth. A document's ID in the truth is its file name. FS takes 19 KB of the
// binary, needs no set-up and may be read from many goroutines.
package seeds

import "embed"

// Truth is the name inside FS of the expected clusters: a CSV file with the
// header "id,cluster" and one row an article. Articles with the same cluster
// name belong together; each of the two names given once is an article that
// belongs to nothing else.
const Truth = "truth.csv"

// FS holds the articles (*.txt) and Truth, all in its root. It is never
// changed.
//
//go:embed *.txt truth.csv
var FS embed.FS
