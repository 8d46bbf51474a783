package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// bench is what the parts share: where things are, and what was measured before.
type bench struct {
	data, out, page, peers string

	sets map[string]*labelled
	runs map[runKey]*measured
}

func newBench() *bench {
	return &bench{sets: map[string]*labelled{}, runs: map[runKey]*measured{}}
}

// figure writes a figure under its name.
func (b *bench) figure(name string, f *figure) error {
	return f.write(filepath.Join(b.out, name+".svg"))
}

// table is a Markdown table under way.
type table struct{ text strings.Builder }

func newTable(head ...string) *table {
	t := &table{}
	t.row(head...)
	t.text.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	return t
}

func (t *table) row(cells ...string) {
	t.text.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// table puts a table into the page, between the marks of that name.
func (b *bench) table(name string, t *table) error {
	page, err := os.ReadFile(b.page)
	if err != nil {
		return err
	}
	replaced, err := between(string(page), name, t.text.String())
	if err != nil {
		return fmt.Errorf("%s: %w", b.page, err)
	}
	return os.WriteFile(b.page, []byte(replaced), 0o644)
}

// between replaces what stands between the marks of a name.
func between(page, name, text string) (string, error) {
	begin, end := "<!-- table "+name+": begin -->\n", "<!-- table "+name+": end -->"
	head, rest, ok := strings.Cut(page, begin)
	_, tail, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return "", fmt.Errorf("the marks %q and %q are not there: put them where the table belongs", strings.TrimSpace(begin), end)
	}
	return head + begin + "\n" + text + "\n" + end + tail, nil
}

func count[T ~int | ~int64](n T) string { return fmt.Sprint(n) }
