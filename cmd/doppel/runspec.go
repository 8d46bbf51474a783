package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// runSpec describes the run to its folder.
func (a *app) runSpec(cmd *cobra.Command, o pipeline.Options, r runOptions) (runfolder.Spec, error) {
	wd, err := os.Getwd()
	if err != nil {
		return runfolder.Spec{}, err
	}
	host, err := os.Hostname()
	if err != nil {
		return runfolder.Spec{}, err
	}
	v := readVersion()
	resolved := o.Defaults()
	return runfolder.Spec{
		Dir: filepath.Clean(r.dir), Program: "doppel", Version: v.Version, Args: settleSeed(a.runs.args, cmd.Flags(), o.Identity.Seed), Folder: wd,
		Options: o, NoData: r.noData, Origin: a.origins(cmd.Flags(), resolved), Overwrite: r.overwrite, Watch: a.runs.watch,
		Machine: runfolder.Machine{Host: host, PID: os.Getpid(), Platform: v.Platform, Go: v.Go, Kernels: v.Kernels,
			Threads: resolved.Threads, Memory: resolved.Memory},
	}, nil
}

// origins says where the options came from, by their names in a manifest.
func (a *app) origins(fs *pflag.FlagSet, o pipeline.Options) map[string]string {
	from := map[string]string{}
	preset, none := fieldsOf(o.Preset.Identity()), fieldsOf(pipeline.Identity{})
	for name, value := range preset {
		if !reflect.DeepEqual(value, none[name]) {
			from[name] = "preset"
		}
	}
	for _, name := range []string{"bands", "rows", "pair_floor"} {
		from[name] = "derived"
	}
	fs.Visit(func(f *pflag.Flag) {
		name := strings.ReplaceAll(f.Name, "-", "_")
		if name == "no_data" {
			name = "data"
		}
		if from[name] = a.config.origins[f.Name]; from[name] == "command line" {
			from[name] = "flag"
		}
	})
	return from
}

// fieldsOf returns the fields of an identity by their names.
func fieldsOf(id pipeline.Identity) map[string]any {
	fields := map[string]any{}
	text, err := json.Marshal(id)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		panic(fmt.Sprintf("an identity is no object: %v", err))
	}
	return fields
}
