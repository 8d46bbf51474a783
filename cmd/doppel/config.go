package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/pipeline"
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
func isSetting(name string) bool {
	return !slices.Contains([]string{"config", "no-config", "help", "version"}, name)
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
		if !ok || value == "" || !isSetting(f.Name) { // an empty one is as good as none
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
			if _, have := c.origins[key]; have || cmd.Flags().Lookup(key) == nil || slices.Equal(s.values, []string{""}) {
				continue
			}
			if err := c.set(cmd, key, s.shaped(cmd.Flags().Lookup(key)), s.origin); err != nil {
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
			if isSetting(f.Name) {
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

// readConfig reads a file: section, key, value; the section "" is for all verbs. A
// file that is not there has none, unless it was asked for.
func readConfig(path string, isAsked bool) (map[string]map[string]setting, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && !isAsked {
			return nil, nil
		}
		return nil, usageError{err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxConfig {
		return nil, usagef("%s: over %d bytes: that is no file with settings", path, maxConfig)
	}
	settings, err := parseConfig(path, data)
	if err != nil {
		return nil, usageError{err}
	}
	return settings, nil
}

func parseConfig(path string, data []byte) (map[string]map[string]setting, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", path, strings.TrimSpace(err.Error()))
	}
	settings := map[string]map[string]setting{}
	for i, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 {
			return nil, fmt.Errorf("%s: more than one YAML document", path)
		}
		if err := readMapping(path, doc.Body, "", settings); err != nil {
			return nil, err
		}
	}
	return settings, nil
}

// readMapping reads the settings of a section. Sections stand on the top level only.
func readMapping(path string, node ast.Node, section string, settings map[string]map[string]setting) error {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		return fmt.Errorf("%s: want settings, a line each, as in %q", position(path, node), "threshold: 0.8")
	}
	if settings[section] == nil {
		settings[section] = map[string]setting{}
	}
	for it := mapping.MapRange(); it.Next(); {
		key, isName := it.Key().(*ast.StringNode)
		if !isName {
			return fmt.Errorf("%s: %q is no name of a setting", position(path, it.Key()), it.Key())
		}
		at := position(path, key)
		if _, isMap := it.Value().(ast.MapNode); isMap && section == "" {
			if settings[key.Value] != nil {
				return fmt.Errorf("%s: %q is there twice", at, key.Value)
			}
			if err := readMapping(path, it.Value(), key.Value, settings); err != nil {
				return err
			}
			continue
		}
		values, err := scalars(path, it.Value())
		if err != nil {
			return err
		}
		if _, twice := settings[section][key.Value]; twice {
			return fmt.Errorf("%s: %q is there twice", at, key.Value)
		}
		settings[section][key.Value] = setting{values: values, origin: at}
	}
	return nil
}

// scalars returns a value as it is written, or those of a list.
func scalars(path string, node ast.Node) ([]string, error) {
	switch n := node.(type) {
	case *ast.SequenceNode:
		var all []string
		for _, v := range n.Values {
			if _, nested := v.(*ast.SequenceNode); nested {
				return nil, fmt.Errorf("%s: a list in a list", position(path, v))
			}
			one, err := scalars(path, v)
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	case *ast.StringNode:
		return []string{n.Value}, nil
	case *ast.LiteralNode:
		return []string{n.Value.Value}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return []string{n.GetToken().Value}, nil // as written: 0.80 stays 0.80
	}
	return nil, fmt.Errorf("%s: want text, a number, true, false, or a list of them", position(path, node))
}

func position(path string, node ast.Node) string {
	p := node.GetToken().Position
	return fmt.Sprintf("%s:%d:%d", path, p.Line, p.Column)
}

func newConfig(a *app) *cobra.Command {
	show := &cobra.Command{
		Use:   "show [VERB]",
		Short: "Print the settings of a verb (default: cluster) as a file with settings",
		Example: `  doppel config show
  doppel config show prune --origin
  DOPPEL_MEMORY=2GiB doppel config show --origin --json`,
		Args: cobra.MaximumNArgs(1),
	}
	var withOrigin bool
	show.Flags().BoolVar(&withOrigin, "origin", false, "say where each value is from")
	show.RunE = a.verb(func(cmd *cobra.Command, args []string) error {
		name := "cluster"
		if len(args) > 0 {
			name = args[0]
		}
		verb, _, err := cmd.Root().Find([]string{name})
		if err != nil || verb == cmd.Root() || verb.HasSubCommands() {
			return usagef("doppel has no verb %q with settings", name)
		}
		return a.showConfig(verb, withOrigin)
	})
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings and where they come from",
		Long: `Settings come from four places; the first that has one wins:

  the command line            --threshold 0.7
  the environment             DOPPEL_THRESHOLD=0.7
  doppel.yaml                 in the working folder, or the file of --config
  doppel/config.yaml          in the user's folder for configuration

A file has a line a setting, "threshold: 0.7", under the names of the flags; below the
name of a verb stand those for it alone. An empty value is none. Unknown keys are errors. Presets and defaults
fill what is left.`,
		Example: show.Example,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(show)
	return cmd
}

// shownSetting is one line of config show.
type shownSetting struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"`

	list []string // of a flag that can be given more than once
}

// yaml writes the value, a list in brackets.
func (s *shownSetting) yaml() string {
	if len(s.list) == 0 {
		return yamlScalar(s.Value)
	}
	var items []string
	for _, item := range s.list {
		items = append(items, yamlScalar(item))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func (a *app) showConfig(verb *cobra.Command, withOrigin bool) error {
	c := configFlags{file: a.config.file, none: a.config.none}
	if err := c.apply(verb); err != nil {
		return err
	}
	resolved, err := resolvedByPreset(verb)
	if err != nil {
		return err
	}
	var shown []shownSetting
	verb.Flags().VisitAll(func(f *pflag.Flag) {
		if !isSetting(f.Name) {
			return
		}
		s := shownSetting{Type: "setting", Name: f.Name, Value: f.Value.String(), Origin: c.origins[f.Name]}
		if many, ok := f.Value.(pflag.SliceValue); ok {
			s.list = many.GetSlice()
			s.Value = strings.Join(s.list, ",")
		}
		if preset, ok := resolved[f.Name]; s.Origin == "" && ok {
			s.Value, s.Origin = preset, "preset"
		}
		s.Origin = cmp.Or(s.Origin, "default")
		shown = append(shown, s)
	})
	slices.SortFunc(shown, func(x, y shownSetting) int { return strings.Compare(x.Name, y.Name) })
	return a.output("", func(w io.Writer) error { return a.writeSettings(w, shown, withOrigin) })
}

func (a *app) writeSettings(w io.Writer, shown []shownSetting, withOrigin bool) error {
	for _, s := range shown {
		var err error
		switch {
		case a.json:
			err = json.NewEncoder(w).Encode(s)
		case withOrigin:
			_, err = fmt.Fprintf(w, "%s: %s # %s\n", s.Name, s.yaml(), safe(s.Origin))
		default:
			_, err = fmt.Fprintf(w, "%s: %s\n", s.Name, s.yaml())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// yamlScalar writes a value so that it is read as the same text: plain if it holds
// nothing that YAML gives a meaning to, else in JSON's quotes, which YAML reads.
func yamlScalar(s string) string {
	plain := s != "" && s == strings.TrimFunc(s, func(r rune) bool { return r == ' ' }) && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/:", r))
	}) && !strings.ContainsAny(s[:1], "-.") && !strings.HasSuffix(s, ":") && !strings.EqualFold(s, "null")
	if plain {
		return s
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(quoted)
}

// resolvedByPreset returns what the preset of a verb's flags stands for, by flag.
func resolvedByPreset(verb *cobra.Command) (map[string]string, error) {
	f := verb.Flags().Lookup("preset")
	if f == nil {
		return nil, nil
	}
	preset, err := pipeline.ParsePreset(f.Value.String())
	if err != nil {
		return nil, usageError{err}
	}
	id := preset.Identity()
	all := map[string]string{
		"shingle": id.Shingle.String(), "similarity": id.Similarity.String(), "threshold": fmt.Sprint(id.Threshold), "recall": fmt.Sprint(id.Recall),
		"max-hashes": fmt.Sprint(id.MaxHashes), "clustering": id.Clustering.String(), "features": id.Features.String(), "key-terms": fmt.Sprint(id.KeyTerms),
	}
	for name, value := range all {
		if value == "" || value == "0" {
			delete(all, name)
		}
	}
	return all, nil
}
