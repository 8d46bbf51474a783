package plant

// slot is one place in the layout of a page: an original, or a duplicate of the
// original at of.
type slot struct {
	of    int // within the page; its own number for an original
	kind  Kind
	level float64
}

// pageSlots is the length of a page. All pages have the same layout, so the
// cluster of any document is known without a table of clusters. It is small
// enough to cost nothing and large enough to mix cluster sizes.
const pageSlots = 1000

// clusterCopies are how many duplicates clusters have, in turn.
var clusterCopies = [...]int{1, 1, 2, 1, 1, 3, 1, 2, 1, 1, 9, 1, 1, 4}

// newLayout lays a page out. Shares are spread evenly by error diffusion, so
// that the first n slots hold the right share of duplicates for every n and a
// corpus may end in the middle of a page; the original of a duplicate always
// comes before it.
func newLayout(s Spec) []slot {
	n := min(pageSlots, s.Documents)
	l := layouter{spec: s, slots: make([]slot, 0, n)}
	for i := range n {
		// The +.5 rounds to nearest, so that a share of .1 gives the first
		// duplicate of ten at slot 4 and never loses it to a page's end.
		wanted := int(float64(i+1)*(s.ExactShare+s.NearShare) + .5)
		if i > 0 && l.copies < wanted {
			l.duplicate()
		} else {
			l.original()
		}
	}
	return l.slots
}

type layouter struct {
	spec  Spec
	slots []slot

	newest, open int // last original; the one that gets the next duplicate
	room         int // how many duplicates open may still get
	clusters     int

	copies, exact, near int
}

func (l *layouter) original() {
	l.newest = len(l.slots)
	l.slots = append(l.slots, slot{of: l.newest, kind: Original})
}

func (l *layouter) duplicate() {
	// Without a fresh original to turn to, the cluster grows beyond its size.
	if l.clusters == 0 || l.room == 0 && l.newest != l.open {
		l.open = l.newest
		l.room = clusterCopies[l.clusters%len(clusterCopies)]
		l.clusters++
	}
	l.room = max(l.room-1, 0)
	l.copies++
	s := slot{of: l.open, kind: Near}
	share := l.spec.ExactShare / (l.spec.ExactShare + l.spec.NearShare)
	if float64(l.exact) < share*float64(l.copies)-.5 || l.spec.NearShare == 0 {
		l.exact++
		s.kind = Identical
		if l.exact%4 == 0 {
			s.kind = Restyled
		}
	} else {
		s.level = l.spec.Levels[l.near%len(l.spec.Levels)]
		l.near++
	}
	l.slots = append(l.slots, s)
}

// permutation is a keyed bijection of [0, n): a four-round Feistel network on
// the smallest even number of bits that holds n, walked until it lands below n
// (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
type permutation struct {
	n    uint64
	half uint // bits in a half
	keys [4]uint64
}

func newPermutation(n int, seed uint64) permutation {
	p := permutation{n: uint64(n), half: 1}
	for 1<<(2*p.half) < n {
		p.half++
	}
	r := newRand(seed, streamOrder, 0)
	for i := range p.keys {
		p.keys[i] = r.next()
	}
	return p
}

// at returns the image of i; inverse undoes it.
func (p *permutation) at(i int) int {
	v := uint64(i)
	for {
		mask := uint64(1)<<p.half - 1
		l, r := v>>p.half, v&mask
		for _, k := range p.keys {
			l, r = r, l^mix(r^k)&mask
		}
		if v = l<<p.half | r; v < p.n {
			return int(v)
		}
	}
}

func (p *permutation) inverse(i int) int {
	v := uint64(i)
	for {
		mask := uint64(1)<<p.half - 1
		l, r := v>>p.half, v&mask
		for k := len(p.keys) - 1; k >= 0; k-- {
			l, r = r^mix(l^p.keys[k])&mask, l
		}
		if v = l<<p.half | r; v < p.n {
			return int(v)
		}
	}
}
