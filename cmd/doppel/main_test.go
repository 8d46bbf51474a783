package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/seeds"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"doppel": main})
}

// TestScripts runs the command as its users do; see testdata/script. Each
// script finds the seed articles in $WORK/seeds, Parquet files that pyarrow wrote in
// $WORK/parquet and web archives that warcio wrote in $WORK/warcio.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: os.Getenv("DOPPEL_UPDATE") == "1",
		Setup: func(env *testscript.Env) error {
			tests := filepath.Join("..", "..", "pipeline", "corpus")
			return errors.Join(
				os.CopyFS(filepath.Join(env.WorkDir, "seeds"), seeds.FS),
				os.CopyFS(filepath.Join(env.WorkDir, "parquet"), os.DirFS(filepath.Join(tests, "parquet", "testdata"))),
				os.CopyFS(filepath.Join(env.WorkDir, "warcio"), os.DirFS(filepath.Join(tests, "warc", "testdata", "warcio"))),
			)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command and checks its exit code: exits CODE COMMAND ARG...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("%v", err)
	}
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// newsFile writes a JSONL file of n records, every third a copy of the first.
func newsFile(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		text := "this is the text that many records share word for word"
		if i%3 != 0 {
			text = strings.Repeat(strconv.Itoa(i)+" stands alone ", 20)
		}
		b.WriteString(`{"id":"r` + strconv.Itoa(i) + `","text":"` + text + `"}` + "\n")
	}
	path := filepath.Join(t.TempDir(), "news.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestInterruptedWritesNothing: exit code 130 and neither a report nor a
// pruned corpus, whole or half.
func TestInterruptedWritesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{
		{"cluster", newsFile(t, 50), "-o", filepath.Join(dir, "report.jsonl")},
		{"prune", newsFile(t, 50), "-o", filepath.Join(dir, "pruned")},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(ctx, args, nil, &stdout, &stderr); code != exitInterrupted {
			t.Errorf("%s: exit code %d, want %d\n%s", args[0], code, exitInterrupted, &stderr)
		}
		if stdout.Len() > 0 || !strings.Contains(stderr.String(), "interrupted") {
			t.Errorf("%s: stdout %q, stderr %q", args[0], &stdout, &stderr)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// TestSIGINT sends the real signal to a real process in the middle of its work:
// exit code 130, and no file.
func TestSIGINT(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, args := range [][]string{
		{"doppel", "cluster", "-", "-o", "report.jsonl"},
		{"doppel", "prune", "-", "-o", "pruned"},
		{"doppel", "query", "-", newsFile(t, 10)},
	} {
		// TestMain makes the test binary the command when it is called doppel.
		cmd := &exec.Cmd{Path: exe, Args: args, Dir: dir}
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// More than the pipe holds: when it is written, the command reads. It
		// then waits for more, which never comes.
		record := []byte(`{"text":"` + strings.Repeat("a word ", 1000) + "\"}\n")
		for range 200 {
			if _, err := stdin.Write(record); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, &stderr)
			}
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
			t.Errorf("%v: %v, want exit code %d\n%s", args, err, exitInterrupted, &stderr)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// TestClosedPipeIsQuiet: a reader such as head that has seen enough is no error.
func TestClosedPipeIsQuiet(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"cluster", "-q", "--singletons", newsFile(t, 3000)}, nil, w, &stderr); code != exitDone || stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q, want 0 and silence", code, &stderr)
	}
}

// TestEveryVerbHasHelpWithAnExample and no flag without a word about it.
func TestEveryVerbHasHelpWithAnExample(t *testing.T) {
	verbs := 0
	for _, cmd := range newRoot(&app{}).Commands() {
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		verbs++
		if cmd.Short == "" || !strings.Contains(cmd.Example, "doppel "+cmd.Name()) {
			t.Errorf("%s: short %q, example %q", cmd.Name(), cmd.Short, cmd.Example)
		}
	}
	if verbs < 9 {
		t.Errorf("%d verbs, want 9 at least", verbs)
	}
}

// TestREADMEShowsRealOutput runs the README's first command.
// TestHelpNamesEveryKindOfValue: what help texts say of flags by name is of flags that are
// there, and no value is of the kind "string".
func TestHelpNamesEveryKindOfValue(t *testing.T) {
	root := newRoot(&app{})
	known := map[string]bool{}
	for _, cmd := range append(root.Commands(), root) {
		for _, fs := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
			fs.VisitAll(func(f *pflag.Flag) {
				known[f.Name] = true
				if kind := f.Value.Type(); strings.HasPrefix(kind, "string") && placeholders()[f.Name] == "" {
					t.Errorf("%s --%s: help has no name for its value", cmd.Name(), f.Name)
				}
			})
		}
	}
	for name := range placeholders() {
		if !known[name] {
			t.Errorf("help has a name for the value of --%s, which no verb has", name)
		}
	}
	for _, g := range flagGroups() {
		for _, name := range g.flags {
			if !known[name] {
				t.Errorf("help groups --%s, which no verb has", name)
			}
		}
	}
}

func TestREADMEShowsRealOutput(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const command = "$ go run ./cmd/doppel "
	_, line, found := strings.Cut(string(readme), command)
	line, _, _ = strings.Cut(line, "\n")
	if !found {
		t.Fatalf("README.md has no line %q", command)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), strings.Fields(line), nil, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	if !strings.Contains(string(readme), "```\n"+stdout.String()+"```") {
		t.Errorf("README.md does not show what the command prints:\n%s", &stdout)
	}
}

// TestDocsNameRealFlags looks up every --flag in the documents.
func TestDocsNameRealFlags(t *testing.T) {
	known := map[string]bool{"--help": true, "--version": true}
	root := newRoot(&app{})
	all := append(root.Commands(), root)
	for _, cmd := range root.Commands() {
		all = append(all, cmd.Commands()...)
	}
	for _, cmd := range all {
		for line := range strings.Lines(cmd.LocalFlags().FlagUsages() + cmd.InheritedFlags().FlagUsages()) {
			for _, f := range strings.Fields(line) {
				if strings.HasPrefix(f, "--") {
					known[f] = true
				}
			}
		}
	}
	docs := []string{"../../README.md"}
	err := filepath.WalkDir("../../docs", func(path string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			docs = append(docs, path)
		}
		return err
	})
	if err != nil || len(docs) < 4 {
		t.Fatalf("found %v, %v, want the README and at least three pages", docs, err)
	}
	for _, path := range docs {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			if !strings.Contains(line, "doppel ") {
				continue
			}
			for _, f := range strings.Fields(strings.NewReplacer("`", " ", ",", " ", ")", " ", "=", " ", ".", " ").Replace(line)) {
				if strings.HasPrefix(f, "--") && len(f) > 2 && !known[f] {
					t.Errorf("%s speaks of %s, which no command has: %s", path, f, line)
				}
			}
		}
	}
}
