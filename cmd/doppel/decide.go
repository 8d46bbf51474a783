package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

func newDecide(a *app) *cobra.Command {
	var e decision.Event
	saved := pipeline.SavedOptions{Contents: true}
	cmd := &cobra.Command{
		Use:   "decide RUN keep|drop|not-duplicate ID...",
		Short: "Note what somebody decided about documents of a run, for doppel apply",
		Long: `Appends an event to RUN/decisions.jsonl, which "doppel apply" reads:

  keep ID...             the document stays, whatever covers it
  drop ID...             the text goes, with all its copies, though nothing may cover it
  not-duplicate ID ID    the pair does not count, as if it had not been found
  undo N                 takes back the event in line N of the log

Nothing is ever changed or removed there. Events name documents by id and by the digest
of their normalised text, so that they apply to a later run too ("doppel apply
--decisions"), in which ids or clusters differ. Of several events about one document
the last counts.`,
		Example: `  doppel decide run/ keep doc-7 --note "the original"
  doppel decide run/ not-duplicate doc-7 doc-9
  doppel decide run/ undo 1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 3 {
				return usagef("decide needs a run, an action and ids: doppel decide RUN keep|drop|not-duplicate ID...")
			}
			return nil
		},
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			if err := parseDecision(&e, args[1], args[2:]); err != nil {
				return err
			}
			return a.decide(cmd, args[0], e, saved)
		}),
	}
	fs := cmd.Flags()
	fs.StringVar(&e.Note, "note", "", "why, for people")
	fs.StringVar(&e.Actor, "actor", "", "who decides (default: the user's name)")
	fs.StringVar(&saved.Temp, "temp", "", "folder for temporary files (default: the system's)")
	return cmd
}

// parseDecision fills in what is decided about what.
func parseDecision(e *decision.Event, action string, rest []string) error {
	e.Action = decision.Action(strings.ReplaceAll(action, "-", "_"))
	switch e.Action {
	case decision.Keep, decision.Drop:
		e.IDs = rest
		return nil
	case decision.NotDuplicate:
		if len(rest) != 2 || rest[0] == rest[1] {
			return usagef("not-duplicate takes two different ids")
		}
		e.IDs = rest
		return nil
	case decision.Undo:
		n, err := strconv.Atoi(rest[0])
		if err != nil || n < 1 || len(rest) != 1 {
			return usagef("undo takes the number of a line in decisions.jsonl, 1 or more")
		}
		e.Undo = n
		return nil
	}
	return usagef("action %q is unknown, want keep, drop, not-duplicate or undo", action)
}

func (a *app) decide(cmd *cobra.Command, dir string, e decision.Event, o pipeline.SavedOptions) (err error) {
	e.Time = time.Now().UTC().Truncate(time.Second)
	if e.Actor == "" {
		if u, err := user.Current(); err == nil {
			e.Actor = u.Username
		}
	}
	if len(e.IDs) > 0 {
		run, err := openSaved(dir, o)
		if err != nil {
			return err
		}
		e.Content, err = run.Decidable(cmd.Context(), e)
		if err := errors.Join(err, run.Close()); err != nil {
			return err
		}
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	line, err := runfolder.Decide(dir, e, runfolder.Holder{PID: os.Getpid(), Host: host, Since: e.Time})
	if err != nil {
		return err
	}
	return a.output("", func(w io.Writer) error {
		if a.json {
			return json.NewEncoder(w).Encode(struct {
				decision.Event
				Type string `json:"type"`
				Line int    `json:"line"`
			}{e, "decided", line})
		}
		_, err := fmt.Fprintf(w, "decision %d noted: %s %s\n", line, strings.ReplaceAll(string(e.Action), "_", "-"), safe(strings.Join(append(e.IDs, undone(e)...), " ")))
		return err
	})
}

// undone is the line that an event takes back, if it does.
func undone(e decision.Event) []string {
	if e.Action != decision.Undo {
		return nil
	}
	return []string{strconv.Itoa(e.Undo)}
}
