package fetchers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	pageLimit = 64 << 20 // of a body that is asked for in memory, without max_size
	headLimit = 64 << 10 // of a rejected answer's body
)

// checker says what an answer means, undoes its Content-Encoding, and judges its body: of small bodies and pages before
// Fetch returns, of others when the stream ends.
type checker struct{ next Fetcher }

func (c *checker) Fetch(ctx context.Context, r *Request) (*Response, error) {
	resp, err := c.next.Fetch(ctx, r)
	if err != nil {
		return nil, err
	}
	meaning, e := judge(r, resp)
	if e != nil {
		return nil, reject(resp, e)
	}
	resp.Meaning = meaning
	if meaning != Wanted {
		readHead(resp) // so that its connection can be used again
		resp.Close()
		resp.Body = nil
		return resp, nil
	}
	if e := c.promised(r, resp); e != nil {
		return nil, reject(resp, expectError(r, resp, e))
	}
	body, encoded, e := decoded(resp)
	if e != nil {
		return nil, reject(resp, expectError(r, resp, e))
	}
	s := &stream{r: r, resp: resp, raw: resp.Body, body: body, encoded: encoded, encoding: resp.Header.Get("Content-Encoding")}
	if r.Expect.Unpack {
		if err := s.unpack(); err != nil {
			return nil, s.drop(takeBuffer(0), s.failure(err))
		}
	}
	s.proves = s.encoded || r.Expect.JSON || r.Expect.SHA256 != ""
	if e := c.take(ctx, r, resp, s); e != nil {
		return nil, e
	}
	return resp, nil
}

// promised judges what the headers say of the body.
func (c *checker) promised(r *Request, resp *Response) *Error {
	if want := r.Expect.ContentType; want != "" && !matchesType(want, resp.Header.Get("Content-Type")) {
		got := resp.Header.Get("Content-Type")
		if got == "" {
			got = "none"
		}
		return fail(r, ClassExpect, final, fmt.Errorf("the content type is %s, and not %s", got, want))
	}
	if most := r.Expect.MaxSize; most > 0 && resp.length > most && resp.Header.Get("Content-Encoding") == "" {
		return tooLarge(r, resp.length)
	}
	return nil
}

func tooLarge(r *Request, n int64) *Error {
	if n > 0 {
		return fail(r, ClassSize, final, fmt.Errorf("the body has %d bytes, more than max_size, %d", n, r.Expect.MaxSize))
	}
	return fail(r, ClassSize, final, fmt.Errorf("the body is larger than max_size, %d bytes", r.Expect.MaxSize))
}

// inMemory is how large a body may be that is asked for in memory.
func (x *Expect) inMemory() int {
	if x.MaxSize > 0 {
		return int(min(x.MaxSize, 1<<40))
	}
	return pageLimit
}

func tooLargeInMemory(r *Request, most int) *Error {
	if r.Expect.MaxSize > 0 {
		return tooLarge(r, 0)
	}
	return fail(r, ClassSize, final, fmt.Errorf("the page is larger than %d bytes: allow it by max_size", most))
}

// take brings the body into memory if it is small or must be there; otherwise it becomes resp.Body.
func (c *checker) take(ctx context.Context, r *Request, resp *Response, s *stream) *Error {
	inMemory := r.Small || r.Expect.Check != nil
	most := smallBody
	if inMemory {
		most = r.Expect.inMemory()
	}
	if !inMemory && !s.encoded && resp.length > smallBody {
		s.verifier = newVerifier(r)
		resp.Body = s
		return nil
	}
	room := 4 << 10
	if !s.encoded && resp.length >= 0 {
		room = int(min(resp.length, int64(most)))
	}
	buf, whole, err := takeBuffer(room+1).fill(s.body, most)
	if err != nil {
		return s.drop(buf, s.failure(err))
	}
	if !whole {
		if inMemory {
			return s.drop(buf, tooLargeInMemory(r, most))
		}
		s.verifier = newVerifier(r)
		s.ahead, s.aheadBuf = buf.b, buf
		if s.suspect() {
			s.proof, s.proofOf = newProof(r, buf.b)
		}
		resp.Body = s
		return nil
	}
	if s.suspect() {
		if s.proof, s.proofOf = newProof(r, buf.b); s.proof != nil {
			s.proof.add(buf.b)
		}
		if e := s.whole(); e != nil {
			return s.drop(buf, e)
		}
	}
	e := verify(ctx, r, buf.b)
	if e == nil && len(buf.b) > 0 {
		e = s.ended(buf.b, buf.b[len(buf.b)-1])
	}
	if e != nil {
		e.Head = append([]byte(nil), buf.b[:min(len(buf.b), headLimit)]...)
		return s.drop(buf, e)
	}
	s.free()
	resp.Body, resp.Bytes, resp.buf = nil, buf.b, buf
	return nil
}

// drop gives back what an answer holds that turned out to be of no use.
func (s *stream) drop(buf *buffer, e *Error) *Error {
	if e.Head == nil && e.Class != ClassCancel {
		e.Head = append([]byte(nil), buf.b[:min(len(buf.b), headLimit)]...)
	}
	buf.put()
	s.free()
	return s.describe(e)
}

// describe adds to a failure which answer it is of.
func (s *stream) describe(e *Error) *Error { return expectError(s.r, s.resp, e) }

func expectError(r *Request, resp *Response, e *Error) *Error {
	e.URL, e.Status, e.Header, e.hop = resp.URL, resp.Status, resp.Header, resp.hop
	if r.Retry.Expect && e.Class == ClassExpect {
		e.verdict = again
	}
	return e
}

// reject keeps the head of an answer that is of no use, and gives back what it holds.
func reject(resp *Response, e *Error) *Error {
	e.Head = readHead(resp)
	resp.Close()
	return e
}

// readHead reads the first 64 KB of a body, decoded where that can be done.
func readHead(resp *Response) []byte {
	if resp.Body == nil || resp.length == 0 {
		return nil
	}
	var src io.Reader = resp.Body
	if body, _, e := decoded(resp); e == nil {
		defer body.Close()
		src = body
	}
	brief := &patient{src, time.Now().Add(headPatience)}
	head, err := io.ReadAll(io.LimitReader(brief, headLimit))
	if len(head) < headLimit && err == nil {
		_, _ = io.CopyN(io.Discard, resp.Body, 1) // the end itself
	}
	return head
}

// headPatience is for how long the body of an answer is read that is of no use.
const headPatience = 10 * time.Second

// patient is a reader that gives up after a time, where each Read comes to an end.
type patient struct {
	io.Reader
	until time.Time
}

func (p *patient) Read(b []byte) (int, error) {
	if time.Now().After(p.until) {
		return 0, errTooSlow
	}
	return p.Reader.Read(b)
}

var errTooSlow = errors.New("it comes too slowly")

// matchesType compares media types; a pattern may end with a star.
func matchesType(pattern, got string) bool {
	got, _, _ = strings.Cut(got, ";")
	got, pattern = strings.ToLower(strings.TrimSpace(got)), strings.ToLower(strings.TrimSpace(pattern))
	if pattern == "*/*" {
		return got != ""
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(got, prefix)
	}
	return got == pattern
}
