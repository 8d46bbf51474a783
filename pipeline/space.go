package pipeline

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/internal/diskspace"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// Writes says what a run writes besides temporary files.
type Writes struct {
	// Dir is the folder, which need not be there yet; "" if nothing is written.
	Dir string
	// Data is the pruned corpus, Saved what [Result.Save] writes, Tables what lists its
	// documents beside it, Checkpoint that of [Options], and Sets what that keeps where
	// [Job.KeepsSets].
	Data, Saved, Tables, Checkpoint, Sets bool
	// There is what Dir holds already of all that, or what goes for it, in bytes.
	There int64
}

// Need is the room that a run takes in a folder, in bytes.
type Need struct {
	// What it is for, for people.
	What string `json:"what"`
	Dir  string `json:"folder"`
	// Least is taken in any case that is at all likely, and Most if all documents
	// stay: what comes lies between, as far as the sample is like the rest.
	Least int64 `json:"least"`
	Most  int64 `json:"most"`
}

// What a document takes in the parts of a run folder, besides its id and title, in
// bytes, measured on planted corpora.
const (
	checkpointPerDocument = 32 // and 8 a band
	savedPerDocument      = 24
	tablesPerDocument     = 64
)

// Needs returns the room that the job takes. Of standard input nothing is known, so
// nothing is asked for it.
func (j *Job) Needs(w Writes) []Need {
	temp := j.plan.tempNeed()
	temp.Dir = j.options.Temp
	if temp.Dir == "" {
		temp.Dir = os.TempDir()
	}
	if w.Dir == "" {
		return []Need{temp}
	}
	return []Need{temp, j.outputNeed(w)}
}

// tempNeed is for temporary files. How many documents are alike decides how many sets
// there are, so these are in the most alone.
func (p *Plan) tempNeed() Need {
	x, have := &p.Expected, &p.Budget
	over := func(expected, budget int64) int64 { return max(0, expected-budget) }
	certain, possible := int64(0), int64(0)
	if p.Forecast.Known() {
		possible = p.Forecast.Temp
		certain = over(x.Names, have.Names) + over(x.Kept, have.Kept)
		if x.Keys > have.Keys/2 {
			certain += x.Keys
		}
	}
	if o := p.Identity.Passages; o.Unit != passage.None && o.Scope == passage.Alone {
		certain += over(p.inputBytes, p.passageBudget(0).Texts)
	}
	return Need{What: "temporary files", Least: certain / 2, Most: possible}
}

// outputNeed is for what stays, and for the checkpoint, which goes last of all. The
// least is a quarter of the whole: three documents of four may be copies.
func (j *Job) outputNeed(w Writes) Need {
	p := j.plan
	n := Need{What: "output", Dir: w.Dir}
	if w.Data {
		var stored int64
		for _, f := range j.corpus.Files() {
			if !f.Reference {
				stored += f.Size
			}
		}
		if n.Most = stored; p.Identity.Where == "" { // which may leave most records out
			n.Least = stored / 4
		}
	}
	var rows, checkpoint int64
	if w.Saved {
		rows += p.Expected.Names + p.Documents*savedPerDocument
	}
	if w.Tables {
		rows += p.Documents * tablesPerDocument
	}
	if w.Checkpoint {
		n.What = "output and checkpoint"
		checkpoint = p.Expected.Names + p.Documents*int64(checkpointPerDocument+8*p.Params.Bands)
	}
	if p.Identity.Where == "" {
		n.Least += rows/4 + checkpoint/2
	}
	n.Most += rows + checkpoint
	if w.Checkpoint && w.Sets { // a run can do without
		n.Most += p.Expected.Sets + p.Expected.Figures + p.Expected.Keys
	}
	n.Least, n.Most = max(0, n.Least-w.There), max(0, n.Most-w.There)
	return n
}

// KeepsSets tells whether a checkpoint of the job keeps the sets of all texts, or would:
// [checkpoint.Options.NoSets].
func (j *Job) KeepsSets() bool { return j.plan.Identity.setsFirst() }

// Volume is a file system with what a run writes to it.
type Volume struct {
	// Free is what may still be written there, in bytes.
	Free  int64  `json:"free"`
	Needs []Need `json:"needs"`
}

// Volumes asks the system for the room that there is. Needs on one file system come
// together; those of which that cannot be known are left out.
func Volumes(needs []Need) []Volume { return volumesBy(needs, diskspace.Of) }

func volumesBy(needs []Need, of func(path string) (diskspace.Volume, error)) []Volume {
	var volumes []Volume
	var devices []uint64
	for _, n := range needs {
		at, err := of(n.Dir)
		if err != nil {
			continue // what is wrong shows when the folder is written to
		}
		i := slices.Index(devices, at.Device)
		if i < 0 {
			i = len(devices)
			devices, volumes = append(devices, at.Device), append(volumes, Volume{Free: at.Free})
		}
		volumes[i].Needs = append(volumes[i].Needs, n)
	}
	return volumes
}

// Least is the sum of what is needed there at least, and Most of what may be.
func (v *Volume) Least() (n int64) {
	for _, need := range v.Needs {
		n += need.Least
	}
	return n
}

// Most is described at Least.
func (v *Volume) Most() (n int64) {
	for _, need := range v.Needs {
		n += need.Most
	}
	return n
}

// String says what is needed of what is free, for example `temporary files in "/tmp":
// up to 2.0 GiB; 9.1 GiB are free`.
func (v *Volume) String() string {
	var parts []string
	for _, n := range v.Needs {
		if n.Most > 0 {
			parts = append(parts, fmt.Sprintf("%s in %q: up to %s", n.What, n.Dir, Bytes(n.Most)))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("nothing in %q; %s are free", v.Needs[0].Dir, Bytes(v.Free))
	}
	return fmt.Sprintf("%s; %s are free", strings.Join(parts, ", "), Bytes(v.Free))
}

// Check returns a [*SpaceError] if not even the least fits.
func (v *Volume) Check() error {
	if v.Least() <= v.Free {
		return nil
	}
	return &SpaceError{Volume: *v}
}

// SpaceError is a file system without the room for a run. Nothing was written.
type SpaceError struct{ Volume }

// Error says how much is needed and free, where, and what to do.
func (e *SpaceError) Error() string {
	return fmt.Sprintf("pipeline: the disk has no room for this run, which takes at least %s (%s): "+
		"make room, or choose another folder (--temp for temporary files, -o for the output), a larger --memory for fewer temporary files, or go on with --no-space-check",
		Bytes(e.Least()), e.Volume.String())
}
