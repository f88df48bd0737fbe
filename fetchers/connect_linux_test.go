package fetchers_test

import (
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
)

// TestStallAtConnect has a host that takes no more connections and says nothing: its queue is full.
func TestStallAtConnect(t *testing.T) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip("no socket: ", err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*syscall.SockaddrInet4).Port))
	for range 8 {
		c, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			break // now it is full
		}
		defer c.Close()
	}
	r := quick("http://" + address)
	r.Timeouts.Connect = 100 * time.Millisecond
	_, _, err = get(t, fetchers.New(fetchers.Options{}), r)
	if e := failure(t, err); e.Class != fetchers.ClassConnect || e.Attempts != 3 || e.Status != 0 {
		t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
	}
}
