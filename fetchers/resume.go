package fetchers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// resumer goes on where a large body of a GET broke off, below what decodes it, so that it notices nothing. Where it
// can't, the whole starts over.
type resumer struct{ next Fetcher }

func (f *resumer) Fetch(ctx context.Context, r *Request) (*Response, error) {
	if t := r.tries; t != nil && t.pending != nil {
		resp := t.pending
		t.pending = nil
		return f.wrap(ctx, r, resp), nil
	}
	if r.Kept != nil && r.tries != nil {
		return f.goOn(ctx, r)
	}
	resp, err := f.next.Fetch(ctx, r)
	if err != nil {
		return nil, err
	}
	return f.wrap(ctx, r, resp), nil
}

// wrap makes a body that may be long, and could go on, one that does.
func (f *resumer) wrap(ctx context.Context, r *Request, resp *Response) *Response {
	if r.tries == nil || resp.Status != http.StatusOK || resp.Body == nil || resp.length >= 0 && resp.length <= smallBody ||
		r.Method != "" && r.Method != http.MethodGet || len(r.Body) > 0 || hasField(r.Header, "Range") {
		return resp
	}
	validator := strongValidator(resp.Header)
	if validator == "" || strings.EqualFold(resp.Header.Get("Accept-Ranges"), "none") {
		return resp
	}
	b := &resuming{ctx: ctx, next: f.next, r: r, current: resp, validator: validator, first: resp.Header, length: resp.length}
	outer := *resp
	outer.Keep = keepable(resp, validator)
	outer.Body, outer.release, outer.Received = b, nil, b.received.Load
	return &outer
}

// strongValidator gives what shows that a later answer is of the same bytes: a strong ETag, or a Last-Modified that
// was no longer new when it was sent.
func strongValidator(h http.Header) string {
	if etag := h.Get("Etag"); etag != "" {
		if strings.HasPrefix(etag, `"`) {
			return etag
		}
		return ""
	}
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil {
		return ""
	}
	sent, err := http.ParseTime(h.Get("Date"))
	if err != nil || sent.Sub(modified) < time.Minute {
		return ""
	}
	return h.Get("Last-Modified")
}

// resuming is a body as it came, of one answer or several that continue each other.
type resuming struct {
	ctx       context.Context
	next      Fetcher
	r         *Request
	current   *Response
	validator string
	first     http.Header // of the first answer
	length    int64       // -1: unknown
	offset    int64
	received  atomic.Int64
	err       error
}

func (b *resuming) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.current.Body.Read(p)
	b.offset += int64(n)
	b.received.Add(int64(n))
	if err == nil {
		return n, nil
	}
	if err == io.EOF && (b.length < 0 || b.offset == b.length) {
		b.err = err
		return n, err
	}
	e := b.short()
	if err != io.EOF {
		e = asError(b.r, err)
	}
	if e.verdict == final || b.offset <= smallBody {
		b.err = e
		return n, e
	}
	b.err = b.resume(e)
	return n, b.err
}

// short is the failure of a body whose last answer ended elsewhere than the first, or a Content-Range, said.
func (b *resuming) short() *Error {
	return fail(b.r, ClassCut, again, fmt.Errorf("the body was cut: it has %d bytes of %d", b.offset, b.length))
}

// resume gets the rest, or gives what is to be made of it that there is none.
func (b *resuming) resume(cause *Error) error {
	for {
		b.current.Close()
		t := b.r.tries
		cause.Status, cause.Header, cause.hop = b.current.Status, b.current.Header, b.current.hop
		if e := t.wait(b.ctx, cause); e != nil {
			e.verdict = final // it has been judged
			return e
		}
		t.begin()
		resp, err := b.next.Fetch(b.ctx, b.rest())
		if err != nil {
			if cause = asError(b.r, err); cause.verdict == final {
				return cause
			}
			continue
		}
		switch {
		case resp.Status == http.StatusPartialContent && b.continues(resp):
			b.current = resp
			return nil
		case resp.Status == http.StatusOK:
			t.pending = resp // another version, or a server without ranges: the next attempt's answer
			return fail(b.r, ClassCut, again, errors.New("the body broke off, and could not go on there"))
		case resp.Status == http.StatusPartialContent, resp.Status == http.StatusRequestedRangeNotSatisfiable:
			status := resp.Status
			resp.Close()
			return fail(b.r, ClassCut, again, fmt.Errorf("the body broke off, and could not go on there: the answer to a range was not what was asked for (%d, Content-Range %q, ETag %q)", status, resp.Header.Get("Content-Range"), resp.Header.Get("Etag")))
		}
		_, e := judge(b.r, resp)
		if e == nil {
			e = rejected(b.r, resp, again)
		}
		if cause = reject(resp, e); cause.verdict == final {
			return cause
		}
	}
}

// rest is the request of what has not come.
func (b *resuming) rest() *Request {
	r := *b.r
	r.ETag, r.LastModified, r.Begun = "", "", true
	r.own = []Field{{"Range", "bytes=" + strconv.FormatInt(b.offset, 10) + "-"}, {"If-Range", b.validator}}
	return &r
}

// continues says whether an answer to a range begins just where the body broke off, and is of the same bytes.
func (b *resuming) continues(resp *Response) bool {
	text, ok := strings.CutPrefix(resp.Header.Get("Content-Range"), "bytes ")
	if !ok {
		return false
	}
	span, total, _ := strings.Cut(text, "/")
	from, to, _ := strings.Cut(span, "-")
	first, err := strconv.ParseUint(from, 10, 63)
	if err != nil || int64(first) != b.offset {
		return false
	}
	// A server that heeds If-Range need not repeat a Last-Modified, but one that doesn't heed it may have left out either
	// validator and send the rest of another version: only what says that it is the same is believed.
	proof := "Last-Modified"
	if strings.HasPrefix(b.validator, `"`) {
		proof = "Etag"
	}
	if resp.Header.Get(proof) != b.validator {
		return false
	}
	// What else such an answer says of the whole it need not say, but if it does, then the same.
	for _, name := range [...]string{"Etag", "Last-Modified", "Content-Encoding"} {
		was, is := b.first.Get(name), resp.Header.Get(name)
		if is != was && is != "" && (was != "" || name == "Content-Encoding") {
			return false
		}
	}
	last, err := strconv.ParseUint(to, 10, 63)
	if err != nil || last < first {
		return false
	}
	if total == "*" {
		return int64(last) == b.length-1 || b.length < 0 && !resp.unframed
	}
	size, err := strconv.ParseUint(total, 10, 63)
	if err != nil || last+1 != size || b.length >= 0 && int64(size) != b.length {
		return false
	}
	b.length = int64(size)
	return true
}

func (b *resuming) Close() error { return b.current.Close() }
