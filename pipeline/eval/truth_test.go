package eval

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
)

func readTruth(t *testing.T, text string) *Truth {
	t.Helper()
	truth, err := ReadTruth(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return truth
}

func TestReadTruth(t *testing.T) {
	for _, text := range []string{
		"id,cluster\na,1\nb,2\n\"c,\"\"x\",1\n",
		"\ufeffid,cluster\r\na,1\r\nb,2\r\n\"c,\"\"x\",1",
		"note,cluster,id\n?,1,a\n,2,b\n\n!,1,\"c,\"\"x\"\n",
	} {
		truth := readTruth(t, text)
		var got []string
		for key, cluster := range truth.All {
			got = append(got, key+"="+cluster)
		}
		if s := fmt.Sprint(got); s != `[a=1 b=2 c,"x=1]` || truth.Len() != 3 {
			t.Errorf("%q: got %s", text, s)
		}
		for range truth.All { // an early end must not panic
			break
		}
	}
}

func TestReadTruthErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "eval: truth is empty, want a first line of id,cluster"},
		{"id", `eval: truth line 1: columns are ["id"], want id and cluster`},
		{"a,1\nb,2\n", `eval: truth line 1: columns are ["a" "1"], want id and cluster`},
		{"id,cluster\na,1\n,2\n", "eval: truth line 3: id is empty"},
		{"id,cluster\na,\n", `eval: truth line 2: cluster of "a" is empty`},
		{"id,cluster\na,1\n\nb,1\na,1\n", `eval: truth line 5: id "a" is already on line 2`},
		{"id,cluster\na,1,2\n", "eval: truth: record on line 2: wrong number of fields"},
		{"id,cluster\n\"a,1\n", `eval: truth: parse error on line 2, column 6: extraneous or missing " in quoted-field`},
	} {
		_, err := ReadTruth(strings.NewReader(c.text))
		if err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
	}
	broken := errors.New("disk on fire")
	if _, err := ReadTruth(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func FuzzReadTruth(f *testing.F) {
	f.Add([]byte("id,cluster\na,1\n"))
	f.Add([]byte("\ufeffcluster,id\n\"x\n\",1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		truth, err := ReadTruth(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for key, cluster := range truth.All {
			if key == "" || cluster == "" || seen[key] {
				t.Fatalf("document %q in cluster %q", key, cluster)
			}
			seen[key] = true
		}
		if len(seen) != truth.Len() {
			t.Fatalf("%d documents, Len is %d", len(seen), truth.Len())
		}
	})
}
