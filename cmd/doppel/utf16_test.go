package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestPagesInUTF16: a page has the same text in UTF-8 and in UTF-16 of either order, with
// a byte order mark or not, whatever its meta element says.
func TestPagesInUTF16(t *testing.T) {
	const body = "<title>Harbour</title></head><body><p>The harbour authority said “no” to the new bridge over the Größe river, 日本 and 😀 included, on Monday morning.</p></body></html>"
	meta := func(charset string) string {
		return "<!DOCTYPE html>\r\n<html><head><meta charset='" + charset + "'>" + body
	}
	files := map[string]string{"a.html": meta("utf-8")}
	for i, charset := range []string{"utf-16", "utf-16le", "utf-8", "windows-1252"} {
		for name, order := range map[string]binary.AppendByteOrder{"be": binary.BigEndian, "le": binary.LittleEndian} {
			var wide []byte
			for _, u := range utf16.Encode([]rune("\ufeff" + meta(charset))) {
				wide = order.AppendUint16(wide, u)
			}
			files[fmt.Sprintf("%s%d.html", name, i)], files[fmt.Sprintf("%s%d-bare.htm", name, i)] = string(wide), string(wide[2:])
		}
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o755); err != nil {
		t.Fatal(err)
	}
	writeTree(t, in, files)
	for _, mode := range []string{"main", "all"} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"prune", "-q", "--html", mode, in, "-o", out + mode}, nil, &stdout, &stderr)
		if exact := fmt.Sprintf("%d exact copies,", len(files)-1); code != 0 || !strings.Contains(stdout.String(), exact) {
			t.Errorf("--html %s: exit code %d, want %q in\n%s%s", mode, code, exact, &stdout, &stderr)
		}
	}
}
