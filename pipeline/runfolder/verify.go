package runfolder

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline"
)

// Verified is what [Verify] has looked at.
type Verified struct {
	Files   int64       `json:"files"`
	Bytes   int64       `json:"bytes"`
	Members ClassCounts `json:"members"`
}

// Verify proves that a finished run is as it was written: every file has its digest,
// saved and data hold nothing else, the members sum up to the manifest's counts, and
// every dropped document has a keeper that is kept, at the threshold or above. The
// error names the file at fault, of several the first by name. It changes nothing.
//
// It reads up to threads files at once; less than 1 stands for one per CPU.
func Verify(ctx context.Context, dir string, threads int) (Verified, error) {
	v := &verifier{ctx: ctx, dir: dir, threads: threads}
	err := v.run()
	if err != nil && ctx.Err() == nil && !strings.HasPrefix(err.Error(), "runfolder: ") {
		err = fmt.Errorf("runfolder: %w", err)
	}
	return v.seen, err
}

type verifier struct {
	ctx      context.Context
	dir      string
	threads  int
	manifest *Manifest
	seen     Verified
}

func (v *verifier) run() error {
	if err := v.success(); err != nil {
		return err
	}
	var err error
	if v.manifest, err = ReadManifest(v.dir); err != nil {
		return err
	}
	if err := v.files(v.manifest.Outputs); err != nil {
		return err
	}
	if err := v.nothingElse(); err != nil {
		return err
	}
	if err := v.decisions(); err != nil {
		return err
	}
	if err := v.members(); err != nil {
		return err
	}
	return v.spans()
}

// success checks the files that _SUCCESS names.
func (v *verifier) success() error {
	path := filepath.Join(v.dir, SuccessFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%q has no %s: it holds no finished run", v.dir, SuccessFile)
	}
	if err != nil {
		return err
	}
	want := map[string]bool{ManifestFile: true, MetricsFile: true, TimingsFile: true}
	for line := range strings.Lines(string(data)) {
		line, ended := strings.CutSuffix(line, "\n")
		sum, name, ok := strings.Cut(line, "  ")
		if !ok || !ended || !want[name] {
			if _, err := ReadManifest(v.dir); errors.As(err, new(*SchemaError)) {
				return err // which may have other files there
			}
			return fmt.Errorf("%s: line %q is no digest of a file that belongs there", path, line)
		}
		delete(want, name)
		if err := v.files([]Output{{Name: name, SHA256: sum, Bytes: -1}}); err != nil {
			return fmt.Errorf("%w, by %s", err, path)
		}
	}
	for name := range want {
		return fmt.Errorf("%s has no digest of %s", path, name)
	}
	return nil
}

// files holds files against their digests.
func (v *verifier) files(outputs []Output) error {
	sizes, err := checkAll(v.ctx, v.dir, outputs, v.threads)
	for _, n := range sizes {
		v.seen.Files++
		v.seen.Bytes += n
	}
	return err
}

