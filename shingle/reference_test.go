package shingle

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"github.com/zeebo/xxh3"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// This file holds slow and obvious versions of what the package does fast.

// slowNormalize normalises the whole text at once by the libraries.
func slowNormalize(text string) string {
	text = string([]rune(text)) // U+FFFD for each bad byte
	text = slowCharacters(slowBreaks(slowMarkup(text)))
	if plain := slowBreaks(slowMarkup(text)); plain != text {
		text = slowCharacters(plain)
	}
	if strings.Contains(text, "- ") {
		text = joined(brokenWord, text)
	}
	return text
}

// joined takes out what is between the two groups of a pattern.
func joined(pattern *regexp.Regexp, text string) string {
	for pattern.MatchString(text) {
		text = pattern.ReplaceAllString(text, "$1$2")
	}
	return text
}

// slowBreaks mends the line ends that have to be seen in the text as it was written.
func slowBreaks(text string) string {
	if 2*len(spacedSoft.FindAllString(text, -1)) > len(soft.FindAllString(text, -1)) {
		text = joined(softBreak, text)
	}
	lines := strings.Split(text, "\n")
	text = lines[0]
	for _, line := range lines[1:] {
		before := strings.TrimRight(strings.TrimSuffix(text, "\r"), " \t")
		after := strings.TrimLeft(line, " \t")
		word, hyphen := strings.CutSuffix(before, "-")
		if !hyphen {
			word, hyphen = strings.CutSuffix(before, "\u2010")
		}
		if hyphen && indicPart(utf8.DecodeLastRuneInString(word)) && indicPart(utf8.DecodeRuneInString(after)) {
			text = word + after
		} else {
			text += "\n" + line
		}
	}
	return text
}

// indicPart reports whether r is a letter or mark from Devanagari to Sinhala.
func indicPart(r rune, _ int) bool {
	return r >= 'ऀ' && r < 'ก' && (unicode.IsLetter(r) || unicode.IsMark(r))
}

var (
	brokenWord = regexp.MustCompile(`([\pL\pM])- (\p{Ll})`)
	soft       = regexp.MustCompile(`\x{AD}+`)
	spacedSoft = regexp.MustCompile(`\x{AD}+[\s\v\x{85}\pZ]`)
	softBreak  = regexp.MustCompile(`([\pL\pM])\x{AD}+[\s\v\x{85}\pZ]+(\pL)`)
)

var acutes = strings.NewReplacer("\u00b4", "'", "\u1ffd", "'")

// slowCharacters is slowNormalize without markup and line ends.
func slowCharacters(text string) string {
	text = acutes.Replace(text)
	for {
		var b strings.Builder
		for _, r := range norm.NFKC.String(text) {
			if r != '\u0307' || !strings.HasSuffix(b.String(), "i") {
				b.WriteString(slowFold(r))
			}
		}
		next := b.String()
		if next == text {
			return strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " ")
		}
		text = next
	}
}

var caseFold = cases.Fold()

// slowFold folds one character.
func slowFold(r rune) string {
	switch {
	case invisible(r) || optional(r):
		return ""
	case r == 'İ' || r == 'ı':
		return "i"
	case strings.ContainsRune("ʻʼ׳‘’‚‛", r):
		return "'"
	case strings.ContainsRune("״“”„‟", r):
		return `"`
	case strings.ContainsRune("֊־‐‑‒–—―−⸗", r):
		return "-"
	}
	if unicode.Is(unicode.Cherokee, r) && unicode.IsUpper(r) {
		return string(r) // the fold is to capitals; x/text has it both ways
	}
	return caseFold.String(string(r))
}

// A span is a token's place in a text.
type span struct{ start, end int }

// slowTokens finds the tokens of a text by the library alone.
func slowTokens(text string) []span {
	var spans []span
	var end int
	for it := words.FromString(text); it.Next(); {
		start := end
		end += len(it.Value())
		spans = append(spans, cutUnspaced(it.Value(), start)...)
	}
	return spans
}

// cutUnspaced returns the tokens of one segment that starts at offset.
func cutUnspaced(segment string, offset int) []span {
	var spans []span
	open := false // the last span is a character that marks may follow
	for i, r := range segment {
		size := len(string(r))
		this := span{offset + i, offset + i + size}
		switch {
		case unspacedSlow(r):
			spans = append(spans, this)
			open = true
		case open && (unicode.IsMark(r) || invisible(r)):
			spans[len(spans)-1].end = this.end
		default:
			if !open && len(spans) > 0 {
				spans[len(spans)-1].end = this.end
			} else {
				spans = append(spans, this)
			}
			open = false
		}
	}
	return slices.DeleteFunc(spans, func(s span) bool {
		return !strings.ContainsFunc(segment[s.start-offset:s.end-offset], func(r rune) bool {
			return unicode.IsLetter(r) || unicode.IsNumber(r)
		})
	})
}

