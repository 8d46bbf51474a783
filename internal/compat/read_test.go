package compat

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// clusterLines are the members of the clusters in a report, one a line.
func clusterLines(t *testing.T, report string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(report) {
		var c struct {
			Cluster string `json:"cluster"`
			Members []struct {
				ID         string  `json:"id"`
				CoveredBy  string  `json:"covered_by"`
				Similarity float64 `json:"similarity"`
				File       string  `json:"file"`
				Line       int64   `json:"line"`
			} `json:"members"`
		}
		decode(t, line, &c)
		for _, m := range c.Members {
			fmt.Fprintf(&b, "%s %s %s %v %s:%d\n", c.Cluster, m.ID, m.CoveredBy, m.Similarity, m.File, m.Line)
		}
	}
	return b.String()
}

func decode(t *testing.T, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
}

// TestSavedRuns: "doppel rethreshold" gives what it gave when they were saved.
func TestSavedRuns(t *testing.T) {
	d := command(t)
	for _, fixture := range fixtures(t, savedKind) {
		report := d.must(t, "rethreshold", fixture, "0.85", "--keep", "oldest", "--clustering", "components", "--format", "jsonl", "-q")
		want(t, fixture, clusterLines(t, report))
	}
}

// said keeps of what verbs say what no later version may change.
type said struct{ strings.Builder }

func (s *said) section(name, content string) {
	fmt.Fprintf(s, "== %s\n%s\n", name, strings.TrimSpace(content))
}

// TestFinishedRuns: status, verify, rethreshold, apply and running again.
func TestFinishedRuns(t *testing.T) {
	for _, fixture := range fixtures(t, finishedKind) {
		d, got := command(t), &said{}
		d.copyRun(t, fixture)
		var status struct {
			State    string
			Manifest struct{ Members json.RawMessage }
		}
		decode(t, d.must(t, "status", "run", "--json"), &status)
		got.section("status", status.State+" "+compact(t, status.Manifest.Members))
		var verified struct{ Members json.RawMessage }
		decode(t, d.must(t, "verify", "run", "--json"), &verified)
		got.section("verify", compact(t, verified.Members))
		got.section("rethreshold 0.9", clusterLines(t, d.must(t, "rethreshold", "run", "0.9", "--format", "jsonl", "-q")))
		d.must(t, "apply", "run", "-o", "applied", "-q")
		got.section("apply with decisions", applied(t, d, "applied"))
		d.must(t, "apply", "run", "--keep", "first", "--decisions", os.DevNull, "-o", "first", "-q")
		got.section("apply --keep first without", applied(t, d, "first"))
		code, _, stderr := d.run(t, arguments...)
		got.section("run again", fmt.Sprintf("exit code %d\n%s", code, aboutRuns(stderr)))
		code, _, stderr = d.run(t, "resume", "run")
		got.section("resume", fmt.Sprintf("exit code %d\n%s", code, aboutRuns(stderr)))
		want(t, fixture, got.String())
	}
}

// applied is what "doppel apply" removed, and the records that it kept by file.
func applied(t *testing.T, d doppel, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(d.dir, dir, "removed.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		var r struct {
			ID         string  `json:"id"`
			CoveredBy  string  `json:"covered_by"`
			Similarity float64 `json:"similarity"`
			Rule       string  `json:"rule"`
		}
		decode(t, line, &r)
		fmt.Fprintf(&out, "%s %s %v %s\n", r.ID, r.CoveredBy, r.Similarity, r.Rule)
	}
	return out.String()
}

func compact(t *testing.T, object json.RawMessage) string {
	t.Helper()
	var members map[string]int64
	decode(t, string(object), &members)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(members)) {
		fmt.Fprintf(&b, "%s %d, ", name, members[name])
	}
	return strings.TrimSuffix(b.String(), ", ")
}

// ofRun are the messages about taking a run up or refusing to.
var ofRun = regexp.MustCompile(`finished already|taken up|damaged|cannot go on|schema|other options`)

// thisProgram is what they say of the version of the program, which is a commit's in a
// clean clone.
var thisProgram = regexp.MustCompile(`this is doppel .*\)$`)

// aboutRuns keeps those.
func aboutRuns(stderr string) string {
	var kept []string
	for line := range strings.Lines(stderr) {
		if ofRun.MatchString(line) {
			kept = append(kept, thisProgram.ReplaceAllString(strings.TrimSpace(line), "this is doppel VERSION)"))
		}
	}
	return strings.Join(kept, "\n")
}

// TestStoppedRuns: status knows them, and resume takes them up and ends with the very
// folder of a run that nobody stopped, or refuses as want.txt says.
func TestStoppedRuns(t *testing.T) {
	for _, kind := range []string{stoppedKind, storyKind, boilerplateKind} {
		goOn(t, kind)
	}
}

func goOn(t *testing.T, kind string) {
	t.Helper()
	for _, fixture := range fixtures(t, kind) {
		d, got := command(t), &said{}
		run := d.copyRun(t, fixture)
		var status struct {
			State   string
			Request struct{ Args []string }
		}
		decode(t, d.must(t, "status", "run", "--json"), &status)
		got.section("status", status.State+" "+strings.Join(status.Request.Args, " "))
		code, _, stderr := d.run(t, "resume", "run")
		got.section("resume", fmt.Sprintf("exit code %d\n%s", code, aboutRuns(strings.ReplaceAll(stderr, d.dir, ""))))
		want(t, fixture, got.String())
		if code != 0 && code != 3 {
			continue
		}
		d.must(t, "verify", "run")
		fresh := command(t)
		fresh.must(t, slices.Concat(arguments, moreArguments[kind])...)
		sameFolders(t, run, filepath.Join(fresh.dir, "run"))
	}
}

// sameFolders compares two runs byte for byte, but for what differs between equal runs.
func sameFolders(t *testing.T, got, want string) {
	t.Helper()
	a, b := vfstest.Files(t, got), vfstest.Files(t, want)
	for _, name := range []string{runfolder.TimingsFile, runfolder.MetricsFile, runfolder.SuccessFile} {
		if a[name] == "" || b[name] == "" {
			t.Errorf("no %s", name)
		}
		delete(a, name)
		delete(b, name)
	}
	if len(a) < 10 {
		t.Errorf("only %d files", len(a))
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if a[name] != b[name] {
			t.Errorf("%s differs from that of an undisturbed run", name)
		}
		delete(a, name)
	}
	for name := range a {
		t.Errorf("%s is not in an undisturbed run", name)
	}
}
