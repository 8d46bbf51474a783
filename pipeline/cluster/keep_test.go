package cluster

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

func TestKeepPolicyNames(t *testing.T) {
	for s, field := range map[string]string{
		"longest": "", "first": "", "newest": "date", "oldest": "date",
		"newest:published": "published", "oldest:meta.date": "meta.date",
		"max:score": "score", "min:meta.rank": "meta.rank", "max:a:b": "a:b",
		"source:reuters": "source", "source:wire/>*.md>b c": "source", `source:a\,b>c\>d`: "source", `max:a\,b`: "a,b",
		"protected": "", "regex:^crawl": "", "regex:url=~/amp/|^m\\.": "url", "regex:x{2,3},y": "", `regex:a\,first`: "",
	} {
		p, err := ParseKeepPolicy(s)
		if err != nil || p.String() != s || strings.Join(p.Fields(), " ") != field {
			t.Errorf("ParseKeepPolicy(%q) = %q with fields %q, %v, want field %q", s, p, p.Fields(), err, field)
		}
	}
	if p, err := ParseKeepPolicy("newest:date"); err != nil || p.String() != "newest" {
		t.Errorf("newest:date is %q, %v, want newest", p, err)
	}
	for s, want := range map[string]string{
		"source:wire/,*.md,b c":                             "source:wire/>*.md>b c",
		"protected,longest,newest:d,source:a,b,max:n,first": "protected,longest,newest:d,source:a>b,max:n,first",
		"source:a,first":                                    "source:a,first", // a criterion, not a source
		"regex:a,b,longest":                                 "regex:a,b,longest",
		"max:n,min:n,regex:n=~1,oldest:date,source:x":       "max:n,min:n,regex:n=~1,oldest,source:x",
	} {
		p, err := ParseKeepPolicy(s)
		if err != nil || p.String() != want || p.Len() != len(p.criteria) {
			t.Errorf("ParseKeepPolicy(%q) = %q, %v, want %q", s, p, err, want)
		}
	}
	if p := mustPolicy(t, "max:n,min:n,source:x,regex:source=~y"); !slices.Equal(p.Fields(), []string{"n", "source"}) || p.BySource() != "source" {
		t.Errorf("fields %q, source %q", p.Fields(), p.BySource())
	}
	if p := mustPolicy(t, "source:x,max:n").WithSourceField("site"); !slices.Equal(p.Fields(), []string{"site", "n"}) || p.BySource() != "site" {
		t.Errorf("fields %q, source %q", p.Fields(), p.BySource())
	}
	if got := (KeepPolicy{}).String(); got != "longest" {
		t.Errorf("the zero value is %q, want longest", got)
	}
}

