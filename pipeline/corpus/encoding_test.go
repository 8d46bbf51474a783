package corpus

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func TestEncodings(t *testing.T) {
	t.Parallel()
	encode := func(text string, e interface {
		String(string) (string, error)
	}) string {
		s, err := e.String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	latin := encode("Größe “x”", charmap.Windows1252.NewEncoder())
	kana := encode("日本語 テスト", japanese.ShiftJIS.NewEncoder())
	// Read as it was stored, such a page is valid UTF-8 full of zeros.
	const wide = " \n<!doctype html><meta charset=utf-16><p>Größe 日本 😀"
	utf16le := encode(wide, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder())
	utf16be := encode(wide, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder())
	const hint = "; if the file has another encoding, name it by --encoding"
	for _, tt := range []struct{ file, data, encoding, want, reason string }{
		{"a.txt", "Größe", "", "Größe", ""},
		{"a.txt", bom + "Größe", "", "Größe", ""},
		{"a.txt", encode("Größe 日本 😀", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()), "", "Größe 日本 😀", ""},
		{"a.md", encode("Größe 日本 😀", unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()), "utf-8", "Größe 日本 😀", ""},
		{"a.txt", encode("Größe 日本 😀", utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewEncoder()), "", "Größe 日本 😀", ""},
		{"a.txt", encode("Größe 日本 😀", utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewEncoder()), "auto", "Größe 日本 😀", ""},
		{"a.txt", "\xff\xfeA\x00\x00\xd8B\x00", "", "", "the content is not all utf-16le, as it should be" + hint},
		{"a.txt", latin, "", "", "invalid UTF-8 at byte 2 of the record" + hint},
		{"a.txt", latin, "windows-1252", "Größe “x”", ""},
		{"a.txt", latin, "Latin1", "Größe “x”", ""},
		{"a.txt", bom + "Größe", "windows-1252", "Größe", ""},
		{"a.txt", kana, "Shift_JIS", "日本語 テスト", ""},
		{"a.txt", kana[:3], "sjis", "", "the content is not all shift_jis, as it should be" + hint},
		{"a.txt", "x", "klingon", "", ""},
		{"a.html", "<p>Größe", "", "<p>Größe", ""},
		{"a.html", "<!doctype html><META charset=windows-1252><p>" + latin, "", "<!doctype html><META charset=windows-1252><p>Größe “x”", ""},
		{"a.htm", "<meta http-equiv='Content-Type' content='text/html; charset=Shift_JIS'>" + kana, "", "<meta http-equiv='Content-Type' content='text/html; charset=Shift_JIS'>日本語 テスト", ""},
		{"a.html", "<meta charset=utf-16>Größe", "", "<meta charset=utf-16>Größe", ""},
		{"a.html", "<meta charset=utf-8>" + latin, "", "", "invalid UTF-8 at byte 22 of the record" + hint},
		{"a.html", "<meta charset=utf-8>" + latin, "latin1", "<meta charset=utf-8>Größe “x”", ""},
		{"a.html", "<meta charset=klingon><!-- <meta charset=latin1> -->" + latin, "", "", "invalid UTF-8 at byte 54 of the record" + hint},
		{"a.html", strings.Repeat(" ", 2000) + "<meta charset=latin1>" + latin, "", "", "invalid UTF-8 at byte 2023 of the record" + hint},
		{"a.txt", "<meta charset=latin1>" + latin, "", "", "invalid UTF-8 at byte 23 of the record" + hint},
		{"a.html", utf16le, "", wide, ""},
		{"a.html", utf16be, "", wide, ""},
		{"a.htm", "\xff\xfe" + utf16le, "", wide, ""},
		{"a.html", "\xfe\xff" + utf16be, "latin1", wide, ""},
		{"a.html", utf16le, "utf-16le", wide, ""},
		{"a.html", utf16be, "utf-16", "", "the content is not all utf-16le, as it should be" + hint},
		{"a.html", utf16le + "x", "", "", "the content is not all utf-16le, as it should be" + hint},
		{"a.html", utf16le + "\x00\xd8", "", "", "the content is not all utf-16le, as it should be" + hint},
		{"a.txt", "<\x00p\x00", "", "<\x00p\x00", ""},
		{"a.html", "<\x00\x00p", "", "<\x00\x00p", ""},
		{"a.html", "< p>", "", "< p>", ""},
	} {
		o := Options{FS: tree{tt.file: tt.data}.fs(), Encoding: tt.encoding}
		c, err := Open([]string{"."}, o)
		if tt.encoding == "klingon" {
			if err == nil || !strings.Contains(err.Error(), `encoding "klingon" is unknown`) {
				t.Errorf("error %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var texts, reasons []string
		got := readAll(t, c)
		for _, d := range got.Docs {
			texts = append(texts, d.Text)
		}
		for _, e := range got.Errs {
			reasons = append(reasons, e.Reason)
		}
		want := [2][]string{{tt.want}, nil}
		if tt.reason != "" {
			want = [2][]string{nil, {tt.reason}}
		}
		if !reflect.DeepEqual([2][]string{texts, reasons}, want) {
			t.Errorf("%s %q by %q: %q %q, want %q", tt.file, tt.data, tt.encoding, texts, reasons, want)
		}
	}
}
