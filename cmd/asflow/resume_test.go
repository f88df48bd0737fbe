package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowServer serves one large document, and stalls where it is told to.
type slowServer struct {
	mu     sync.Mutex
	body   []byte
	etag   string
	stop   int // where it says nothing more; 0: nowhere
	ranges []string
}

func (s *slowServer) set(body []byte, etag string, stop int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body, s.etag, s.stop = body, etag, stop
}

func (s *slowServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	body, etag, stop := s.body, s.etag, s.stop
	s.ranges = append(s.ranges, r.Header.Get("Range"))
	s.mu.Unlock()
	w.Header().Set("Etag", etag)
	if stop > 0 {
		from := 0
		if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); n == 1 && r.Header.Get("If-Range") != etag {
			from = 0
		}
		w = &stalling{ResponseWriter: w, left: stop - from, done: r.Context().Done()}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// TestGoOnAfterAKill kills builds in the middle of a large body, and holds that each goes on where the last one was, but
// never with another version, and what comes of it in the end.
func TestGoOnAfterAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("moves some hundred megabytes")
	}
	version := func(text string) []byte {
		var b bytes.Buffer
		b.Grow(161 << 20)
		for pad := bytes.Repeat([]byte("x"), 1<<20); b.Len() < 160<<20; b.Write(pad) {
			fmt.Fprintf(&b, "%s %d\n", text, b.Len())
		}
		return b.Bytes()
	}
	one, two := version("one"), version("two")
	for name, last := range map[string][]byte{"the same": one, "a new version": two} {
		t.Run(name, func(t *testing.T) {
			s := &slowServer{}
			srv := httptest.NewServer(s)
			defer srv.Close()
			dir := t.TempDir()
			config := fmt.Sprintf("target \"out.txt\" {\n  fetch {\n    url = %q\n  }\n}\n", srv.URL+"/doc")
			if err := os.WriteFile(filepath.Join(dir, "asflow.hcl"), []byte(config), 0o644); err != nil {
				t.Fatal(err)
			}
			s.set(one, `"one"`, 80<<20)
			first := buildAndKill(t, dir, 64<<20)
			s.set(one, `"one"`, 150<<20)
			second := buildAndKill(t, dir, 128<<20)
			s.set(last, fmt.Sprintf("%q", last[:3]), 0)
			build := exec.CommandContext(t.Context(), "asflow", "build")
			build.Dir = dir
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "out.txt")); err != nil || !bytes.Equal(got, last) {
				t.Errorf("%d bytes of %q…, %v", len(got), got[:min(3, len(got))], err)
			}
			if want := []string{"", fmt.Sprintf("bytes=%d-", first), fmt.Sprintf("bytes=%d-", second)}; !slices.Equal(s.ranges, want) {
				t.Errorf("asked for %q, want %q", s.ranges, want)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".asflow/partial/*")); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// buildAndKill runs a build until it has noted that it has so many bytes, kills it, and gives how many it had noted.
func buildAndKill(t *testing.T, dir string, least int) int {
	t.Helper()
	c := exec.CommandContext(t.Context(), "asflow", "build")
	c.Dir = dir
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); noted(dir) < least; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it never noted what it has")
		}
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	if _, err := os.Stat(filepath.Join(dir, "out.txt")); err == nil {
		t.Fatal("it is there, and not whole")
	}
	return noted(dir)
}

// noted is how many bytes a part's note tells of.
func noted(dir string) int {
	names, _ := filepath.Glob(filepath.Join(dir, ".asflow/partial/*.json"))
	for _, name := range names {
		text, _ := os.ReadFile(name)
		_, size, _ := strings.Cut(string(text), `"size":`)
		var n int
		if _, err := fmt.Sscanf(size, "%d", &n); err == nil {
			return n
		}
	}
	return -1
}

// stalling is an answer that says nothing more after so many bytes, until its client is gone.
type stalling struct {
	http.ResponseWriter
	left int
	done <-chan struct{}
}

func (s *stalling) Write(p []byte) (int, error) {
	if len(p) >= s.left {
		_, _ = s.ResponseWriter.Write(p[:s.left])
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		<-s.done
		return 0, http.ErrAbortHandler
	}
	s.left -= len(p)
	return s.ResponseWriter.Write(p)
}
