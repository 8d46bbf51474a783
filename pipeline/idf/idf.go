// Package idf weighs the words of documents by how telling they are.
//
// What comes in is the terms of a document; what goes out is its weighted row, by
// which two reports of the same event are similar although they share few
// sentences, and its keys, by which such pairs are found:
//
//	terms -Counter-> Model -Weigher-> weighted row, keys
//
// The weight of a word in a document is (1+ln tf)*idf: tf is how often the document
// has it, and idf says how much it tells that it is there at all (Spärck Jones, A
// statistical interpretation of term specificity, 1972; Salton and Buckley,
// Term-weighting approaches in automatic text retrieval, 1988). A Model gives idf,
// either from a background of English that comes with the program, or from how many
// documents of the corpus have the word, which a Counter has counted. The
// background is better where it fits: of an event that half of the corpus is about,
// the words still tell.
//
// Features say what else is weighed: pairs of consecutive words, and skip pairs,
// two content words within some words of each other, in any order (after Lin and
// Och, Automatic evaluation of machine translation quality using skip-bigram
// statistics, 2004). Numbers count as words that are rare.
//
// A Model may be used by many goroutines; a Counter and a Weigher belong to one at a
// time. The background takes 4 MB once it is used and about 0.2 seconds to load, a
// Counter 16 MB, and a Weigher a few MB of buffers. Time is linear in the length of
// documents. All weights are computed in integers, so rows are the same on every
// machine.
package idf
