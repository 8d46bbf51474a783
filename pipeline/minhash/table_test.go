package minhash

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/doppel-dedup/doppel/shingle"
)

// The section of docs/accuracy.md that this file writes and checks.
const (
	accuracyPage = "../../docs/accuracy.md"
	tablesBegin  = "<!-- tables of signatures: begin -->\n"
	tablesEnd    = "<!-- tables of signatures: end -->\n"
)

// What the tables are made of.
var (
	tableFamilies = []Family{FSS, Classic32, Classic}
	tableHashes   = []int{96, 128}
	tableSizes    = []int{10, 300, 5000}
	tableJaccards = []float64{0.05, 0.1, 0.2, 0.3, 0.5, 0.8}
	tableInputs   = []string{"random", "sequential", "short strings"}
)

// trialsOf is the number of trials of the committed tables.
func trialsOf(n int) int {
	return map[int]int{10: 20000, 300: 10000, 5000: 2000}[n]
}

// setting is one cell of the tables.
type setting struct {
	family  Family
	k, n    int
	input   string
	jaccard float64
}

// errorSums adds up the errors of estimates, in units of sqrt(J(1-J)/k).
type errorSums struct {
	trials              int
	sum, square, fourth float64
}

func (e *errorSums) add(d float64) {
	e.trials++
	e.sum += d
	e.square += d * d
	e.fourth += d * d * d * d
}

// bias returns the mean error and half the width of its 95% interval.
func (e *errorSums) bias() (mean, half float64) {
	n := float64(e.trials)
	mean = e.sum / n
	return mean, 1.96 * math.Sqrt((e.square/n-mean*mean)/n)
}

// rmse returns the root of the mean squared error and half the width of its 95%
// interval.
func (e *errorSums) rmse() (root, half float64) {
	n := float64(e.trials)
	mean := e.square / n
	root = math.Sqrt(mean)
	return root, 1.96 * math.Sqrt((e.fourth/n-mean*mean)/n) / (2 * root)
}

// measure returns the errors at every setting with n elements, a similarity and
// an input. Each trial has sets and seeds of its own; families and numbers of hash
// functions share them.
func measure(t testing.TB, n int, j float64, input string, trials int) map[setting]*errorSums {
	rng := rand.New(rand.NewPCG(uint64(n), math.Float64bits(j)))
	words := shingle.NewShingler(shingle.Spec{Unit: shingle.Word, N: 1}, 0)
	result := map[setting]*errorSums{}
	elements := make([]uint64, 2*n)
	var text []byte
	var a, b Signature
	for trial := range trials {
		for i := range elements {
			x := uint64(trial*len(elements) + i)
			switch input {
			case "random":
				elements[i] = rng.Uint64()
			case "sequential":
				elements[i] = x
			default:
				text = strconv.AppendUint(text[:0], x, 10)
				elements[i] = words.Append(nil, text)[0]
			}
		}
		setA, setB, exact := pairOf(n, j, func(i int) uint64 { return elements[i] })
		for _, k := range tableHashes {
			for _, family := range tableFamilies {
				at := setting{family, k, n, input, j}
				if result[at] == nil {
					result[at] = &errorSums{}
				}
				s := newSigner(t, family, k, int64(trial)*7919+1)
				a, b = s.Sign(a, setA), s.Sign(b, setB)
				result[at].add((Estimate(a, b) - exact) / StdErr(exact, k))
			}
		}
	}
	return result
}

// measureAll returns the errors at all settings; trials gives their number by
// the number of elements, and 0 leaves those out.
func measureAll(t testing.TB, trials func(n int) int) map[setting]*errorSums {
	result := map[setting]*errorSums{}
	var wg sync.WaitGroup
	var lock sync.Mutex
	for _, n := range tableSizes {
		if trials(n) == 0 {
			continue
		}
		for _, input := range tableInputs {
			wg.Go(func() {
				for _, j := range tableJaccards {
					part := measure(t, n, j, input, trials(n))
					lock.Lock()
					for at, e := range part {
						result[at] = e
					}
					lock.Unlock()
				}
			})
		}
	}
	wg.Wait()
	return result
}

// writeTable writes one table in Markdown with the cells that cell formats.
func writeTable(w *bytes.Buffer, cell func(at setting) string) {
	fmt.Fprint(w, "| family | positions | shingles | input |")
	for _, j := range tableJaccards {
		fmt.Fprintf(w, " J = %v |", j)
	}
	fmt.Fprint(w, "\n|", strings.Repeat("---|", 4+len(tableJaccards)), "\n")
	for _, family := range tableFamilies {
		for _, k := range tableHashes {
			for _, n := range tableSizes {
				for _, input := range tableInputs {
					fmt.Fprintf(w, "| `%v` | %d | %d | %s |", family, k, n, input)
					for _, j := range tableJaccards {
						fmt.Fprintf(w, " %s |", cell(setting{family, k, n, input, j}))
					}
					fmt.Fprintln(w)
				}
			}
		}
	}
}

