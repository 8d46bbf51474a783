package webpage

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite the texts of testdata/pages")

// TestPages compares the texts of whole pages with those that were read by a person.
func TestPages(t *testing.T) {
	names, err := filepath.Glob("testdata/pages/*.html")
	if err != nil || len(names) < 7 {
		t.Fatalf("%d pages, %v", len(names), err)
	}
	for _, name := range names {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for mode, ending := range map[Mode]string{Main: ".main.txt", All: ".all.txt"} {
			text, err := mode.Text(page, "")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(name, ".html") + ending
			if *update {
				if err := os.WriteFile(golden, []byte(text+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if text+"\n" != string(want) {
				t.Errorf("%s: got\n%s\nwant\n%s", golden, text, want)
			}
		}
	}
}

// TestMainLeavesOut names what must and must not be in the main text, beside the
// goldens, so that rewriting them cannot hide a loss.
func TestMainLeavesOut(t *testing.T) {
	for name, c := range map[string]struct{ in, out []string }{
		"article": {
			[]string{"Harbour bridge to close", "swing bridge", "Why the bearings failed", "regatta", "Line 9 to Lighthouse\tseven", "opened to trucks last."},
			[]string{"cookies", "Sport pages", "Related", "harbourfan77", "Copyright", "tracking code", "serif", "more script", "Meta description"},
		},
		"code":    {[]string{"\tif strings.HasPrefix(s.Text(), \"<#\") {\n\t\tcontinue\n", "memory map", "s.Buffer says"}, []string{"Sign in here", "Chapter two", "newsletter"}},
		"arabic":  {[]string{"افتتاح مكتبة جديدة", "أربعين ألف كتاب", "كتب جديدة."}, []string{"الرياضة", "ملفات تعريف الارتباط", "جميع الحقوق"}},
		"chinese": {[]string{"老城区新图书馆开放", "藏书超过四万册", "挑选新书。"}, []string{"体育频道", "版权所有"}},
		"forum":   {[]string{"fixed whistle", "Drill a second hole", "the house stays asleep."}, []string{"Register now", "Advertise"}},
		"short":   {[]string{"Closed today\nThe shop is closed today."}, nil},
	} {
		page, err := os.ReadFile("testdata/pages/" + name + ".html")
		if err != nil {
			t.Fatal(err)
		}
		text, err := Main.Text(page, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.in {
			if strings.Count(text, s) != 1 {
				t.Errorf("%s: %q is there %d times", name, s, strings.Count(text, s))
			}
		}
		for _, s := range c.out {
			if strings.Contains(text, s) {
				t.Errorf("%s: %q is there", name, s)
			}
		}
	}
}

func TestAll(t *testing.T) {
	for _, c := range []struct{ name, page, want string }{
		{"nothing", "", ""},
		{"text alone", "just text", "just text"},
		{"entities", "a &amp; b &lt;c&gt; &eacute; &#x4e2d; &nosuch; &#0; &#xffffffff; &", "a & b <c> é 中 &nosuch; \uFFFD \uFFFD &"},
		{"white space", " a \n\t b&nbsp;c <b>d</b>e<i> f</i> ", "a b c de f"},
		{"blocks", "<p>a<p>b<div>c</div>d<br>e<hr>f", "a\nb\nc\nd\ne\nf"},
		{"cells", "<tr><td>a</td> <td>b</td></tr><tr><th>c<th>d", "a\tb\nc\td"},
		{"preformatted", "<pre>\n  a\n    b  \n\n c</pre>d  e", "a\n    b\n c\nd e"},
		{"what is not shown", "<title>t</title>a<script>b<p>c</script><style>d</style><noscript>e</noscript><!-- f --><iframe>g</iframe><template><p>h</template>i", "ai"},
		{"pictures", "a<svg><title>b</title><text>c</text></svg>d<img alt=e>f<math><mi>g</mi></math>", "ad f"},
		{"a picture without end", "a<svg><text>b<p>c", "a\nc"},
		{"a self-closed picture", "a<svg/>b", "ab"},
		{"a script without end", "a<script>b", "a"},
		{"a tag without end", "a<div class=", "a"},
		{"a comment without end", "a<!-- b", "a"},
		{"stray end tags", "</p></div></b>a</pre></html>b", "a\nb"},
		{"form", "<form>a<input value=b>c<textarea>d\ne</textarea><select><option>f<option>g</select></form>", "a c\nd\ne\nf\ng"},
		{"control characters", "a\x00b\x1b[31mc\u0085d", "a b [31mc d"},
		{"Latin-1", "caf\xe9", "café"},
		{"meta", "<meta charset=windows-1251>\xcc\xe8\xf0", "Мир"},
		{"frames", "<frameset><frame><noframes>a</noframes></frameset>b", "b"},
	} {
		if got, err := All.Text([]byte(c.page), ""); err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestTitle(t *testing.T) {
	body := strings.Repeat("<p>A paragraph of some length, with commas, so that it counts for something in the main text.", 8)
	for _, c := range []struct{ name, page, first string }{
		{"comes first", "<title>The &amp; title\nof it</title><body>" + body, "The & title of it"},
		{"is not repeated", "<title>Heading of the page</title><body><article><h1>Heading of the page</h1>" + body, "Heading of the page"},
		{"without the site", "<title>A heading of seven words in all - Port Gazette</title><body>" + body, "A heading of seven words in all"},
		{"of a short page", "<title>t</title><p>text", "t"},
		{"none", "<body>" + body, "A paragraph of some length, with commas, so that it counts for something in the main text."},
		{"only the title", "<title>t</title>", "t"},
	} {
		text, err := Main.Text([]byte(c.page), "text/html")
		first, rest, _ := strings.Cut(text, "\n")
		if err != nil || first != c.first || strings.HasPrefix(rest, c.first+"\n") && c.name != "none" {
			t.Errorf("%s: %q, %v", c.name, text, err)
		}
	}
}

// TestNothingFound: a page that is all navigation still has its text.
func TestNothingFound(t *testing.T) {
	page := "<body><nav>" + strings.Repeat("<a href=/x>some link</a> ", 30) + "</nav><p>tiny</p>"
	text, err := Main.Text([]byte(page), "")
	if err != nil || !strings.Contains(text, "some link") || !strings.Contains(text, "tiny") {
		t.Errorf("%q, %v", text, err)
	}
}

func TestForeign(t *testing.T) {
	for content, want := range map[string]string{
		"%PDF-1.7\n":              "the page is application/pdf, want HTML",
		"\x89PNG\x0D\x0A\x1A\x0A": "the page is image/png, want HTML",
		"PK\x03\x04 and so on":    "the page is application/zip, want HTML",
		"\x01\x02 some <b>text":   "",
	} {
		for _, m := range []Mode{Main, All} {
			if _, err := m.Text([]byte(content), "text/html"); (err == nil) != (want == "") || err != nil && err.Error() != want {
				t.Errorf("%q: %v, want %q", content, err, want)
			}
		}
	}
}

// TestHostilePages: pages made to hurt end, and those over a limit have all their text.
func TestHostilePages(t *testing.T) {
	size := 2 << 20
	if os.Getenv("DOPPEL_LONG") != "" {
		size = 64 << 20
	}
	deep := func(tag string, n int) string { return strings.Repeat("<"+tag+">", n) }
	for _, c := range []struct{ name, page, want string }{
		{"100,000 deep", deep("div", 100_000) + "core" + strings.Repeat("</div>", 100_000), "core"},
		{"600 deep", deep("div", 600) + "core", "core"},
		{"500 deep", deep("div", 500) + "core", "core"},
		{"spans", deep("span", 1000) + "core", "core"},
		{"nothing but div", deep("div", size/5) + "core", "core"},
		{"emphasis that is opened again", strings.Repeat("<font a=1><b><i>", 2000) + strings.Repeat("<p>x", 5000) + "<p>core", "x\ncore"},
		{"tables in tables", deep("table><tr><td", 5000) + "core", "core"},
		{"links in links", strings.Repeat("<a href=x>", 5000) + "core", "core"},
		{"attributes", "<p " + strings.Repeat("a=b ", size/40) + ">core", "core"},
		{"a long attribute", `<p class="` + strings.Repeat("comment ", size/10) + `">core`, "core"},
		{"entities", strings.Repeat("&amp", size/20) + "<p>core", "&\ncore"},
		{"open angles", strings.Repeat("<", size/10) + "<p>core", "<\ncore"},
		{"headings", strings.Repeat("<h2>x</h2>", 3_000) + "<p>core", "x\ncore"},
		{"over 4 MiB", strings.Repeat("<p>word word", 500_000) + "<p>core", "word\ncore"},
		{"select", deep("select><option", 3000) + "core", "core"},
	} {
		text, err := Main.Text([]byte(c.page), "text/html")
		if err != nil || !strings.HasSuffix(text, c.want) {
			t.Errorf("%s: %.100q, %v", c.name, text[max(0, len(text)-100):], err)
		}
	}
}

func TestVersions(t *testing.T) {
	if Main.Version() == All.Version() {
		t.Error("the modes have one version")
	}
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, version, _ := strings.Cut(Main.Version(), "go-readability/")
	if want := "codeberg.org/readeck/go-readability/v2 v" + version + "\n"; !strings.Contains(string(mod), want) {
		t.Errorf("go.mod does not have %q: raise the number in Version, and look what became of testdata", want)
	}
}

func FuzzPage(f *testing.F) {
	names, _ := filepath.Glob("testdata/pages/*.html")
	for _, name := range names {
		page, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(page, "")
	}
	f.Add([]byte("<p>caf\xe9<br><br><table><td>a<font><svg><p>"), "text/html; charset=gbk")
	f.Fuzz(func(t *testing.T, page []byte, contentType string) {
		all, err := All.Text(page, contentType)
		text, mainErr := Main.Text(page, contentType)
		if (err == nil) != (mainErr == nil) {
			t.Fatalf("%v, %v", err, mainErr)
		}
		again, _ := Main.Text(page, contentType)
		if text != again {
			t.Errorf("%q, and then %q", text, again)
		}
		if !utf8.ValidString(all) || !utf8.ValidString(text) {
			t.Errorf("no UTF-8: %q %q", all, text)
		}
		if all != "" && text == "" {
			t.Errorf("nothing is left of %q", all)
		}
	})
}

func BenchmarkText(b *testing.B) {
	page, err := os.ReadFile("testdata/pages/article.html")
	if err != nil {
		b.Fatal(err)
	}
	for name, mode := range map[string]Mode{"main": Main, "all": All} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				if _, err := mode.Text(page, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
