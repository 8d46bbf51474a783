//go:build !amd64 || purego

package sketch

func fss(dst, set []uint64, rounds []Round) { fssPortable(dst, set, rounds) }

func classic32(dst, set []uint64, f Funcs32) { classic32Portable(dst, set, f) }

func bandKeys(dst, sig []uint64, rows int) { bandKeysPortable(dst, sig, rows) }
