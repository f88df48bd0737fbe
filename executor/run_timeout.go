package executor

import (
	"context"
	"errors"
	"sync"
	"time"
)

var errTimedOut = errors.New("timed out")

// allowance is the time that a fetch may take. What it waits for limits doesn't count.
type allowance struct {
	mu    sync.Mutex
	left  time.Duration
	since time.Time // it counts from then; zero: it doesn't count
	timer *time.Timer
}

// newAllowance gives a context that ends, with errTimedOut as cause, when the time is spent. stop frees it.
func newAllowance(ctx context.Context, d time.Duration) (_ context.Context, a *allowance, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	a = &allowance{left: d, since: time.Now()}
	a.timer = time.AfterFunc(d, func() { cancel(errTimedOut) })
	return ctx, a, func() {
		a.timer.Stop()
		cancel(context.Canceled)
	}
}

// waits stops and starts the clock. A nil allowance has none.
func (a *allowance) waits(begins bool) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case begins && !a.since.IsZero():
		a.left -= time.Since(a.since)
		a.since = time.Time{}
		a.timer.Stop()
	case !begins && a.since.IsZero():
		a.since = time.Now()
		a.timer.Reset(max(0, a.left))
	}
}
