package fetchers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/asflow/asflow/fetchers/limit"
)

// hop is what became of one request at its host.
type hop struct {
	host   *host
	passed bool      // something else was let through since the request went, or was last refused
	until  time.Time // where the host is held back: until when
}

// limited waits for the places that a request needs, and tells the limits and the host's record how the host answered.
type limited struct {
	next  Fetcher
	set   *limit.Set
	hosts *hosts
	now   func() time.Time
}

func (l *limited) Fetch(ctx context.Context, r *Request) (*Response, error) {
	name := HostOf(r.URL)
	h := l.hosts.get(name)
	release, err := l.acquire(ctx, r, h)
	if err != nil {
		return nil, err
	}
	began, passes := l.now(), h.count()
	if t := r.tries; t != nil && t.refusedBy == h {
		passes = t.passes
	}
	resp, err := l.next.Fetch(ctx, r)
	if err != nil {
		release()
		e := asError(r, err)
		e.hop.host = h
		if e.verdict != final && !outOfFiles(e) {
			h.failed(e)
		}
		return nil, e
	}
	resp.release = release
	resp.hop = hop{host: h, passed: h.count() != passes}
	_, e := judge(r, resp)
	switch {
	case e == nil || e.verdict == final || e.verdict == again && !broken(resp.Status):
		if h.passed() {
			l.set.Passed(name)
		}
		if resp.Body != nil && !isRedirect(resp.Status) {
			resp.sent = sent{ReadCloser: resp.Body, r: r, host: h}
			resp.Body = &resp.sent
		}
		l.rest(r, resp)
	case e.verdict == held:
		if t := r.tries; t != nil {
			t.refusedBy, t.passes = h, h.count()
		}
		l.hold(r, resp, began)
		if resp.Status >= 500 {
			h.failed(e)
		}
	default:
		h.failed(e)
	}
	return resp, nil
}

// sent is the body of an answer as it is read, whose host's record is told how it fares. One that brings a good deal
// shows as much as one that comes to its end.
type sent struct {
	io.ReadCloser
	r    *Request
	host *host // nil, once it has been told
	got  int64
}

func (b *sent) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.got += int64(n)
	h := b.host
	if h == nil || err == nil && b.got <= smallBody {
		return n, err
	}
	b.host = nil
	if err == nil || err == io.EOF || b.got > smallBody {
		h.delivered()
	} else if e := asError(b.r, err); e.verdict != final {
		h.broke(e)
	}
	return n, err
}

// acquire waits for the request's places, unless its host is known to be dead.
func (l *limited) acquire(ctx context.Context, r *Request, h *host) (func(), error) {
	if err := h.dead(); err != nil {
		return nil, notTried(r, err)
	}
	if t := r.Trace; t != nil && t.Waits != nil {
		t.Waits(true)
		defer t.Waits(false)
	}
	release, err := l.set.Acquire(ctx, h.name, r.Limits, r.Begun, r.Retry.maxPause())
	if err != nil {
		if until, ok := limit.IsHeld(err); ok {
			e := fail(r, ClassHeld, final, err)
			e.NotTried, e.Until = true, until.Until
			return nil, e
		}
		return nil, fail(r, ClassCancel, final, err)
	}
	if err := h.dead(); err != nil {
		release()
		return nil, notTried(r, err)
	}
	return release, nil
}

func notTried(r *Request, cause error) *Error {
	e := fail(r, ClassConnect, final, fmt.Errorf("not tried, since %w", cause))
	var last *Error
	if errors.As(cause, &last) {
		e.Class = last.Class
	}
	e.NotTried = true
	return e
}

// hold holds back the host of an answer that asks for it.
func (l *limited) hold(r *Request, resp *Response, began time.Time) {
	now := l.now()
	h := resp.hop.host
	until := retryAfter(resp.Header, now)
	if until.IsZero() {
		until = h.hold(began, now, r.Retry)
	} else {
		h.heldUntil(now, until)
	}
	resp.hop.until = until
	cause := statusError(resp.Status).Error()
	l.set.Hold(h.name, until, cause)
	if t := r.Trace; t != nil && t.Held != nil {
		t.Held(h.name, until, cause)
	}
}

// rest holds back the host of an answer that says that it will refuse the next request, unless it is for longer than
// this one would wait: a host that means it will say so again.
func (l *limited) rest(r *Request, resp *Response) {
	now := l.now()
	until, ok := usedUp(resp.Header, now)
	if !ok || until.Sub(now) > r.Retry.maxPause() {
		return
	}
	cause := "its rate limit is used up"
	l.set.Rest(resp.hop.host.name, until, cause)
	if t := r.Trace; t != nil && t.Held != nil {
		t.Held(resp.hop.host.name, until, cause)
	}
}

// broken says that a status speaks of a host that can't answer, rather than of what was asked.
func broken(status int) bool {
	return status >= 500 || status == 408 || status == 425
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
