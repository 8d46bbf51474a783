package runfolder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline"
)

// Setting is an option as it was resolved.
type Setting struct {
	Value json.RawMessage `json:"value"`
	// Origin is where the value came from: default, preset, derived, flag, or the
	// place in a file or the environment.
	Origin string `json:"origin"`
}

// Settings are all options that can change a byte of the folder, by name.
type Settings map[string]Setting

// Spec says what is to be run, and by whom.
type Spec struct {
	// Dir is the folder: new, empty, or that of an earlier run. The one that is to
	// hold it must exist.
	Dir string
	// Program and Version are written into the manifest.
	Program, Version string
	// Args are the arguments of the program, which `doppel resume` runs again in
	// Folder.
	Args   []string
	Folder string
	// Options are the options of the job, for what pipeline.Plan.Identity does not
	// tell.
	Options pipeline.Options
	// NoData leaves the pruned corpus out.
	NoData bool
	// Origin says where an option came from, by its name in Settings. Default:
	// "default".
	Origin map[string]string
	// Overwrite replaces what another run left in Dir.
	Overwrite bool
	// Machine is who runs it.
	Machine Machine
	// Watch has the times of the job's stages, which the caller enters. It must be set.
	Watch *Stopwatch

	sys vfs.FS // of what is written; set by Open if it is not
}

// settings returns what the job was asked for.
func (s *Spec) settings(job *pipeline.Job) Settings {
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(encode(job.Plan().Identity), &all); err != nil {
		panic(fmt.Sprintf("runfolder: an identity is no object: %v", err))
	}
	policy := "skip"
	if s.Options.OnError == pipeline.Stop {
		policy = "stop"
	}
	for name, value := range map[string]any{"on_error": policy, "pair_floor": s.Options.PairFloor, "data": !s.NoData} {
		all[name] = encode(value)
	}
	settings := Settings{}
	for name, value := range all {
		origin := s.Origin[name]
		if origin == "" {
			origin = "default"
		}
		settings[name] = Setting{value, origin}
	}
	return settings
}

// encode returns the JSON of a value of ours.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("runfolder: %v cannot be encoded: %v", v, err))
	}
	return b
}

// Request is what a run that is not finished was asked for.
type Request struct {
	Type   string `json:"type"` // "run_request"
	Schema int    `json:"schema"`
	// Program began the run, with its version, at the time Started.
	Program string    `json:"program"`
	Started time.Time `json:"started"`
	// Args and Folder are those of Spec.
	Args   []string `json:"args"`
	Folder string   `json:"folder"`
	// ArgsBytes are the arguments that are not UTF-8, which JSON cannot hold, at their
	// positions, and FolderBytes is the folder if it is not.
	ArgsBytes   [][]byte       `json:"args_bytes,omitempty"`
	FolderBytes []byte         `json:"folder_bytes,omitempty"`
	Options     Settings       `json:"options"`
	Inputs      []RequestInput `json:"inputs"`
}

// RequestInput is an input before it was read.
type RequestInput struct {
	Name string `json:"name"`
	Path string `json:"path"`
	// PathBytes is as in Input.
	PathBytes []byte `json:"path_bytes,omitempty"`
	// Bytes and Modified are zero for standard input.
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified,omitzero"`
}

const requestType = "run_request"

// newRequest describes the job.
func (s *Spec) newRequest(job *pipeline.Job) *Request {
	r := &Request{Type: requestType, Schema: Schema, Program: s.Program + " " + s.Version, Started: s.Watch.started(),
		Args: s.Args, Folder: s.Folder, ArgsBytes: rawNames(s.Args), FolderBytes: rawName(s.Folder), Options: s.settings(job)}
	for _, f := range job.Corpus().Files() {
		r.Inputs = append(r.Inputs, RequestInput{Name: f.Name, Path: f.Path, PathBytes: rawName(f.Path), Bytes: f.Size, Modified: f.Modified.UTC()})
	}
	return r
}

