package report

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestEncodeIsEncodingJSON compares clusters as they are written with what
// encoding/json makes of them.
func TestEncodeIsEncodingJSON(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[a-z0-9-]{1,20}`),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{"", "<a&b>", "\u2028", "x\u2029", "\ufffd", "tab\there", `q"\`, "\x7f", "’“–é", "\x00", "漢字"}),
	)
	similarity := rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1, 1e-6, 9.99e-7, 1e-300, math.Copysign(0, -1), 0.1, 2.0 / 3}))
	member := rapid.Custom(func(t *rapid.T) Member {
		return Member{
			ID: text.Draw(t, "id"), Similarity: similarity.Draw(t, "similarity"), CoveredBy: text.Draw(t, "covered by"),
			Keep: rapid.Bool().Draw(t, "keep"), Level: Level(text.Draw(t, "level")), Title: text.Draw(t, "title"),
			File: text.Draw(t, "file"), Line: rapid.Int64().Draw(t, "line"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		c := &Cluster{
			Cluster: text.Draw(t, "cluster"), Size: rapid.Int().Draw(t, "size"), Kept: rapid.Int().Draw(t, "kept"),
			MinSimilarity: similarity.Draw(t, "min"), MeanSimilarity: similarity.Draw(t, "mean"),
			Cohesion: Cohesion{
				Texts: rapid.Int().Draw(t, "texts"), Pairs: rapid.Int().Draw(t, "pairs"), Density: similarity.Draw(t, "density"),
				MinPair: similarity.Draw(t, "min pair"), MeanPair: similarity.Draw(t, "mean pair"),
				Diameter: rapid.Int().Draw(t, "diameter"), DiameterExact: rapid.Bool().Draw(t, "exact"), Chain: rapid.Bool().Draw(t, "chain"),
			},
			Members: rapid.SliceOfN(member, 1, 4).Draw(t, "members"),
		}
		compare := func(got []byte, v any) {
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(v); err != nil {
				t.Fatal(err)
			}
			if line := "{" + string(got) + "}\n"; line != want.String() {
				t.Fatalf("got  %swant %s", line, &want)
			}
		}
		compare(appendCluster(nil, c), c)
		compare(appendMember(nil, &c.Members[0]), c.Members[0])
	})
}
