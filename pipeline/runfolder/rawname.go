package runfolder

import "unicode/utf8"

// rawName returns the bytes of a name that JSON cannot hold: one that is not UTF-8, as
// names of files may be. It returns nil for others, which stand in their own field.
func rawName(name string) []byte {
	if utf8.ValidString(name) {
		return nil
	}
	return []byte(name)
}

// rawNames is rawName of all names, or nil if none needs it.
func rawNames(names []string) [][]byte {
	var raw [][]byte
	for i, name := range names {
		if b := rawName(name); b != nil {
			if raw == nil {
				raw = make([][]byte, len(names))
			}
			raw[i] = b
		}
	}
	return raw
}

// restoreName gives a name that was read its bytes back.
func restoreName(name *string, raw []byte) {
	if raw != nil {
		*name = string(raw)
	}
}

// restoreNames is restoreName of all names.
func restoreNames(names []string, raw [][]byte) {
	for i := range min(len(names), len(raw)) {
		restoreName(&names[i], raw[i])
	}
}

func restoreInputs(inputs []RequestInput) {
	for i := range inputs {
		restoreName(&inputs[i].Path, inputs[i].PathBytes)
	}
}
