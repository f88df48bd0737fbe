// Package fetchertest is what tests of fetching share: a server that answers exactly as a test says, faults included,
// and one suite that every fetcher passes.
package fetchertest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// End is what a server does to the connection after an answer.
type End int

const (
	Keep   End = iota // waits for the next request
	Close             // closes it in good order
	Reset             // breaks it off
	Stall             // keeps it open and says nothing more until the test ends
	Vanish            // closes it without TLS's farewell, as the end of a process does
)

// Answer is how a server answers one request: what it writes, byte for byte, and how it goes on.
type Answer func(e *Exchange) End

// Exchange is one request as an Answer sees it.
type Exchange struct {
	*http.Request
	Text string // the request's body
	N    int    // how many requests for this path came before
	conn net.Conn
}

// Write sends text as it is. What becomes of it is not looked at: clients may hang up.
func (e *Exchange) Write(text string) { _, _ = io.WriteString(e.conn, text) }

// Raw sends text as it is.
func Raw(text string, end End) Answer {
	return func(e *Exchange) End {
		e.Write(text)
		return end
	}
}

// Reply sends a whole answer. Fields are lines as "Name: value".
func Reply(status int, body string, fields ...string) Answer {
	return Raw(Head(status, append(fields, "Content-Length: "+strconv.Itoa(len(body)))...)+body, Keep)
}

// Head gives an answer's status line and headers.
func Head(status int, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

// Chunks gives a chunked body of the texts, without the last, empty chunk.
func Chunks(texts ...string) string {
	var b strings.Builder
	for _, t := range texts {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(t), t)
	}
	return b.String()
}

// Server is an HTTP/1.1 server whose every byte is the test's. It ends with the test.
type Server struct {
	URL string // without a slash at its end

	stop <-chan struct{} // closed when the test ends

	mu       sync.Mutex
	scripts  map[string][]Answer
	requests []*Exchange
	opened   int
}

// NewServer starts a server on a free port of loopback. Answers are those of any path without a script of its own.
func NewServer(t testing.TB, answers ...Answer) *Server {
	t.Helper()
	return start(t, nil, answers)
}

// NewTLSServer is NewServer by TLS.
func NewTLSServer(t testing.TB, config *tls.Config, answers ...Answer) *Server {
	t.Helper()
	return start(t, config, answers)
}

func start(t testing.TB, config *tls.Config, answers []Answer) *Server {
	t.Helper()
	s := &Server{stop: t.Context().Done(), scripts: map[string][]Answer{"": answers}}
	s.URL = "http://" + ServeConns(t, config, s.serve)
	if config != nil {
		s.URL = "https" + strings.TrimPrefix(s.URL, "http")
	}
	return s
}

// Handle gives a path, with its query, answers of its own: one after the other, the last again and again.
func (s *Server) Handle(path string, answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[path] = answers
}

// Requests gives what was asked for so far.
func (s *Server) Requests() []*Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Exchange(nil), s.requests...)
}

// Connections is how many connections were opened so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

func (s *Server) serve(c net.Conn) {
	s.mu.Lock()
	s.opened++
	s.mu.Unlock()
	for r := bufio.NewReader(c); ; {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(req.Body); err != nil {
			return
		}
		e := &Exchange{Request: req, Text: body.String(), conn: c}
		switch s.next(e)(e) {
		case Keep:
			continue
		case Reset:
			reset(c)
		case Stall:
			<-s.stop
		case Vanish:
			transport(c).Close()
		}
		return
	}
}

// next notes a request and gives its answer.
func (s *Server) next(e *Exchange) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := e.URL.RequestURI()
	script, ok := s.scripts[path]
	for _, r := range s.requests {
		if _, own := s.scripts[r.URL.RequestURI()]; own == ok && (!ok || r.URL.RequestURI() == path) {
			e.N++
		}
	}
	if !ok {
		script = s.scripts[""]
	}
	s.requests = append(s.requests, e)
	if len(script) == 0 {
		return Reply(http.StatusNotFound, "no such thing")
	}
	return script[min(e.N, len(script)-1)]
}

// reset closes a connection so that the other side sees a reset.
func reset(c net.Conn) {
	c = transport(c)
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	c.Close()
}

// transport is the connection without TLS.
func transport(c net.Conn) net.Conn {
	if t, ok := c.(*tls.Conn); ok {
		return t.NetConn()
	}
	return c
}

// Refused gives a URL that nobody listens at.
func Refused(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// Listener gives a URL whose connections get no further than being accepted: they end at once, by Close or Reset, or Stall.
func Listener(t testing.TB, end End) string {
	t.Helper()
	return "http://" + ServeConns(t, nil, func(c net.Conn) {
		switch end {
		case Reset:
			reset(c)
		case Close:
		default:
			<-t.Context().Done()
		}
	})
}
