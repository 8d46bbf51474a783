//go:build !amd64 || purego

package text

func continuing(text []byte) int { return continuingPortable(text) }
