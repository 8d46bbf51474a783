package compat

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/segment"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
	"github.com/doppel-dedup/doppel/pipeline/snapshot"
)

// asOther makes of a run folder one of another version.
type asOther func(t *testing.T, run string)

// replaced changes a text in a file, once.
func replaced(name, old, by string) asOther {
	return func(t *testing.T, run string) {
		t.Helper()
		path := filepath.Join(run, filepath.FromSlash(name))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(b, []byte(old)) {
			t.Fatalf("%s has no %q", path, old)
		}
		if err := os.WriteFile(path, bytes.Replace(b, []byte(old), []byte(by), 1), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// manifestOf gives the manifest another schema, and _SUCCESS the digests for it and a
// line about a file that there is not yet.
func manifestOf(schema int) asOther {
	return func(t *testing.T, run string) {
		t.Helper()
		replaced(runfolder.ManifestFile, fmt.Sprintf(`"schema_version": %d`, runfolder.Schema), fmt.Sprintf(`"schema_version": %d`, schema))(t, run)
		var sums bytes.Buffer
		for _, name := range []string{"accounts.json", runfolder.ManifestFile, runfolder.MetricsFile, runfolder.TimingsFile} {
			b, err := os.ReadFile(filepath.Join(run, name))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(b), name)
		}
		if err := os.WriteFile(filepath.Join(run, runfolder.SuccessFile), sums.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// savedOf gives the saved run another schema, and the checksum for it.
func savedOf(schema int) asOther {
	return func(t *testing.T, run string) {
		t.Helper()
		name := filepath.Join(runfolder.SavedDir, snapshot.HeaderName)
		replaced(filepath.ToSlash(name), fmt.Sprintf(`"schema": %d`, snapshot.Schema), fmt.Sprintf(`"schema": %d`, schema))(t, run)
		path := filepath.Join(run, name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		body, _, found := bytes.Cut(b, []byte(",\n  \"checksum\": \""))
		if !found {
			t.Fatal("no checksum")
		}
		sum := xxh3.Hash128(body).Bytes()
		if err := os.WriteFile(path, fmt.Appendf(nil, "%s,\n  \"checksum\": \"%x\"\n}\n", body, sum), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func checkpointOf(run string) string { return runfolder.CheckpointDir(run) }

// segmentsOf gives the first segment of the checkpoint another version.
func segmentsOf(version uint32) asOther {
	return func(t *testing.T, run string) {
		t.Helper()
		path := filepath.Join(checkpointOf(run), "00000000.seg")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		const header = 8 + 4 + 4 + 8
		binary.LittleEndian.PutUint32(b[8:], version)
		binary.LittleEndian.PutUint32(b[header:], crc32.Checksum(b[:header], crc32.MakeTable(crc32.Castagnoli)))
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// blocksOf writes the checkpoint anew with another version in its head.
func blocksOf(version int) asOther {
	return func(t *testing.T, run string) {
		t.Helper()
		dir := checkpointOf(run)
		var blocks [][]byte
		old, err := segment.Open(vfs.OS{}, dir)
		if err == nil {
			_, err = old.Replay(func(b []byte) error { blocks = append(blocks, slices.Clone(b)); return nil })
		}
		if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
			t.Fatal(err)
		}
		was := fmt.Appendf(nil, `{"version":%d,`, checkpoint.Version)
		if len(blocks) < 3 || !bytes.Contains(blocks[0], was) {
			t.Fatalf("%d blocks, the first of them %q", len(blocks), blocks[:1])
		}
		blocks[0] = bytes.Replace(blocks[0], was, fmt.Appendf(nil, `{"version":%d,`, version), 1)
		made, err := segment.Open(vfs.OS{}, dir)
		for _, b := range blocks {
			if err == nil {
				err = made.Append(b)
			}
		}
		if err == nil {
			err = made.Seal()
		}
		if err := errors.Join(err, made.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOtherVersionsAreRefused by all verbs that must read what another version wrote,
// with both versions, the program that has it and what to do; and nothing is changed.
func TestOtherVersionsAreRefused(t *testing.T) {
	const (
		finished, stopped = "finished", "stopped"
		fixture           = "doppel (a fixture)"
	)
	request := runfolder.WorkDir + "/" + runfolder.RequestFile
	again := strings.Join(arguments, " ")
	for _, c := range []struct {
		name, of string
		change   asOther
		verbs    map[string]int // and their exit codes
		want     []string
	}{
		{"newer folder", finished, manifestOf(runfolder.Schema + 1),
			map[string]int{"status run": 1, "verify run": 1, "apply run -o out": 1, "decide run keep crowd-1 --actor ann": 1, "resume run": 7, again: 7},
			[]string{"manifest.json is of schema 2, and this version reads schema 1", "use " + fixture}},
		{"older folder", finished, manifestOf(0),
			map[string]int{"status run": 1, "verify run": 1, "resume run": 7}, []string{"is of schema 0, and this version reads schema 1", "use " + fixture}},
		{"newer times", finished, replaced(runfolder.TimingsFile, `"schema_version": 1`, `"schema_version": 2`),
			map[string]int{"resume run": 7, again: 7}, []string{"timings.json is of schema 2, and this version reads schema 1", "use the version of doppel that wrote it"}},
		{"newer saved run", finished, savedOf(snapshot.Schema + 1),
			map[string]int{"rethreshold run 0.9": 1, "apply run -o out": 1}, []string{"schema 3 cannot be read, only schemas 1 to 2", "use the version of doppel that wrote it"}},
		{"older saved run", finished, savedOf(0),
			map[string]int{"rethreshold run 0.9": 1}, []string{"schema 0 cannot be read, only schemas 1 to 2"}},
		{"newer request", stopped, replaced(request, `"schema": 1`, `"schema": 2`),
			map[string]int{"status run": 1, "resume run": 7, again: 7}, []string{"request.json is of schema 2, and this version reads schema 1", "use " + fixture}},
		{"an option that is not known here", stopped, replaced(request, `"options": {`, `"options": {"colour": {"value": 1, "origin": "flag"},`),
			map[string]int{"resume run": 7, again: 7}, []string{"option colour is 1 there and not set here", "it was begun by " + fixture + ", and this is doppel "}},
		{"newer segments", stopped, segmentsOf(segment.Version + 1),
			map[string]int{"resume run": 7}, []string{"version of the segments was 2, and is 1", "run with the version of doppel that began it", "it was begun by " + fixture}},
		{"older segments", stopped, segmentsOf(0),
			map[string]int{"resume run": 7, again: 7}, []string{"version of the segments was 0, and is 1"}},
		{"newer checkpoint", stopped, blocksOf(checkpoint.Version + 1),
			map[string]int{"resume run": 7}, []string{fmt.Sprintf("version of the checkpoint was %d, and is %d", checkpoint.Version+1, checkpoint.Version), "run with the version of doppel that began it", "it was begun by " + fixture}},
		{"older checkpoint", stopped, blocksOf(0),
			map[string]int{"resume run": 7, again: 7}, []string{fmt.Sprintf("version of the checkpoint was 0, and is %d", checkpoint.Version)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, from := command(t), newest(t, finishedKind)
			if c.of == stopped {
				from = newest(t, stoppedKind)
			}
			run := d.copyRun(t, from)
			c.change(t, run)
			before := vfstest.Files(t, run)
			for verb, want := range c.verbs {
				code, _, stderr := d.run(t, strings.Fields(verb)...)
				if code != want {
					t.Errorf("doppel %s: exit code %d, want %d\n%s", verb, code, want, stderr)
				}
				for _, text := range c.want {
					if !strings.Contains(stderr, text) {
						t.Errorf("doppel %s: %q says nothing of %q", verb, stderr, text)
					}
				}
			}
			after := vfstest.Files(t, run)
			for name := range before {
				// A request is written by every process that claims the folder.
				if after[name] != before[name] && (name != request || !strings.Contains(after[name], `"program": "`+fixture)) {
					t.Errorf("%s was changed", name)
				}
			}
			if len(after) != len(before) {
				t.Errorf("%d files, and before %d", len(after), len(before))
			}
			if err := os.Remove(filepath.Join(run, runfolder.DecisionsFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			d.must(t, append(slices.Clone(arguments), "--overwrite")...)
			d.must(t, "verify", "run")
		})
	}
}

// newest is the fixture of the present schemas.
func newest(t *testing.T, kind string) string {
	t.Helper()
	all := fixtures(t, kind)
	return all[len(all)-1]
}
