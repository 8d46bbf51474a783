package corpus

import (
	"path"
	"path/filepath"
)

// WouldRead reports whether a file of this name, laid into a folder that is an input,
// would be read: an output must not be.
func (c *Corpus) WouldRead(name string) bool {
	base := path.Base(filepath.ToSlash(name))
	if isHidden(base) || isQuarantine(base) {
		return false
	}
	format, _ := kindOf(base)
	if c.o.Format != Auto {
		format = c.o.Format
	}
	f := finder{known: c.known}
	return f.reads(format)
}
