package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Settings come from four places, the first that has one wins: the command line,
// the environment, a file beside the work and a file of the user. Every key
// is the name of a flag. Files hold data only: nothing in them is run or expanded.

const (
	projectConfig = "doppel.yaml"
	envPrefix     = "DOPPEL_"
	// maxConfig bounds a file; aliases, which could make more of it, are refused.
	maxConfig = 1 << 20
)

// setting is one value of a file.
type setting struct {
	values []string
	origin string // file:line
}

// configFlags say which files are read.
type configFlags struct {
	file string
	none bool
	// origins says of each flag of the verb that is run where its value is from,
	// if it is no default.
	origins map[string]string
	// doubts are names in the environment that look like settings and are none.
	doubts []string
}

func (c *configFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&c.file, "config", "", "file with settings (default: "+projectConfig+" in the working folder, if it is there)")
	fs.BoolVar(&c.none, "no-config", false, "read no file with settings")
}

// isSetting reports whether a flag may stand in a file or in the environment.
func isSetting(f *pflag.Flag) bool {
	_, only := f.Annotations[commandLineOnly]
	return !only && !slices.Contains([]string{"config", "no-config", "help", "version"}, f.Name)
}

// apply gives cmd's flags that are not on the command line the values that the
// environment and the files have for them.
func (c *configFlags) apply(cmd *cobra.Command) error {
	c.origins = map[string]string{}
	cmd.Flags().Visit(func(f *pflag.Flag) { c.origins[f.Name] = "command line" })
	if err := c.applyEnvironment(cmd); err != nil {
		return err
	}
	for _, path := range c.files() {
		settings, err := readConfig(path, path == c.file)
		if err != nil {
			return err
		}
		if err := c.applyFile(cmd, path, settings); err != nil {
			return err
		}
	}
	return nil
}

// files returns the files to read, the one that wins first.
func (c *configFlags) files() []string {
	if c.none {
		return nil
	}
	files := []string{cmp.Or(c.file, projectConfig)}
	if dir, err := os.UserConfigDir(); err == nil {
		files = append(files, filepath.Join(dir, "doppel", "config.yaml"))
	}
	return files
}

func (c *configFlags) applyEnvironment(cmd *cobra.Command) error {
	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := envName(f.Name)
		value, ok := os.LookupEnv(name)
		if !ok || value == "" || !isSetting(f) { // an empty one is as good as none
			return
		}
		if _, have := c.origins[f.Name]; !have {
			errs = append(errs, c.set(cmd, f.Name, []string{value}, name))
		}
	})
	c.doubts = mistyped(cmd.Root(), os.Environ())
	return errors.Join(errs...)
}

// mistyped returns what to say of variables that are nearly settings. Others that begin
// alike are left alone: orchestrators make some from the name of a service.
func mistyped(root *cobra.Command, environment []string) (doubts []string) {
	known := map[string]bool{envPrefix + "CPU": true}
	for _, verb := range append(root.Commands(), root) {
		for _, fs := range []*pflag.FlagSet{verb.Flags(), verb.PersistentFlags()} {
			fs.VisitAll(func(f *pflag.Flag) { known[envName(f.Name)] = true })
		}
	}
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || known[name] || len(name) < len(envPrefix)+6 { // of few letters many are near
			continue
		}
		if is := nearest(name, sortedKeys(known)); is != "" {
			doubts = append(doubts, fmt.Sprintf("the environment's %s is no setting%s", name, is))
		}
	}
	return doubts
}

// envName is the environment variable of a flag.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func (c *configFlags) set(cmd *cobra.Command, flag string, values []string, origin string) error {
	for _, v := range values {
		if err := cmd.Flags().Set(flag, v); err != nil {
			return usagef("%s: %q is no value for %q: %w", origin, v, flag, unwrapFlag(err))
		}
	}
	c.origins[flag] = origin
	return nil
}

// unwrapFlag takes what pflag says around a parser's error away.
func unwrapFlag(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// applyFile sets the flags that a file has values for. What stands under the name of
// the verb goes before what stands for all.
func (c *configFlags) applyFile(cmd *cobra.Command, path string, settings map[string]map[string]setting) error {
	if err := checkKeys(cmd.Root(), path, settings); err != nil {
		return err
	}
	for _, section := range []string{cmd.Name(), ""} {
		for _, key := range sortedKeys(settings[section]) {
			s := settings[section][key]
			f := cmd.Flags().Lookup(key)
			if _, have := c.origins[key]; have || f == nil || !isSetting(f) || slices.Equal(s.values, []string{""}) {
				continue
			}
			if err := c.set(cmd, key, s.shaped(f), s.origin); err != nil {
				return err
			}
		}
	}
	return nil
}

// shaped returns the values as the flag takes them: one by one if it can be given
// more than once, else with commas.
func (s setting) shaped(f *pflag.Flag) []string {
	if _, many := f.Value.(pflag.SliceValue); many || len(s.values) == 1 {
		return s.values
	}
	return []string{strings.Join(s.values, ",")}
}

// checkKeys reports every key that is no flag of any verb, or not of its own.
func checkKeys(root *cobra.Command, path string, settings map[string]map[string]setting) error {
	known := map[string]map[string]bool{"": {}}
	for _, verb := range root.Commands() {
		flags := map[string]bool{}
		collect := func(f *pflag.Flag) {
			if isSetting(f) {
				flags[f.Name], known[""][f.Name] = true, true
			}
		}
		verb.Flags().VisitAll(collect)
		root.PersistentFlags().VisitAll(collect)
		known[verb.Name()] = flags
	}
	var errs []error
	for _, section := range sortedKeys(settings) {
		for _, key := range sortedKeys(settings[section]) {
			s := settings[section][key]
			switch {
			case known[section] == nil:
				errs = append(errs, usagef("%s: doppel has no verb %q%s", s.origin, section, nearest(section, sortedKeys(known))))
			case !known[section][key]:
				of := "doppel has no setting"
				if section != "" {
					of = fmt.Sprintf("%q has no setting", section)
				}
				errs = append(errs, usagef("%s: %s %q%s", s.origin, of, key, nearest(key, sortedKeys(known[section]))))
			}
		}
	}
	return errors.Join(errs...)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// nearest suggests the known name that differs least, if one is near.
func nearest(name string, known []string) string {
	best, at := 3, ""
	for _, k := range known {
		if d := editDistance(name, k); k != "" && d < best {
			best, at = d, k
		}
	}
	if at == "" {
		return ""
	}
	return fmt.Sprintf(" (is %q meant?)", at)
}

// editDistance is that of Levenshtein, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
