package shingle

import "github.com/doppel-dedup/doppel/internal/ascending"

// A Tokenizer finds the places of tokens. Make one with NewTokenizer; it keeps
// buffers of less than 1 MB and belongs to one goroutine at a time.
type Tokenizer struct{ tokens tokenizer }

// NewTokenizer returns a Tokenizer.
func NewTokenizer() *Tokenizer { return new(Tokenizer) }

// Places makes dst the places of the tokens of a normalised text of less than 4 GiB.
// They are those that word shingles are made of, and token i is that of segment i of the
// text as it was written (see [Segments]). It keeps no reference to the text.
func (t *Tokenizer) Places(dst *Places, normalised []byte) {
	dst.starts.Reset()
	dst.ends.Reset()
	t.each(normalised, dst.append)
}

// each calls yield with every token.
func (t *Tokenizer) each(normalised []byte, yield func(start, end int)) {
	at := 0
	for text := normalised; len(text) > 0; {
		size, ok := nextChunk(text)
		if ok {
			edges := t.tokens.find(text[:size])
			for i := 0; i < len(edges); i += 2 {
				yield(at+int(edges[i]), at+int(edges[i+1]))
			}
		} else {
			for scan := (scanner{text: text[:size]}); scan.next(); {
				yield(at+scan.start, at+scan.end)
			}
		}
		text, at = text[size:], at+size
	}
}

// Places are the places of a text's tokens, in half a byte for a byte of text or less.
// They may be read from many goroutines. The zero value has none.
type Places struct{ starts, ends ascending.List }

func (p *Places) append(start, end int) {
	p.starts.Append(start)
	p.ends.Append(end)
}

// Len returns the number of tokens.
func (p *Places) Len() int { return p.starts.Len() }

// At returns the bytes of the text that token i has.
func (p *Places) At(i int) (start, end int) { return p.starts.At(i), p.ends.At(i) }

// Bytes returns the memory that p takes.
func (p *Places) Bytes() int { return p.starts.Bytes() + p.ends.Bytes() }

// Walk is a walk over tokens in order.
type Walk struct{ starts, ends ascending.Cursor }

// From returns a walk whose next token is token i, which there is.
func (p *Places) From(i int) Walk { return Walk{p.starts.From(i), p.ends.From(i)} }

// Next returns the bytes of the next token, which there must be.
func (w *Walk) Next() (start, end int) { return w.starts.Next(), w.ends.Next() }
