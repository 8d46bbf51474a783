package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus/s3"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// s3Scheme begins the names of what is in object storage.
const s3Scheme = "s3://"

// remote says where object storage is. Credentials come from the usual places of its
// tools and from no flag, so that they stand in no history and no run folder.
type remote struct {
	ctx              context.Context
	endpoint, region string
}

func (r *remote) add(fs *pflag.FlagSet) {
	fs.StringVar(&r.endpoint, "s3-endpoint", "", "URL of the object storage of s3:// names (default: $AWS_ENDPOINT_URL_S3, else Amazon's)")
	fs.StringVar(&r.region, "s3-region", "", "region of its buckets (default: $AWS_REGION, else the one it says)")
}

func (r *remote) store() (*s3.Store, error) {
	if err := trustBundled(); err != nil {
		return nil, err
	}
	store, err := s3.New(r.ctx, s3.Options{
		Endpoint: cmp.Or(r.endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL")),
		Region:   cmp.Or(r.region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
	})
	if err != nil {
		return nil, usageError{err}
	}
	return store, nil
}

// provide gives the options the stores that their inputs are in.
func (r *remote) provide(o *pipeline.Options) error {
	var err error
	o.Stores, err = r.stores(allInputs(o))
	return err
}

// stores returns the stores that inputs are in, nil if they are on the disk.
func (r *remote) stores(inputs []string) (map[string]fs.FS, error) {
	if !slices.ContainsFunc(inputs, isRemote) {
		return nil, nil
	}
	store, err := r.store()
	return map[string]fs.FS{"s3": store}, err
}

func isRemote(name string) bool { return strings.HasPrefix(name, s3Scheme) }

// target is a folder for results: on the disk, or in a store, then made on the disk
// first and uploaded as a whole.
type target struct {
	name  string // as given
	local string // where to write
	store *s3.Store
	temp  string // folder to be removed
}

// newTarget makes ready for a folder to be written, and fails before the work where it
// could not be. In a store it is no part of an input.
func (r *remote) newTarget(name, temp string, inputs []string) (*target, error) {
	t := &target{name: name, local: name}
	if !isRemote(name) {
		return t, nil
	}
	err := t.checkApart(inputs)
	if err != nil {
		return nil, err
	}
	if t.store, err = r.store(); err != nil {
		return nil, err
	}
	if err := t.store.CheckTarget(t.path()); err != nil {
		return nil, err
	}
	if t.temp, err = os.MkdirTemp(temp, "doppel-upload-*"); err != nil {
		return nil, err
	}
	t.local = filepath.Join(t.temp, "out")
	return t, nil
}

// newCorpus is newTarget for a corpus that is made of inputs, and no part of one.
func (r *remote) newCorpus(dir, temp string, inputs []string) (*target, error) {
	t, err := r.newTarget(dir, temp, inputs)
	if err != nil {
		return nil, err
	}
	if err := prune.CheckTarget(t.local, inputs); err != nil {
		return nil, t.close(err)
	}
	return t, nil
}

// checkApart refuses a place in a store from which an input is read, so that the next
// run does not read what this one wrote.
func (t *target) checkApart(inputs []string) error {
	for _, in := range inputs {
		if isRemote(in) && prune.Covers(strings.TrimPrefix(in, s3Scheme), t.path()) {
			return fmt.Errorf("%s cannot be written: it would be part of the input %q", t.name, in)
		}
	}
	return nil
}

func (t *target) path() string { return strings.TrimRight(strings.TrimPrefix(t.name, s3Scheme), "/") }

// finish uploads what was written, if the target is in a store; last names the files
// that come after all others. What cannot be uploaded stays on the disk: hours of work
// may be in it.
func (t *target) finish(last ...string) error {
	if t.store == nil {
		return nil
	}
	err := t.store.Upload(t.local, t.path(), last)
	if err == nil || t.temp == "" {
		return err
	}
	t.temp = ""
	return fmt.Errorf("%w; what was to go to %s is whole, and stays in %q: copy it there, or remove it", err, t.name, t.local)
}

// close removes what was on the disk only for the upload.
func (t *target) close(err error) error {
	if t.temp == "" {
		return err
	}
	return errors.Join(err, os.RemoveAll(t.temp))
}
