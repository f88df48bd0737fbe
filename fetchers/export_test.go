package fetchers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/asflow/asflow/fetchers/limit"
)

// Web and Files are the fetchers of schemes, for the suite.
func Web(o Options) Fetcher   { return newWeb(o) }
func Files(o Options) Fetcher { return &files{dir: o.Dir} }

// Over is the whole over a fetcher of the test's for http, OverAll over one for each scheme.
func Over(o Options, scheme Fetcher) Fetcher              { return OverAll(o, map[string]Fetcher{"http": scheme}) }
func OverAll(o Options, table map[string]Fetcher) Fetcher { return assemble(o, table) }

// Wrappers is each wrapper alone round the fetcher of http.
func Wrappers(o Options) map[string]Fetcher {
	web := newWeb(o)
	set := limit.New(limit.Options{})
	return map[string]Fetcher{
		"retry":    &retrier{next: web, now: time.Now},
		"check":    &checker{next: web},
		"resume":   &retrier{next: &resumer{next: web}, now: time.Now},
		"redirect": &redirector{next: web},
		"auth":     &authorizer{next: web, tokens: newTokens(o), secret: func(string) {}},
		"limit":    &limited{next: web, set: set, hosts: newHosts(set.Concurrency), now: time.Now},
		"schemes":  schemes{"http": web},
	}
}

// Answered makes a response as a scheme's fetcher does.
func Answered(r *Request, status int, h http.Header, body string) *Response {
	return &Response{
		URL: r.URL, Status: status, Header: h, length: int64(len(body)),
		Body: io.NopCloser(strings.NewReader(body)), Received: func() int64 { return int64(len(body)) },
	}
}

// Broken makes a failure that a scheme's fetcher may be asked to get past.
func Broken(r *Request, class Class) *Error { return fail(r, class, again, errors.New("broken")) }

// QuickHead reads an answer's head in the quick way; nil: it is not for that.
func QuickHead(answer []byte) *http.Response {
	c := &directConn{r: bufio.NewReader(bytes.NewReader(answer))}
	_, _ = c.r.Peek(1)
	return c.quickHead(&http.Request{Method: http.MethodGet})
}

// Feed judges a body as a stream of pieces, as lines of JSON or as one value.
func Feed(body string, size int, lines bool) error {
	return feedBody(Expect{JSON: !lines, Lines: lines}, body, size)
}

// FeedPacked judges a compressed body as a stream of pieces.
func FeedPacked(body string, size int) error {
	return feedBody(Expect{Lines: true, Packed: true}, body, size)
}

func feedBody(x Expect, body string, size int) error {
	v := newVerifier(&Request{Expect: x})
	defer v.stop()
	for p := []byte(body); len(p) > 0; {
		n := min(size, len(p))
		if e := v.add(p[:n:n]); e != nil {
			return e
		}
		p = p[n:]
	}
	if e := v.end(); e != nil {
		return e
	}
	return nil
}

// Verify judges a body in memory.
func Verify(body string, lines bool) error {
	if e := verify(context.Background(), &Request{Expect: Expect{JSON: !lines, Lines: lines}}, []byte(body)); e != nil {
		return e
	}
	return nil
}

// What parses what servers say.
var (
	RetryAfter  = retryAfter
	MatchesType = matchesType
	ParseNetrc  = parseNetrc
)

// Continues says whether a Content-Range is of the rest of a body from an offset on, and how long that makes the whole.
func Continues(contentRange string, offset, length int64, unframed bool) (whole int64, ok bool) {
	b := &resuming{offset: offset, length: length}
	ok = b.continues(&Response{Header: http.Header{"Content-Range": {contentRange}}, unframed: unframed})
	return b.length, ok
}

// Follow gives the request that a redirect asks for.
func Follow(r *Request, status int, location string) (*Request, error) {
	next, _, err := follow(r, status, location)
	return next, err
}

// Decoded undoes a Content-Encoding.
func Decoded(encoding, body string) (io.ReadCloser, error) {
	r, _, e := decoded(&Response{Header: http.Header{"Content-Encoding": {encoding}}, Body: io.NopCloser(strings.NewReader(body))})
	if e != nil {
		return nil, e
	}
	return r, nil
}
