package idf

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/shingle"
)

// TestTally: batches of any size give a Counter the same as their documents one by one.
func TestTally(t *testing.T) {
	texts := append(zipfian(3000, 100), doc{}, doc{})
	lexicon := NewLexicon(0)
	want := NewCounter(lexicon)
	for _, d := range texts {
		want.Add(d.terms)
	}
	for _, batch := range []int{1, 7, 500, len(texts)} {
		tally, got := NewTally(lexicon), NewCounter(lexicon)
		var counts Counts
		for part := range slices.Chunk(texts, batch) {
			counts.Reset()
			for i, d := range part {
				tally.Add(d.terms)
				if i == batch/2 {
					tally.Flush(&counts) // terms may come again
				}
			}
			tally.Flush(&counts)
			got.AddCounts(&counts)
		}
		if !sameCounts(got, want) {
			t.Errorf("batches of %d give other counts", batch)
		}
		if len(tally.slots) > keptSlots {
			t.Errorf("%d slots are kept", len(tally.slots))
		}
	}
}

// TestTermsThatMeet: words whose hashes have the same upper bits, as somebody may write
// them, do not stand in one long run of slots, in which finding them would take forever.
func TestTermsThatMeet(t *testing.T) {
	const terms = 1 << 16
	tally := NewTally(NewLexicon(0))
	for i := range uint64(terms) {
		tally.Add([]shingle.Term{shingle.Term(0xABCD<<48 | i<<16)})
	}
	longest, run := 0, 0
	for _, s := range tally.slots {
		if run++; s.documents == 0 {
			run = 0
		}
		longest = max(longest, run)
	}
	if tally.used != terms || longest > terms/8 {
		t.Errorf("%d terms, and a run of %d slots", tally.used, longest)
	}
}

func sameCounts(a, b *Counter) bool {
	return slices.Equal(a.cells, b.cells) && a.documents == b.documents && a.words == b.words && a.common == b.common
}

// TestCounterInParts: what was counted since the last time, written and added again,
// comes to the whole.
func TestCounterInParts(t *testing.T) {
	lexicon := NewLexicon(0)
	whole, since, again := NewCounter(lexicon), NewCounter(lexicon), NewCounter(lexicon)
	for part := range slices.Chunk(zipfian(500, 100), 90) {
		for _, d := range part {
			whole.Add(d.terms)
			since.Add(d.terms)
		}
		b := since.AppendTo([]byte("before"))
		if err := again.AddFrom(b[len("before"):]); err != nil {
			t.Fatal(err)
		}
		since.Reset()
	}
	if !sameCounts(again, whole) || !sameCounts(since, NewCounter(lexicon)) {
		t.Error("the parts are not the whole")
	}
	full := NewCounter(lexicon)
	for _, i := range []int{0, len(full.cells) - 1} {
		full.cells[i] = math.MaxUint32
	}
	b := full.AppendTo(nil)
	for range 2 {
		if err := again.AddFrom(b); err != nil || again.cells[0] != math.MaxUint32 || again.cells[len(again.cells)-1] != math.MaxUint32 {
			t.Errorf("the largest counts at both ends: %v", err)
		}
	}
}

// FuzzCounterAddFrom: no bytes make it panic, and what it takes is written as it was
// read, where it was written in one way.
func FuzzCounterAddFrom(f *testing.F) {
	lexicon := NewLexicon(0)
	c := NewCounter(lexicon)
	c.Add(termsOf("the cat is on the mat"))
	good := c.AppendTo(nil)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{1, 2, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1})
	f.Add([]byte{1, 2, 3, 0x80, 0x80, 0x80, 2, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		c.Reset()
		if c.AddFrom(data) != nil {
			return
		}
		b := c.AppendTo(nil)
		again := NewCounter(lexicon)
		if err := again.AddFrom(b); err != nil || !sameCounts(again, c) {
			t.Errorf("written and read again: %v", err)
		}
		if len(b) > len(data) || len(b) == len(data) && !bytes.Equal(b, data) {
			t.Errorf("%x was read, and %x written", data, b)
		}
	})
}

// BenchmarkTallyAdd counts batches of 500 documents, and adds them up, against
// [BenchmarkCounterBatches].
func BenchmarkTallyAdd(b *testing.B) {
	texts, size := batchOfTexts()
	lexicon := NewLexicon(0)
	tally, c := NewTally(lexicon), NewCounter(lexicon)
	var counts Counts
	for b.Loop() {
		for _, terms := range texts {
			tally.Add(terms)
		}
		counts.Reset()
		tally.Flush(&counts)
		c.AddCounts(&counts)
	}
	b.SetBytes(size)
}

// BenchmarkCounterBatches counts the same without a Tally.
func BenchmarkCounterBatches(b *testing.B) {
	texts, size := batchOfTexts()
	c := NewCounter(NewLexicon(0))
	for b.Loop() {
		for _, terms := range texts {
			c.Add(terms)
		}
	}
	b.SetBytes(size)
}

func batchOfTexts() (texts [][]shingle.Term, size int64) {
	for _, d := range zipfian(500, 300) {
		texts = append(texts, d.terms)
		size += 6 * int64(len(d.terms))
	}
	return texts, size
}
