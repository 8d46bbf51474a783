package lsh

// ProfileBin is one bar of a distribution of similarities over pairs.
type ProfileBin struct {
	Similarity float64 // of the bar's pairs, in [0,1]
	Share      float64 // of all pairs, in [0,1]
}

// DefaultProfile returns a background: how similar documents that have nothing
// to do with each other are. It was measured exactly, in word:3 Jaccard, over
// all pairs across the true clusters of four sets of English prose (news of
// events, news from the web, wire stories of about 32 tokens, Bible chapters;
// 9.6 million pairs), each set weighted alike, and rounded.
//
// Longer shingles lie lower (word:5 sets have nothing in common in 93 to 99.9% of
// the same pairs). Templated text lies higher: among German laws, one pair in
// 300 reaches 0.09, where the profile has one in 10,000. A plan made with it is
// an order of magnitude, not a promise.
func DefaultProfile() []ProfileBin {
	return []ProfileBin{
		{0, 0.6979},
		{0.0008, 0.044},
		{0.0015, 0.1},
		{0.0028, 0.091},
		{0.0055, 0.05},
		{0.011, 0.0145},
		{0.021, 0.0022},
		{0.042, 0.0004},
		{0.09, 0.00006},
		{0.17, 0.000015},
		{0.35, 0.000002},
	}
}

// CandidateRate returns the expected share of pairs that become candidates when
// similarities are distributed as profile says: the sum of Share times
// CandidateProb. For n documents that means about n(n-1)/2 times as many
// candidate pairs, and the true duplicates on top, which no background knows.
func CandidateRate(p Params, profile []ProfileBin) float64 {
	rate := 0.0
	for _, bin := range profile {
		rate += bin.Share * p.CandidateProb(bin.Similarity)
	}
	return rate
}
