package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestWheel installs a wheel by pip, into an environment of its own and into a folder,
// and uses the program and the package as docs/tables.md says.
func TestWheel(t *testing.T) {
	python := needPython(t)
	doppel := build(t)
	dir := t.TempDir()
	at := func(command string, args ...string) string {
		t.Helper()
		cmd := exec.Command(command, args...)
		cmd.Env = append(os.Environ(), "PATH="+os.DevNull, "PIP_DISABLE_PIP_VERSION_CHECK=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
		}
		return string(out)
	}
	made, err := exec.Command("go", "run", "../../release/wheel", "-target", runtime.GOOS+"/"+runtime.GOARCH,
		"-version", "v1.2.3-4-gabc1234", "-license", "../../LICENSE", "-o", dir, doppel).Output()
	if err != nil {
		t.Fatal(err)
	}
	wheel := strings.TrimSpace(string(made))
	at(python, "-m", "pip", "install", "--no-index", "--target", filepath.Join(dir, "folder"), wheel)
	corpus := filepath.Join(dir, "corpus.jsonl")
	if err := os.WriteFile(corpus, []byte(`{"id":"a","text":"The same text."}
{"id":"b","text":"Another one."}
{"id":"c","text":"The same text."}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	got := at(python, "-c", `
import sys
folder, corpus, out = sys.argv[1:]
sys.path.insert(0, folder)
import doppel_dedup as d
d.run("run", "--preset", "near", corpus, "-o", out, capture_output=True)
print(d.table(out, "members", ["class"])["class"].to_pylist(), d.manifest(out)["counts"]["documents"])
print(d.run("cluster", "--no-such-flag", check=False, capture_output=True).returncode)
try:
    d.table(folder, "members")
except RuntimeError as e:
    print("not finished" in str(e))
`, filepath.Join(dir, "folder"), corpus, filepath.Join(dir, "run"))
	if want := "['kept', 'singleton', 'dropped'] 3\n2\nTrue\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}

	environment := filepath.Join(dir, "environment")
	at(python, "-m", "venv", "--without-pip", environment)
	at(python, "-m", "pip", "--python", filepath.Join(environment, "bin", "python"), "install", "--no-index", wheel)
	want := at(doppel, "version")
	if got := at(filepath.Join(environment, "bin", "doppel"), "version"); got != want {
		t.Errorf("the installed program says %q, not %q", got, want)
	}
	if got := at(filepath.Join(environment, "bin", "python"), "-E", "-m", "doppel_dedup", "version"); got != want {
		t.Errorf("python -m doppel_dedup says %q, not %q", got, want)
	}
}
