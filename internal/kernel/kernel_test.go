package kernel

import "testing"

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		value string
		want  Level
		ok    bool
	}{
		{"", best, true},
		{"purego", Portable, true},
		{"avx2", AVX2, best >= AVX2},
		{"avx512", AVX512, best >= AVX512},
		{"AVX2", best, false},
		{"sse", best, false},
	} {
		want := c.want
		if !c.ok {
			want = best
		}
		if got, err := choose(c.value); got != want || (err == nil) != c.ok {
			t.Errorf("choose(%q) = %v, %v; want %v, ok %v", c.value, got, err, want, c.ok)
		}
	}
}

func TestUse(t *testing.T) {
	before := Active()
	restore := Use(Portable)
	if Active() != Portable {
		t.Error("Use(Portable) had no effect")
	}
	restore()
	if Active() != before {
		t.Errorf("level is %v after restore, was %v", Active(), before)
	}
}

func TestLevelString(t *testing.T) {
	for l, want := range map[Level]string{Portable: "purego", AVX2: "avx2", AVX512: "avx512", 9: "Level(9)"} {
		if got := l.String(); got != want {
			t.Errorf("Level(%d) = %q, want %q", l, got, want)
		}
	}
}
