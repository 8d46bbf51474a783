package segment

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Log is a log that is open. Use it as
//
//	l, err := segment.Open(vfs.OS{}, dir)
//	...
//	damage, err := l.Replay(func(block []byte) error { ... })
//	... l.Append(block) ... l.Seal() ...
//	defer l.Close()
type Log struct {
	fs  vfs.FS
	dir string

	found []uint32 // segments, ascending
	next  uint32   // number of the segment under construction
	link  uint64

	file   vfs.File // of it; nil before its first block
	w      *bufio.Writer
	sum    *xxh3.Hasher
	blocks uint64
	err    error // of writing: nothing is written after it
}

const bufferBytes = 64 << 10

// Open opens the log in dir, which is made if it is not there; its parent must be.
// What is there must be replayed before anything is appended.
func Open(fsys vfs.FS, dir string) (*Log, error) {
	l := &Log{fs: fsys, dir: dir, w: bufio.NewWriterSize(nil, bufferBytes), sum: xxh3.New()}
	err := fsys.Mkdir(dir, 0o700)
	if err == nil {
		err = fsys.SyncDir(filepath.Dir(dir))
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("segment: %w", err)
	}
	names, err := fsys.List(dir)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	for _, name := range names {
		number, temporary, ok := parseName(name)
		switch {
		case !ok:
		case temporary:
			if err := fsys.Remove(filepath.Join(dir, name)); err != nil {
				return nil, fmt.Errorf("segment: %w", err)
			}
		default:
			l.found = append(l.found, number)
		}
	}
	slices.Sort(l.found)
	return l, nil
}

// Append adds a block to the segment under construction.
func (l *Log) Append(payload []byte) error {
	if l.err != nil {
		return l.err
	}
	if len(payload) > MaxBlock {
		return fmt.Errorf("segment: a block of %d bytes, and the limit is %d", len(payload), MaxBlock)
	}
	if l.file == nil {
		if err := l.begin(); err != nil {
			return l.fail(err)
		}
	}
	frame := make([]byte, 0, frameBytes)
	frame = binary.LittleEndian.AppendUint32(frame, uint32(len(payload)))
	frame = binary.LittleEndian.AppendUint32(frame, blockCRC(l.blocks, payload))
	if err := l.write(frame); err != nil {
		return l.fail(err)
	}
	if err := l.write(payload); err != nil {
		return l.fail(err)
	}
	l.blocks++
	return nil
}

// begin starts a segment.
func (l *Log) begin() (err error) {
	if l.file, err = l.fs.Create(l.temp(), 0o600); err != nil {
		return err
	}
	l.w.Reset(l.file)
	l.sum.Reset()
	l.blocks = 0
	return l.write(appendHeader(nil, l.next, l.link))
}

func (l *Log) temp() string { return l.path(l.next) + ".tmp" }

func (l *Log) write(p []byte) error {
	_, _ = l.sum.Write(p) // a hash takes everything
	_, err := l.w.Write(p)
	return err
}

// Seal makes durable what was appended. Without that it does nothing. After an
// error the log takes nothing more; what was sealed before is as it was.
//
// Steps: write, sync the file, close it, rename it, sync the folder. A failed one is
// never tried again, because the kernel may have dropped what it could not write.
func (l *Log) Seal() error {
	if l.err != nil || l.file == nil {
		return l.err
	}
	sum := l.sum.Sum64()
	_, err := l.w.Write(appendFooter(nil, l.blocks, sum))
	if err == nil {
		err = l.w.Flush()
	}
	if err == nil {
		err = l.file.Sync()
	}
	if err = errors.Join(err, l.file.Close()); err == nil {
		err = l.fs.Rename(l.temp(), l.path(l.next))
	}
	l.file = nil
	if err != nil {
		_ = l.fs.Remove(l.temp())
		return l.fail(err)
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return l.fail(err)
	}
	l.next, l.link = l.next+1, sum
	return nil
}

// fail ends the writing. What is under construction goes, as far as it can, so that
// a full disk gets its space back.
func (l *Log) fail(err error) error {
	l.err = fmt.Errorf("segment: %w", err)
	_ = l.drop() // the error that came first is the one to tell
	return l.err
}

func (l *Log) drop() error {
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.file.Close(), l.fs.Remove(l.temp()))
	l.file = nil
	return err
}

// Close drops what was not sealed.
func (l *Log) Close() error {
	if err := l.drop(); err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	return nil
}
