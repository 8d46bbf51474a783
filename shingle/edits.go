package shingle

import (
	"slices"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// An edit puts something in the place of text[start:end].
type edit struct {
	start, end int
	with       string
}

// A pass finds what is to be edited and appends it, in order and without overlap.
type pass func(edits []edit, text []byte) []edit

// markupPasses find markup. What entities stand for may be tags, so these are looked
// for again.
var markupPasses = []pass{appendTags, appendEntities, appendTags}

// breakPasses find words broken at line ends that mendBreaks could not tell any more.
var breakPasses = []pass{appendSoftBreaks, appendLineBreaks}

// A rewriter takes markup and some line ends out of texts and keeps buffers.
type rewriter struct {
	changed bool // by the last call
	edits   []edit
	buffers [2][]byte
}

// editBytes is the size of an edit.
const editBytes = 32

// mostKept is the size in bytes of a buffer that is kept from one text to the next.
const mostKept = 1 << 20

// remove returns text without markup and broken words, and whether it has any byte
// that markup starts with. What it returns is text itself or else good until the next
// call.
func (w *rewriter) remove(text []byte) (plain []byte, seen bool) {
	w.changed = false
	w.release()
	marks := kernels.Marks(text)
	if marks == 0 {
		return text, false
	}
	seen = marks&kernels.Markup != 0
	if seen {
		text = w.apply(markupPasses, text)
	}
	return w.apply(breakPasses, text), seen
}

// release lets go of large buffers.
func (w *rewriter) release() {
	if cap(w.edits) > mostKept/editBytes {
		w.edits = nil
	}
	for i := range w.buffers {
		if cap(w.buffers[i]) > mostKept {
			w.buffers[i] = nil
		}
	}
}

// apply returns text after the edits of passes.
func (w *rewriter) apply(passes []pass, text []byte) []byte {
	for _, find := range passes {
		w.edits = find(w.edits[:0], text)
		if len(w.edits) == 0 {
			continue
		}
		w.changed = true
		next := appendEdited(slices.Grow(w.buffers[0][:0], len(text)), text, w.edits)
		w.buffers[0], w.buffers[1] = w.buffers[1], next
		text = next
	}
	return text
}

// appendEdited appends text after edits to dst.
func appendEdited(dst, text []byte, edits []edit) []byte {
	from := 0
	for _, e := range edits {
		dst = append(append(dst, text[from:e.start]...), e.with...)
		from = e.end
	}
	return append(dst, text[from:]...)
}
