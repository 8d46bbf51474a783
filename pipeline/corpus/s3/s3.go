// Package s3 is a file system over object storage that speaks the protocol of S3: that
// of Amazon, R2, MinIO, and the interoperable side of Google's.
//
// # In and out
//
// A [Store] is an [io/fs.FS] whose names are "bucket/key", to be given as a store to
// corpus.Options. Keys are folders by their slashes. Files are read as streams, and
// at any place ([io.ReaderAt]). [Store.Upload] copies a folder to the store.
//
// # Faults
//
// A request that the store refuses for a moment (500, 503, slow down) or that breaks
// off is tried again with growing pauses, and a stream goes on where it broke off, on
// the same version of the object: one that was replaced meanwhile is an error, never
// a mixture. What cannot be had is an error that names the object. Where that says
// nothing about the object, but that the store cannot be reached or does not accept
// the credentials, it is [syscall.EIO] too, as if a disk had failed.
//
// # Concurrency and memory
//
// A Store may be used by many goroutines. An open file holds one connection, and up to
// 8 MiB if it is read at places.
package s3

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Options says where a store is. The zero value is Amazon's, with the credentials of
// the usual places.
type Options struct {
	// Endpoint is the URL of another provider, such as "https://minio.example:9000".
	// Default: Amazon's.
	Endpoint string
	// Region is that of the buckets. Default: the one that the store says.
	Region string
	// Credentials are used instead of those of the usual places: the variables
	// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the file ~/.aws/credentials, the
	// role of the machine; without any, requests are anonymous.
	Credentials *Credentials
	// Attempts is how often a request is made in all. Default: 8.
	Attempts int
	// Pause is the time before the second attempt; it doubles, up to 50 times itself.
	// Default: 200 ms.
	Pause time.Duration
	// Transport makes the connections. Default: one of its own.
	Transport http.RoundTripper
}

// Credentials are a key and its secret.
type Credentials struct{ Key, Secret, Token string }

// Store is an object store as a file system.
type Store struct {
	ctx    context.Context
	client *minio.Core
	o      Options
}

// New returns a store. Nothing is sent before it is used; requests end with ctx.
func New(ctx context.Context, o Options) (*Store, error) {
	o.Attempts, o.Pause = cmp.Or(o.Attempts, 8), cmp.Or(o.Pause, 200*time.Millisecond)
	host, secure := "s3.amazonaws.com", true
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
			return nil, fmt.Errorf("s3: the endpoint %q is no URL such as https://host:9000", o.Endpoint)
		}
		host, secure = u.Host, u.Scheme == "https"
	}
	client, err := minio.NewCore(host, &minio.Options{Creds: o.credentials(), Secure: secure, Region: o.Region, Transport: o.Transport, MaxRetries: 1})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	return &Store{ctx: ctx, client: client, o: o}, nil
}

func (o *Options) credentials() *credentials.Credentials {
	if c := o.Credentials; c != nil {
		return credentials.NewStaticV4(c.Key, c.Secret, c.Token)
	}
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, &credentials.EnvMinio{}, &credentials.FileAWSCredentials{},
		&credentials.IAM{Client: &http.Client{Timeout: 2 * time.Second}},
	})
}

// split parts a name into bucket and key; the key is "" for a bucket itself.
func split(op, name string) (bucket, key string, err error) {
	if !fs.ValidPath(name) || name == "." {
		return "", "", &fs.PathError{Op: op, Path: "s3://" + name, Err: fs.ErrInvalid}
	}
	bucket, key, _ = strings.Cut(name, "/")
	return bucket, key, nil
}

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

func (e unavailable) Unwrap() error        { return e.error }
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

