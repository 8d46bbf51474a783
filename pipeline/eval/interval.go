package eval

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Level is the confidence level of every interval in this package.
const Level = 0.95

// Interval is a confidence interval, both ends included, of [Level].
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Wilson returns the score interval for a share of which successes out of trials
// were seen (E. B. Wilson, Probable Inference, the Law of Succession, and
// Statistical Inference, 1927). It stays within [0, 1] and is sound for few
// trials and for shares near 0 and 1, where the textbook interval is not. It
// takes trials to be independent of each other. Without trials it is [0, 1].
func Wilson(successes, trials int64) Interval {
	if trials == 0 {
		return Interval{0, 1}
	}
	const z = 1.959963984540054 // the 97.5% quantile of the normal distribution
	n := float64(trials)
	p := float64(successes) / n
	centre := p + z*z/(2*n)
	spread := float64(z * math.Sqrt(float64(p*(1-p))/n+z*z/(4*n*n))) // rounded, so that nothing is fused
	i := Interval{(centre - spread) / (1 + z*z/n), (centre + spread) / (1 + z*z/n)}
	// Rounding must not move the ends that are known.
	if successes == 0 {
		i.Low = 0
	}
	if successes == trials {
		i.High = 1
	}
	return i
}

// MinRounds is the least number of bootstrap rounds: with fewer the ends of an
// interval are single extreme draws.
const MinRounds = 100

// bootstrapSeed fixes the draws of every bootstrap here: equal input, equal
// intervals.
const bootstrapSeed = 1

// percentile returns the interval of bootstrap values (Efron and Tibshirani, An
// Introduction to the Bootstrap, 1993, ch. 13): with B values and a = (1-Level)/2
// the k-th smallest and the k-th largest, where k is the whole part of (B+1)a. It
// sorts values, which are at least MinRounds.
func percentile(values []float64) Interval {
	slices.Sort(values)
	k := int(float64(len(values)+1) * (1 - Level) / 2)
	return Interval{values[k-1], values[len(values)-k]}
}

// drawer draws with replacement. It goes by PCG and a product, so that the draws
// are the same on every machine.
type drawer struct{ pcg rand.PCG }

// start begins the draws of a round.
func (d *drawer) start(round int) { d.pcg.Seed(bootstrapSeed, uint64(round)) }

// draw sets times to how often each of its places comes up in len(times) draws.
func (d *drawer) draw(times []int64) {
	clear(times)
	for range times {
		at, _ := bits.Mul64(d.pcg.Uint64(), uint64(len(times)))
		times[at]++
	}
}
