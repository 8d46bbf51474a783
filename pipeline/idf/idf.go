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
// Every word goes by two names. Its term, of 48 bits and by a hash function that may be
// known, decides how words are counted and what the key terms are: for that, numbers
// must be the same in every run. What a row holds, and what the background is asked for,
// is a hash of 64 bits under a seed that nobody knows: no word is made to pass for
// another, and no result hangs on that seed.
//
// A Model may be used by many goroutines; a Counter and a Weigher belong to one at a
// time. The words of English take 4 MB once they are used and a tenth of a second to
// read, a Model of kind Background 5 MB, a
// Counter 16 MB, and a Weigher a few MB of buffers. Time is linear in the length of
// documents. All weights are computed in integers, so they are the same on every
// machine.
package idf
