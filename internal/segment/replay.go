package segment

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/zeebo/xxh3"
)

// Replay calls yield with every block of every segment in order. The block is good
// until yield returns, whose errors end the replay and are returned as they are.
//
// From a damaged segment on all are deleted, and the log goes on in its place. An
// error is returned if a file cannot be read at all, or if the log is of another
// version of the format, which is a [VersionError]: then nothing is deleted.
func (l *Log) Replay(yield func(block []byte) error) (*Damage, error) {
	for i, number := range l.found {
		if number != uint32(i) {
			return l.cutAt(i, "it is missing")
		}
		sum, err := l.read(number, nil)
		var bad badSegment
		switch {
		case errors.As(err, &bad):
			return l.cutAt(i, bad.reason)
		case err != nil:
			return nil, err
		}
		if _, err := l.read(number, yield); err != nil {
			return nil, err
		}
		l.next, l.link = number+1, sum
	}
	return nil, nil
}

// cutAt deletes the segments from place i in found on, the last one first, so that
// a chain is left wherever that ends.
func (l *Log) cutAt(i int, reason string) (*Damage, error) {
	d := &Damage{Path: l.path(uint32(i)), Reason: reason, Lost: len(l.found) - i}
	for k := len(l.found) - 1; k >= i; k-- {
		if err := l.fs.Remove(l.path(l.found[k])); err != nil {
			return nil, fmt.Errorf("segment: %w", err)
		}
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	l.found = l.found[:i]
	return d, nil
}

// badSegment is what is wrong with a segment that could be read.
type badSegment struct{ reason string }

func (b badSegment) Error() string { return b.reason }

func bad(format string, args ...any) error { return badSegment{fmt.Sprintf(format, args...)} }

// read reads a segment to its end and returns its sum. yield, if there is one, gets
// the blocks on the way.
func (l *Log) read(number uint32, yield func([]byte) error) (sum uint64, err error) {
	file, err := l.fs.Open(l.path(number))
	if err != nil {
		return 0, fmt.Errorf("segment: %w", err)
	}
	defer file.Close() // opened for reading: nothing can be lost
	s := &segmentReader{in: bufio.NewReaderSize(file, bufferBytes), sum: xxh3.New()}
	if err := s.header(number, l.link); err != nil {
		return 0, l.place(number, err)
	}
	for {
		more, err := s.block()
		if err != nil {
			return 0, l.place(number, err)
		}
		if !more {
			return s.total, nil
		}
		if yield != nil {
			if err := yield(s.payload); err != nil {
				return 0, err
			}
		}
	}
}

// place says of an error of reading where it is; what is bad stays that.
func (l *Log) place(number uint32, err error) error {
	if errors.As(err, new(badSegment)) {
		return err
	}
	return fmt.Errorf("segment: %s: %w", l.path(number), err)
}

type segmentReader struct {
	in      *bufio.Reader
	sum     *xxh3.Hasher
	blocks  uint64
	payload []byte
	total   uint64 // of the footer, when it was read
}

// take reads n bytes into dst, which it returns.
func (s *segmentReader) take(dst []byte, n int) ([]byte, error) {
	dst = dst[:0]
	for len(dst) < n { // in steps: a length may be wrong, and memory is taken for it
		step := min(n-len(dst), max(len(dst), bufferBytes))
		dst = append(dst, make([]byte, step)...)
		_, err := io.ReadFull(s.in, dst[len(dst)-step:])
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return nil, bad("it is cut short")
		case err != nil:
			return nil, err
		}
	}
	return dst, nil
}

func (s *segmentReader) header(number uint32, link uint64) error {
	h, err := s.take(nil, headerBytes)
	if err != nil {
		return err
	}
	if string(h[:len(magic)]) != magic || !crcEnds(h) {
		return bad("its header is damaged")
	}
	if v := binary.LittleEndian.Uint32(h[8:]); v != Version {
		return VersionError(v)
	}
	if want := appendHeader(nil, number, link); string(want) != string(h) {
		return bad("it belongs to another place or another log")
	}
	_, _ = s.sum.Write(h)
	return nil
}

func crcEnds(p []byte) bool {
	n := len(p) - 4
	return crc32.Checksum(p[:n], table) == binary.LittleEndian.Uint32(p[n:])
}

// block reads a block, or the footer.
func (s *segmentReader) block() (more bool, err error) {
	var buf [footerBytes]byte
	head, err := s.take(buf[:], 4)
	if err != nil {
		return false, err
	}
	n := binary.LittleEndian.Uint32(head)
	if n == footerMark {
		return false, s.footer()
	}
	if n > MaxBlock {
		return false, bad("the length of block %d is damaged", s.blocks)
	}
	_, _ = s.sum.Write(head)
	crc, err := s.take(buf[:], 4)
	if err != nil {
		return false, err
	}
	_, _ = s.sum.Write(crc)
	want := binary.LittleEndian.Uint32(crc)
	if s.payload, err = s.take(s.payload, int(n)); err != nil {
		return false, err
	}
	if blockCRC(s.blocks, s.payload) != want {
		return false, bad("block %d is damaged", s.blocks)
	}
	_, _ = s.sum.Write(s.payload)
	s.blocks++
	return true, nil
}

func (s *segmentReader) footer() error {
	rest, err := s.take(nil, footerBytes-4)
	if err != nil {
		return err
	}
	s.total = s.sum.Sum64()
	if want := appendFooter(nil, s.blocks, s.total); string(want[4:]) != string(rest) {
		return bad("its footer is damaged")
	}
	if _, err := s.in.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return err
		}
		return bad("it goes on behind its footer")
	}
	return nil
}
