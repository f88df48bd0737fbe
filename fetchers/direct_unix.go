//go:build unix

package fetchers

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// quiet says that nothing has come on a connection that nobody waits for anything on, not even its end.
func quiet(c net.Conn) bool {
	raw := rawOf(c)
	if raw == nil {
		return false
	}
	var got error
	err := raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, got = syscall.Read(int(fd), b[:]) // what has come is of no use, so that it may go
		return true
	})
	return err == nil && (got == syscall.EAGAIN || got == syscall.EWOULDBLOCK)
}

// rawOf gives a connection as the system knows it; nil: it does not.
func rawOf(c net.Conn) syscall.RawConn {
	if g, ok := c.(*guarded); ok {
		c = g.Conn
	}
	if s, ok := c.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}

// exchange sends a request, waits, and reads what first comes of its answer. Reading right after writing would be a call
// that finds nothing, for each request.
type exchange struct {
	raw  syscall.RawConn
	step func(fd uintptr) bool // next, for raw

	out, in []byte // still to be sent; room
	n       int    // bytes read
	err     error
}

// newExchange gives nil where the system can't be asked so.
func newExchange(c net.Conn) *exchange {
	raw := rawOf(c)
	if raw == nil {
		return nil
	}
	x := &exchange{raw: raw}
	x.step = x.next
	return x
}

// do sends out and reads into in. What is in rest was not sent, since the system did not take it at once; then nothing
// was read.
func (x *exchange) do(out, in []byte) (n int, rest []byte, err error) {
	x.out, x.in, x.n, x.err = out, in, 0, nil
	err = x.raw.Read(x.step)
	n, rest = x.n, x.out
	x.out, x.in = nil, nil
	var op *net.OpError
	switch {
	case errors.As(err, &op):
		op.Op = "read"
	case err != nil || len(rest) > 0 && x.err == nil:
	case x.err != nil:
		err = x.err
	case n == 0:
		err = io.EOF
	}
	return n, rest, err
}

// next is called when there may be something to do, and says whether all is done.
func (x *exchange) next(fd uintptr) (done bool) {
	if len(x.out) > 0 {
		n, err := uninterrupted(func() (int, error) { return syscall.Write(int(fd), x.out) })
		x.out = x.out[n:]
		if err != nil && err != syscall.EAGAIN {
			x.err = os.NewSyscallError("write", err)
		}
		return len(x.out) > 0 // or else there is an answer to wait for
	}
	n, err := uninterrupted(func() (int, error) { return syscall.Read(int(fd), x.in) })
	if err == syscall.EAGAIN {
		return false
	}
	x.n, x.err = n, os.NewSyscallError("read", err)
	return true
}

// uninterrupted makes a call until no signal interrupts it.
func uninterrupted(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}
