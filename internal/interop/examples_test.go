package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

const (
	differentTexts = `{"id":"a","text":"Of the first thing, at some length, and of nothing else."}
{"id":"b","text":"Then there is a second one, about which others have written much."}
{"id":"c","text":"Number three was forgotten by everybody who had ever seen it."}
`
	badRecord = "{\"id\":\"d\"}\n"
)

// sameTexts are more copies than a guard of 60% lets go.
var sameTexts = strings.Repeat(`{"text":"One and the same text, again and again."}`+"\n", 10)

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// inProgress starts a run that has the folder until its standard input is closed.
func inProgress(t *testing.T, doppel, folder string) (in io.Closer, run *exec.Cmd) {
	t.Helper()
	run = exec.Command(doppel, "run", "-q", "-", "-o", folder)
	w, err := run.StdinPipe()
	if err == nil {
		err = run.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if run.ProcessState == nil {
			w.Close()
			run.Wait()
		}
	})
	// More than a pipe holds: once it is written, the command reads, and has the folder.
	if _, err := io.WriteString(w, manyTexts(12_000)); err != nil {
		t.Fatal(err)
	}
	return w, run
}

// TestCronExample runs examples/cron.sh with the program for each exit code it knows.
func TestCronExample(t *testing.T) {
	doppel := build(t)
	dir := t.TempDir()
	corpus, runs := filepath.Join(dir, "corpus"), filepath.Join(dir, "runs")
	file := filepath.Join(corpus, "a.jsonl")
	// cron runs it, with the output in the folder and settings by the environment, and
	// returns what it would mail.
	cron := func(name string, wantCode, wantExit int, settings ...string) string {
		t.Helper()
		out := filepath.Join(runs, name)
		before := lines(t, out+".log")
		cmd := exec.Command("../../examples/cron.sh")
		cmd.Env = append(os.Environ(), append(settings, "CORPUS="+corpus, "OUT="+out)...)
		mail, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if got := cmd.ProcessState.ExitCode(); got != wantExit {
			t.Errorf("%s: exit code %d, want %d\n%s", name, got, wantExit, mail)
		}
		checkLog(t, lines(t, out+".log")[len(before):], wantCode)
		return strings.ReplaceAll(string(mail), out, "OUT")
	}
	says := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
	writeFile(t, file, differentTexts)
	says(cron("done", 0, 0), "")
	first := lines(t, filepath.Join(runs, "done", "manifest.json"))
	says(cron("done", 0, 0), "")
	if again := lines(t, filepath.Join(runs, "done", "manifest.json")); strings.Join(again, "\n") != strings.Join(first, "\n") {
		t.Error("a second time did something")
	}
	says(cron("usage", 2, 1, "DOPPEL_THRESHOLD=7"), "doppel: exit code 2, see OUT.log\n")
	in, other := inProgress(t, doppel, filepath.Join(runs, "busy"))
	says(cron("busy", 6, 0), "doppel: another run is at work in OUT\n")
	if err := errors.Join(in.Close(), other.Wait()); err != nil {
		t.Error(err)
	}
	writeFile(t, file, differentTexts+badRecord)
	says(cron("bad", 3, 0), "doppel: bad records were left out, see OUT/quarantine.jsonl\n")
	if got := lines(t, filepath.Join(runs, "bad", "quarantine.jsonl")); len(got) != 1 {
		t.Errorf("quarantined: %q", got)
	}
	says(cron("too-bad", 4, 1, "DOPPEL_MAX_BAD=0"), "doppel: too many bad records, nothing was written, see OUT.log\n")
	says(cron("done", 7, 1), "doppel: inputs or settings changed, start in a new folder\n")
	writeFile(t, file, sameTexts)
	says(cron("guard", 5, 1), "doppel: a guard stopped the run, nothing was written, see OUT.log\n")
	writeFile(t, file, differentTexts)
	writeFile(t, filepath.Join(runs, "no-folder"), "")
	says(cron("no-folder", 1, 1), "doppel: exit code 1, see OUT.log\n")
}

// TestCronExampleGoesOn stops the program in the middle, kindly and not, and runs the
// example again.
func TestCronExampleGoesOn(t *testing.T) {
	build(t)
	for _, test := range []struct {
		signal syscall.Signal
		mail   string
	}{
		{syscall.SIGTERM, "doppel: interrupted, go on with: doppel resume OUT\n"},
		{syscall.SIGINT, "doppel: interrupted, go on with: doppel resume OUT\n"},
		{syscall.SIGKILL, "doppel: exit code 137, see OUT.log\n"},
	} {
		t.Run(test.signal.String(), func(t *testing.T) {
			dir := t.TempDir()
			out, corpus := filepath.Join(dir, "run"), filepath.Join(dir, "corpus.jsonl")
			writeFile(t, corpus, manyTexts(20_000))
			cmd := exec.Command("../../examples/cron.sh")
			cmd.Env = append(os.Environ(), "CORPUS="+corpus, "OUT="+out)
			var mail bytes.Buffer
			cmd.Stdout, cmd.Stderr = &mail, &mail
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if err := signalRunning(out, test.signal); err != nil {
				t.Error(err)
			}
			cmd.Wait()
			if got := strings.ReplaceAll(mail.String(), out, "OUT"); got != test.mail || cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("exit code %d, says %q, want %q", cmd.ProcessState.ExitCode(), got, test.mail)
			}
			again := exec.Command("../../examples/cron.sh")
			again.Env = cmd.Env
			if said, err := again.CombinedOutput(); err != nil || len(said) > 0 {
				t.Errorf("again: %v, %s", err, said)
			}
			if said, err := exec.Command("doppel", "verify", out).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}

func manyTexts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"%d","text":"this is text %d of some, and what it says is %d times %d words long"}`+"\n", i, i/3, i/3, i%7)
	}
	return b.String()
}

// signalRunning sends a signal to the process that has the folder of a run, as soon as
// one has.
func signalRunning(folder string, s syscall.Signal) error {
	for {
		data, err := os.ReadFile(filepath.Join(folder, ".doppel", "lock"))
		var holder struct{ PID int }
		if err == nil && json.Unmarshal(data, &holder) == nil && holder.PID != 0 {
			return syscall.Kill(holder.PID, s)
		}
		if _, err := os.Stat(filepath.Join(folder, "_SUCCESS")); err == nil {
			return errors.New("the run was finished before it could be stopped")
		}
		runtime.Gosched()
	}
}

// checkLog checks that a log has objects only and ends with the exit code.
func checkLog(t *testing.T, log []string, code int) {
	t.Helper()
	var last struct {
		Type string
		Code any // of warnings a name, of exit a number
	}
	for _, line := range log {
		last.Type = ""
		if err := json.Unmarshal([]byte(line), &last); err != nil || last.Type == "" {
			t.Errorf("the log has %s: %v", line, err)
		}
	}
	if last.Type != "exit" || last.Code != float64(code) {
		t.Errorf("the log ends with %+v, want exit code %d\n%s", last, code, strings.Join(log, "\n"))
	}
}

// lines are those of a file, none if it is not there.
func lines(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}
