package idf

import (
	"encoding/json"
	"testing"
)

func TestParseFeatures(t *testing.T) {
	for s, want := range map[string][]Section{
		"word:1":         {{Words, 0}},
		"word:1-2":       {{WordsAndPairs, 0}},
		"skip:1":         {{SkipPairs, 1}},
		"skip:64":        {{SkipPairs, 64}},
		"word:1*skip:20": {{Words, 0}, {SkipPairs, 20}},
		"skip:5*word:1-2*word:1*skip:20": {{SkipPairs, 5}, {WordsAndPairs, 0},
			{Words, 0}, {SkipPairs, 20}},
	} {
		var fixed [MaxSections]Section
		copy(fixed[:], want)
		f, err := ParseFeatures(s)
		if err != nil || f != (Features{fixed}) || f.String() != s || f.Validate() != nil {
			t.Errorf("ParseFeatures(%q) = %v, %v, %v", s, f, err, f.Validate())
		}
	}
	for s, want := range map[string]string{
		"":                `idf: features "": section "" is none of word:1, word:1-2 and skip:N`,
		"word:2":          `idf: features "word:2": section "word:2" is none of word:1, word:1-2 and skip:N`,
		"word:1*":         `idf: features "word:1*": section "" is none of word:1, word:1-2 and skip:N`,
		"word:1 * skip:2": `idf: features "word:1 * skip:2": section "word:1 " is none of word:1, word:1-2 and skip:N`,
		"skip:":           `idf: features "skip:": section "skip:": "" is not a number`,
		"skip:+5":         `idf: features "skip:+5": section "skip:+5": "+5" is not a number`,
		"skip:0":          `idf: features "skip:0": window is 0, must be 1 to 64`,
		"skip:65":         `idf: features "skip:65": window is 65, must be 1 to 64`,
		"word:1*word:1":   `idf: features "word:1*word:1": section word:1 is there twice`,
		"word:1*skip:1*skip:2*skip:3*skip:4": `idf: features "word:1*skip:1*skip:2*skip:3*skip:4": ` +
			`more than 4 sections`,
	} {
		if _, err := ParseFeatures(s); err == nil || err.Error() != want {
			t.Errorf("ParseFeatures(%q): error %v, want %s", s, err, want)
		}
	}
	if err := (Features{}).Validate(); err == nil || err.Error() != `idf: features "" have no section` {
		t.Errorf("zero Features: error %v", err)
	}
}

func TestFeaturesAndKindsAsJSON(t *testing.T) {
	type options struct {
		Features Features
		Weights  Kind
	}
	const text = `{"Features":"word:1*skip:20","Weights":"corpus"}`
	var o options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(o); err != nil || string(got) != text {
		t.Errorf("Marshal = %s, %v, want %s", got, err, text)
	}
	was := o
	for _, bad := range []string{`{"Features":"skip:0"}`, `{"Weights":"none"}`} {
		if err := json.Unmarshal([]byte(bad), &o); err == nil || o != was {
			t.Errorf("after Unmarshal of %s: %v, %v, want %v and an error", bad, o, err, was)
		}
	}
}

func TestKinds(t *testing.T) {
	for k, name := range map[Kind]string{Auto: "auto", Background: "background", Corpus: "corpus"} {
		if got, err := ParseKind(name); got != k || err != nil || k.String() != name || k.Validate() != nil {
			t.Errorf("ParseKind(%q) = %v, %v; name %q", name, got, err, k)
		}
	}
	const want = `idf: weights "kind(9)" are none of auto, background and corpus`
	if err := Kind(9).Validate(); err == nil || err.Error() != want {
		t.Errorf("Kind(9): error %v, want %s", err, want)
	}
}

func FuzzParseFeatures(f *testing.F) {
	f.Add("word:1*skip:20")
	f.Add("word:1-2*skip:64*skip:1")
	f.Fuzz(func(t *testing.T, s string) {
		features, err := ParseFeatures(s)
		if err == nil && (features.String() != s || features.Validate() != nil) {
			t.Errorf("ParseFeatures(%q) = %q, %v", s, features, features.Validate())
		}
	})
}