func TestParseKeepPolicyRefuses(t *testing.T) {
	for _, s := range []string{
		"", "Longest", "best", "longest:x", "first:", "first:x", "newest:", "max", "max:", "min",
		"source", "source:", "source:a,,b", "source:a,", "source:a,b,a", "source:[", ":x",
		"longest,", "longest,best", "longest,longest", "first,longest", "newest,newest:date", "source:a>b,c", "source:a>", "source:a,max",
		"regex", "regex:", "regex:(", "regex:=~x", "regex:f=~", "regex:x,longest,regex:x", `max:a\`, `regex:a\=~x`, "protected:x", "max:a,b",
		"max:a,max:b,max:c,max:d,max:e,max:f,max:g,max:h,max:i",
	} {
		if p, err := ParseKeepPolicy(s); err == nil {
			t.Errorf("ParseKeepPolicy(%q) = %q, want an error", s, p)
		}
	}
}

func oneField(value string) [][]byte { return [][]byte{[]byte(value)} }

// rankOf returns the rank under a policy of one criterion.
func rankOf(p KeepPolicy, doc DocInfo) (int64, bool) {
	ranks, ok := p.AppendRanks(nil, doc)
	return ranks[0], ok
}

func mustPolicy(tb testing.TB, s string) KeepPolicy {
	tb.Helper()
	p, err := ParseKeepPolicy(s)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// descending holds, for policies, documents from the best to the worst.
func TestRankOrder(t *testing.T) {
	field := func(values ...string) (docs []DocInfo) {
		for _, v := range values {
			docs = append(docs, DocInfo{Fields: oneField(v)})
		}
		return docs
	}
	for _, c := range []struct {
		policy     string
		descending []DocInfo
	}{
		{"longest", []DocInfo{{TextLen: 3}, {TextLen: 2}, {TextLen: 0}}},
		{"first", []DocInfo{{ID: 0}, {ID: 1}, {ID: math.MaxUint32}}},
		{"max:n", field("1.7e308", "9007199254740993", "12", "3", " 2.5\n", "1e-320", "0", "-1e-320", "-0.5", "-2", "-1e300")},
		{"min:n", field("-1e300", "-2", "-0.5", "0", "1e-320", "3", "12", "1.7e308")},
		{"newest", field("9999-12-31", "2024-12-20T00:00:00+02:00", "1734623999.5", "2024-12-19T15:59:59.4Z", "2024-12-19 10:00", "20241219", "Dec 18, 2024", "17 December 2024", "Mon, 16 Dec 2024 10:00:00 GMT", "2024-12", "2024", "1969-12-31", "0001-01-01")},
		{"oldest", field("0001-01-01", "1969-12-31", "2024", "2024-12-19", "9999-12-31")},
		{"source:b,a/,*.txt", []DocInfo{{Fields: oneField("b")}, {FileName: "a/x/y.jsonl"}, {FileName: "x.txt"}}},
	} {
		p := mustPolicy(t, c.policy)
		for i := range c.descending {
			rank, ok := rankOf(p, c.descending[i])
			if !ok || rank == math.MinInt64 {
				t.Errorf("%s: document %d (%s) is unusable", c.policy, i, c.descending[i].Fields)
			}
			if i == 0 {
				continue
			}
			if better, _ := rankOf(p, c.descending[i-1]); better <= rank {
				t.Errorf("%s: %+v ranks %d, not over %+v with %d", c.policy, c.descending[i-1], better, c.descending[i], rank)
			}
		}
	}
}

func TestRankOfUnusableValues(t *testing.T) {
	for policy, values := range map[string][]string{
		"max:n":  {"", " ", "x", "inf", "-Infinity", "NaN", "0x10", "1_000", "1e999", "1,5", "12 km", "null"},
		"newest": {"", " ", "soon", "02/03/2024", "2024-13-01", "2024-02-30", "20241399", "19 Dec", "1e30", "-1e30", "2024-12-19 10:00:00 EST"},
	} {
		p := mustPolicy(t, policy)
		for _, v := range values {
			if rank, ok := rankOf(p, DocInfo{Fields: oneField(v), TextLen: 5}); ok || rank != math.MinInt64 {
				t.Errorf("%s: %q ranks %d, %v, want it unusable", policy, v, rank, ok)
			}
		}
		if _, ok := rankOf(p, DocInfo{}); ok {
			t.Errorf("%s: a missing field is usable", policy)
		}
	}
}

func TestRankOfDates(t *testing.T) {
	p := mustPolicy(t, "newest")
	noon := time.Date(2024, 12, 19, 12, 0, 0, 0, time.UTC)
	day := time.Date(2024, 12, 19, 0, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Time{
		"2024-12-19T12:00:00Z":            noon,
		"2024-12-19T15:00:00+03:00":       noon,
		"2024-12-19T12:00Z":               noon,
		"2024-12-19T12:00":                noon,
		"2024-12-19T12:00:00.000001":      noon.Add(time.Microsecond),
		"2024-12-19 12:00:00":             noon,
		"2024-12-19 12:00:00Z":            noon,
		"2024-12-19 12:00:00 UTC":         noon,
		"2024-12-19 14:00:00 +0200":       noon,
		"2024/12/19 12:00:00":             noon,
		"Thu, 19 Dec 2024 12:00:00 GMT":   noon,
		"Thu, 19 Dec 2024 13:00:00 +0100": noon,
		"19 Dec 2024 13:00:00 +0100":      noon,
		"1734609600":                      noon,
		"1734609600.25":                   noon.Add(250 * time.Millisecond),
		"1.7346096e9":                     noon,
		"1734609600001":                   noon.Add(time.Millisecond),
		"1734609600000001":                noon.Add(time.Microsecond),
		"1734609600000000000":             noon,
		"2024-12-19":                      day,
		"2024/12/19":                      day,
		"20241219":                        day,
		"19 December 2024":                day,
		"9 Dec 2024":                      day.AddDate(0, 0, -10),
		"December 19, 2024":               day,
		"dec 19, 2024":                    day,
		"2024-12":                         time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC),
		"2024":                            time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC),
		"0":                               time.Unix(0, 0),
		"-1":                              time.Unix(-1, 0),
	} {
		rank, ok := rankOf(p, DocInfo{Fields: oneField(" " + s + "\n")})
		if !ok || rank != want.UnixMicro() {
			t.Errorf("%q is %v (%v), want %v", s, time.UnixMicro(rank).UTC(), ok, want)
		}
	}
}

func TestRankOfSources(t *testing.T) {
	p := mustPolicy(t, "source:reuters,wire,wire2/,*.md,news/*/a.txt")
	for _, c := range []struct {
		doc  DocInfo
		want int64
		ok   bool
	}{
		{DocInfo{Fields: oneField("reuters"), FileName: "wire/x"}, 0, true},
		{DocInfo{Fields: oneField("Reuters")}, math.MinInt64, false},
		{DocInfo{Fields: oneField("wire")}, -1, true},
		// A field that matches nothing is an answer: the file is not asked.
		{DocInfo{Fields: oneField("afp"), FileName: "wire/x"}, math.MinInt64, false},
		{DocInfo{Fields: oneField(""), FileName: "wire/x"}, math.MinInt64, false},
		{DocInfo{FileName: "wire"}, -1, true},
		{DocInfo{FileName: "wire/deep/x.jsonl"}, -1, true},
		{DocInfo{FileName: "wireless/x.jsonl"}, math.MinInt64, false},
		{DocInfo{FileName: "wire2/x.jsonl"}, -2, true},
		{DocInfo{FileName: "x.md"}, -3, true},
		{DocInfo{FileName: "y/x.md"}, math.MinInt64, false},
		{DocInfo{FileName: "news/1/a.txt"}, -4, true},
		{DocInfo{FileName: "news/1/2/a.txt"}, math.MinInt64, false},
	} {
		if got, ok := rankOf(p, c.doc); got != c.want || ok != c.ok {
			t.Errorf("%q in %q: %d, %v, want %d, %v", c.doc.Fields, c.doc.FileName, got, ok, c.want, c.ok)
		}
	}
}

// TestCriteriaDecideInTurn holds the order of a policy of several criteria against a
// comparison that asks them one by one.
func TestCriteriaDecideInTurn(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	criteria := []string{"protected", "longest", "newest:d", "source:a>b", "max:n", "min:n", "regex:k[0-4]", "regex:d=~^20", "oldest:d", "first"}
	values := []string{"", "2024-01-01", "2023", "x", "5", "5.0", "-3"}
	for range 200 {
		r.Shuffle(len(criteria)-1, func(i, j int) { criteria[i], criteria[j] = criteria[j], criteria[i] })
		list := criteria[:1+r.IntN(4)]
		p := mustPolicy(t, strings.Join(list, ","))
		docs := make([]DocInfo, 40)
		of := map[string]string{}
		var ranks []int64
		lens := make([]uint32, len(docs))
		for i := range docs {
			d := &docs[i]
			*d = DocInfo{ID: corpus.ID(i), Key: fmt.Appendf(nil, "k%02d", r.IntN(100)*100+i), TextLen: r.IntN(3), Protected: r.IntN(4) == 0, FileName: string(rune('a' + r.IntN(3)))}
			for _, f := range p.Fields() {
				of[f] = values[r.IntN(len(values))]
				if d.Fields = append(d.Fields, []byte(of[f])); of[f] == "" {
					d.Fields[len(d.Fields)-1] = nil
				}
			}
			ranks, _ = p.AppendRanks(ranks, *d)
			lens[i] = uint32(d.TextLen)
		}
		want := slices.Clone(docs)
		slices.SortFunc(want, func(a, b DocInfo) int {
			for _, s := range list {
				one := mustPolicy(t, s)
				pick := func(d DocInfo) DocInfo {
					if len(one.Fields()) > 0 {
						d.Fields = d.Fields[slices.Index(p.Fields(), one.Fields()[0]):][:1]
					}
					return d
				}
				x, _ := rankOf(one, pick(a))
				y, _ := rankOf(one, pick(b))
				if x != y {
					return cmp.Compare(y, x)
				}
			}
			return cmp.Or(cmp.Compare(b.TextLen, a.TextLen), bytes.Compare(a.Key, b.Key))
		})
		o := NewOrder(ranks, lens, func(id corpus.ID) string { return string(docs[id].Key) })
		for i, d := range want {
			if o.Position(d.ID) != uint32(i) {
				t.Fatalf("%s: document %d (%+v) is at place %d, want %d", p, d.ID, d, o.Position(d.ID), i)
			}
		}
	}
}

func TestOrderedBitsKeepOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	values := []float64{0, math.Copysign(0, -1), 1, -1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64}
	for len(values) < 2000 {
		if f := math.Float64frombits(r.Uint64()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			values = append(values, f)
		}
	}
	slices.Sort(values)
	for i, x := range values {
		if orderedBits(x) == math.MinInt64 || orderedBits(-x) != -orderedBits(x) {
			t.Fatalf("orderedBits(%v) = %d, of the negated %d", x, orderedBits(x), orderedBits(-x))
		}
		if i == 0 {
			continue
		}
		if y := values[i-1]; (y < x) != (orderedBits(y) < orderedBits(x)) {
			t.Fatalf("%v and %v become %d and %d", y, x, orderedBits(y), orderedBits(x))
		}
	}
}

func FuzzKeepPolicy(f *testing.F) {
	f.Add("newest", "2024-12-19T12:00:00Z")
	f.Add("oldest:d", "1734609600")
	f.Add("max:score", "-1e-3")
	f.Add("source:a,b/,*.txt", "b/c.txt")
	f.Add("protected,longest,newest,source:a>b,max:score,min:rank,regex:url=~a{2,3},first", "aa")
	f.Add(`regex:\\,max:a\,b,source:\>\,>x`, "aa")
	f.Fuzz(func(t *testing.T, s, value string) {
		p, err := ParseKeepPolicy(s)
		if err != nil {
			return
		}
		again, err := ParseKeepPolicy(p.String())
		if err != nil || again.String() != p.String() || !slices.Equal(again.Fields(), p.Fields()) {
			t.Fatalf("%q reads back as %q, %v", p, again, err)
		}
		all := make([][]byte, len(p.Fields()))
		for i := range all {
			all[i] = []byte(value)
		}
		for _, doc := range []DocInfo{{Fields: all}, {FileName: value}} {
			if ranks, ok := p.AppendRanks(nil, doc); len(ranks) != p.Len() || ok == slices.Contains(ranks, math.MinInt64) {
				t.Fatalf("%q ranks %q as %d, %v", p, value, ranks, ok)
			}
		}
	})
}
