package fetchers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

// direct makes requests without a body by HTTP/1.1 over connections of its own, without TLS or a proxy. Who asks also
// writes and reads, where net/http's Transport hands each request to two goroutines of the connection: a build of
// documents of 2 KB takes about a tenth less so. Heads that are not a plain 200's, and all bodies in chunks, are read by
// net/http.
type direct struct {
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	response time.Duration // most time until an answer's head is there; 0: any
	perHost  int           // idle connections kept for a host, and
	most     int           // for all

	mu   sync.Mutex
	idle map[string][]*directConn // by address; the last was used last
	kept int                      // in idle
}

// takes says whether a request is one for direct.
func (d *direct) takes(req *http.Request) bool {
	u := req.URL
	return d != nil && u.Scheme == "http" && req.Body == nil && (req.Method == http.MethodGet || req.Method == http.MethodHead) &&
		plainHost(u.Host) && plainHost(req.Host)
}

// plainHost says that a host can be written as it is: it is neither international nor an address with a zone.
func plainHost(host string) bool {
	return httpguts.ValidHostHeader(host) && strings.IndexFunc(host, func(r rune) bool { return r == '%' || r >= 0x80 }) < 0
}

// directConn is a connection, used by one request after the other.
type directConn struct {
	net.Conn
	d       *direct
	address string
	limit   io.LimitedReader // what the head of an answer may have
	r       *bufio.Reader
	both    *exchange    // nil: sends and reads apart
	out     bytes.Buffer // the request
	unsent  bool         // the request is to be sent by the next Read
	header  http.Header  // of the request before, and
	fields  []byte       // as they were sent
	since   time.Time    // when it was last used
	ctx     context.Context
	stop    func() bool // lets ctx go, which else ends what the connection does; nil: there is none
	broke   error       // what ended reading; a half head is else called malformed
}

func (c *directConn) Read(p []byte) (n int, err error) {
	if c.unsent {
		n, err = c.exchange(p)
	}
	if n == 0 && err == nil {
		n, err = c.limit.Read(p)
	}
	if err != nil {
		c.broke = err
	}
	return n, err
}

// exchange sends the request, and reads, unless it could not send all at once.
func (c *directConn) exchange(p []byte) (int, error) {
	c.unsent = false
	n, rest, err := c.both.do(c.out.Bytes(), p[:min(int64(len(p)), c.limit.N)])
	c.limit.N -= int64(n)
	if err == nil && len(rest) > 0 {
		_, err = c.Conn.Write(rest)
	}
	return n, err
}

// take gives an idle connection, which nothing must have come on meanwhile, or a new one.
func (d *direct) take(ctx context.Context, address string, fresh bool) (c *directConn, used bool, err error) {
	for !fresh {
		d.mu.Lock()
		all := d.idle[address]
		if len(all) == 0 {
			d.mu.Unlock()
			break
		}
		c, d.idle[address] = all[len(all)-1], all[:len(all)-1]
		d.kept--
		d.mu.Unlock()
		if c.usable() && c.under(ctx) {
			return c, true, nil
		}
		c.drop()
	}
	conn, err := d.dial(ctx, "tcp", address)
	if err != nil {
		return nil, false, err
	}
	c = &directConn{Conn: conn, d: d, address: address, both: newExchange(conn)}
	c.limit.R = conn
	c.r = bufio.NewReaderSize(c, readAhead)
	c.under(ctx)
	return c, false, nil
}

// restless is how long a connection is idle before somebody looks whether its host has closed it: what is used again at
// once is still there, or is found out when it is used.
const restless = 20 * time.Millisecond

func (c *directConn) usable() bool {
	idle := time.Since(c.since)
	if idle < restless {
		return true
	}
	return idle < idleTimeout && c.SetReadDeadline(time.Time{}) == nil && quiet(c.Conn)
}

// drop closes a connection.
func (c *directConn) drop() {
	if c.stop != nil {
		c.stop()
	}
	c.Close()
}

// under lets a context end what the connection does. It is not let go between requests of the same one, which is what
// requests without a timeout of their own have.
//
// False: the one before has ended it.
func (c *directConn) under(ctx context.Context) bool {
	if c.ctx == ctx {
		return true
	}
	if c.stop != nil && !c.stop() {
		return false
	}
	c.ctx, c.stop = ctx, context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	return true
}

// give keeps a connection for the next request.
func (d *direct) give(c *directConn) {
	c.since = time.Now()
	d.mu.Lock()
	if d.idle == nil {
		d.idle = map[string][]*directConn{}
	}
	all := d.idle[c.address]
	if len(all) < d.perHost {
		var other *directConn
		if d.kept >= d.most {
			other = d.spare()
		}
		d.idle[c.address] = append(d.idle[c.address], c)
		d.kept++
		c = other
	}
	d.mu.Unlock()
	if c != nil {
		c.drop()
	}
}

// spare takes an idle connection away, to whichever host: so many hosts share what may be kept that each may be the next.
func (d *direct) spare() *directConn {
	for address, all := range d.idle {
		if len(all) == 0 {
			delete(d.idle, address)
			continue
		}
		d.idle[address] = all[1:]
		d.kept--
		return all[0]
	}
	return nil
}

func (d *direct) closeIdle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, all := range d.idle {
		for _, c := range all {
			c.drop()
		}
	}
	d.idle, d.kept = nil, 0
}