// tables returns the section of docs/accuracy.md between its two marks.
func tables(errors map[setting]*errorSums) []byte {
	var w bytes.Buffer
	fmt.Fprint(&w, "\nRMSE over sqrt(J(1-J)/k):\n\n")
	writeTable(&w, func(at setting) string {
		root, half := errors[at].rmse()
		return fmt.Sprintf("%.3f ± %.3f", root, half)
	})
	fmt.Fprint(&w, "\nBias, the mean error over sqrt(J(1-J)/k):\n\n")
	writeTable(&w, func(at setting) string {
		mean, half := errors[at].bias()
		return fmt.Sprintf("%+.3f ± %.3f", mean, half)
	})
	fmt.Fprintln(&w)
	return w.Bytes()
}

var updateTables = flag.Bool("tables", false, "measure signatures and rewrite the tables in docs/accuracy.md; takes minutes")

// TestAccuracyTables holds the committed tables to their shape and to a quick run
// of the code that writes them: each ratio must be within 5 standard errors of
// the committed one. With -tables, it rewrites them.
func TestAccuracyTables(t *testing.T) {
	page, err := os.ReadFile(accuracyPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(page, []byte(tablesBegin))
	committed, after, closed := bytes.Cut(rest, []byte(tablesEnd))
	if !ok || !closed {
		t.Fatalf("%s: the marks of the tables are gone", accuracyPage)
	}
	if *updateTables {
		made := tables(measureAll(t, trialsOf))
		page = bytes.Join([][]byte{before, []byte(tablesBegin), made, []byte(tablesEnd), after}, nil)
		if err := os.WriteFile(accuracyPage, page, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	roots, biases := readTables(t, string(committed))
	trials := map[int]int{10: 400, 300: 100}
	if testing.Short() {
		trials = map[int]int{10: 100, 300: 25}
	}
	quick := measureAll(t, func(n int) int { return trials[n] })
	for at, cell := range roots {
		if upper := map[Family]float64{FSS: 1.05, Classic32: 1.05, Classic: 1.1}[at.family]; cell.value-cell.half > upper {
			t.Errorf("%+v: committed RMSE is %v of theory, want %v at most", at, cell.value, upper)
		}
		if e := quick[at]; e != nil {
			root, half := e.rmse()
			if limit := 5 / 1.96 * math.Hypot(half, cell.half); math.Abs(root-cell.value) > limit {
				t.Errorf("%+v: RMSE is %.3f of theory, committed %.3f, limit %.3f: to renew: go test ./pipeline/minhash -run TestAccuracyTables -tables", at, root, cell.value, limit)
			}
		}
		if at.family == Classic {
			continue // known to be biased on sequential integers, and to err rarely but far
		}
		if bias := biases[at]; math.Abs(bias.value) > 2.5*bias.half {
			t.Errorf("%+v: committed bias is %v, with an interval of %v", at, bias.value, bias.half)
		}
		if quick[at] == nil {
			continue
		}
		if mean, half := quick[at].bias(); math.Abs(mean) > 2.5*half {
			t.Errorf("%+v: bias is %.3f, with an interval of %.3f", at, mean, half)
		}
	}
}

// interval is a cell of a committed table.
type interval struct{ value, half float64 }

// readTables returns the cells of the two tables, of which each setting must have
// one.
func readTables(t *testing.T, section string) (roots, biases map[setting]interval) {
	t.Helper()
	var cells []map[setting]interval
	var want bytes.Buffer
	writeTable(&want, func(setting) string { return "-" })
	rows := strings.Split(strings.TrimSpace(want.String()), "\n")
	for _, part := range strings.Split(section, rows[0])[1:] {
		lines := strings.Split(strings.TrimSpace(rows[0]+part), "\n")
		table := map[setting]interval{}
		i := 2
		for _, family := range tableFamilies {
			for _, k := range tableHashes {
				for _, n := range tableSizes {
					for _, input := range tableInputs {
						head, _, _ := strings.Cut(rows[i], " - ")
						row, ok := strings.CutPrefix(lines[min(i, len(lines)-1)], head)
						fields := strings.Split(strings.Trim(row, " |"), " | ")
						if !ok || len(fields) != len(tableJaccards) {
							t.Fatalf("%s: row %d of a table of signatures does not start with %q or end too soon", accuracyPage, i, head)
						}
						for j, field := range fields {
							var c interval
							if _, err := fmt.Sscanf(field, "%f ± %f", &c.value, &c.half); err != nil || c.half <= 0 {
								t.Fatalf("%s: cell %q: %v", accuracyPage, field, err)
							}
							table[setting{family, k, n, input, tableJaccards[j]}] = c
						}
						i++
					}
				}
			}
		}
		cells = append(cells, table)
	}
	if len(cells) != 2 {
		t.Fatalf("%s: %d tables of signatures, want 2", accuracyPage, len(cells))
	}
	return cells[0], cells[1]
}
