package s3

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
)

// parallelUploads is the number of files on their way at once.
const parallelUploads = 4

// CheckTarget returns nil if a folder may be uploaded to name, "bucket/prefix": the
// bucket is there and nothing has a key below the prefix.
func (s *Store) CheckTarget(name string) error {
	entries, err := s.list(name, 1)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("s3: %q is not empty: choose another name", "s3://"+name)
	}
	return nil
}

// Upload copies the regular files below the folder dir to name, "bucket/prefix". Those
// of last are uploaded after all others, one by one in their order: who finds the last
// of them finds everything. They are names in the folder; one that is not there is
// passed over.
func (s *Store) Upload(dir, name string, last []string) error {
	files, err := uploads(dir)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(s.ctx)
	g.SetLimit(parallelUploads)
	for _, f := range files {
		if slices.Contains(last, f) || ctx.Err() != nil {
			continue
		}
		g.Go(func() error { return s.put(filepath.Join(dir, filepath.FromSlash(f)), path.Join(name, f)) })
	}
	if err := cmp.Or(g.Wait(), s.ctx.Err()); err != nil {
		return err
	}
	for _, f := range last {
		if !slices.Contains(files, f) {
			continue
		}
		if err := s.put(filepath.Join(dir, filepath.FromSlash(f)), path.Join(name, f)); err != nil {
			return err
		}
	}
	return nil
}

// uploads lists the regular files below dir, by slash name.
func uploads(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		files = append(files, filepath.ToSlash(rel))
		return err
	})
	return files, err
}

// put uploads one file. Large ones go in parts; parts of an upload that fails are
// taken away by the client.
func (s *Store) put(file, name string) error {
	bucket, key, err := split("write", name)
	if err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	err = s.again("write", name, func() error {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := s.client.Client.PutObject(s.ctx, bucket, key, f, info.Size(), minio.PutObjectOptions{DisableContentSha256: info.Size() == 0}) // there is nothing to sign
		return err
	})
	return errors.Join(err, f.Close())
}
