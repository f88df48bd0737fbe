package fetchers

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

func (r Retry) delay() time.Duration {
	if r.Delay <= 0 {
		return time.Second
	}
	return r.Delay
}

func (r Retry) maxDelay() time.Duration {
	if r.MaxDelay <= 0 {
		return time.Minute
	}
	return r.MaxDelay
}

func (r Retry) maxPause() time.Duration {
	switch {
	case r.MaxPause == 0:
		return time.Hour
	case r.MaxPause < 0:
		return 0
	}
	return r.MaxPause
}

// tries is the attempts of one fetch, those that go on where a body broke off included.
type tries struct {
	retry Retry
	trace *Trace
	now   func() time.Time

	made      int // attempts begun
	used      int // attempts that count
	backoff   backoff.ExponentialBackOff
	last      *Error
	refusedBy *host // the last that held a request of it back, having let through so much by then
	passes    uint64
	pending   *Response // an answer that was got on the way, from its first byte: the next attempt's
}

// begin notes that an attempt begins.
func (t *tries) begin() {
	t.made++
	t.used++
	if t.trace != nil && t.trace.Attempt != nil {
		t.trace.Attempt(t.made)
	}
}

// wait waits until there may be another attempt after e; where there may be none it gives what the fetch failed of.
func (t *tries) wait(ctx context.Context, e *Error) *Error {
	if t.pending != nil && e.verdict == again {
		return nil
	}
	t.drop()
	if e.NotTried {
		t.made-- // it never went out
		if t.last != nil {
			e = t.heldAfter(e)
		}
	}
	e.Attempts = t.made
	if e.verdict == final {
		return e
	}
	t.last = e
	if e.verdict == held && e.Status != 503 && !e.hop.passed {
		t.used-- // the host lets nothing through: it says nothing of this request
	}
	if t.used >= max(1, t.retry.Attempts) {
		return e
	}
	if h := e.hop.host; h != nil && h.dead() != nil {
		return e
	}
	delay := t.delay(e)
	if t.trace != nil && t.trace.Retry != nil {
		t.trace.Retry(t.made, delay, e)
	}
	if e.verdict == held {
		return nil // the limits keep it waiting, and can tell when that is too long
	}
	if !sleep(ctx, delay) {
		c := fail(&Request{URL: e.URL}, ClassCancel, final, context.Cause(ctx))
		c.Attempts = t.made
		return c
	}
	return nil
}

// drop lets go of an answer that nobody will ask for.
func (t *tries) drop() {
	if t.pending != nil {
		t.pending.Close()
		t.pending = nil
	}
}

// heldAfter is the failure of a fetch that has been tried, and then could not be tried again.
func (t *tries) heldAfter(e *Error) *Error {
	if e.Class != ClassHeld {
		return &Error{
			URL: t.last.URL, Status: t.last.Status, Class: t.last.Class, Header: t.last.Header, Head: t.last.Head, Err: t.last.Err,
		}
	}
	return &Error{
		URL: t.last.URL, Status: t.last.Status, Class: e.Class, Until: e.Until, Header: t.last.Header, Head: t.last.Head, Err: e.Err,
	}
}

// delay gives how long to wait: of a host that is held back until then, else anything up to a time that doubles.
func (t *tries) delay(e *Error) time.Duration {
	if e.verdict == held {
		return max(0, e.hop.until.Sub(t.now()))
	}
	if t.backoff.Multiplier == 0 {
		// Anything between nothing and twice the interval is full jitter.
		most := t.retry.maxDelay()
		t.backoff = backoff.ExponentialBackOff{
			InitialInterval: min(t.retry.delay(), most) / 2, MaxInterval: most / 2, Multiplier: 2, RandomizationFactor: 1,
		}
		t.backoff.Reset()
	}
	return t.backoff.NextBackOff()
}

// sleep waits, and says whether it did to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retrier makes the attempts of a fetch.
type retrier struct {
	next  Fetcher
	table schemes
	now   func() time.Time
}

