package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

// versionInfo is what is known of the binary from its own build record.
type versionInfo struct {
	Type     string `json:"type"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	// Kernels is the level of the inner loops: purego, avx2 or avx512.
	Kernels string `json:"kernels"`

	time time.Time // of the revision; the beginning of 1970 if it is not known
}

func readVersion() versionInfo {
	v := versionInfo{Type: "version", Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Kernels: kernel.Active().String(), time: time.Unix(0, 0).UTC()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				v.time = t.UTC()
			}
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of doppel",
		Example: "  doppel version\n  doppel version --json",
		Args:    cobra.NoArgs,
		RunE: a.verb(func(*cobra.Command, []string) error {
			v := readVersion()
			if a.json {
				return json.NewEncoder(a.stdout).Encode(v)
			}
			line := fmt.Sprintf("doppel %s %s %s %s", v.Version, v.Go, v.Platform, v.Kernels)
			if v.Revision != "" {
				line += " " + v.Revision
				if v.Modified {
					line += "+modified"
				}
			}
			_, err := fmt.Fprintln(a.stdout, line)
			return err
		}),
	}
}
