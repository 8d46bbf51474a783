package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// typos is how many letters a name may differ in from the one that was meant.
const typos = 2

// knownVerb is the argument check of the root, which gets what is no verb.
func knownVerb(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	root.SuggestionsMinimumDistance = typos
	return usagef("unknown command %q%s", args[0], didYouMean("", root.SuggestionsFor(args[0])))
}

// flagError adds the flags that may have been meant to the error of an unknown one.
func flagError(verb *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || len(unknown.GetSpecifiedName()) < 2 {
		return usageError{err}
	}
	// The distance is cobra's, so that flags are found as verbs are.
	names := &cobra.Command{SuggestionsMinimumDistance: typos}
	verb.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		}
	})
	return usageError{fmt.Errorf("%w%s", err, didYouMean("--", names.SuggestionsFor(unknown.GetSpecifiedName())))}
}

// didYouMean ends an error with what may have been meant, if there is anything.
func didYouMean(prefix string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ": did you mean " + prefix + strings.Join(names, " or "+prefix) + "?"
}
