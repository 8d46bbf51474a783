package progress

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that moves when told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newLine(width int) (*Line, *clock, *bytes.Buffer) {
	c, out := &clock{at: time.Unix(1000, 0)}, &bytes.Buffer{}
	return New(out, width, c.now), c, out
}

// shown returns what the terminal shows on its last line.
func shown(out *bytes.Buffer) string {
	s := out.String()
	return s[strings.LastIndex(s, eraseLine)+len(eraseLine):]
}

func TestLine(t *testing.T) {
	l, c, out := newLine(100)
	l.Start(Stage{Name: "reading", Unit: "documents", One: "document", TotalBytes: 4 << 30})
	if got, want := shown(out), "reading  0 documents  0 B of 4.0 GiB  0%"; got != want {
		t.Errorf("start: got %q, want %q", got, want)
	}
	before := out.Len()
	c.add(interval - 1)
	l.Add(1000, 1<<20)
	if out.Len() != before {
		t.Errorf("drawn before its time: %q", out)
	}
	c.add(10*time.Second - interval + 1)
	l.Add(11345, 1<<30-1<<20)
	if got, want := shown(out), "reading  12,345 documents  1.0 GiB of 4.0 GiB  25%  102.4 MiB/s  eta 30s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.Start(Stage{Name: "verifying", Unit: "pairs", One: "pair", Total: 2000})
	c.add(time.Second)
	l.Add(500, 0)
	if got, want := shown(out), "verifying  500 of 2,000 pairs  25%  500/s  eta 3s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.Start(Stage{Name: "clustering"})
	if got, want := shown(out), "clustering"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.Stop()
	if got := shown(out); got != "" {
		t.Errorf("after Stop: %q is left", got)
	}
	before = out.Len()
	c.add(time.Minute)
	l.Add(1, 1)
	l.Stop()
	if out.Len() != before {
		t.Error("drawn after Stop")
	}
}

func TestDrawsAtMostEveryInterval(t *testing.T) {
	l, c, out := newLine(80)
	l.Start(Stage{Name: "x", Unit: "y"})
	for range 1000 {
		c.add(interval / 50)
		l.Add(1, 0)
	}
	if n := strings.Count(out.String(), eraseLine); n != 21 {
		t.Errorf("drawn %d times in 20 intervals, want 21", n)
	}
}

func TestWriteTakesTheLineAway(t *testing.T) {
	l, c, out := newLine(80)
	l.Start(Stage{Name: "x"})
	n, err := l.Write([]byte("warning\n"))
	if n != 8 || err != nil {
		t.Fatal(n, err)
	}
	if got, want := out.String(), eraseLine+"x"+eraseLine+"warning\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if l.Write([]byte("more\n")); !strings.HasSuffix(out.String(), "warning\nmore\n") {
		t.Errorf("a line that is not there was erased: %q", out)
	}
	c.add(interval)
	l.Add(1, 0)
	if got := shown(out); !strings.HasPrefix(got, "x") {
		t.Errorf("the line did not come back: %q", got)
	}
}

func TestWidth(t *testing.T) {
	l, _, out := newLine(10)
	l.Start(Stage{Name: "вычисление подписей", Unit: "documents", One: "document"})
	if got, want := shown(out), "вычислени"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNilLine(t *testing.T) {
	var l *Line
	l.Start(Stage{Name: "x"})
	l.Add(1, 2)
	l.Stop()
}

func TestConcurrentAdd(t *testing.T) {
	l, c, out := newLine(80)
	l.Start(Stage{Name: "x", Unit: "documents", One: "document"})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				l.Add(1, 10)
				c.add(time.Millisecond)
			}
		})
	}
	wg.Wait()
	c.add(interval)
	l.Add(0, 0)
	if got, want := shown(out), "x  8,000 documents  78.1 KiB  "; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q...", got, want)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		stage        Stage
		units, bytes int64
		elapsed      time.Duration
		want         string
	}{
		{Stage{Name: "a", Unit: "u"}, 0, 0, time.Second, "a  0 u  0/s"},
		{Stage{Name: "a", Unit: "u", Total: 10}, 10, 0, 2 * time.Second, "a  10 of 10 u  100%  5/s"},
		{Stage{Name: "a", Unit: "pairs", One: "pair"}, 0, 0, time.Second, "a  0 pairs  0/s"},
		{Stage{Name: "a", Unit: "pairs", One: "pair"}, 1, 0, time.Second, "a  1 pair  1/s"},
		{Stage{Name: "a", Unit: "pairs", One: "pair"}, 1000, 0, time.Second, "a  1,000 pairs  1,000/s"},
		{Stage{Name: "a", Unit: "pairs", One: "pair", Total: 1}, 0, 0, 0, "a  0 of 1 pair  0%"},
		{Stage{Name: "a", Unit: "pairs", One: "pair", Total: 2}, 1, 0, 0, "a  1 of 2 pairs  50%"},
		{Stage{Name: "a", Unit: "u", Total: 10}, 12, 0, 2 * time.Second, "a  12 of 10 u  100%  6/s"},
		{Stage{Name: "a", TotalBytes: 1000}, 0, 999, time.Hour, "a  999 B of 1000 B  99%  0 B/s  eta 4s"},
		{Stage{Name: "a", TotalBytes: 3600 * 3}, 0, 3600, time.Hour, "a  3.5 KiB of 10.5 KiB  33%  1 B/s  eta 2h00m"},
	} {
		if got := c.stage.text(c.units, c.bytes, c.elapsed); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestFormats(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1<<20 - 1: "1.0 MiB", 1536: "1.5 KiB",
		1 << 40: "1.0 TiB", 1 << 50: "1.0 PiB",
	} {
		if got := byteSize(n); got != want {
			t.Errorf("byteSize(%d): got %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 59400 * time.Millisecond: "59s", 59600 * time.Millisecond: "1m00s", 3599 * time.Second: "59m59s", 90 * time.Minute: "1h30m",
	} {
		if got := durationText(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	l := New(&bytes.Buffer{}, 80, nil)
	l.Start(Stage{Name: "x", Unit: "documents", One: "document"})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.Add(1, 100)
		}
	})
}
