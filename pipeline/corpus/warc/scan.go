package warc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// class is what a record is to a corpus.
type class uint8

const (
	other    class = iota // no document: it has no number
	document              // it may become one
	bad                   // it cannot be read
)

// record is what the scanner finds.
type record struct {
	class      class
	number     int64 // of documents and bad records, counted from 1
	stored     int64 // place in the stored file of the record, or of its member
	start, end int64 // place in the stream, with the blank lines behind the record
	header     header
	http       *response // of a response
	// content is that of a document, behind the HTTP header if there is one. It is nil if
	// it was not wanted, or over the limit.
	content []byte
	over    bool

	code   corpus.BadCode // why a record is bad
	reason string
	broken bool   // nothing can be read behind it
	raw    []byte // the first bytes of the record
}

// maxRaw is how much of a record is kept for an error, in bytes.
const maxRaw = 4 << 10

// scanner reads the records of a file one after another. What it finds, and how it
// counts, does not depend on limit.
type scanner struct {
	in    *input
	limit int64 // of a document's content in bytes; 0 wants none
	last  int64 // number of the last record that has one
	buf   []byte
	raw   []byte
	rec   record
}

// next returns the next record, valid until the next call, or io.EOF. Other errors
// are those of the machine.
func (s *scanner) next() (*record, error) {
	err := s.toRecord()
	s.raw = s.raw[:0]
	s.rec = record{start: s.in.at, stored: s.in.cur.stored}
	if s.in.codec == nil {
		s.rec.stored = s.in.at
	}
	if err == nil {
		err = s.record()
	}
	var damage *damageError
	switch {
	case err == errEarly:
	case errors.As(err, &damage):
		s.fail(corpus.BadCodeOf(err), damage.Error())
		s.rec.broken = damage.last
	case err != nil:
		return nil, err
	}
	s.rec.end, s.rec.raw = s.in.at, s.raw
	if s.rec.class != other {
		s.last++
		s.rec.number = s.last
	}
	return &s.rec, nil
}

func (s *scanner) fail(code corpus.BadCode, reason string) {
	s.rec.class, s.rec.code, s.rec.reason = bad, code, reason
}

// toRecord goes to the next byte that is no blank line and no padding.
func (s *scanner) toRecord() error {
	for {
		if err := s.skipBlank(); err != nil {
			return err
		}
		p, err := s.in.peek(1)
		if err != nil || len(p) > 0 {
			return err
		}
		if err := s.in.advance(); err != nil {
			return err
		}
	}
}

// skipBlank takes line ends and zeros, up to the end of the member.
func (s *scanner) skipBlank() error {
	for {
		p, err := s.in.peek(len(versionPrefix))
		if err != nil {
			return err
		}
		n := len(p) - len(bytes.TrimLeft(p, "\r\n\x00"))
		if n == 0 {
			return nil
		}
		s.in.discard(n)
	}
}

func (s *scanner) note(line []byte) {
	s.raw = append(s.raw, line[:min(len(line), maxRaw-len(s.raw))]...)
}

// record reads the record that begins here, whatever it is.
func (s *scanner) record() error {
	if ok, err := s.atRecord(); err != nil {
		return err
	} else if !ok {
		return s.resync(corpus.BadWARC, "no WARC record begins here")
	}
	var err error
	var wrong badHeader
	if s.rec.header, err = readHeader(s.in, s.note); errors.As(err, &wrong) {
		return s.resync(corpus.BadWARC, wrong.Error())
	} else if err != nil {
		return err
	}
	if s.in.codec == nil {
		if reason := s.checkEnd(); reason != "" {
			return s.resync(corpus.BadWARC, reason)
		}
	}
	if err := s.content(); err != nil {
		return err
	}
	return s.ending()
}

func (s *scanner) atRecord() (bool, error) {
	p, err := s.in.peek(len(versionPrefix))
	return string(p) == versionPrefix, err
}

// resync makes the record bad, and goes to the next line with which one begins.
func (s *scanner) resync(code corpus.BadCode, reason string) error {
	s.fail(code, reason)
	for lineStart := true; ; {
		p, err := s.in.peek(len(versionPrefix) + len("1.0\r"))
		if err != nil {
			return err
		}
		switch {
		case len(p) == 0:
			ok, err := s.nextMember()
			if err == io.EOF {
				s.rec.broken = true
				return nil
			}
			if err != nil || ok {
				return err
			}
			continue
		case lineStart && isVersionLine(p) && s.in.at > s.rec.start:
			return nil
		}
		line, err := s.in.line()
		if err != nil {
			return err
		}
		s.note(line)
		lineStart = line[len(line)-1] == '\n'
	}
}

