package fetchers_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

// noise is text that does not compress away.
func noise(n int) string {
	r := rand.New(rand.NewPCG(5, 5))
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[r.IntN(16)]
	}
	return string(b)
}

// cutAfter sends the first n bytes of a body and hangs up.
func cutAfter(body string, n int, fields ...string) ft.Answer {
	return ft.Raw(ft.Head(200, append(fields, fmt.Sprintf("Content-Length: %d", len(body)))...)+body[:n], ft.Close)
}

// rest answers a range as it should be.
func rest(body string, fields ...string) ft.Answer {
	return func(e *ft.Exchange) ft.End {
		var from int
		if _, err := fmt.Sscanf(e.Header.Get("Range"), "bytes=%d-", &from); err != nil {
			return ft.Reply(200, body, fields...)(e)
		}
		return ft.Reply(206, body[from:], append(fields, fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, len(body)-1, len(body)))...)(e)
	}
}

func TestResume(t *testing.T) {
	body, newer := noise(5<<20), "newer"+noise(5<<20-5)
	const etag = `ETag: "v1"`
	old := time.Now().Add(-time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	now := time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	zst := packed(t, codec.Zstd, body)
	n := 3 << 20
	span := func(from int) string {
		return fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, len(body)-1, len(body))
	}
	modified := "Last-Modified: " + old
	for name, c := range map[string]struct {
		answers []ft.Answer
		want    string
		ranges  int // requests with a range
		starts  int // requests without
	}{
		"by ETag":               {[]ft.Answer{cutAfter(body, n, etag), rest(body, etag)}, body, 1, 1},
		"twice":                 {[]ft.Answer{cutAfter(body, n, etag), ft.Raw(ft.Head(206, etag, fmt.Sprintf("Content-Range: bytes %d-%d/%d", n, len(body)-1, len(body)), fmt.Sprintf("Content-Length: %d", len(body)-n))+body[n:n+1000], ft.Reset), rest(body, etag)}, body, 2, 1},
		"by Last-Modified":      {[]ft.Answer{cutAfter(body, n, modified, "Date: "+now), rest(body, modified)}, body, 1, 1},
		"without the ETag":      {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(206, newer[n:], span(n)), ft.Reply(200, newer, `ETag: "v2"`)}, newer, 1, 2},
		"with a weak one":       {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(206, newer[n:], `ETag: W/"v1"`, span(n)), ft.Reply(200, newer, `ETag: "v2"`)}, newer, 1, 2},
		"without its time":      {[]ft.Answer{cutAfter(body, n, modified, "Date: "+now), ft.Reply(206, newer[n:], span(n)), ft.Reply(200, newer)}, newer, 1, 2},
		"after a 500":           {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(500, "oh"), rest(body, etag)}, body, 2, 1},
		"compressed":            {[]ft.Answer{cutAfter(zst, 2<<20, etag, "Content-Encoding: zstd"), rest(zst, etag, "Content-Encoding: zstd")}, body, 1, 1},
		"a new version":         {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(200, newer, `ETag: "v2"`)}, newer, 1, 1},
		"a smaller new version": {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(200, "tiny", `ETag: "v2"`)}, "tiny", 1, 1},
		"another offset":        {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(206, body[n-1:], etag, fmt.Sprintf("Content-Range: bytes %d-%d/%d", n-1, len(body)-1, len(body))), rest(body, etag)}, body, 1, 2},
		"another size":          {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(206, body[n:], etag, fmt.Sprintf("Content-Range: bytes %d-%d/%d", n, len(body), len(body)+1)), rest(body, etag)}, body, 1, 2},
		"another validator":     {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(206, body[n:], `ETag: "v2"`, fmt.Sprintf("Content-Range: bytes %d-%d/%d", n, len(body)-1, len(body))), rest(body, etag)}, body, 1, 2},
		"another encoding":      {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(206, body[n:], etag, "Content-Encoding: gzip", fmt.Sprintf("Content-Range: bytes %d-%d/%d", n, len(body)-1, len(body))), rest(body, etag)}, body, 1, 2},
		"another modification":  {[]ft.Answer{cutAfter(body, n, etag, "Last-Modified: "+old), ft.Reply(206, body[n:], etag, "Last-Modified: "+now, fmt.Sprintf("Content-Range: bytes %d-%d/%d", n, len(body)-1, len(body))), rest(body, etag)}, body, 1, 2},
		"a rest that is short":  {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(206, body[n:n+1000], etag, span(n)), rest(body, etag)}, body, 2, 1},
		"a rest without length": {[]ft.Answer{cutAfter(body, n, etag), ft.Raw(ft.Head(206, etag, span(n))+body[n:n+1000], ft.Close), rest(body, etag)}, body, 2, 1},
		"a rest that is long":   {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(206, body[n:]+"x", etag, span(n)), ft.Reply(416, ""), rest(body, etag)}, body, 2, 2},
		"chunks, and a rest":    {[]ft.Answer{ft.Raw(ft.Head(200, etag, "Transfer-Encoding: chunked")+ft.Chunks(body[:n]), ft.Close), ft.Raw(ft.Head(206, etag, span(n))+body[n:n+1000], ft.Close), rest(body, etag)}, body, 2, 1},
		"of any length":         {[]ft.Answer{ft.Raw(ft.Head(200, etag, "Transfer-Encoding: chunked")+ft.Chunks(body[:n]), ft.Close), ft.Raw(ft.Head(206, etag, fmt.Sprintf("Content-Range: bytes %d-%d/*", n, n+999))+body[n:n+1000], ft.Close), rest(body, etag)}, body, 1, 2},
		"no Content-Range":      {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(206, body[n:], etag), rest(body, etag)}, body, 1, 2},
		"416":                   {[]ft.Answer{cutAfter(body, n, etag), ft.Reply(416, "", "Content-Range: bytes */5"), rest(body, etag)}, body, 1, 2},
		"weak ETag":             {[]ft.Answer{cutAfter(body, n, `ETag: W/"v1"`), rest(body)}, body, 0, 2},
		"no validator":          {[]ft.Answer{cutAfter(body, n), rest(body)}, body, 0, 2},
		"fresh Last-Modified":   {[]ft.Answer{cutAfter(body, n, "Last-Modified: "+now, "Date: "+now), rest(body)}, body, 0, 2},
		"no ranges there":       {[]ft.Answer{cutAfter(body, n, etag, "Accept-Ranges: none"), rest(body)}, body, 0, 2},
		"cut early":             {[]ft.Answer{cutAfter(body, 1000, etag), rest(body)}, body, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ft.NewServer(t, c.answers...)
			r := quick(srv.URL)
			r.Retry.Attempts = 4
			got, _, err := get(t, fetchers.New(fetchers.Options{}), r)
			if err != nil || got != c.want {
				t.Errorf("%d bytes, right %v, %v", len(got), got == c.want, err)
			}
			ranges, starts := 0, 0
			for _, q := range srv.Requests() {
				if q.Header.Get("Range") == "" {
					starts++
					continue
				}
				ranges++
				if v := q.Header.Get("If-Range"); v != `"v1"` && v != old {
					t.Errorf("If-Range %q", v)
				}
			}
			if ranges != c.ranges || starts != c.starts {
				t.Errorf("%d ranges and %d starts, want %d and %d", ranges, starts, c.ranges, c.starts)
			}
		})
	}
}

