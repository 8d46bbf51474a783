package text

import "math/bits"

// A Memo holds the hashes of words that one [Key] has met, for texts say few words most
// of the time and SipHash takes many steps without a kernel. What it holds changes no
// result, only the time. The zero value is ready for use; it belongs to one goroutine at
// a time, and takes 192 KiB once portable code has hashed by a seeded key with it.
type Memo struct {
	key  *Key
	met  []metWord // 1<<memoBits, each word in the one place it can have
	lost [memoPart]uint8
}

// A metWord is a word of up to 16 bytes, as two numbers, and its hash.
type metWord struct{ lo, hi, hash uint64 }

const (
	memoBits = 13
	// memoPart is how many words are looked up before those not met are hashed: which
	// ones are cannot be predicted.
	memoPart = 128
)

// use makes the Memo one of a key. The word of no bytes, which fills what is not in use,
// belongs in the first place and has its hash.
func (m *Memo) use(k *Key) {
	if m.key == k {
		return
	}
	m.key = k
	if m.met == nil {
		m.met = make([]metWord, 1<<memoBits)
	}
	clear(m.met)
	m.met[0].hash = k.sipShort(0, 0)
}

// at returns the place of a word.
func (m *Memo) at(lo, hi uint64) *metWord {
	const a, b = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
	met := (*[1 << memoBits]metWord)(m.met)
	return &met[(lo*a^bits.RotateLeft64(hi*b, 32))>>(64-memoBits)]
}

// hashPart hashes up to memoPart tokens.
func (m *Memo) hashPart(dst []uint64, text []byte, edges []uint32) {
	last, lost := len(text)-short, 0
	for i, j := 0, 1; i < len(dst) && j < len(edges); i, j = i+1, j+2 {
		start, end := int(edges[j-1]), int(edges[j])
		n := end - start
		if n > short || start > last {
			dst[i] = m.key.HashToken(text, start, end)
			continue
		}
		lo, hi := halves((*[short]byte)(text[start:start+short]), n)
		w := m.at(lo, hi)
		dst[i] = w.hash
		m.lost[lost%memoPart] = uint8(i)
		d := (w.lo ^ lo) | (w.hi ^ hi)
		lost += int((d | -d) >> 63)
	}
	for _, i := range m.lost[:lost] {
		start, end := int(edges[2*i]), int(edges[2*i+1])
		lo, hi := halves((*[short]byte)(text[start:start+short]), end-start)
		w := m.at(lo, hi)
		*w = metWord{lo, hi, m.key.sipShort(lo, hi)}
		dst[i] = w.hash
	}
}
