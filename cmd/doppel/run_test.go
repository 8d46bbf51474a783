package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// process is the command in a process of its own, with a standard input that does not
// end by itself.
type process struct {
	*exec.Cmd
	in     io.WriteCloser
	stderr *bytes.Buffer
	ended  chan int // its exit code, -1 if a signal killed it
}

// start begins a run of standard input into the folder.
func start(t *testing.T, dir, folder string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{stderr: &bytes.Buffer{}, ended: make(chan int, 1)}
	// TestMain makes the test binary the command when it is called doppel.
	p.Cmd = &exec.Cmd{Path: exe, Args: []string{"doppel", "run", "-q", "-", "-o", folder}, Dir: dir, Stderr: p.stderr}
	if p.in, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		err := p.Wait()
		var exit *exec.ExitError
		code := 0
		if errors.As(err, &exit) {
			code = exit.ExitCode()
		}
		p.ended <- code
	}()
	return p
}

// fill writes more than the pipe holds: when it is written, the command reads, and so
// has the folder.
func (p *process) fill() error {
	record := []byte(`{"text":"` + strings.Repeat("a word ", 1000) + "\"}\n")
	for range 50 {
		if _, err := p.in.Write(record[:len(record)-3]); err != nil {
			return err
		}
	}
	return nil
}

// TestTwoProcessesOneFolder starts two of them at once, 50 times: one works, and the
// other ends with exit code 6 and names it. The one is then left alone, or killed, and
// its lock taken over.
func TestTwoProcessesOneFolder(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 10
	}
	base := t.TempDir()
	for round := range rounds {
		dir := fmt.Sprint("run", round)
		a, b := start(t, base, dir), start(t, base, dir)
		var loser, winner *process
		code := 0
		select {
		case code = <-a.ended:
			loser, winner = a, b
		case code = <-b.ended:
			loser, winner = b, a
		}
		if code != exitLocked || !strings.Contains(loser.stderr.String(), "works on") && !strings.Contains(loser.stderr.String(), fmt.Sprintf("process %d on", winner.Process.Pid)) {
			t.Fatalf("round %d: exit code %d, want %d and process %d named\n%s", round, code, exitLocked, winner.Process.Pid, loser.stderr)
		}
		if round%2 == 1 {
			if err := errors.Join(winner.fill(), winner.Process.Kill()); err != nil {
				t.Fatal(err)
			}
			<-winner.ended
			winner = start(t, base, dir)
		}
		if _, err := io.WriteString(winner.in, "{\"text\":\"a\"}\n"); err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, winner.stderr)
		}
		if err := winner.in.Close(); err != nil {
			t.Fatal(err)
		}
		if code := <-winner.ended; code != exitDone {
			t.Fatalf("round %d: exit code %d\n%s", round, code, winner.stderr)
		}
		if round%2 == 1 && !strings.Contains(winner.stderr.String(), "ended without a word") {
			t.Errorf("round %d: nobody speaks of the lock that was taken over:\n%s", round, winner.stderr)
		}
		if _, err := runfolder.Verify(t.Context(), filepath.Join(base, dir), 0); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
	}
}

// TestSignalsLeaveARunThatCanGoOn: exit codes 130 and 143, no _SUCCESS, and the
// same command completes the folder.
func TestSignalsLeaveARunThatCanGoOn(t *testing.T) {
	base := t.TempDir()
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGTERM: exitTerminated} {
		dir := "run-" + signal.String()
		p := start(t, base, dir)
		if err := errors.Join(p.fill(), p.Process.Signal(signal)); err != nil {
			t.Fatal(err)
		}
		if code := <-p.ended; code != want || !strings.Contains(p.stderr.String(), "pipe the same input into the same command") {
			t.Errorf("%s: exit code %d, want %d\n%s", signal, code, want, p.stderr)
		}
		if state, err := runfolder.StateOf(filepath.Join(base, dir)); state != runfolder.StateUnfinished || err != nil {
			t.Errorf("%s: the folder is %s, %v", signal, state, err)
		}
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"resume", filepath.Join(base, dir)}, nil, &stdout, &stderr); code != exitMismatch || !strings.Contains(stderr.String(), "standard input") {
			t.Errorf("%s: resume gives %d\n%s", signal, code, &stderr)
		}
		p = start(t, base, dir)
		if err := p.in.Close(); err != nil {
			t.Fatal(err)
		}
		if code := <-p.ended; code != exitDone {
			t.Errorf("%s: once more gives %d\n%s", signal, code, p.stderr)
		}
	}
}

// TestResumeAfterASignal: a run of files that SIGTERM has ended goes on by resume, to
// the bytes of one that nobody disturbed.
func TestResumeAfterASignal(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	base := t.TempDir()
	news := newsFile(t, 3000)
	command := func(args ...string) *exec.Cmd {
		cmd := &exec.Cmd{Path: exe, Args: append([]string{"doppel"}, args...), Dir: base}
		return cmd
	}
	// A pipe in place of the progress of JSON logs: the plan is written once the job is
	// prepared, and the signal comes wherever it does after that.
	cmd := command("run", "--log-format", "json", news, "-o", "run")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stderr.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, stderr); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitTerminated {
		t.Fatalf("%v, want exit code %d", err, exitTerminated)
	}
	// It may have ended before there was a folder.
	state, err := runfolder.StateOf(filepath.Join(base, "run"))
	if err != nil || state == runfolder.StateFinished {
		t.Fatalf("%s, %v", state, err)
	}
	args := []string{"resume", "run"}
	if state == runfolder.StateNone {
		args = []string{"run", news, "-o", "run"}
	}
	for _, args := range [][]string{args, {"run", news, "-o", "whole"}, {"verify", "run"}} {
		if out, err := command(args...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	for _, name := range []string{"manifest.json", "members.parquet", "saved/run.json", "data/news.jsonl", "report.html"} {
		a, err1 := os.ReadFile(filepath.Join(base, "run", name))
		b, err2 := os.ReadFile(filepath.Join(base, "whole", name))
		if err := errors.Join(err1, err2); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs (%v)", name, err)
		}
	}
}
