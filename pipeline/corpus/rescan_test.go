package corpus

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestRescanStopsAtAChangedFile: nothing behind a file that is not what it was is yielded,
// whether it has grown, has other bytes or is gone.
func TestRescanStopsAtAChangedFile(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"other bytes": func(path string) error {
			return os.WriteFile(path, []byte("{\"id\":\"1\",\"text\":\"othe\"}\n"), 0o600)
		},
		"grown": func(path string) error {
			return os.WriteFile(path, []byte("{\"id\":\"1\",\"text\":\"text\"}\n\n"), 0o600)
		},
		"gone": os.Remove,
	} {
		for _, threads := range []int{1, 4} {
			dir := t.TempDir()
			path := func(i int) string { return filepath.Join(dir, fmt.Sprintf("%d.jsonl", i)) }
			for i := range 4 {
				if err := os.WriteFile(path(i), fmt.Appendf(nil, "{\"id\":\"%d\",\"text\":\"text\"}\n", i), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c, err := Open([]string{dir}, Options{Threads: threads})
			if err == nil {
				err = c.Scan(t.Context(), func(b *Block) error { b.Release(); return nil })
			}
			if err := errors.Join(err, change(path(1))); err != nil {
				t.Fatal(err)
			}
			last := -1
			err = c.Rescan(t.Context(), func(int) bool { return true }, func(b *Block) error {
				last = b.File
				b.Release()
				return nil
			})
			var changed *ChangedError
			if !errors.As(err, &changed) || changed.File != "1.jsonl" || last > 1 {
				t.Errorf("%s, %d threads: blocks up to file %d, and error %v", name, threads, last, err)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
