package fetchertest

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy is a way to other servers. It ends with the test.
type Proxy struct {
	URL    string
	Refuse atomic.Int64 // the status with which it refuses to connect; 0: it connects
	used   atomic.Int64
}

// Used is how many requests, or connections where that is all it sees, went through it so far.
func (p *Proxy) Used() int { return int(p.used.Load()) }

// NewProxy starts a proxy of HTTP: it passes on requests by http, and connects for https.
func NewProxy(t testing.TB) *Proxy {
	p := &Proxy{}
	transport := &http.Transport{DisableCompression: true}
	p.URL = "http://" + serveConns(t, func(c net.Conn) {
		for r := bufio.NewReader(c); ; {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			p.used.Add(1)
			if status := p.Refuse.Load(); status != 0 {
				_, _ = io.WriteString(c, Head(int(status), "Content-Length: 0"))
				continue
			}
			if req.Method == http.MethodConnect {
				join(c, req.Host, "HTTP/1.1 200 OK\r\n\r\n")
				return
			}
			req.RequestURI = ""
			resp, err := transport.RoundTrip(req)
			if err != nil {
				_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
				continue
			}
			err = resp.Write(c)
			resp.Body.Close()
			if err != nil {
				return
			}
		}
	})
	t.Cleanup(transport.CloseIdleConnections)
	return p
}

// NewSOCKS starts a SOCKS5 proxy without a password.
func NewSOCKS(t testing.TB) *Proxy {
	p := &Proxy{}
	p.URL = "socks5://" + serveConns(t, func(c net.Conn) {
		if to, ok := greet(c); ok {
			p.used.Add(1)
			join(c, to, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
		}
	})
	return p
}

// greet reads what a client of SOCKS5 says first: its ways to prove itself, and where it wants to go.
func greet(c net.Conn) (to string, ok bool) {
	var b [256]byte
	if _, err := io.ReadFull(c, b[:2]); err != nil {
		return "", false
	}
	if _, err := io.ReadFull(c, b[:b[1]]); err != nil {
		return "", false
	}
	_, _ = c.Write([]byte{5, 0})
	if _, err := io.ReadFull(c, b[:4]); err != nil {
		return "", false
	}
	switch b[3] {
	case 1: // an IPv4 address
		_, err := io.ReadFull(c, b[:6])
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[:4])), binary.BigEndian.Uint16(b[4:6])).String(), err == nil
	case 3: // a name
		_, err := io.ReadFull(c, b[:1])
		n := int(b[0])
		if err == nil {
			_, err = io.ReadFull(c, b[:n])
		}
		var port [2]byte
		if err == nil {
			_, err = io.ReadFull(c, port[:])
		}
		return (&net.TCPAddr{Port: int(binary.BigEndian.Uint16(port[:]))}).String(), err == nil && string(b[:n]) == "localhost"
	}
	return "", false
}

// join says hello and then passes bytes on both ways, until one side ends.
func join(c net.Conn, to, hello string) {
	other, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer other.Close()
	_, _ = io.WriteString(c, hello)
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(c, other)
		c.Close()
	})
	_, _ = io.Copy(other, c)
	other.Close()
	back.Wait()
}

// serveConns serves each connection to a free port of loopback until the test ends, and gives the address.
func serveConns(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		conns = map[net.Conn]bool{}
	)
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[c] = true
			mu.Unlock()
			wg.Go(func() {
				serve(c)
				c.Close()
				mu.Lock()
				delete(conns, c)
				mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}
