package corpus

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/doppel-dedup/doppel/internal/charset"
)

// EncodingAuto is the [Options.Encoding] by which every file says how it is encoded.
const EncodingAuto = "auto"

// ParseEncoding returns the one name of an encoding that browsers know, or of auto.
func ParseEncoding(name string) (string, error) {
	if strings.EqualFold(name, EncodingAuto) {
		return EncodingAuto, nil
	}
	canonical, ok := charset.Name(name)
	if !ok {
		return "", fmt.Errorf("corpus: encoding %q is unknown, want auto, utf-8, windows-1252, shift_jis or another one of the web", name)
	}
	return canonical, nil
}

// toUTF8 returns raw, the content of a text file or page without a byte order mark of
// UTF-8, as UTF-8, or what is wrong with it.
func (p *Parser) toUTF8(b *Block, raw []byte) ([]byte, badness) {
	const hint = "; if the file has another encoding, name it by --encoding"
	named := strings.TrimPrefix(p.c.o.Encoding, EncodingAuto)
	if b.Offset == 0 && bytes.HasPrefix(b.Data, utf8BOM) {
		named = "utf-8"
	}
	text, name, ok := charset.Strict(raw, b.format == HTML, named)
	if !ok {
		return nil, badness{BadEncoding, fmt.Sprintf("the content is not all %s, as it should be%s", name, hint)}
	}
	bad := checkUTF8(text)
	if bad != (badness{}) {
		bad.text += hint
	}
	return text, bad
}
