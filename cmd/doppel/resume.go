package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// cannotResumeError says why a run cannot go on.
type cannotResumeError struct{ reason string }

func (e *cannotResumeError) Error() string { return e.reason }

// orCannotResume makes of a folder of another schema a run that cannot go on.
func orCannotResume(err error) error {
	if errors.As(err, new(*runfolder.SchemaError)) {
		return &cannotResumeError{err.Error()}
	}
	return err
}

// begunBy adds to an error that a run cannot go on which version began it, if that was
// another one.
func begunBy(program string, err error) error {
	here := "doppel " + readVersion().Version
	if program == here || !errors.As(err, new(*checkpoint.Error)) {
		return err
	}
	return fmt.Errorf("%w (it was begun by %s, and this is %s)", err, program, here)
}

// oneRun is the argument check of verbs about a run folder.
func oneRun(verb string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return usagef("%s needs the folder of a run: doppel %s RUN", verb, verb)
		}
		return nil
	}
}

func newResume(a *app) *cobra.Command {
	var with resources
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "Continue an interrupted run",
		Long: `Continues the run that "doppel run" has begun in the folder RUN, with the inputs and
options of then, and from the folder in which it was started. The result is the same,
byte for byte, as if nothing had happened.

--threads, --memory and --temp go before those of the run, this once: no result hangs on
them. What the environment and files say of them is for the run alone.

If inputs or options have changed meanwhile, the exit code is 7 and what changed is
named. A run of standard input cannot be resumed; a finished one has nothing to do.`,
		Example: "  doppel resume run/\n  doppel resume run/ --threads 2 --memory 1GiB --temp /scratch",
		Args:    oneRun("resume"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			if err := with.settle(); err != nil {
				return err
			}
			a.runs.with = with
			return a.resume(cmd, args[0])
		}),
	}
	with.add(cmd)
	addSpaceFlag(cmd, &a.runs.spaceUnchecked)
	return cmd
}

func (a *app) resume(cmd *cobra.Command, dir string) error {
	state, err := runfolder.StateOf(dir)
	if err != nil {
		return err
	}
	switch state {
	case runfolder.StateNone:
		return fmt.Errorf("%q holds no run: start one with doppel run INPUT... -o %s", dir, dir)
	case runfolder.StateFinished:
		t, err := runfolder.ReadTimings(dir)
		if err != nil {
			return orCannotResume(err)
		}
		if !hasWork(t.Args) {
			return a.resumeFinished(dir)
		}
		return a.runAgain(cmd, dir, t.Args, t.Folder)
	}
	r, err := runfolder.ReadRequest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &cannotResumeError{fmt.Sprintf("%q was left before it said what is to be done: start the run again", dir)}
	}
	if err != nil {
		return orCannotResume(err)
	}
	if r.FromStdin() {
		return &cannotResumeError{fmt.Sprintf("the run in %q reads standard input, which is gone: pipe it into the same command again", dir)}
	}
	return begunBy(r.Program, a.runAgain(cmd, dir, r.Args, r.Folder))
}

// runAgain runs the arguments of a run in the folder that they were given in.
func (a *app) runAgain(cmd *cobra.Command, dir string, given []string, folder string) (err error) {
	if a.runs.resuming, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := os.Chdir(folder); err != nil {
		return &cannotResumeError{fmt.Sprintf("the run in %q was started in a folder that cannot be entered: %v", dir, err)}
	}
	args := append(a.globalFlags(), given...)
	a.runs.args = given
	unchecked := a.runs.spaceUnchecked
	again := newRoot(a)
	a.runs.spaceUnchecked = unchecked // the new flags have their defaults
	again.SetArgs(args)
	return again.ExecuteContext(cmd.Context())
}

// globalFlags returns those given to this command, for the one that it calls.
func (a *app) globalFlags() []string {
	flags := []string{"--progress=" + a.watch.mode}
	if a.logFormat != "" {
		flags = append(flags, "--log-format="+a.logFormat)
	}
	if a.quiet {
		flags = append(flags, "--quiet")
	}
	if a.json {
		flags = append(flags, "--json")
	}
	return flags
}

