package s3

import (
	"errors"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
)

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

func (i objectInfo) Name() string { return i.name }

func (i objectInfo) Size() int64 { return i.o.Size }

func (i objectInfo) Mode() fs.FileMode { return 0o444 }

func (i objectInfo) ModTime() time.Time { return i.o.LastModified }

func (i objectInfo) IsDir() bool { return false }

func (i objectInfo) Sys() any { return nil }

type folderInfo string

func (i folderInfo) Name() string { return string(i) }

func (i folderInfo) Size() int64 { return 0 }

func (i folderInfo) Mode() fs.FileMode { return fs.ModeDir | 0o555 }

func (i folderInfo) ModTime() time.Time { return time.Time{} }

func (i folderInfo) IsDir() bool { return true }

func (i folderInfo) Sys() any { return nil }

// oddInfo is what a listing tells of that has no name as files have.
type oddInfo struct{ folderInfo }

func (oddInfo) IsDir() bool { return false }

func (oddInfo) Mode() fs.FileMode { return fs.ModeIrregular }
