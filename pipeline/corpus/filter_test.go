package corpus

import (
	"reflect"
	"strings"
	"testing"
)

func TestTextFields(t *testing.T) {
	t.Parallel()
	data := `{"id":"a","title":"T","body":"B"}
{"id":"b","body":"B","title":"T","m":{"n":"N"}}
{"id":"c","title":"","body":"B\n"}
{"id":"d","title":null,"body":"é"}
{"id":"e","body":""}
{"id":"f","title":5,"body":"B"}
{"id":"g","x":1}
{"id":"h","title":null}
`
	got := one(t, "x.jsonl", data, Options{TextField: "title,body,m.n"})
	var texts []string
	for _, d := range got.Docs {
		texts = append(texts, d.Key+"="+d.Text)
	}
	if want := []string{"a=T\n\nB", "b=T\n\nB\n\nN", "c=B\n", "d=é", "e="}; !reflect.DeepEqual(texts, want) {
		t.Errorf("texts %q, want %q", texts, want)
	}
	missing := `fields "title", "body", "m.n" are missing`
	want := []bad{{"x.jsonl", 6, 174, "f", `field "title" is a number, want a string`}, {"x.jsonl", 7, 206, "g", missing}, {"x.jsonl", 8, 223, "h", missing}}
	if !reflect.DeepEqual(got.Errs, want) {
		t.Errorf("errors %+v, want %+v", got.Errs, want)
	}
	if _, err := Open([]string{"x"}, Options{TextField: "a,,b"}); err == nil || !strings.Contains(err.Error(), "empty name") {
		t.Errorf("error %v", err)
	}
}

func TestWhere(t *testing.T) {
	t.Parallel()
	record := `{"id":"k","text":"x","lang":"en","n":7,"s":"12.5","yes":true,"none":null,"list":[1],"m":{"n":"deep"},"empty":""}`
	for condition, want := range map[string]bool{
		"lang": true, "none": false, "missing": false, "list": true, "yes": true, "empty": true,
		"lang=en": true, "lang=de": false, "n=7": true, "n=7.0": false, "yes=true": true, "none=": false, "none=null": false, "empty=": true, "m.n=deep": true, "list=[1]": false, "missing=x": false,
		"lang!=en": false, "lang!=de": true, "missing!=x": true, "none!=x": true, "list!=x": true, "yes!=true": false,
		"n>=7": true, "n>7": false, "n<=7": true, "n<7": false, "s>12": true, "s<1e2": true, "lang>0": false, "missing<1": false, "yes>=0": false, "n>=-0.5": true,
		"lang=en\nn<8": true, "lang=en\nn>8": false, "id=k": true, "text=x": true,
	} {
		o := Options{Where: condition}
		for _, data := range []string{record, strings.Replace(record, `"n"`, `"\u006e"`, 1)} { // read in one pass, and not
			if got := one(t, "x.jsonl", data+"\n", o); (len(got.Docs) == 1) != want || (got.Filtered == 1) == want || len(got.Errs) > 0 {
				t.Errorf("%q: %+v, want %v", condition, got, want)
			}
		}
		if spelt, err := ParseCondition(strings.Split(condition, "\n")[0]); err != nil || spelt != strings.Split(condition, "\n")[0] {
			t.Errorf("%q is spelt %q, %v", condition, spelt, err)
		}
	}
	for _, bad := range []string{"=x", "!x", "a!b", "n>=x", "n<", "n>nan", "a\nb", "", ">"} {
		if _, err := ParseCondition(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestWhereComesFirst: what is bad about a record that takes no part does not matter,
// unless it cannot be read at all. Files without fields take part if nothing is asked
// of them.
func TestWhereComesFirst(t *testing.T) {
	t.Parallel()
	files := tree{"a.jsonl": `{"lang":"de"}` + "\n" + `{"lang":"en"}` + "\n{\n" + `{"lang":"en","text":"x"}` + "\n", "b.txt": "a text", "c.csv": "lang,text\nde,z\nen,y\n"}
	got := readAll(t, mustOpen(t, []string{"."}, Options{FS: files.fs(), Where: "lang=en"}))
	if len(got.Docs) != 2 || got.Docs[1].Key != "c.csv:3" || got.Filtered != 3 || len(got.Errs) != 2 || got.Errs[0].Line != 2 || got.Errs[1].Line != 3 {
		t.Errorf("%+v", got)
	}
	if got := readAll(t, mustOpen(t, []string{"."}, Options{FS: files.fs(), Where: "lang!=en"})); len(got.Docs) != 2 || got.Docs[0].Key != "b.txt" {
		t.Errorf("%+v", got)
	}
}