// fetch makes a request. Where a connection that was used before breaks off before anything of an answer has come, its
// host had closed it: another one is opened.
func (d *direct) fetch(ctx context.Context, req *http.Request) (*http.Response, error) {
	address := addressOf(req.URL)
	for fresh := false; ; fresh = true {
		c, used, err := d.take(ctx, address, fresh)
		if err != nil {
			return nil, err
		}
		resp, silent, err := c.ask(req)
		if err == nil {
			return c.answer(resp), nil
		}
		c.drop()
		if !used || !silent || ctx.Err() != nil {
			return nil, err
		}
	}
}

// addressOf gives host and port.
func addressOf(u *url.URL) string {
	if port := u.Port(); port != "" && !strings.HasSuffix(u.Host, ":") {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

var (
	errNoAnswer  = errors.New("no answer came in time")
	errLongHead  = errors.New("the answer's headers are too long")
	errOnlyNotes = errors.New("the host sends interim answers, and none that counts")
)

// interimMost is how many answers may come before the one that counts: they say that it takes a while, or hint at what
// it will link to.
const interimMost = 10

// ask sends a request and reads the head of its answer. Of an error silent says that nothing has come.
func (c *directConn) ask(req *http.Request) (resp *http.Response, silent bool, err error) {
	if err := c.write(req); err != nil {
		return nil, true, err
	}
	if c.d.response > 0 {
		if err := c.wait(time.Now().Add(c.d.response)); err != nil {
			return nil, true, err
		}
	}
	c.limit.N = maxHeader
	if _, err := c.r.Peek(1); err != nil {
		return nil, true, c.headError(err)
	}
	if resp := c.quickHead(req); resp != nil {
		c.limit.N = math.MaxInt64
		return resp, false, nil
	}
	for range interimMost {
		resp, err := http.ReadResponse(c.r, req)
		if err != nil {
			return nil, false, c.headError(err)
		}
		if resp.StatusCode/100 != 1 || resp.StatusCode == http.StatusSwitchingProtocols {
			c.limit.N = math.MaxInt64
			return resp, false, nil
		}
	}
	return nil, false, errOnlyNotes
}

// wait sets until when reading may wait. It does not undo that the context has ended it.
func (c *directConn) wait(until time.Time) error {
	if err := c.SetReadDeadline(until); err != nil {
		return err
	}
	return context.Cause(c.ctx)
}

// atOnce is how many bytes the system takes at once on a connection where nothing else waits to be sent.
const atOnce = 4 << 10

// write sends a request, or has it sent when its answer is waited for. Its URL and its headers have been looked at for
// what they can't hold.
func (c *directConn) write(req *http.Request) error {
	c.out.Reset()
	for _, part := range [...]string{req.Method, " ", req.URL.RequestURI(), " HTTP/1.1\r\nHost: ", req.Host, "\r\n"} {
		c.out.WriteString(part)
	}
	c.writeHeader(req.Header)
	c.out.WriteString("\r\n")
	if c.unsent = c.both != nil && c.out.Len() <= atOnce; c.unsent {
		return nil
	}
	_, err := c.Conn.Write(c.out.Bytes())
	return err
}

// writeHeader writes headers in net/http's order. Those of most requests are those of the one before.
func (c *directConn) writeHeader(h http.Header) {
	if c.header == nil || !maps.EqualFunc(h, c.header, slices.Equal[[]string]) {
		c.header = h.Clone()
		from := c.out.Len()
		_ = h.Write(&c.out) // a buffer takes all
		c.fields = append(c.fields[:0], c.out.Bytes()[from:]...)
		return
	}
	c.out.Write(c.fields)
}

// headError says what became of an answer whose head did not come whole.
func (c *directConn) headError(err error) error {
	var timeout net.Error
	if c.broke != nil {
		err = c.broke
	}
	switch {
	case c.limit.N <= 0:
		return errLongHead
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	return err
}

// answer makes a response whose body gives the connection back at its end.
func (c *directConn) answer(resp *http.Response) *http.Response {
	b := &directBody{c: c, from: resp.Body, keep: !resp.Close && resp.StatusCode/100 != 1, sized: resp.ContentLength > 0}
	if there := resp.ContentLength >= 0 && int64(c.r.Buffered()) >= resp.ContentLength; c.d.response > 0 && !there {
		if err := c.wait(time.Time{}); err != nil {
			c.Close() // Read says so
		}
	}
	if resp.Body == http.NoBody {
		b.end(true)
	} else {
		resp.Body = b
	}
	return resp
}

// directBody is an answer's body. Close may be called while Read waits, and ends that.
type directBody struct {
	c     *directConn
	from  io.ReadCloser
	keep  bool  // the connection can be used again
	sized bool  // its length is known
	err   error // that Read has come to

	ended atomic.Bool
}

func (b *directBody) Read(p []byte) (int, error) {
	if b.err == nil && b.ended.Load() {
		b.err = http.ErrBodyReadAfterClose
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.from.Read(p)
	if err != nil {
		b.err = err
		b.end(err == io.EOF)
	}
	return n, err
}

// ready says that the next Read will not wait.
func (b *directBody) ready() bool { return b.sized && b.err == nil && b.c.r.Buffered() > 0 }

func (b *directBody) Close() error {
	b.end(false)
	return nil
}

// end gives the connection back, where the body has come whole and nothing after it, and else closes it.
func (b *directBody) end(whole bool) {
	if b.ended.Swap(true) {
		return
	}
	if whole && b.keep && b.c.r.Buffered() == 0 && b.c.ctx.Err() == nil {
		b.c.d.give(b.c)
		return
	}
	b.c.drop()
}
