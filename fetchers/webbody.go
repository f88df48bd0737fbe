package fetchers

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// webBody is the body of an answer as it comes in, with a watchdog: what bounds a body is how long nothing comes while
// somebody waits for it, never how long all of it takes.
type webBody struct {
	ctx  context.Context // of the fetch
	r    *Request
	body io.ReadCloser

	received atomic.Int64
	began    time.Time    // of the first Read
	waiting  atomic.Int64 // since when a Read waits, after began; 0: none does
	idle     *time.Timer
	limit    time.Duration // most that a Read may wait
	late     atomic.Bool
	closed   atomic.Bool
}

func (b *webBody) Received() int64 { return b.received.Load() }

func (b *webBody) Read(p []byte) (int, error) {
	if b.ctx.Err() != nil {
		return 0, cancelled(b.ctx, b.r)
	}
	if limit := b.r.Timeouts.Idle; limit > 0 && !b.ready() {
		if b.idle == nil {
			b.began = time.Now()
			b.waiting.Store(1)
			b.limit = limit
			b.idle = time.AfterFunc(time.Hour, b.watch)
			b.idle.Reset(limit) // only now may it run: it uses b.idle
		} else {
			b.waiting.Store(int64(time.Since(b.began)) | 1)
		}
	}
	n, err := b.body.Read(p)
	b.waiting.Store(0)
	if n > 0 {
		b.received.Add(int64(n))
		if t := b.r.Trace; t != nil && t.Bytes != nil {
			t.Bytes(n)
		}
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	switch {
	case b.late.Load():
		return n, fail(b.r, ClassTimeout, again, fmt.Errorf("nothing more came of the body within %v", b.r.Timeouts.Idle))
	case b.ctx.Err() != nil:
		return n, cancelled(b.ctx, b.r)
	}
	return n, bodyError(b.r, err)
}

// ready says that the next Read will not wait.
func (b *webBody) ready() bool {
	r, ok := b.body.(interface{ ready() bool })
	return ok && r.ready()
}

// watch runs when the watchdog's time is over, and sets it anew where nobody has waited so long.
func (b *webBody) watch() {
	if b.closed.Load() {
		return
	}
	left := b.limit
	if since := b.waiting.Load(); since != 0 {
		left = b.limit - (time.Since(b.began) - time.Duration(since))
	}
	if left > 0 {
		b.idle.Reset(left)
		return
	}
	b.late.Store(true)
	_ = b.body.Close() // ends the Read that hangs
}

func (b *webBody) Close() error {
	b.closed.Store(true)
	if b.idle != nil {
		b.idle.Stop()
	}
	return b.body.Close()
}
