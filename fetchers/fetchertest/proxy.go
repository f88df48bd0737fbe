package fetchertest

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
	p.URL = "http://" + ServeConns(t, nil, func(c net.Conn) {
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

// NewSOCKS starts a SOCKS5 proxy for whoever has a name and a password; nil: for anybody.
func NewSOCKS(t testing.TB, user *url.Userinfo) *Proxy {
	p := &Proxy{}
	at := ServeConns(t, nil, func(c net.Conn) {
		if to, ok := greet(c, user); ok {
			p.used.Add(1)
			join(c, to, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
		}
	})
	p.URL = (&url.URL{Scheme: "socks5", User: user, Host: at}).String()
	return p
}

// greet reads what a client of SOCKS5 says first: its ways to prove itself, and where it wants to go.
func greet(c net.Conn, user *url.Userinfo) (to string, ok bool) {
	_, err := some(c, 1) // the version
	if err != nil {
		return "", false
	}
	ways, err := field(c)
	if err != nil {
		return "", false
	}
	switch {
	case user == nil:
		_, _ = c.Write([]byte{5, 0})
	case !strings.Contains(ways, "\x02"):
		_, _ = c.Write([]byte{5, 0xff})
		return "", false
	default:
		_, _ = c.Write([]byte{5, 2})
		if !known(c, user) {
			return "", false
		}
	}
	head, err := some(c, 4)
	if err != nil {
		return "", false
	}
	var host, port string
	switch head[3] {
	case 1: // an IPv4 address
		host, err = some(c, 4)
		host = net.IP(host).String()
	case 3:
		host, err = field(c)
		ok = host == "localhost"
		host = "127.0.0.1"
	}
	if err == nil {
		port, err = some(c, 2)
	}
	if err != nil || head[3] == 3 && !ok {
		return "", false
	}
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16([]byte(port))))), true
}

// known asks a client of SOCKS5 for its name and password.
func known(c net.Conn, user *url.Userinfo) bool {
	if _, err := some(c, 1); err != nil { // the version of this
		return false
	}
	name, err := field(c)
	if err != nil {
		return false
	}
	password, err := field(c)
	want, _ := user.Password()
	if err != nil || name != user.Username() || password != want {
		_, _ = c.Write([]byte{1, 1})
		return false
	}
	_, err = c.Write([]byte{1, 0})
	return err == nil
}

// some reads so many bytes, and field as many as the first of them says.
func some(c net.Conn, n int) (string, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(c, b)
	return string(b), err
}

func field(c net.Conn) (string, error) {
	n, err := some(c, 1)
	if err != nil {
		return "", err
	}
	return some(c, int(n[0]))
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
