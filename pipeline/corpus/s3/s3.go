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
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
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
