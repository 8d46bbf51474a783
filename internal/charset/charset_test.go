package charset

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func encoded(t *testing.T, b []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecode(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte("港口日报"))
	gbk = encoded(t, gbk, err)
	sjis, err := japanese.ShiftJIS.NewEncoder().Bytes([]byte("港の新聞"))
	sjis = encoded(t, sjis, err)
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte("kölsch"))
	utf16 = encoded(t, utf16, err)
	ascii := strings.Repeat("a ", 1000)
	for _, c := range []struct {
		name, in, contentType, page, text string
	}{
		{"plain", "abc", "", "abc", "abc"},
		{"UTF-8 that nobody named", "crème", "", "crème", "crème"},
		{"UTF-8 behind 2000 letters", ascii + "crème", "", ascii + "crème", ascii + "crème"},
		{"Latin-1 that nobody named", "cr\xe8me", "", "crème", "crème"},
		{"Latin-1 in the header", "cr\xe8me", "text/html; charset=ISO-8859-1", "crème", "crème"},
		{"a byte order mark beats the header", "\xef\xbb\xbfcrème", "text/html; charset=ISO-8859-1", "crème", "crème"},
		{"UTF-16", string(utf16), "", "kölsch", "kölsch"},
		{"GBK in the header", string(gbk), `text/html; charset="gb2312"`, "港口日报", "港口日报"},
		{"Shift JIS in the header", string(sjis), "text/html;charset=Shift_JIS", "港の新聞", "港の新聞"},
		{"unknown in the header", "crème", "text/html; charset=klingon", "crème", "crème"},
		{"broken UTF-8 that is named", "a\xffb", "text/html; charset=utf-8", "a\uFFFDb", "a\uFFFDb"},
		{"an encoding that is refused", "abc", "text/html; charset=hz-gb-2312", "abc", "abc"},
		{"malformed header", "abc", "text/html; charset", "abc", "abc"},
	} {
		if got := string(Page([]byte(c.in), c.contentType)); got != c.page {
			t.Errorf("%s: page %.80q, want %.80q", c.name, got, c.page)
		}
		if got := string(Text([]byte(c.in), c.contentType)); got != c.text {
			t.Errorf("%s: text %.80q, want %.80q", c.name, got, c.text)
		}
	}
	meta := "<html><meta charset=gbk>" + string(gbk)
	if got := string(Page([]byte(meta), "text/html")); !strings.HasSuffix(got, "港口日报") {
		t.Errorf("meta: %q", got)
	}
	if got := string(Text([]byte("<meta charset=utf-16>abc"), "")); got != "<meta charset=utf-16>abc" {
		t.Errorf("plain text has no meta element: %q", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("cr\xe8me"), "text/html; charset=ISO-8859-1")
	f.Add([]byte("\xff\xfea\x00"), "")
	f.Add([]byte("<meta charset=big5>\xa4\xa4"), "text/html")
	f.Add([]byte("\x1b$B\x30"), "text/plain; charset=iso-2022-jp")
	f.Fuzz(func(t *testing.T, b []byte, contentType string) {
		if !utf8.Valid(Page(b, contentType)) || !utf8.Valid(Text(b, contentType)) {
			t.Errorf("%q as %q is no UTF-8", b, contentType)
		}
	})
}
