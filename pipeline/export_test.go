package pipeline

import "github.com/doppel-dedup/doppel/internal/vfs"

// SetFS makes the checkpoint use another file system.
func (c *Checkpoint) SetFS(fs vfs.FS) { c.fs = fs }
