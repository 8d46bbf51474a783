package pipeline_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/diskspace"
	"github.com/doppel-dedup/doppel/pipeline"
)

// TestVolumes: a file system counts once whatever is on it, and one that does not tell
// is not looked at.
func TestVolumes(t *testing.T) {
	t.Parallel()
	const gib = 1 << 30
	of := func(dir string) (diskspace.Volume, error) {
		if dir == "nfs" {
			return diskspace.Volume{}, errors.ErrUnsupported
		}
		return diskspace.Volume{Device: uint64(len(dir)), Free: 4 * gib}, nil
	}
	temp := pipeline.Need{What: "temporary files", Dir: "a", Least: 3 * gib, Most: 5 * gib}
	out := func(dir string, least, most int64) pipeline.Need {
		return pipeline.Need{What: "output", Dir: dir, Least: least, Most: most}
	}
	for _, c := range []struct {
		needs          []pipeline.Need
		volumes        int
		refused, tight bool
	}{
		{[]pipeline.Need{temp, out("bb", 4*gib, 4*gib)}, 2, false, true},
		{[]pipeline.Need{temp, out("bb", 4*gib+1, 5*gib)}, 2, true, true},
		{[]pipeline.Need{temp, out("c", gib, gib)}, 1, false, true},
		{[]pipeline.Need{temp, out("c", gib+1, gib+1)}, 1, true, true},
		{[]pipeline.Need{temp, out("nfs", 9*gib, 9*gib)}, 1, false, true},
		{[]pipeline.Need{out("nfs", 9*gib, 9*gib)}, 0, false, false},
		{[]pipeline.Need{out("a", 0, 4*gib)}, 1, false, false},
	} {
		volumes := pipeline.VolumesBy(c.needs, of)
		refused, tight := false, false
		for _, v := range volumes {
			err := v.Check()
			if err != nil && !errors.As(err, new(*pipeline.SpaceError)) {
				t.Errorf("%v: %v is no SpaceError", c.needs, err)
			}
			refused, tight = refused || err != nil, tight || v.Most() > v.Free
		}
		if len(volumes) != c.volumes || refused != c.refused || tight != c.tight {
			t.Errorf("%v: %d volumes, refused %v, tight %v; want %d, %v, %v", c.needs, len(volumes), refused, tight, c.volumes, c.refused, c.tight)
		}
	}
	err := pipeline.VolumesBy([]pipeline.Need{temp, out("c", 2*gib, 2*gib)}, of)[0].Check()
	want := `the disk has no room for this run, which takes at least 5.0 GiB (temporary files in "a": up to 5.0 GiB, output in "c": up to 2.0 GiB; 4.0 GiB are free): make room`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestNeeds: what is known of inputs before they are read.
func TestNeeds(t *testing.T) {
	t.Parallel()
	path := writeJSONL(t, planted(2000, 77))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	size := info.Size()
	needs := func(o pipeline.Options, w pipeline.Writes) []pipeline.Need {
		t.Helper()
		o.Temp = t.TempDir()
		job, err := pipeline.Prepare(o)
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		return job.Needs(w)
	}
	in := pipeline.Options{Inputs: []string{path}}
	data := pipeline.Writes{Dir: "out", Data: true}
	if got := needs(in, data)[1]; got.Least != size/4 || got.Most != size || got.Dir != "out" {
		t.Errorf("%+v for the data of %d bytes", got, size)
	}
	where := in
	if err := where.Identity.AddCondition("id=x"); err != nil {
		t.Fatal(err)
	}
	if got := needs(where, data)[1]; got.Least != 0 || got.Most != size {
		t.Errorf("%+v where few records may take part", got)
	}
	against := pipeline.Options{Inputs: in.Inputs, Against: []string{writeJSONL(t, planted(500, 78))}}
	if got := needs(against, data)[1]; got.Most != size {
		t.Errorf("%+v with references, which are not written", got)
	}
	whole := pipeline.Writes{Dir: "out", Data: true, Saved: true, Tables: true, Checkpoint: true}
	all := needs(in, whole)[1]
	if all.Least <= size/4 || all.Most <= size || all.What != "output and checkpoint" {
		t.Errorf("%+v for a run folder of %d bytes of input", all, size)
	}
	whole.There = all.Least
	if got := needs(in, whole)[1]; got.Least != 0 || got.Most != all.Most-all.Least {
		t.Errorf("%+v where %d of %+v are there", got, all.Least, all)
	}
	story := in
	story.Preset = pipeline.Story
	kept := pipeline.Writes{Dir: "out", Checkpoint: true}
	without := needs(story, kept)[1]
	kept.Sets = true
	if got := needs(story, kept)[1]; without.Most <= 0 || got.Most < without.Most+5*size || got.Least != without.Least {
		t.Errorf("%+v for a checkpoint with rows of %d bytes of text, and %+v without", got, size, without)
	}
	stdin := pipeline.Options{Inputs: []string{"-", path}, Stdin: strings.NewReader("")}
	if got := needs(stdin, data); got[0].Most != 0 || got[1].Most != size {
		t.Errorf("%+v with standard input beside %d bytes", got, size)
	}
}
