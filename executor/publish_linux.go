package executor

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

var (
	errNoUnnamed = errors.New("no unnamed files here")
	errNotFolder = error(syscall.ENOTDIR)
	errIsFolder  = error(syscall.EISDIR)
	errFull      = error(syscall.ENOSPC)
)

// openUnnamed opens a file without a name in a folder, which vanishes if it is never given one.
func openUnnamed(d *folder) (*os.File, error) {
	f, err := openBare(d)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(f), d.abs+"/(unnamed)"), nil
}

// bare is an unnamed file as the kernel knows it; 0 is none. os.File would add a call and some
// allocations to each, which small outputs feel.
type bare int

func openBare(d *folder) (bare, error) {
	for {
		fd, err := unix.Openat(int(d.file.Fd()), ".", unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o666)
		switch {
		case err == nil:
			return bare(fd), nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EISDIR), errors.Is(err, unix.EINVAL):
			return 0, errNoUnnamed
		default:
			return 0, &os.PathError{Op: "open a temporary file in", Path: d.abs, Err: err}
		}
	}
}

// writeBare writes a body to a file in a folder that has no name yet.
func writeBare(d *folder, body []byte) (f bare, size, mtime int64, err error) {
	if f, err = openBare(d); err != nil {
		return 0, 0, 0, err
	}
	defer func() {
		if err != nil {
			f.drop()
			f, err = 0, &os.PathError{Op: "write a temporary file in", Path: d.abs, Err: err}
		}
	}()
	for len(body) > 0 {
		n, err := unix.Write(int(f), body)
		if err != nil && err != unix.EINTR {
			return f, 0, 0, err
		}
		body = body[max(n, 0):]
	}
	var st unix.Stat_t
	err = unix.Fstat(int(f), &st)
	return f, st.Size, st.Mtim.Nano(), err
}

// byProc is set once the kernel has refused to link an unnamed file by its descriptor alone: before Linux 6.10 that
// takes a capability that few have.
var byProc atomic.Bool

// link gives the file a name in a folder. fs.ErrExist: the name is taken.
func (f bare) link(dir *os.File, name string) error {
	err := error(unix.ENOENT)
	if !byProc.Load() {
		err = unix.Linkat(int(f), "", int(dir.Fd()), name, unix.AT_EMPTY_PATH)
	}
	if err == unix.ENOENT {
		err = unix.Linkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(int(f)), int(dir.Fd()), name, unix.AT_SYMLINK_FOLLOW)
		byProc.Store(byProc.Load() || err == nil)
	}
	if err != nil {
		return &os.LinkError{Op: "link", Old: "a temporary file", New: dir.Name() + "/" + name, Err: err}
	}
	return nil
}

// sync makes the file's content durable.
func (f bare) sync() error {
	for {
		if err := unix.Fdatasync(int(f)); err != unix.EINTR {
			return err
		}
	}
}

func (f bare) drop() { _ = unix.Close(int(f)) }

// syncAll makes all that was written to a folder's file system durable.
func syncAll(dir *os.File) error {
	if err := unix.Syncfs(int(dir.Fd())); err != nil {
		return fmt.Errorf("sync the file system: %w", err)
	}
	return nil
}

// syncData makes a file's content and size durable.
func syncData(f *os.File) error {
	if err := bare(f.Fd()).sync(); err != nil {
		return &os.PathError{Op: "sync", Path: f.Name(), Err: err}
	}
	return nil
}

// startWriteback lets the kernel begin to write a part of a file to the disk, so that the sync at the end is short.
func startWriteback(f *os.File, from, size int64) {
	_ = unix.SyncFileRange(int(f.Fd()), from, size, unix.SYNC_FILE_RANGE_WRITE) // a hint
}

func deviceOf(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return st.Dev
}

// exchange swaps two paths at once.
func exchange(a, b string) error {
	return unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
}

// makeRoom has the kernel make room for n open files at once. It doubles the room of a process as it goes, and each time
// all threads that open something wait some 10 ms for it.
func makeRoom(n int) {
	fd, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, n); err == nil {
		_ = unix.Close(high)
	}
	_ = unix.Close(fd)
}
