//go:build !linux

package executor

import (
	"errors"
	"os"
	"syscall"
)

var (
	errNoUnnamed = errors.New("no unnamed files here")
	errNotFolder = error(syscall.ENOTDIR)
	errIsFolder  = error(syscall.EISDIR)
	errFull      = error(syscall.ENOSPC)
)

func openUnnamed(string) (*os.File, error)         { return nil, errNoUnnamed }
func linkUnnamed(*os.File, *os.File, string) error { return errNoUnnamed }
func syncAll(*os.File) error                       { return errors.ErrUnsupported }
func syncData(f *os.File) error                    { return f.Sync() }
func startWriteback(*os.File, int64, int64)        {}
func deviceOf(string) uint64                       { return 0 }
func exchange(string, string) error                { return errors.ErrUnsupported }
func filesMost() int                               { return 256 }
