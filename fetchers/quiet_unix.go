//go:build unix

package fetchers

import (
	"net"
	"syscall"
)

// quiet says that nothing has come on a connection that nobody waits for anything on, not even its end.
func quiet(c net.Conn) bool {
	if g, ok := c.(*guarded); ok {
		c = g.Conn
	}
	s, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	var got error
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, got = syscall.Read(int(fd), b[:]) // what has come is of no use, so that it may go
		return true
	})
	return err == nil && (got == syscall.EAGAIN || got == syscall.EWOULDBLOCK)
}
