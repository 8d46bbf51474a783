// Command wheel packs a doppel program as a Python wheel, so that it can be had by pip:
//
//	go run ./release/wheel -target linux/amd64 -version v1.2.0 -o dist doppel
//
// The wheel holds the program and the package doppel_dedup, which calls it and reads
// run folders. Equal programs, versions and times give equal wheels. The is that of the binary distribution format (PEP 427, PEP 376, core metadata 2.1).
package main

import (
	"archive/zip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	var p pack
	flag.StringVar(&p.target, "target", "", "GOOS/GOARCH of the program")
	flag.StringVar(&p.version, "version", "", "version, as git describe names it")
	flag.StringVar(&p.dir, "o", ".", "folder for the wheel")
	flag.StringVar(&p.license, "license", "LICENSE", "file with the license")
	seconds := flag.Int64("time", 0, "time of all files, in seconds since 1970")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	p.program, p.time = flag.Arg(0), time.Unix(*seconds, 0).UTC()
	path, err := p.write()
	if err != nil {
		fmt.Fprintln(os.Stderr, "wheel:", err)
		os.Exit(1)
	}
	fmt.Println(path)
}

// platforms are the machines that pip knows. doppel is linked with no library of the
// system, so any Linux does.
var platforms = map[string][]string{
	"linux/amd64":   {"manylinux_2_17_x86_64", "manylinux2014_x86_64", "musllinux_1_1_x86_64"},
	"linux/arm64":   {"manylinux_2_17_aarch64", "manylinux2014_aarch64", "musllinux_1_1_aarch64"},
	"darwin/amd64":  {"macosx_12_0_x86_64"},
	"darwin/arm64":  {"macosx_12_0_arm64"},
	"windows/amd64": {"win_amd64"},
}

//go:embed doppel_dedup/*.py
var module embed.FS

// pack is what a wheel is made of.
type pack struct {
	program, license     string // files
	target, version, dir string
	time                 time.Time
}

// write makes the wheel and returns its path.
func (p *pack) write() (path string, err error) {
	tags := platforms[p.target]
	if tags == nil {
		return "", fmt.Errorf("no platform of Python for %q", p.target)
	}
	version, err := pythonVersion(p.version)
	if err != nil {
		return "", err
	}
	path = filepath.Join(p.dir, fmt.Sprintf("doppel_dedup-%s-py3-none-%s.whl", version, strings.Join(tags, ".")))
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	w := &wheel{zip: zip.NewWriter(f), time: zipTime(p.time)}
	w.fill(p, version, tags)
	w.keep(w.zip.Close())
	w.keep(f.Close())
	if w.err != nil {
		return "", errors.Join(w.err, os.Remove(path))
	}
	return path, nil
}

var (
	released = regexp.MustCompile(`^v?(\d+(?:\.\d+)*)(?:-rc\.?(\d+))?(?:-(\d+)-g([0-9a-f]+))?(-dirty)?$`)
	revision = regexp.MustCompile(`^([0-9a-f]{7,40})(-dirty)?$`)
)

// pythonVersion spells a version of git describe as PEP 440 wants it.
func pythonVersion(described string) (string, error) {
	// A revision of digits alone is longer than the numbers that versions have.
	if m := revision.FindStringSubmatch(described); m != nil {
		return "0.dev0+g" + m[1] + strings.Replace(m[2], "-", ".", 1), nil
	}
	m := released.FindStringSubmatch(described)
	if m == nil {
		return "", fmt.Errorf("%q is no version: want v1.2.3, v1.2.3-rc.1, what git describe makes of these, or a revision", described)
	}
	version, local := m[1], []string{}
	if m[2] != "" {
		version += "rc" + m[2]
	}
	if m[3] != "" {
		version += ".post" + m[3]
		local = append(local, "g"+m[4])
	}
	if m[5] != "" {
		local = append(local, "dirty")
	}
	if len(local) > 0 {
		version += "+" + strings.Join(local, ".")
	}
	return version, nil
}

// zipTime is t, or as early as an archive can tell.
func zipTime(t time.Time) time.Time {
	if first := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC); t.Before(first) {
		return first
	}
	return t
}

// wheel is the archive being written. After the first error nothing more is.
type wheel struct {
	zip    *zip.Writer
	time   time.Time
	record strings.Builder
	err    error
}

func (w *wheel) fill(p *pack, version string, tags []string) {
	entries, err := module.ReadDir("doppel_dedup")
	w.keep(err)
	for _, e := range entries {
		name := "doppel_dedup/" + e.Name()
		w.add(name, 0o644, func() (fs.File, error) { return module.Open(name) })
	}
	name := "doppel"
	if strings.HasPrefix(p.target, "windows/") {
		name += ".exe"
	}
	prefix := "doppel_dedup-" + version
	w.add(prefix+".data/scripts/"+name, 0o755, opener(p.program))
	info := prefix + ".dist-info/"
	w.add(info+"licenses/LICENSE", 0o644, opener(p.license))
	w.text(info+"METADATA", metadata(version))
	w.text(info+"WHEEL", "Wheel-Version: 1.0\nGenerator: doppel\nRoot-Is-Purelib: false\nTag: py3-none-"+strings.Join(tags, "\nTag: py3-none-")+"\n")
	w.store(info+"RECORD", 0o644, strings.NewReader(w.record.String()+info+"RECORD,,\n"))
}

func opener(path string) func() (fs.File, error) {
	return func() (fs.File, error) { return os.Open(path) }
}

func (w *wheel) keep(err error) {
	if w.err == nil {
		w.err = err
	}
}

// add stores a file.
func (w *wheel) add(name string, mode fs.FileMode, open func() (fs.File, error)) {
	f, err := open()
	if err != nil {
		w.keep(err)
		return
	}
	w.store(name, mode, f)
	w.keep(f.Close())
}

func (w *wheel) text(name, content string) { w.store(name, 0o644, strings.NewReader(content)) }

// store writes an entry and notes its digest and size.
func (w *wheel) store(name string, mode fs.FileMode, content io.Reader) {
	if w.err != nil {
		return
	}
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.time}
	h.SetMode(mode)
	f, err := w.zip.CreateHeader(h)
	if err != nil {
		w.err = err
		return
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), content)
	w.keep(err)
	fmt.Fprintf(&w.record, "%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum.Sum(nil)), n)
}

func metadata(version string) string {
	return `Metadata-Version: 2.1
Name: doppel-dedup
Version: ` + version + `
Summary: find duplicate and near-duplicate documents, see why, and prune them
License: Apache-2.0
Requires-Python: >=3.9
Provides-Extra: tables
Requires-Dist: pyarrow; extra == "tables"
Description-Content-Type: text/markdown

doppel reads a corpus of texts, groups duplicates and near-duplicates, verifies every
pair exactly, and writes the corpus without what a kept document covers.

    doppel run corpus.jsonl -o result

The same from Python:

    import doppel_dedup
    doppel_dedup.run("run", "corpus.jsonl", "-o", "result")
    members = doppel_dedup.table("result", "members")
`
}
