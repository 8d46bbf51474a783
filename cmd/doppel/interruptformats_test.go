package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/plant/formats"
)

// TestInterruptedOverEveryFormat sends SIGINT to runs over Parquet, WARC, CSV and what is
// compressed in every way, as soon as they have begun or were taken up, and lets them go
// on: the folder is that of a run that nobody interrupted.
func TestInterruptedOverEveryFormat(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := formats.Write(filepath.Join(dir, "in"), plant.Spec{Documents: 2000, MeanBytes: 2000, Seed: 7, ExactShare: 0.1, NearShare: 0.3}); err != nil {
		t.Fatal(err)
	}
	if code := interrupted(t, dir, nil, "run", "in", "-o", "whole"); code != exitQuarantined {
		t.Fatalf("exit code %d", code)
	}
	begun := begun(filepath.Join(dir, "run"))
	code, stops := interrupted(t, dir, begun, "run", "in", "-o", "run"), 0
	for ; code == exitInterrupted; stops++ {
		when := begun
		if stops >= 4 {
			when = nil
		}
		code = interrupted(t, dir, when, "resume", "run")
	}
	if code != exitQuarantined || stops == 0 {
		t.Fatalf("exit code %d, after %d interrupts", code, stops)
	}
	t.Logf("%d interrupts", stops)
	sameRunFolder(t, filepath.Join(dir, "run"), filepath.Join(dir, "whole"))
}

// interrupted runs the command, sends it SIGINT once when says so, and returns the exit
// code. A run that goes on is only interrupted after it has said so.
func interrupted(t *testing.T, dir string, when func() bool, args ...string) int {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: exe, Args: append([]string{"doppel"}, args...), Dir: dir}
	messages, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	takenUp, ended := make(chan bool, 1), make(chan bool)
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(messages); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "taken up") {
				takenUp <- true
			}
		}
	}()
	if when != nil {
		if args[0] == "resume" {
			select {
			case <-takenUp:
			case <-ended:
			}
		}
		look := time.NewTicker(time.Millisecond)
		for waiting := true; waiting && !when(); {
			select {
			case <-look.C:
			case <-ended:
				waiting = false
			}
		}
		look.Stop()
		if err := cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
	}
	<-ended
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	code := cmd.ProcessState.ExitCode()
	if code != exitQuarantined && code != exitInterrupted {
		t.Logf("doppel %q:\n%s", args, &said)
	}
	return code
}
