// Package runfolder keeps a whole run in one folder: what was asked, what came of
// it, and the accounts that prove it.
//
// # In and out
//
// In goes a prepared [pipeline.Job] with a [Spec]. [Open] claims the folder, or says
// that it holds the finished run already; [Folder.Write] puts the result of the job
// there:
//
//	manifest.json      options, inputs and outputs with digests, counts: a [Manifest]
//	timings.json       all that differs between equal runs: a [Timings]
//	members.*          what became of every record, one row each
//	clusters.*         the clusters; pairs.*: the verified pairs
//	decisions.jsonl    the decisions that the run was made with, none by default:
//	                   people's later ones are appended there
//	quarantine.jsonl   the bad records
//	spans.jsonl        what was cut out of kept documents, if that was asked for
//	saved/             the snapshot that rethreshold reads
//	data/              the pruned corpus, and nothing else
//	summary.md, report.html  for people; metrics.prom for Prometheus
//	_SUCCESS           last: the digests of what the manifest cannot hold
//
// Tables are there twice, as .jsonl.zst and as .parquet. While a run is under way or
// was interrupted, .doppel holds a [Request] and a lock.
//
// # Promises
//
//   - A folder with _SUCCESS is whole: every file was on the disk, under its name,
//     before. [Verify] proves it from the digests and sums the members up again.
//   - Files appear whole: each is written under another name, synced and renamed.
//   - Equal runs give equal bytes but for timings.json, metrics.prom and _SUCCESS.
//   - One process at a time works on a folder; another one gets a [LockedError].
//   - A run with other options or inputs than the folder's gets a [MismatchError].
//
// # Concurrency and memory
//
// A Folder is for one goroutine. With several threads Write makes up to three outputs side
// by side, with one thread one after another: the bytes are the same. The tables stream:
// each takes about 25 MiB of buffers, members four bytes a document more; Verify takes
// 16 bytes a keeper, and 32 KiB a thread.
//
// Note: this package stands above pipeline, whose stages know of no folders, and not
// in cmd/doppel, so that a program can write and check the same folder.
package runfolder

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/snapshot"
)

// Schema is the version of the folder. Persisted; a change of meaning takes a new
// number.
const Schema = 1

// The names inside a run folder. Persisted, never rename.
const (
	ManifestFile   = "manifest.json"
	TimingsFile    = "timings.json"
	DecisionsFile  = "decisions.jsonl"
	QuarantineFile = prune.QuarantineFile
	SpansFile      = pipeline.SpansFile
	SummaryFile    = "summary.md"
	PageFile       = "report.html"
	MetricsFile    = "metrics.prom"
	SuccessFile    = "_SUCCESS"
	DataDir        = prune.DataDir
	SavedDir       = snapshot.Folder
	// WorkDir holds the state of a run that is not finished.
	WorkDir     = ".doppel"
	RequestFile = "request.json"
	LockFile    = "lock"

	checkpointDir = "checkpoint" // inside WorkDir
)

// tableNames are the tables, without their endings.
var tableNames = [...]string{"members", "clusters", "pairs"}

// The endings of tables.
const (
	jsonlEnding   = ".jsonl.zst"
	parquetEnding = ".parquet"
)

// outputNames returns every name that a run makes in its folder, _SUCCESS first: in
// the order in which they are taken away.
func outputNames() []string {
	names := []string{SuccessFile, ManifestFile, TimingsFile, MetricsFile, SummaryFile, PageFile, QuarantineFile, SpansFile, DataDir, SavedDir}
	for _, t := range tableNames {
		names = append(names, t+jsonlEnding, t+parquetEnding)
	}
	return names
}

// State is how far the run in a folder has come.
type State string

// The states.
const (
	// StateNone is a folder that does not exist or is empty.
	StateNone State = "none"
	// StateFinished has _SUCCESS, and StateUnfinished has been begun.
	StateFinished   State = "finished"
	StateUnfinished State = "unfinished"
)

// StateOf looks at a folder. A folder of something else is an error.
func StateOf(dir string) (State, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return StateNone, nil
	}
	if err != nil {
		return StateNone, fmt.Errorf("runfolder: %w", err)
	}
	state := StateNone
	for _, e := range entries {
		switch e.Name() {
		case SuccessFile:
			return StateFinished, nil
		case WorkDir:
			state = StateUnfinished
		}
	}
	if state == StateNone && len(entries) > 0 {
		return state, fmt.Errorf("runfolder: folder %q is not empty (it holds %q) and no run folder: choose a new one", dir, entries[0].Name())
	}
	return state, nil
}

// clearOutputs takes every output away, _SUCCESS before all else, and what a killed process
// left half-written. Decisions that the run is made with stay where they are: there may
// be no other copy.
func clearOutputs(sys vfs.FS, dir string, log *decision.Log) error {
	if err := checkDecisions(dir, log); err != nil {
		return err
	}
	names := outputNames()
	if log == nil || len(log.Text) == 0 {
		names = append(names, DecisionsFile)
	}
	for i, name := range names {
		if err := sys.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("runfolder: %w", err)
		}
		if i == 0 {
			if err := sys.SyncDir(dir); err != nil { // nobody may take what follows for whole
				return fmt.Errorf("runfolder: %w", err)
			}
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("runfolder: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".doppel-") && strings.HasSuffix(e.Name(), ".tmp") {
			if err := sys.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("runfolder: %w", err)
			}
		}
	}
	return nil
}

// checkDecisions refuses to take people's decisions away, but for those that the run is
// made with.
func checkDecisions(dir string, log *decision.Log) error {
	path := filepath.Join(dir, DecisionsFile)
	there, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(there) == 0:
		return nil
	case err != nil:
		return fmt.Errorf("runfolder: %w", err)
	case log != nil && bytes.Equal(there, log.Text):
		return nil
	}
	return fmt.Errorf("runfolder: %s holds decisions that a new run would lose: move it away first, or take them into the run with --decisions", path)
}
