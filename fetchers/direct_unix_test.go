//go:build unix

package fetchers

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// pair gives both ends of a TCP connection.
func pair(t *testing.T) (ours, theirs net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ours, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	if theirs, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	return ours, theirs
}

func TestExchange(t *testing.T) {
	ask := []byte("GET / HTTP/1.1\r\n\r\n")
	in := make([]byte, 100)
	for name, c := range map[string]struct {
		before func(ours, theirs net.Conn) // nil: nothing
		answer func(theirs net.Conn)
		want   string
		err    error
	}{
		"an answer":  {answer: func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 200 OK")) }, want: "HTTP/1.1 200 OK"},
		"the end":    {answer: func(c net.Conn) { c.Close() }, err: io.EOF},
		"no time":    {before: func(ours, _ net.Conn) { _ = ours.SetDeadline(time.Unix(1, 0)) }, err: os.ErrDeadlineExceeded},
		"our close":  {before: func(ours, _ net.Conn) { ours.Close() }, err: net.ErrClosed},
		"their stop": {answer: func(c net.Conn) { _ = c.(*net.TCPConn).CloseWrite() }, err: io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := pair(t)
			if c.before != nil {
				c.before(ours, theirs)
			}
			asked := make(chan []byte, 1)
			go func() {
				got := make([]byte, len(ask))
				n, _ := io.ReadFull(theirs, got)
				if asked <- got[:n]; c.answer != nil && n > 0 {
					c.answer(theirs)
				}
			}()
			x := newExchange(&guarded{Conn: ours, write: time.Minute})
			n, rest, err := x.do(ask, in)
			if !errors.Is(err, c.err) || string(in[:n]) != c.want || err == nil && len(rest) > 0 {
				t.Fatalf("read %q, %q is left, error %v", in[:n], rest, err)
			}
			ours.Close()
			if got := <-asked; c.answer != nil && !bytes.Equal(got, ask) || c.answer == nil && len(got) > 0 {
				t.Errorf("sent %q", got)
			}
		})
	}
}

// What has come before is read with the answer, or before it.
func TestExchangeAfterAnEarlyAnswer(t *testing.T) {
	ours, theirs := pair(t)
	if _, err := io.WriteString(theirs, "early "); err != nil {
		t.Fatal(err)
	}
	var answered sync.WaitGroup
	defer answered.Wait()
	answered.Go(func() {
		if _, err := io.ReadFull(theirs, make([]byte, 5)); err == nil {
			_, _ = io.WriteString(theirs, "late")
		}
	})
	in := make([]byte, 100)
	n, rest, err := newExchange(ours).do([]byte("GET /"), in)
	if got := string(in[:n]); err != nil || len(rest) > 0 || got != "early " && got != "early late" {
		t.Errorf("read %q, %q is left, error %v", got, rest, err)
	}
}

// A connection that takes no more leaves it to its Write to wait until it does.
func TestExchangeOfFullConnection(t *testing.T) {
	ours, _ := pair(t)
	err := rawOf(ours).Write(func(fd uintptr) bool {
		for {
			if _, err := syscall.Write(int(fd), make([]byte, 1<<20)); err != nil && err != syscall.EINTR {
				return true
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := bytes.Repeat([]byte("x"), atOnce)
	n, rest, err := newExchange(ours).do(ask, make([]byte, 10))
	if n != 0 || err != nil || len(rest) == 0 {
		t.Fatalf("read %d bytes, %d are left, error %v", n, len(rest), err)
	}
}
