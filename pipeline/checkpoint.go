package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/doppel-dedup/doppel/internal/segment"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Checkpoint says where [Job.Run] leaves what it takes to go on after it was
// stopped, in whatever way, and takes up what an earlier run has left there. The
// result is the same as without, byte for byte.
//
// A run that is stopped loses what it did since it last sealed a segment there.
// What is damaged there is never used: that part is done again.
//
// Note: of the weighted similarities pass 1 is always done again, since what its
// workers count does not follow the order of the input. Shingle sets are made again
// in any case: storing them would cost more than reading the documents does.
type Checkpoint struct {
	// Dir is the folder, which is made if it is not there. Its parent must be. It
	// belongs to this run alone, and may be deleted when that has ended.
	Dir string
	// Every is the number of bytes of input, decompressed, after which a segment is
	// sealed; a candidate pair counts for 16. Default: 256 MiB, a second or two of
	// work, so that waiting for the disk takes little of the time.
	Every int64
	// Interval is the time after which a segment is sealed. Default: 30 s.
	Interval time.Duration
	// Tell, when set, is told what is taken up and what was found damaged, in one
	// sentence each.
	Tell func(string)

	fs vfs.FS
}

func (c Checkpoint) withDefaults() Checkpoint {
	setDefault(&c.Every, 256<<20)
	setDefault(&c.Interval, 30*time.Second)
	if c.Tell == nil {
		c.Tell = func(string) {}
	}
	if c.fs == nil {
		c.fs = vfs.OS{}
	}
	return c
}

func (o *Options) checkCheckpoint() error {
	c := o.Checkpoint
	switch {
	case c == nil:
		return nil
	case c.Dir == "":
		return errors.New("pipeline: checkpoint without a folder")
	case c.Every < 0 || c.Interval < 0:
		return fmt.Errorf("pipeline: checkpoint every %d bytes or %v is negative", c.Every, c.Interval)
	case slices.Contains(o.allInputs(), corpus.StdinPath):
		return errors.New("pipeline: a run over standard input cannot go on where it was stopped, so it takes no checkpoint: give the input as a file")
	case o.KeepCandidates:
		return errors.New("pipeline: candidate pairs that are kept are in no checkpoint")
	}
	return nil
}

// errNoCheckpoint is returned where texts are wanted, which no checkpoint has.
var errNoCheckpoint = errors.New("pipeline: only a run can go on after it was stopped: leave the checkpoint out")

// CheckpointError says that what an earlier run has left cannot be taken up, since
// it had other settings or other inputs. Nothing there was changed.
type CheckpointError struct {
	Dir     string
	Changes []Change
	// OtherVersion tells that another version of the program left it, in a format that
	// this one does not read.
	OtherVersion bool
}

// Change is one thing that is not as it was.
type Change struct {
	// What is the name of a field of [Identity] as JSON has it, or "input" and the
	// name of a file.
	What string
	// Was and Is are its values, "" for what is not there at all.
	Was, Is string
}

// Error names what has changed.
func (e *CheckpointError) Error() string {
	var changes []string
	for _, c := range e.Changes {
		changes = append(changes, fmt.Sprintf("%s was %s, and is %s", c.What, orNone(c.Was), orNone(c.Is)))
	}
	with := "what it was begun with"
	if e.OtherVersion {
		with = "the version of doppel that began it"
	}
	return fmt.Sprintf("pipeline: the run whose state is in %q cannot go on: %s; run with %s, or anew in another folder",
		e.Dir, strings.Join(changes, "; "), with)
}

func orNone(s string) string {
	if s == "" {
		return "not there"
	}
	return s
}

// CheckpointVersion is that of the blocks in a checkpoint. Persisted; raise it when they
// change, and make a fixture as package internal/compat says.
const CheckpointVersion = 1

// runHead is the first block of a checkpoint: what the others depend on.
type runHead struct {
	Version  int             `json:"version"`
	Identity json.RawMessage `json:"identity"`
	// PairsFrom is the similarity from which there are pairs.
	PairsFrom float64     `json:"pairs_from"`
	Inputs    []inputHead `json:"inputs"`
}

// inputHead is what is known of a file without reading it.
type inputHead struct {
	Name        string        `json:"name"`
	Bytes       int64         `json:"bytes"`
	Modified    time.Time     `json:"modified"`
	Format      corpus.Format `json:"format"`
	Compression string        `json:"compression"`
	Reference   bool          `json:"reference,omitempty"`
}

func (h inputHead) String() string {
	role := "input"
	if h.Reference {
		role = "reference"
	}
	return fmt.Sprintf("%d bytes of %s (%s, %s, compression %s)", h.Bytes, h.Modified.Format(time.RFC3339Nano), role, h.Format, h.Compression)
}

func (j *Job) head() (runHead, error) {
	identity, err := json.Marshal(j.plan.Identity)
	if err != nil {
		return runHead{}, fmt.Errorf("pipeline: %w", err)
	}
	h := runHead{Version: CheckpointVersion, Identity: identity, PairsFrom: j.pairsFrom()}
	for _, f := range j.corpus.Files() {
		h.Inputs = append(h.Inputs, inputHead{f.Name, f.Size, f.Modified.UTC(), f.Format, f.Compression.String(), f.Reference})
	}
	return h, nil
}

// changes lists how h differs from what it was.
func (h runHead) changes(was runHead) ([]Change, error) {
	before, err := flatten(was.Identity)
	if err != nil {
		return nil, err
	}
	now, err := flatten(h.Identity)
	if err != nil {
		return nil, err
	}
	files := func(h runHead, into map[string]string) {
		into["pair floor"] = fmt.Sprint(h.PairsFrom)
		for _, in := range h.Inputs {
			into[fmt.Sprintf("input %q", in.Name)] = in.String()
		}
	}
	files(was, before)
	files(h, now)
	var names []string
	for name := range before {
		names = append(names, name)
	}
	for name := range now {
		names = append(names, name)
	}
	slices.Sort(names)
	var changes []Change
	for _, name := range slices.Compact(names) {
		if before[name] != now[name] {
			changes = append(changes, Change{name, before[name], now[name]})
		}
	}
	return changes, nil
}

// flatten returns the values in a JSON object by their names, those of an inner
// object as "outer.inner".
func flatten(object json.RawMessage) (map[string]string, error) {
	flat := map[string]string{}
	var walk func(name string, raw json.RawMessage) error
	walk = func(name string, raw json.RawMessage) error {
		if !bytes.HasPrefix(raw, []byte("{")) {
			flat[name] = string(raw)
			return nil
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			return err
		}
		for field, value := range fields {
			if err := walk(strings.TrimPrefix(name+"."+field, "."), value); err != nil {
				return err
			}
		}
		return nil
	}
	return flat, walk("", object)
}

// refused makes an error of a checkpoint that this version cannot read.
func (c *Checkpoint) refused(err error) error {
	var other segment.VersionError
	if errors.As(err, &other) {
		return &CheckpointError{Dir: c.Dir, Changes: []Change{{"version of the segments", fmt.Sprint(uint32(other)), fmt.Sprint(segment.Version)}}, OtherVersion: true}
	}
	return err
}
