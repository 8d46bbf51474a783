package corpus

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gzipMembers reads the members of a gzip file one after another. Zeros up to its end,
// as tapes and some writers leave, belong to none: the gzip tool passes over them too.
type gzipMembers struct {
	z *gzip.Reader
	b *bufio.Reader
}

// begin goes to the next member.
func (g *gzipMembers) begin() error {
	if err := g.z.Reset(g.b); err != nil {
		return err
	}
	g.z.Multistream(false)
	return nil
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	for { // members may be empty
		n, err := g.z.Read(p)
		if err != io.EOF {
			return n, err
		}
		if err = g.passZeros(); err == nil {
			err = g.begin()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// passZeros returns io.EOF if nothing but zeros is left, and nil if no zero is next.
func (g *gzipMembers) passZeros() error {
	next, err := g.b.Peek(1)
	if err != nil || next[0] != 0 {
		return err
	}
	for {
		switch c, err := g.b.ReadByte(); {
		case err != nil:
			return err
		case c != 0:
			return gzip.ErrHeader
		}
	}
}
