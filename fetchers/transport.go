package fetchers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxHeader   = 1 << 20          // bytes of an answer's headers
	brokenOff   = 8 << 20          // bytes of them after which a connection is, with all that is under way on it
	readAhead   = 32 << 10         // bytes read from a connection at once, of a small body; large ones are read past it
	idleTimeout = 90 * time.Second // after which an unused connection is closed
)

// transports is connections, pooled for requests that are made in the same way.
type transports struct {
	dir     string
	perHost int // idle connections kept for a host, and
	most    int // for all
	names   *names
	counts  *Counts
	proxy   func(*http.Request) (*url.URL, error)

	mu    sync.RWMutex
	byWay map[way]*connections
}

// connections is what requests of one way share.
type connections struct {
	transport *http.Transport
	direct    *direct                               // nil: they go no direct way
	proxy     func(*http.Request) (*url.URL, error) // nil: they go by none
}

func (c *connections) fetch(ctx context.Context, req *http.Request) (*http.Response, error) {
	var proxy *url.URL
	if c.proxy != nil {
		var err error
		if proxy, err = c.proxy(req); err != nil {
			return nil, err
		}
	}
	if proxy != nil {
		ctx = byProxy(ctx, proxy)
	} else if c.direct.takes(req) {
		return c.direct.fetch(ctx, req)
	}
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil && proxy != nil && isTLSTimeout(err) {
		return nil, &proxyStall{proxy.Host, c.transport.TLSHandshakeTimeout}
	}
	if err == nil && headerSize(resp.Header) > maxHeader {
		resp.Body.Close()
		return nil, errLongHead
	}
	return resp, err
}

func headerSize(h http.Header) (n int) {
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}

func (c *connections) closeIdle() {
	c.transport.CloseIdleConnections()
	if c.direct != nil {
		c.direct.closeIdle()
	}
}

// way is what requests must have in common to share connections.
type way struct {
	connect, response time.Duration
	http, proxy       string
	tls               TLS
}

func newTransports(o Options) *transports {
	return &transports{dir: o.Dir, perHost: o.PerHost, most: o.Idle, names: newNames(o.Now), counts: o.Counts, proxy: o.Proxy, byWay: map[way]*connections{}}
}

func (ts *transports) get(r *Request) (*connections, error) {
	w := way{connect: r.Timeouts.Connect, response: r.Timeouts.Response, http: r.HTTP, proxy: r.Proxy, tls: r.TLS}
	ts.mu.RLock()
	c := ts.byWay[w]
	ts.mu.RUnlock()
	if c != nil {
		return c, nil
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if c := ts.byWay[w]; c != nil {
		return c, nil
	}
	c, err := ts.connections(w)
	if err != nil {
		return nil, err
	}
	ts.byWay[w] = c
	return c, nil
}

func (ts *transports) closeIdle() {
	ts.mu.RLock()
	defer ts.mu.RUnlock()
	for _, t := range ts.byWay {
		t.closeIdle()
	}
}

func (ts *transports) connections(w way) (*connections, error) {
	t := &http.Transport{
		TLSHandshakeTimeout:    w.connect,
		ResponseHeaderTimeout:  w.response,
		MaxIdleConnsPerHost:    ts.perHost,
		MaxIdleConns:           ts.most,
		IdleConnTimeout:        idleTimeout,
		DisableCompression:     true, // Content-Encoding is undone, and asked for, by us
		ReadBufferSize:         readAhead,
		MaxResponseHeaderBytes: brokenOff, // or HTTP/2 breaks off where too much is too much, and can't say why
		Protocols:              new(http.Protocols),
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
	switch w.http {
	case "", "auto":
		t.Protocols.SetHTTP1(true)
		t.Protocols.SetHTTP2(true)
	case "1":
		t.Protocols.SetHTTP1(true)
	case "2":
		t.Protocols.SetHTTP2(true)
		t.Protocols.SetUnencryptedHTTP2(true)
	default:
		return nil, fmt.Errorf("http = %q: write auto, 1 or 2", w.http)
	}
	var err error
	if t.TLSClientConfig, err = ts.tls(w.tls); err != nil {
		return nil, err
	}
	c := &connections{transport: t}
	if err := ts.route(c, w); err != nil {
		return nil, err
	}
	if w.http != "2" && w.proxy == "" {
		c.direct = &direct{dial: t.DialContext, response: w.response, perHost: ts.perHost, most: ts.most}
	}
	return c, nil
}

// route says how connections come to their hosts: straight, through a proxy, or by a unix socket.
func (ts *transports) route(c *connections, w way) error {
	t := c.transport
	d := dialer{Dialer: net.Dialer{Timeout: w.connect}, write: w.response, names: ts.names, opened: &ts.counts.Connections}
	t.DialContext = d.dial
	if path, ok := strings.CutPrefix(w.proxy, "unix:"); ok {
		if !filepath.IsAbs(path) {
			path = filepath.Join(ts.dir, path)
		}
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return d.dial(ctx, "unix", path) }
		return nil
	}
	c.proxy, t.Proxy = ts.proxy, proxyOf
	t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode != http.StatusOK {
			return &proxyError{resp.StatusCode}
		}
		return nil
	}
	if w.proxy == "" {
		return nil
	}
	u, err := url.Parse(w.proxy)
	if err != nil {
		return errors.New("the proxy's URL is malformed")
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		c.proxy = http.ProxyURL(u)
		return nil
	}
	return fmt.Errorf("no proxy can be reached by %q: write http, https, socks5 or unix", u.Scheme)
}

