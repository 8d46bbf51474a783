package runfolder

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestRawNames: names come back from JSON with their bytes, and those that are UTF-8 are
// written as ever.
func TestRawNames(t *testing.T) {
	for _, names := range [][]string{nil, {"a", "é\uFFFD"}, {"a", "b\xff", "\xfe\xff/c"}} {
		type stored struct {
			Names []string `json:"names"`
			Raw   [][]byte `json:"raw,omitempty"`
		}
		b, err := json.Marshal(stored{names, rawNames(names)})
		if err != nil {
			t.Fatal(err)
		}
		if plain := strings.ToValidUTF8(strings.Join(names, ""), "") == strings.Join(names, ""); plain == strings.Contains(string(b), "raw") {
			t.Errorf("%q became %s", names, b)
		}
		var got stored
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		restoreNames(got.Names, got.Raw)
		if !reflect.DeepEqual(got.Names, names) {
			t.Errorf("%q came back as %q", names, got.Names)
		}
	}
}
