package shingle

import (
	"slices"
	"strings"
	"testing"
)

// TestWordBoundariesByLanguage has the tokens of a sentence in each language. That
// scripts without spaces give one token a character is by design: no dictionary
// divides words alike in two copies of a text of which one was edited.
func TestWordBoundariesByLanguage(t *testing.T) {
	for language, tt := range map[string]struct{ text, tokens string }{
		"english":    {"Mr. O’Neill’s well-known e-mail cost $1,250.50 at 3:30 p.m.", "mr|o'neill's|well|known|e|mail|cost|1,250.50|at|3|30|p.m"},
		"french":     {"L’été dernier, c’est-à-dire aujourd’hui : « où êtes-vous ? »", "l'été|dernier|c'est|à|dire|aujourd'hui|où|êtes|vous"},
		"german":     {"Die STRASSE heißt „Große Freiheit“, z. B. Nr. 39a.", "die|strasse|heisst|grosse|freiheit|z|b|nr|39a"},
		"spanish":    {"¿Qué pasó el 5 de mayo? ¡Nada, señor!", "qué|pasó|el|5|de|mayo|nada|señor"},
		"turkish":    {"IĞDIR’da ılık, İzmir’de iyi; ışık DIŞI.", "iğdir'da|ilik|izmir'de|iyi|işik|dişi"},
		"vietnamese": {"Hà Nội là thủ đô của nước Việt Nam.", "hà|nội|là|thủ|đô|của|nước|việt|nam"},
		"russian":    {"В 1995-м году, т.е. давно, Ёлкин жил по-другому.", "в|1995|м|году|т.е|давно|ёлкин|жил|по|другому"},
		"ukrainian":  {"П’ять об’єктів і здоровʼя.", "п'ять|об'єктів|і|здоров'я"},
		"greek":      {"Ο Σίσυφος δεν ήρθε· ΓΙΑΤΙ;", "ο|σίσυφοσ|δεν|ήρθε|γιατι"},
		"arabic":     {"ذَهَبَ الوَلَدُ إلى المَدْرَســـةِ، في ١٥ مايو.", "ذهب|الولد|إلى|المدرسة|في|١٥|مايو"},
		"persian":    {"او می\u200cخواهد کتاب\u200cها را بخواند.", "او|میخواهد|کتابها|را|بخواند"},
		"hebrew":     {"רֹאשׁ צה״ל אמר: ג׳ירפה בבית־ספר.", "ראש|צה\"ל|אמר|ג'ירפה|בבית|ספר"},
		"hindi":      {"मैं हिन्दी बोलता हूँ। क्या आप क\u094d\u200dष समझे?", "मैं|हिन्दी|बोलता|हूँ|क्या|आप|क्ष|समझे"},
		"bengali":    {"আমি বাংলায় গান গাই।", "আমি|বাংলায়|গান|গাই"},
		"tamil":      {"நான் தமிழ் பேசுகிறேன்.", "நான்|தமிழ்|பேசுகிறேன்"},
		"korean":     {"나는 2024년에 서울에서 살았다.", "나는|2024년에|서울에서|살았다"},
		"chinese":    {"我在2024年去了北京，很好！", "我|在|2024|年|去|了|北|京|很|好"},
		"japanese":   {"東京タワーは、ｱﾒﾘｶ人が好きだ。", "東|京|タ|ワ|ー|は|ア|メ|リ|カ|人|が|好|き|だ"},
		"thai":       {"ฉันกินข้าว ๓ จาน", "ฉั|น|กิ|น|ข้|า|ว|๓|จ|า|น"},
		"lao":        {"ຂ້ອຍກິນເຂົ້າ", "ຂ້|ອ|ຍ|ກິ|ນ|ເ|ຂົ້|າ"},
		"khmer":      {"ខ្ញុំ\u200bញ៉ាំបាយ។", "ខ្|ញុំ|ញ៉ាំ|បា|យ"},
		"burmese":    {"ကျွန်တော် စားသည်။", "ကျွ|န်|တော်|စား|သ|ည်"},
		"georgian":   {"მე მიყვარს თბილისი.", "მე|მიყვარს|თბილისი"},
		"armenian":   {"Ես սիրում եմ Երևանը։", "ես|սիրում|եմ|երեւանը"},
		"amharic":    {"ሰላም ለዓለም፡፡ እንዴት ነህ?", "ሰላም|ለዓለም|እንዴት|ነህ"},
	} {
		if got := strings.Join(tokensOf(tt.text), "|"); got != tt.tokens {
			t.Errorf("%s: tokens of %q are\n%s, want\n%s", language, tt.text, got, tt.tokens)
		}
	}
}

