package main

import (
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// TestStorageOverTLS: storage is trusted by the machine's certificates, which
// SSL_CERT_FILE replaces. Of one that neither those nor the bundled ones know, the error
// says what to do, and at once.
func TestStorageOverTLS(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	putObject(t, backend, "a.txt", "some text")
	server := httptest.NewUnstartedServer(gofakes3.New(backend).Server())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	dir := t.TempDir()
	certificates := writeCertificate(t, server)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file string
		code int
		says string
	}{
		{certificates, exitDone, "a.txt"},
		{os.DevNull, exitError, "SSL_CERT_FILE"},
	} {
		cmd := exec.Command(exe, "cluster", "--singletons", "s3://bucket/")
		cmd.Args[0] = "doppel" // see TestMain
		cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+test.file, "SSL_CERT_DIR="+filepath.Join(dir, "none"), "AWS_ENDPOINT_URL_S3="+server.URL,
			"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=k", "AWS_SECRET_ACCESS_KEY=s")
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		code := cmd.ProcessState.ExitCode()
		if code != test.code || !strings.Contains(string(out), test.says) || strings.Contains(string(out), "attempts") {
			t.Errorf("certificates of %s: exit code %d, want %d\n%s", test.file, code, test.code, out)
		}
	}
}

// writeCertificate writes the certificate of a server to a file.
func writeCertificate(t *testing.T, server *httptest.Server) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(name, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
