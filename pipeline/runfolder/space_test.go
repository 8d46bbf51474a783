package runfolder

import (
	"path/filepath"
	"testing"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline"
)

// TestNeedsOfAFolder holds what was forecast of a run folder against what it came to.
func TestNeedsOfAFolder(t *testing.T) {
	o := asked{Options: pipeline.Options{Inputs: []string{corpusFile(t, 4000)}, Temp: t.TempDir()}}
	job, err := pipeline.Prepare(o.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	dir := filepath.Join(t.TempDir(), "run")
	all := job.Needs(pipeline.Writes{Dir: dir, Data: true, Saved: true, Tables: true})[1]
	data := job.Needs(pipeline.Writes{Dir: dir, Data: true})[1]
	o.mustDo(t, dir)
	var size, ofData int64
	for name, content := range vfstest.Files(t, dir) {
		size += int64(len(content))
		if filepath.Dir(name) == DataDir {
			ofData += int64(len(content))
		}
	}
	if size < all.Least || size > all.Most || ofData < data.Least || ofData > data.Most {
		t.Errorf("%d bytes came, %d of them of data; needs were %+v and %+v", size, ofData, all, data)
	}
}
