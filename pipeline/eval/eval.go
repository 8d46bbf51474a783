// Package eval measures how good clusters are against a truth, and how complete
// a search was against brute force.
//
// # Against a truth
//
// [ReadTruth] reads which documents belong together, [Score] compares predicted
// clusters with it and returns a [ClusterScore]:
//
//   - pair precision, recall and F1 over all pairs of documents in one cluster;
//   - B-cubed precision, recall and F1 (Bagga and Baldwin 1998), where every
//     document counts once, so that one large cluster does not drown the rest;
//   - the adjusted Rand index (Hubert and Arabie 1985), 0 for clusters at random;
//   - homogeneity, completeness and V-measure (Rosenberg and Hirschberg 2007);
//   - the share of documents whose predicted cluster is their true one, document
//     for document: what others publish as accuracy.
//
// [Ranking.AveragePrecision] scores similarity itself, without a threshold, and
// [Bootstrap] gives confidence intervals for all but the adjusted Rand index and
// the V-measure.
//
// A document that is in no predicted cluster is a cluster of its own. Documents
// that the truth does not name are left out before anything is counted.
//
// Note: the precision and recall that are widest quoted for deduplication count
// a document as right when its true set is a subset of the predicted one. Gluing
// all clusters together scores 1.0 there, so we do not offer it.
//
// # Against brute force
//
// [AllPairs] finds every pair of sets at or above a similarity by counting in an
// inverted index over shingles. Nothing in it is estimated or filtered and no
// code is shared with signatures and buckets, which makes it the oracle that
// they are held against. [Oracle] does so: which true pairs became candidates,
// which were verified, whether anything false was reported, and, by similarity,
// whether candidates are as frequent as the S-curve says. The result is an
// [OracleScore].
//
// # Against a person's judgement
//
// [ReadLabels] reads pairs that somebody has judged, [ScoreThreshold] says how a
// threshold does on them, [SuggestThreshold] which does best. [Wilson] is the
// interval of a share wherever trials are counted.
//
// # Concurrency and memory
//
// Everything here but [Ranking] is a function of its arguments and may be called
// from many goroutines. Scores are computed in a fixed order, so equal input gives equal
// bits. Score takes some hundred bytes a document. Bootstrap and AllPairs use all
// processors; on top of the sets AllPairs takes about 8 bytes for each shingle of
// each document, and time in proportion to the sum over all shingles of the square of the
// number of documents that have it: seconds for ten thousand documents, but not
// meant for a million.
package eval

// ratio is part/whole, and 1 where there is no whole to have a share of: who
// predicts no pair has made no mistake.
func ratio(part, whole float64) float64 {
	if whole == 0 {
		return 1
	}
	return part / whole
}

// harmonic is the harmonic mean of two numbers in [0, 1].
func harmonic(a, b float64) float64 {
	if a+b == 0 {
		return 0
	}
	return 2 * a * b / (a + b)
}
