package fetchers_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

// answers serves connections by hand: each is given to play, with its number from 1.
func answers(t *testing.T, play func(n int, c net.Conn, r *bufio.Reader)) (url string) {
	t.Helper()
	var n atomic.Int64
	return "http://" + ft.ServeConns(t, nil, func(c net.Conn) { play(int(n.Add(1)), c, bufio.NewReader(c)) })
}

// oneRequest reads one, and says whether there was one.
func oneRequest(r *bufio.Reader) (*http.Request, bool) {
	req, err := http.ReadRequest(r)
	return req, err == nil
}

const whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"

// A host may close a connection just when it is used again. That is no failed attempt: nothing was asked of the host.
func TestAConnectionThatItsHostHasClosedIsReplaced(t *testing.T) {
	var last atomic.Int64
	url := answers(t, func(n int, c net.Conn, r *bufio.Reader) {
		last.Store(int64(n))
		if _, ok := oneRequest(r); ok {
			_, _ = io.WriteString(c, whole)
		}
		oneRequest(r) // the second is not answered
	})
	f := fetchers.New(fetchers.Options{})
	for i := range 5 {
		r := quick(url)
		r.Retry.Attempts = 1
		if body, resp, err := get(t, f, r); err != nil || body != "whole" || resp.Attempts != 1 {
			t.Fatalf("request %d: %q, %v", i, body, err)
		}
	}
	if n := last.Load(); n != 5 {
		t.Errorf("%d connections", n)
	}
}

// But one that breaks off within an answer, or a new one, is a failed attempt.
func TestANewConnectionThatBreaksOffIsAFailedAttempt(t *testing.T) {
	url := answers(t, func(_ int, _ net.Conn, r *bufio.Reader) { oneRequest(r) })
	_, _, err := get(t, fetchers.New(fetchers.Options{}), quick(url))
	if e := failure(t, err); e.Class != fetchers.ClassReset || e.Attempts != 3 {
		t.Errorf("%s after %d attempts: %v", e.Class, e.Attempts, err)
	}
}

func TestInterimAnswersAreReadOver(t *testing.T) {
	const hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
	url := answers(t, func(_ int, c net.Conn, r *bufio.Reader) {
		for {
			req, ok := oneRequest(r)
			if !ok {
				return
			}
			n := 2
			if req.URL.Path == "/ever" {
				n = 1000
			}
			_, _ = io.WriteString(c, strings.Repeat(hints, n)+"HTTP/1.1 100 Continue\r\n\r\n"+whole)
		}
	})
	f := fetchers.New(fetchers.Options{})
	for range 2 {
		if body, resp, err := get(t, f, quick(url)); err != nil || body != "whole" || resp.Status != 200 {
			t.Errorf("%q, %v", body, err)
		}
	}
	_, _, err := get(t, f, quick(url+"/ever"))
	if e := failure(t, err); e.Class != fetchers.ClassReset {
		t.Errorf("%s: %v", e.Class, err)
	}
}

// What follows an answer is not the answer to the next request.
func TestAConnectionWithMoreOnItIsNotUsedAgain(t *testing.T) {
	var last atomic.Int64
	url := answers(t, func(n int, c net.Conn, r *bufio.Reader) {
		last.Store(int64(n))
		for {
			if _, ok := oneRequest(r); !ok {
				return
			}
			_, _ = io.WriteString(c, whole+"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
		}
	})
	f := fetchers.New(fetchers.Options{})
	for range 3 {
		if body, _, err := get(t, f, quick(url)); err != nil || body != "whole" {
			t.Errorf("%q, %v", body, err)
		}
	}
	if n := last.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
}

func TestWhenAConnectionIsUsedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		again  bool
	}{
		"by its length":       {whole, true},
		"in chunks":           {ft.Head(200, "Transfer-Encoding: chunked") + ft.Chunks("whole") + "0\r\n\r\n", true},
		"with a trailer":      {ft.Head(200, "Transfer-Encoding: chunked", "Trailer: X-Sum") + ft.Chunks("whole") + "0\r\nX-Sum: 5\r\n\r\n", true},
		"Connection: close":   {ft.Head(200, "Connection: close", "Content-Length: 5") + "whole", false},
		"HTTP/1.0":            {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nwhole", false},
		"HTTP/1.0 that stays": {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nwhole", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var last atomic.Int64
			url := answers(t, func(n int, conn net.Conn, r *bufio.Reader) {
				last.Store(int64(n))
				for {
					if _, ok := oneRequest(r); !ok {
						return
					}
					_, _ = io.WriteString(conn, c.answer)
				}
			})
			counts := new(fetchers.Counts)
			f := fetchers.New(fetchers.Options{Counts: counts})
			for range 3 {
				if body, _, err := get(t, f, quick(url)); err != nil || body != "whole" {
					t.Fatalf("%q, %v", body, err)
				}
			}
			want := int64(3)
			if c.again {
				want = 1
			}
			if last.Load() != want || counts.Connections.Load() != want {
				t.Errorf("%d connections, counted %d; want %d", last.Load(), counts.Connections.Load(), want)
			}
		})
	}
}

