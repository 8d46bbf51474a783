package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/doppel-dedup/doppel/internal/segment"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Head is the first block of a checkpoint: what the others depend on.
type Head struct {
	Version  int             `json:"version"`
	Identity json.RawMessage `json:"identity"`
	Keys
	// PairsFrom is the similarity from which there are pairs.
	PairsFrom float64 `json:"pairs_from"`
	Inputs    []Input `json:"inputs"`
}

// Keys are those of hash functions, as the run that began has drawn them. Who writes texts
// must not get to know them.
type Keys struct {
	// Stamp is that of the stamps in batches.
	Stamp []byte `json:"stamp_key"`
	// Words is that of words and characters in sets, 0 if no sets are logged.
	Words int64 `json:"words_key,omitempty"`
}

// Input is what is known of a file without reading it.
type Input struct {
	Name        string        `json:"name"`
	Bytes       int64         `json:"bytes"`
	Modified    time.Time     `json:"modified"`
	Format      corpus.Format `json:"format"`
	Compression string        `json:"compression"`
	Reference   bool          `json:"reference,omitempty"`
}

// String tells all but the name.
func (h Input) String() string {
	role := "input"
	if h.Reference {
		role = "reference"
	}
	return fmt.Sprintf("%d bytes of %s (%s, %s, compression %s)", h.Bytes, h.Modified.Format(time.RFC3339Nano), role, h.Format, h.Compression)
}

// NewHead returns that of a run of an identity, as JSON, over the files of c, with its
// keys.
func NewHead(identity json.RawMessage, keys Keys, pairsFrom float64, c *corpus.Corpus) Head {
	h := Head{Version: Version, Identity: identity, Keys: keys, PairsFrom: pairsFrom}
	for _, f := range c.Files() {
		h.Inputs = append(h.Inputs, Input{f.Name, f.Size, f.Modified.UTC(), f.Format, f.Compression.String(), f.Reference})
	}
	return h
}

// changes lists how h differs from what it was.
func (h Head) changes(was Head) ([]Change, error) {
	before, err := flatten(was.Identity)
	if err != nil {
		return nil, err
	}
	now, err := flatten(h.Identity)
	if err != nil {
		return nil, err
	}
	files := func(h Head, into map[string]string) {
		into["pair floor"] = fmt.Sprint(h.PairsFrom)
		for _, in := range h.Inputs {
			into[fmt.Sprintf("input %q", in.Name)] = in.String()
		}
	}
	files(was, before)
	files(h, now)
	var names []string
	for name := range before {
		names = append(names, name)
	}
	for name := range now {
		names = append(names, name)
	}
	slices.Sort(names)
	var changes []Change
	for _, name := range slices.Compact(names) {
		if before[name] != now[name] {
			changes = append(changes, Change{name, before[name], now[name]})
		}
	}
	return changes, nil
}

// flatten returns the values in a JSON object by their names, those of an inner
// object as "outer.inner".
func flatten(object json.RawMessage) (map[string]string, error) {
	flat := map[string]string{}
	var walk func(name string, raw json.RawMessage) error
	walk = func(name string, raw json.RawMessage) error {
		if !bytes.HasPrefix(raw, []byte("{")) {
			flat[name] = string(raw)
			return nil
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			return err
		}
		for field, value := range fields {
			if err := walk(strings.TrimPrefix(name+"."+field, "."), value); err != nil {
				return err
			}
		}
		return nil
	}
	return flat, walk("", object)
}

// refused makes an error of a checkpoint that this version cannot read.
func (o *Options) refused(err error) error {
	var other segment.VersionError
	if errors.As(err, &other) {
		return &Error{Dir: o.Dir, Changes: []Change{{"version of the segments", fmt.Sprint(uint32(other)), fmt.Sprint(segment.Version)}}, OtherVersion: true}
	}
	return err
}
