package executor

import (
	"errors"
	"fmt"
	"os"
	"strconv"
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
func openUnnamed(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o666)
	switch {
	case err == nil:
		return os.NewFile(uintptr(fd), dir+"/(unnamed)"), nil
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EISDIR), errors.Is(err, unix.EINVAL):
		return nil, errNoUnnamed
	}
	return nil, &os.PathError{Op: "open a temporary file in", Path: dir, Err: err}
}

// linkUnnamed gives an unnamed file a name in a folder. fs.ErrExist: the name is taken.
func linkUnnamed(f *os.File, dir *os.File, name string) error {
	from := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	if err := unix.Linkat(unix.AT_FDCWD, from, int(dir.Fd()), name, unix.AT_SYMLINK_FOLLOW); err != nil {
		return &os.LinkError{Op: "link", Old: "a temporary file", New: dir.Name() + "/" + name, Err: err}
	}
	return nil
}

// syncAll makes all that was written to a folder's file system durable.
func syncAll(dir *os.File) error {
	if err := unix.Syncfs(int(dir.Fd())); err != nil {
		return fmt.Errorf("sync the file system: %w", err)
	}
	return nil
}

// syncData makes a file's content and size durable.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			if err != nil {
				return &os.PathError{Op: "sync", Path: f.Name(), Err: err}
			}
			return nil
		}
	}
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

// filesMost is how many files a process may have open.
func filesMost() int {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil {
		return 1024
	}
	return int(min(r.Cur, 1<<20))
}
