package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// testServer is a server with the manners that scripts ask for by path. It counts its requests.
type testServer struct {
	*httptest.Server
	mu    sync.Mutex
	count map[string]int
	gate  chan struct{} // closed when what waits may go on
	dir   string
}

// serve starts a server for the rest of a script and puts its address into $URL: serve. Files of the folder $WORK/www are at
// /www/.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: serve")
	}
	s := &testServer{count: map[string]int{}, gate: make(chan struct{}), dir: ts.MkAbs("www")}
	s.Server = httptest.NewServer(s)
	ts.Setenv("URL", s.URL)
	ts.Setenv("HOSTPORT", s.Listener.Addr().String())
	ts.Setenv("NOBODY", unusedAddress(ts))
	servers.Store(s.URL, s)
	ts.Defer(func() {
		servers.Delete(s.URL)
		close(s.gate)
		s.CloseClientConnections()
		s.Close()
	})
}

// servers finds a script's server by its address.
var servers sync.Map

// requests wants a number of requests for paths that begin so: requests 3 /doc/.
func requests(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: requests N PREFIX")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	found, ok := servers.Load(ts.Getenv("URL"))
	if !ok {
		ts.Fatalf("no server was started")
	}
	s := found.(*testServer)
	s.mu.Lock()
	defer s.mu.Unlock()
	got := 0
	for path, n := range s.count {
		if strings.HasPrefix(path, args[1]) {
			got += n
		}
	}
	if got != want {
		ts.Fatalf("%d requests for %s, not %d", got, args[1], want)
	}
}

// unusedAddress is one where nobody listens.
func unusedAddress(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	return l.Addr().String()
}

func (s *testServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.count[r.URL.Path]++
	n := s.count[r.URL.Path]
	s.mu.Unlock()
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	number, _ := strconv.Atoi(rest)
	switch first {
	case "doc": // a document
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, "{\"id\":%q}\n", rest)
	case "www":
		body, err := os.ReadFile(s.dir + "/" + rest)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(body)
	case "status":
		http.Error(w, "the server says no", number)
	case "flaky": // fails at first
		if n == 1 {
			http.Error(w, "not now", http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "{\"id\":%q}\n", rest)
	case "busy": // throttled at first
		if n == 1 {
			w.Header().Set("Retry-After", "0")
			http.Error(w, "slow down", http.StatusTooManyRequests)
			return
		}
		fmt.Fprintf(w, "{\"id\":%q}\n", rest)
	case "who": // tells who asks
		fmt.Fprintf(w, "{\"agent\":%q,\"auth\":%q}\n", r.UserAgent(), r.Header.Get("Authorization"))
	case "strict": // refuses two of 40 requests
		s.mu.Lock()
		s.count["strict"]++
		n := s.count["strict"] % 40
		s.mu.Unlock()
		if n == 10 || n == 20 {
			http.Error(w, "slow down", http.StatusTooManyRequests)
			return
		}
		fmt.Fprintf(w, "{\"id\":%q}\n", rest)
	case "pages": // three pages of two records; of broken the third fails
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		if rest == "broken" && page == 2 {
			http.Error(w, "the server says no", http.StatusInternalServerError)
			return
		}
		if page < 3 {
			w.Header().Set("Link", fmt.Sprintf("<%s?page=%d>; rel=\"next\"", r.URL.Path, page+1))
		}
		fmt.Fprintf(w, `{"items":[{"id":%q,"n":%d},{"id":%q,"n":%d}]}`, rest, 2*page, rest, 2*page+1)
	case "aged": // a file of www with a weak tag, or a time where its name is that; FAIL in it is a failure
		body, err := os.ReadFile(s.dir + "/" + rest)
		switch tag := fmt.Sprintf(`W/"%x"`, body); {
		case err != nil:
			http.NotFound(w, r)
		case strings.Contains(string(body), "FAIL"):
			http.Error(w, "the server says no", http.StatusBadRequest)
		case rest == "time" && r.Header.Get("If-Modified-Since") == anHourAgo, r.Header.Get("If-None-Match") == tag:
			s.mu.Lock()
			s.count["/not-modified/"+rest]++
			s.mu.Unlock()
			w.WriteHeader(http.StatusNotModified)
		case rest == "time":
			w.Header().Set("Last-Modified", anHourAgo)
			_, _ = w.Write(body)
		default:
			w.Header().Set("Etag", tag)
			_, _ = w.Write(body)
		}
	case "cursor": // three pages, by a cursor that is an object: in the query, a header or the body
		body, _ := io.ReadAll(r.Body)
		said := map[string]string{"query": r.URL.RawQuery, "header": r.Header.Get("X-Cursor"), "body": string(body)}[rest]
		page := 1 + strings.Count(said, "two") + 2*strings.Count(said, "three")
		fmt.Fprintf(w, `{"items":[{"n":%d,"said":%q}],"next":%s}`, page, said, []string{`{"at":"two","k":1}`, `{"at":"three","k":2}`, "null"}[page-1])
	case "html":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<h1>Please log in</h1>")
	case "stall": // begins an answer and goes on for ever
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "beginning")
		_ = http.NewResponseController(w).Flush()
		s.wait(r)
	case "wait": // answers when the script is over
		s.wait(r)
	case "cut":
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "beginning")
		s.hangUp(w, false)
	case "reset":
		s.hangUp(w, true)
	case "loop":
		http.Redirect(w, r, fmt.Sprintf("/loop/%d", number+1), http.StatusFound)
	case "file": // a redirect to where no redirect may lead
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(http.StatusFound)
	case "echo": // tells all that it was asked with, after so many bytes; the last of it is cut off
		said := r.Header.Get("Authorization") + " " + r.Header.Get("X-Api-Key") + " " + r.URL.RawQuery
		w.Header().Set("X-Echo", said)
		w.Header().Set("Content-Length", "1000000")
		w.WriteHeader(http.StatusForbidden)
		body := strings.Repeat(".", number) + said + " and " + r.URL.Query().Get("key")
		_, _ = io.WriteString(w, body[:len(body)-3])
		s.hangUp(w, false)
	case "away": // leads to another host, with what it was asked with
		http.Redirect(w, r, r.URL.Query().Get("to")+"?"+r.URL.RawQuery, http.StatusFound)
	case "lie": // says gzip, and sends none
		w.Header().Set("Content-Encoding", "gzip")
		fmt.Fprint(w, "{}\n")
	case "bomb":
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.CopyN(z, zeros{}, 10e9)
		_ = z.Close()
	default:
		http.NotFound(w, r)
	}
}

func (s *testServer) wait(r *http.Request) {
	select {
	case <-s.gate:
	case <-r.Context().Done():
	}
}

// hangUp closes a connection in the middle of things.
func (s *testServer) hangUp(w http.ResponseWriter, hard bool) {
	_ = http.NewResponseController(w).Flush()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok && hard {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// anHourAgo is when some files were changed last.
var anHourAgo = time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// waitFor waits until a file is there, for as long as a slow machine may take: waitfor FILE.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor FILE")
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			ts.Fatalf("%s has not come to be", args[0])
		}
	}
}
