package pipeline

import (
	"crypto/rand"
	"encoding/binary"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/shingle"
)

// secrets are the keys of hash functions that no author of a text can know, whatever the
// seed: what counts as verified hangs on these alone. The functions of the seed find
// candidates, draw samples and break ties; texts that were made to collide under them
// waste comparisons, and are found to be unlike. Words are counted by the functions of
// the seed too, so that weights from the corpus may be wrong for words made so.
//
// No result hangs on the keys: what is made with them is counted, not shown, and two
// unlike words or texts are taken for equal with a probability of about 2^-64.
type secrets struct {
	// words is a seed of the hash functions of words and characters, in the sets and rows that
	// are compared. It is drawn for each run; a checkpoint holds it beside sets, for its owner
	// alone, and nothing else does. 64 bits of key are enough, since nothing that was hashed
	// with them gets to who writes texts.
	words int64
	// stampKey is that of stamper. A checkpoint holds it, beside stamps.
	stampKey [kernels.StampKeyBytes]byte
	stamper  *kernels.Stamper
}

// newSecrets draws keys.
func newSecrets() secrets {
	var s secrets
	for s.words == 0 { // which is the seed of the open functions
		var b [8]byte
		rand.Read(b[:]) // never fails
		s.words = int64(binary.LittleEndian.Uint64(b[:]))
	}
	rand.Read(s.stampKey[:])
	s.stamper = kernels.NewStamper(s.stampKey)
	return s
}

// keys returns what a checkpoint holds: words only if it keeps sets.
func (s *secrets) keys(sets bool) checkpoint.Keys {
	k := checkpoint.Keys{Stamp: s.stampKey[:]}
	if sets {
		k.Words = s.words
	}
	return k
}

// takeUp makes the stamps of a run that was stopped good for this one, and its sets, if it
// has kept any.
func (s *secrets) takeUp(k checkpoint.Keys) {
	s.stampKey = [kernels.StampKeyBytes]byte(k.Stamp)
	s.stamper = kernels.NewStamper(s.stampKey)
	if k.Words != 0 {
		s.words = k.Words
	}
}

// textKey is what texts have in common that count as copies: half of their digest, which
// chance never makes equal, and a stamp, which nobody can.
type textKey [16]byte

func textKeyOf(d shingle.Digest, stamp uint64) (k textKey) {
	copy(k[:8], d[:8])
	binary.LittleEndian.PutUint64(k[8:], stamp)
	return k
}

// textKey returns that of a normalised text.
func (j *Job) textKey(norm []byte) textKey {
	return textKeyOf(shingle.DigestOf(norm, j.plan.Identity.Seed), j.secrets.stamper.Stamp(norm))
}

// newComparer returns a worker's maker of the sets that are compared.
func (j *Job) newComparer() *shingle.Shingler {
	return shingle.NewShingler(j.plan.Identity.Shingle, j.secrets.words)
}
