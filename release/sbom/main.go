// Command sbom writes the bill of materials of a Go program as SPDX 2.3 JSON: the
// program with its digest, and every module linked into it with version and checksum,
// as the program's own build record names them.
//
//	go run ./release/sbom dist/doppel > dist/doppel.spdx.json
//
// Equal programs give equal bills: the time in it is that of the revision built.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: sbom PROGRAM")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

type document struct {
	Version       string         `json:"spdxVersion"`
	License       string         `json:"dataLicense"`
	ID            string         `json:"SPDXID"`
	Name          string         `json:"name"`
	Namespace     string         `json:"documentNamespace"`
	Creation      creation       `json:"creationInfo"`
	Packages      []component    `json:"packages"`
	Relationships []relationship `json:"relationships"`
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type component struct {
	ID        string     `json:"SPDXID"`
	Name      string     `json:"name"`
	Version   string     `json:"versionInfo"`
	Download  string     `json:"downloadLocation"`
	Analyzed  bool       `json:"filesAnalyzed"`
	License   string     `json:"licenseConcluded"`
	Declared  string     `json:"licenseDeclared"`
	Copyright string     `json:"copyrightText"`
	Checksums []checksum `json:"checksums,omitempty"`
	Refs      []ref      `json:"externalRefs,omitempty"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type ref struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relationship struct {
	From string `json:"spdxElementId"`
	Type string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

func write(w io.Writer, program string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	d := document{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: filepath.Base(program),
		Namespace: "https://" + info.Main.Path + "/spdx/" + digest,
		Creation:  creation{Created: built(info), Creators: []string{"Tool: " + info.Main.Path + "/release/sbom"}},
	}
	main := newComponent("SPDXRef-Program", &info.Main)
	main.Checksums, main.Declared = []checksum{{"SHA256", digest}}, "Apache-2.0"
	d.Packages = append(d.Packages, main)
	d.Relationships = append(d.Relationships, relationship{d.ID, "DESCRIBES", main.ID})
	for i, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := newComponent(fmt.Sprintf("SPDXRef-Module-%d", i+1), m)
		d.Packages = append(d.Packages, c)
		d.Relationships = append(d.Relationships, relationship{main.ID, "STATIC_LINK", c.ID})
	}
	goroot := newComponent("SPDXRef-Go", &debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")})
	d.Packages = append(d.Packages, goroot)
	d.Relationships = append(d.Relationships, relationship{main.ID, "STATIC_LINK", goroot.ID})
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

// newComponent describes a module. Its checksum is the one of go.sum, "h1:" and a SHA-256
// of the module's files in base64.
func newComponent(id string, m *debug.Module) component {
	c := component{ID: id, Name: m.Path, Version: m.Version, Download: "NOASSERTION", License: "NOASSERTION", Declared: "NOASSERTION", Copyright: "NOASSERTION",
		Refs: []ref{{"PACKAGE-MANAGER", "purl", "pkg:golang/" + m.Path + "@" + m.Version}}}
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(sum) == sha256.Size {
		c.Checksums = []checksum{{"SHA256", hex.EncodeToString(sum)}}
	}
	return c
}

// built is the time of the revision, the beginning of 1970 if it is not known.
func built(info *debug.BuildInfo) string {
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			return s.Value
		}
	}
	return "1970-01-01T00:00:00Z"
}
