package main

import (
	"crypto/x509"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
)

// TestBundledRoots: a machine without certificates trusts the bundled ones, and one with
// some of its own trusts those alone.
func TestBundledRoots(t *testing.T) {
	if os.Getenv("DOPPEL_TEST_ROOTS") != "" {
		reportRoots(t)
		return
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	own := writeCertificate(t, server)
	for _, file := range []string{os.DevNull, own} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestBundledRoots$")
		cmd.Env = append(os.Environ(), "DOPPEL_TEST_ROOTS=1", "SSL_CERT_FILE="+file, "SSL_CERT_DIR="+t.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("certificates of %s: %v\n%s", file, err, out)
		}
	}
}

// reportRoots fails unless this process trusts the certificates of SSL_CERT_FILE, or the
// bundled ones if it has none.
func reportRoots(t *testing.T) {
	if err := trustBundled(); err != nil {
		t.Fatal(err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	own := x509.NewCertPool()
	if data, err := os.ReadFile(os.Getenv("SSL_CERT_FILE")); err != nil {
		t.Fatal(err)
	} else if own.AppendCertsFromPEM(data) {
		if !pool.Equal(own) {
			t.Error("more is trusted than the machine's own certificates")
		}
	} else if pool.Equal(x509.NewCertPool()) {
		t.Error("nothing is trusted without certificates of the machine")
	}
}
