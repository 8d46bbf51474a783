package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/pflag"
)

// hostileText acts on terminals, pages and Markdown that take it as it is.
const hostileText = "\x1b]0;pwned\x07\x1b[2J\u009b31m\u202e\u2066<script>alert(1)</script><img src=x onerror=alert(2)>[x](javascript:alert(3))\x7f\r\b"

// hostileCorpus writes a folder with hostile names, ids, texts, fields and errors, and
// returns it with two ids of near-duplicates in it.
func hostileCorpus(t *testing.T) (dir, a, b string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "in")
	a, b = hostileText+"a", hostileText+"b"
	line := func(id, text string) string {
		b, err := json.Marshal(map[string]string{"id": id, "text": text, "source": hostileText, "date": hostileText, "title": hostileText})
		if err != nil {
			t.Fatal(err)
		}
		return string(b) + "\n"
	}
	text := hostileText + " opens a text of enough words that two of them are alike although the last word of one is another: "
	name := strings.ReplaceAll(hostileText, "/", "-") + ".jsonl"
	writeTree(t, dir, map[string]string{
		name:                       line(a, text+"one") + line(b, text+"two") + line(a, "an id that is taken") + hostileText + "\n",
		"two.jsonl":                line("c", strings.Repeat("some other words without any harm in them ", 4)),
		hostileText[:20] + ".warc": "WARC/1.0\r\n" + hostileText + ": x\r\n\r\n",
	})
	return dir, a, b
}

// isHarmless reports whether a terminal shows text as it stands.
func isHarmless(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Bidi_Control)
	})
}

// TestNothingActsOnTheTerminal: what verbs say about a hostile corpus, and about
// hostile arguments, holds no control character. With --json, messages are the same.
func TestNothingActsOnTheTerminal(t *testing.T) {
	in, a, b := hostileCorpus(t)
	dir := t.TempDir()
	t.Chdir(dir) // for the quarantine of verbs that are not told where it goes
	saved := filepath.Join(dir, "run")
	truth := filepath.Join(dir, "truth.csv")
	var rows bytes.Buffer
	if err := csv.NewWriter(&rows).WriteAll([][]string{{"id", "cluster"}, {a, "1"}, {b, "1"}, {hostileText, "2"}}); err != nil {
		t.Fatal(err)
	}
	items, err := os.ReadFile(filepath.Join(in, "two.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	writeTree(t, dir, map[string]string{"truth.csv": rows.String(), "items.jsonl": string(items), "bad.yaml": "\"pwned\\e[2J\": 1\n"})
	done := 0
	for i, args := range [][]string{
		{"plan", in},
		{"plan", in, "--keep", "max:" + hostileText},
		{"cluster", in, "--singletons", "--quarantine", filepath.Join(dir, "q.jsonl"), "--save", saved},
		{"cluster", in, "--quarantine", filepath.Join(dir, "q.jsonl"), "--keep", "max:" + hostileText, "--source-field", "source"},
		{"cluster", in, "--quarantine", filepath.Join(dir, "q.jsonl"), "--max-removed", "1%"},
		{"cluster", in, "--quarantine", filepath.Join(dir, "q.jsonl"), "--date-field", "date", "--window", "7d"},
		{"cluster", in, "--on-error", "stop"},
		{"cluster", in, "--text-field", hostileText},
		{"rethreshold", saved, "0.9", "--keep", "max:" + hostileText},
		{"prune", in, "--dry-run"},
		{"prune", in, "-o", filepath.Join(dir, "out")},
		{"trim", filepath.Join(in, "*.jsonl"), "--dedup", "line", "--dedup-min-chars", "3", "--dry-run"},
		{"explain", a, b, in},
		{"explain", a, hostileText, in},
		{"query", "--text", hostileText + " opens a text of enough words that two of them are alike", in, "--threshold", "0.1"},
		{"tune", in},
		{"eval", "--truth", truth, in},
		{"eval", "--oracle", in},
		{"cluster", hostileText},
		{"cluster", in, "-o", filepath.Join(dir, hostileText, "r.csv")},
		{"cluster", in, "--preset", hostileText},
		{"cluster", in, "--keep", hostileText},
		{"cluster", in, "--" + hostileText},
		{"cluster", in, "--config", filepath.Join(dir, "bad.yaml")},
		{hostileText},
		{"rethreshold", hostileText, "0.5"},
		{"config", "show", hostileText},
		{"run", in, "-o", filepath.Join(dir, "folder")},
		{"resume", hostileText},
		{"verify", hostileText},
		{"status", hostileText},
		{"decontaminate", in, "--against", filepath.Join(dir, "items.jsonl"), "-o", filepath.Join(dir, "clean")},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, nil, &stdout, &stderr)
		if code == exitDone || code == exitQuarantined {
			done++
		}
		if stdout.Len()+stderr.Len() == 0 || !isHarmless(stdout.String()) || !isHarmless(stderr.String()) {
			t.Errorf("%d, %q: exit code %d, says\n%q\n%q", i, args, code, &stdout, &stderr)
		}
		if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
			t.Fatal(err)
		}
		if args[0] == "cluster" && code == exitQuarantined && len(args) > 5 && args[5] == "--save" {
			continue // the folder is there now
		}
		stdout.Reset()
		stderr.Reset()
		run(t.Context(), append(args, "--json"), nil, &stdout, &stderr)
		for line := range strings.Lines(stderr.String()) {
			if !json.Valid([]byte(line)) || !isHarmless(line) {
				t.Errorf("%d, %q --json says %q", i, args, line)
			}
		}
	}
	if done < 16 {
		t.Errorf("%d command lines do their work, want 16", done)
	}
}