// TestSpellingsThatNoReaderTellsApart has texts that must be exact duplicates.
func TestSpellingsThatNoReaderTellsApart(t *testing.T) {
	for what, texts := range map[string][]string{
		"composed or not":      {"Tiếng Việt, déjà vu, 가나다, が", "Tie\u0302\u0301ng Vie\u0323\u0302t, de\u0301ja\u0300 vu, \u1100\u1161\u1102\u1161\u1103\u1161, か\u3099"},
		"full width":           {"Full width 2024, ｶﾞｽ", "Ｆｕｌｌ　ｗｉｄｔｈ　２０２４， ガス"},
		"ligatures":            {"ﬁnance ﬂow Ǆ", "finance flow dž"},
		"Arabic presentation":  {"ﺍﻟﺴﻼﻡ ﻋﻠﻴﻜﻢ", "السلام عليكم"},
		"vowel signs, Arabic":  {"السَّلامُ عَلَيْكُم", "السلام عليكم", "الســـلام عليكم"},
		"vowel signs, Hebrew":  {"שָׁלוֹם עֲלֵיכֶם", "שלום עליכם", "\ufb2aלום עליכם"},
		"invisible characters": {"invisible characters", "in\u00advis\u200bi\u200cb\u200dl\u2060e \ufeffchar\u202eact\u200fers\ufe0f"},
		"white space":          {"a b c", "a\u00a0b\u3000c", " a\tb\r\n\u2028c\u2003"},
		"case":                 {"Straße ΌΣΟΣ привет", "STRASSE όσος ПРИВЕТ"},
		"case, Turkish":        {"ılık İzmir", "ILIK İZMİR", "ilik i\u0307zmir", "ILIK I\u0307ZMI\u0307R"},
		"apostrophes":          {"l'été d'or", "l’été dʼor", "l‘été d´or", "l＇été d&rsquo;or", "L&#39;ÉTÉ D&#x27;OR"},
		"dashes":               {"1990-95 - so", "1990–95 — so", "1990‑95 − so"},
		"line ends":            {"an example of it", "an exam-\nple of it", "an exam- \r\n   ple of it", "AN EXAM‐\nPLE OF IT", "an exam- ple of it"},
		"markup":               {"R&D was <here> now", "<p>R&amp;D <b>was</b>\n&lt;here&gt;<br/><!-- x -->now</p>"},
	} {
		for _, text := range texts[1:] {
			if got, want := normalise(text), normalise(texts[0]); got != want {
				t.Errorf("%s: %q becomes %q, and %q %q", what, text, got, texts[0], want)
			}
		}
	}
}

// TestWordsThatReadersTellApart has texts that must keep different sets.
func TestWordsThatReadersTellApart(t *testing.T) {
	for _, pair := range [][2]string{
		{"Vietnamese tôi", "Vietnamese toi"}, {"schon", "schön"}, {"pena", "peña"}, {"мой", "мои"}, {"かき", "かぎ"},
		{"कि", "की"}, {"ข่าว", "ข้าว"}, {"ខាង", "ខោង"}, {"آن", "ان"}, {"سأل", "سال"}, {"x <y> z", "x z"}, {"re-sign", "resign"},
	} {
		if slices.Equal(setOf("word:1", pair[0]), setOf("word:1", pair[1])) {
			t.Errorf("%q and %q have the same words", pair[0], pair[1])
		}
	}
}
