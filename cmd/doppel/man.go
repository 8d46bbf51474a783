package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newMan writes the manual pages that packages install. They are made from the same
// texts as --help, so that neither can fall behind the other.
func newMan(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "man FOLDER",
		Short:   "Write the manual pages of all verbs to a folder that is there",
		Example: "  mkdir man1 && doppel man man1",
		Args:    cobra.ExactArgs(1),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
				return usagef("%s is no folder", args[0])
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // equal programs write equal pages
			keepTables(root)
			built := readVersion().time
			header := &doc.GenManHeader{Section: "1", Source: "doppel", Manual: "User Commands", Date: &built}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("manual pages: %w", err)
			}
			return nil
		}),
	}
}

// keepTables marks the indented lines of all texts as what they are: to the generator,
// two blanks are not enough, and it would fill tables like prose.
func keepTables(cmd *cobra.Command) {
	lines := strings.Split(cmd.Long, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "  ") {
			lines[i] = "    " + line
		}
	}
	cmd.Long = strings.Join(lines, "\n")
	for _, sub := range cmd.Commands() {
		keepTables(sub)
	}
}
