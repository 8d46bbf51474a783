package corpus

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzAppendJSONString: encoding/json reads back what was written, and so does the
// jsonReader; what is no UTF-8 is not hidden.
func FuzzAppendJSONString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\tb\r\nc", "\"\\/\"", "\x00\x1f\x7f", "é\u2028😀", "\xff", "<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted := AppendJSONString([]byte("x"), s)[1:]
		if got := string(AppendJSONString(nil, []byte(s))); got != string(quoted) {
			t.Fatalf("%q is %s as a string and %s as bytes", s, quoted, got)
		}
		if got := string(appendUnquoted(nil, quoted)); got != s {
			t.Fatalf("%q is written as %s, which is read as %q", s, quoted, got)
		}
		if utf8.Valid(quoted) != utf8.ValidString(s) {
			t.Fatalf("%q is written as %q", s, quoted)
		}
		var got string
		if err := json.Unmarshal(quoted, &got); err != nil || utf8.ValidString(s) && got != s {
			t.Fatalf("%q is written as %s, which is read as %q, %v", s, quoted, got, err)
		}
	})
}
