package interop

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imageUser is whom the image runs as.
const imageUser = 65532

// TestImage builds the image by "make image" with buildah, and runs it with a read-only
// root and no privileges. It runs where DOPPEL_CONTAINERS is 1.
func TestImage(t *testing.T) {
	if os.Getenv("DOPPEL_CONTAINERS") != "1" {
		t.Skip("DOPPEL_CONTAINERS is not 1")
	}
	dir, err := os.MkdirTemp("/tmp", "doppel-image-") // others must be able to reach it
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	b := builder{flags: []string{"--storage-driver", "vfs", "--root", filepath.Join(dir, "store"), "--runroot", filepath.Join(dir, "runstore")}}
	mustRun(t, "make", "-C", "../..", "image", "VERSION=test", "DIST="+dir, "ENGINE=buildah "+strings.Join(b.flags, " "))
	b.run(t, "push", "--quiet", "doppel:test", "oci:"+filepath.Join(dir, "layout"))
	im := readImage(t, filepath.Join(dir, "layout"))
	checkImage(t, im)

	volumes := filepath.Join(dir, "volumes")
	corpus, out := filepath.Join(volumes, "corpus"), filepath.Join(volumes, "out")
	writeFile(t, filepath.Join(corpus, "a.jsonl"), differentTexts)
	if err := errors.Join(os.Mkdir(out, 0o755), os.Chown(out, imageUser, imageUser)); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(t *testing.T, args ...string) (said string, code int){
		"runc":   runcOf(t, im, filepath.Join(dir, "bundle"), corpus, out),
		"chroot": b.chrootOf(t, corpus, out),
	}
	for name, in := range ways {
		t.Run(name, func(t *testing.T) {
			if said, code := in(t, "version"); code != 0 || !strings.HasPrefix(said, "doppel ") {
				t.Skipf("NOT RUN: no container can be started this way here: %s", said)
			}
			run := "/out/" + name
			for _, step := range []struct {
				args []string
				code int
				says string
			}{
				{[]string{"run", "/corpus", "-o", run}, 0, "run " + run},
				{[]string{"run", "/corpus", "-o", run}, 0, "finished already"},
				{[]string{"verify", run}, 0, ""},
				{[]string{"run", "/corpus", "-o", "/corpus/out"}, 1, "/corpus/out"},
				{[]string{"run", "/corpus", "-o", "/elsewhere"}, 1, "mkdir /elsewhere: "},
				{[]string{"run", "/corpus", "-o", "/nowhere/run"}, 1, "no such file or directory"},
			} {
				said, code := in(t, step.args...)
				if code != step.code || !strings.Contains(said, step.says) {
					t.Errorf("%q: exit code %d, want %d and %q\n%s", step.args, code, step.code, step.says, said)
				}
				if step.code != 0 {
					t.Logf("%q: %s", step.args, said)
				}
			}
			if _, err := os.Stat(filepath.Join(out, name, "_SUCCESS")); err != nil {
				t.Error(err)
			}
		})
	}
}

