package corpus

import (
	"cmp"
	"errors"
	"fmt"
	"io"
)

// freeExpansion is how many bytes anything may expand to, and expansionStep after how
// many of them it is looked at what they were made of.
const (
	freeExpansion = 16 << 20
	expansionStep = 1 << 20
)

// ErrExpansion is the end of what may be a decompression bomb.
var ErrExpansion = errors.New("expands beyond the limit")

// Expansion bounds what something may be decompressed to: see [Options.MaxExpansion].
//
// Note: corpora of copies, what doppel is for, shrink a hundredfold. A bomb costs no
// memory either way, since a record over Options.MaxRecord is not kept, but time.
type Expansion struct {
	what        string
	ratio       int64
	stored, out int64
}

// Expansion returns the bound of the file, or of a part that is decompressed by
// itself; what names it in errors.
func (f *Stored) Expansion(what string) *Expansion {
	e := &Expansion{what: what, ratio: DefaultMaxExpansion}
	if f.decoders != nil {
		e.ratio = f.decoders.maxExpansion
	}
	return e
}

// Add counts what so many stored bytes more are, or are said to be, decompressed. Its
// error is an [ErrExpansion].
func (e *Expansion) Add(stored, out int64) error {
	e.stored += stored
	e.out += out
	return e.check(e.stored)
}

func (e *Expansion) check(stored int64) error {
	if e.out > freeExpansion && e.out/e.ratio > stored {
		return fmt.Errorf("%s %w: to more than %d times its size (--max-expansion)", e.what, ErrExpansion, e.ratio)
	}
	return nil
}

// Reader returns z, the decompressed stream of which stored tells how much was read so
// far. It breaks off where it is over the bound, together with those before it.
func (e *Expansion) Reader(z io.Reader, stored func() int64) io.Reader {
	return &expanded{z: z, expansion: e, stored: stored}
}

type expanded struct {
	z         io.Reader
	expansion *Expansion
	stored    func() int64
	err       error
}

func (e *expanded) Read(p []byte) (int, error) {
	x := e.expansion
	// It is looked at in fixed places, so that files always break off at the same.
	p = p[:min(int64(len(p)), expansionStep-x.out%expansionStep)]
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.z.Read(p)
	x.out += int64(n)
	if x.out%expansionStep == 0 {
		err = cmp.Or(x.check(e.stored()), err)
	}
	e.err = err // for who asks again
	return n, err
}

// NameErrors returns r with errors that begin with the name of the compression that is
// undone in it. The end of what is read is none.
func NameErrors(r io.Reader, compression string) io.Reader { return named{r, compression} }

type named struct {
	r    io.Reader
	name string
}

func (n named) Read(p []byte) (int, error) {
	count, err := n.r.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s data: %w", n.name, err)
	}
	return count, err
}