// proxyError is a proxy's refusal to connect.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return "the proxy would not connect: " + statusError(e.status).Error()
}

// dialer is the one place that opens connections.
type dialer struct {
	net.Dialer
	write  time.Duration // most time that a host may let us wait to take what we send; 0: any
	names  *names
	opened *atomic.Int64
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.connect(ctx, network, address)
	if err == nil {
		d.opened.Add(1)
	}
	if err == nil && d.write > 0 {
		c = &guarded{Conn: c, write: d.write}
	}
	if proxy := proxyIn(ctx); err == nil && proxy != nil && d.Timeout > 0 {
		return newHandshaking(c, proxy, d.Timeout)
	}
	return c, err
}

// connect opens a connection to any of the addresses of a host.
func (d *dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if network == "unix" || err != nil {
		return d.DialContext(ctx, network, address)
	}
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	addrs, err := d.names.get(ctx, host)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	c, err := race(ctx, addrs, func(ctx context.Context, addr string) (net.Conn, error) {
		return d.DialContext(ctx, network, net.JoinHostPort(addr, port))
	})
	if err != nil {
		d.names.forget(host)
	}
	return c, err
}

// guarded is a connection that does not let a write hang.
type guarded struct {
	net.Conn
	write time.Duration
}

func (g *guarded) Write(p []byte) (int, error) {
	if err := g.SetWriteDeadline(time.Now().Add(g.write)); err != nil {
		return 0, err
	}
	return g.Conn.Write(p)
}

// tls reads the certificates of a request. A CA of the request's own is trusted beside the system's.
func (ts *transports) tls(o TLS) (*tls.Config, error) {
	c := &tls.Config{InsecureSkipVerify: o.Insecure, MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		pem, err := os.ReadFile(ts.abs(o.CA))
		if err != nil {
			return nil, fmt.Errorf("tls.ca: %w", err)
		}
		if c.RootCAs, err = x509.SystemCertPool(); err != nil {
			c.RootCAs = x509.NewCertPool()
		}
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca: %s holds no certificate in PEM", o.CA)
		}
	}
	if o.Cert != "" || o.Key != "" {
		if o.Key == "" {
			o.Key = o.Cert
		}
		pair, err := tls.LoadX509KeyPair(ts.abs(o.Cert), ts.abs(o.Key))
		if err != nil {
			return nil, fmt.Errorf("tls.cert: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func (ts *transports) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(ts.dir, path)
}