func mustRun(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// said runs a command and returns what it says and its exit code, -1 if there is none.
func said(cmd *exec.Cmd) (string, int) {
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		return err.Error(), -1
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// image is what a registry gets: the settings, and the files of its layers.
type image struct {
	Config struct {
		User       string
		Env        []string
		Entrypoint []string
		WorkingDir string
	}
	files  map[string]*tar.Header
	layers []string // files of gzipped tar archives
}

// readImage reads an image in the layout of the Open Container Initiative.
func readImage(t *testing.T, layout string) *image {
	t.Helper()
	type descriptor struct{ Digest string }
	blob := func(d descriptor) string {
		return filepath.Join(layout, "blobs", strings.Replace(d.Digest, ":", string(filepath.Separator), 1))
	}
	read := func(path string, v any) {
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, v)
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	var index struct{ Manifests []descriptor }
	read(filepath.Join(layout, "index.json"), &index)
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	read(blob(index.Manifests[0]), &manifest)
	im := &image{files: map[string]*tar.Header{}}
	read(blob(manifest.Config), im)
	for _, l := range manifest.Layers {
		im.layers = append(im.layers, blob(l))
	}
	return im
}

// unpack writes the files of the image to a folder.
func (im *image) unpack(root string) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	for _, layer := range im.layers {
		f, err := os.Open(layer)
		if err != nil {
			return err
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			return errors.Join(err, f.Close())
		}
		r := tar.NewReader(z)
		for {
			h, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return errors.Join(err, f.Close())
			}
			im.files[h.Name] = h
			if err := writeEntry(filepath.Join(root, filepath.FromSlash(h.Name)), h, r); err != nil {
				return errors.Join(err, f.Close())
			}
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

func writeEntry(path string, h *tar.Header, r io.Reader) error {
	if h.Typeflag == tar.TypeDir {
		return os.MkdirAll(path, 0o755)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, h.FileInfo().Mode())
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// checkImage checks that the image is the program and nothing else, run by nobody.
func checkImage(t *testing.T, im *image) {
	t.Helper()
	c := im.Config
	if c.User != "65532:65532" || !slices.Equal(c.Entrypoint, []string{"/doppel"}) || c.WorkingDir != "/" || !slices.Contains(c.Env, "TMPDIR=/tmp") {
		t.Errorf("settings %+v", c)
	}
	root := t.TempDir()
	if err := im.unpack(root); err != nil {
		t.Fatal(err)
	}
	var size int64
	for name, h := range im.files {
		size += h.Size
		if h.Typeflag != tar.TypeDir && (name != "doppel" || h.Mode&0o777 != 0o755) {
			t.Errorf("the image has %s, mode %o", name, h.Mode)
		}
	}
	t.Logf("%d layers, %d bytes", len(im.layers), size)
	if len(im.layers) != 1 || size < 1<<20 || size > 64<<20 {
		t.Errorf("%d layers of %d bytes", len(im.layers), size)
	}
}

// builder is buildah with a store of its own.
type builder struct{ flags []string }

func (b builder) command(args ...string) *exec.Cmd {
	return exec.Command("buildah", append(slices.Clone(b.flags), args...)...)
}

func (b builder) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := b.command(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("buildah %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// chrootOf runs the image by buildah, which needs no runtime, and neither namespaces of
// its own nor cgroups.
func (b builder) chrootOf(t *testing.T, corpus, out string) func(t *testing.T, args ...string) (string, int) {
	container := b.run(t, "from", "doppel:test")
	return func(t *testing.T, args ...string) (string, int) {
		return said(b.command(append([]string{"run", "--isolation", "chroot", "--user", "65532:65532", "--mount", "type=tmpfs,destination=/tmp",
			"--volume", corpus + ":/corpus:ro", "--volume", out + ":/out", container, "--", "/doppel"}, args...)...))
	}
}

// runcOf runs the image by runc, the runtime of docker and of most clusters: with
// namespaces, a read-only root, no capability, and no network.
func runcOf(t *testing.T, im *image, bundle, corpus, out string) func(t *testing.T, args ...string) (string, int) {
	t.Helper()
	if err := im.unpack(filepath.Join(bundle, "rootfs")); err != nil {
		t.Fatal(err)
	}
	mount := func(at, kind, source string, options ...string) map[string]any {
		return map[string]any{"destination": at, "type": kind, "source": source, "options": options}
	}
	started := 0
	return func(t *testing.T, args ...string) (string, int) {
		t.Helper()
		config, err := json.Marshal(map[string]any{
			"ociVersion": "1.0.2",
			"process": map[string]any{
				"user": map[string]any{"uid": imageUser, "gid": imageUser}, "env": im.Config.Env, "cwd": im.Config.WorkingDir,
				"args": append(slices.Clone(im.Config.Entrypoint), args...), "noNewPrivileges": true,
			},
			"root": map[string]any{"path": "rootfs", "readonly": true},
			"mounts": []any{
				mount("/proc", "proc", "proc"), mount("/dev", "tmpfs", "tmpfs", "nosuid", "mode=755"),
				mount("/tmp", "tmpfs", "tmpfs", "nosuid", "mode=1777"),
				mount("/corpus", "bind", corpus, "rbind", "ro"), mount("/out", "bind", out, "rbind", "rw"),
			},
			"linux": map[string]any{"namespaces": []any{
				map[string]any{"type": "pid"}, map[string]any{"type": "network"}, map[string]any{"type": "ipc"},
				map[string]any{"type": "uts"}, map[string]any{"type": "mount"},
			}},
		})
		if err == nil {
			err = os.WriteFile(filepath.Join(bundle, "config.json"), config, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		started++
		return said(exec.Command("runc", "--root", filepath.Join(bundle, "state"), "run", "--bundle", bundle, fmt.Sprintf("doppel-test-%d-%d", os.Getpid(), started)))
	}
}
