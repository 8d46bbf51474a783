package runfolder

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// outputsOf writes n small files to a folder.
func outputsOf(t *testing.T, dir string, n int) (outputs []Output) {
	t.Helper()
	for i := range n {
		content := fmt.Sprint("text ", i)
		o := Output{Name: fmt.Sprintf("%04d.txt", i), Bytes: int64(len(content)), SHA256: hexOf(sha256.Sum256([]byte(content)))}
		write(t, filepath.Join(dir, o.Name), content)
		outputs = append(outputs, o)
	}
	return outputs
}

// TestFaultsAreToldInOrder: whatever is at fault, any number of threads tells the same of
// it as one that reads one file after another.
func TestFaultsAreToldInOrder(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	outputs := outputsOf(t, dir, 300)
	for range 60 {
		asked, first := slices.Clone(outputs), len(outputs)
		for range rng.IntN(4) {
			i := rng.IntN(len(asked))
			first = min(first, i)
			switch o := &asked[i]; rng.IntN(3) {
			case 0:
				o.Name = "gone" + o.Name
			case 1:
				o.Bytes++
			case 2:
				o.SHA256 = asked[(i+1)%len(asked)].SHA256
			}
		}
		sizes, want := checkAll(t.Context(), dir, asked, 1)
		if len(sizes) != first || (want == nil) != (first == len(outputs)) {
			t.Fatalf("seed %d: one thread finds %d files and %v, want %d", seed, len(sizes), want, first)
		}
		for _, threads := range []int{-1, 0, 2, 3, 16, 1000} {
			got, err := checkAll(t.Context(), dir, asked, threads)
			if !slices.Equal(got, sizes) || fmt.Sprint(err) != fmt.Sprint(want) {
				t.Fatalf("seed %d: %d threads find %d files and %v, want %d and %v", seed, threads, len(got), err, first, want)
			}
		}
	}
}