// unspacedSlow is unspaced without its short cuts.
func unspacedSlow(r rune) bool {
	if !unicode.In(r, unicode.L, unicode.Nl) {
		return false
	}
	if strings.ContainsRune("ー\uFF70〱〲〳〴〵", r) {
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai,
		unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// someSeeds are one for each kind of hash functions.
var someSeeds = []int64{0, -5}

// slowHash hashes a token by the definition, or by the key of a seed, which has its own
// tests.
func slowHash(seed int64, token string) uint64 {
	if seed != 0 {
		return kernels.NewKey(seed).HashToken([]byte(token), 0, len(token))
	}
	if len(token) > 16 {
		return xxh3.HashString(token)
	}
	var t [16]byte
	copy(t[:], token)
	return kernels.Mix(binary.LittleEndian.Uint64(t[:8]) + binary.LittleEndian.Uint64(t[8:])*0xC2B2AE3D27D4EB4F)
}

// slowSet makes a set of all shingles.
func slowSet(seed int64, spec Spec, text string) Set {
	set := slowAll(seed, spec, text)
	slices.Sort(set)
	return slices.Compact(set)
}

// slowAll hashes every shingle from its start.
func slowAll(seed int64, spec Spec, text string) []uint64 {
	var hashes []uint64
	key := kernels.NewKey(seed)
	end := -1
	for _, token := range slowTokens(text) {
		if spec.Unit == Word {
			hashes = append(hashes, slowHash(seed, text[token.start:token.end]))
			continue
		}
		if end >= 0 && token.start > end {
			hashes = append(hashes, key.HashChar(' '))
		}
		end = token.end
		for _, r := range text[token.start:token.end] {
			hashes = append(hashes, key.HashChar(r))
		}
	}
	if len(hashes) == 0 {
		return nil
	}
	var set []uint64
	n := min(spec.N, len(hashes))
	for i := 0; i+n <= len(hashes); i++ {
		if seed != 0 {
			shingle := slices.Clone(hashes[i : i+n])
			key.Roll(shingle, n, kernels.Mix(uint64(spec.Unit)<<16|uint64(spec.N)<<8|uint64(n)))
			set = append(set, shingle[0])
			continue
		}
		var sum uint64
		for _, h := range hashes[i : i+n] {
			sum = sum*kernels.Multiplier + h
		}
		set = append(set, kernels.Mix(sum+kernels.Mix(uint64(spec.Unit)<<16|uint64(spec.N)<<8|uint64(n))))
	}
	return set
}

// scannedTokens returns what the scanner finds.
func scannedTokens(text string) []span {
	var spans []span
	for s := (scanner{text: []byte(text)}); s.next(); {
		spans = append(spans, span{s.start, s.end})
	}
	return spans
}

// foundTokens returns what a tokenizer finds, and the scanner where a tokenizer
// does not look.
func foundTokens(text string) []span {
	var (
		t     tokenizer
		spans []span
	)
	for at := 0; at < len(text); {
		chunk := []byte(text[at:])
		size, ok := nextChunk(chunk)
		if ok {
			edges := t.find(chunk[:size:size])
			for i := 0; i < len(edges); i += 2 {
				spans = append(spans, span{at + int(edges[i]), at + int(edges[i+1])})
			}
		} else {
			for _, s := range scannedTokens(text[at : at+size]) {
				spans = append(spans, span{at + s.start, at + s.end})
			}
		}
		at += size
	}
	return spans
}

// tokensOf returns the tokens of a text that is not normalised yet, as text.
func tokensOf(text string) []string {
	normalised := []byte(normalise(text))
	var tokens []string
	for s := (scanner{text: normalised}); s.next(); {
		tokens = append(tokens, string(normalised[s.start:s.end]))
	}
	return tokens
}

// setOf returns the set of a text that is not normalised yet.
func setOf(spec, text string) Set {
	s, err := ParseSpec(spec)
	if err != nil {
		panic(err)
	}
	return NewShingler(s, 0).Append(nil, []byte(normalise(text)))
}

// jaccard is the similarity of two sets, by the definition.
func jaccard(a, b Set) float64 {
	union := append(slices.Clone(a), b...)
	slices.Sort(union)
	union = slices.Compact(union)
	return float64(len(a)+len(b)-len(union)) / float64(len(union))
}

// scripts is text in many scripts and with many kinds of trouble; the tests
// and fuzz targets share it.
var scripts = []string{
	"", " ", "a", "  Hello,\tWORLD!\r\n\r\nIt's 3.14 o'clock.  ",
	"don't can't o'Neill's rock'n'roll 'quoted' 1,000.50 1.2.3 a.b.c a:b 1:2 a,b 1;2 _x_ __ a_1 -5 a-b x' 'y",
	"The “quick” fox can’t jump — 32.3 feet, right?…",
	"Straße STRASSE ﬁne ŒUVRE İstanbul ıI ǅ ẞ",
	"Привет, МИР! Ёлка ёлка е\u0308лка 1995-й год, т.е. МГУ",
	"你好，世界！这是2024年的新闻。", "東京タワーは1958年に完成した。カタカナ ﾊﾝｶｸ ｶﾞ が か\u3099 々〆〇",
	"ภาษาไทยเขียนติดกัน ๑๒๓ น้ำ กำลัง", "ភាសាខ្មែរ កម្ពុជា", "ພາສາລາວ", "မြန်မာဘာသာ",
	"안녕하세요 세계 \u1112\u1161\u11ab\u1100\u1173\u11af", "नमस्ते दुनिया कि\u094d क\u093c",
	"مَرْحَبًا بالعالم ﷺ ﷲ لا ١٢٣", "שלום עולם צה\"ל ג'ירפה", "Tiếng Việt Tie\u0302\u0301ng Vie\u0302\u0323t",
	"🎉🎉 👨‍👩‍👧‍👦 🇩🇪🇫🇷 1️⃣ ❤️ a🎉b ℹ Ⓜ", "\ufeffBOM at the start\ufeff", "soft\u00adhyphen zero\u200bwidth non\u200cjoiner word\u2060joiner",
	"bad \xff\xfe utf \xe4\xbd trunc\xc3", "\x00nul\x00 \x1f\x7f", "½ ² ㎏ ㍿ ℡ Ⅷ ① ﷼", "x\u00a8y \u00b4 \u309b\u309c",
	"nbsp\u00a0here\u2003em\u3000wide\u0085nel\u2028line\u1680ogham\u180emvs",
	"a\u0300\u0327\u0301 \u0300leading \u0345\u0300ᾳ\u0300 ΐ ᾼ Σίσυφος ΣΑΣ", "カ_カ a_カ_b 日_本 _カ",
	"z" + strings.Repeat("\u0316\u0301", 40) + "q", "a " + strings.Repeat("\u0301\u0316", 33) + " \u0344b",
	"1.\u03085 a'\u0308b -\u0308b \u200db", "ⰊⰑⰏ Ꭰꭰ ᏸ 𐐀 𞤀 𝔘𝔫𝔦", "\u034f\u0301 a\u034f\u0301 e\u200d\u0301",
	`a < b && c > d <b>bold</b> <p class="x">par</p><br/>R&amp;D &#39;q&#x27; &nbsp;&eacute; <!-- no --> <script>x<y</script> <a href='u?v=w&amp;x' download>`,
	"＜ｂ＞ &amp;lt;i&amp;gt; &lt;hr&gt; &notit; &semi; AT&T <td nowrap align=left>e&#769;", "exam-\r\n  ple EXAM-\u00a0PLE pre- e\u0301-\ne- 5-\na x-\u2028-y soft\u00ad\nbreak u‐ v",
	"co\u00ad\u00ad \noper Å\u00ad\u2028Б 5\u00ad\n5 a\u00ad -\u00ad b\u00ad\u3000", "हक-\nुಗಳ क‐ \t\r\n\tख-\nगo १-\n२ क-\n\nख স-\r\nர 1९-\nफ",
	"it´s o’clock rock ‘n’ roll d‚e “q” 1–2—3−4 שָׁלוֹם צה״ל בן־אדם מـــد مُحَمَّد هٰذا İSTANBUL ISPARTA ısı i\u0307 I\u0307 j\u0307 \u1ffd",
}

// soup returns n characters drawn by next from those that scripts holds, so
// that anything meets anything.
func soup(n int, next func(int) int) string {
	all := []rune(strings.Join(scripts, " "))
	var b bytes.Buffer
	for range n {
		b.WriteRune(all[next(len(all))])
	}
	return b.String()
}