// TestPageOfAHostileCorpus: the page has no tag, attribute or address from the corpus.
func TestPageOfAHostileCorpus(t *testing.T) {
	in, _, _ := hostileCorpus(t)
	path := filepath.Join(t.TempDir(), "page.html")
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"cluster", "-q", in, "--page", path, "--quarantine", path + ".jsonl"}, nil, &stdout, &stderr); code != exitQuarantined {
		t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	if !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the hostile text is not shown at all")
	}
	for _, bad := range []string{"<script>alert", "<img src=x", `href="javascript`, "\x1b", "\u009b", "\u202e", "\u2066"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// TestCSVHoldsIDsAsTheyAre: a cell that a spreadsheet would take for a formula is not
// changed, since ids are keys (docs/formats.md says what to do about it), and no
// id can make a second cell or row.
func TestCSVHoldsIDsAsTheyAre(t *testing.T) {
	ids := []string{`=HYPERLINK("http://x","y")`, "+1+1", "-2+3", "@SUM(A1)", "\t=1", "a,b", "a\"b\nc", hostileText}
	var lines strings.Builder
	for _, id := range ids {
		b, err := json.Marshal(map[string]string{"id": id, "text": "one text for all of them"})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(b, '\n'))
	}
	dir := t.TempDir()
	writeTree(t, dir, map[string]string{"x.jsonl": lines.String()})
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"cluster", "-q", "--format", "csv", dir}, nil, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	rows, err := csv.NewReader(&stdout).ReadAll()
	if err != nil || len(rows) != 1+len(ids) {
		t.Fatalf("%d rows, %v, want %d", len(rows), err, 1+len(ids))
	}
	for _, row := range rows[1:] {
		if !slices.Contains(ids, row[1]) {
			t.Errorf("id %q, want one of %q", row[1], ids)
		}
	}
}

// TestSeedRandom: the seed is another one each time, is told, and repeats the run.
func TestSeedRandom(t *testing.T) {
	path := newsFile(t, 60)
	report := func(seed string) (string, string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"cluster", "--seed", seed, "--format", "jsonl", path}, nil, &stdout, &stderr); code != exitDone {
			t.Fatalf("exit code %d\n%s", code, &stderr)
		}
		_, rest, _ := strings.Cut(stderr.String(), "seed ")
		told, _, ok := strings.Cut(rest, ")")
		if !ok || !strings.Contains(stdout.String(), `"seed":`+told) {
			t.Fatalf("the seed %q is not in the plan and the report\n%s", told, &stderr)
		}
		return told, stdout.String()
	}
	if told, _ := report("0"); told != "0" {
		t.Errorf("the seed 0 is told as %s", told)
	}
	seed, first := report("random")
	if other, _ := report("random"); other == seed || seed == "0" {
		t.Errorf("the random seeds are %s and %s", seed, other)
	}
	if _, again := report(seed); again != first {
		t.Error("the run with the seed that was told is another one")
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"cluster", "--seed", "dice", path}, nil, &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), "not random") {
		t.Errorf("exit code %d\n%s", code, &stderr)
	}
}

// TestSeedOfARunThatGoesOn: the request of a run holds the number, wherever "random" came
// from.
func TestSeedOfARunThatGoesOn(t *testing.T) {
	for _, c := range [][2]string{
		{"run in -o out --seed random", "run in -o out --seed 77"},
		{"run --seed=random in -o out", "run --seed=77 in -o out"},
		{"run in -o out", "run in -o out --seed=77"},
		{"run -o out -- random", "run -o out --seed=77 -- random"},
	} {
		var seed int64
		fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
		addSeed(fs, &seed)
		if err := fs.Set("seed", "random"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(settleSeed(strings.Fields(c[0]), fs, 77), " "); got != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
	dir := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	args := []string{"run", newsFile(t, 40), "-o", dir, "--seed", "random", "--max-removed", "1%"}
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitGuarded {
		t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	request, err := os.ReadFile(filepath.Join(dir, ".doppel", "request.json"))
	if err != nil || strings.Contains(string(request), `"random"`) {
		t.Errorf("%v, the request is %s", err, request)
	}
	if code := run(t.Context(), []string{"resume", dir}, nil, &stdout, &stderr); code != exitGuarded {
		t.Errorf("taken up: exit code %d, want %d, for the guard is as it was\n%s", code, exitGuarded, &stderr)
	}
}
