package s3

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"
)

// again calls f until it succeeds, fails for good, or has been tried often enough.
func (s *Store) again(op, name string, f func() error) error {
	pause := s.o.Pause
	for attempt := 1; ; attempt++ {
		err := f()
		if err == nil {
			return nil
		}
		if ctxErr := s.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		if attempt == s.o.Attempts || !mayPass(err) {
			err = plainError(err)
			if attempt > 1 {
				err = fmt.Errorf("%w (in %d attempts)", err, attempt)
			}
			return &fs.PathError{Op: op, Path: "s3://" + name, Err: err}
		}
		select {
		case <-time.After(pause):
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
		pause = min(2*pause, 50*s.o.Pause)
	}
}

// mayPass reports whether an error may be gone the next time: all that are not the
// store's decision.
func mayPass(err error) bool {
	var e minio.ErrorResponse
	if !errors.As(err, &e) {
		return !isUntrusted(err) // the connection broke
	}
	return e.StatusCode >= 500 || e.StatusCode == http.StatusTooManyRequests || e.StatusCode == http.StatusRequestTimeout ||
		e.Code == "SlowDown" || e.Code == "RequestTimeout" || e.StatusCode == 0
}

// isUntrusted reports whether the store's certificate was refused.
func isUntrusted(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError))
}

// unavailable is a fault that is none of an object.
type unavailable struct{ error }

func (e unavailable) Unwrap() error { return e.error }

func (e unavailable) Is(target error) bool { return target == syscall.EIO }

// plainError turns what a store says into the errors of package fs.
func plainError(err error) error {
	var e minio.ErrorResponse
	if isUntrusted(err) {
		return unavailable{fmt.Errorf("%w: SSL_CERT_FILE names the file of the certificates to trust, if they are not at the usual places", err)}
	}
	if !errors.As(err, &e) {
		return unavailable{err}
	}
	said := fmt.Errorf("%s (status %d)", cmp.Or(e.Message, e.Code), e.StatusCode)
	switch {
	case e.StatusCode == http.StatusNotFound || e.Code == "NoSuchKey" || e.Code == "NoSuchBucket":
		return fs.ErrNotExist
	case e.Code == "InvalidObjectState": // of an archived object
		return said
	case e.StatusCode == http.StatusForbidden || e.StatusCode == http.StatusUnauthorized:
		return unavailable{fmt.Errorf("%w: the credentials do not allow it", fs.ErrPermission)}
	case e.StatusCode == http.StatusPreconditionFailed:
		return errors.New("the object was replaced while it was read")
	case mayPass(err) || e.Code == "ExpiredToken":
		return unavailable{said}
	}
	return said
}
