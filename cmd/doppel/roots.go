package main

import (
	"crypto/x509"
	"fmt"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// trustBundled makes the certificates of authorities that Mozilla trusts known to this
// process, for machines that have none of their own, such as the container image; where
// there are some, those alone count. It is not done at every start: that takes milliseconds.
var trustBundled = sync.OnceValue(func() error {
	roots := x509.NewCertPool()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			return fmt.Errorf("bundled certificates: %w", err)
		}
		if root.Constraint == nil {
			roots.AddCert(certificate)
		} else {
			roots.AddCertWithConstraint(certificate, root.Constraint)
		}
	}
	x509.SetFallbackRoots(roots)
	return nil
})
