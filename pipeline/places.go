package pipeline

import "github.com/doppel-dedup/doppel/pipeline/corpus"

// blockPlace is where the documents of a block begin.
type blockPlace struct {
	file   int32
	first  corpus.ID // first document of the block
	offset int64     // of the block in its decompressed file
}

// places remembers the place of every document: four bytes each, and a few for
// each block.
type places struct {
	blocks []blockPlace
	within []uint32 // offset of a document in its block
}

func (p *places) add(b *corpus.Block) {
	p.blocks = append(p.blocks, blockPlace{file: int32(b.File), first: corpus.ID(len(p.within)), offset: b.Offset})
}

func (p *places) addDocument(d *corpus.Document) {
	p.within = append(p.within, uint32(d.Offset-p.blocks[len(p.blocks)-1].offset))
}

// cursor walks over ascending documents.
type cursor struct {
	places *places
	ids    []corpus.ID
	block  int // the one that holds ids[0], once looked up
}

// next returns the first document left and its place.
func (c *cursor) next() (id corpus.ID, file int, offset int64, ok bool) {
	if len(c.ids) == 0 {
		return 0, 0, 0, false
	}
	id = c.ids[0]
	blocks := c.places.blocks
	for c.block+1 < len(blocks) && blocks[c.block+1].first <= id {
		c.block++
	}
	b := blocks[c.block]
	return id, int(b.file), b.offset + int64(c.places.within[id]), true
}

func (c *cursor) advance() { c.ids = c.ids[1:] }
