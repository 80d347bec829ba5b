//go:build !linux

package sqlite_test

import (
	"context"
	"errors"
	"io"
)

// childHasAQuota needs limits on the length of files, and is called on Linux
// only.
func childHasAQuota(context.Context, string, io.Writer) error { return errors.ErrUnsupported }
