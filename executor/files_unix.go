//go:build unix

package executor

import "golang.org/x/sys/unix"

// filesMost is how many files a process may have open.
func filesMost() int {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil {
		return 1024
	}
	return int(min(r.Cur, 1<<20))
}
