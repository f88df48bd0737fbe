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

// bare is an unnamed file; here there are none.
type bare int

func (bare) sync() error                 { return errNoUnnamed }
func (bare) link(*os.File, string) error { return errNoUnnamed }
func (bare) drop()                       {}
func writeBare(*folder, []byte) (f bare, size, mtime int64, err error) {
	return 0, 0, 0, errNoUnnamed
}

func openUnnamed(*folder) (*os.File, error) { return nil, errNoUnnamed }
func syncAll(*os.File) error                { return errors.ErrUnsupported }
func syncData(f *os.File) error             { return f.Sync() }
func startWriteback(*os.File, int64, int64) {}
func deviceOf(string) uint64                { return 0 }
func exchange(string, string) error         { return errors.ErrUnsupported }
func makeRoom(int)                          {}