func TestResumeGivesUp(t *testing.T) {
	body := noise(5 << 20)
	for name, c := range map[string]struct {
		answers  []ft.Answer
		class    fetchers.Class
		attempts int
	}{
		"always cut":          {[]ft.Answer{cutAfter(body, 3<<20)}, fetchers.ClassCut, 3},
		"cut, then gone":      {[]ft.Answer{cutAfter(body, 3<<20), ft.Reply(404, "gone")}, fetchers.ClassStatus, 2},
		"cut, then absent":    {[]ft.Answer{cutAfter(body, 3<<20), ft.Reply(410, "absent")}, fetchers.ClassStatus, 2},
		"resumed, and absent": {[]ft.Answer{cutAfter(body, 3<<20, `ETag: "1"`), ft.Reply(410, "absent")}, fetchers.ClassStatus, 3},
		"resumed, then gone":  {[]ft.Answer{cutAfter(body, 3<<20, `ETag: "1"`), ft.Reply(404, "gone")}, fetchers.ClassStatus, 2},
		"resumed, then 500s":  {[]ft.Answer{cutAfter(body, 3<<20, `ETag: "1"`), ft.Reply(500, "oh")}, fetchers.ClassStatus, 3},
	} {
		t.Run(name, func(t *testing.T) {
			srv := ft.NewServer(t, c.answers...)
			r := quick(srv.URL)
			r.Absent = []int{410}
			_, _, err := get(t, fetchers.New(fetchers.Options{}), r)
			if e := failure(t, err); e.Class != c.class || e.Attempts != c.attempts {
				t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
			}
		})
	}
}

func TestPostIsNotResumed(t *testing.T) {
	body := noise(5 << 20)
	srv := ft.NewServer(t, cutAfter(body, 3<<20, `ETag: "1"`), ft.Reply(200, body, `ETag: "1"`))
	r := quick(srv.URL)
	r.Method, r.Body = "POST", []byte("query")
	got, _, err := get(t, fetchers.New(fetchers.Options{}), r)
	if err != nil || got != body {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for _, q := range srv.Requests() {
		if q.Method != http.MethodPost || q.Text != "query" || q.Header.Get("Range") != "" {
			t.Errorf("%s %q %v", q.Method, q.Text, q.Header)
		}
	}
}

// Who asks for a range of its own gets that one anew, and not the rest of another.
func TestOwnRangeIsNotResumed(t *testing.T) {
	body := noise(5 << 20)
	srv := ft.NewServer(t, cutAfter(body, 3<<20, `ETag: "1"`), ft.Reply(200, body, `ETag: "1"`))
	r := quick(srv.URL)
	r.Header = []fetchers.Field{{Name: "range", Value: "bytes=0-9999999"}}
	if got, _, err := get(t, fetchers.New(fetchers.Options{}), r); err != nil || got != body {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for _, q := range srv.Requests() {
		if v := q.Header.Values("Range"); len(v) != 1 || v[0] != "bytes=0-9999999" {
			t.Errorf("asked for %q", v)
		}
	}
}

func TestOnePlaceIsEnoughToResume(t *testing.T) {
	body := noise(3 << 20)
	srv := ft.NewServer(t, cutAfter(body, 2<<20, `ETag: "v1"`), rest(body, `ETag: "v1"`), cutAfter(body, 2<<20), ft.Reply(200, body))
	f := fetchers.New(fetchers.Options{Limits: onePlace()})
	for range 2 {
		r := quick(srv.URL)
		r.Expect.Lines = false
		if got, _, err := get(t, f, r); err != nil || got != body {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
	if got := len(srv.Requests()); got != 4 {
		t.Errorf("%d requests", got)
	}
	if !strings.HasPrefix(srv.Requests()[1].Header.Get("Range"), "bytes=2097152-") {
		t.Error("not resumed")
	}
}
