package corpus

import (
	"reflect"
	"testing"
)

// TestDamagedZstd: a file that is cut short or damaged gives the same documents
// and errors for any number of threads. Decoding blocks side by side would not.
func TestDamagedZstd(t *testing.T) {
	stored := zst(t, prose(400)) // seven blocks
	check := func(data string) {
		t.Helper()
		want := one(t, "x.jsonl.zst", data, Options{Threads: 1})
		got := one(t, "x.jsonl.zst", data, Options{Threads: 4})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d bytes stored: %d documents and errors %v, with one thread %d and %v", len(data), len(got.Docs), got.Errs, len(want.Docs), want.Errs)
		}
	}
	step := len(stored)/8 + 1
	for at := 0; at < len(stored); at += step {
		check(stored[:at])
		check(stored[:at] + string(stored[at]^0x55) + stored[at+1:])
	}
}
