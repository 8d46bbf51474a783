package cluster

import "fmt"

// Method says how much of the graph of verified pairs is one cluster. Cover and
// Components keep the same documents. The numbers are persisted, never renumber.
type Method uint8

const (
	// DefaultMethod is Cover where nothing else, such as a preset, decides.
	DefaultMethod Method = 0
	// Cover makes a cluster of a representative and the documents that are
	// each similar to it.
	Cover Method = 1
	// Components joins clusters that a verified pair links.
	Components Method = 2
	// Average merges clusters while their average similarity reaches the
	// threshold.
	Average Method = 3
	// Community divides what verified pairs link into communities of high
	// modularity.
	Community Method = 4
)

var methodNames = [...]string{
	DefaultMethod: "default", Cover: "cover", Components: "components", Average: "average", Community: "community",
}

func (m Method) valid() bool { return int(m) < len(methodNames) }

// String returns the name that [ParseMethod] accepts.
func (m Method) String() string {
	if !m.valid() {
		return fmt.Sprintf("method(%d)", uint8(m))
	}
	return methodNames[m]
}

// MarshalText writes the name.
func (m Method) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (m *Method) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMethod(string(text))
	return err
}

// ParseMethod returns the method named s: "cover", "components", "average" or
// "community".
func ParseMethod(s string) (Method, error) {
	for m, name := range methodNames {
		if s == name && Method(m) != DefaultMethod {
			return Method(m), nil
		}
	}
	return 0, fmt.Errorf("cluster: unknown clustering %q, want cover, components, average or community", s)
}
