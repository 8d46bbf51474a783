package s3

import "slices"

// What of a file that is read at places is held: enough to read on in several places,
// as the columns of a table are read.
const (
	windowSize = 1 << 20
	maxWindows = 8
)

// window is a part of a file.
type window struct {
	at   int64
	data []byte
}

// readWindows fills p, which is shorter than a window and ends within the file.
func (f *file) readWindows(p []byte, off int64) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n < len(p) {
		part, err := f.window(off + int64(n))
		if err != nil {
			return n, err
		}
		n += copy(p[n:], part)
	}
	return n, nil
}

// window returns what is held from a place of the file on, at least one byte. It asks
// for a window that begins there if none holds the place.
func (f *file) window(at int64) ([]byte, error) {
	i := slices.IndexFunc(f.windows, func(w window) bool { return w.at <= at && at < w.at+int64(len(w.data)) })
	if i < 0 {
		if len(f.windows) < maxWindows {
			f.windows = append(f.windows, window{})
		}
		i = len(f.windows) - 1
		if err := f.move(&f.windows[i], at); err != nil {
			return nil, err
		}
	}
	w := f.windows[i]
	copy(f.windows[1:i+1], f.windows[:i])
	f.windows[0] = w
	return w.data[at-w.at:], nil
}

// move makes w a window that begins at a place of the file.
func (f *file) move(w *window, at int64) error {
	size := int(min(windowSize, f.info.o.Size-at))
	data := slices.Grow(w.data[:0], size)[:size]
	*w = window{} // holds nothing if this fails
	if _, err := f.fetch(data, at); err != nil {
		return err
	}
	*w = window{at, data}
	return nil
}
