package shingle

import (
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
	"github.com/doppel-dedup/doppel/seeds"
)

// english returns the seed articles that are text in English, one after the
// other: about 19 KB with a few characters beyond ASCII.
func english(b *testing.B) []byte {
	b.Helper()
	names, err := fs.Glob(seeds.FS, "*.txt")
	if err != nil || len(names) == 0 {
		b.Fatalf("no seed articles: %v", err)
	}
	var text []byte
	for _, name := range names {
		data, err := fs.ReadFile(seeds.FS, name)
		if err != nil {
			b.Fatal(err)
		}
		text = append(text, data...)
	}
	return text
}

// benchTexts are articles of about 4 KB.
func benchTexts(b *testing.B) map[string][]byte {
	text := english(b)
	return map[string][]byte{
		"seeds":    text[:4000],
		"ascii":    []byte(strings.Map(func(r rune) rune { return min(r, 'z') }, string(text[:4000]))),
		"russian":  []byte(strings.Repeat("Встреча прошла в Москве 20 декабря 2024 года, сообщили агентства. ", 35)),
		"chinese":  []byte(strings.Repeat("会谈于2024年12月20日在莫斯科举行，双方讨论了安全问题。", 50)),
		"thai":     []byte(strings.Repeat("การประชุมจัดขึ้นที่กรุงมอสโกเมื่อวันที่ ๒๐ ธันวาคม ", 27)),
		"nfd":      []byte(strings.Repeat("Cafe\u0301 de\u0301ja\u0300 vu, re\u0301union a\u0300 Gene\u0300ve. ", 80)),
		"repeated": []byte(strings.Repeat("all work and no play makes ", 150)),
	}
}

// perByte reports MB/s and ns for each of n units a call.
func perByte(b *testing.B, bytes, n int, unit string) {
	b.SetBytes(int64(bytes))
	if n > 0 {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/"+unit)
	}
}

func BenchmarkNormalize(b *testing.B) {
	for name, text := range benchTexts(b) {
		b.Run(name, func(b *testing.B) {
			n := NewNormalizer()
			dst := n.Append(nil, text)
			for b.Loop() {
				dst = n.Append(dst[:0], text)
			}
			perByte(b, len(text), 0, "")
		})
	}
}

func BenchmarkTokens(b *testing.B) {
	for name, text := range benchTexts(b) {
		b.Run(name, func(b *testing.B) {
			normalised := NewNormalizer().Append(nil, text)
			count := 0
			var t tokenizer
			for b.Loop() {
				count = len(t.find(normalised)) / 2
			}
			perByte(b, len(text), count, "token")
		})
	}
}

// BenchmarkShingleAll measures the hashes that are signed, from normalised text.
func BenchmarkShingleAll(b *testing.B) {
	for _, spec := range []Spec{{Word, 5}, {Char, 5}} {
		for name, text := range benchTexts(b) {
			b.Run(spec.String()+"/"+name, func(b *testing.B) {
				kerneltest.BenchmarkLevels(b, func(b *testing.B) {
					normalised := NewNormalizer().Append(nil, text)
					s := NewShingler(spec, 0)
					var hashes []uint64
					for b.Loop() {
						hashes = s.AppendAll(hashes[:0], normalised)
					}
					perByte(b, len(text), len(hashes), "shingle")
				})
			})
		}
	}
}

// BenchmarkShingle measures the set alone, from normalised text, sorted.
func BenchmarkShingle(b *testing.B) {
	for _, spec := range []Spec{{Word, 5}, {Char, 5}} {
		for name, text := range benchTexts(b) {
			b.Run(spec.String()+"/"+name, func(b *testing.B) {
				normalised := NewNormalizer().Append(nil, text)
				s := NewShingler(spec, 0)
				var set Set
				for b.Loop() {
					set = s.Append(set[:0], normalised)
				}
				perByte(b, len(text), len(set), "shingle")
			})
		}
	}
}

// BenchmarkTextToSet measures all that a document goes through here.
func BenchmarkTextToSet(b *testing.B) { benchTextToSet(b, 0) }

// BenchmarkTextToSetSeeded is BenchmarkTextToSet with the hash functions of other seeds.
func BenchmarkTextToSetSeeded(b *testing.B) { benchTextToSet(b, 7) }

func benchTextToSet(b *testing.B, seed int64) {
	for _, spec := range []Spec{{Word, 5}, {Char, 5}} {
		for name, text := range benchTexts(b) {
			b.Run(spec.String()+"/"+name, func(b *testing.B) {
				n, s := NewNormalizer(), NewShingler(spec, seed)
				var (
					normalised []byte
					set        Set
					digest     Digest
				)
				n.Append(nil, text) // fills the tables
				for b.Loop() {
					normalised = n.Append(normalised[:0], text)
					digest = DigestOf(normalised, seed)
					set = s.Append(set[:0], normalised)
				}
				if digest == (Digest{}) {
					b.Fatal("no digest")
				}
				perByte(b, len(text), len(set), "shingle")
			})
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	text := english(b)[:4000]
	for name, seed := range map[string]int64{"fixed": 0, "seeded": 7} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				DigestOf(text, seed)
			}
			perByte(b, len(text), 1, "text")
		})
	}
}

// BenchmarkSort sorts other hashes each time, as many times over as branches would
// need to be foretold.
func BenchmarkSort(b *testing.B) {
	for _, n := range []int{12, 20, 30, 300, 700, 1000, 3000, 100000} {
		hashes := make([]uint64, max(n, 1<<17))
		for i := range hashes {
			hashes[i] = kernels.Mix(uint64(i))
		}
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var s sorter
			h := make([]uint64, n)
			at := 0
			for b.Loop() {
				if at += n; at+n > len(hashes) {
					at = 0
				}
				copy(h, hashes[at:])
				s.distinct(h)
			}
			perByte(b, 8*n, n, "shingle")
		})
	}
}

func BenchmarkSegments(b *testing.B) {
	text := english(b)[:4000]
	count := 0
	for b.Loop() {
		count = len(Segments(text))
	}
	perByte(b, len(text), count, "token")
}
