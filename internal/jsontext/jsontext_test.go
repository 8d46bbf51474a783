package jsontext

import (
	"bytes"
	"encoding/json"
	"testing"
)

// encoded is what encoding/json makes of s.
func encoded(t testing.TB, s string) string {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

// FuzzAppendString: as encoding/json, behind what was there.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c", "\x00\x1f\x7f\t\r\n\b\f", "<a href='x'>&amp;", "caf\u00e9 \u4f60\u597d \U0001f600",
		"\u2028", "x\u2029", "\xff", "a\xe2\x80", "\ufffd", "\xed\xa0\x80", "\u0080\u00a0\ufeff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(AppendString([]byte("x"), s)), "x"+encoded(t, s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	})
}

// TestStringsAreAsEncodingJSON puts each byte, and characters around those that are
// escaped, at each place of strings of some words of eight bytes.
func TestStringsAreAsEncodingJSON(t *testing.T) {
	t.Parallel()
	var odd []string
	for c := range 256 {
		odd = append(odd, string([]byte{byte(c)}))
	}
	for _, r := range "\u2027\u2028\u2029\u202a\u2068\u2099\ufffd\U0010ffff" {
		odd = append(odd, string(r), string(r)+string(r), string(r)[:2])
	}
	for _, odd := range odd {
		for size := range 19 {
			for at := range size + 1 {
				s := "abcdefghijklmnopqrst"[:at] + odd + "ABCDEFGHIJKLMNOPQRST"[:size-at]
				if got, want := string(AppendString(nil, s)), encoded(t, s); got != want {
					t.Fatalf("%q is written %s, want %s", s, got, want)
				}
			}
		}
	}
}
