package shingle

// Token is the place of a token in a normalised text: bytes Start to End.
type Token struct{ Start, End uint32 }

// A Tokenizer finds the places of tokens. Make one with NewTokenizer; it keeps
// buffers of less than 1 MB and belongs to one goroutine at a time.
type Tokenizer struct{ tokens tokenizer }

// NewTokenizer returns a Tokenizer.
func NewTokenizer() *Tokenizer { return new(Tokenizer) }

// Append appends the tokens of a normalised text of less than 4 GiB to dst, in order,
// and returns the extended slice. They are those that word shingles are made of, and
// token i is that of segment i of the text as it was written (see [Segments]). Append
// keeps neither slice.
func (t *Tokenizer) Append(dst []Token, normalised []byte) []Token {
	at := uint32(0)
	for text := normalised; len(text) > 0; {
		size, ok := nextChunk(text)
		if ok {
			edges := t.tokens.find(text[:size])
			for i := 0; i < len(edges); i += 2 {
				dst = append(dst, Token{at + edges[i], at + edges[i+1]})
			}
		} else {
			for scan := (scanner{text: text[:size]}); scan.next(); {
				dst = append(dst, Token{at + uint32(scan.start), at + uint32(scan.end)})
			}
		}
		text, at = text[size:], at+uint32(size)
	}
	return dst
}
