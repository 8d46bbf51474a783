package eval

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadLabels(t *testing.T) {
	want := []Label{{"a", "b", true, 2}, {"b", "c", false, 3}, {"c,x", "a", true, 4}}
	for _, text := range []string{
		"id_a,id_b,same\na,b,yes\nb,c,no\n\"c,x\",a,1\n",
		"\ufeffid_a,id_b,same\r\na,b,TRUE\r\nb,c,0\r\n\"c,x\",a,True",
		"note,same,id_b,id_a\n?,Yes,b,a\n,false,c,b\n!,true,a,\"c,x\"\n",
	} {
		got, err := ReadLabels(strings.NewReader(text), "p.csv")
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestReadLabelsErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "p.csv:1: no labels, want a first line of id_a,id_b,same"},
		{"id_a,id_b\n", `p.csv:1: columns are ["id_a" "id_b"], want id_a, id_b and same`},
		{"id_a,id_b,same\na,b,maybe\n", `p.csv:2: same is "maybe", want yes or no, 1 or 0, true or false`},
		{"id_a,id_b,same\na,b, yes\n", `p.csv:2: same is " yes", want yes or no, 1 or 0, true or false`},
		{"id_a,id_b,same\na,b,\n", `p.csv:2: same is "", want yes or no, 1 or 0, true or false`},
		{"id_a,id_b,same\na,b,1\n\n,b,1\n", "p.csv:4: an id is empty"},
		{"id_a,id_b,same\na,a,1\n", `p.csv:2: id_a and id_b are both "a"`},
		{"id_a,id_b,same\na,b,1\nb,a,1\n", `p.csv:3: the pair "b", "a" is already on line 2`},
		{"id_a,id_b,same\na,b\n", "p.csv:2: column 1: wrong number of fields"},
		{"id_a,id_b,same\na,\"b,1\n", `p.csv:2: column 8: extraneous or missing " in quoted-field`},
	} {
		_, err := ReadLabels(strings.NewReader(c.text), "p.csv")
		if err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
	}
	broken := errors.New("disk on fire")
	if _, err := ReadLabels(iotest.ErrReader(broken), "p.csv"); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func FuzzReadLabels(f *testing.F) {
	f.Add([]byte("id_a,id_b,same\na,b,1\n"))
	f.Add([]byte("\ufeffsame,id_a,id_b\nNO,\"x\n\",y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		labels, err := ReadLabels(strings.NewReader(string(data)), "p.csv")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "p.csv:") {
				t.Fatalf("%v does not name its place", err)
			}
			return
		}
		seen := map[[2]string]bool{}
		for _, l := range labels {
			key := [2]string{min(l.A, l.B), max(l.A, l.B)}
			if l.A == "" || l.B == "" || l.A == l.B || seen[key] || l.Line < 2 {
				t.Fatalf("label %+v", l)
			}
			seen[key] = true
		}
	})
}