func (a *app) resumeFinished(dir string) error {
	m, err := runfolder.ReadManifest(dir)
	if err != nil {
		return orCannotResume(err)
	}
	a.log.Info("this run is finished already; nothing was done", "folder", dir)
	return a.ran(runOptions{dir: dir}, m)
}

func newVerify(a *app) *cobra.Command {
	threads := 0
	cmd := &cobra.Command{
		Use:   "verify RUN",
		Short: "Prove that a finished run is whole and undamaged",
		Long: `Checks the finished run in the folder RUN: that every file has the SHA-256 of its
manifest, that data/ and saved/ hold nothing else, that the members sum up, and that every
dropped document has a kept one that covers it at the threshold.

The exit code is 1, and the file at fault named, if any of it is not so.`,
		Example: "  doppel verify run/",
		Args:    oneRun("verify"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			if err := checkThreads(threads); err != nil {
				return err
			}
			v, err := runfolder.Verify(cmd.Context(), args[0], threads)
			if err != nil {
				return err
			}
			return a.output("", func(w io.Writer) error { return a.writeVerified(w, v) })
		}),
	}
	cmd.Flags().IntVar(&threads, "threads", 0, "files that are read at once (default: one per CPU)")
	return cmd
}

func (a *app) writeVerified(w io.Writer, v runfolder.Verified) error {
	if a.json {
		return json.NewEncoder(w).Encode(struct {
			Type string `json:"type"`
			runfolder.Verified
		}{"verified", v})
	}
	c := v.Members
	p := printer{w: w}
	p.printf("verified: %s of %s; %s read = %s kept + %s dropped + %s protected + %s quarantined",
		quantity.Of(v.Files, "file", "files"), pipeline.Bytes(v.Bytes), quantity.Number(c.Read), quantity.Number(c.Written()),
		quantity.Number(c.Dropped), quantity.Number(c.Protected), quantity.Number(c.Quarantined))
	if c.Emptied+c.Filtered > 0 {
		p.printf(" + %s emptied + %s filtered", quantity.Number(c.Emptied), quantity.Number(c.Filtered))
	}
	p.printf("\n")
	return p.err
}

func newStatus(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "status RUN",
		Short:   "Say how far a run has come",
		Long:    "Says whether the run in the folder RUN is finished, under way or interrupted, and by whom.\nNothing is read but small files; doppel verify checks a finished one.",
		Example: "  doppel status run/\n  doppel status run/ --json",
		Args:    oneRun("status"),
		RunE: a.verb(func(_ *cobra.Command, args []string) error {
			host, err := os.Hostname()
			if err != nil {
				return err
			}
			s, err := runfolder.StatusOf(args[0], host)
			if err != nil {
				return err
			}
			return a.output("", func(w io.Writer) error { return a.writeStatus(w, args[0], s) })
		}),
	}
}

func (a *app) writeStatus(w io.Writer, dir string, s *runfolder.Status) error {
	if a.json {
		return json.NewEncoder(w).Encode(s)
	}
	if s.State == runfolder.StateFinished {
		return a.writeRun(w, dir, ": finished", s.Manifest)
	}
	lines := []string{"run " + safe(dir) + ": unfinished"}
	if h := s.Holder; h != nil && s.Working {
		lines[0] = fmt.Sprintf("run %s: process %d on %s works on it since %s", safe(dir), h.PID, safe(h.Host), h.Since.Format(time.RFC3339))
	} else {
		lines = append(lines, "continue with: doppel resume "+safe(dir))
	}
	if s.Request != nil {
		lines = append(lines, "begun "+s.Request.Started.Format(time.RFC3339))
	}
	if len(s.Left) > 0 {
		lines = append(lines, "there so far: "+strings.Join(s.Left, " "))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}
