package parquet

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// node is a field of the schema.
type node struct {
	name     string
	parent   *node
	children []*node
	repeated bool
	optional bool
	// maxRep and maxDef are the levels at which it is there.
	maxRep, maxDef int
	shape          shape

	// A leaf is a column.
	leaf     bool
	column   int
	physical format.Type
	size     int // bytes of a value; 0 for truths and values of any length
	kind     kind
	scale    int  // of a decimal
	unit     unit // of a time

	cursor *cursor // of a leaf, in the row group at hand
	key    []byte  // `"name":`
	wanted bool    // it, or something below it
	hidden bool    // it is read, to count rows, and not shown
	budget *budget // of all nodes
}

// budget bounds the bytes of a row, which lists of few bytes can make very long.
type budget struct {
	max  int
	over bool // the row at hand would have been longer

	traced bool // it is noted where values were put
	values []placed
}

// allows reports whether a row may have n bytes.
func (b *budget) allows(n int) bool {
	b.over = b.over || n > b.max
	return !b.over
}

// shape is what a node becomes in JSON.
type shape uint8

const (
	shapeObject shape = iota
	shapeList         // a LIST: what is in its only child is an array
	shapeMap          // a MAP: the pairs in its only child are an object
)

var errSchema = errors.New("its schema is malformed")

// newSchema returns the root of the schema and its leaves, which are the columns.
func newSchema(elements []format.SchemaElement) (root *node, leaves []*node, err error) {
	b := builder{elements: elements, budget: &budget{max: corpus.MaxRecordLimit}}
	if root, err = b.next(nil, 0); err == nil && len(b.elements) > 0 {
		err = errSchema
	}
	if err == nil && (root.leaf || len(b.leaves) == 0) {
		err = errors.New("its schema has no columns")
	}
	return root, b.leaves, err
}

type builder struct {
	elements []format.SchemaElement
	leaves   []*node
	budget   *budget
}

func (b *builder) next(parent *node, depth int) (*node, error) {
	if len(b.elements) == 0 || depth > maxDepth {
		return nil, errSchema
	}
	e := &b.elements[0]
	b.elements = b.elements[1:]
	n := &node{name: e.Name, parent: parent, leaf: e.Type.Valid, budget: b.budget}
	n.key = append(corpus.AppendJSONString(nil, strings.ToValidUTF8(e.Name, "\uFFFD")), ':')
	if parent != nil {
		n.maxRep, n.maxDef = parent.maxRep, parent.maxDef
		n.repeated = e.RepetitionType.V == format.Repeated
		n.optional = e.RepetitionType.V == format.Optional
	}
	if n.repeated {
		n.maxRep++
	}
	if n.repeated || n.optional {
		n.maxDef++
	}
	if n.leaf {
		n.column = len(b.leaves)
		b.leaves = append(b.leaves, n)
		return n, n.setType(e)
	}
	if e.NumChildren.V < 0 || int(e.NumChildren.V) > len(b.elements) {
		return nil, errSchema
	}
	for range e.NumChildren.V {
		child, err := b.next(n, depth+1)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	n.setShape(e)
	return n, nil
}

// setShape tells lists and maps; see LogicalTypes.md of the format.
func (n *node) setShape(e *format.SchemaElement) {
	if len(n.children) != 1 || !n.children[0].repeated {
		return
	}
	_, list := e.LogicalType.Value.(*format.ListType)
	_, pairs := e.LogicalType.Value.(*format.MapType)
	if c := e.ConvertedType; c.Valid {
		list = list || c.V == deprecated.List
		pairs = pairs || c.V == deprecated.Map || c.V == deprecated.MapKeyValue
	}
	inner := n.children[0]
	switch {
	case list:
		n.shape = shapeList
	case pairs && len(inner.children) == 2 && inner.children[0].leaf && !inner.children[0].repeated:
		n.shape = shapeMap
	}
}

// element returns the node that holds a list's elements: the repeated child itself in
// old files, or what it wraps.
func (n *node) element() *node {
	r := n.children[0]
	if len(r.children) != 1 || r.name == "array" || r.name == n.name+"_tuple" {
		return r
	}
	return r.children[0]
}

// path returns the node's name with those of the nodes around it.
func (n *node) path() string {
	var names []string
	for ; n.parent != nil; n = n.parent {
		names = append(names, n.name)
	}
	slices.Reverse(names)
	return strings.Join(names, ".")
}

// textColumns returns the paths of the columns that hold one text a row, those last of
// which only the values can tell whether they are text.
func (f *file) textColumns() (names []string) {
	for _, kind := range []kind{kindText, kindBinary} {
		for _, leaf := range f.leaves {
			if leaf.kind == kind && leaf.maxRep == 0 {
				names = append(names, leaf.path())
			}
		}
	}
	return names
}

// walkLeaves calls f for each wanted leaf below n, or n itself, until one fails.
func (n *node) walkLeaves(f func(*node) error) error {
	if n.leaf {
		return f(n)
	}
	for _, c := range n.children {
		if c.wanted {
			if err := c.walkLeaves(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// first returns the first wanted leaf, whose levels speak for those of n.
func (n *node) first() *node {
	for !n.leaf {
		i := slices.IndexFunc(n.children, func(c *node) bool { return c.wanted })
		if i < 0 {
			return nil
		}
		n = n.children[i]
	}
	return n
}

// want marks n and all below it, and the nodes around it.
func (n *node) want() {
	n.mark()
	for p := n.parent; p != nil; p = p.parent {
		p.wanted = true
	}
}

func (n *node) mark() {
	n.wanted = n.leaf
	for _, c := range n.children {
		c.mark()
		n.wanted = n.wanted || c.wanted
	}
}

// choose marks what the named fields are in, or everything for nil. Where that is
// nothing, it marks a column that is read to count the rows and not shown.
func (n *node) choose(fields []string, leaves []*node) {
	if fields == nil {
		n.mark()
		return
	}
	for _, f := range fields {
		n.chooseField(f)
	}
	if n.first() == nil {
		leaves[0].want()
		leaves[0].hidden = true
	}
}

func (n *node) chooseField(name string) {
	whole := false
	for _, c := range n.children {
		if c.name == name {
			c.want()
			whole = true
		}
	}
	for i := 0; !whole && i < len(name); i++ {
		if name[i] != '.' {
			continue
		}
		for _, c := range n.children {
			switch {
			case c.name != name[:i]:
			case c.leaf || c.repeated || c.shape != shapeObject:
				c.want() // the parser says what it is instead of an object
			default:
				c.chooseField(name[i+1:])
			}
		}
	}
}

func (n *node) setType(e *format.SchemaElement) error {
	n.physical = e.Type.V
	switch n.physical {
	case format.Boolean, format.ByteArray:
	case format.Int32, format.Float:
		n.size = 4
	case format.Int64, format.Double:
		n.size = 8
	case format.Int96:
		n.size = 12
	case format.FixedLenByteArray:
		n.size = int(e.TypeLength.V)
		if n.size < 1 || n.size > maxPage {
			return fmt.Errorf("column %s has values of %d bytes", n.path(), n.size)
		}
	default:
		return fmt.Errorf("column %s is of type %d, which is not known", n.path(), n.physical)
	}
	n.setKind(e)
	return nil
}
