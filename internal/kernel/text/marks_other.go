//go:build !amd64 || purego

package text

func findMarks(text []byte) Mark { return marksPortable(text) }

func lineBreak(text []byte) int { return breakPortable(text) }
