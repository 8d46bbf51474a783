package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/doppel-dedup/doppel/internal/quantity"
)

// textHandler writes log records for people: "doppel: message (key value)",
// with the level named only when it is a warning or an error. Times are left
// to whoever collects the output, or to --log-format json.
type textHandler struct {
	mu    *sync.Mutex
	w     io.Writer
	level slog.Level
	attrs []slog.Attr
}

func newTextHandler(w io.Writer, level slog.Level) *textHandler {
	return &textHandler{mu: new(sync.Mutex), w: w, level: level}
}

// Enabled reports whether records of the level are written. The start and the end of a
// program are seen without being told.
func (h *textHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level && level != levelStart && level != levelExit
}

// Handle writes one record as one line.
func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	prefix := "doppel: "
	if r.Level >= slog.LevelError {
		prefix += "error: "
	} else if r.Level >= slog.LevelWarn {
		prefix += "warning: "
	}
	// A message may be several errors, a line each, and may quote hostile names.
	lines := strings.Split(r.Message, "\n")
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(prefix + safe(line))
	}
	var details []string
	add := func(a slog.Attr) bool {
		details = append(details, safe(strings.ReplaceAll(a.Key, "_", " ")+" "+detail(a)))
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	if len(details) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(details, ", "))
	}
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.w, b.String())
	return err
}

// detail is the value of an attribute as people read it: numbers are grouped, but for
// the names of processes.
func detail(a slog.Attr) string {
	if a.Value.Kind() == slog.KindInt64 && a.Key != "pid" {
		return quantity.Number(a.Value.Int64())
	}
	return a.Value.String()
}

// WithAttrs returns a handler that adds attrs to every record.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append(append([]slog.Attr(nil), h.attrs...), attrs...)
	return &c
}

// WithGroup is not used by doppel: groups are flattened.
func (h *textHandler) WithGroup(string) slog.Handler { return h }

// The levels of messages that are more than talk. To filters they are as slog's Info, but
// for the exit, which is always told.
const (
	levelStart    = slog.LevelInfo + 1
	levelProgress = slog.LevelInfo + 2
	levelSummary  = slog.LevelInfo + 3
	levelExit     = slog.LevelError + 4
)

// messageTypes are the types of messages as JSON. Stable: types and fields are only
// ever added.
var messageTypes = map[slog.Level]string{
	slog.LevelInfo: "message", levelStart: "start", levelProgress: "progress", levelSummary: "summary",
	slog.LevelWarn: "warning", slog.LevelError: "error", levelExit: "exit",
}

// newMessageHandler writes log records for programs: one object a line with time, type
// and message. Nothing in a record acts on a terminal.
func newMessageHandler(w io.Writer, level slog.Level) slog.Handler {
	return slog.NewJSONHandler(escaped{w}, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
		switch {
		case len(groups) > 0:
		case attr.Key == slog.LevelKey:
			level, _ := attr.Value.Any().(slog.Level)
			return slog.String("type", messageTypes[level])
		case attr.Key == slog.MessageKey:
			attr.Key = "message"
		}
		return attr
	}})
}