// Stat tells of an object, or of a folder if keys begin with the name and a slash.
func (s *Store) Stat(name string) (fs.FileInfo, error) {
	bucket, key, err := split("stat", name)
	if err != nil {
		return nil, err
	}
	if key != "" {
		var info minio.ObjectInfo
		err := s.again("stat", name, func() (err error) {
			info, err = s.client.StatObject(s.ctx, bucket, key, minio.StatObjectOptions{})
			return err
		})
		if err == nil {
			return objectInfo{path.Base(key), info}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	entries, err := s.list(name, 1)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 && key != "" {
		return nil, &fs.PathError{Op: "stat", Path: "s3://" + name, Err: fs.ErrNotExist}
	}
	return folderInfo(path.Base(name)), nil
}

// ReadDir lists what is in a bucket or below a prefix, sorted by name.
func (s *Store) ReadDir(name string) ([]fs.DirEntry, error) { return s.list(name, 0) }

// list returns the entries of a folder, or, with enough set, no more than it takes to
// know that there are some.
func (s *Store) list(name string, enough int) ([]fs.DirEntry, error) {
	bucket, key, err := split("open", name)
	if err != nil {
		return nil, err
	}
	prefix := ""
	if key != "" {
		prefix = key + "/"
	}
	var entries []fs.DirEntry
	token := ""
	for {
		var page minio.ListBucketV2Result
		err := s.again("list", name, func() (err error) {
			page, err = s.client.ListObjectsV2(bucket, prefix, "", token, "/", 1000)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			if base := strings.TrimPrefix(o.Key, prefix); base != "" { // else the mark of an empty folder
				entries = append(entries, fs.FileInfoToDirEntry(objectInfo{base, o}))
			}
		}
		for _, p := range page.CommonPrefixes {
			entries = append(entries, fs.FileInfoToDirEntry(folderInfo(strings.TrimSuffix(strings.TrimPrefix(p.Prefix, prefix), "/"))))
		}
		if token = page.NextContinuationToken; !page.IsTruncated || token == "" || enough > 0 && len(entries) >= enough {
			break
		}
	}
	// A key may have what no file name has, such as an empty part. Such an entry has its
	// name in quotes and cannot be opened, so that it is seen to be left out.
	for i, e := range entries {
		if !fs.ValidPath(e.Name()) || e.Name() == "." {
			entries[i] = fs.FileInfoToDirEntry(oddInfo{folderInfo(strconv.Quote(e.Name()))})
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// Open opens an object.
func (s *Store) Open(name string) (fs.File, error) {
	info, err := s.Stat(name)
	if err != nil {
		return nil, err
	}
	object, ok := info.(objectInfo)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: "s3://" + name, Err: errors.New("is a folder")}
	}
	bucket, key, err := split("open", name)
	if err != nil {
		return nil, err
	}
	return &file{s: s, name: name, bucket: bucket, key: key, info: object}, nil
}

// file is an open object.
type file struct {
	s                 *Store
	name, bucket, key string
	info              objectInfo
	offset            int64
	body              io.ReadCloser // from offset on; nil if there is no connection

	mu      sync.Mutex
	windows []window // the one used last comes first
}

// Stat tells of the version that is read.
func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }

// open asks for the bytes [from, to) of the version that was opened.
func (f *file) open(from, to int64) (io.ReadCloser, error) {
	var o minio.GetObjectOptions
	if err := errors.Join(o.SetRange(from, to-1), o.SetMatchETag(f.info.o.ETag)); err != nil {
		return nil, err
	}
	body, _, _, err := f.s.client.GetObject(f.s.ctx, f.bucket, f.key, o)
	return body, err
}

// Read reads on, over as many connections as it takes.
func (f *file) Read(p []byte) (n int, err error) {
	if f.offset >= f.info.o.Size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	err = f.s.again("read", f.name, func() (err error) {
		if f.body == nil {
			if f.body, err = f.open(f.offset, f.info.o.Size); err != nil {
				return err
			}
		}
		if n, err = f.body.Read(p); n > 0 {
			return nil
		}
		f.drop()
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF // there is more in the object
		}
		return err
	})
	f.offset += int64(n)
	return n, err
}

// ReadAt reads at any place. Small reads are served from windows, so that who reads a
// file in pieces makes few requests.
func (f *file) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, &fs.PathError{Op: "read", Path: "s3://" + f.name, Err: fs.ErrInvalid}
	}
	want := int(min(int64(len(p)), max(f.info.o.Size-off, 0)))
	if want >= windowSize {
		n, err = f.fetch(p[:want], off)
	} else {
		n, err = f.readWindows(p[:want], off)
	}
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// fetch fills p from a place on with a request of its own.
func (f *file) fetch(p []byte, off int64) (n int, err error) {
	err = f.s.again("read", f.name, func() error {
		if n == len(p) {
			return nil
		}
		body, err := f.open(off+int64(n), off+int64(len(p)))
		if err != nil {
			return err
		}
		got, err := io.ReadFull(body, p[n:])
		n += got
		return errors.Join(err, body.Close())
	})
	return n, err
}

func (f *file) drop() {
	if f.body != nil {
		_ = f.body.Close() // a connection that is given up
		f.body = nil
	}
}

// Close gives the connection back.
func (f *file) Close() error {
	f.drop()
	return nil
}

type objectInfo struct {
	name string
	o    minio.ObjectInfo
}

func (i objectInfo) Name() string       { return i.name }
func (i objectInfo) Size() int64        { return i.o.Size }
func (i objectInfo) Mode() fs.FileMode  { return 0o444 }
func (i objectInfo) ModTime() time.Time { return i.o.LastModified }
func (i objectInfo) IsDir() bool        { return false }
func (i objectInfo) Sys() any           { return nil }

type folderInfo string

func (i folderInfo) Name() string       { return string(i) }
func (i folderInfo) Size() int64        { return 0 }
func (i folderInfo) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (i folderInfo) ModTime() time.Time { return time.Time{} }
func (i folderInfo) IsDir() bool        { return true }
func (i folderInfo) Sys() any           { return nil }

// oddInfo is what a listing tells of that has no name as files have.
type oddInfo struct{ folderInfo }

func (oddInfo) IsDir() bool       { return false }
func (oddInfo) Mode() fs.FileMode { return fs.ModeIrregular }
