package pipeline_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/shingle"
)

// TestFingerprintCoversEveryField changes each field of Identity in turn,
// nested ones too: a field that does not reach the fingerprint would let two
// different results pass for the same.
func TestFingerprintCoversEveryField(t *testing.T) {
	t.Parallel()
	var id pipeline.Identity
	base := id.Fingerprint()
	seen := map[string]string{base: "the zero identity"}
	fields := 0
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		features := v.Type() == reflect.TypeFor[idf.Features]()
		if v.Kind() == reflect.Struct && !features {
			for i := range v.NumField() {
				walk(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
			return
		}
		fields++
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		switch v.Kind() {
		case reflect.Struct:
			v.Set(reflect.ValueOf(pipeline.Story.Identity().Features))
		case reflect.String:
			v.SetString("x")
		case reflect.Int, reflect.Int64:
			v.SetInt(1)
		case reflect.Uint8:
			v.SetUint(1)
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Float64:
			v.SetFloat(0.5)
		default:
			t.Fatalf("%s has kind %s, which this test does not know", path, v.Kind())
		}
		print := id.Fingerprint()
		if other, taken := seen[print]; taken {
			t.Errorf("changing %s gives the fingerprint of %s", path, other)
		}
		seen[print] = path
		v.Set(old)
	}
	walk(reflect.ValueOf(&id).Elem(), "Identity")
	if fields < 15 || id.Fingerprint() != base {
		t.Errorf("walked %d fields, want at least 15 and the identity back as it was", fields)
	}
}

func TestValidateReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	o := pipeline.Options{Threads: -1, Memory: 1, Preset: "nearly", Identity: pipeline.Identity{
		Threshold: 1.5, Recall: 1, MaxHashes: 5000, Bands: 3, MaxBucket: 1, Keep: "prettiest", Shingle: shingle.Spec{Unit: shingle.Word, N: 500},
	}}
	err := o.Defaults().Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"no input", `preset "nearly"`, "threshold 1.5", "recall 1 ", "max hashes 5000", "bands 3 and rows 0",
		"max bucket 1", "threads -1", "memory 1 ", "prettiest", "500",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not speak of %q:\n%v", want, err)
		}
	}
}

func TestDefaultsAreTheNearPreset(t *testing.T) {
	t.Parallel()
	o := pipeline.Options{Inputs: []string{"x"}}
	plan, err := o.Plan(pipeline.Stats{})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Params.Bands != 16 || plan.Params.Rows != 6 || plan.Recall < 0.99 || plan.Identity.Shingle.String() != "word:5" || plan.Identity.Threshold != 0.8 {
		t.Errorf("plan %+v, want word:5, 0.8, 16 bands x 6 rows", plan)
	}
}

// TestPresetsReachTheirRecall holds every preset to what it says.
func TestPresetsReachTheirRecall(t *testing.T) {
	t.Parallel()
	names := strings.Split(pipeline.PresetNames(), ", ")
	if len(names) != 6 {
		t.Fatalf("presets %v, want six", names)
	}
	for _, name := range names {
		preset, err := pipeline.ParsePreset(name)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pipeline.Options{Inputs: []string{"x"}, Preset: preset}.Plan(pipeline.Stats{Documents: 1000, Bytes: 2_000_000})
		if err != nil {
			t.Fatal(err)
		}
		if plan.Recall < plan.Identity.Recall {
			t.Errorf("%s: recall %v at the threshold, want %v", name, plan.Recall, plan.Identity.Recall)
		}
		if !strings.HasPrefix(plan.String(), "plan: ") {
			t.Errorf("%s: plan prints as %q", name, plan)
		}
	}
	if _, err := pipeline.ParsePreset("nearly"); err == nil {
		t.Error(`preset "nearly" was accepted`)
	}
}

// TestLowThresholdGetsTheHashesItNeeds: asking for a low threshold alone must
// not end in an error about signature lengths.
func TestLowThresholdGetsTheHashesItNeeds(t *testing.T) {
	t.Parallel()
	o := pipeline.Options{Inputs: []string{"x"}, Identity: pipeline.Identity{Threshold: 0.02}}
	plan, err := o.Plan(pipeline.Stats{})
	if err != nil || plan.Recall < 0.99 {
		t.Errorf("plan %+v, %v, want a recall of 0.99 at 0.02", plan, err)
	}
	o.Identity.MaxHashes = 64
	if _, err := o.Plan(pipeline.Stats{}); err == nil || !strings.Contains(err.Error(), "64") {
		t.Errorf("with 64 hashes asked for: %v, want an error that names the limit", err)
	}
}

func TestPlanWarns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id   pipeline.Identity
		code string
	}{
		{pipeline.Identity{Bands: 4, Rows: 16}, "recall"},
		{pipeline.Identity{Similarity: pipeline.Containment, Candidates: pipeline.MinHash}, "containment"},
		{pipeline.Identity{Threshold: 0.05}, "candidates"},
	} {
		plan, err := pipeline.Options{Inputs: []string{"x"}, Identity: c.id}.Plan(pipeline.Stats{Documents: 10_000_000})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, w := range plan.Warnings {
			found = found || w.Code == c.code && w.Message != ""
		}
		if !found {
			t.Errorf("%+v: warnings %v, want one of code %s", c.id, plan.Warnings, c.code)
		}
	}
}

// TestEffectiveOptionsCanBeReadBack: the options in a summary are an input.
func TestEffectiveOptionsCanBeReadBack(t *testing.T) {
	t.Parallel()
	for name := range strings.SplitSeq(pipeline.PresetNames(), ", ") {
		res := runDocs(t, pipeline.Options{Preset: pipeline.Preset(name), Identity: pipeline.Identity{Seed: 7, Keep: "newest:date"}}, planted(50, 1))
		s := res.Summary()
		var id pipeline.Identity
		if err := json.Unmarshal(s.Options, &id); err != nil {
			t.Fatal(err)
		}
		if id.Fingerprint() != s.Fingerprint || s.Settings.Preset != name {
			t.Errorf("%s: fingerprint %s read back as %s, preset %q", name, s.Fingerprint, id.Fingerprint(), s.Settings.Preset)
		}
	}
}

// TestContainmentStatesItsOwnRecall: the S-curve is over Jaccard, which for
// containment 0.8 of sets of equal size is 2/3.
func TestContainmentStatesItsOwnRecall(t *testing.T) {
	t.Parallel()
	plan, err := pipeline.Options{Inputs: []string{"x"}, Identity: pipeline.Identity{Similarity: pipeline.Containment}}.Plan(pipeline.Stats{})
	if err != nil {
		t.Fatal(err)
	}
	if want := plan.Params.CandidateProb(0.8 / (2 - 0.8)); math.Abs(plan.Recall-want) > 1e-9 || plan.Recall < 0.99 {
		t.Errorf("recall %v, want %v, and at least 0.99", plan.Recall, want)
	}
}
