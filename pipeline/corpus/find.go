package corpus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
)

// finder collects the files that inputs name.
type finder struct {
	fsys    anywhere
	disk    bool
	format  Format
	known   map[Format]Container
	stdin   bool
	folders map[string]string // folder -> its one name
	seen    map[string]bool   // identities of found
	found   []File
	ignored []string
	matched int // files reached by the current input, also those seen before

	root string // of the folder or glob that is read now: the one name of the folder; "" for a file
}

// input adds what one argument of Open names.
func (f *finder) input(in string) error {
	f.matched = 0
	if in == "" {
		return errors.New("corpus: the name of an input is empty")
	}
	if in == StdinPath {
		return f.addStdin()
	}
	if scheme, _, ok := strings.Cut(in, "://"); ok && f.fsys.stores[scheme] == nil && isScheme(scheme) {
		return fmt.Errorf("corpus: %q cannot be read: no store is known for %q", in, scheme+"://")
	}
	name := path.Clean(filepath.ToSlash(in))
	info, err := fs.Stat(f.fsys, name)
	switch {
	case err == nil && info.IsDir():
		err = f.below(name, func() error { return f.folder(name, "") })
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("corpus: %q is no regular file; to read a pipe, pass it as standard input with %q", in, StdinPath)
	case err == nil:
		return f.addNamed(name, info)
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid):
		return fmt.Errorf("corpus: %w", err)
	case !hasMeta(name):
		return fmt.Errorf("corpus: %q does not exist", in)
	default:
		err = f.glob(name)
	}
	if err == nil && f.matched == 0 {
		return f.nothingIn(in)
	}
	return err
}

