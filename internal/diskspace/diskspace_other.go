//go:build !linux && !darwin

package diskspace

import "errors"

func of(string) (Volume, error) { return Volume{}, errors.ErrUnsupported }
