package main

import (
	"strings"
	"testing"
)

func TestUnglued(t *testing.T) {
	for _, tt := range []struct{ edited, original, want string }{
		{"of theimme-\ndiate\nneed", "of the immediate need", "of the imme-\ndiate need"},
		{"well-\nknown exam-\nple", "well-known example", "well- known exam-\nple"},
		{"well-\n-known", "well-known", "well-\n-known"},
		{"a---\n--b", "a----b", "a---\n--b"},
		{"- one - t-\nwo", "- one\n- two", "- one - t-\nwo"},
	} {
		if got, ok := unglued(tt.edited, tt.original); !ok || got != tt.want {
			t.Errorf("unglued(%q, %q) = %q, %v, want %q", tt.edited, tt.original, got, ok, tt.want)
		}
		if got, ok := unglued(tt.edited, tt.original+"s"); ok && strings.TrimSpace(got) != "" {
			t.Errorf("unglued(%q, %q) = %q: something is missing", tt.edited, tt.original+"s", got)
		}
	}
	if got, ok := unglued("other words", "of the"); ok {
		t.Errorf("other words become %q", got)
	}
}
