package fetchers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"sync/atomic"
	"time"
)

// A proxy shakes hands before a connection to it is one to the host: SOCKS, CONNECT, TLS inside. net/http bounds that by
// a minute, and SOCKS by nothing. So the connection does it itself: until a request has got it, nobody reads from it for
// longer than connecting may take.

// proxyKey is of the proxy that a request goes by, in its context and in that of the connection that is opened for it.
type proxyKey struct{}

// byProxy has a request go by a proxy.
func byProxy(ctx context.Context, proxy *url.URL) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, proxyKey{}, proxy), &httptrace.ClientTrace{GotConn: shaken})
}

// proxyIn gives the proxy that a request goes by; nil: none.
func proxyIn(ctx context.Context) *url.URL {
	u, _ := ctx.Value(proxyKey{}).(*url.URL)
	return u
}

func proxyOf(r *http.Request) (*url.URL, error) { return proxyIn(r.Context()), nil }

// handshaking is a connection to a proxy.
type handshaking struct {
	net.Conn
	proxy string
	limit time.Duration // for the handshakes
	over  atomic.Bool   // they are
}

func newHandshaking(c net.Conn, proxy *url.URL, limit time.Duration) (net.Conn, error) {
	if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
		c.Close()
		return nil, err
	}
	return &handshaking{Conn: c, proxy: proxy.Host, limit: limit}, nil
}

func (h *handshaking) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	if err != nil && !h.over.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		err = &proxyStall{h.proxy, h.limit}
	}
	return n, err
}

// shaken is called with the connection that a request has got: the handshakes are over.
func shaken(info httptrace.GotConnInfo) {
	for c := info.Conn; ; {
		switch x := c.(type) {
		case *handshaking:
			if !x.over.Swap(true) {
				_ = x.SetReadDeadline(time.Time{}) // of a closed one reading says so
			}
			return
		case interface{ NetConn() net.Conn }:
			c = x.NetConn()
		default:
			return
		}
	}
}

// proxyStall is the failure of handshakes that took too long.
type proxyStall struct {
	proxy string // host and port
	limit time.Duration
}

func (e *proxyStall) Error() string {
	return fmt.Sprintf("the proxy %s made no connection within %v", e.proxy, e.limit)
}

// Timeout and Temporary make it a net.Error.
func (e *proxyStall) Timeout() bool   { return true }
func (e *proxyStall) Temporary() bool { return true }

var _ net.Error = (*proxyStall)(nil)
