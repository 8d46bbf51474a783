package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

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