// ReadRequest reads what the unfinished run in a folder was asked for.
func ReadRequest(dir string) (*Request, error) {
	path := filepath.Join(dir, WorkDir, RequestFile)
	var r Request
	if err := readJSON(path, &r); err != nil {
		return nil, err
	}
	if err := checkKind(path, r.Type, requestType, r.Schema, r.Program); err != nil {
		return nil, err
	}
	restoreName(&r.Folder, r.FolderBytes)
	restoreNames(r.Args, r.ArgsBytes)
	restoreInputs(r.Inputs)
	return &r, nil
}

// FromStdin tells whether standard input is among the inputs.
func (r *Request) FromStdin() bool {
	return slices.ContainsFunc(r.Inputs, func(in RequestInput) bool { return in.Path == stdinPath })
}

// MismatchError says that the folder is of another run.
type MismatchError struct {
	Dir string
	// Differences are sentences without a full stop, at least one.
	Differences []string
	Finished    bool
	// There is the program and version of that run, and Here this one's.
	There, Here string
}

// Error names what differs, and the ways out.
func (e *MismatchError) Error() string {
	state := "an unfinished run"
	if e.Finished {
		state = "a finished run"
	}
	const shown = 5
	what := e.Differences
	if len(what) > shown {
		what = append(slices.Clone(what[:shown]), "and "+quantity.Number(len(what)-shown)+" more")
	}
	return fmt.Sprintf("runfolder: %q holds %s of other options or inputs: %s%s: choose another -o, or --overwrite to replace it",
		e.Dir, state, strings.Join(what, "; "), madeBy(e.There, e.Here))
}

// differences tells how the options here differ from those there.
func (there Settings) differences(here Settings) []string {
	names := slices.Sorted(maps.Keys(there))
	for name := range here {
		if _, both := there[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var chosen, derived []string
	for _, name := range names {
		a, b := there[name], here[name]
		if a.text() == b.text() {
			continue
		}
		what := fmt.Sprintf("option %s is %s there and %s here", name, a.text(), b.text())
		if a.Origin == originDerived && b.Origin == originDerived {
			derived = append(derived, what)
		} else {
			chosen = append(chosen, what)
		}
	}
	if len(chosen) > 0 {
		return chosen // the others follow from these
	}
	return derived
}

// originDerived is the origin of options that follow from others.
const originDerived = "derived"

// text returns the value in a form that compares.
func (s Setting) text() string {
	if len(s.Value) == 0 {
		return "not set"
	}
	var b bytes.Buffer
	if json.Compact(&b, s.Value) != nil {
		return string(s.Value)
	}
	return b.String()
}

// inputDifferences tells how the inputs here differ from those there.
func (r *Request) inputDifferences(here *Request) []string {
	var out []string
	there := map[string]RequestInput{}
	for _, in := range r.Inputs {
		there[in.Name] = in
	}
	for _, in := range here.Inputs {
		was, known := there[in.Name]
		delete(there, in.Name)
		switch {
		case !known:
			out = append(out, fmt.Sprintf("input %q is new", in.Name))
		case was.Bytes != in.Bytes || !was.Modified.Equal(in.Modified):
			out = append(out, fmt.Sprintf("input %q has changed", in.Name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		out = append(out, fmt.Sprintf("input %q is gone", name))
	}
	return out
}

// readJSON reads a small file of ours.
func readJSON(path string, to any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("runfolder: %w", err)
	}
	if err := json.Unmarshal(data, to); err != nil {
		return fmt.Errorf("runfolder: %s: %w", path, err)
	}
	return nil
}

// writeAtomic makes a file appear whole.
func writeAtomic(sys vfs.FS, path string, write func(io.Writer) error) error {
	f, err := atomicfile.CreateIn(sys, path)
	if err != nil {
		return fmt.Errorf("runfolder: %w", err)
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Abort())
	}
	if err := f.Commit(); err != nil {
		return fmt.Errorf("runfolder: %w", err)
	}
	return nil
}

// writeJSON writes v for people and programs.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
