package pipeline

import (
	"context"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// The second reading of texts is cheap for files on the disk; the blocks of
// compressed files and of standard input are put aside in pass 1 instead.

// keptBlock is a block put aside in pass 1; its data is the row of the same
// number in Job.kept.
type keptBlock struct {
	file   int
	offset int64
}

// keepBlock puts the data of a block aside if its file cannot be read again for
// little.
func (j *Job) keepBlock(b *corpus.Block) error {
	if !j.keeps(b.File) {
		return nil
	}
	j.keptBlocks = append(j.keptBlocks, keptBlock{b.File, b.Offset})
	return j.kept.Append(b.Data)
}

// keeps tells whether the blocks of a file are put aside.
func (j *Job) keeps(file int) bool {
	return j.plan.Identity.Similarity != Exact && !j.rereadable(file)
}

// rereadable tells whether the blocks of a file come from a second reading.
func (j *Job) rereadable(file int) bool {
	return j.corpus.Rereadable(file) || j.again != nil && j.again[file]
}

// reread calls yield with every block that holds some of the wanted documents,
// in order. yield moves the cursor over those that it takes.
func (j *Job) reread(ctx context.Context, wanted []corpus.ID, yield func(*corpus.Block, *cursor) error) error {
	r := &rereader{job: j, cursor: cursor{places: &j.places, ids: wanted}, yield: yield}
	files := j.filesOf(wanted)
	if j.recheck != noFile {
		files[j.recheck] = true
	}
	err := j.corpus.Rescan(ctx, func(file int) bool { return files[file] && j.rereadable(file) }, func(b *corpus.Block) error {
		if err := r.keptBefore(b.File); err != nil {
			return err
		}
		return r.offer(b)
	})
	if err != nil {
		return err
	}
	if err := r.keptBefore(len(files)); err != nil {
		return err
	}
	if _, file, _, left := r.cursor.next(); left {
		return &corpus.ChangedError{File: j.corpus.Files()[file].Name}
	}
	return nil
}

// rereader puts the blocks that were put aside between those of a second scan.
type rereader struct {
	job    *Job
	cursor cursor
	yield  func(*corpus.Block, *cursor) error
	kept   int // blocks put aside that had their turn
}

// offer hands a block on if it holds the next wanted document.
func (r *rereader) offer(b *corpus.Block) error {
	_, file, offset, ok := r.cursor.next()
	if !ok || file != b.File || offset >= b.Offset+int64(len(b.Data)) {
		b.Release()
		return nil
	}
	return r.yield(b, &r.cursor)
}

// keptBefore offers the blocks put aside of the files before file.
func (r *rereader) keptBefore(file int) error {
	j := r.job
	for ; r.kept < len(j.keptBlocks) && j.keptBlocks[r.kept].file < file; r.kept++ {
		// A row that was spilled must outlive the next one.
		data, err := j.kept.Get(r.kept, nil)
		if err != nil {
			return err
		}
		k := j.keptBlocks[r.kept]
		if err := r.offer(j.corpus.NewBlock(k.file, k.offset, data)); err != nil {
			return err
		}
	}
	return nil
}

// filesOf tells which files hold wanted documents.
func (j *Job) filesOf(wanted []corpus.ID) []bool {
	files := make([]bool, len(j.corpus.Files()))
	blocks := j.places.blocks
	for i, b := range blocks {
		end := corpus.ID(len(j.places.within))
		if i+1 < len(blocks) {
			end = blocks[i+1].first
		}
		if n, _ := slices.BinarySearch(wanted, b.first); n < len(wanted) && wanted[n] < end {
			files[b.file] = true
		}
	}
	return files
}
