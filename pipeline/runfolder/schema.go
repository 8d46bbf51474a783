package runfolder

import (
	"cmp"
	"fmt"
	"strings"
)

// SchemaError says that a file of a run folder is of a schema that this version does not
// read. Nothing there was changed.
type SchemaError struct {
	Path   string
	Schema int
	// Program wrote it, such as "doppel v1.2.3"; "" if the file does not say.
	Program string
}

// Error names both schemas and what to do.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("runfolder: %s is of schema %d, and this version reads schema %d: use %s, or run again into another folder",
		e.Path, e.Schema, Schema, cmp.Or(e.Program, "the version of doppel that wrote it"))
}

// checkKind refuses a file of another type or schema.
func checkKind(path, got, want string, schema int, program string) error {
	switch {
	case got != want:
		return fmt.Errorf("runfolder: %s is of type %q, and should be of %q: it was changed, or is of another program", path, got, want)
	case schema != Schema:
		return &SchemaError{Path: path, Schema: schema, Program: strings.TrimSpace(program)}
	}
	return nil
}

// madeBy tells, if two versions have to do with one folder, which; else nothing.
func madeBy(there, here string) string {
	if there == here || there == "" {
		return ""
	}
	return fmt.Sprintf(" (it was begun by %s, and this is %s)", there, here)
}
