package lint

// Doppel returns the rules of this module: its import table, in the order in
// which data walks.
func Doppel() Rules {
	return Rules{
		Module: "github.com/doppel-dedup/doppel",
		Order: []string{
			"seeds",
			"shingle",
			"pipeline/corpus",
			"pipeline/passage",
			"pipeline/idf",
			"pipeline/minhash",
			"pipeline/lsh",
			"pipeline/verify",
			"pipeline/cluster",
			"pipeline/report",
			"pipeline/page",
			"pipeline/snapshot",
			"pipeline/prune",
			"pipeline/eval",
			"pipeline",
			"pipeline/tables",
			"cmd/doppel",
			"bench/stages",
		},
		Internal: map[string][]string{
			"internal/atomicfile":        nil,
			"internal/extsort":           nil,
			"internal/kernel":            nil,
			"internal/kernel/json":       nil,
			"internal/kernel/sets":       nil,
			"internal/kernel/sketch":     nil,
			"internal/kernel/text":       nil,
			"internal/kernel/kerneltest": nil,
			"internal/lint":              nil,
			"internal/plant":             nil,
			"internal/plant/cmd/plant":   nil,
			"internal/progress":          nil,
			"internal/spill":             nil,
			"internal/tempfile":          nil,
			"internal/termtext":          nil,
			"internal/textdiff":          nil,
		},
		TestOnly: []string{"internal/plant", "internal/lint", "internal/kernel/kerneltest"},
		Homes: map[string][]string{
			"github.com/spf13":                       {"cmd/doppel"},
			"github.com/goccy":                       {"cmd/doppel"},
			"github.com/parquet-go/parquet-go":       {"pipeline/tables"},
			"github.com/valyala/fastjson":            {"pipeline/corpus"},
			"github.com/ekzhu/minhash-lsh":           {"pipeline/lsh", "pipeline/minhash"},
			"github.com/clipperhouse/uax29/v2/words": {"shingle"},
		},
		Commands:     []string{"cmd", "internal/plant/cmd", "bench"},
		Environment:  []string{"internal/plant", "internal/kernel", "internal/kernel/kerneltest"},
		CommentWords: 60,
	}
}
