// Package checkpoint keeps what a run has found out so far, so that it can go on after
// it was stopped.
//
// All that pass 1 leaves is a function of the batches that its in-order end gets, in
// their order. So these are logged, without texts, and a run that goes on takes them
// again by the same code, and reads on behind the last one. Pass 2 logs verified pairs
// with the number of candidates done, which come in a fixed order. In go [Batch]es and
// pairs; out come the same, from the log of an earlier run of equal identity and inputs,
// and an [*Error] of any other. The format is in docs/formats.md; package segment
// holds the blocks.
//
// A second log in it has what a second reading makes of all texts, [Sets], and is read
// when pass 1 has ended.
//
// A [Log] is for one goroutine at a time, in which it takes the memory of a batch, and
// that of all pairs that an earlier run has found. What it holds are keys of hash functions
// too, so only its owner may read it.
//
// Note: sets of documents in candidate pairs alone are not kept, but made again:
// docs/reliability.md says what that costs.
package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Options say where a run leaves what it takes to go on after it was stopped, in
// whatever way, and takes up what an earlier run has left there. The result is the same
// as without, byte for byte.
//
// A run that is stopped loses what it did since it last sealed a segment there.
// What is damaged there is never used: that part is done again.
type Options struct {
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

	// NoSets says to keep no sets, which take the most room there: of a second reading
	// that is stopped, all is then done again.
	NoSets bool

	// FS is the file system of the folder. Default: the machine's.
	FS vfs.FS
}

// Validate reports what of o cannot be.
func (o Options) Validate() error {
	switch {
	case o.Dir == "":
		return errors.New("checkpoint: no folder is named")
	case o.Every < 0 || o.Interval < 0:
		return fmt.Errorf("checkpoint: every %d bytes or %v is negative", o.Every, o.Interval)
	}
	return nil
}

func (o Options) withDefaults() Options {
	o.Every, o.Interval = cmp.Or(o.Every, 256<<20), cmp.Or(o.Interval, 30*time.Second)
	if o.Tell == nil {
		o.Tell = func(string) {}
	}
	if o.FS == nil {
		o.FS = vfs.OS{}
	}
	return o
}

// Error says that what an earlier run has left cannot be taken up, since
// it had other settings or other inputs. Nothing there was changed.
type Error struct {
	Dir     string
	Changes []Change
	// OtherVersion tells that another version of the program left it, in a format that
	// this one does not read.
	OtherVersion bool
}

// Change is one thing that is not as it was.
type Change struct {
	// What is the name of a field of the identity as JSON has it, or "input" and the
	// name of a file.
	What string
	// Was and Is are its values, "" for what is not there at all.
	Was, Is string
}

// Error names what has changed.
func (e *Error) Error() string {
	var changes []string
	for _, c := range e.Changes {
		changes = append(changes, fmt.Sprintf("%s was %s, and is %s", c.What, orNone(c.Was), orNone(c.Is)))
	}
	with := "what it was begun with"
	if e.OtherVersion {
		with = "the version of doppel that began it"
	}
	return fmt.Sprintf("checkpoint: the run whose state is in %q cannot go on: %s; run with %s, or anew in another folder",
		e.Dir, strings.Join(changes, "; "), with)
}

func orNone(s string) string {
	if s == "" {
		return "not there"
	}
	return s
}

// Version is that of the blocks in a checkpoint. Persisted; raise it when they
// change, and make a fixture as package internal/compat says.
const Version = 3
