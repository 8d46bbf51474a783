// Package argo has a test only, in a module of its own: it holds examples/argo.yaml
// against Argo Workflows' own packages, and its exit codes against the program.
package argo

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/Knetic/govaluate"
	wfv1 "github.com/argoproj/argo-workflows/v3/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v3/util/expr/argoexpr"
	"github.com/argoproj/argo-workflows/v3/util/expr/env"
	"github.com/argoproj/argo-workflows/v3/workflow/common"
	"github.com/argoproj/argo-workflows/v3/workflow/validate"
	corev1 "k8s.io/api/core/v1"
)

// example reads the example as "argo lint --strict" does.
func example(t *testing.T) *wfv1.Workflow {
	t.Helper()
	data, err := os.ReadFile("../../../examples/argo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	workflows, err := common.SplitWorkflowYAMLFile(data, true)
	if err != nil || len(workflows) != 1 {
		t.Fatalf("%d workflows: %v", len(workflows), err)
	}
	return &workflows[0]
}

// TestLint is what "argo lint --offline" checks.
func TestLint(t *testing.T) {
	if err := validate.ValidateWorkflow(nil, nil, example(t), nil, validate.ValidateOpts{Lint: true}); err != nil {
		t.Error(err)
	}
	broken := example(t)
	broken.Spec.Templates[0].Steps[0].Steps[0].Template = "no-such"
	if validate.ValidateWorkflow(nil, nil, broken, nil, validate.ValidateOpts{Lint: true}) == nil {
		t.Error("a template that is missing is not found")
	}
}

// TestVolumes: what the program reads and writes is on volumes, and its user may write
// to them.
func TestVolumes(t *testing.T) {
	w := example(t)
	dedup := w.GetTemplateByName("dedup")
	var mounts []string
	for _, m := range dedup.Container.VolumeMounts {
		mounts = append(mounts, m.MountPath)
		isClaim := slices.ContainsFunc(w.Spec.VolumeClaimTemplates, func(c corev1.PersistentVolumeClaim) bool { return c.Name == m.Name })
		isVolume := slices.ContainsFunc(dedup.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		if !isClaim && !isVolume {
			t.Errorf("%s is mounted from %q, which is no volume", m.MountPath, m.Name)
		}
	}
	for _, arg := range append(dedup.Container.Args, "/tmp/") {
		if strings.HasPrefix(arg, "/") && !slices.ContainsFunc(mounts, func(m string) bool { return arg == m || strings.HasPrefix(arg, m+"/") }) {
			t.Errorf("%s is on no volume of %q", arg, mounts)
		}
	}
	if user, group := dedup.Container.SecurityContext.RunAsUser, w.Spec.SecurityContext.FSGroup; *user != *group {
		t.Errorf("volumes are of group %d, the program runs as %d", *group, *user)
	}
}

// outcome is what the example makes of an exit code.
type outcome struct {
	retried bool
	next    string // the step after, when it is not tried again
}

// decide asks Argo's evaluators.
func decide(t *testing.T, w *wfv1.Workflow, code int) outcome {
	t.Helper()
	var o outcome
	var err error
	if code != 0 {
		last := map[string]any{"lastRetry.exitCode": strconv.Itoa(code), "lastRetry.status": "Failed", "lastRetry.message": "", "lastRetry.duration": "1", "retries": "0"}
		if o.retried, err = argoexpr.EvalBool(w.GetTemplateByName("dedup").RetryStrategy.Expression, env.GetFuncMap(last)); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range w.GetTemplateByName("main").Steps[1].Steps {
		when, err := govaluate.NewEvaluableExpression(strings.ReplaceAll(step.When, "{{steps.dedup.exitCode}}", strconv.Itoa(code)))
		if err != nil {
			t.Fatal(err)
		}
		isNext, err := when.Evaluate(nil)
		if err != nil {
			t.Fatal(err)
		}
		if isNext == true {
			o.next += step.Name
		}
	}
	return o
}

func TestExitCodes(t *testing.T) {
	w := example(t)
	for code, want := range map[int]outcome{
		0: {false, "use"}, 1: {true, "give-up"}, 2: {false, "give-up"}, 3: {false, "use"}, 4: {false, "give-up"},
		5: {false, "give-up"}, 6: {true, "give-up"}, 7: {false, "give-up"}, 130: {true, "give-up"}, 137: {true, "give-up"}, 143: {true, "give-up"},
	} {
		if got := decide(t, w, code); got != want {
			t.Errorf("exit code %d: %+v, want %+v", code, got, want)
		}
	}
	// A pod that was evicted has no exit code.
	if !decide(t, w, -1).retried {
		t.Error("an evicted pod is not tried again")
	}
	if step := w.GetTemplateByName("main").Steps[0].Steps[0]; !step.ContinueOn.Failed {
		t.Error("nothing comes after an exit code that is not 0")
	}
}

// TestArguments runs the program with the arguments of the example, folders in place of
// its volumes.
func TestArguments(t *testing.T) {
	w := example(t)
	doppel := filepath.Join(t.TempDir(), "doppel")
	if out, err := exec.Command("go", "build", "-C", "../../..", "-o", doppel, "./cmd/doppel").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	different := `{"text":"Of the first thing, at some length, and of nothing else."}` + "\n"
	for _, test := range []struct {
		corpus string
		code   int
		want   outcome
	}{
		{different, 0, outcome{false, "use"}},
		{different + "{}\n", 3, outcome{false, "use"}},
		{strings.Repeat(different, 10), 5, outcome{false, "give-up"}},
	} {
		dir := t.TempDir()
		args := slices.Clone(w.GetTemplateByName("dedup").Container.Args)
		for i, arg := range args {
			if strings.HasPrefix(arg, "/") {
				args[i] = filepath.Join(dir, filepath.FromSlash(arg))
			}
		}
		for _, folder := range []string{"corpus", "runs"} {
			if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "corpus", "a.jsonl"), []byte(test.corpus), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(doppel, args...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		code := cmd.ProcessState.ExitCode()
		if code != test.code || decide(t, w, code) != test.want {
			t.Errorf("exit code %d, want %d: %+v\n%s", code, test.code, decide(t, w, code), out)
		}
	}
}