// below adds the files that read finds in the folder root.
func (f *finder) below(root string, read func() error) error {
	identity, err := f.identity(path.Join(root, "x"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // which read sees too
		return fmt.Errorf("corpus: %w", err)
	}
	f.root = path.Dir(identity)
	defer func() { f.root = "" }()
	return read()
}

// nothingIn is the error for an input without a file to read.
func (f *finder) nothingIn(in string) error {
	switch n := len(f.ignored); {
	case hasMeta(in) && n == 0:
		return fmt.Errorf("corpus: no file matches %q", in)
	case n == 0:
		return fmt.Errorf("corpus: %q holds no file", in)
	default:
		return fmt.Errorf("corpus: %q holds no file that can be read (%s left out; --input-format reads files of any name)", in,
			quantity.Of(n, "other was", "others were"))
	}
}

func (f *finder) addStdin() error {
	if !f.stdin {
		return errors.New(`corpus: "-" is given but there is no standard input`)
	}
	if f.seen[StdinPath] {
		return nil
	}
	f.seen[StdinPath] = true
	name, format := "stdin.jsonl", JSONL
	switch f.format {
	case Auto, JSONL:
	case Text:
		name, format = "stdin.txt", Text
	default:
		name, format = "stdin."+f.format.String(), f.format
	}
	if !f.reads(format) {
		return unknownFormat(StdinPath, format)
	}
	f.found = append(f.found, File{Name: name, Path: StdinPath, Format: format, identity: StdinPath})
	return nil
}

// addNamed adds a file that was given by its own name.
func (f *finder) addNamed(name string, info fs.FileInfo) error {
	format, _ := kindOf(name)
	if f.format != Auto {
		format = f.format
	}
	if format == Auto {
		return fmt.Errorf("corpus: the name of %q does not say how to read it (want for example .txt, .html, .jsonl, .csv, .parquet or .warc, lines and texts also with .gz, .zst, .bz2 or .xz); set --input-format", name)
	}
	if !f.reads(format) {
		return unknownFormat(name, format)
	}
	return f.add(name, path.Base(name), info)
}

// reads reports whether files of the format can be read.
func (f *finder) reads(format Format) bool {
	switch format {
	case Auto:
		return false
	case Text, JSONL, HTML:
		return true
	}
	return f.known[format] != nil
}

func unknownFormat(name string, format Format) error {
	return fmt.Errorf("corpus: %q is a %s file, which this program was built without: convert it to JSONL", name, format)
}

// add adds a regular file, or lists it as ignored.
func (f *finder) add(name, display string, info fs.FileInfo) error {
	format, compression := kindOf(name)
	if f.format != Auto {
		format = f.format
	}
	if !f.reads(format) {
		f.ignored = append(f.ignored, name)
		return nil
	}
	f.matched++
	identity, err := f.identity(name)
	if err != nil {
		return fmt.Errorf("corpus: %w", err)
	}
	if f.seen[identity] {
		return nil
	}
	f.seen[identity] = true
	f.found = append(f.found, File{
		Name: display, Path: name, Size: info.Size(), Modified: info.ModTime(),
		Format: format, Compression: compression, identity: identity, root: f.root,
	})
	return nil
}

// identity tells whether two names lead to the same file. A symbolic link is a
// file of its own, so that no name in a folder is silently left out; the folder
// it stands in may be reached through links.
func (f *finder) identity(name string) (string, error) {
	if store, _ := f.fsys.store(name); store != nil || !f.disk {
		return name, nil
	}
	dir := path.Dir(name)
	if _, ok := f.folders[dir]; !ok {
		resolved, err := resolve(dir)
		if err != nil {
			return "", err
		}
		f.folders[dir] = resolved
	}
	return path.Join(f.folders[dir], path.Base(name)), nil
}

// folder adds all files below root/rel; rel is "" for the root itself. Links to
// folders are not followed, so there are no loops.
func (f *finder) folder(root, rel string) error {
	entries, err := f.list(path.Join(root, rel))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if isHidden(e.Name()) {
			continue
		}
		if e.IsDir() {
			err = f.folder(root, path.Join(rel, e.Name()))
		} else {
			err = f.entry(root, path.Join(rel, e.Name()), e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// entry adds the file root/rel found in a folder, if it is a regular one.
func (f *finder) entry(root, rel string, e fs.DirEntry) error {
	name := path.Join(root, rel)
	info, err := f.info(name, e)
	if err != nil && mayHideDocuments(e, err) {
		return f.unlisted(path.Dir(name), err)
	}
	if err != nil || !info.Mode().IsRegular() || isQuarantine(name) || f.isOfSavedRun(name) {
		// A dangling link, a link to a folder, a pipe, a socket, a device; or
		// the bad records of an earlier run.
		f.ignored = append(f.ignored, name)
		return nil
	}
	if f.isOtherTable(name) {
		f.ignored = append(f.ignored, name)
		return nil
	}
	return f.add(name, rel, info)
}

// info tells of what a link leads to, and of anything else what its folder's listing
// has told: a store is not asked again for each file.
func (f *finder) info(name string, e fs.DirEntry) (fs.FileInfo, error) {
	if e.Type().IsRegular() {
		return e.Info()
	}
	return fs.Stat(f.fsys, name)
}

// isOtherTable reports whether a file is a table without texts, as there are some in
// folders of corpora: its header does not name the field.
func (f *finder) isOtherTable(name string) bool {
	format, compression := kindOf(name)
	table, ok := f.known[format].(*csvContainer)
	if !ok || f.format != Auto {
		return false
	}
	stored, err := f.fsys.Open(name)
	if err != nil {
		return false // reading it will tell
	}
	defer stored.Close() // opened for reading: nothing can be lost
	records, err := table.Open(context.Background(), &Stored{Name: name, Reader: stored, Compression: compression}, ContainerOptions{MaxRecord: table.limit})
	if err == nil {
		_ = records.Close()
	}
	var other *noTextError
	return errors.As(err, &other)
}

// isQuarantine tells the files that hold the bad records of an earlier run: a
// second run over the folder must not take them for records.
func isQuarantine(name string) bool { return strings.HasSuffix(name, "quarantine.jsonl") }

// isOfSavedRun tells the table of pairs in a saved run: it is no corpus.
func (f *finder) isOfSavedRun(name string) bool {
	if path.Base(name) != "pairs.csv.zst" {
		return false
	}
	_, err := fs.Stat(f.fsys, path.Join(path.Dir(name), "documents.json.zst"))
	return err == nil
}

func isHidden(name string) bool { return strings.HasPrefix(name, ".") }
