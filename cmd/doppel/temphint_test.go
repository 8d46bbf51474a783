package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"github.com/doppel-dedup/doppel/internal/tempfile"
)

// TestTemporaryFilesHaveAHint: who has no room for temporary files is told the flag.
func TestTemporaryFilesHaveAHint(t *testing.T) {
	var stderr bytes.Buffer
	a := &app{started: true, log: slog.New(newTextHandler(&stderr, slog.LevelInfo))}
	err := fmt.Errorf("spill: %w", &tempfile.Error{Err: syscall.ENOSPC})
	if code := a.exitCode(t.Context(), err); code != exitError || !strings.Contains(stderr.String(), "--temp") {
		t.Errorf("exit code %d, %q", code, &stderr)
	}
}