// nothingElse looks for files in saved and data that the manifest does not list.
func (v *verifier) nothingElse() error {
	known := map[string]bool{}
	for _, o := range v.manifest.Outputs {
		known[o.Name] = true
	}
	for _, folder := range []string{SavedDir, DataDir} {
		err := filepath.WalkDir(filepath.Join(v.dir, folder), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // no data was wanted
			}
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(v.dir, path)
			if err == nil && !known[filepath.ToSlash(name)] {
				err = fmt.Errorf("%s is not of this run", path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// decisions makes sure that every line is a decision. No digest holds for
// a file that people's decisions are appended to.
func (v *verifier) decisions() error {
	path := filepath.Join(v.dir, DecisionsFile)
	_, err := ReadDecisions(path)
	return err
}

// members sums the table up, in two passes: what keepers there must be, and whether
// they are.
func (v *verifier) members() error {
	path := filepath.Join(v.dir, tableNames[0]+jsonlEnding)
	var threshold float64
	if err := json.Unmarshal(v.manifest.Options["threshold"].Value, &threshold); err != nil {
		return fmt.Errorf("%s: option threshold: %w", filepath.Join(v.dir, ManifestFile), err)
	}
	keepers := map[xxh3.Uint128]bool{} // whether they were seen
	var decided int64
	count := func(r *pipeline.MemberRow) error {
		if byDecision(r) {
			decided++
		} else if r.Class == pipeline.ClassDropped {
			keepers[xxh3.HashString128(r.Keeper)] = false
			if !(r.Similarity >= threshold) {
				return fmt.Errorf("document %q was dropped at similarity %v, under the threshold %v", r.ID, r.Similarity, threshold)
			}
		}
		return v.seen.Members.add(r.Class)
	}
	if err := v.rows(path, count); err != nil {
		return err
	}
	v.seen.Members.filter(v.manifest.Counts.Filtered)
	if err := v.seen.Members.check(v.manifest.Counts); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if want := v.manifest.Counts.Decided; decided != want {
		return fmt.Errorf("%s: %d documents were dropped by decision, and the run counted %d", path, decided, want)
	}
	if err := v.sums(); err != nil {
		return err
	}
	err := v.rows(path, func(r *pipeline.MemberRow) error {
		if key := xxh3.HashString128(r.ID); isKeeper(r.Class) {
			if _, wanted := keepers[key]; wanted {
				keepers[key] = true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.rows(path, func(r *pipeline.MemberRow) error {
		if r.Class == pipeline.ClassDropped && !byDecision(r) && !keepers[xxh3.HashString128(r.Keeper)] {
			return fmt.Errorf("document %q was dropped for %q, which is not kept", r.ID, r.Keeper)
		}
		return nil
	})
}

// byDecision tells whether somebody decided to drop a document, so that nothing stands
// for it.
func byDecision(r *pipeline.MemberRow) bool {
	return r.Class == pipeline.ClassDropped && r.Reason == pipeline.ReasonDecision && r.Keeper == ""
}

// isKeeper tells whether such a document can stand for a dropped one. All that an
// emptied one says is in others that are kept.
func isKeeper(c pipeline.Class) bool {
	return c == pipeline.ClassKept || c == pipeline.ClassProtected || c == pipeline.ClassEmptied
}

// spans sums up what was cut out of documents.
func (v *verifier) spans() error {
	want := v.manifest.Passages
	if want == nil {
		return nil
	}
	path := filepath.Join(v.dir, SpansFile)
	var documents, characters int64
	last := ""
	err := v.lines(path, func(dec *json.Decoder) error {
		var s struct {
			ID         string `json:"id"`
			Characters int64  `json:"characters"`
		}
		if err := dec.Decode(&s); err != nil {
			return err
		}
		if s.ID != last {
			documents++
		}
		last, characters = s.ID, characters+s.Characters
		return nil
	})
	if err != nil {
		return err
	}
	if documents != want.Trimmed+want.Emptied || characters != want.CutCharacters || want.Emptied != v.seen.Members.Emptied {
		return fmt.Errorf("%s cuts %d characters out of %d documents, and the manifest says %+v", path, characters, documents, *want)
	}
	return nil
}

// sums holds the inputs' counts against the total.
func (v *verifier) sums() error {
	var total ClassCounts
	for _, in := range v.manifest.Inputs {
		total.plus(&in.Records)
	}
	if total != v.seen.Members || v.manifest.Members != total {
		return fmt.Errorf("%s: the inputs' records come to %+v, and the members to %+v", filepath.Join(v.dir, ManifestFile), total, v.seen.Members)
	}
	return nil
}

// rows reads the table of members.
func (v *verifier) rows(path string, yield func(*pipeline.MemberRow) error) error {
	return v.lines(path, func(dec *json.Decoder) error {
		var row pipeline.MemberRow
		if err := dec.Decode(&row); err != nil {
			return err
		}
		return yield(&row)
	})
}

// lines reads a file of JSON objects, compressed if its name says so; next reads one.
func (v *verifier) lines(path string, next func(*json.Decoder) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, jsonlEnding) {
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		defer z.Close()
		in = z
	}
	dec := json.NewDecoder(bufio.NewReaderSize(in, 1<<16))
	for n := 1; ; n++ {
		err := next(dec)
		if err == io.EOF {
			return nil
		}
		if err == nil && n%1024 == 0 && v.ctx.Err() != nil {
			return context.Cause(v.ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: row %d: %w", path, n, err)
		}
	}
}