// nextMember goes to the next member, and reports whether a record begins with it.
func (s *scanner) nextMember() (bool, error) {
	if err := s.in.advance(); err != nil {
		return false, err
	}
	return s.atRecord()
}

// checkEnd says what is wrong with the place where a record of a file ends that is
// not compressed. It looks there before anything is read, so that a wrong length
// costs nothing.
func (s *scanner) checkEnd() string {
	end := s.in.at + s.rec.header.length
	if end < 0 || end > s.in.file.Size {
		return fmt.Sprintf("the Content-Length is %d, but the file has %d bytes more", s.rec.header.length, s.in.file.Size-s.in.at)
	}
	behind := s.in.file.peek(end, 64)
	rest := bytes.TrimLeft(behind, "\r\n\x00")
	if len(rest) == 0 || bytes.HasPrefix(rest, []byte(versionPrefix)) || bytes.HasPrefix(behind, recordEnd) {
		return ""
	}
	if len(rest) < len(versionPrefix) && len(behind) == 64 {
		return "" // cut off by the peek
	}
	return s.wrongLength()
}

func (s *scanner) wrongLength() string {
	return fmt.Sprintf("the Content-Length is %d, but no record ends there", s.rec.header.length)
}

// errEarly ends the reading of a record whose member ends before it. What is wrong
// is said, and the input is where the next record may begin.
var errEarly = errors.New("warc: the record ends early")

// content reads the content of the record and says what the record is.
func (s *scanner) content() error {
	s.buf = s.buf[:0]
	length := s.rec.header.length
	if err := s.fill(min(length, maxHTTPHeader)); err != nil {
		return err
	}
	s.classify()
	body := s.rec.http.headerSize()
	if s.rec.class == document && s.limit > 0 {
		if s.rec.over = length-int64(body) > s.limit; !s.rec.over {
			if err := s.fill(length - int64(len(s.buf))); err != nil {
				return err
			}
			s.rec.content = s.buf[body:]
		}
	}
	return s.pass(length - int64(len(s.buf)))
}

// fill appends the next n bytes of the content to buf.
func (s *scanner) fill(n int64) error {
	for n > 0 {
		if len(s.buf) == cap(s.buf) {
			s.buf = slices.Grow(s.buf, int(min(n, int64(max(len(s.buf), bufferSize)))))
		}
		room := s.buf[len(s.buf):cap(s.buf)]
		k, err := s.in.read(room[:min(int64(len(room)), n)])
		s.buf, n = s.buf[:len(s.buf)+k], n-int64(k)
		if err := s.goOn(err, n); err != nil {
			return err
		}
	}
	return nil
}

// pass passes over the next n bytes of the content.
func (s *scanner) pass(n int64) error {
	if s.in.codec == nil && n > bufferSize {
		s.in.seek(s.in.at + n)
		return nil
	}
	for n > 0 {
		p, err := s.in.peek(int(min(n, bufferSize)))
		if err == nil && len(p) == 0 {
			err = io.EOF
		}
		s.in.discard(len(p))
		n -= int64(len(p))
		if err := s.goOn(err, n); err != nil {
			return err
		}
	}
	return nil
}

// goOn looks at the end of a member with n bytes of the record to come.
func (s *scanner) goOn(err error, n int64) error {
	if err != io.EOF {
		return err
	}
	if err := s.resync(corpus.CutShort, fmt.Sprintf("the record breaks off: %d of the %d bytes of its content are missing", n, s.rec.header.length)); err != nil {
		return err
	}
	return errEarly
}

// recordEnd is what ends a record. Where it does not stand, or in part, a record has to
// begin; garbage behind it is a bad record of its own.
var recordEnd = []byte("\r\n\r\n")

// ending goes behind the blank lines that end a record.
func (s *scanner) ending() error {
	p, err := s.in.peek(len(recordEnd))
	if err != nil {
		return err
	}
	ended := bytes.Equal(p, recordEnd)
	if err := s.skipBlank(); err != nil {
		return err
	}
	p, err = s.in.peek(len(versionPrefix))
	if err != nil || ended || len(p) == 0 || string(p) == versionPrefix {
		return err
	}
	return s.resync(corpus.BadWARC, s.wrongLength())
}