func TestARequestAsItIsSent(t *testing.T) {
	got := make(chan *http.Request, 1)
	url := answers(t, func(_ int, c net.Conn, r *bufio.Reader) {
		if req, ok := oneRequest(r); ok {
			got <- req
			_, _ = io.WriteString(c, ft.Head(200, "Connection: close", "Content-Length: 5")+"whole")
		}
	})
	r := quick(strings.Replace(url, "http://", "http://me:secret@", 1) + "/a b?q=ä&r=%20#part")
	r.Header = []fetchers.Field{{Name: "Host", Value: "other.example.com"}, {Name: "x-twice", Value: "1"}, {Name: "X-Twice", Value: "2"}}
	if body, _, err := get(t, fetchers.New(fetchers.Options{UserAgent: "asflow/test"}), r); err != nil || body != "whole" {
		t.Fatalf("%q, %v", body, err)
	}
	req := <-got
	for what, x := range map[string][2]string{
		"method":     {req.Method, "GET"},
		"target":     {req.RequestURI, "/a%20b?q=%C3%A4&r=%20"},
		"host":       {req.Host, "other.example.com"},
		"agent":      {req.UserAgent(), "asflow/test"},
		"encodings":  {req.Header.Get("Accept-Encoding"), "gzip, deflate, zstd"},
		"twice":      {strings.Join(req.Header["X-Twice"], ","), "1,2"},
		"connection": {req.Header.Get("Connection"), ""},
	} {
		if x[0] != x[1] {
			t.Errorf("%s: %q, want %q", what, x[0], x[1])
		}
	}
	if user, password, _ := req.BasicAuth(); user != "me" || password != "secret" {
		t.Errorf("credentials %q %q", user, password)
	}
}

// A context ends what a connection does: while it waits for an answer, or for a body.
func TestCancelEndsWaiting(t *testing.T) {
	for name, said := range map[string]string{
		"an answer": "",
		"a head":    "HTTP/1.1 200 OK\r\nContent-Le",
		"a body":    "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\nsome",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			url := answers(t, func(_ int, c net.Conn, r *bufio.Reader) {
				if _, ok := oneRequest(r); ok {
					_, _ = io.WriteString(c, said)
					cancel(errors.New("enough"))
					_, _ = io.Copy(io.Discard, r)
				}
			})
			resp, err := fetchers.New(fetchers.Options{}).Fetch(ctx, quick(url))
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Close()
			}
			if e := failure(t, err); e.Class != fetchers.ClassCancel || !strings.Contains(e.Error(), "enough") {
				t.Errorf("%s: %v", e.Class, err)
			}
		})
	}
}

// At whatever moment a context ends, no request goes on waiting.
func TestCancelAtAnyMoment(t *testing.T) {
	url := answers(t, func(_ int, c net.Conn, r *bufio.Reader) {
		for {
			req, ok := oneRequest(r)
			if !ok {
				return
			}
			if req.URL.Path == "/body" {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\nsome")
			}
		}
	})
	f := fetchers.New(fetchers.Options{})
	for i := range 10000 {
		ctx, cancel := context.WithCancel(t.Context())
		r := quick(url + [...]string{"/none", "/body"}[i%2])
		r.Timeouts = fetchers.Timeouts{Connect: time.Hour, Response: time.Hour, Idle: time.Hour}
		go func() {
			for n := range i * 7 % 3000 {
				runtime.KeepAlive(n)
			}
			cancel()
		}()
		resp, err := f.Fetch(ctx, r)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Close()
		}
		if e := failure(t, err); e.Class != fetchers.ClassCancel {
			t.Fatalf("%d: %s: %v", i, e.Class, err)
		}
	}
}

// Of two requests on a connection, the first's context ends nothing of the second.
func TestAContextEndsItsOwnRequestAlone(t *testing.T) {
	url := answers(t, func(_ int, c net.Conn, r *bufio.Reader) {
		for {
			if _, ok := oneRequest(r); !ok {
				return
			}
			_, _ = io.WriteString(c, whole)
		}
	})
	counts := new(fetchers.Counts)
	f := fetchers.New(fetchers.Options{Counts: counts})
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		r := quick(url)
		r.Retry.Attempts = 1
		resp, err := f.Fetch(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Close()
		cancel()
	}
}