// Close closes the connections that nobody uses.
func (f *retrier) Close() error { return f.table.Close() }

// attempt is a request with the count of its fetch's attempts.
type attempt struct {
	Request
	tries tries
}

// attempts holds those of fetches that have ended.
var attempts = sync.Pool{New: func() any { return new(attempt) }}

func (f *retrier) Fetch(ctx context.Context, r *Request) (*Response, error) {
	a := attempts.Get().(*attempt)
	*a = attempt{Request: *r, tries: tries{retry: r.Retry, trace: r.Trace, now: f.now}}
	a.Request.tries = &a.tries
	resp, e := f.answer(ctx, a)
	if e != nil {
		return nil, e
	}
	resp.Attempts = a.tries.made
	if resp.Body == nil {
		*a = attempt{}
		attempts.Put(a) // a body that is whole needs no more of them
		return resp, nil
	}
	body := &restarting{ctx: ctx, f: f, a: a, current: resp}
	outer := &Response{URL: resp.URL, Status: resp.Status, Header: resp.Header, Meaning: resp.Meaning, Attempts: resp.Attempts, Body: body, Received: resp.Received, Keep: resp.Keep, KeptSize: resp.KeptSize}
	body.outer = outer
	return outer, nil
}

// answer tries until there is an answer, or no more may be tried.
func (f *retrier) answer(ctx context.Context, a *attempt) (*Response, *Error) {
	for {
		if a.tries.pending == nil {
			a.tries.begin()
		}
		resp, err := f.next.Fetch(ctx, &a.Request)
		if err == nil {
			return resp, nil
		}
		e := asError(&a.Request, err)
		if ctx.Err() != nil && e.Class != ClassCancel {
			e = cancelled(ctx, &a.Request)
		}
		if e := a.tries.wait(ctx, e); e != nil {
			return nil, e
		}
	}
}

// restarting is a stream that begins anew where an attempt broke off and could not go on.
type restarting struct {
	ctx     context.Context
	f       *retrier
	a       *attempt
	outer   *Response
	current *Response
	bytes   []byte // of a current answer that came whole
	err     error
}

func (b *restarting) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.current.Body == nil {
		n := copy(p, b.bytes)
		if b.bytes = b.bytes[n:]; n == 0 && len(p) > 0 {
			b.err = io.EOF
		}
		return n, b.err
	}
	n, err := b.current.Body.Read(p)
	if err == nil {
		return n, nil
	}
	if err == io.EOF {
		b.outer.Attempts = b.a.tries.made
		b.err = err
		return n, err
	}
	b.err = b.restart(asError(&b.a.Request, err))
	if b.err != nil {
		return n, b.err
	}
	return 0, ErrRestart
}

// restart gets another answer, or says why there is none.
func (b *restarting) restart(e *Error) error {
	b.current.Close()
	b.a.Request.Kept = nil // it may be gone, now that the body starts over
	if b.ctx.Err() != nil && e.Class != ClassCancel {
		e = cancelled(b.ctx, &b.a.Request)
	}
	if e := b.a.tries.wait(b.ctx, e); e != nil {
		return e
	}
	resp, e := b.f.answer(b.ctx, b.a)
	if e != nil {
		return e
	}
	if resp.Meaning != Wanted {
		resp.Close()
		changed := rejected(&b.a.Request, resp, final)
		changed.Err, changed.Attempts = errors.New("when its body was cut and asked for again, the answer was another: "+changed.Err.Error()), b.a.tries.made
		return changed
	}
	b.current, b.bytes = resp, resp.Bytes
	o := b.outer
	o.Keep, o.KeptSize = resp.Keep, resp.KeptSize
	o.URL, o.Status, o.Header, o.Attempts, o.Received = resp.URL, resp.Status, resp.Header, b.a.tries.made, resp.Received
	return nil
}

func (b *restarting) firstBytes() []byte { return b.current.Head() }

func (b *restarting) Close() error {
	if b.err == nil {
		b.err = io.ErrClosedPipe
	}
	b.a.tries.drop()
	return b.current.Close()
}
