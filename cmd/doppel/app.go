package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
	"github.com/doppel-dedup/doppel/internal/tempfile"
	"github.com/doppel-dedup/doppel/internal/termtext"
	"github.com/doppel-dedup/doppel/pipeline"
)

// The exit codes, as --help and the README list them.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitQuarantined = 3
	exitTooManyBad  = 4
	exitGuarded     = 5
	exitLocked      = 6
	exitMismatch    = 7
	exitFound       = 10
	exitInterrupted = 130
	exitTerminated  = 143
)

// app is one invocation: where it reads and writes, and how it ends.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	log            *slog.Logger
	quiet          bool
	logFormat      string
	json           bool
	// started is set once a verb's own code runs: errors before that are about
	// the command line.
	started bool
	watch   watch
	config  configFlags
	remote  remote
	// profiles are of the program, not of the corpus.
	profiles profiles
	// spaceUnchecked starts work though the disk has no room for it.
	spaceUnchecked bool
	// keepsQuarantine is set by the verbs that write bad records to a file.
	keepsQuarantine bool
	// quarantined is the number of bad records the verb left out.
	quarantined int64
	// found is set when --fail-on-found finds something.
	found bool
	// verbPath is the command that ran, as "doppel cluster".
	verbPath string
	// runs is what the verbs about run folders share.
	runs runState
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// With SIGPIPE ignored a closed pipe is an error of Write like any other,
	// and temporary files are removed on the way out.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := onSignal(ctx)
	defer stop()

	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, runs: runState{args: args}}
	a.log = slog.New(newTextHandler(stderr, slog.LevelInfo))
	if asksForJSON(args, os.Getenv) { // for what goes wrong before flags are read
		a.log = slog.New(newMessageHandler(stderr, slog.LevelInfo))
	}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	out := &ownOutput{w: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	verb, err := root.ExecuteContextC(ctx)
	a.verbPath = verb.CommandPath()
	code := a.exitCode(ctx, a.orUnwritten(out, err))
	if err := a.profiles.stop(); err != nil {
		a.log.Error(err.Error())
		return max(code, exitError)
	}
	return code
}

// asksForJSON tells whether messages are to be JSON, as far as that can be known without
// knowing the flags.
func asksForJSON(args []string, getenv func(string) string) bool {
	format := getenv(envName("log-format"))
	asked, err := strconv.ParseBool(getenv(envName("json")))
	asked = asked && err == nil
	for i, arg := range args {
		name, value, hasValue := strings.Cut(arg, "=")
		switch {
		case arg == "--":
			return format == "json" || format == "" && asked
		case name == "--json":
			asked = !hasValue || value != "false"
		case name == "--log-format" && hasValue:
			format = value
		case name == "--log-format" && i+1 < len(args):
			format = args[i+1]
		}
	}
	return format == "json" || format == "" && asked
}

// signalled is the cause of a context that a signal ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "ended by " + s.String() }

// onSignal ends a context with the first signal that asks for it. After that the
// default comes back: a second one kills.
func onSignal(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(signalled{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// interrupted tells how a context ended that was ended from outside.
func (a *app) interrupted(ctx context.Context) int {
	message := "interrupted; an output is whole or not there"
	if a.runs.resumable != "" {
		message = "interrupted; " + a.runs.resumable
	}
	a.log.Error(message)
	var s signalled
	if errors.As(context.Cause(ctx), &s) && s.Signal == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}

// usageError is a command line that cannot be run.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitCode says what err means to the shell, and tells the user.
func (a *app) exitCode(ctx context.Context, err error) int {
	code := a.tell(ctx, err)
	a.log.Log(ctx, levelExit, "exit", "code", code)
	return code
}

// tell says what went wrong, if something did, and returns the exit code.
func (a *app) tell(ctx context.Context, err error) int {
	var usage usageError
	switch {
	case err == nil && a.found:
		return exitFound
	case err == nil && a.quarantined > 0:
		return exitQuarantined
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitDone
	case ctx.Err() != nil:
		return a.interrupted(ctx)
	case errors.As(err, &usage), !a.started:
		a.log.Error(plainly(err), "hint", "see "+a.verbPath+" --help")
		return exitUsage
	}
	if errors.As(err, new(*tempfile.Error)) {
		a.log.Error(err.Error(), "hint", "--temp names another folder for temporary files")
	} else {
		a.log.Error(err.Error())
	}
	if errors.As(err, new(*pipeline.TooManyBadError)) {
		return exitTooManyBad
	}
	if code := runFolderExit(err); code != 0 {
		return code
	}
	if errors.As(err, new(*pipeline.GiantClusterError)) || errors.As(err, new(*pipeline.RemovalError)) {
		return exitGuarded
	}
	if errors.Is(err, syscall.ENOSPC) && !isOfStdout(err) {
		a.log.Info("the disk is full: doppel plan tells how much room a run takes")
	}
	if a.runs.resumable != "" {
		a.log.Info("the run can go on; " + a.runs.resumable)
	}
	return exitError
}

// isOfStdout tells whether it is standard output that could not be written.
func isOfStdout(err error) bool {
	var p *fs.PathError
	return errors.As(err, &p) && p.Path == os.Stdout.Name()
}

// plainly tells what is wrong with a flag without the words of the library that reads
// numbers.
func plainly(err error) string {
	text := err.Error()
	for of, want := range map[string]string{"ParseInt": "a whole number", "ParseFloat": "a number", "ParseBool": "true or false"} {
		text = regexp.MustCompile(`strconv\.`+of+`: parsing "[^"]*": (invalid syntax|value out of range)`).ReplaceAllString(text, "want "+want)
	}
	return text
}

// verb wraps the code of a command: from here on an error is not about usage.
func (a *app) verb(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.started = true
		return f(cmd, args)
	}
}

// output gives write the place that path names: standard output for "" and
// "-", else a file that appears whole or not at all.
func (a *app) output(path string, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		w := bufio.NewWriterSize(a.stdout, 1<<16)
		if err := write(w); err != nil {
			return err
		}
		return w.Flush()
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil { // f buffers
		return errors.Join(err, f.Abort())
	}
	return f.Commit()
}

// jsonLines encodes objects one a line, with texts as they are: what reads them is no
// web page.
func jsonLines(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}

// terminalWidth returns the columns of w, and whether w is a terminal at all.
func terminalWidth(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, false
	}
	return width, true
}

// safe makes text of a corpus fit for a terminal: control and escape characters
// become visible instead of acting on it.
func safe(s string) string { return termtext.Plain(s, true) }

// safeLines does so for each line.
func safeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = safe(line)
	}
	return strings.Join(lines, "\n")
}
