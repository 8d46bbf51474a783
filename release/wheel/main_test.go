package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPythonVersion(t *testing.T) {
	for described, want := range map[string]string{
		"v1.2.3":                    "1.2.3",
		"1.2.3":                     "1.2.3",
		"v1.2.3-rc.1":               "1.2.3rc1",
		"v1.2.3-rc1-4-gabc1234":     "1.2.3rc1.post4+gabc1234",
		"v0.1.0-12-gabc1234":        "0.1.0.post12+gabc1234",
		"v0.1.0-dirty":              "0.1.0+dirty",
		"v0.1.0-12-gabc1234-dirty":  "0.1.0.post12+gabc1234.dirty",
		"abc1234":                   "0.dev0+gabc1234",
		"1234567-dirty":             "0.dev0+g1234567.dirty",
		"v1.2.3 ":                   "",
		"latest":                    "",
		"../../../etc":              "",
		"v1.2.3-12-gabc1234-broken": "",
	} {
		got, err := pythonVersion(described)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", described, got, err, want)
		}
	}
}

// TestWheel reads a wheel back: every entry but the record stands in the record with
// its digest and size, the program can be run, and equal parts give equal bytes.
func TestWheel(t *testing.T) {
	dir := t.TempDir()
	program, license := filepath.Join(dir, "built"), filepath.Join(dir, "license")
	for path, content := range map[string]string{program: "the program", license: "do as you like"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := pack{program: program, license: license, target: "windows/amd64", version: "v1.2.3", dir: dir, time: time.Unix(0, 0)}
	path, err := p.write()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := filepath.Base(path), "doppel_dedup-1.2.3-py3-none-win_amd64.whl"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	files, lines := map[string]string{}, []string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(data)
		line := f.Name + ",,"
		if !strings.HasSuffix(f.Name, "/RECORD") {
			sum := sha256.Sum256(data)
			line = fmt.Sprintf("%s,sha256=%s,%d", f.Name, base64.RawURLEncoding.EncodeToString(sum[:]), len(data))
		}
		lines = append(lines, line+"\n")
		if executable := f.Mode()&0o111 != 0; executable != strings.Contains(f.Name, "/scripts/") {
			t.Errorf("%s has the mode %v", f.Name, f.Mode())
		}
	}
	const info = "doppel_dedup-1.2.3.dist-info/"
	if got, want := files[info+"RECORD"], strings.Join(lines, ""); got != want {
		t.Errorf("the record is\n%s\nwant\n%s", got, want)
	}
	if files["doppel_dedup-1.2.3.data/scripts/doppel.exe"] != "the program" || files[info+"licenses/LICENSE"] != "do as you like" || files["doppel_dedup/__init__.py"] == "" {
		t.Errorf("%d files: %v", len(files), lines)
	}
	p.dir = t.TempDir()
	path, err = p.write()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, whole) {
		t.Errorf("another wheel of the same: %v", err)
	}
}

func TestWheelErrors(t *testing.T) {
	dir := t.TempDir()
	for name, p := range map[string]pack{
		"target":  {target: "plan9/mips", version: "v1.0.0", program: "main.go", license: "main.go"},
		"version": {target: "linux/amd64", version: "newest", program: "main.go", license: "main.go"},
		"program": {target: "linux/amd64", version: "v1.0.0", program: "nothing", license: "main.go"},
		"license": {target: "linux/amd64", version: "v1.0.0", program: "main.go", license: "nothing"},
		"folder":  {target: "linux/amd64", version: "v1.0.0", program: "main.go", license: "main.go", dir: filepath.Join(dir, "none")},
	} {
		if p.dir == "" {
			p.dir = dir
		}
		if _, err := p.write(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}
