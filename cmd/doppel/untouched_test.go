package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestInputsAreNeverTouched runs every verb that reads a corpus over a read-only tree of
// all kinds of files: names, contents, modes and times are what they were.
func TestInputsAreNeverTouched(t *testing.T) {
	parquet, err := os.ReadFile(filepath.FromSlash("../../pipeline/corpus/parquet/testdata/news.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	in := filepath.Join(dir, "in")
	lines := goodA + "\n" + goodB + "\n{\n" + strings.Replace(goodA, `"a"`, `"a2"`, 1) + "\n"
	writeTree(t, in, map[string]string{
		"x.jsonl": lines, "sub/x.jsonl.gz": gzOf(t, strings.ReplaceAll(lines, `"id":"`, `"id":"gz`)), "sub/x.jsonl.zst": zstOf(t, strings.ReplaceAll(lines, `"id":"`, `"id":"zst`)),
		"x.txt": "a text of some words", "x.html": "<p>a page of some words", "x.csv": "id,text\nc,a row of some words\n",
		"x.warc.gz": gzOf(t, wet("urn:a", "a page of an archive")), "x.parquet": string(parquet), "other.bin": "left out",
	})
	writeTree(t, dir, map[string]string{"truth.csv": "id,cluster\na,1\na2,1\n", "ref/r.jsonl": goodB + "\n", "man/here": ""})
	readOnly(t, in)
	readOnly(t, filepath.Join(dir, "ref"))
	before := treeOf(t, in) + treeOf(t, filepath.Join(dir, "ref"))
	verbs := map[string]bool{}
	for _, command := range []string{
		"plan in", "cluster in -o r.jsonl --page p.html --save saved", "cluster in --against ref", "rethreshold saved 0.9",
		"prune in --dry-run", "prune in -o pruned", "prune in/sub --dedup paragraph -o pruned2", "trim in/sub --dedup line -o trimmed",
		"decontaminate in --against ref -o clean", "explain a b in", "query --text good in", "tune in", "eval --truth truth.csv in", "eval --oracle in",
		"run in -o run", "resume run", "status run", "verify run", "why run a", "decide run keep a", "apply run --keep first -o applied",
		"config show", "demo", "version", "man man",
	} {
		verbs[strings.Fields(command)[0]] = true
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(command), nil, &stdout, &stderr)
		if code != exitDone && code != exitQuarantined {
			t.Errorf("%s: exit code %d\n%s", command, code, &stderr)
		}
		if after := treeOf(t, in) + treeOf(t, filepath.Join(dir, "ref")); after != before {
			t.Fatalf("%s: the inputs are\n%s\nwere\n%s", command, after, before)
		}
	}
	for _, cmd := range newRoot(&app{}).Commands() {
		if !verbs[cmd.Name()] && cmd.Name() != "help" && cmd.Name() != "completion" {
			t.Errorf("%s is not among the verbs tried", cmd.Name())
		}
	}
}

// readOnly takes the permission to write away from all below dir, and makes it old.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	old := time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)
	var folders []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			folders = append(folders, path)
		}
		if err := os.Chtimes(path, old, old); err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o444)
	})
	for _, folder := range folders {
		if err == nil {
			err = os.Chmod(folder, 0o555)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // or the folder could not be removed
		for _, folder := range folders {
			if err := os.Chmod(folder, 0o755); err != nil {
				t.Error(err)
			}
		}
	})
}
