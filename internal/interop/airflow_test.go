package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// airflowTask is what airflowdag.py tells of a task.
type airflowTask struct {
	Day, State, Result string
	Tries              int
}

// TestAirflowExample runs examples/airflow_dag.py in Airflow, with the program, and
// checks what becomes of the task for each exit code. DOPPEL_AIRFLOW names a Python
// with the packages of airflow.txt.
func TestAirflowExample(t *testing.T) {
	python := os.Getenv("DOPPEL_AIRFLOW")
	if python == "" {
		t.Skip("DOPPEL_AIRFLOW names no Python with Airflow")
	}
	doppel := build(t)
	dir := t.TempDir()
	news, runs := filepath.Join(dir, "news"), filepath.Join(dir, "runs")
	for day, content := range map[string]string{
		"2026-01-01": differentTexts, "2026-01-02": differentTexts + badRecord, "2026-01-03": sameTexts,
		"2026-01-04": differentTexts + badRecord, "2026-01-05": differentTexts, "2026-01-07": differentTexts, "2026-01-08": differentTexts,
	} {
		writeFile(t, filepath.Join(news, day, "a.jsonl"), content)
	}
	changed := exec.Command(doppel, "run", "-q", "--threshold", "0.5", filepath.Join(news, "2026-01-05"), "-o", filepath.Join(runs, "2026-01-05"))
	if err := errors.Join(os.Mkdir(runs, 0o755), changed.Run()); err != nil {
		t.Fatal(err)
	}
	inProgress(t, doppel, filepath.Join(runs, "2026-01-07"))
	data := func(day string) string { return filepath.Join(runs, day, "data") }
	want := []airflowTask{
		{Day: "2026-01-01", State: "success", Tries: 1, Result: data("2026-01-01")}, // exit code 0
		{Day: "2026-01-02", State: "success", Tries: 1, Result: data("2026-01-02")}, // 3
		{Day: "2026-01-03", State: "failed", Tries: 1},                              // 5, a guard
		{Day: "2026-01-04", State: "failed", Tries: 1},                              // 4
		{Day: "2026-01-05", State: "failed", Tries: 1},                              // 7, other settings
		{Day: "2026-01-06", State: "failed", Tries: 4},                              // 1, no such folder
		{Day: "2026-01-07", State: "failed", Tries: 4},                              // 6, a run in progress
		{Day: "2026-01-08", State: "failed", Tries: 1},                              // 2
	}
	settings := map[string]string{"2026-01-04": ",DOPPEL_MAX_BAD=0", "2026-01-08": ",DOPPEL_THRESHOLD=7"}
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"airflowdag.py", examples}
	for _, task := range want {
		args = append(args, task.Day+settings[task.Day])
	}
	cmd := exec.Command(python, args...)
	cmd.Env = append(os.Environ(), "NEWS="+news, "RUNS="+runs, "AIRFLOW_HOME="+filepath.Join(dir, "airflow"),
		"AIRFLOW__CORE__LOAD_EXAMPLES=False", "AIRFLOW__CORE__DAGS_FOLDER="+examples)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &stderr)
	}
	var got []airflowTask
	for line := range strings.Lines(string(out)) {
		of, isTask := strings.CutPrefix(line, "TASK ")
		if !isTask {
			continue
		}
		got = append(got, airflowTask{})
		if err := json.Unmarshal([]byte(of), &got[len(got)-1]); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v\n%s%s", got, want, out, &stderr)
	}
}
