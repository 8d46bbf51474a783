package main

import "io"

// ownOutput is where the library writes what it says by itself: help and completion. It
// keeps the first error, which the library drops or takes for one of usage.
type ownOutput struct {
	w   io.Writer
	err error
}

func (o *ownOutput) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// orUnwritten returns the error of a command, or that of the output of the library.
func (a *app) orUnwritten(o *ownOutput, err error) error {
	if o.err == nil {
		return err
	}
	a.started = true // it is not about usage
	return o.err
}
