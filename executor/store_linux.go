package executor

import (
	"bytes"
	"encoding/binary"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// listNames reads a folder's entries as the kernel gives them, which costs less than half of what asking for their
// kinds would.
func listNames(f *os.File, each func([]string) error) error {
	buf := make([]byte, 256<<10)
	names := make([]string, 0, 4096)
	fd := int(f.Fd())
	for {
		n, err := unix.ReadDirent(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return &os.PathError{Op: "list", Path: f.Name(), Err: err}
		}
		if n == 0 {
			return nil
		}
		names = names[:0]
		for rest := buf[:n]; len(rest) > 0; {
			size := int(binary.NativeEndian.Uint16(rest[unsafe.Offsetof(unix.Dirent{}.Reclen):]))
			kind := rest[unsafe.Offsetof(unix.Dirent{}.Type)]
			name := rest[unsafe.Offsetof(unix.Dirent{}.Name):size]
			if i := bytes.IndexByte(name, 0); i >= 0 {
				name = name[:i]
			}
			if s := string(name); s != "." && s != ".." && (kind != unix.DT_LNK || leadsSomewhere(fd, s)) {
				names = append(names, s)
			}
			rest = rest[size:]
		}
		if err := each(names); err != nil {
			return err
		}
	}
}

// leadsSomewhere tells whether a symbolic link has a file or folder at its end.
func leadsSomewhere(dir int, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(dir, name, &st, 0) == nil
}
