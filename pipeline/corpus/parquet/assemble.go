package parquet

import (
	"errors"
	"fmt"
	"io"
)

// A row is put together from the columns' entries by their levels (Dremel, Melnik et
// al. 2010). Below every node there is the same number of entries in each column for
// each place where the node could stand, so that one column, the first, tells for all.

var errLevels = errors.New("the levels of its columns do not fit each other")

// appendRow appends the next row of the columns' cursors as a JSON object. It is cut
// short if the budget is then over.
func (n *node) appendRow(dst []byte) ([]byte, error) {
	if err := n.walkLeaves((*node).beginsRow); err != nil {
		return dst, err
	}
	n.budget.over = false
	dst, _, err := n.appendObject(dst)
	n.budget.allows(len(dst))
	return dst, err
}

// beginsRow checks that the entry at hand is a row's first.
func (n *node) beginsRow() error {
	e, err := n.cursor.peek()
	if err == nil && e.rep != 0 {
		err = fmt.Errorf("column %s: %w", n.path(), errLevels)
	}
	return noRows(n, err)
}

// noRows words the end of a column where another row should begin.
func noRows(n *node, err error) error {
	if err == io.EOF {
		return fmt.Errorf("column %s has fewer rows than its row group", n.path())
	}
	return err
}

// ends checks that a column has no more entries.
func (n *node) ends() error {
	if _, err := n.cursor.peek(); err == nil {
		return fmt.Errorf("column %s has more rows than its row group", n.path())
	} else if err != io.EOF {
		return err
	}
	return nil
}

// appendNode appends what stands in n's place, and reports whether there is something.
func (n *node) appendNode(dst []byte) ([]byte, bool, error) {
	if n.repeated {
		return appendElements(dst, n, n)
	}
	return n.appendOne(dst)
}

// appendOne is appendNode for one element of a repeated node.
func (n *node) appendOne(dst []byte) ([]byte, bool, error) {
	if n.leaf {
		e, err := n.cursor.take()
		if err != nil {
			return dst, false, noEOF(err)
		}
		if e.def < n.maxDef || !n.budget.allows(len(dst)+len(e.value.bytes)) {
			return dst, false, nil
		}
		n.budget.trace(n, len(dst))
		dst, ok := n.appendValue(dst, &e.value)
		return dst, ok, nil
	}
	if there, err := n.there(); err != nil || !there {
		return dst, false, err
	}
	switch n.shape {
	case shapeList:
		return appendElements(dst, n.children[0], n.element())
	case shapeMap:
		return n.appendPairs(dst)
	}
	return n.appendObject(dst)
}

func noEOF(err error) error {
	if err == io.EOF {
		return errLevels
	}
	return err
}

// there reports whether n is there. If it is not, it takes the entries that say so.
func (n *node) there() (bool, error) {
	e, err := n.first().cursor.peek()
	if err != nil {
		return false, noEOF(err)
	}
	if e.def >= n.maxDef {
		return true, nil
	}
	return false, n.walkLeaves(func(l *node) error {
		_, err := l.cursor.take()
		return noEOF(err)
	})
}

// appendObject appends n's members. Those that are null are left out.
func (n *node) appendObject(dst []byte) ([]byte, bool, error) {
	dst = append(dst, '{')
	first := len(dst)
	for _, c := range n.children {
		if !c.wanted {
			continue
		}
		before := len(dst)
		if before > first {
			dst = append(dst, ',')
		}
		dst = append(dst, c.key...)
		var ok bool
		var err error
		if dst, ok, err = c.appendNode(dst); err != nil {
			return dst, false, err
		}
		if !ok {
			dst = dst[:before]
		}
	}
	return append(dst, '}'), true, nil
}

// repeat calls f for each element of the repeated node r.
func (r *node) repeat(f func() error) error {
	first := r.first()
	there, err := r.there()
	for there && err == nil {
		if err = f(); err != nil {
			break
		}
		var e *entry
		if e, err = first.cursor.peek(); err == io.EOF {
			return nil
		} else if err == nil {
			there = e.rep == r.maxRep
		}
	}
	return err
}

// appendElements appends an array with one element for each time that repeated is
// there: repeated itself, or its only child.
func appendElements(dst []byte, repeated, element *node) ([]byte, bool, error) {
	dst = append(dst, '[')
	start := len(dst)
	err := repeated.repeat(func() (err error) {
		before := len(dst)
		if len(dst) > start {
			dst = append(dst, ',')
		}
		var ok bool
		if element == repeated {
			dst, ok, err = element.appendOne(dst)
		} else {
			dst, ok, err = element.appendNode(dst)
		}
		if !ok {
			dst = append(dst, "null"...)
		}
		if !element.budget.allows(len(dst)) {
			dst = dst[:before]
		}
		return err
	})
	return append(dst, ']'), true, err
}

// appendPairs appends a map as an object. Pairs of which one half is null are left
// out.
func (n *node) appendPairs(dst []byte) ([]byte, bool, error) {
	pair := n.children[0]
	dst = append(dst, '{')
	start := len(dst)
	err := pair.repeat(func() error {
		before := len(dst)
		if len(dst) > start {
			dst = append(dst, ',')
		}
		var named, ok bool
		var err error
		if dst, named, err = pair.children[0].appendKey(dst); err != nil {
			return err
		}
		dst, ok, err = pair.children[1].appendNode(append(dst, ':'))
		if !named || !ok || !n.budget.allows(len(dst)) {
			dst = dst[:before]
		}
		return err
	})
	return append(dst, '}'), true, err
}

// appendKey appends the value of a leaf as the name of a member.
func (n *node) appendKey(dst []byte) ([]byte, bool, error) {
	start := len(dst)
	dst, ok, err := n.appendOne(dst)
	if err == nil && ok && dst[start] != '"' {
		dst = append(dst, '"')
		copy(dst[start+1:], dst[start:len(dst)-1])
		dst[start] = '"'
		dst = append(dst, '"')
	}
	return dst, ok, err
}
