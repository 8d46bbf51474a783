package warc

import (
	"os"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/webpage"
)

// TestFilesOfWarcio reads archives written by internal/interop/warc.py.
func TestFilesOfWarcio(t *testing.T) {
	o := corpus.ContainerOptions{PageText: corpus.PageText{Extract: webpage.Main.Text}}
	var first string
	for _, name := range []string{"crawl.warc", "crawl.warc.gz", "crawl.wet.gz"} {
		in, err := os.ReadFile("testdata/warcio/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all := read(t, in, o)
		if len(all) != 4 {
			t.Fatalf("%s:\n%s", name, summary(all))
		}
		checkSelect(t, in, corpus.ContainerOptions{MaxRecord: 1 << 20})
		if name == "crawl.wet.gz" {
			if d := all[2].object; d.Language != "eng" || d.URL != "http://c.example/" || !strings.HasPrefix(d.Text, "A library") {
				t.Errorf("%+v", d)
			}
			continue
		}
		bridge, library := all[0].object, all[2].object
		if want := "Harbour bridge to close for six weeks\nThe swing bridge"; !strings.HasPrefix(bridge.Text, want) || strings.Contains(bridge.Text, "Sport") {
			t.Errorf("%s: %q", name, bridge.Text)
		}
		if bridge.Text != all[1].object.Text {
			t.Errorf("%s: one story on two sites has two texts:\n%q\n%q", name, bridge.Text, all[1].object.Text)
		}
		if want := "Library opens in the old town\nA library with"; !strings.HasPrefix(library.Text, want) || library.Digest == "" || library.Date != "2024-03-04T05:06:07Z" {
			t.Errorf("%s: chunked and gzip: %+v", name, library)
		}
		if notes := all[3].object; notes.Text != "Notes of the crawl: crème brûlée." || notes.Type != "resource" {
			t.Errorf("%s: %+v", name, notes)
		}
		if s := summary(all); first == "" {
			first = s
		} else if s != first {
			t.Errorf("%s:\n%swant\n%s", name, s, first)
		}
	}
}
