package json

// ValidUTF8 reports whether p is valid UTF-8, as [unicode/utf8.Valid] does, which
// is its portable form.
func ValidUTF8(p []byte) bool { return validUTF8(p) }
